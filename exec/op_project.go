package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// Project computes expressions over each row. Plain columns pass without being copied.
type Project struct {
	linear
	exprs    []expr.Expr
	computed bool
	ctx      *fn.Ctx
}

// Project adds a Project.
func (b *Builder) Project(in Ref, exprs []expr.Expr) Ref {
	types := make([]col.Type, len(exprs))
	p := &Project{exprs: exprs, ctx: b.newCtx()}
	for i, e := range exprs {
		types[i] = e.Type()
		if _, ok := e.(*expr.Column); !ok {
			p.computed = true
		}
	}
	r := b.Add(p, types, b.AppendOnly(in), in)
	for i, e := range exprs {
		if c, ok := e.(*expr.Column); ok {
			b.Carry(r, i, 0, c.Index, nil)
		}
	}
	return r
}

// Apply emits the computed columns with the batch's weights and selection.
func (p *Project) Apply(t *Tick, _ int, b *col.Batch, emit Emit) error {
	if p.computed && b.Sel != nil && len(b.Sel) < b.N/2 {
		b = b.Compact()
	}
	cols := make([]col.Vector, 0, len(p.exprs)) // the batch may have to last for the step
	if p.computed {
		defer p.ctx.Reset()
		t.evalAt(p.ctx)
	}
	for _, e := range p.exprs {
		if c, ok := e.(*expr.Column); ok {
			cols = append(cols, b.Cols[c.Index])
			continue
		}
		cols = append(cols, *e.Eval(p.ctx, b, b.Sel))
	}
	out := &col.Batch{N: b.N, Cols: cols, W: b.W, Sel: b.Sel, AppendOnly: b.AppendOnly, Step: b.Step && !p.computed, Stable: (b.Step || b.Stable) && !p.computed}
	if p.computed && len(p.ctx.Marks()) > 0 {
		sel, err := t.reportMarks(p.ctx, b, b.Sel)
		if err != nil {
			return err
		}
		out.Sel = sel
	}
	return emit(out)
}
