package server

import (
	"context"
	"iter"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/storage/table"
)

var tableAll table.Access

// changes are what somebody who subscribes is sent: the rows of a relation or of a query at a
// tick, then what each tick does to them, as rows mr_tick, mr_diff and the columns.
type changes struct {
	s    *Session
	plan *planner.SubscribePlan
	cols []int // of the store
	snap *exec.Snapshot
	// query keeps the rows of a query; nil: they are a relation's.
	query *exec.Listener
	// rest yields the rows of the beginning that are still to be sent; nil: all are.
	rest func() (*col.Batch, error, bool)
	stop func()
}

// changes begins a subscription at its tick.
func (s *Session) changes(ctx context.Context, p *planner.SubscribePlan) (c *changes, err error) {
	c = &changes{s: s, plan: p, cols: p.Positions, stop: func() {}}
	switch {
	case p.View != nil && p.AsOf != 0:
		return nil, pgerr.New(pgerr.FeatureNotSupported, "SUBSCRIBE to a query has no past").
			WithHint("Create a materialized view with the query and subscribe to that.")
	case p.View != nil:
		if c.query, err = s.listen(ctx, p); err != nil {
			return nil, err
		}
		c.cols = upto(len(p.Columns))
	}
	if c.snap, err = s.snapshotFor(ctx, p); err != nil {
		if c.query != nil {
			c.query.Close()
		}
		return nil, err
	}
	store, err := c.store()
	if err == nil && c.query == nil {
		store, err = s.srv.engine.StoreAt(c.snap, uint32(p.Relation.OID))
	}
	if err != nil {
		c.close()
		return nil, err
	}
	if p.Snapshot {
		rows := store.At(c.tick(), c.cols, tableAll)
		if c.ordered() {
			rows = inOrder(rows)
		}
		c.rest, c.stop = iter.Pull2(rows)
	}
	return c, nil
}

// snapshotFor is the snapshot at which a subscription begins.
func (s *Session) snapshotFor(ctx context.Context, p *planner.SubscribePlan) (*exec.Snapshot, error) {
	if p.Relation != nil {
		return s.srv.engine.Follow(ctx, uint32(p.Relation.OID), p.AsOf)
	}
	return s.srv.engine.Snapshot(), nil
}

// listen has a query kept, as a view that nobody else knows.
func (s *Session) listen(ctx context.Context, p *planner.SubscribePlan) (*exec.Listener, error) {
	if s.txn != nil && s.txn.cat != nil {
		return nil, pgerr.New(pgerr.ActiveSQLTransaction, "SUBSCRIBE to a query cannot run in a transaction that has created or dropped relations")
	}
	r := &catalog.Relation{OID: s.srv.cats.oids.Take(1), Kind: catalog.MaterializedView, Name: "a subscription",
		Plan: planner.Text(p.View), PrimaryKey: p.Key, Settings: p.Settings}
	for i, k := range p.Columns {
		r.Columns = append(r.Columns, catalog.Column{Name: k.Name, Type: k.Type, Attnum: int16(i + 1)})
	}
	cat := s.srv.cats.newest.Load()
	x, err := engineRelation(cat, r)
	if err != nil {
		return nil, err
	}
	defer s.srv.cats.plan(x, r, p.View, cat)()
	return s.srv.engine.Listen(ctx, x)
}

func (c *changes) close() {
	c.stop()
	c.snap.Release()
	if c.query != nil {
		c.query.Close()
	}
}

// tick is that up to which everything has been sent, once the beginning has.
func (c *changes) tick() uint64 {
	if c.plan.Relation != nil {
		return c.snap.AsOf(uint32(c.plan.Relation.OID))
	}
	return c.snap.Tick
}

func (c *changes) store() (*table.Store, error) {
	if c.query != nil {
		return c.query.Store(), c.query.Err()
	}
	return c.s.srv.engine.Store(uint32(c.plan.Relation.OID))
}

// begun reports whether all rows of the beginning have been sent.
func (c *changes) begun() bool { return c.rest == nil }

// begin sends the next rows of the beginning.
func (c *changes) begin(put func(*col.Batch) error) error {
	b, err, ok := c.rest()
	if ok && err == nil {
		return put(c.rows(c.snap.Tick, b))
	}
	c.rest = nil
	if err == nil && c.plan.Progress {
		err = put(c.progressed())
	}
	return err
}

// next waits for a tick after those sent, and sends what up to so many ticks have changed.
func (c *changes) next(ctx context.Context, most uint64, put func(*col.Batch) error) error {
	p, err := c.s.srv.engine.Await(ctx, c.snap.Tick)
	if err != nil {
		return err
	}
	if err := c.snap.Err(); err != nil {
		return pgerr.From(err).WithDetail("The subscription had read up to tick %d.", c.snap.Tick)
	}
	_, err = c.store()
	if pgerr.CodeOf(err) == pgerr.UndefinedTable {
		return c.gone()
	}
	if err != nil {
		return err
	}
	to := min(p.Tick, c.snap.Tick+most)
	if err := c.each(to, func(tick uint64, b *col.Batch) error { return put(c.rows(tick, b)) }); err != nil {
		return err
	}
	c.snap.Advance(to)
	if c.plan.Progress {
		return put(c.progressed())
	}
	return nil
}

// ordered reports whether rows come in an order of their own, not as they lie.
func (c *changes) ordered() bool {
	return c.query != nil || c.plan.Relation.Kind == catalog.MaterializedView
}

// each hands out the changes of the ticks that follow, up to one: those of a table as they lie,
// others in the order of their rows.
func (c *changes) each(to uint64, f func(tick uint64, b *col.Batch) error) error {
	if !c.ordered() {
		return c.between(to, f)
	}
	o := ordering{put: f}
	if err := c.between(to, o.add); err != nil {
		return err
	}
	return o.flush()
}

// between hands out the changes of the ticks that follow, as they lie.
func (c *changes) between(to uint64, f func(tick uint64, b *col.Batch) error) error {
	if c.query != nil {
		return c.query.Store().Changes(c.snap.Tick, to, c.cols, f)
	}
	return c.s.srv.engine.Changes(uint32(c.plan.Relation.OID), c.snap.Tick, to, c.cols, f)
}

// gone is why a relation's changes end. The engine lets a relation go a moment before the catalog
// without it is published.
func (c *changes) gone() error {
	r := c.plan.Relation
	err := pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", r.Name)
	if now := c.s.srv.cats.newest.Load().Named(r.Schema, r.Name); now != nil && now.Kind == r.Kind && (now.OID != r.OID || now.Replaced != r.Replaced) {
		return err.WithDetail("It was replaced after tick %d.", c.snap.Tick).WithHint("Subscribe anew, with a snapshot.")
	}
	return err.WithDetail("It was dropped.")
}

// rows puts the tick and the weight before the columns.
func (c *changes) rows(tick uint64, b *col.Batch) *col.Batch {
	out := &col.Batch{N: b.N, Sel: b.Sel}
	ticks, diffs := col.NewVector(col.Int8), col.NewVector(col.Int8)
	ticks.Resize(b.N)
	diffs.Resize(b.N)
	for i := range b.N {
		ticks.I64[i], diffs.I64[i] = int64(tick), b.Weight(i)
	}
	out.Cols = append(out.Cols, *ticks)
	if c.plan.Progress {
		no := col.NewVector(col.Bool)
		no.Resize(b.N)
		out.Cols = append(out.Cols, *no)
	}
	out.Cols = append(append(out.Cols, *diffs), b.Cols...)
	return out
}

// progressed is the row that says that all changes up to the tick have been sent.
func (c *changes) progressed() *col.Batch {
	types := []col.Type{col.Int8, col.Bool, col.Int8}
	for _, k := range c.plan.Columns {
		types = append(types, k.Type)
	}
	b := col.NewBatch(types...)
	b.Cols[0].AppendI64(int64(c.snap.Tick))
	b.Cols[1].AppendBool(true)
	for i := range b.Cols[2:] {
		b.Cols[2+i].AppendNull()
	}
	b.Grow(1, 1)
	return b
}
