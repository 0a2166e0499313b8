package exec

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/log"
)

// debugFaults makes a wild address a panic of the tick's goroutine, which the guards
// catch, instead of the end of the process.
func debugFaults() { debug.SetPanicOnFault(true) }

// tick makes one tick of commits, or of none when a node is to be woken: Resolve, apply while the log is
// written and synced, publish, answer, in this order. What is left of a tick of many rows for streams may be
// done after the next one (unseen.go).
func (e *Engine) tick(batch []*entry) {
	from, streams := time.Now(), e.onlyStreams(batch)
	if !streams {
		e.settle()
	}
	batch = e.runTasks(batch)
	tick, now := e.tickNo+1, max(e.now, e.clock())
	woken := e.woken(now)
	if len(batch) == 0 && !woken {
		return
	}
	if err := e.admit(batch); err != nil {
		batch = refuse(batch, err)
		if len(batch) == 0 {
			return
		}
	}
	e.graph.Awaken(waitingRows(batch))
	r := e.newResolver(tick, now)
	e.silence(r)
	var in []*entry
	var ops []Op
	for _, x := range batch {
		more, err := e.decide(r, x.txn)
		if err != nil {
			x.answer(0, err)
			continue
		}
		in, ops = append(in, x), append(ops, more...)
	}
	cs, took := r.changes(), e.sequences.reservations(in)
	if !woken && (len(in) == 0 || len(cs) == 0 && len(r.ddl) == 0 && len(e.failed) == 0 && len(took) == 0) {
		e.settle()
		for _, x := range in { // nothing changed: what is visible is all there is
			x.answer(e.tickNo, nil)
		}
		return
	}
	e.unseen.awaitWritten()
	frames := append(e.recorder.frames(tick, now, r.ddl, cs, viewsOf(in), e.failed), sequenceFrames(took)...)
	if err := e.log.Admit(context.Background(), 0, e.tickNo, frames); err != nil {
		e.opt.Catalog.Forget()
		withdraw(took)
		e.refuseLogged(in, err)
		return
	}
	next := &unseen{number: tick, now: now, changes: cs, catalog: len(r.ddl) > 0, in: in, took: took, from: from}
	e.sequences.know(in)
	next.logged = e.write(frames)
	e.failed = e.failed[:0]
	e.held.add(tick, r.held)
	filled := indexes(in)
	for _, op := range ops {
		e.applyFirst(op, r.fresh, filled)
	}
	e.apply(tick, now, cs, ops, fills{by: byView(viewsOf(in))})
	e.settle()
	e.unseen = next
	if !streams || waitingRows(batch) <= smallRows || !e.queue.goesOn(overlappedRows) {
		e.settle()
	}
}

// runTasks does the work that was queued for the tick's goroutine and returns the
// transactions.
func (e *Engine) runTasks(batch []*entry) []*entry {
	var txns []*entry
	for _, x := range batch {
		if x.task != nil {
			x.task()
			x.answer(e.tickNo, nil)
			continue
		}
		txns = append(txns, x)
	}
	return txns
}

// onTick runs a function on the tick's goroutine, between ticks.
func (e *Engine) onTick(ctx context.Context, f func()) error {
	x := &entry{task: f, done: make(chan struct{})}
	if err := e.queue.put(ctx, x); err != nil {
		return err
	}
	<-x.done
	return nil
}

// decide resolves one transaction and its part of the catalog.
func (e *Engine) decide(r *Resolver, t *Txn) ([]Op, error) {
	if t.DDL == nil {
		return nil, e.resolve(r, t, nil)
	}
	ops, err := e.opt.Catalog.Next(t.DDL)
	if err != nil {
		return nil, err
	}
	for _, op := range ops {
		if op.Create != nil && !op.Create.View {
			r.fresh[op.Create.OID] = e.newRelation(op.Create)
		}
	}
	if err := e.resolve(r, t, ops); err != nil {
		t.giveUp()
		e.opt.Catalog.Back()
		return nil, err
	}
	r.ddl = append(r.ddl, t.DDL)
	return ops, nil
}

// resolve lets the resolver decide a transaction; a panic in it is the transaction's error.
func (e *Engine) resolve(r *Resolver, t *Txn, ops []Op) (err error) {
	if p := guard(func() error { err = r.resolve(t, ops); return nil }); p != nil {
		return p
	}
	return err
}

// admit says whether there is room for the batch in memory and on disk.
func (e *Engine) admit(batch []*entry) error {
	size, grows := int64(4096), false
	for _, x := range batch {
		size += x.bytes + x.bytes/8
		grows = grows || x.txn.grows()
	}
	if grows && e.pool.Over() {
		return pgerr.New(pgerr.OutOfMemory, "out of memory").
			WithDetail("%d MB of the budget of %d MB are in use.", e.pool.Used()>>20, e.pool.Budget()>>20).
			WithHint("Drop views that are not needed, or start the server with more --memory.")
	}
	err := e.log.Reserve(context.Background(), size)
	if pgerr.CodeOf(err) == pgerr.DiskFull && e.tickNo > e.checkpointed {
		// The log itself may be what fills the disk: a checkpoint lets it be short again.
		if failed := e.Checkpoint(); failed == nil {
			err = e.log.Reserve(context.Background(), size)
		}
	}
	return err
}

// refuse answers the transactions that grow with an error and returns the others.
func refuse(batch []*entry, err error) []*entry {
	var rest []*entry
	for _, x := range batch {
		if x.txn.grows() || pgerr.CodeOf(err) != pgerr.OutOfMemory {
			x.answer(0, err)
			continue
		}
		rest = append(rest, x)
	}
	return rest
}

func (e *Engine) refuseLogged(in []*entry, err error) {
	answer := error(pgerr.From(err))
	if errors.Is(err, log.ErrStopped) || errors.Is(err, log.ErrFenced) {
		answer = e.stop(err)
	}
	for _, x := range in {
		x.answer(0, answer)
	}
}

// viewsOf lists the views that transactions bring filled.
func viewsOf(in []*entry) (out []*Filled) {
	for _, x := range in {
		if v := x.txn.View; v != nil {
			out = append(append(out, v), x.txn.Renewed...)
		}
	}
	return out
}

func byView(filled []*Filled) map[uint32]*Filled {
	out := map[uint32]*Filled{}
	for _, f := range filled {
		out[f.rel.OID] = f
	}
	return out
}

// fills is the views of a tick that were filled before it: as they are or, in replay, how that
// was done.
type fills struct {
	by  map[uint32]*Filled
	was map[uint32]*fillRounds
	// later are the views that the rest of the tick replaces.
	later map[uint32]bool
}

// replacedBy lists the views that are replaced.
func replacedBy(ops []Op) map[uint32]bool {
	out := map[uint32]bool{}
	for _, op := range ops {
		if op.Replace != nil {
			out[op.Replace.OID] = true
		}
	}
	return out
}

// apply lets a logged tick happen: catalog, relations, dataflows. It cannot fail; what
// goes wrong in it takes a view out of service, or stops the engine.
func (e *Engine) apply(tick uint64, now int64, cs []change, ops []Op, filled fills) {
	e.tickNo, e.now = tick, now
	e.stats.Ticks.Add(1)
	e.applyChanges(tick, now, cs)
	for i, op := range ops {
		filled.later = replacedBy(ops[i+1:])
		e.applyLast(tick, now, op, filled)
	}
	e.takeOut()
	if len(ops) > 0 { // what was dropped gives its memory back, though no step may follow
		e.pool.EndStep()
	}
	if err := e.errs.apply(tick); err != nil {
		e.stop(err)
	}
}

func (e *Engine) applyChanges(tick uint64, now int64, cs []change) {
	for i := range cs {
		if cs[i].cut {
			e.truncate(tick, now, cs[i].rel)
		}
		if err := cs[i].rel.store.Expire(tick, now); err != nil {
			e.stop(err)
		}
	}
	if cs = e.applyTemporary(tick, cs); e.fatal.Load() != nil {
		return
	}
	steps := pieces(cs, e.opt.StepRows)
	if len(steps) > 1 {
		steps = pieces(e.sunkIntoFirst(e.lookedUpFirst(cs)), e.opt.StepRows)
	}
	for i, step := range steps {
		last := i == len(steps)-1
		e.graph.Begin(tick, now, last)
		if !last {
			e.graph.rest = fedBy(steps[i+1:])
		}
		for _, p := range step {
			d := p.delta()
			if err := p.rel.store.Apply(tick, d); err != nil {
				e.stop(err)
				return
			}
			e.graph.Feed(p.rel.node, d)
			e.stats.Rows.Add(uint64(d.N))
		}
		if last {
			for _, c := range cs {
				c.rel.mark, c.rel.parts = c.mark, c.parts
				if c.rel.Watermark >= 0 {
					e.graph.SetWatermark(c.rel.node, c.rel.Watermark, c.mark)
				}
			}
		}
		e.graph.Flush()
		e.stats.Steps.Add(1)
	}
}

// applyTemporary applies the changes of temporary relations and returns the others. No dataflow
// reads them, and replay does not have them: they may have no part in how the tick is cut.
func (e *Engine) applyTemporary(tick uint64, cs []change) []change {
	lasting := func(c change) bool { return !c.rel.Temporary }
	if !slices.ContainsFunc(cs, func(c change) bool { return c.rel.Temporary }) {
		return cs
	}
	own := slices.DeleteFunc(slices.Clone(cs), lasting)
	for _, step := range pieces(own, e.opt.StepRows) {
		for _, p := range step {
			if err := p.rel.store.Apply(tick, p.delta()); err != nil {
				e.stop(err)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(cs), func(c change) bool { return c.rel.Temporary })
}

// lookedUpFirst puts the relations that temporal joins look up, and have no rows of their own
// from, before the others of a tick: what comes after them need not wait for the tick's end.
func (e *Engine) lookedUpFirst(cs []change) []change {
	only := func(c change) bool {
		source, looked := map[Ref]bool{c.rel.node: true}, false
		for _, n := range e.graph.nodes {
			if n.looksUp {
				if e.graph.reads(n.inputs[0], source) {
					return false
				}
				looked = looked || e.graph.reads(n.inputs[1], source)
			}
		}
		return looked
	}
	var first, others []change
	for _, c := range cs {
		if only(c) {
			first = append(first, c)
		} else {
			others = append(others, c)
		}
	}
	return append(first, others...)
}

// fedBy is the sources that steps feed.
func fedBy(steps [][]piece) map[Ref]bool {
	out := map[Ref]bool{}
	for _, step := range steps {
		for _, p := range step {
			out[p.rel.node] = true
		}
	}
	return out
}

// truncate empties a relation, and tells the dataflows on it row by row.
func (e *Engine) truncate(tick uint64, now int64, r *relation) {
	if len(e.graph.nodes[r.node].ports) > 0 {
		for b, err := range r.store.At(tick-1, firstN(len(r.Types)), accessAll) {
			if err != nil {
				e.stop(err)
				return
			}
			d := *b.Compact()
			d.W = make([]int64, d.N)
			for i := range d.W {
				d.W[i] = -b.Weight(b.Row(i))
			}
			d.Consolidated = true
			e.graph.Begin(tick, now, false)
			e.graph.Feed(r.node, &d)
			e.graph.Flush()
		}
	}
	if err := r.store.Truncate(tick); err != nil {
		e.stop(err)
	}
}

// between does what is due between two ticks, in small slices.
func (e *Engine) between() {
	horizon := e.pins.Evict(func(h uint64) int64 { return e.upkeep.Kept(h) + e.rels.kept(h) })
	e.held.forget(horizon)
	e.rels.forget(horizon)
	e.upkeep.Maintain(e.tickNo, horizon, 200*time.Microsecond)
	e.graph.maintain()
	if e.due() && e.fatal.Load() == nil {
		if err := e.Checkpoint(); err != nil {
			e.opt.Logger.Warn("a checkpoint failed", "error", err)
			e.spent /= 2
		}
	}
}

// due says that it is time for a checkpoint.
func (e *Engine) due() bool {
	n := e.opt.CheckpointTicks
	return e.spent > e.opt.CheckpointAfter || n > 0 && e.tickNo-e.checkpointed >= n
}
