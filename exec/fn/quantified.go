package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// Quantify is x op ANY (array), or ALL, for the lanes of sel (nil: all n): the operator is
// applied to x and the elements of all arrays at once. As in PostgreSQL the elements count in
// their order up to the first that decides, so an error behind that one is none.
func (s *Scalar) Quantify(c *Ctx, x, array *col.Vector, sel []uint32, n int, all bool) *col.Vector {
	out := c.Vec(col.Bool)
	out.Resize(n)
	f, m := flatten(c, array, sel, n), mask(array, n)
	span(sel, n, func(i int) {
		if array.Null(i & m) {
			c.SetNull(out, i)
		}
	})
	var found *col.Vector
	failed := map[int]*pgerr.Error{}
	if total := f.elems.N; total > 0 {
		before := len(c.marks)
		found = s.Apply(c, []*col.Vector{f.repeat(c, x, n), f.elems}, nil, total, col.Bool)
		for _, mark := range c.marks[before:] {
			if failed[mark.Lane] == nil {
				failed[mark.Lane] = mark.Err
			}
		}
		c.marks = c.marks[:before]
	}
	from := 0
	for k, lane := range f.lanes {
		c.decide(out, lane, found, from, f.ends[k], all, failed)
		from = f.ends[k]
	}
	return out
}

// repeat gives every element the lane of x that its array has.
func (f *flat) repeat(c *Ctx, x *col.Vector, n int) *col.Vector {
	if mask(x, n) == 0 || len(f.lanes) == 1 && x.N == 1 {
		return x
	}
	idx, from := make([]uint32, 0, f.elems.N), 0
	for k, lane := range f.lanes {
		for range f.ends[k] - from {
			idx = append(idx, uint32(lane))
		}
		from = f.ends[k]
	}
	out := c.pools[x.Kind].next()
	out.ResetKind(x.Type, x.Kind, x.Scale)
	out.Gather(x, idx)
	return out
}

func (c *Ctx) decide(out *col.Vector, lane int, found *col.Vector, from, to int, all bool, failed map[int]*pgerr.Error) {
	null := false
	for k := from; k < to; k++ {
		if err := failed[k]; err != nil {
			c.Fail(out, lane, err)
			return
		}
		if found.Null(k) {
			null = true
		} else if found.Bool(k) != all {
			out.SetBool(lane, !all)
			return
		}
	}
	if out.SetBool(lane, all); null {
		c.SetNull(out, lane)
	}
}
