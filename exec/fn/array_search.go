package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// Where elements are.
var (
	_ = scalar("array_position(anycompatiblearray, anycompatible) int4", "The subscript of the first element that equals a value.", arrayPosition, NonStrict, Fallible, Equals, Scans)
	_ = scalar("array_position(anycompatiblearray, anycompatible, int4) int4", "The subscript of the first element from a subscript on that equals a value.", arrayPosition, NonStrict, Fallible, Equals, Scans)
	_ = scalar("array_positions(anycompatiblearray, anycompatible) _int4", "The subscripts of all elements that equal a value.", arrayPositions, NonStrict, Fallible, Equals, Scans)
)

var errSearch = pgerr.New(pgerr.FeatureNotSupported, "searching for elements in multidimensional arrays is not supported")

func arrayPosition(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	elem, _ := a[0].Type.Element()
	e := &editor{c: c, elem: elem, n: n, out: out}
	span(sel, n, func(i int) {
		if e.null(a[0], i) {
			c.SetNull(out, i)
			return
		}
		r, from := e.read(a[0], i), int32(0)
		switch {
		case r.Dims > 1:
			c.Fail(out, i, errSearch)
			return
		case r.N == 0:
			c.SetNull(out, i)
			return
		case len(a) > 2 && e.null(a[2], i):
			c.Fail(out, i, pgerr.New(pgerr.NullValueNotAllowed, "initial position must not be null"))
			return
		case len(a) > 2:
			from = a[2].I32[i&mask(a[2], n)]
		}
		y, value := e.wanted(a[1], i)
		for k := range r.N {
			at := r.Lower[0] + int32(k)
			if (len(a) < 3 || at >= from) && e.is(&r, k, &y, value) {
				out.I32[i] = at
				return
			}
		}
		c.SetNull(out, i)
	})
}

func arrayPositions(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	elem, _ := a[0].Type.Element()
	e := &editor{c: c, elem: elem, elems: c.Vec(col.Int4), n: n, out: out}
	span(sel, n, func(i int) {
		if e.null(a[0], i) {
			c.SetNull(out, i)
			return
		}
		r := e.read(a[0], i)
		e.elems.Reset(col.Int4)
		if r.Dims > 1 {
			e.end(i, errSearch)
			return
		}
		y, value := e.wanted(a[1], i)
		for k := range r.N {
			if e.is(&r, k, &y, value) {
				e.elems.AppendI32(r.Lower[0] + int32(k))
			}
		}
		e.shape = col.Flat(e.elems.N)
		e.end(i, nil)
	})
}
