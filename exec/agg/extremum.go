package agg

import (
	"bytes"
	"math"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/exec/fn"
)

// minMax registers min and max of a type.
func minMax(name string, size int, create func(greatest bool, h Heap) Kernel) struct{} {
	least := aggregate("min("+name+") "+name, "The least value.", size, func(h Heap, _ bool) Kernel { return create(false, h) })
	most := aggregate("max("+name+") "+name, "The greatest value.", size, func(h Heap, _ bool) Kernel { return create(true, h) })
	extremum(least, Min)
	return extremum(most, Max)
}

var (
	_ = minMax("int2", 16, newLanes(func(v *col.Vector) *[]int32 { return &v.I32 }, less[int32]))
	_ = minMax("int4", 16, newLanes(func(v *col.Vector) *[]int32 { return &v.I32 }, less[int32]))
	_ = minMax("oid", 16, newLanes(func(v *col.Vector) *[]int32 { return &v.I32 }, func(a, b int32) bool { return uint32(a) < uint32(b) }))
	_ = minMax("date", 16, newLanes(func(v *col.Vector) *[]int32 { return &v.I32 }, less[int32]))
	_ = minMax("int8", 16, newInt64s)
	_ = minMax("time", 16, newInt64s)
	_ = minMax("timestamp", 16, newInt64s)
	_ = minMax("timestamptz", 16, newInt64s)
	_ = minMax("float4", 16, newLanes(func(v *col.Vector) *[]float32 { return &v.F32 }, lessFloat[float32]))
	_ = minMax("float8", 16, newLanes(func(v *col.Vector) *[]float64 { return &v.F64 }, lessFloat[float64]))
	_ = minMax("interval", 24, newLanes(func(v *col.Vector) *[][2]uint64 { return &v.Wide }, lessInterval))
	_ = minMax("text", 24, newBytes(bytes.Compare))
	_ = minMax("bpchar", 24, newBytes(func(a, b []byte) int { return bytes.Compare(bytes.TrimRight(a, " "), bytes.TrimRight(b, " ")) }))
	_ = minMax("numeric", 24, newBytes(func(a, b []byte) int { return bytes.Compare(numeric.Canonical(a), numeric.Canonical(b)) }))
)

// Arrays are ordered by their elements.
var _ = func() (done struct{}) {
	for _, t := range col.Arrays() {
		elem, _ := t.Element()
		if i, _ := t.Info(); !elem.Is(col.JSON) {
			minMax(i.Name, 24, newBytes(func(a, b []byte) int { return col.CompareArrays(a, b, elem) }))
		}
	}
	return
}()

func less[T int32 | int64](a, b T) bool { return a < b }

// lessFloat is PostgreSQL's order of floats: NaN is the greatest. Zeros, which are equal,
// go by identity, as all ties of this file do, so that the order of rows does not show.
func lessFloat[T float32 | float64](a, b T) bool {
	return a < b || b != b && a == a || a == 0 && b == 0 && math.Signbit(float64(b)) && !math.Signbit(float64(a))
}

func lessInterval(a, b [2]uint64) bool {
	x, y := col.IntervalOrder(a), col.IntervalOrder(b)
	if x == y {
		x, y = a, b
	}
	return x[0] < y[0] || x[0] == y[0] && x[1] < y[1]
}

// best is the accumulator of an extremum over lanes: whether there is a value, and it.
type best[T any] struct {
	some  int64
	value T
}

// lanesKernel is min and max over lanes of fixed width, for input that is never retracted.
type lanesKernel[T any] struct {
	fixed
	lane     func(*col.Vector) *[]T
	less     func(a, b T) bool
	greatest bool
}

func newLanes[T any](lane func(*col.Vector) *[]T, less func(a, b T) bool) func(bool, Heap) Kernel {
	return func(greatest bool, _ Heap) Kernel { return &lanesKernel[T]{lane: lane, less: less, greatest: greatest} }
}

func (k *lanesKernel[T]) better(a, b T) bool {
	if k.greatest {
		return k.less(b, a)
	}
	return k.less(a, b)
}

func (k *lanesKernel[T]) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, _ []int64) {
	v := args[0]
	x := (*k.lane(v))[:len(at)]
	for i, p := range at {
		if v.Null(i) {
			continue
		}
		if a := (*best[T])(unsafe.Add(p, off)); a.some == 0 || k.better(x[i], a.value) {
			a.some, a.value = 1, x[i]
		}
	}
}

func (k *lanesKernel[T]) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	out.Resize(len(at))
	x := *k.lane(out)
	for i, p := range at {
		a := (*best[T])(unsafe.Add(p, off))
		x[i] = a.value
		if a.some == 0 {
			c.SetNull(out, i)
		}
	}
}

func (k *lanesKernel[T]) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		a, b := (*best[T])(unsafe.Add(p, off)), (*best[T])(unsafe.Add(from[i], off))
		if b.some != 0 && (a.some == 0 || k.better(b.value, a.value)) {
			*a = *b
		}
	}
}

// int64s is lanesKernel for int64, whose comparison is written out because it is hot.
type int64s struct{ lanesKernel[int64] }

func newInt64s(greatest bool, _ Heap) Kernel {
	return &int64s{lanesKernel[int64]{lane: func(v *col.Vector) *[]int64 { return &v.I64 }, less: less[int64], greatest: greatest}}
}

func (k *int64s) Update(c *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	x := args[0].I64[:len(at)]
	switch {
	case args[0].Valid != nil:
		k.lanesKernel.Update(c, at, off, args, w)
	case k.greatest:
		for i, p := range at {
			if a := (*best[int64])(unsafe.Add(p, off)); a.some == 0 || x[i] > a.value {
				a.some, a.value = 1, x[i]
			}
		}
	default:
		for i, p := range at {
			if a := (*best[int64])(unsafe.Add(p, off)); a.some == 0 || x[i] < a.value {
				a.some, a.value = 1, x[i]
			}
		}
	}
}

// bestBytes is the accumulator of an extremum over bytes.
type bestBytes struct {
	some  int64
	value held
}

// bytesKernel is min and max over values of variable length, for input that is never
// retracted.
type bytesKernel struct {
	heap     Heap
	compare  func(a, b []byte) int
	greatest bool
}

func newBytes(compare func(a, b []byte) int) func(bool, Heap) Kernel {
	return func(greatest bool, h Heap) Kernel { return &bytesKernel{h, compare, greatest} }
}

func (k *bytesKernel) offer(a *bestBytes, b []byte) {
	if a.some != 0 {
		now := bytesOf(k.heap, &a.value)
		order := k.compare(b, now)
		if order == 0 {
			order = bytes.Compare(b, now)
		}
		if order == 0 || order > 0 != k.greatest {
			return
		}
	}
	a.some = 1
	put(k.heap, &a.value, b)
}

func (k *bytesKernel) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, _ []int64) {
	v := args[0].ToDec() // numerics travel as integers at times
	for i, p := range at {
		if !v.Null(i) {
			k.offer((*bestBytes)(unsafe.Add(p, off)), v.Bytes(i))
		}
	}
}

func (k *bytesKernel) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	for _, p := range at {
		a := (*bestBytes)(unsafe.Add(p, off))
		if a.some == 0 {
			out.AppendNull()
			continue
		}
		out.AppendBytes(bytesOf(k.heap, &a.value))
	}
}

func (k *bytesKernel) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		a, b := (*bestBytes)(unsafe.Add(p, off)), (*bestBytes)(unsafe.Add(from[i], off))
		if b.some != 0 {
			k.offer(a, bytesOf(k.heap, &b.value))
		}
	}
}

func (k *bytesKernel) Release(at []unsafe.Pointer, off uintptr) {
	for _, p := range at {
		free(k.heap, (*bestBytes)(unsafe.Add(p, off)).value)
	}
}
