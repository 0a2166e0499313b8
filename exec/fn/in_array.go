package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/typeio"
)

// in_array is = ANY over an array that is known when it is evaluated.
var _ = scalar("in_array(anyelement, anyarray) bool", "Tells whether a value is an element of an array, as = ANY does.", inArray, NonStrict, Equals, Inner)

func inArray(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	x, array := a[0], a[1]
	if mask(array, n) != 0 {
		span(sel, n, func(i int) { oneInArray(c, x, array, i, n, out) })
		return
	}
	if array.Null(0) {
		span(sel, n, func(i int) { c.SetNull(out, i) })
		return
	}
	s := c.setOf(x.Type, array.Bytes(0))
	m := mask(x, n)
	span(sel, n, func(i int) { s.put(c, x, i&m, out, i) })
}

// oneInArray looks in an array of which every row has its own.
func oneInArray(c *Ctx, x, array *col.Vector, i, n int, out *col.Vector) {
	at := i & mask(x, n)
	if array.Null(i) {
		c.SetNull(out, i)
		return
	}
	elem := untyped(x.Type)
	a := col.ArrayOf(array.Bytes(i), elem)
	switch {
	case a.N == 0:
		out.SetBool(i, false)
	case x.Null(at):
		c.SetNull(out, i)
	default:
		one := col.Flat(1)
		c.buf = col.AppendArray(c.buf[:0], &one, x, at)
		y := col.ArrayOf(c.buf, elem)
		if found := indexOf(&a, &y, 0, elem) >= 0; found || !a.AnyNull() {
			out.SetBool(i, found)
		} else {
			c.SetNull(out, i)
		}
	}
}

// put sets a lane of out to whether lane i of x is in the set: nothing is in an empty one.
func (s *Set) put(c *Ctx, x *col.Vector, i int, out *col.Vector, lane int) {
	found := !x.Null(i) && s.has(c, x, i)
	switch {
	case !found && (s.null || x.Null(i) && s.size() > 0):
		c.SetNull(out, lane)
	default:
		out.SetBool(lane, found)
	}
}

func (s *Set) size() int { return len(s.ints) + len(s.keys) }

// setOf is the set of an array's elements, which are of the type.
func (c *Ctx) setOf(t col.Type, array []byte) *Set {
	key := append(append(c.buf[:0], byte(t.OID), byte(t.OID>>8)), array...)
	s, _ := c.caches.sets.get(key, func(key []byte) (*Set, error) {
		v := col.NewVector(untyped(t))
		typeio.AppendElements(v, key[2:])
		return newSet(v), nil
	})
	return s
}
