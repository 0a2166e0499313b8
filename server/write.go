package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
)

// writer is where a statement's rows go while it looks at the newest ones: the engine's
// Resolver, or a transaction's buffer.
type writer interface {
	Lookup(rel uint32, q *exec.Unique, keys []*col.Vector, dst *col.Batch) ([]uint32, error)
	Insert(rel uint32, rows *col.Batch) error
	Delete(rel uint32, rows *col.Batch, snapshot uint64) error
}

// make runs a row program over its input: the rows to be stored.
func (s *Session) makeRows(c *fn.Ctx, r *catalog.Relation, p *planner.RowProgram, in *col.Batch) (*col.Batch, error) {
	if in = in.Compact(); p.InOrder && in.N > 1 {
		return s.makeInOrder(c, r, p, in)
	}
	out := &col.Batch{N: in.N, Cols: make([]col.Vector, len(p.Exprs))}
	for i, x := range p.Exprs {
		v := *x.Eval(c, in, nil)
		if len(c.Marks()) > 0 { // the next ones are not computed
			return nil, c.CutMarks(0)
		}
		v.Type, v.N = r.Columns[i].Type, in.N
		out.Cols[i] = v
	}
	for _, g := range p.Generated {
		out.Cols[g.Column] = *g.Expr.Eval(c, out, nil)
	}
	if m := c.Marks(); len(m) > 0 {
		err := m[0].Err
		c.ClearMarks()
		return nil, err
	}
	return out, s.checkRows(c, r, p, out)
}

// makeInOrder is makeRows for one row after the other.
func (s *Session) makeInOrder(c *fn.Ctx, r *catalog.Relation, p *planner.RowProgram, in *col.Batch) (*col.Batch, error) {
	out := col.NewBatch(r.Types()...)
	for i := range in.N {
		one := col.NewBatch(in.Types()...)
		one.AppendRow(in, i, 1)
		rows, err := s.makeRows(c, r, p, one)
		if err != nil {
			return nil, err
		}
		out.AppendBatch(ownRows(r.Types(), rows))
	}
	return out, nil
}

// checkRows holds rows against NOT NULL and CHECK.
func (s *Session) checkRows(c *fn.Ctx, r *catalog.Relation, p *planner.RowProgram, rows *col.Batch) error {
	schema := ""
	if sc := s.CurrentCatalog().Schema(r.Schema); sc != nil {
		schema = sc.Name
	}
	for i := range rows.N {
		for _, k := range p.NotNull {
			if rows.Cols[k].Null(i) {
				return planner.NotNullViolation(r, schema, k, s.failing(r, rows, i))
			}
		}
	}
	for _, k := range p.Checks {
		v := k.Expr.Eval(c, rows, nil)
		if m := c.Marks(); len(m) > 0 {
			err := m[0].Err
			c.ClearMarks()
			return err
		}
		for i := range rows.N {
			if !v.Null(i) && !v.Bool(i) {
				return planner.CheckViolation(r, schema, k.Name, s.failing(r, rows, i))
			}
		}
	}
	return nil
}

func (s *Session) failing(r *catalog.Relation, rows *col.Batch, i int) string {
	return planner.FailingRow(r, func(c int) (string, bool) {
		v := &rows.Cols[c]
		if v.Null(i) {
			return "", false
		}
		return string(typeio.AppendText(nil, v, i, &s.times)), true
	})
}

// own copies a batch out of evaluation scratch, in the kinds that stores keep.
func ownRows(types []col.Type, b *col.Batch) *col.Batch {
	out := &col.Batch{N: b.N, Cols: make([]col.Vector, len(b.Cols))}
	for i := range b.Cols {
		v := b.Cols[i].StoredKind()
		out.Cols[i].ResetKind(types[i], v.Kind, v.Scale)
		cut := *v
		cut.N = b.N
		out.Cols[i].AppendAll(&cut)
		out.Cols[i].Own()
	}
	return out
}

// insert carries out an INSERT.
func (s *Session) insert(ctx context.Context, c *fn.Ctx, plan *planner.Plan, out *output) (string, error) {
	n, returned, err := s.insertAll(ctx, c, plan.Insert)
	if err != nil {
		return "", err
	}
	if err := s.returning(ctx, c, plan, plan.Insert.Returning, returned, out); err != nil {
		return "", err
	}
	return fmt.Sprintf("INSERT 0 %d", n), nil
}

// insertAll makes the rows of an INSERT and stores them; it returns how many, and the rows that came.
func (s *Session) insertAll(ctx context.Context, c *fn.Ctx, p *planner.InsertPlan) (int64, *col.Batch, error) {
	w := exec.Write{Rel: uint32(p.Relation.OID)}
	types := p.Relation.Types()
	err := s.sourceRows(ctx, c, p.Source, func(b *col.Batch) error {
		defer c.Reset()
		rows, err := s.insertRows(c, p, types, b)
		switch {
		case err != nil:
		case w.New == nil:
			w.New = rows
		default:
			w.New.AppendBatch(rows)
		}
		return err
	})
	if w.New == nil {
		w.New = col.NewBatch(types...)
	}
	if err != nil {
		return 0, nil, err
	}
	return s.store(ctx, c, p, &w)
}

// insertRows makes the rows to be stored of some of the source's. VALUES are the
// statement's own, and are the rows where nothing is computed from them.
func (s *Session) insertRows(c *fn.Ctx, p *planner.InsertPlan, types []col.Type, b *col.Batch) (*col.Batch, error) {
	if _, own := p.Source.(*planner.Values); own && len(b.Cols) == len(types) && len(p.Program.Generated) == 0 && passes(p.Relation, p.Program) {
		return b, s.checkRows(c, p.Relation, p.Program, b)
	}
	rows, err := s.makeRows(c, p.Relation, p.Program, b)
	if err != nil {
		return nil, err
	}
	return ownRows(types, rows), nil
}

// sourceRows runs the source of an INSERT; VALUES need no dataflow.
func (s *Session) sourceRows(ctx context.Context, c *fn.Ctx, root planner.Node, sink func(*col.Batch) error) error {
	if v, ok := root.(*planner.Values); ok {
		b, err := v.Compute(c)
		if err != nil {
			return err
		}
		return sink(b)
	}
	snap := s.snapshot()
	defer snap.Release()
	inner := s.context(c.Params)
	return s.run(ctx, inner, snap.Snapshot, root, sink)
}

// store lets the rows of an INSERT come, in the transaction or as one; it returns how
// many, and the rows that came.
func (s *Session) store(ctx context.Context, c *fn.Ctx, p *planner.InsertPlan, w *exec.Write) (int64, *col.Batch, error) {
	up := s.upsertOf(ctx, c, p)
	if s.txn != nil {
		return s.storeBuffered(p, w, up)
	}
	x := &exec.Txn{Writes: []exec.Write{*w}}
	if up != nil {
		rows := w.New
		x.Writes[0] = exec.Write{Rel: w.Rel, Point: func(r *exec.Resolver) error { return up.run(r, rows) }}
	} else if p.Conflict != nil {
		x.Writes[0].SkipConflicts, x.Writes[0].Arbiter = true, s.arbiter(p.Relation, p.Conflict.Arbiter)
	}
	if err := s.commit(ctx, p.Relation.OID, x); err != nil {
		return 0, nil, err
	}
	s.tellLate(x)
	if up != nil {
		return up.count, up.stored, nil
	}
	rows := without(w.New, x.Writes[0].Skipped)
	return int64(rows.Len()), rows, nil
}

func (s *Session) storeBuffered(p *planner.InsertPlan, w *exec.Write, up *upsert) (int64, *col.Batch, error) {
	b, err := s.txn.buffer(p.Relation)
	if err != nil {
		return 0, nil, err
	}
	if up != nil {
		err := up.run(b, w.New)
		return up.count, up.stored, err
	}
	var arbiter *exec.Unique
	if p.Conflict != nil {
		arbiter = s.arbiter(p.Relation, p.Conflict.Arbiter)
	}
	skipped, _, err := b.insert(w.New, p.Conflict != nil, arbiter)
	rows := without(w.New, skipped)
	return int64(rows.Len()), rows, err
}

func without(b *col.Batch, skipped []int) *col.Batch {
	if len(skipped) == 0 {
		return b
	}
	out := *b
	out.Sel = []uint32{}
	for i, k := 0, 0; i < b.N; i++ {
		if k < len(skipped) && skipped[k] == i {
			k++
			continue
		}
		out.Sel = append(out.Sel, uint32(i))
	}
	return out.Compact()
}

// arbiter is the unique set of an index; nil for 0.
func (s *Session) arbiter(r *catalog.Relation, index catalog.OID) *exec.Unique {
	i := s.CurrentCatalog().Relation(index)
	if i == nil || i.Index == nil {
		return nil
	}
	return &exec.Unique{Name: i.Name, Index: storeIndex(i), Cols: i.Index.Columns, Primary: i.Index.Primary}
}

// returning puts the rows of RETURNING out; rows is nil when the statement met none.
func (s *Session) returning(ctx context.Context, c *fn.Ctx, plan *planner.Plan, exprs []expr.Expr, rows *col.Batch, out *output) error {
	if exprs == nil {
		return nil
	}
	if s.txn == nil {
		defer s.uninterrupted()()
		c, out.committed = s.context(c.Params), true
	}
	defer c.Reset()
	out.begin(plan.Columns)
	if rows == nil {
		return nil
	}
	rows = rows.Compact()
	if plan.ReturningBeside != nil {
		if rows.N == 0 {
			return nil
		}
		var err error
		if rows, err = s.beside(ctx, c, plan.ReturningBeside, rows); err != nil {
			return err
		}
	}
	b := &col.Batch{N: rows.N, Cols: make([]col.Vector, len(exprs))}
	for i, x := range exprs {
		b.Cols[i] = *x.Eval(c, rows, nil)
	}
	if m := c.Marks(); len(m) > 0 {
		return m[0].Err
	}
	return out.put(b)
}

// commit commits a statement of its own. One that read rows which another has changed
// meanwhile runs again: retry makes the transaction anew. After two losses it takes the
// relation's gate, and other writers wait.
func (s *Session) commit(ctx context.Context, rel catalog.OID, x *exec.Txn) error {
	g := s.srv.gates.of(rel)
	if err := g.enter(ctx, false); err != nil {
		return err
	}
	defer g.leave(false)
	return inSchema(s.CurrentCatalog(), rel, s.commits(ctx, x, nil))
}

// inSchema completes an error that names its table, as the engine does, which knows no
// schemas.
func inSchema(c *catalog.Catalog, rel catalog.OID, err error) error {
	var e *pgerr.Error
	if !errors.As(err, &e) || e.Table == "" || e.Schema != "" {
		return err
	}
	r := c.Relation(rel)
	if r != nil && r.Name != e.Table {
		r = referrer(c, rel, e)
	}
	if r == nil || c.Schema(r.Schema) == nil {
		return err
	}
	whole := *e
	whole.Schema = c.Schema(r.Schema).Name
	return &whole
}
