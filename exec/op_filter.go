package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// Filter keeps the rows for which a predicate is true. A row whose predicate cannot be
// computed is an error of that row.
type Filter struct {
	linear
	pred  expr.Expr
	ctx   *fn.Ctx
	heads heads
}

// Filter adds a Filter.
func (b *Builder) Filter(in Ref, pred expr.Expr) Ref {
	r := b.Add(&Filter{pred: pred, ctx: b.newCtx()}, b.Types(in), b.AppendOnly(in), in)
	b.carrySame(r)
	b.g.nodes[r].apart = b.g.nodes[in].apart
	return r
}

// Apply emits the selected rows of the batch, in its own vectors.
func (f *Filter) Apply(t *Tick, _ int, b *col.Batch, emit Emit) error {
	defer f.ctx.Reset()
	t.evalAt(f.ctx)
	sel := expr.Filter(f.ctx, f.pred, b, b.Sel)
	if len(f.ctx.Marks()) > 0 {
		var err error
		if sel, err = t.reportMarks(f.ctx, b, sel); err != nil {
			return err
		}
	}
	if len(sel) == 0 {
		return nil
	}
	if len(sel) == b.N {
		sel = nil
	}
	out := f.heads.copyOf(t, b)
	out.Sel = sel
	return emit(out)
}

// evalAt sets the instant at which expressions are evaluated.
func (t *Tick) evalAt(c *fn.Ctx) {
	if t.n.flow.standing {
		c.Now = t.now
	}
}

// reportMarks turns the marks of an evaluation over b into row errors and returns the
// selection without those rows; sel nil means all rows.
func (t *Tick) reportMarks(c *fn.Ctx, b *col.Batch, sel []uint32) ([]uint32, error) {
	bad := map[uint32]bool{}
	for _, m := range c.Marks() {
		if bad[uint32(m.Lane)] {
			continue
		}
		bad[uint32(m.Lane)] = true
		if err := t.RowError(b, m.Lane, m.Err); err != nil {
			c.ClearMarks()
			return nil, err
		}
	}
	c.ClearMarks()
	kept := make([]uint32, 0, b.N)
	if sel == nil {
		for i := range b.N {
			if !bad[uint32(i)] {
				kept = append(kept, uint32(i))
			}
		}
		return kept, nil
	}
	for _, i := range sel {
		if !bad[i] {
			kept = append(kept, i)
		}
	}
	return kept, nil
}
