package agg

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

var (
	_ = aggregate("count() int8", "Counts rows.", 8, func(Heap, bool) Kernel { return count{} })
	_ = aggregate("count(any) int8", "Counts values that are not NULL.", 8, func(Heap, bool) Kernel { return count{} })
)

// count is count(*) and count(x): one counter.
type count struct{ fixed }

// fixed is a kernel without anything in the heap.
type fixed struct{}

func (fixed) Release([]unsafe.Pointer, uintptr) {}
func (fixed) whole()                            {}

func (count) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	var valid []uint64
	if len(args) > 0 {
		valid = args[0].Valid
	}
	switch {
	case valid == nil && w == nil:
		for _, p := range at {
			*(*int64)(unsafe.Add(p, off))++
		}
	case valid == nil:
		w = w[:len(at)]
		for i, p := range at {
			*(*int64)(unsafe.Add(p, off)) += w[i]
		}
	default:
		for i, p := range at {
			*(*int64)(unsafe.Add(p, off)) += weight(w, i) * int64(valid[i>>6]>>(i&63)&1)
		}
	}
}

func weight(w []int64, i int) int64 {
	if w == nil {
		return 1
	}
	return w[i]
}

func (count) Result(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	out.Resize(len(at))
	for i, p := range at {
		out.I64[i] = *(*int64)(unsafe.Add(p, off))
	}
}

func (count) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		*(*int64)(unsafe.Add(p, off)) += *(*int64)(unsafe.Add(from[i], off))
	}
}
