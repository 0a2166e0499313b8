package exec

import (
	"context"
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/table"
)

// applyFirst does what must stand before the tick's rows: new relations without views, and
// indexes of relations there are.
func (e *Engine) applyFirst(op Op, fresh map[uint32]*relation, filled map[string]*IndexFill) {
	switch {
	case op.Create != nil && !op.Create.View:
		r := fresh[op.Create.OID]
		if r == nil {
			r = e.newRelation(op.Create)
		}
		e.addRelation(r)
	case op.Index != nil && op.Index.Drop:
		if r, err := e.rels.get(op.Index.Rel); err == nil {
			r.store.DropIndex(op.Index.Name)
			e.rels.reshape(r, op.Index.Relation)
		}
	case op.Index != nil:
		if r, err := e.rels.get(op.Index.Rel); err == nil {
			e.attachIndex(r, op.Index, filled[op.Index.Name])
		}
	}
}

// newRelation gives a table or stream its store.
func (e *Engine) newRelation(r *Relation) *relation {
	x := &relation{Relation: *r, store: table.New(e.config(r)), mark: NoWatermark}
	x.published.Store(NoWatermark)
	return x
}

// addRelation gives a table or stream its node, and makes it known.
func (e *Engine) addRelation(x *relation) {
	x.node = e.graph.NewSource(x.source())
	e.know(x)
}

// applyLast does what must see the tick's rows: views with their indexes, and what goes.
func (e *Engine) applyLast(tick uint64, now int64, op Op, filled fills) {
	switch {
	case op.Create != nil && op.Create.View:
		e.place(tick, now, e.completed(tick, now, op.Create, filled))
	case op.Replace != nil:
		e.replaceView(tick, now, op.Replace, filled)
	case op.Index != nil && !op.Index.Drop:
		if r, err := e.rels.get(op.Index.Rel); err == nil && !r.store.HasIndex(op.Index.Name) {
			e.attachIndex(r, op.Index, nil)
		}
	case op.Drop != 0:
		e.dropRelation(op.Drop)
	}
}

// place makes a view that is complete known, and lets it follow what it stands on.
func (e *Engine) place(tick uint64, now int64, f *Filled) {
	v := &view{flow: f.flow, parts: e.partsFor(&f.rel.Relation)}
	for _, s := range f.src.feeds {
		v.sources = append(v.sources, s.rel.OID)
	}
	f.rel.view = v
	f.flow.reportTo(e.reports(f.rel))
	if f.flow.failed == nil {
		e.attach(f, true)
		f.flow.keep()
		if f.rel.Into != 0 {
			e.beginSink(tick, now, f.rel)
		}
	} else {
		f.rel.node = e.graph.NewSource(f.rel.source())
		e.takeOutOf(f.flow)
	}
	f.rel.published.Store(NoWatermark)
	e.know(f.rel)
	v.errors.Store(f.errors.count)
	e.errs.take(f.errors)
}

// fillNow fills a view within a tick, as replay and a CREATE in a transaction do.
func (e *Engine) fillNow(tick uint64, now int64, r *Relation) *Filled {
	f, err := e.newFill(r, nil)
	f.upto, f.pin = tick, e.pins.PinExempt()
	for _, s := range f.src.feeds {
		f.marks = append(f.marks, s.rel.mark)
	}
	if err == nil {
		err = f.snapshot(context.Background(), now, nil)
	}
	if err != nil {
		f.flow.fail(&node{id: -1}, err)
	}
	return f
}

// dropRelation takes a relation away; readers that hold it go on.
func (e *Engine) dropRelation(oid uint32) {
	r, err := e.rels.get(oid)
	if err != nil {
		return
	}
	if r.view != nil {
		e.retire(r)
	}
	e.graph.drop(r.node)
	for _, at := range r.relays {
		e.graph.drop(at)
	}
	e.rels.leave(r, e.tickNo, nil)
	e.rels.drop(oid)
	e.idlers = slices.DeleteFunc(e.idlers, func(x *relation) bool { return x.OID == oid })
	e.upkeep.Forget(r.store)
}

// retire ends what keeps a view or sink, with what nobody else uses.
func (e *Engine) retire(r *relation) {
	if r.Into != 0 {
		e.endSink(r)
	}
	e.graph.remove(r.view.flow)
	e.letGo(r.view.uses, true)
	e.errs.withdrawAll(r)
}

// tombstone stands where a node was, for numbers are never given again.
var tombstone = &node{op: sourceNode{}, flow: &Dataflow{standing: true}}

// drop leaves nothing where a node was.
func (g *Graph) drop(r Ref) {
	for _, w := range g.workers() {
		if int(r) < len(w.nodes) {
			w.unport(r)
			w.nodes[r], w.carry.gone = tombstone, true
		}
	}
}

// unport ends what leads to a node.
func (g *Graph) unport(r Ref) {
	for _, in := range g.nodes[r].inputs {
		from := g.nodes[in]
		from.ports, from.fan = slices.DeleteFunc(from.ports, func(p Port) bool { return p.To == r }), nil
	}
}

// remove takes a dataflow out of the graph and gives its states back.
func (g *Graph) remove(d *Dataflow) {
	for w, part := range d.all() {
		of := g.workers()[w]
		for _, r := range part.nodes {
			of.unport(r)
		}
		for _, r := range part.nodes {
			of.nodes[r] = tombstone
		}
		of.carry.gone = true
	}
	g.free(d)
}

// takeOut takes the views out of service whose dataflow failed in this tick, or whose
// owner is past its memory, with all that stand on them, before the tick is published. It
// looks at new views, and at all when there is a reason to.
func (e *Engine) takeOut() {
	list, now := e.rels.newcomers(), viewTroubles{0, e.pool.Marked()}
	for _, g := range e.graph.workers() {
		now.failures += g.failures
	}
	if now != e.troubles {
		e.troubles, list = now, e.rels.all()
		e.takeOutShares()
	}
	for _, r := range list {
		if r.view == nil {
			continue
		}
		f := r.view.flow
		if f.failed == nil && f.owner.Out() {
			f.fail(&node{id: -1}, outOfMemory())
		}
		for _, s := range r.view.uses {
			if s.flow.failed != nil && f.failed == nil {
				f.fail(&node{id: -1}, s.flow.failed)
			}
		}
		for _, s := range r.view.sources {
			if src, err := e.rels.get(s); err == nil && src.view != nil && src.view.flow.failed != nil && f.failed == nil {
				f.fail(&node{id: -1}, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "it stands on \"%s\", which is out of service", src.Name))
			}
		}
		if f.failed != nil && !f.out {
			e.takeOutOf(f)
		}
	}
}

func outOfMemory() error {
	return pgerr.New(pgerr.OutOfMemory, "its state is past the memory budget")
}

// viewTroubles counts what can put a view out of service: failures and owners marked out.
type viewTroubles struct {
	failures int
	marked   uint64
}

// takeOutOf marks a failed dataflow's consumers off and remembers to log it.
func (e *Engine) takeOutOf(f *Dataflow) {
	f.out = true
	f.failAll(f.failed)
	err := pgerr.From(f.failed)
	e.opt.Logger.Error("a materialized view is out of service", "view", f.Name, "error", err.Message, "detail", err.Detail, "stack", err.Stack)
	for w, part := range f.all() {
		e.graph.workers()[w].switchOff(part)
	}
	e.graph.free(f)
	e.failed = append(e.failed, f)
}

// switchOff ends what a dataflow's nodes get.
func (g *Graph) switchOff(d *Dataflow) {
	for _, r := range d.nodes {
		if int(r) >= len(g.nodes) {
			continue
		}
		for _, in := range g.nodes[r].inputs {
			from := g.nodes[in]
			for i := range from.ports {
				if from.ports[i].To == r {
					from.ports[i].Off = true
				}
			}
		}
	}
}
