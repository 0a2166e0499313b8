package agg

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/exec/fn"
)

var (
	_ = collecting("array_agg(anynonarray) anyarray", "An array of the values.", Collecting{Make: arrayOfValues})
	_ = collecting("array_agg(anyarray) anyarray", "An array of the arrays, of one dimension more.", Collecting{Make: arrayOfArrays})
)

// arrayOfValues is array_agg over values, NULLs among them.
func arrayOfValues(_ *fn.Ctx, rows Rows, _ []*col.Vector, _ int, out *col.Vector) error {
	elem, _ := out.Type.Element()
	elems := col.NewVector(elem)
	err := each(rows, func(args []*col.Vector, i int) error {
		if elems.N == col.MaxElements {
			return typeio.ErrArrayTooBig()
		}
		appendElement(elems, args[0], i)
		return nil
	})
	return appendArray(out, col.Flat(elems.N), elems, err)
}

// appendElement appends a value to an array's elements.
func appendElement(elems, v *col.Vector, i int) {
	if v.Null(i) {
		elems.AppendNull()
		return
	}
	elems.AppendFrom(v.StoredKind(), i)
}

// appendArray appends an array; NULL of no elements.
func appendArray(out *col.Vector, s col.Shape, elems *col.Vector, err error) error {
	if err != nil || elems.N == 0 {
		return appendResult(out, nil, true, err)
	}
	b := col.AppendArray(nil, &s, elems, 0)
	return appendResult(out, b, false, tooLong(b))
}

// arrayOfArrays is array_agg over arrays, which all have one shape.
func arrayOfArrays(_ *fn.Ctx, rows Rows, _ []*col.Vector, _ int, out *col.Vector) error {
	elem, _ := out.Type.Element()
	elems := col.NewVector(elem)
	var s col.Shape
	n := 0
	err := each(rows, func(args []*col.Vector, i int) error {
		if args[0].Null(i) {
			return pgerr.New(pgerr.NullValueNotAllowed, "cannot accumulate null arrays")
		}
		a := col.ArrayOf(args[0].Bytes(i), elem)
		switch {
		case a.N == 0:
			return pgerr.New(pgerr.ArraySubscriptError, "cannot accumulate empty arrays")
		case a.Dims == col.MaxDims:
			return typeio.ErrTooManyDims(a.Dims + 1)
		case n == 0:
			s = a.Shape
		case !sameLengths(&s, &a.Shape):
			return pgerr.New(pgerr.ArraySubscriptError, "cannot accumulate arrays of different dimensionality")
		}
		if n++; elems.N+a.N > col.MaxElements {
			return typeio.ErrArrayTooBig()
		}
		a.AppendTo(elems, 0, a.N)
		return nil
	})
	if n > 0 && err == nil {
		copy(s.Len[1:], s.Len[:s.Dims])
		copy(s.Lower[1:], s.Lower[:s.Dims])
		s.Dims, s.Len[0], s.Lower[0] = s.Dims+1, int32(n), 1
	}
	return appendArray(out, s, elems, err)
}

func sameLengths(a, b *col.Shape) bool {
	return a.Dims == b.Dims && a.Len == b.Len && a.Lower == b.Lower
}
