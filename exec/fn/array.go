package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
	"github.com/millracedb/millrace/base/typeio"
)

// How many elements an array has, and where.
var (
	_ = scalar("array_length(anyarray, int4) int4", "The number of elements along a dimension.", shape1(func(s *col.Shape, d int) int32 { return s.Len[d] }))
	_ = scalar("array_lower(anyarray, int4) int4", "The subscript of the first element along a dimension.", shape1(func(s *col.Shape, d int) int32 { return s.Lower[d] }))
	_ = scalar("array_upper(anyarray, int4) int4", "The subscript of the last element along a dimension.", shape1(func(s *col.Shape, d int) int32 { return s.Lower[d] + s.Len[d] - 1 }))
	_ = scalar("array_ndims(anyarray) int4", "The number of dimensions.", eachArray(func(c *Ctx, a *col.Array, i int, out *col.Vector) {
		if out.I32[i] = int32(a.Dims); a.Dims == 0 {
			c.SetNull(out, i)
		}
	}))
	_ = scalar("cardinality(anyarray) int4", "The number of elements.", eachArray(func(_ *Ctx, a *col.Array, i int, out *col.Vector) { out.I32[i] = int32(a.N) }))
	_ = scalar("array_dims(anyarray) text", "The bounds of the dimensions.", eachArray(func(c *Ctx, a *col.Array, i int, out *col.Vector) {
		if a.Dims == 0 {
			c.SetNull(out, i)
			return
		}
		c.bytesOut(out, i, typeio.AppendBounds(c.buf[:0], &a.Shape), nil)
	}))
)

// eachArray is a kernel of a function of one array.
func eachArray(f func(c *Ctx, a *col.Array, i int, out *col.Vector)) Kernel {
	return func(c *Ctx, args []*col.Vector, sel []uint32, n int, out *col.Vector) {
		elem, _ := args[0].Type.Element()
		m := mask(args[0], n)
		span(sel, n, func(i int) {
			a := col.ArrayOf(args[0].Bytes(i&m), elem)
			f(c, &a, i, out)
		})
	}
}

// shape1 is a function of one dimension; NULL where there is none of the number.
func shape1(f func(s *col.Shape, d int) int32) Kernel {
	return func(c *Ctx, args []*col.Vector, sel []uint32, n int, out *col.Vector) {
		m := mask(args[1], n)
		eachArray(func(c *Ctx, a *col.Array, i int, out *col.Vector) {
			d := args[1].I32[i&m]
			if d < 1 || int(d) > a.Dims {
				c.SetNull(out, i)
				return
			}
			out.I32[i] = f(&a.Shape, int(d)-1)
		})(c, args[:1], sel, n, out)
	}
}

// Arrays made of values.
var (
	_ = scalar("array_of(variadic any) anyarray", "The array of some values.", arrayOf, NonStrict, Inner)
	_ = scalar("array_of_arrays(variadic any) anyarray", "The array of some arrays, of one dimension more.", arrayOfArrays, NonStrict, Fallible, Inner)
	_ = scalar("array_fill(anyelement, _int4) anyarray", "An array of one value, of some dimensions.", arrayFill, NonStrict, Fallible, Weighs(fillBytes))
	_ = scalar("array_fill(anyelement, _int4, _int4) anyarray", "An array of one value, of some dimensions and lower bounds.", arrayFill, NonStrict, Fallible, Weighs(fillBytes))
)

// arrayOf is ARRAY[…] of values, which are of the element type.
func arrayOf(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	elem, _ := out.Type.Element()
	elems, shape := c.Vec(elem), col.Flat(len(a))
	span(sel, n, func(i int) {
		elems.Reset(elem)
		for _, v := range a {
			appendStored(elems, v, i&mask(v, n))
		}
		c.buf = col.AppendArray(c.buf[:0], &shape, elems, 0)
		out.SetBytes(i, c.buf)
	})
}

// appendStored appends a value to elements.
func appendStored(elems, v *col.Vector, i int) {
	if v.Kind == col.KindD64 && !v.Null(i) {
		one := &col.Vector{}
		one.ResetKind(v.Type, v.Kind, v.Scale)
		one.AppendI64(v.I64[i])
		v, i = one.ToDec(), 0
	}
	if v.Null(i) {
		elems.AppendNull()
		return
	}
	elems.AppendFrom(v, i)
}

// arrayOfArrays is ARRAY[…] of arrays, all of one shape; the lower bounds of the first hold.
func arrayOfArrays(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	elem, _ := out.Type.Element()
	elems := c.Vec(elem)
	span(sel, n, func(i int) {
		elems.Reset(elem)
		var s col.Shape
		empty, first := false, true
		var err error
		for _, v := range a {
			var inner col.Array
			if !v.Null(i & mask(v, n)) {
				inner = col.ArrayOf(v.Bytes(i&mask(v, n)), elem)
			}
			switch {
			case inner.N == 0:
				empty = true
			case first:
				s, first = inner.Shape, false
			case s != inner.Shape:
				err = errUnequalArrays
			}
			inner.AppendTo(elems, 0, inner.N)
		}
		if empty && !first {
			err = errUnequalArrays
		}
		if s.Dims == col.MaxDims {
			err = typeio.ErrTooManyDims(s.Dims + 1)
		}
		if c.put(out, i, err) {
			nest(&s, len(a))
			c.buf = col.AppendArray(c.buf[:0], &s, elems, 0)
			out.SetBytes(i, c.buf)
		}
	})
}

var errUnequalArrays = pgerr.New(pgerr.ArraySubscriptError, "multidimensional arrays must have array expressions with matching dimensions")

// nest puts a dimension around those of a shape, unless it has no elements.
func nest(s *col.Shape, length int) {
	if s.Dims == 0 {
		return
	}
	copy(s.Len[1:], s.Len[:s.Dims])
	copy(s.Lower[1:], s.Lower[:s.Dims])
	s.Dims, s.Len[0], s.Lower[0] = s.Dims+1, int32(length), 1
}

func arrayFill(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	elem, _ := out.Type.Element()
	elems := c.Vec(elem)
	span(sel, n, func(i int) {
		s, err := filled(a[1:], i, n)
		if !c.put(out, i, err) {
			return
		}
		elems.Reset(elem)
		for range s.Size() {
			appendStored(elems, a[0], i&mask(a[0], n))
		}
		c.buf = col.AppendArray(c.buf[:0], &s, elems, 0)
		out.SetBytes(i, c.buf)
	})
}

var oneDimensional = [2]string{"Dimension array must be one dimensional.", "Low bound array must be one dimensional."}

// fillBytes is what the elements of array_fill take, or more.
func fillBytes(a []*col.Vector, i, n int) int {
	shape, err := filled(a[1:2], i, n)
	if err != nil {
		return 0
	}
	total := 16 + bytesIn(a[0], i, n)
	for _, length := range shape.Len[:shape.Dims] {
		total = min(total*max(int(length), 0), pgtext.MaxTextBytes)
	}
	return total
}

// filled is the shape that the arguments of array_fill give.
func filled(a []*col.Vector, i, n int) (s col.Shape, err error) {
	for k, v := range a {
		if v.Null(i & mask(v, n)) {
			return s, pgerr.New(pgerr.NullValueNotAllowed, "dimension array or low bound array cannot be null")
		}
		r := col.ArrayOf(v.Bytes(i&mask(v, n)), col.Int4)
		wrong := pgerr.New(pgerr.ArraySubscriptError, "wrong number of array subscripts")
		switch {
		case r.Dims > 1:
			return s, wrong.WithDetail("%s", oneDimensional[k])
		case r.AnyNull():
			return s, pgerr.New(pgerr.NullValueNotAllowed, "dimension values cannot be null")
		case r.N > col.MaxDims:
			return s, typeio.ErrTooManyDims(r.N)
		case k == 1 && r.N != s.Dims:
			return s, wrong.WithDetail("Low bound array has different size than dimensions array.")
		}
		values := col.NewVector(col.Int4)
		r.AppendTo(values, 0, r.N)
		if k == 0 {
			s.Dims = r.N
			copy(s.Len[:], values.I32[:r.N])
			for d := range r.N {
				s.Lower[d] = 1
			}
		} else {
			copy(s.Lower[:], values.I32[:r.N])
		}
	}
	return s, checkShape(&s)
}

// checkShape refuses more elements, and subscripts, than there may be. A shape without
// elements loses its dimensions.
func checkShape(s *col.Shape) error {
	empty := false
	for d := range s.Dims {
		if s.Len[d] < 0 {
			return typeio.ErrArrayTooBig()
		}
		if int64(s.Lower[d])+int64(s.Len[d]) > 1<<31-1 {
			return pgerr.New(pgerr.ProgramLimitExceeded, "array lower bound is too large: %d", s.Lower[d])
		}
		empty = empty || s.Len[d] == 0
	}
	if empty {
		*s = col.Shape{}
	}
	if s.Size() > col.MaxElements {
		return typeio.ErrArrayTooBig()
	}
	return nil
}
