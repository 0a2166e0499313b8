package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// Scored adds to each row what expressions say of it in the tick in which it comes, once and for
// all: they ask models of which another version may become current. What a change does:
//
//	+r:  (r, x(r)), or the error of x(r)
//	−r:  withdraws what came out for r, a row or an error, whatever x(r) would be now
//
// Rows that only come need no memory. Of others the operator remembers, by the row's hash, what it
// emitted for them: the state is as large as the input. A change costs what the expressions do, and
// a look-up where it is remembered.
type Scored struct {
	exprs []expr.Expr
	types []col.Type // of the rows that come
	ctx   *fn.Ctx
	memo  *memo // nil: the rows only come
	came  *col.Batch
	cons  consolidator
}

// Scored adds a Scored, whose columns are those of in and then the expressions'. It remembers what
// comes out where rows may go; equal rows are at one worker then.
func (b *Builder) Scored(in Ref, exprs []expr.Expr, remembers bool) Ref {
	lt := b.Types(in)
	out := slices.Clone(lt)
	for _, x := range exprs {
		out = append(out, x.Type())
	}
	s := &Scored{exprs: exprs, types: lt, ctx: b.newCtx(), came: col.NewBatch(lt...), cons: consolidator{seed: b.g.Seed, stop: b.g.work}}
	if remembers {
		s.memo = b.newMemo(slices.Concat(out, []col.Type{col.Text, col.Text}), len(lt)) // and the error's code and message, where the factor is 0
	}
	r := b.Add(s, out, b.AppendOnly(in), in)
	for i := range lt {
		b.Carry(r, i, 0, i, nil)
	}
	return r
}

// Apply answers rows that only come; others wait for the flush.
func (s *Scored) Apply(t *Tick, _ int, b *col.Batch, emit Emit) error {
	if s.memo != nil {
		s.came.AppendBatch(b)
		return nil
	}
	defer s.ctx.Reset()
	out := s.score(t, b.Compact())
	if err := s.report(t, out); err != nil {
		return err
	}
	return emit(out)
}

// report leaves the rows out that could not be computed.
func (s *Scored) report(t *Tick, out *col.Batch) (err error) {
	if len(s.ctx.Marks()) > 0 {
		rows := *out
		rows.Cols = out.Cols[:len(s.types)]
		out.Sel, err = t.reportMarks(s.ctx, &rows, nil)
	}
	return err
}

// score puts the expressions' answers beside the rows of a dense batch.
func (s *Scored) score(t *Tick, b *col.Batch) *col.Batch {
	t.evalAt(s.ctx)
	out := *b
	out.Cols = slices.Clone(b.Cols)
	for _, x := range s.exprs {
		out.Cols = append(out.Cols, *x.Eval(s.ctx, b, nil))
	}
	out.Step, out.Stable, out.Hash, out.HashOf = false, false, nil, nil
	return &out
}

// Flush answers what came and withdraws what goes.
func (s *Scored) Flush(t *Tick, emit Emit) error {
	if s.came.N == 0 {
		return nil
	}
	defer s.came.Reset()
	defer s.ctx.Reset()
	plus, minus := bySign(s.cons.sum(s.came))
	if plus.Len() > 0 {
		if err := s.enter(t, plus.Compact(), emit); err != nil {
			return err
		}
	}
	if minus.Len() == 0 {
		return nil
	}
	return s.withdraw(t, leaving(minus.Compact()), emit)
}

// enter answers rows and remembers the answers.
func (s *Scored) enter(t *Tick, d *col.Batch, emit Emit) error {
	out := s.score(t, d)
	failed := map[int]*pgerr.Error{}
	for _, m := range s.ctx.Marks() {
		if failed[m.Lane] == nil {
			failed[m.Lane] = m.Err
		}
	}
	code, text := col.NewVector(col.Text), col.NewVector(col.Text)
	factors := make([]int64, d.N)
	for i := range d.N {
		e := failed[i]
		if e == nil {
			factors[i], e = 1, &pgerr.Error{}
		}
		code.AppendString(e.Code)
		text.AppendString(e.Message)
	}
	whole := *out
	whole.Cols = append(slices.Clone(out.Cols), *code, *text)
	if err := s.memo.enter(d, identityAt(d.N), &whole, factors, int64(t.step)); err != nil {
		return err
	}
	if err := s.report(t, out); err != nil {
		return err
	}
	return emit(out)
}

// withdraw takes back what came out for rows, whose weights are how many of them go.
func (s *Scored) withdraw(t *Tick, d *col.Batch, emit Emit) error {
	there, goes, err := s.memo.take(d)
	if err != nil {
		return err
	}
	width := len(s.types) + len(s.exprs)
	out, rows := *there, *there
	out.W, out.Sel, out.Stable, out.Cols = make([]int64, there.N), []uint32{}, true, there.Cols[:width]
	for i, n := range goes {
		out.W[i] = -n
		switch {
		case n == 0:
		case there.Cols[width+2].I64[i] > 0:
			out.Sel = append(out.Sel, uint32(i))
		default:
			e := pgerr.New(there.Cols[width].String(i), "%s", there.Cols[width+1].String(i))
			rows.W, rows.Cols = out.W, there.Cols[:len(s.types)]
			if err := t.RowError(&rows, i, e); err != nil {
				return err
			}
		}
	}
	if len(out.Sel) == 0 {
		return nil
	}
	return emit(&out)
}
