package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// What a[1], a[1:2] and assignments to them stand for. The bounds of a slice come in pairs, one
// for each dimension; a text of as many letters tells which of them are written: l, u, or - for
// one that is left out, which is NULL here.
var (
	_ = scalar("array_get(anyarray, variadic int4) anyelement", "An element of an array.", getElement, Inner)
	_ = scalar("array_slice(anyarray, text, variadic int4) anyarray", "A part of an array.", getSlice, NonStrict, Scans, Inner)
	_ = scalar("array_set(anyarray, anyelement, variadic int4) anyarray", "The array with another value at a subscript.", setElement, NonStrict, Scans, Fallible, Inner)
	_ = scalar("array_set_slice(anyarray, anyarray, text, variadic int4) anyarray", "The array with another array in a part of it.", setSlice, NonStrict, Scans, Fallible, Inner)
)

// place is the position of the element at some subscripts; false: it is outside.
func (e *editor) place(s *col.Shape, subscripts []*col.Vector, i int) (at int, ok bool) {
	if len(subscripts) != s.Dims {
		return 0, false
	}
	for d, v := range subscripts {
		k := int64(v.I32[i&mask(v, e.n)]) - int64(s.Lower[d])
		if k < 0 || k >= int64(s.Len[d]) {
			return 0, false
		}
		at = at*int(s.Len[d]) + int(k)
	}
	return at, true
}

func getElement(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	elem, _ := a[0].Type.Element()
	e := &editor{c: c, elem: elem, n: n}
	got := c.Vec(elem)
	each(c, sel, n, out, got, func(i int) error {
		r := e.read(a[0], i)
		at, ok := e.place(&r.Shape, a[1:], i)
		if !ok || r.Null(at) {
			return errNull
		}
		r.AppendTo(got, at, at+1)
		return nil
	})
}

// window is a part of an array: of each dimension the positions from, up to but not, to.
type window struct{ from, to [col.MaxDims]int32 }

// each calls f for the runs of elements in the window, from first to last: positions in the
// array.
func (w *window) each(s *col.Shape, f func(from, to int)) {
	var level func(d, at int)
	level = func(d, at int) {
		at *= int(s.Len[d])
		if d+1 == s.Dims {
			f(at+int(w.from[d]), at+int(w.to[d]))
			return
		}
		for k := w.from[d]; k < w.to[d]; k++ {
			level(d+1, at+int(k))
		}
	}
	level(0, 0)
}

// spec tells which bounds are written.
func (e *editor) spec(v *col.Vector, i int) string { return v.String(i & mask(v, e.n)) }

// bounds are the written bounds of a slice, clipped to the shape; ok is false when a written
// one is NULL.
func (e *editor) bounds(spec string, given []*col.Vector, i int) (low, high [col.MaxDims]int64, ok bool) {
	if len(spec) != len(given) {
		return low, high, false
	}
	for d := range min(len(given)/2, col.MaxDims) {
		low[d], high[d] = -1<<31, 1<<31-1
		for k, bound := range []*int64{&low[d], &high[d]} {
			v := given[2*d+k]
			if spec[2*d+k] == '-' {
				continue
			}
			if e.null(v, i) {
				return low, high, false
			}
			*bound = int64(v.I32[i&mask(v, e.n)])
		}
	}
	return low, high, true
}

func getSlice(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	e := newEditor(c, n, out)
	given := a[2:]
	span(sel, n, func(i int) {
		low, high, ok := e.bounds(e.spec(a[1], i), given, i)
		if !ok || e.null(a[0], i) {
			c.SetNull(out, i)
			return
		}
		r := e.read(a[0], i)
		e.begin(col.Shape{})
		if w, inside := clip(&r.Shape, low, high, len(given)/2); inside {
			e.shape = r.Shape
			for d := range r.Dims {
				e.shape.Len[d], e.shape.Lower[d] = w.to[d]-w.from[d], 1
			}
			w.each(&r.Shape, func(from, to int) { r.AppendTo(e.elems, from, to) })
		}
		e.end(i, nil)
	})
}

// clip is the window of some bounds in a shape; dimensions without bounds are whole. False:
// there is nothing in it.
func clip(s *col.Shape, low, high [col.MaxDims]int64, given int) (w window, ok bool) {
	if given > s.Dims || s.Dims == 0 {
		return w, false
	}
	for d := range s.Dims {
		first, last := int64(s.Lower[d]), int64(s.Lower[d])+int64(s.Len[d])-1
		l, h := first, last
		if d < given {
			l, h = max(low[d], first), min(high[d], last)
		}
		if l > h {
			return w, false
		}
		w.from[d], w.to[d] = int32(l-first), int32(h-first)+1
	}
	return w, true
}

var (
	errSubscripts   = pgerr.New(pgerr.ArraySubscriptError, "wrong number of array subscripts")
	errOutOfRange   = pgerr.New(pgerr.ArraySubscriptError, "array subscript out of range")
	errNullPosition = pgerr.New(pgerr.NullValueNotAllowed, "array subscript in assignment must not be null")
)

// current is the array that is assigned to; NULL counts as empty.
func (e *editor) current(v *col.Vector, i int) col.Array {
	if e.null(v, i) {
		return col.ArrayOf(nil, e.elem)
	}
	return e.read(v, i)
}

func setElement(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	e := newEditor(c, n, out)
	subscripts := a[2:]
	span(sel, n, func(i int) {
		r := e.current(a[0], i)
		for _, v := range subscripts {
			if e.null(v, i) {
				e.end(i, errNullPosition)
				return
			}
		}
		s := r.Shape
		if s.Dims == 0 {
			if len(subscripts) > col.MaxDims {
				e.end(i, errSubscripts)
				return
			}
			s.Dims = len(subscripts)
			for d, v := range subscripts {
				s.Len[d], s.Lower[d] = 1, v.I32[i&mask(v, n)]
			}
			e.begin(s)
			appendStored(e.elems, a[1], i&mask(a[1], n))
			e.end(i, nil)
			return
		}
		e.replace(&r, a[1], subscripts, i)
	})
}

// replace sets one element; an array of one dimension grows to it, with NULLs between.
func (e *editor) replace(r *col.Array, value *col.Vector, subscripts []*col.Vector, i int) {
	s := r.Shape
	if len(subscripts) != s.Dims {
		e.end(i, errSubscripts)
		return
	}
	front, back := 0, 0
	if s.Dims == 1 {
		at := int64(subscripts[0].I32[i&mask(subscripts[0], e.n)])
		front, back = int(max(int64(s.Lower[0])-at, 0)), int(max(at-int64(s.Lower[0])-int64(s.Len[0])+1, 0))
		if r.N+front+back > col.MaxElements {
			e.end(i, errTooBig())
			return
		}
		s.Lower[0], s.Len[0] = s.Lower[0]-int32(front), s.Len[0]+int32(front+back)
	}
	e.begin(s)
	at, ok := e.place(&s, subscripts, i)
	if !ok {
		e.end(i, errOutOfRange)
		return
	}
	for k := range s.Size() {
		switch {
		case k == at:
			appendStored(e.elems, value, i&mask(value, e.n))
		case k < front || k >= front+r.N:
			e.elems.AppendNull()
		default:
			r.AppendTo(e.elems, k-front, k-front+1)
		}
	}
	e.end(i, nil)
}
