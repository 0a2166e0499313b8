package agg

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

var (
	_ = aggregate("bool_and(bool) bool", "Tells whether all values are true.", 16, func(Heap, bool) Kernel { return bools{all: true} })
	_ = aggregate("every(bool) bool", "Tells whether all values are true.", 16, func(Heap, bool) Kernel { return bools{all: true} })
	_ = aggregate("bool_or(bool) bool", "Tells whether some value is true.", 16, func(Heap, bool) Kernel { return bools{} })
)

// truths is the accumulator over booleans.
type truths struct{ n, trues int64 }

// bools is bool_and, every and bool_or.
type bools struct {
	fixed
	all bool
}

func (bools) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	v := args[0]
	for i, p := range at {
		if v.Null(i) {
			continue
		}
		a, k := (*truths)(unsafe.Add(p, off)), weight(w, i)
		a.n += k
		if v.Bool(i) {
			a.trues += k
		}
	}
}

func (k bools) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	out.Resize(len(at))
	for i, p := range at {
		a := (*truths)(unsafe.Add(p, off))
		if a.n == 0 {
			c.SetNull(out, i)
		}
		out.SetBool(i, k.all && a.trues == a.n || !k.all && a.trues > 0)
	}
}

func (bools) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		a, b := (*truths)(unsafe.Add(p, off)), (*truths)(unsafe.Add(from[i], off))
		a.n += b.n
		a.trues += b.trues
	}
}
