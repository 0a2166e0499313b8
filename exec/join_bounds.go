package exec

import (
	"math"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// ages is what the joins on an Arrange need of it, by the time of its rows.
type ages struct {
	rows interface{ Expire(before int64) }
	from []int64 // of each reader: it needs no row with a time before this
}

// reader adds one who needs all rows so far, and returns its number.
func (a *ages) reader() int {
	a.from = append(a.from, NoWatermark)
	return len(a.from) - 1
}

// need says that a reader needs no row before a time.
func (a *ages) need(reader int, from int64) {
	if from > a.from[reader] {
		a.from[reader] = from
		a.rows.Expire(slices.Min(a.from))
	}
}

// keyTime finds the columns of a key that carries a watermark on both sides: rows of a key
// that both watermarks have passed come no more, on either side, and what they made together
// stays as it is. -1: there is none.
func (b *Builder) keyTime(in [2]Ref, keys [2][]int) [2]int {
	out := [2]int{-1, -1}
	if b.once {
		return out
	}
	for k, l := range keys[0] {
		r := keys[1][k]
		if !b.promised(in[0], l) || !b.promised(in[1], r) || b.Types(in[0])[l].Kind() != col.KindI64 {
			continue
		}
		if out[0] < 0 || b.windowed(in[0], l) && b.windowed(in[1], r) {
			out = [2]int{l, r}
		}
	}
	return out
}

// promised reports whether a node's column carries a watermark below which no row comes.
func (b *Builder) promised(r Ref, c int) bool { return b.carried(r, c) && b.g.nodes[r].promise }

// keyEnd is how both sides of a join, or of an operation on sets, grow old together.
type keyEnd struct {
	cols    [2]int
	ages    [2]*ages
	readers [2]int
}

// ending is the keyEnd of two Arranges by times of their keys; nil: they do not grow old.
func (b *Builder) ending(arr [2]Ref, cols [2]int) *keyEnd {
	if cols[0] < 0 {
		return nil
	}
	e := &keyEnd{cols: cols}
	for i := range 2 {
		e.ages[i] = b.g.nodes[arr[i]].arr.ages
		e.readers[i] = e.ages[i].reader()
	}
	return e
}

// forget lets rows of both sides go by the watermarks as they stand after the tick.
func (e *keyEnd) forget(t *Tick) {
	if e == nil || !t.last {
		return
	}
	w := min(t.Watermark(0, e.cols[0]), t.Watermark(1, e.cols[1]))
	if w == NoWatermark {
		return
	}
	for i, a := range e.ages {
		a.need(e.readers[i], w)
	}
}

// sideEnd is how one side of a join grows old: its rows are forgotten as the watermark of
// a column of the other side moves.
type sideEnd struct {
	bound  TimeBound
	ages   *ages
	reader int
}

// bounded finds for each side of a join the bound by which its rows are forgotten; nil: they
// are kept. The side only grows, so that no row need be found again. What comes of the other
// side, insertions and retractions alike, lies at or past its watermark: no match of a row
// that is forgotten comes or goes any more.
func (b *Builder) bounded(in [2]Ref, s JoinSpec) (ends [2]*TimeBound) {
	if b.once {
		return ends
	}
	keys := [2][]int{s.LeftKeys, s.RightKeys}
	for i := range s.Bounds {
		t := &s.Bounds[i]
		mine, other := in[t.Side], in[1-t.Side]
		if ends[t.Side] == nil && b.AppendOnly(mine) && b.Types(mine)[t.Col].Kind() == col.KindI64 &&
			!slices.Contains(keys[t.Side], t.Col) && b.carried(other, t.Other) && b.g.nodes[other].promise {
			ends[t.Side] = t
		}
	}
	return ends
}

// forget lets rows of both sides go by the watermarks as they stand after the tick.
func forget(t *Tick, ends *[2]*sideEnd) {
	for side, e := range ends {
		if e == nil {
			continue
		}
		w := t.Watermark(1-side, e.bound.Other)
		if from := w + e.bound.Add; w != NoWatermark && (from > w) == (e.bound.Add > 0) {
			e.ages.need(e.reader, from)
		}
	}
}

// carryJoin lets watermarks through a join: where both sides carry one for a key, its columns
// carry the lesser, since an old row of one side meets, or misses, new rows of the other until
// the other's watermark, too, has passed it. So does a column that a bound ties to
// one of the other side: what comes or goes with a row of that side lies past its watermark
// and the bound.
func (b *Builder) carryJoin(r Ref, arr [2]Ref, s JoinSpec) {
	n := len(b.Types(arr[0]))
	first := [2]int{0, n}
columns:
	for i, c := range s.Out {
		for k, left := range s.LeftKeys {
			right := s.RightKeys[k]
			if (c == left || c == n+right) && b.carried(arr[0], left) && b.carried(arr[1], right) {
				b.Carry(r, i, 0, left, nil)
				b.Carry(r, i, 1, right, nil)
				continue columns
			}
		}
		for _, t := range s.Bounds {
			if c == first[t.Side]+t.Col && b.carried(arr[t.Side], t.Col) && b.carried(arr[1-t.Side], t.Other) {
				b.Carry(r, i, t.Side, t.Col, nil)
				b.Carry(r, i, 1-t.Side, t.Other, t.shifted)
				break
			}
		}
	}
}

// shifted is the least time of the bound's side for a watermark of the other.
func (t TimeBound) shifted(w int64) int64 {
	if from := w + t.Add; (from > w) == (t.Add > 0) {
		return from
	}
	return NoWatermark
}

// least is the least time of the bound's side that n rows of the other meet, whose bounding
// column is v.
func (t TimeBound) least(v *col.Vector, n int) int64 {
	least, nulls := int64(math.MaxInt64), v.AnyNull()
	for i, at := range v.I64[:n] {
		if at < least && !(nulls && v.Null(i)) {
			least = at
		}
	}
	return t.shifted(least)
}
