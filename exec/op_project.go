package exec

import (
	"iter"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// Project computes expressions over each row. Plain columns pass without being copied.
type Project struct {
	linear
	exprs    []expr.Expr
	computed bool
	inOrder  bool // row by row: see expr.InOrder
	whole    bool // all of a row stands in what comes out: rows that differ still do
	ctx      *fn.Ctx
	heads    heads
}

// Project adds a Project.
func (b *Builder) Project(in Ref, exprs []expr.Expr) Ref {
	types, stays := make([]col.Type, len(exprs)), make([]bool, len(b.Types(in)))
	p := &Project{exprs: exprs, ctx: b.newCtx()}
	for i, e := range exprs {
		types[i] = e.Type()
		if c, ok := e.(*expr.Column); ok {
			stays[c.Index] = true
		} else {
			p.computed = true
		}
	}
	p.inOrder = expr.InOrder(exprs...)
	p.whole = !slices.Contains(stays, false)
	r := b.Add(p, types, b.AppendOnly(in), in)
	b.g.nodes[r].apart = p.whole && b.g.nodes[in].apart
	for i, e := range exprs {
		if c, ok := e.(*expr.Column); ok {
			b.Carry(r, i, 0, c.Index, nil)
		}
	}
	return r
}

// Apply emits the computed columns with the batch's weights and selection.
func (p *Project) Apply(t *Tick, _ int, b *col.Batch, emit Emit) error {
	if p.inOrder && b.Len() > 1 {
		for i := range b.Len() {
			one := *b
			one.Sel = []uint32{uint32(b.Row(i))}
			if err := p.Apply(t, 0, one.Compact(), emit); err != nil {
				return err
			}
		}
		return nil
	}
	if p.computed && b.Sel != nil && len(b.Sel) < b.N/2 {
		b = b.Compact()
	}
	lasts := b.Step && !p.computed
	out := p.heads.of(t, len(p.exprs), lasts)
	if p.computed {
		defer p.ctx.Reset()
		t.evalAt(p.ctx)
	}
	for i, e := range p.exprs {
		if c, ok := e.(*expr.Column); ok {
			out.Cols[i] = b.Cols[c.Index]
			continue
		}
		p.ctx.MayEndAt(i)
		out.Cols[i] = *e.Eval(p.ctx, b, b.Sel)
	}
	out.N, out.W, out.Sel, out.Step, out.Stable = b.N, b.W, b.Sel, lasts, (b.Step || b.Stable) && !p.computed
	out.AppendOnly, out.Consolidated = b.AppendOnly, b.Consolidated && p.whole
	if p.computed && len(p.ctx.Marks()) > 0 {
		sel, err := t.reportMarks(p.ctx, b, b.Sel)
		if err != nil {
			return err
		}
		out.Sel = sel
	}
	if p.ctx.Spent() > heavyBatch {
		return p.inParts(out, emit)
	}
	return emit(out)
}

// inParts emits rows of many bytes a few at a time: who keeps them copies them.
func (p *Project) inParts(b *col.Batch, emit Emit) error {
	for part := range lightParts(b, p.ctx.Spent()) {
		p.ctx.MayEnd()
		if err := emit(part); err != nil {
			return err
		}
	}
	return nil
}

// lightParts are the rows of a batch that count, of so many bytes together, a few at a time.
func lightParts(b *col.Batch, bytes int64) iter.Seq[*col.Batch] {
	rows := b.Sel
	if rows == nil {
		rows = firstPlaces(b.N)
	}
	return func(yield func(*col.Batch) bool) {
		for some := range slices.Chunk(rows, rowsWithin(heavyBatch, int64(len(rows)), bytes)) {
			part := *b
			if part.Sel = some; !yield(&part) {
				return
			}
		}
	}
}

// heavyBatch is how many bytes of rows are copied between two looks at whether the statement is to
// end: some milliseconds of work, some tens where memory is new.
const heavyBatch = 4 << 20

// rowsWithin is how many of n rows of so many bytes together have part of them, and one at least.
func rowsWithin(part, n, bytes int64) int { return int(max(n*part/max(bytes, 1), 1)) }
