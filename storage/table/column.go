package table

import (
	"sync/atomic"

	"github.com/millracedb/millrace/base/col"
)

// column is the values of one column of a segment, in one encoding. Its methods may be
// called from any goroutine for slots below a length that the caller has read.
type column interface {
	// window is the values from lo, a multiple of 64, up to hi. It may share the column's
	// memory, or lie in scratch, whose lanes are the caller's and never shared.
	window(scratch *col.Vector, lo, hi int) col.Vector
	// take appends the values at slots to dst, which has the column's kind and scale;
	// bytes are copied.
	take(dst *col.Vector, slots []uint32)
	// same reports whether the value at slot is identical to value i of v, a vector of
	// the column's kind and scale; NULLs are identical.
	same(slot int, v *col.Vector, i int) bool
	// differs is same for many: the first place from one on at which the values at slots and
	// those of v at rows differ; -1: there is none.
	differs(slots []uint32, v *col.Vector, rows []uint32, from int) int
	// zone tells the least and greatest value as order keys; nil: not known.
	zone() *zone
	// profile tells how the values are spread; nil: that is not known yet.
	profile() *profile
	bytes() int64
}

// weights is the weights of a segment's rows; without a lane all are 1.
type weights interface {
	at(slot int) int64
	plain() bool // all are 1, as far as is known
	bytes() int64
}

// plainWeights is the weights of an open segment, whose lane appears with the first
// weight that is not 1.
type plainWeights struct{ lane atomic.Pointer[[]int64] }

func (w *plainWeights) at(slot int) int64 {
	if l := w.lane.Load(); l != nil {
		return (*l)[slot]
	}
	return 1
}

func (w *plainWeights) plain() bool { return w.lane.Load() == nil }

func (w *plainWeights) bytes() int64 {
	if l := w.lane.Load(); l != nil {
		return int64(len(*l)) * 8
	}
	return 0
}

// set records the weight of a new row. The lane holds 1 wherever nothing was set.
func (w *plainWeights) set(slot int, x int64, capacity int) {
	l := w.lane.Load()
	if l == nil {
		if x == 1 {
			return
		}
		n := make([]int64, capacity)
		for i := range n {
			n[i] = 1
		}
		l = &n
		w.lane.Store(l)
	}
	(*l)[slot] = x
}
