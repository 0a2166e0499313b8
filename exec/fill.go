package exec

import (
	"context"
	"math"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/pool"
	"github.com/millracedb/millrace/storage/table"
)

// Filled is a view that was built beside running ticks, in a private graph, and waits to
// be attached by the tick of its CREATE.
type Filled struct {
	rel    *relation
	graph  *Graph
	flow   *Dataflow
	root   Ref
	src    *sources
	upto   uint64 // the tick whose contents it has
	pin    *table.Pin
	errors *errorRows
	marks  []int64    // of the sources, not above those at upto
	rounds fillRounds // how it was filled so far
	ahead  *headStart // of a view that takes another one's place; nil: nothing is known
}

// Release gives up a filled view that was not attached.
func (f *Filled) Release() {
	f.pin.Release()
	f.free()
}

// newFill begins a view in graphs of its own, one a worker, which a single goroutine goes
// through, over relations that stand and views that are filled beside it. stop ends it; nil: nothing
// does.
func (e *Engine) newFill(r *Relation, stop context.Context, below ...*Filled) (*Filled, error) {
	owner := &pool.Owner{Name: r.Name, Volatile: true}
	f := &Filled{src: &sources{e: e, own: true, beside: below}, errors: newErrorRows(e, true)}
	f.graph = NewGraphs(e.pool, e.seed, &e.steps, len(e.graph.workers()), 1)
	for _, g := range f.graph.workers() {
		g.owner = owner
		g.stopBy(stop)
	}
	f.rel = &relation{Relation: *r, store: table.New(e.config(r)), mark: NoWatermark}
	var err error
	f.rel.published.Store(NoWatermark)
	f.rel.view = &view{parts: e.partsFor(r)}
	f.flow, f.root, err = e.build(f.graph, f.rel, f.src, owner, f.rel.view.parts)
	f.rel.view.flow = f.flow
	f.flow.reportTo(func(int) func(*RowFault) error {
		return func(x *RowFault) error { f.errors.add(r.Name, x); return nil }
	})
	if err == nil {
		f.rel.top = f.graph.nodes[f.root]
		err = f.indexAs(e, r.OID)
	}
	return f, err
}

// indexAs gives a view the indexes of the one whose place it takes.
func (f *Filled) indexAs(e *Engine, oid uint32) error {
	old, err := e.rels.get(oid)
	if err != nil { // it is a new one
		return nil
	}
	for _, x := range old.store.Indexes() {
		if err := f.rel.store.CreateIndex(x.Name, x.Cols, x.Unique); err != nil {
			return err
		}
	}
	return nil
}

// partsFor is among how many workers a new view's states are divided; of one that takes
// another's place no more than that was made for, since what reads it is divided so.
func (e *Engine) partsFor(r *Relation) int {
	if r.Undivided {
		return 1
	}
	if old, err := e.rels.get(r.OID); err == nil && old.view != nil {
		return min(old.view.parts, e.opt.Workers)
	}
	return e.opt.Workers
}

// build makes a view's dataflow in a graph, ending in the store of its relation: a part of it
// for each worker, of the same nodes. Its states are divided among so many of them.
func (e *Engine) build(g *Graph, rel *relation, src *sources, owner *pool.Owner, parts int) (flow *Dataflow, root Ref, err error) {
	var flows []*Dataflow
	for _, of := range g.workers() { // all of them, though a part cannot be built
		d := NewDataflow(rel.OID, rel.Name, true, owner, nil)
		d.g, flows = of, append(flows, d)
	}
	for w, of := range g.workers() {
		b := of.NewBuilder(flows[w], fn.NewCtx(nil, 0))
		b.parts, b.src = parts, src
		if w > 0 {
			b.src = &sources{e: e, own: src.own, restored: src.restored, leader: src, listed: src.listed}
		}
		if err = guard(func() error { root, err = e.buildPart(b, rel); return err }); err != nil {
			break
		}
	}
	src.joinParts()
	flow = flows[0]
	if len(flows) > 1 {
		for _, d := range flows {
			d.parts = flows
		}
	}
	return flow, root, err
}

func (e *Engine) buildPart(b *Builder, rel *relation) (root Ref, err error) {
	top, err := e.opt.Plans.Build(&rel.Relation, b)
	if err == nil {
		b.Node(-1)
		store := rel.store
		if rel.Into != 0 {
			top = b.outlet(b.Exchange(top, nil), &rel.Relation)
			if !b.src.own { // what it has to write as it begins is written
				store = nil
			}
		}
		root = b.materialize(top, store, rel.Changing)
		b.sweep()
		b.route()
	}
	return root, err
}

// reportTo has every part of a dataflow report the rows that it cannot compute.
func (d *Dataflow) reportTo(report func(worker int) func(*RowFault) error) {
	for w, p := range d.all() {
		p.report = report(w)
	}
}

// SetSettings gives the settings that a view's expressions are evaluated with: those of
// its creation.
func (b *Builder) SetSettings(c *fn.Ctx) { b.ctx = c }

// Fill builds a view over what its sources hold, while ticks go on: first their rows at a
// snapshot, a step at a time, then rounds of what has changed meanwhile, until less than a
// step remains. The tick of the CREATE does the rest. Plans must know the view.
func (e *Engine) Fill(ctx context.Context, r *Relation, progress func(rows int64)) (*Filled, error) {
	return e.FillOver(ctx, nil, r, progress)
}

// FillOver is Fill of a view that reads others which were filled, and are to be attached in the same
// tick before it.
func (e *Engine) FillOver(ctx context.Context, below []*Filled, r *Relation, progress func(rows int64)) (*Filled, error) {
	f, err := e.newFill(r, ctx, below...)
	if err != nil {
		f.free()
		return nil, err
	}
	if err := f.fill(ctx, progress); err != nil {
		return nil, err
	}
	return f, nil
}

// fill gives a view that was begun its rows, or gives up what it has.
func (f *Filled) fill(ctx context.Context, progress func(rows int64)) (err error) {
	e := f.src.e
	for _, s := range f.src.feeds {
		f.marks = append(f.marks, s.rel.published.Load())
	}
	f.pin = e.pins.PinExempt()
	f.upto = f.pin.Tick()
	f.rounds = fillRounds{view: f.rel.OID, first: instant{f.upto, e.Newest().Now}, marks: f.marks}
	for _, b := range f.src.beside {
		if _, err := b.catchUp(ctx, e, f.upto, f.rounds.first.now, false); err != nil {
			f.Release()
			return err
		}
	}
	if err := f.snapshot(ctx, f.rounds.first.now, progress); err != nil {
		f.Release()
		return err
	}
	if err := f.approach(ctx); err != nil {
		f.Release()
		return err
	}
	return nil
}

// fewRows are left to the tick that attaches a view, where the rounds before it get there.
const fewRows = 256

// approach feeds what has changed meanwhile, until next to nothing remains for the tick that
// attaches the view; or, where more comes in a round than half of what came in the one before,
// less than a step.
func (f *Filled) approach(ctx context.Context) error {
	e := f.src.e
	step := int64(e.opt.StepRows)
	for before := int64(math.MaxInt64); ; {
		at, n := e.Newest(), int64(0)
		var err error
		for _, x := range append(slices.Clip(f.src.beside), f) {
			var more int64
			if more, err = x.catchUp(ctx, e, at.Tick, at.Now, false); err != nil {
				break
			}
			n += more
		}
		if err != nil || n < min(fewRows, step) || n < step && n > before/2 {
			return err
		}
		before = n
	}
}

// finish feeds, in the tick that attaches the view, what is left.
func (f *Filled) finish(e *Engine, tick uint64, now int64) error {
	_, err := f.catchUp(context.Background(), e, tick, now, true)
	return err
}

// snapshot feeds the sources' rows at the pinned tick. Its steps are cut by the rows alone,
// not by the batches in which they lie.
func (f *Filled) snapshot(ctx context.Context, now int64, progress func(int64)) error {
	f.begin(now, false)
	f.graph.TouchAll(f.flow)
	rows := int64(0)
	for _, s := range f.src.kept() {
		for b, err := range s.rel.store.At(f.upto, s.cols, accessAll) {
			if err == nil {
				err = endOf(ctx)
			}
			if err != nil {
				return err
			}
			d := *b.Compact()
			d.Consolidated, d.Step = !s.rel.Bag, false
			before := rows
			rows = f.feed(s, &d, rows, now)
			if most := int64(f.src.e.opt.StepRows); progress != nil && rows/most > before/most {
				progress(rows)
			}
			if err := f.failed(); err != nil {
				return err
			}
		}
	}
	f.graph.Flush()
	f.begin(now, true)
	for i, s := range f.src.feeds {
		f.advance(s, f.marks[i])
	}
	f.graph.Flush()
	return f.failed()
}

// begin begins a step over the rows of the snapshot. Nothing has been before the first tick, which
// is that of the CREATE then: what comes of no row is of that.
func (f *Filled) begin(now int64, last bool) { f.graph.Begin(max(f.upto, 1), now, last) }

// feed feeds a batch after so many rows and returns how many there are then; a full step is
// ended.
func (f *Filled) feed(s feed, d *col.Batch, rows, now int64) int64 {
	most := f.src.e.opt.StepRows
	for from := 0; from < d.N; {
		part, n := d, min(most-int(rows%int64(most)), d.N-from)
		if n < d.N {
			part = slice(d, from, n)
		}
		f.graph.Feed(s.node, part)
		from += n
		if rows += int64(n); rows%int64(most) == 0 {
			f.graph.Flush()
			f.begin(now, false)
		}
	}
	return rows
}

// endOf is the error of a statement whose context has ended, nil while it has not.
func endOf(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return canceled(ctx)
}

func (f *Filled) advance(s feed, mark int64) {
	if s.rel.Watermark >= 0 {
		f.graph.SetWatermark(s.node, s.rel.Watermark, mark)
	}
}

// catchUp feeds what changed after f.upto up to a tick, and returns how many rows.
func (f *Filled) catchUp(ctx context.Context, e *Engine, to uint64, now int64, final bool) (n int64, err error) {
	if to <= f.upto && !final {
		return 0, nil
	}
	if !final {
		f.rounds.then = append(f.rounds.then, instant{to, now})
	}
	for _, s := range f.src.kept() {
		err := s.rel.store.Changes(f.upto, to, s.cols, func(_ uint64, b *col.Batch) error {
			if err := endOf(ctx); err != nil {
				return err
			}
			d := *b.Compact()
			d.Step = false
			f.graph.Begin(to, now, false)
			f.graph.Feed(s.node, &d)
			f.graph.Flush()
			n += int64(d.N)
			return f.failed()
		})
		if err != nil {
			return n, err
		}
	}
	if final {
		f.graph.Begin(to, now, true)
		for _, s := range f.src.feeds {
			f.advance(s, s.rel.mark)
		}
		f.graph.Flush()
	}
	f.upto = to
	if f.ahead == nil { // else the old rows' changes since then are still to be read
		f.pin.Advance(to)
	}
	return n, f.failed()
}
