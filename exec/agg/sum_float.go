package agg

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
)

var (
	_ = aggregate("sum(float4) float4", "Adds up values, exactly, and rounds once.", floatsSize, func(h Heap, _ bool) Kernel { return &sumFloat4{sumFloat{heap: h}} })
	_ = aggregate("sum(float8) float8", "Adds up values, exactly, and rounds once.", floatsSize, func(h Heap, _ bool) Kernel { return &sumFloat8{sumFloat{heap: h}} })
	_ = aggregate("avg(float4) float8", "The arithmetic mean of an exact sum.", floatsSize, func(h Heap, _ bool) Kernel { return &avgFloat{sumFloat{heap: h}} })
	_ = aggregate("avg(float8) float8", "The arithmetic mean of an exact sum.", floatsSize, func(h Heap, _ bool) Kernel { return &avgFloat{sumFloat{heap: h}} })
	_ = fallible(byID["sum(float4)"])
	_ = fallible(byID["sum(float8)"])
	_ = fallible(byID["avg(float4)"])
	_ = fallible(byID["avg(float8)"])
)

var errFloat = pgerr.New(pgerr.NumericValueOutOfRange, "value out of range: overflow")

// floats is the accumulator over floats: a window of 128 bits, or else the encoding of a
// numeric.FloatAcc in the heap.
type floats struct {
	n    int64
	sum  numeric.FloatSum
	wide held
}

const floatsSize = int(unsafe.Sizeof(floats{}))

// sumFloat adds floats without rounding, so that neither order nor retraction shows.
type sumFloat struct{ heap Heap }

func (k *sumFloat) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	v := args[0]
	for i, p := range at {
		x := weight(w, i)
		if v.Null(i) || x == 0 {
			continue
		}
		f := 0.0
		if v.Kind == col.KindF32 {
			f = float64(v.F32[i])
		} else {
			f = v.F64[i]
		}
		a := (*floats)(unsafe.Add(p, off))
		a.n += x
		if a.wide.Len() != 0 || !a.sum.Add(f, x) {
			k.widen(a, func(s *numeric.FloatAcc) { s.Add(f, x) })
		}
	}
}

// widen changes the sum in its wide form. A sum of no values returns to the window.
func (k *sumFloat) widen(a *floats, change func(*numeric.FloatAcc)) {
	s := k.wide(a)
	change(s)
	a.sum = numeric.FloatSum{}
	if a.n == 0 && *s == (numeric.FloatAcc{}) {
		free(k.heap, a.wide)
		a.wide = held{}
		return
	}
	put(k.heap, &a.wide, s.Append(nil))
}

func (k *sumFloat) wide(a *floats) *numeric.FloatAcc {
	s := &numeric.FloatAcc{}
	if a.wide.Len() == 0 {
		s.AddSum(&a.sum)
	} else if s.Read(bytesOf(k.heap, &a.wide)) != nil {
		*s = numeric.FloatAcc{}
	}
	return s
}

func (k *sumFloat) total(a *floats) (f float64, overflow bool) {
	if a.wide.Len() == 0 {
		return a.sum.Total()
	}
	return k.wide(a).Total()
}

// each sets the lanes of out, NULL for accumulators without values.
func (k *sumFloat) each(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector, set func(i int, f float64, n int64) bool) {
	out.Resize(len(at))
	for i, p := range at {
		a := (*floats)(unsafe.Add(p, off))
		if a.n == 0 {
			c.SetNull(out, i)
			continue
		}
		f, overflow := k.total(a)
		if overflow || !set(i, f, a.n) {
			c.Fail(out, i, errFloat)
		}
	}
}

func (k *sumFloat) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		a, b := (*floats)(unsafe.Add(p, off)), (*floats)(unsafe.Add(from[i], off))
		a.n += b.n
		if a.wide.Len() == 0 && b.wide.Len() == 0 && a.sum.Merge(&b.sum) {
			continue
		}
		other := k.wide(b)
		k.widen(a, func(s *numeric.FloatAcc) { s.Merge(other) })
	}
}

func (k *sumFloat) Release(at []unsafe.Pointer, off uintptr) {
	for _, p := range at {
		free(k.heap, (*floats)(unsafe.Add(p, off)).wide)
	}
}

type sumFloat8 struct{ sumFloat }

func (k *sumFloat8) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	k.each(c, at, off, out, func(i int, f float64, _ int64) bool { out.F64[i] = f; return true })
}

type sumFloat4 struct{ sumFloat }

func (k *sumFloat4) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	k.each(c, at, off, out, func(i int, f float64, _ int64) bool {
		out.F32[i] = float32(f)
		return float64(out.F32[i])-float64(out.F32[i]) == 0 || f-f != 0 // finite, or was not before
	})
}

type avgFloat struct{ sumFloat }

func (k *avgFloat) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	k.each(c, at, off, out, func(i int, f float64, n int64) bool { out.F64[i] = f / float64(n); return true })
}
