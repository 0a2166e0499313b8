package server

import (
	"context"
	"errors"
	"strconv"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
)

// execute carries out a planned statement and returns its command tag. When the context
// ended it, the error is why.
func (s *Session) execute(ctx context.Context, p *prepared, params []*col.Vector, out *output) (tag string, err error) {
	defer func() {
		err = causeIfEnded(ctx, err)
	}()
	plan := p.plan
	if plan.Fault != nil {
		return "", plan.Fault
	}
	for _, n := range plan.Notices {
		s.notice(n)
	}
	if plan.AtOnce() {
		return s.atOnce(ctx, p, params, out)
	}
	if s.txn == nil {
		clear(s.drawn) // nobody saw what a statement took that failed
	}
	if s.txn == nil && whole(plan) {
		s.txn, s.env = s.newTransaction(false), nil
	}
	if s.txn != nil {
		s.txn.statement()
	}
	return s.carryOut(ctx, p, params, out)
}

// carryOut carries out a statement over the transaction's snapshot, if there is one.
func (s *Session) carryOut(ctx context.Context, p *prepared, params []*col.Vector, out *output) (tag string, err error) {
	plan, c := p.plan, s.context(params)
	s.hides = nil
	for _, l := range plan.Locks {
		if err := s.lock(ctx, c, l); err != nil {
			return "", err
		}
	}
	switch {
	case plan.Query != nil:
		if err := s.warnErrors(plan); err != nil {
			return "", err
		}
		out.begin(plan.Columns)
		err = s.query(ctx, c, plan.Query, out)
		for out.rows == 0 && pgerr.CodeOf(err) == pgerr.UndefinedTable && s.replanned(ctx, p) {
			err = s.query(ctx, c, p.plan.Query, out)
		}
		if err != nil {
			return "", err
		}
		return plan.Tag + " " + strconv.FormatInt(out.rows, 10), nil
	case plan.Explain != nil:
		return plan.Tag, s.explain(ctx, c, p, out)
	case plan.Text != nil:
		out.begin(plan.Columns)
		err = out.put(textRows(len(plan.Columns), plan.Text.Rows))
		return plan.Tag, err
	}
	if err := s.writable(plan); err != nil {
		return "", err
	}
	tag, err = s.write(ctx, c, p, out)
	if err == nil && s.txn != nil {
		err = s.txn.settle(plan.Delete != nil)
	}
	return tag, err
}

// causeIfEnded is why a context has ended, where the error is that what was computed was ended.
func causeIfEnded(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) || pgerr.CodeOf(err) == pgerr.QueryCanceled && ctx.Err() != nil {
		return causeOf(ctx)
	}
	return err
}

// replanned plans a query again whose relations have been replaced since it was planned, in
// the tick that is being answered; false: nothing has changed, or they are gone.
func (s *Session) replanned(ctx context.Context, p *prepared) bool {
	if s.srv.engine.Inspect(ctx, func() {}) != nil || p.plan.Valid(s.CurrentCatalog()) {
		return false
	}
	if s.txn != nil { // by the new names nothing older is read
		s.txn.statement()
	}
	return s.plan(p) == nil && p.plan.Query != nil
}

// write carries out a statement that changes something.
func (s *Session) write(ctx context.Context, c *fn.Ctx, p *prepared, out *output) (tag string, err error) {
	plan := p.plan
	switch {
	case plan.Insert != nil:
		return s.insert(ctx, c, plan, out)
	case plan.Update != nil:
		return s.update(ctx, c, plan, out)
	case plan.Delete != nil:
		return s.delete(ctx, c, plan, out)
	case plan.Truncate != nil:
		return plan.Tag, s.truncate(ctx, plan.Truncate)
	case plan.Advance != nil:
		return plan.Tag, s.advance(ctx, c, plan.Advance)
	case plan.TableAs != nil:
		return s.tableAs(ctx, c, plan)
	case plan.Change != nil:
		err := s.change(ctx, p)
		if plan.Change.Load != nil && plan.Tag == "COPY" {
			return "COPY 1", err
		}
		return plan.Tag, err
	case plan.ModelFile != nil:
		return "COPY 1", s.sendModel(ctx, plan.ModelFile)
	case plan.Copy != nil:
		return s.copy(ctx, c, plan.Copy)
	}
	return "", pgerr.New(pgerr.InternalError, "a plan without a part")
}

// writable refuses what changes something in a read-only transaction.
func (s *Session) writable(p *planner.Plan) error {
	if p.Copy != nil && !p.Copy.From || p.ModelFile != nil || ownRowsOnly(p) {
		return nil
	}
	if s.txn != nil && s.txn.readOnly || s.txn == nil && s.on("default_transaction_read_only") {
		what := p.Tag
		if p.Copy != nil {
			what = "COPY FROM"
		}
		return pgerr.New(pgerr.ReadOnlySQLTransaction, "cannot execute %s in a read-only transaction", what)
	}
	return nil
}

// warnErrors tells the reader of a view that rows are missing from it.
func (s *Session) warnErrors(p *planner.Plan) error {
	for _, u := range p.Uses {
		n := s.srv.engine.ErrorCount(uint32(u.OID))
		if n <= 0 {
			continue
		}
		name := "a view"
		if r := s.CurrentCatalog().Relation(u.OID); r != nil {
			name = r.Name
		}
		if s.on("strict_errors") {
			return pgerr.New(pgerr.DataException, "%d rows of %q could not be computed", n, name).WithHint("They stand in millrace.errors; SET strict_errors = off reads the others.")
		}
		w := pgerr.New(pgerr.Warning, "%d rows of %q could not be computed and are left out", n, name).WithHint("They stand in millrace.errors.")
		w.Severity = "WARNING"
		s.notice(w)
	}
	return nil
}

// query runs a query and puts its rows out.
func (s *Session) query(ctx context.Context, c *fn.Ctx, q *planner.QueryPlan, out *output) error {
	defer s.watchHangup(s.checkInterval())()
	c.Done = ctx.Done()
	snap := s.snapshot()
	defer snap.Release()
	if q.Chain != nil && !q.Chain.Scan.Skips && q.Chain.Scan.Access.IsPoint() && s.measure == nil && !s.touches(q.Chain.Scan.Relation) {
		if done, err := s.point(snap.Snapshot, c, q.Chain, out.put); done || err != nil {
			return err
		}
	}
	return s.run(ctx, c, snap.Snapshot, q.Root, out.put)
}

// run runs the dataflow of a plan over a snapshot and what the transaction wrote itself.
func (s *Session) run(ctx context.Context, c *fn.Ctx, snap *exec.Snapshot, root planner.Node, sink func(*col.Batch) error) error {
	root, err := planner.Instantiate(root, c)
	if err != nil {
		return err
	}
	v, _ := s.Setting("on_row_error")
	q := &exec.Query{Snapshot: snap, Ctx: c, Sink: sink, SkipErrors: v == "skip", Cap: s.memorySetting("query_memory_limit"), WorkMem: s.memorySetting("work_mem"), Measure: s.measure}
	if q.Raise = "Let it keep more with SET query_memory_limit."; q.Cap == 0 {
		q.Cap, q.Raise = s.srv.opt.Memory/2, "Let it keep more with SET query_memory_limit, or start the server with more --memory."
	}
	if s.txn != nil {
		if err := s.txn.overtaken(); err != nil {
			return err
		}
		q.Own = s.txn.seen()
	}
	q.Build = func(b *exec.Builder) exec.Ref {
		return planner.Build(&planner.Builder{Builder: b, Returned: s.returned, AtHand: s.atHand, Source: func(n *planner.Scan) exec.Ref { return s.source(ctx, b, n, c, snap) }}, root)
	}
	return s.srv.engine.Run(ctx, q)
}

// source adds the rows of a scan: of a store, of the transaction's own new relation, of a
// view over what it has written, or of a system relation.
func (s *Session) source(ctx context.Context, b *exec.Builder, n *planner.Scan, c *fn.Ctx, snap *exec.Snapshot) exec.Ref {
	types := make([]col.Type, len(n.Columns))
	for i, k := range n.Columns {
		types[i] = k.Type
	}
	cat := s.CurrentCatalog()
	cols := positions(cat, n)
	switch {
	case s.txn != nil && s.txn.stale()[n.Relation]:
		return s.view(ctx, b, n, cols, c, snap)
	case n.System:
		return b.Generate(types, func(emit exec.Emit) error { return s.generate(ctx, cat, n, cols, c, emit) })
	case s.txn != nil && s.txn.creates(n.Relation):
		return b.Generate(types, func(emit exec.Emit) error {
			rows := s.txn.rowsOf(n.Relation)
			if rows == nil || rows.Len() == 0 {
				return nil
			}
			return emit(narrow(rows, cols))
		})
	}
	if hides := s.hides[n.Relation]; n.Skips && hides != nil {
		hidden := &exec.Hidden{Has: hides, Key: cat.Relation(n.Relation).Identity()}
		return b.SourceWithout(uint32(n.Relation), cols, s.bounds(n, c), hidden)
	}
	if n.Access.IsPoint() && !s.touches(n.Relation) && s.canLookUp(snap, n) {
		return b.Generate(types, func(emit exec.Emit) error { return s.emitFound(snap, c, n, emit) })
	}
	return b.SourceAt(uint32(n.Relation), cols, s.bounds(n, c))
}

func narrow(b *col.Batch, cols []int) *col.Batch {
	out := *b
	out.Cols = make([]col.Vector, len(cols))
	for i, k := range cols {
		out.Cols[i] = b.Cols[k]
	}
	return &out
}

// generate makes the rows of a system relation.
func (s *Session) generate(ctx context.Context, cat *catalog.Catalog, n *planner.Scan, cols []int, c *fn.Ctx, emit exec.Emit) error {
	q := &catalog.Request{Catalog: cat, User: s.user, Database: Database, Path: s.SearchPath(), Live: s.srv.live(s), Sizes: s.srv.sizes}
	r := cat.Relation(n.Relation)
	if r.Kind == catalog.Sequence {
		return s.sequenceRow(r, cols, emit)
	}
	q.LastValue = func(r *catalog.Relation) (int64, bool) {
		last, called, known := s.position(r)
		return last, called && known
	}
	for _, b := range n.Access.Bounds {
		if b.Op != "=" {
			continue
		}
		v := b.Value.Eval(c, &col.Batch{N: 1}, nil)
		if v.N == 0 || v.Null(0) {
			continue
		}
		q.Narrow(r, b.Column, v)
	}
	return catalog.Generate(ctx, r, q, func(b *col.Batch) error { return emit(narrow(b, cols)) })
}

// point answers a look-up by key without a dataflow. It is not done when the relation is an
// append-only view, whose store has no index.
func (s *Session) point(snap *exec.Snapshot, c *fn.Ctx, ch *planner.Chain, sink func(*col.Batch) error) (done bool, err error) {
	rows, done, err := s.lookUp(snap, c, ch.Scan)
	if err != nil || !done || rows == nil {
		return done, err
	}
	return true, s.chain(c, ch, rows, sink)
}

// chain filters, computes and limits rows that were looked up.
func (s *Session) chain(c *fn.Ctx, ch *planner.Chain, rows *col.Batch, sink func(*col.Batch) error) error {
	for _, f := range ch.Filter {
		sel := expr.Filter(c, f, rows, rows.Sel)
		if m := c.Marks(); len(m) > 0 {
			return m[0].Err
		}
		switch {
		case len(sel) == rows.N:
			sel = nil // all of them
		case sel == nil:
			sel = []uint32{}
		}
		rows.Sel = sel
	}
	rows = rows.Compact()
	out := &col.Batch{N: rows.N, W: rows.W, Cols: make([]col.Vector, len(ch.Exprs))}
	for i, x := range ch.Exprs {
		out.Cols[i] = *x.Eval(c, rows, nil)
	}
	if m := c.Marks(); len(m) > 0 {
		return m[0].Err
	}
	if ch.Limit != nil || ch.Offset != nil {
		if err := limitRows(c, ch, out); err != nil {
			return err
		}
	}
	if out.Len() == 0 {
		return nil
	}
	return sink(out)
}

func limitRows(c *fn.Ctx, ch *planner.Chain, b *col.Batch) error {
	value := func(x expr.Expr, code, what string) (int64, bool, error) {
		if x == nil {
			return 0, false, nil
		}
		v := x.Eval(c, &col.Batch{N: 1}, nil)
		if m := c.Marks(); len(m) > 0 {
			return 0, false, m[0].Err
		}
		if v.Null(0) {
			return 0, false, nil
		}
		if v.I64[0] < 0 {
			return 0, false, pgerr.New(code, "%s must not be negative", what)
		}
		return v.I64[0], true, nil
	}
	limit, limited, err := value(ch.Limit, pgerr.InvalidRowCountInLimit, "LIMIT")
	if err != nil {
		return err
	}
	offset, _, err := value(ch.Offset, pgerr.InvalidRowCountInOffset, "OFFSET")
	if err != nil {
		return err
	}
	sel := []uint32{}
	for i := range b.N {
		if int64(i) >= offset && (!limited || int64(len(sel)) < limit) {
			sel = append(sel, uint32(i))
		}
	}
	b.Sel = sel
	return nil
}
