package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
)

// in_array is = ANY over an array that is known when it is evaluated.
var _ = scalar("in_array(anyelement, any) bool", "Tells whether a value is an element of an array, as = ANY does.", inArray, NonStrict, Fallible)

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
	s, err := c.setOf(x.Type, array.Bytes(0))
	if err != nil {
		span(sel, n, func(i int) { c.Fail(out, i, err) })
		return
	}
	m := mask(x, n)
	span(sel, n, func(i int) { s.put(c, x, i&m, out, i) })
}

func oneInArray(c *Ctx, x, array *col.Vector, i, n int, out *col.Vector) {
	if array.Null(i) {
		c.SetNull(out, i)
		return
	}
	s, err := c.setOf(x.Type, array.Bytes(i))
	if err != nil {
		c.Fail(out, i, err)
		return
	}
	s.put(c, x, i&mask(x, n), out, i)
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

// setOf is the set of an array's elements as values of a type.
func (c *Ctx) setOf(t col.Type, array []byte) (*Set, error) {
	key := append(append(c.buf[:0], byte(t.OID), byte(t.OID>>8)), array...)
	return c.caches.sets.get(key, func(key []byte) (*Set, error) {
		v := col.NewVector(untyped(t))
		if err := typeio.Elements(v, typeio.TextArray(key[2:])); err != nil {
			return nil, pgerr.From(err)
		}
		return newSet(v), nil
	})
}
