package agg

import (
	"math/bits"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/exec/fn"
)

var (
	_ = aggregate("sum(int2) int8", "Adds up values.", 16, func(Heap, bool) Kernel { return sumInt4{} })
	_ = aggregate("sum(int4) int8", "Adds up values.", 16, func(Heap, bool) Kernel { return sumInt4{} })
	_ = aggregate("sum(int8) numeric", "Adds up values.", 24, func(Heap, bool) Kernel { return sumInt8{} })
	_ = aggregate("avg(int2) numeric", "The arithmetic mean.", 16, func(Heap, bool) Kernel { return avgInt4{} })
	_ = aggregate("avg(int4) numeric", "The arithmetic mean.", 16, func(Heap, bool) Kernel { return avgInt4{} })
	_ = aggregate("avg(int8) numeric", "The arithmetic mean.", 24, func(Heap, bool) Kernel { return avgInt8{} })
)

// narrow is the accumulator over int4: 2^32 rows of the greatest value stay inside it.
type narrow struct{ n, sum int64 }

// sumInt4 is sum over int2 and int4.
type sumInt4 struct{ fixed }

func (sumInt4) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	x, valid := args[0].I32[:len(at)], args[0].Valid
	if valid == nil && w == nil {
		for i, p := range at {
			a := (*narrow)(unsafe.Add(p, off))
			a.n++
			a.sum += int64(x[i])
		}
		return
	}
	for i, p := range at {
		k := weight(w, i)
		if valid != nil {
			k *= int64(valid[i>>6] >> (i & 63) & 1)
		}
		if k == 0 {
			continue // the lane of a NULL holds anything, and its page stays clean
		}
		a := (*narrow)(unsafe.Add(p, off))
		a.n += k
		a.sum += int64(x[i]) * k
	}
}

func (sumInt4) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	out.Resize(len(at))
	for i, p := range at {
		a := (*narrow)(unsafe.Add(p, off))
		out.I64[i] = a.sum
		if a.n == 0 {
			c.SetNull(out, i)
		}
	}
}

func (sumInt4) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		a, b := (*narrow)(unsafe.Add(p, off)), (*narrow)(unsafe.Add(from[i], off))
		a.n += b.n
		a.sum += b.sum
	}
}

// avgInt4 is avg over int2 and int4.
type avgInt4 struct{ sumInt4 }

func (avgInt4) Result(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	var buf [64]byte
	for _, p := range at {
		a := (*narrow)(unsafe.Add(p, off))
		if a.n == 0 {
			out.AppendNull()
			continue
		}
		out.AppendBytes(numeric.AppendStoredAvg(buf[:0], numeric.Int128From(a.sum), 0, a.n))
	}
}

// wide is the accumulator over int8 and over numerics of one scale.
type wide struct {
	n   int64
	sum numeric.Int128
}

func (a *wide) add(x int64) {
	lo, carry := bits.Add64(a.sum.Lo, uint64(x), 0)
	a.n++
	a.sum.Lo = lo
	a.sum.Hi += x>>63 + int64(carry)
}

func (a *wide) addWeighted(x, k int64) {
	a.n += k
	a.sum, _ = a.sum.Add(numeric.Mul64(x, k))
}

// sumInt8 is sum over int8. The sum of 2^63 rows fits 128 bits.
type sumInt8 struct{ fixed }

func (sumInt8) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	updateWide(at, off, args[0].I64, args[0].Valid, w)
}

func updateWide(at []unsafe.Pointer, off uintptr, x []int64, valid []uint64, w []int64) {
	x = x[:len(at)]
	if valid == nil && w == nil {
		for i, p := range at {
			(*wide)(unsafe.Add(p, off)).add(x[i])
		}
		return
	}
	for i, p := range at {
		if valid != nil && valid[i>>6]>>(i&63)&1 == 0 {
			continue
		}
		a := (*wide)(unsafe.Add(p, off))
		switch k := weight(w, i); k {
		case 1:
			a.add(x[i])
		default:
			a.addWeighted(x[i], k)
		}
	}
}

// Result gives scaled integers when all sums fit, which is nearly always.
func (sumInt8) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	resultWide(c, at, off, 0, out)
}

func resultWide(c *fn.Ctx, at []unsafe.Pointer, off uintptr, scale int32, out *col.Vector) {
	t := out.Type
	out.ResetKind(t, col.KindD64, scale)
	out.Resize(len(at))
	fits := true
	for i, p := range at {
		a := (*wide)(unsafe.Add(p, off))
		out.I64[i] = int64(a.sum.Lo)
		fits = fits && a.sum.IsInt64()
		if a.n == 0 {
			c.SetNull(out, i)
		}
	}
	if fits {
		return
	}
	var buf [64]byte
	out.ResetKind(t, col.KindDec, 0)
	for _, p := range at {
		a := (*wide)(unsafe.Add(p, off))
		if a.n == 0 {
			out.AppendNull()
			continue
		}
		out.AppendBytes(numeric.AppendStoredInt128(buf[:0], a.sum, scale))
	}
}

func (sumInt8) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		a, b := (*wide)(unsafe.Add(p, off)), (*wide)(unsafe.Add(from[i], off))
		a.n += b.n
		a.sum, _ = a.sum.Add(b.sum)
	}
}

// avgInt8 is avg over int8.
type avgInt8 struct{ sumInt8 }

func (avgInt8) Result(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	var buf [64]byte
	for _, p := range at {
		a := (*wide)(unsafe.Add(p, off))
		if a.n == 0 {
			out.AppendNull()
			continue
		}
		out.AppendBytes(numeric.AppendStoredAvg(buf[:0], a.sum, 0, a.n))
	}
}
