package state

import "github.com/millracedb/millrace/base/col"

// partRows is how many keys are found, and how many rows are merged, between two calls of mayEnd:
// some milliseconds of work.
const partRows = 1 << 14

// MayEnd has f be called again and again while many keys are found and many rows are merged. It may
// panic; the arrangement is good for nothing but Clear then. Nil: nobody asks.
func (a *Arrangement) MayEnd(f func()) { a.mayEnd = f }

// inParts reports whether n keys are taken in parts.
func (a *Arrangement) inParts(n int) bool { return a.mayEnd != nil && n > partRows }

// parts calls f for one part of n keys after the other.
func (a *Arrangement) parts(keys []*col.Vector, n int, f func(from, to int, keys []*col.Vector) error) error {
	part := make([]*col.Vector, len(keys))
	for from := 0; from < n; from += partRows {
		a.mayEnd()
		to := min(from+partRows, n)
		for i, k := range keys {
			v := k.Span(from, to)
			part[i] = &v
		}
		if err := f(from, to, part); err != nil {
			return err
		}
	}
	return nil
}
