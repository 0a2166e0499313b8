package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// RowsFrom gives every row the rows that functions return for it, side by side, NULLs where
// one returns fewer than another. It is linear and has no state: Δout is the rows of Δin, each
// with those of its functions and with its weight, so a row's −1 withdraws what its +1 gave. A
// row for which a function fails has none.
type RowsFrom struct {
	linear
	spec RowsFromSpec
	ctx  *fn.Ctx
	args [][]*col.Vector // of each function, for the batch at hand
	rows []fn.Rows
	more []bool
	out  *pendingRows
}

// RowsFromSpec says which functions.
type RowsFromSpec struct {
	Calls      []RowsCall
	Ordinality bool // the rows of each input row are numbered in a last column
	// Outer keeps rows for which there would be none, with NULLs: a left join. On are then
	// the conditions that rows of the functions must meet, over all columns of the output.
	Outer bool
	On    []expr.Expr
}

// RowsCall is one call.
type RowsCall struct {
	Fn      *fn.SetFunc
	Args    []expr.Expr // over the columns of the input
	Columns []col.Column
}

// Types are the types of the columns that the functions add.
func (s *RowsFromSpec) Types() (types []col.Type) {
	for _, c := range s.Calls {
		for _, column := range c.Columns {
			types = append(types, column.Type)
		}
	}
	if s.Ordinality {
		types = append(types, col.Int8)
	}
	return types
}

// pendingRows are rows on their way out: which rows of the input they are of, and what the
// functions returned.
type pendingRows struct {
	idx     []uint32
	cols    []col.Vector
	ordinal []int64
	matched []bool // of each row of the input, with Outer
}

// RowsFrom adds a RowsFrom.
func (b *Builder) RowsFrom(in Ref, s RowsFromSpec) Ref {
	r := &RowsFrom{spec: s, ctx: b.newCtx(), out: &pendingRows{}}
	for _, c := range s.Calls {
		r.rows = append(r.rows, c.Fn.New(c.Columns))
	}
	r.args, r.more = make([][]*col.Vector, len(s.Calls)), make([]bool, len(s.Calls))
	types := b.Types(in)
	ref := b.Add(r, append(append([]col.Type{}, types...), s.Types()...), b.AppendOnly(in), in)
	for c := range types {
		b.Carry(ref, c, 0, c, nil)
	}
	return ref
}

// Apply emits the rows of the batch's rows.
func (r *RowsFrom) Apply(t *Tick, _ int, b *col.Batch, emit Emit) error {
	defer r.ctx.Reset()
	t.evalAt(r.ctx)
	for k, c := range r.spec.Calls {
		r.args[k] = r.args[k][:0]
		for _, a := range c.Args {
			r.args[k] = append(r.args[k], a.Eval(r.ctx, b, b.Sel))
		}
	}
	sel := b.Sel
	if len(r.ctx.Marks()) > 0 {
		var err error
		if sel, err = t.reportMarks(r.ctx, b, sel); err != nil {
			return err
		}
	}
	r.out.reset(r.spec.Types())
	if r.spec.Outer {
		r.out.matched = make([]bool, b.N)
	}
	var failed error
	fn.Each(sel, b.N, func(i int) {
		if failed == nil {
			failed = r.expand(t, b, i, emit)
		}
	})
	if failed != nil {
		return failed
	}
	if err := r.flush(t, b, emit); err != nil || !r.spec.Outer {
		return err
	}
	return r.unmatched(b, sel, emit)
}

// expand adds the rows of row i. What it added before a function fails is taken back as far as
// it has not gone out.
func (r *RowsFrom) expand(t *Tick, b *col.Batch, i int, emit Emit) error {
	from, ordinal := len(r.out.idx), int64(0)
	any, err := r.begin(i)
	for any && err == nil {
		var n int
		if n, any, err = r.next(); err != nil {
			break
		}
		for range n {
			ordinal++
			r.out.idx, r.out.ordinal = append(r.out.idx, uint32(i)), append(r.out.ordinal, ordinal)
		}
		if len(r.out.idx) >= col.BatchRows {
			if err := r.flush(t, b, emit); err != nil {
				return err
			}
			from = 0
		}
	}
	if err == nil {
		return nil
	}
	r.out.cut(from)
	r.ctx.Mark(i, pgerr.From(err))
	if r.spec.Outer {
		r.out.matched[i] = true // in error, not without rows
	}
	_, err = t.reportMarks(r.ctx, b, nil)
	return err
}

// begin starts the functions; any tells whether one may return rows.
func (r *RowsFrom) begin(i int) (any bool, err error) {
	for k, c := range r.spec.Calls {
		if r.more[k], err = c.Fn.Strictly(r.rows[k], r.ctx, r.args[k], i); err != nil {
			return false, err
		}
		any = any || r.more[k]
	}
	return any, nil
}

// next takes rows of each function, as many of all as one of them has.
func (r *RowsFrom) next() (n int, any bool, err error) {
	at, limit, most := 0, col.BatchRows, len(r.out.idx)
	for k, c := range r.spec.Calls {
		out := make([]*col.Vector, len(c.Columns))
		for j := range out {
			out[j] = &r.out.cols[at+j]
		}
		at += len(out)
		if r.more[k] {
			if r.more[k], err = r.rows[k].Next(r.ctx, out, limit); err != nil {
				return 0, false, err
			}
		}
		if len(out) > 0 {
			most = max(most, out[0].N)
		}
		any = any || r.more[k]
	}
	for j := range r.out.cols {
		for r.out.cols[j].N < most {
			r.out.cols[j].AppendNull()
		}
	}
	return most - len(r.out.idx), any, nil
}

func (p *pendingRows) reset(types []col.Type) {
	p.idx, p.ordinal, p.matched = p.idx[:0], p.ordinal[:0], nil
	if p.cols == nil {
		p.cols = make([]col.Vector, len(types))
	}
	for i, t := range types {
		p.cols[i].Reset(t)
	}
}

// cut forgets the rows from a position on.
func (p *pendingRows) cut(n int) {
	p.idx, p.ordinal = p.idx[:n], p.ordinal[:n]
	for i := range p.cols {
		if p.cols[i].N > n {
			p.cols[i].Resize(n)
		}
	}
}

// flush emits what has gathered.
func (r *RowsFrom) flush(t *Tick, b *col.Batch, emit Emit) error {
	p := r.out
	if len(p.idx) == 0 {
		return nil
	}
	added := len(p.cols)
	if r.spec.Ordinality {
		added--
		p.cols[added].Reset(col.Int8)
		for _, o := range p.ordinal {
			p.cols[added].AppendI64(o)
		}
	}
	out := repeatRows(b, p.idx, len(p.cols))
	for i := range p.cols {
		out.Cols[len(b.Cols)+i] = p.cols[i]
	}
	types, matched := r.spec.Types(), p.matched
	err := r.pass(t, out, p, emit)
	p.reset(types)
	p.matched = matched
	return err
}

// pass emits rows that meet the conditions, and notes whose rows there were.
func (r *RowsFrom) pass(t *Tick, out *col.Batch, p *pendingRows, emit Emit) error {
	if len(r.spec.On) > 0 {
		sel := expr.Filter(r.ctx, expr.NewAnd(r.spec.On...), out, nil)
		if len(r.ctx.Marks()) > 0 {
			var err error
			if sel, err = t.reportMarks(r.ctx, out, sel); err != nil {
				return err
			}
		}
		if out.Sel = sel; len(sel) == 0 {
			return nil
		}
	}
	if p.matched != nil {
		fn.Each(out.Sel, out.N, func(i int) { p.matched[p.idx[i]] = true })
	}
	return emit(out)
}

// unmatched emits the rows for which there were none, with NULLs.
func (r *RowsFrom) unmatched(b *col.Batch, sel []uint32, emit Emit) error {
	var idx []uint32
	fn.Each(sel, b.N, func(i int) {
		if !r.out.matched[i] {
			idx = append(idx, uint32(i))
		}
	})
	if len(idx) == 0 {
		return nil
	}
	types := r.spec.Types()
	out := repeatRows(b, idx, len(types))
	for i, t := range types {
		out.Cols[len(b.Cols)+i] = *col.NullVector(t, len(idx))
	}
	return emit(out)
}

// repeatRows gathers rows of b, with room for columns behind its own.
func repeatRows(b *col.Batch, idx []uint32, more int) *col.Batch {
	out := &col.Batch{N: len(idx), Cols: make([]col.Vector, len(b.Cols)+more), AppendOnly: b.AppendOnly}
	for c := range b.Cols {
		v := &b.Cols[c]
		out.Cols[c].ResetKind(v.Type, v.Kind, v.Scale)
		out.Cols[c].Gather(v, idx)
	}
	if b.W != nil {
		out.W = make([]int64, len(idx))
		for i, x := range idx {
			out.W[i] = b.W[x]
		}
	}
	return out
}
