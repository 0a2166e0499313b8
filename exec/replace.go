package exec

import (
	"context"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/table"
)

// A view that gets another query keeps its number and what reads it. Its new dataflow, which
// was filled aside, comes into the graph behind what there is; what stands on the view goes
// behind that (R8's new numbers) and gets the difference between the old rows and the new ones,
// in steps of the tick: first what goes, then what comes, each in the order of the rows'
// identity, so that replay cuts the same steps. Readers of earlier ticks keep the old store.
// Where all that reads the view is replaced in the same tick behind it, there is nothing to hand on.

// replaceView lets a view be what r says from this tick on.
func (e *Engine) replaceView(tick uint64, now int64, r *Relation, filled fills) {
	f := e.completed(tick, now, r, filled)
	old, err := e.rels.get(r.OID)
	if err != nil || old.view == nil {
		e.place(tick, now, f)
		return
	}
	readers, renewed := e.readersOf(old), e.renewed(old, filled.later)
	if renewed {
		readers = nil
	}
	d, err := e.difference(old, f, tick, len(readers) > 0)
	if err != nil {
		f.flow.failAll(err)
	}
	below := e.graph.nodesAt(old.node)
	e.endListeners(old)
	e.retire(old)
	if renewed {
		e.forsake(old)
	}
	e.upkeep.Forget(old.store)
	e.rels.leave(old, tick, f.rel)
	e.place(tick, now, f)
	e.leadReaders(old, f.rel, below, readers)
	if f.flow.failed == nil {
		e.follow(tick, now, f.rel, d)
	}
}

// renewed reports whether all that reads a view is among views that are replaced later in the tick.
func (e *Engine) renewed(old *relation, later map[uint32]bool) bool {
	read := false
	for _, r := range e.rels.all() {
		if r.view == nil || r.view.flow.failed != nil || !slices.Contains(r.view.sources, old.OID) {
			continue
		}
		if read = true; !later[r.OID] {
			return false
		}
	}
	return read
}

// forsake lets nobody who comes read what stands on the node of a view that is gone.
func (e *Engine) forsake(old *relation) {
	for _, s := range slices.Clone(e.shares.list) {
		if s.rel == old {
			e.unlist(s)
		}
	}
	for _, at := range old.relays {
		e.graph.drop(at)
	}
}

// nodesAt is the node of a number in the graph of each worker.
func (g *Graph) nodesAt(r Ref) (out []*node) {
	for _, w := range g.workers() {
		out = append(out, w.nodes[r])
	}
	return out
}

// readersOf is the nodes that stand on a relation's, by number; those of a view out of service
// get nothing any more.
func (e *Engine) readersOf(r *relation) []Ref { return e.aboveOf(r.node)[1:] }

// leadReaders lets what read the old node read the new one, and go behind it.
func (e *Engine) leadReaders(old, now *relation, below []*node, readers []Ref) {
	if len(readers) == 0 {
		return
	}
	for w, g := range e.graph.workers() {
		to := g.nodes[now.node]
		to.ports, to.fan = append(to.ports, below[w].ports...), nil
		for _, r := range readers {
			for i, in := range g.nodes[r].inputs {
				if in == old.node {
					g.nodes[r].inputs[i] = now.node
				}
			}
		}
	}
	now.relays = old.relays
	for _, s := range e.shares.list {
		if s.rel == old {
			s.rel = now
		}
	}
	e.renumberAll(readers)
	for _, g := range e.graph.workers() {
		g.relevel(e.aboveOf(now.node)[1:])
	}
}

// follow hands a difference to what reads a view, a step at a time.
func (e *Engine) follow(tick uint64, now int64, r *relation, d *col.Batch) {
	if d == nil {
		return
	}
	for from := 0; from < d.N; from += e.opt.StepRows {
		part := slice(d, from, min(e.opt.StepRows, d.N-from))
		part.Consolidated, part.Step = true, false
		e.graph.Begin(tick, now, from+part.N == d.N)
		e.graph.Feed(r.node, part)
		e.graph.Flush()
	}
}

// endListeners ends the queries of subscriptions that read a view which is replaced: nobody
// has asked whether they may follow.
func (e *Engine) endListeners(r *relation) {
	for _, l := range e.listeners {
		if l.reads(r) {
			l.f.flow.failAll(pgerr.New(pgerr.ObjectNotInPrerequisiteState, "materialized view %q was replaced", r.Name).
				WithHint("Subscribe anew."))
		}
	}
	for _, s := range e.shares.list {
		if s.rel == r && s.views == 0 {
			s.flow.failAll(errReplaced(r))
		}
	}
}

func errReplaced(r *relation) error {
	return pgerr.New(pgerr.SerializationFailure, "materialized view %q was replaced meanwhile", r.Name)
}

// headStart is the difference between a view's old rows and its new ones at a tick before that in
// which they change places.
type headStart struct {
	tick uint64
	rows *col.Batch
}

// Compare prepares the tick in which the view takes the place of one that others read, and returns
// how many rows that tick hands on to them.
func (f *Filled) Compare(ctx context.Context) (rows int, err error) {
	e := f.src.e
	old, err := e.rels.get(f.rel.OID)
	if err != nil { // it is a new one
		return 0, nil
	}
	read := false
	if err := e.onTick(ctx, func() { read = e.isKnown(old) && len(e.readersOf(old)) > 0 }); err != nil || !read {
		return 0, err
	}
	if err := f.lookAhead(old); err != nil {
		return 0, err
	}
	if f.ahead.rows != nil {
		rows = f.ahead.rows.N
	}
	return rows, f.approach(ctx)
}

// lookAhead computes, beside running ticks, most of the difference that the tick of a
// replacement needs.
func (f *Filled) lookAhead(old *relation) error {
	rows, err := netOf(f.src.e.seed, side{old.store, f.upto}, side{f.rel.store, f.upto}, firstN(len(old.Types)))
	f.ahead = &headStart{f.upto, rows}
	return err
}

// difference is what readers of a view get when f takes its place: nil where there are none. A
// view that is out of service has none, for they are so too.
func (e *Engine) difference(old *relation, f *Filled, tick uint64, read bool) (*col.Batch, error) {
	if !read || old.view.flow.failed != nil || f.flow.failed != nil {
		return nil, nil
	}
	cols := firstN(len(old.Types))
	if f.ahead == nil {
		return netOf(e.seed, side{old.store, tick}, side{f.rel.store, tick}, cols)
	}
	all := col.NewBatch(old.Types...)
	if f.ahead.rows != nil {
		all.AppendBatch(f.ahead.rows)
	}
	err := f.rel.store.Changes(f.ahead.tick, tick, cols, func(_ uint64, b *col.Batch) error { addWeighted(all, b, 1); return nil })
	if err == nil {
		err = old.store.Changes(f.ahead.tick, tick, cols, func(_ uint64, b *col.Batch) error { addWeighted(all, b, -1); return nil })
	}
	if err != nil || all.N == 0 {
		return nil, err
	}
	return inSteps((&consolidator{seed: e.seed}).sum(all)), nil
}

func addWeighted(to, b *col.Batch, times int64) {
	for i := range b.Len() {
		r := b.Row(i)
		to.AppendRow(b, r, times*b.Weight(r))
	}
}

// side is a store at a tick.
type side struct {
	store *table.Store
	tick  uint64
}

// rowsAtOnce is how many rows are compared at a time.
const rowsAtOnce = 1 << 19

// netOf is how the rows of columns at one place differ from those at another: in order, those
// that go before those that come. It compares a part of the rows at a time, by their hashes, so
// that it holds little more than the difference.
func netOf(seed col.Seed, from, to side, cols []int) (*col.Batch, error) {
	parts := uint64(1 + (from.store.Count(from.tick)+to.store.Count(to.tick))/rowsAtOnce)
	var out *col.Batch
	for part := range parts {
		sum := &consolidator{seed: seed}
		var all *col.Batch
		for _, s := range []side{from, to} {
			times := int64(1)
			if s == from {
				times = -1
			}
			for b, err := range s.store.At(s.tick, cols, accessAll) {
				if err != nil {
					return nil, err
				}
				if all == nil {
					all = col.NewBatch(b.Types()...)
				}
				sum.addPart(all, b, times, part, parts)
			}
		}
		if all == nil || all.N == 0 {
			continue
		}
		d := sum.sum(all)
		if out == nil {
			out = col.NewBatch(d.Types()...)
		}
		out.AppendBatch(d)
	}
	return inSteps(out), nil
}

// addPart adds the rows of a batch that belong to a part.
func (c *consolidator) addPart(to, b *col.Batch, times int64, part, parts uint64) {
	if parts == 1 {
		addWeighted(to, b, times)
		return
	}
	d := b.Compact()
	c.identity(d)
	c.hash = growTo(c.hash, d.N)
	c.seed.Keys(c.hash, c.idv)
	for i, h := range c.hash[:d.N] {
		if h>>32%parts == part {
			to.AppendRow(d, i, times*d.Weight(i))
		}
	}
}

// inSteps brings a consolidated change into the order in which its steps are cut; nil: there is
// none.
func inSteps(d *col.Batch) *col.Batch {
	if d == nil || d.N == 0 {
		return nil
	}
	o := rowOrder{}
	o.over(d)
	at := make([]uint32, d.N)
	for i := range at {
		at[i] = uint32(i)
	}
	slices.SortFunc(at, func(i, j uint32) int {
		if goes, other := d.Weight(int(i)) < 0, d.Weight(int(j)) < 0; goes != other {
			if goes {
				return -1
			}
			return 1
		}
		return o.compare(i, j)
	})
	out := col.NewBatch(d.Types()...)
	for _, i := range at {
		out.AppendRow(d, int(i), d.Weight(int(i)))
	}
	out.Consolidated = true
	return out
}
