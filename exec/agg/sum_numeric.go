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

// decimals is the accumulator over numerics: a sum that fits its fixed form, or else the
// encoding of a numeric.WideSum in the heap.
type decimals struct {
	sum  numeric.FixedSum
	wide held
}

const decimalsSize = int(unsafe.Sizeof(decimals{}))

// sumNumeric is sum over numerics. It counts values by display scale, so that the result's
// scale falls again when the value that needed it is withdrawn.
type sumNumeric struct{ heap Heap }

func (k *sumNumeric) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	v := args[0]
	var d apd.Decimal
	for i, p := range at {
		x := weight(w, i)
		if v.Null(i) || x == 0 {
			continue
		}
		a := (*decimals)(unsafe.Add(p, off))
		if v.Kind == col.KindD64 {
			if a.wide.Len() == 0 && a.sum.Add(numeric.Int128From(v.I64[i]), v.Scale, x) {
				continue
			}
			numeric.SetInt64(&d, v.I64[i], v.Scale)
		} else {
			decode(&d, v.Bytes(i))
			if a.wide.Len() == 0 && a.sum.AddDecimal(&d, x) {
				continue
			}
		}
		k.widen(a, func(s *numeric.WideSum) { s.Add(&d, x) })
	}
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
	a.sum = numeric.FixedSum{}
}

// wide is the sum in its wide form.
func (k *sumNumeric) wide(a *decimals) *numeric.WideSum {
	s := &numeric.WideSum{}
	if a.wide.Len() == 0 {
		s.AddFixed(&a.sum)
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
			total, scale := a.sum.Total()
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
		if a.sum.Count() == 0 {
			continue
		}
		if total, s := a.sum.Total(); !total.IsInt64() || s > 18 || scale >= 0 && s != scale {
			return false
		} else {
			scale = s
		}
	}
	out.ResetKind(out.Type, col.KindD64, max(scale, 0))
	out.Resize(len(at))
	for i, p := range at {
		a := (*decimals)(unsafe.Add(p, off))
		total, _ := a.sum.Total()
		out.I64[i] = int64(total.Lo)
		if a.sum.Count() == 0 {
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
		return a.sum.Count()
	}
	return k.wide(a).Count()
}

func (k *sumNumeric) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		a, b := (*decimals)(unsafe.Add(p, off)), (*decimals)(unsafe.Add(from[i], off))
		if a.wide.Len() == 0 && b.wide.Len() == 0 && a.sum.Merge(&b.sum) {
			continue
		}
		other := k.wide(b)
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
			total, scale := a.sum.Total()
			return numeric.AppendStoredAvg(buf, total, scale, a.sum.Count()), nil
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
