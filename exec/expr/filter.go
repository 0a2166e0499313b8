package expr

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// Filter returns the rows of sel (nil: all) where pred is true, ascending; valid until
// c.Reset. Rows that pred marks are not among them.
func Filter(c *fn.Ctx, pred Expr, b *col.Batch, sel []uint32) []uint32 {
	if f, ok := pred.(filterer); ok {
		return f.filter(c, b, sel)
	}
	return c.True(pred.Eval(c, b, sel), sel, b.N)
}

// filterer is what finds its true rows faster than by evaluation.
type filterer interface {
	filter(c *fn.Ctx, b *col.Batch, sel []uint32) []uint32
}

func (e *And) filter(c *fn.Ctx, b *col.Batch, sel []uint32) []uint32 {
	for k, a := range e.args {
		if sel != nil && len(sel) == 0 {
			break
		}
		c.MayEndAt(k)
		sel = Filter(c, a, b, sel)
	}
	return sel
}

func (e *Or) filter(c *fn.Ctx, b *col.Batch, sel []uint32) []uint32 {
	var found []uint32
	for k, a := range e.args {
		if sel != nil && len(sel) == 0 {
			break
		}
		c.MayEndAt(k)
		some := Filter(c, a, b, sel)
		sel = c.Without(sel, some, b.N)
		found = merge(c, found, some)
	}
	if found == nil {
		return []uint32{}
	}
	return found
}

// merge joins two ascending selections that have no lane in common.
func merge(c *fn.Ctx, a, b []uint32) []uint32 {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	dst := c.Sel(len(a) + len(b))
	i, j := 0, 0
	for k := range dst {
		if j == len(b) || i < len(a) && a[i] < b[j] {
			dst[k] = a[i]
			i++
		} else {
			dst[k] = b[j]
			j++
		}
	}
	return dst
}

func (e *Call) filter(c *fn.Ctx, b *col.Batch, sel []uint32) []uint32 {
	if e.Fn.Filter == nil || e.once {
		return c.True(e.Eval(c, b, sel), sel, b.N)
	}
	args := e.operands(c, b, sel)
	sel, null := c.Present(args, sel, b.N)
	if null {
		return []uint32{}
	}
	room := b.N
	if sel != nil {
		room = len(sel)
	}
	return e.Fn.Select(c, args, sel, b.N, c.Sel(room)[:0])
}
