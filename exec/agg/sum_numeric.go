package agg

import (
	"unsafe"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/exec/fn"
)

var (
	_ = aggregate("sum(numeric) numeric", "Adds up values.", decimalsSize, func(h Heap, _ bool) Kernel { return &sumNumeric{heap: h} })
	_ = aggregate("avg(numeric) numeric", "The arithmetic mean.", decimalsSize, func(h Heap, _ bool) Kernel { return &avgNumeric{sumNumeric{heap: h}} })
	_ = fallible(byID["sum(numeric)"])
	_ = fallible(byID["avg(numeric)"])
)

// decimals is the accumulator over numerics. Values of one display scale are added up as
// integers; with a second scale the sum becomes a numeric.FixedSum, which lies in the same
// bytes, and what does not fit that the encoding of a numeric.WideSum in the heap.
type decimals struct {
	wide  held
	mixed int32 // 1: fixed is a FixedSum, else a wide of values at scale
	scale int32
	fixed numeric.FixedSum
}

const decimalsSize = int(unsafe.Sizeof(decimals{}))

// one is the sum while all values have one scale.
func (a *decimals) one() *wide { return (*wide)(unsafe.Pointer(&a.fixed)) }

// takes reports whether a value of the scale can be added as an integer.
func (a *decimals) takes(scale int32) bool {
	if a.mixed|int32(a.wide.Len()) != 0 {
		return false
	}
	if a.scale == scale {
		return true
	}
	if *a.one() == (wide{}) {
		a.scale = scale
		return true
	}
	return false
}

// mix turns the sum into a FixedSum; false: it does not fit, and is as it was.
func (a *decimals) mix() bool {
	if a.mixed != 0 {
		return true
	}
	var f numeric.FixedSum
	u := *a.one()
	if u != (wide{}) && !(f.Add(u.sum, a.scale, 1) && f.Add(numeric.Int128{}, a.scale, u.n-1)) {
		return false
	}
	a.mixed, a.scale, a.fixed = 1, 0, f
	return true
}

// sumNumeric is sum over numerics. It counts values by display scale, so that the result's
// scale falls again when the value that needed it is withdrawn.
type sumNumeric struct{ heap Heap }

func (k *sumNumeric) Update(c *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	v := args[0]
	if v.Kind != col.KindD64 {
		k.updateStored(c, at, off, v, w)
		return
	}
	for i, p := range at {
		x := weight(w, i)
		if v.Null(i) || x == 0 {
			continue
		}
		a := (*decimals)(unsafe.Add(p, off))
		switch {
		case !a.takes(v.Scale):
			k.addInt(a, v.I64[i], v.Scale, x)
		case x == 1:
			a.one().add(v.I64[i])
		default:
			a.one().addWeighted(v.I64[i], x)
		}
	}
}

func (k *sumNumeric) updateStored(c *fn.Ctx, at []unsafe.Pointer, off uintptr, v *col.Vector, w []int64) {
	for i, p := range at {
		if x := weight(w, i); x != 0 && !v.Null(i) {
			b := v.Bytes(i)
			mayEndBefore(c, b)
			k.addStored((*decimals)(unsafe.Add(p, off)), b, x)
		}
	}
}

func (k *sumNumeric) addInt(a *decimals, v int64, scale int32, x int64) {
	if a.wide.Len() == 0 && a.mix() && a.fixed.Add(numeric.Int128From(v), scale, x) {
		return
	}
	var d apd.Decimal
	numeric.SetInt64(&d, v, scale)
	k.widen(a, func(s *numeric.WideSum) { s.Add(&d, x) })
}

func (k *sumNumeric) addStored(a *decimals, b []byte, x int64) {
	var d apd.Decimal
	decode(&d, b)
	scale := numeric.Scale(&d)
	if v, ok := numeric.ToInt128(&d, scale); ok && v.IsInt64() && a.takes(scale) {
		a.one().addWeighted(int64(v.Lo), x)
		return
	}
	if a.wide.Len() == 0 && a.mix() && a.fixed.AddDecimal(&d, x) {
		return
	}
	k.widen(a, func(s *numeric.WideSum) { s.Add(&d, x) })
}

// total is the sum with its display scale and the number of values, unless it is wide.
func (a *decimals) total() (sum numeric.Int128, scale int32, n int64) {
	if a.mixed == 0 {
		u := a.one()
		return u.sum, a.scale, u.n
	}
	sum, scale = a.fixed.Total()
	return sum, scale, a.fixed.Count()
}

// decode reads stored bytes; bytes that are no numeric count as NaN.
func decode(d *apd.Decimal, b []byte) {
	if numeric.Stored(b, d) != nil {
		d.Form = apd.NaN
	}
}

// widen changes the sum in its wide form, which it keeps.
func (k *sumNumeric) widen(a *decimals, change func(*numeric.WideSum)) {
	s := k.wide(a)
	change(s)
	put(k.heap, &a.wide, s.Append(nil))
	a.mixed, a.scale, a.fixed = 0, 0, numeric.FixedSum{}
}

// wide is the sum in its wide form.
func (k *sumNumeric) wide(a *decimals) *numeric.WideSum {
	s := &numeric.WideSum{}
	if a.wide.Len() == 0 && a.mixed != 0 {
		s.AddFixed(&a.fixed)
	} else if a.wide.Len() == 0 {
		var d apd.Decimal
		u := a.one()
		numeric.SetInt128(&d, u.sum, a.scale)
		s.Add(&d, 1)
		numeric.SetInt64(&d, 0, a.scale)
		s.Add(&d, u.n-1)
	} else if s.Read(bytesOf(k.heap, &a.wide)) != nil {
		var d apd.Decimal
		d.Form = apd.NaN
		s.Add(&d, 1)
	}
	return s
}

func (k *sumNumeric) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	if k.scaled(c, at, off, out) {
		return
	}
	out.ResetKind(out.Type, col.KindDec, 0)
	k.each(c, at, off, out, func(a *decimals, buf []byte) ([]byte, error) {
		if a.wide.Len() == 0 {
			total, scale, _ := a.total()
			return numeric.AppendStoredInt128(buf, total, scale), nil
		}
		var d apd.Decimal
		err := k.wide(a).Total(&d)
		return numeric.AppendStored(buf, &d), err
	})
}

// scaled gives the results as integers when all have one scale and fit.
func (k *sumNumeric) scaled(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) bool {
	scale := int32(-1)
	for _, p := range at {
		a := (*decimals)(unsafe.Add(p, off))
		if a.wide.Len() != 0 {
			return false
		}
		total, s, n := a.total()
		if n == 0 {
			continue
		}
		if !total.IsInt64() || s > 18 || scale >= 0 && s != scale {
			return false
		}
		scale = s
	}
	out.ResetKind(out.Type, col.KindD64, max(scale, 0))
	out.Resize(len(at))
	for i, p := range at {
		a := (*decimals)(unsafe.Add(p, off))
		total, _, n := a.total()
		out.I64[i] = int64(total.Lo)
		if n == 0 {
			c.SetNull(out, i)
		}
	}
	return true
}

// each appends a stored numeric for each accumulator, NULL for those without values.
func (k *sumNumeric) each(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector, f func(a *decimals, buf []byte) ([]byte, error)) {
	var buf [64]byte
	for i, p := range at {
		a := (*decimals)(unsafe.Add(p, off))
		if k.count(a) == 0 {
			out.AppendNull()
			continue
		}
		mayEnd(c, i, a.wide.Len())
		b, err := f(a, buf[:0])
		if err != nil {
			out.AppendNull()
			c.Fail(out, i, err)
			continue
		}
		out.AppendBytes(b)
	}
}

func (k *sumNumeric) count(a *decimals) int64 {
	if a.wide.Len() == 0 {
		_, _, n := a.total()
		return n
	}
	return k.wide(a).Count()
}

func (k *sumNumeric) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		a, b := (*decimals)(unsafe.Add(p, off)), *(*decimals)(unsafe.Add(from[i], off))
		if b == (decimals{}) {
			continue
		}
		if a.wide.Len() == 0 && b.wide.Len() == 0 && a.mix() && b.mix() && a.fixed.Merge(&b.fixed) {
			continue
		}
		other := k.wide(&b)
		k.widen(a, func(s *numeric.WideSum) { s.Merge(other) })
	}
}

func (k *sumNumeric) Release(at []unsafe.Pointer, off uintptr) {
	for _, p := range at {
		free(k.heap, (*decimals)(unsafe.Add(p, off)).wide)
	}
}

// avgNumeric is avg over numerics.
type avgNumeric struct{ sumNumeric }

func (k *avgNumeric) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	k.each(c, at, off, out, func(a *decimals, buf []byte) ([]byte, error) {
		if a.wide.Len() == 0 {
			total, scale, n := a.total()
			return numeric.AppendStoredAvg(buf, total, scale, n), nil
		}
		s := k.wide(a)
		var d apd.Decimal
		if err := s.Total(&d); err != nil {
			return nil, err
		}
		err := numeric.Avg(&d, &d, s.Count())
		return numeric.AppendStored(buf, &d), err
	})
}
