package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
)

// Arrays made of others. A NULL array counts as an empty one where values are added to it.
var (
	_ = scalar("array_append(anycompatiblearray, anycompatible) anycompatiblearray", "The array with one more element at its end.", addElement(0, 1), NonStrict, Fallible, Scans)
	_ = scalar("array_prepend(anycompatible, anycompatiblearray) anycompatiblearray", "The array with one more element at its front.", addElement(1, 0), NonStrict, Fallible, Scans)
	_ = scalar("||(anycompatiblearray, anycompatible) anycompatiblearray", "The array with one more element at its end.", addElement(0, 1), NonStrict, Fallible, Scans)
	_ = scalar("||(anycompatible, anycompatiblearray) anycompatiblearray", "The array with one more element at its front.", addElement(1, 0), NonStrict, Fallible, Scans)
	_ = scalar("array_cat(anycompatiblearray, anycompatiblearray) anycompatiblearray", "One array behind the other.", joinArrays, NonStrict, Fallible, Scans)
	_ = scalar("||(anycompatiblearray, anycompatiblearray) anycompatiblearray", "One array behind the other.", joinArrays, NonStrict, Fallible, Scans)
	_ = scalar("array_remove(anycompatiblearray, anycompatible) anycompatiblearray", "The array without the elements that equal a value.", removeElements, NonStrict, Fallible, Equals, Scans)
	_ = scalar("array_replace(anycompatiblearray, anycompatible, anycompatible) anycompatiblearray", "The array with one value in place of another.", replaceElements, NonStrict, Fallible, Equals, Weighs(inserted(0, 2)))
	_ = scalar("trim_array(anyarray, int4) anyarray", "The array without so many elements at its end.", trimArray, Fallible, Scans)
)

// editor works on one array after another: it reads the elements of one and makes another.
type editor struct {
	c     *Ctx
	elem  col.Type
	elems *col.Vector // of the array that is made
	shape col.Shape   // its shape
	n     int
	out   *col.Vector
}

func newEditor(c *Ctx, n int, out *col.Vector) *editor {
	elem, _ := out.Type.Element()
	return &editor{c: c, elem: elem, elems: c.Vec(elem), n: n, out: out}
}

// read is the array of an argument, which is not NULL.
func (e *editor) read(v *col.Vector, i int) col.Array {
	return col.ArrayOf(v.Bytes(i&mask(v, e.n)), e.elem)
}

func (e *editor) null(v *col.Vector, i int) bool { return v.Null(i & mask(v, e.n)) }

// begin starts an array of a shape.
func (e *editor) begin(s col.Shape) {
	e.shape = s
	e.elems.Reset(e.elem)
}

// end makes the array, unless err is an error.
func (e *editor) end(i int, err error) {
	if err == nil {
		err = checkShape(&e.shape)
	}
	if e.c.put(e.out, i, err) {
		e.c.buf = col.AppendArray(e.c.buf[:0], &e.shape, e.elems, 0)
		e.out.SetBytes(i, e.c.buf)
	}
}

// addElement adds argument value to argument array, at the front when it comes first.
func addElement(array, value int) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		e := newEditor(c, n, out)
		span(sel, n, func(i int) {
			r := col.Array{}
			if !e.null(a[array], i) {
				r = e.read(a[array], i)
			}
			if r.Dims > 1 {
				e.end(i, pgerr.New(pgerr.DataException, "argument must be empty or one-dimensional array"))
				return
			}
			s := r.Shape
			if s.Dims == 0 {
				s.Dims, s.Lower[0] = 1, 1
			}
			var err error
			if s.Len[0]++; value < array && s.Lower[0] == -1<<31 {
				err = pgerr.New(pgerr.NumericValueOutOfRange, "integer out of range")
			}
			e.begin(s)
			if value < array {
				appendStored(e.elems, a[value], i&mask(a[value], n))
			}
			r.AppendTo(e.elems, 0, r.N)
			if value > array {
				appendStored(e.elems, a[value], i&mask(a[value], n))
			}
			e.end(i, err)
		})
	}
}

func joinArrays(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	e := newEditor(c, n, out)
	span(sel, n, func(i int) {
		x, y := e.null(a[0], i), e.null(a[1], i)
		if x && y {
			c.SetNull(out, i)
			return
		}
		var l, r col.Array
		if !x {
			l = e.read(a[0], i)
		}
		if !y {
			r = e.read(a[1], i)
		}
		s, err := joinedShape(&l.Shape, &r.Shape)
		e.begin(s)
		l.AppendTo(e.elems, 0, l.N)
		r.AppendTo(e.elems, 0, r.N)
		e.end(i, err)
	})
}

// joinedShape is the shape of one array behind another: both of as many dimensions, or one an
// element of the other.
func joinedShape(l, r *col.Shape) (col.Shape, error) {
	switch {
	case l.Dims == 0:
		return *r, nil
	case r.Dims == 0:
		return *l, nil
	case l.Dims == r.Dims:
		s := *l
		if s.Len[0] += r.Len[0]; !sameInside(l, r, 1, 1) {
			return s, errJoin().WithDetail("Arrays with differing element dimensions are not compatible for concatenation.")
		}
		return s, nil
	case l.Dims == r.Dims+1 && sameInside(l, r, 1, 0):
		s := *l
		s.Len[0]++
		return s, nil
	case r.Dims == l.Dims+1 && sameInside(l, r, 0, 1):
		s := *r
		s.Len[0]++
		return s, nil
	case l.Dims == r.Dims+1 || r.Dims == l.Dims+1:
		return *l, errJoin().WithDetail("Arrays with differing dimensions are not compatible for concatenation.")
	}
	return *l, errJoin().WithDetail("Arrays of %d and %d dimensions are not compatible for concatenation.", l.Dims, r.Dims)
}

func errJoin() *pgerr.Error {
	return pgerr.New(pgerr.ArraySubscriptError, "cannot concatenate incompatible arrays")
}

// sameInside compares the dimensions of l from i on with those of r from j on.
func sameInside(l, r *col.Shape, i, j int) bool {
	for ; i < l.Dims && j < r.Dims; i, j = i+1, j+1 {
		if l.Len[i] != r.Len[j] || l.Lower[i] != r.Lower[j] {
			return false
		}
	}
	return true
}

// wanted is an array of one value, for comparing with elements; ok is false for NULL.
func (e *editor) wanted(v *col.Vector, i int) (y col.Array, ok bool) {
	if e.null(v, i) {
		return y, false
	}
	one := col.Flat(1)
	return col.ArrayOf(col.AppendArray(nil, &one, v, i&mask(v, e.n)), e.elem), true
}

// is reports whether element k equals the wanted value; two NULLs are equal.
func (e *editor) is(a *col.Array, k int, y *col.Array, value bool) bool {
	if a.Null(k) || !value {
		return a.Null(k) && !value
	}
	return a.CompareAt(k, y, 0, e.elem) == 0
}

func removeElements(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	e := newEditor(c, n, out)
	e.filter(a, sel, n, func(int) {}, func(r *col.Array) (err error) {
		if e.shape.Len[0] = int32(e.elems.N); r.Dims > 1 {
			err = pgerr.New(pgerr.FeatureNotSupported, "removing elements from multidimensional arrays is not supported")
		}
		return err
	})
}

func replaceElements(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	e := newEditor(c, n, out)
	room := pgtext.MaxTextBytes // for replacements
	e.filter(a, sel, n, func(i int) {
		if room -= bytesIn(a[2], i, n); room > 0 {
			appendStored(e.elems, a[2], i&mask(a[2], n))
		}
	}, func(*col.Array) (err error) {
		if room <= 0 {
			err = pgtext.ErrTooLong()
		}
		room = pgtext.MaxTextBytes
		return err
	})
}

// filter copies arrays but for the elements that equal the wanted value: each is met instead,
// and done says at an array's end whether it is in order.
func (e *editor) filter(a []*col.Vector, sel []uint32, n int, meet func(i int), done func(r *col.Array) error) {
	span(sel, n, func(i int) {
		if e.null(a[0], i) {
			e.c.SetNull(e.out, i)
			return
		}
		r := e.read(a[0], i)
		y, value := e.wanted(a[1], i)
		e.begin(r.Shape)
		for k := range r.N {
			if e.is(&r, k, &y, value) {
				meet(i)
			} else {
				r.AppendTo(e.elems, k, k+1)
			}
		}
		e.end(i, done(&r))
	})
}

// trimArray takes from the first dimension, as a slice does: the bounds begin at 1 then.
func trimArray(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	e := newEditor(c, n, out)
	span(sel, n, func(i int) {
		r, by := e.read(a[0], i), a[1].I32[i&mask(a[1], n)]
		s := r.Shape
		if by < 0 || by > s.Len[0] {
			e.end(i, pgerr.New(pgerr.ArraySubscriptError, "number of elements to trim must be between 0 and %d", s.Len[0]))
			return
		}
		s.Len[0] -= by
		for d := range s.Dims {
			s.Lower[d] = 1
		}
		e.begin(s)
		if checkShape(&s) == nil {
			r.AppendTo(e.elems, 0, s.Size())
		}
		e.end(i, nil)
	})
}
