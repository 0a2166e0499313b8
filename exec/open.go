package exec

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/checkpoint"
	"github.com/millracedb/millrace/storage/log"
	"github.com/millracedb/millrace/storage/pool"
)

// Open starts the engine on a folder: it reads the last checkpoint, replays the log's
// ticks after it, and begins to take commits. A new folder begins with the relations
// that the catalog names. Damage is XX001 with the file and the offset.
func Open(o Options) (*Engine, error) {
	e, err := newEngine(o)
	if err != nil {
		return nil, err
	}
	if err := e.recover(); err != nil {
		if e.log != nil {
			_ = e.log.Close()
		}
		_ = e.pool.Close()
		_ = e.lock.Close()
		return nil, err
	}
	if err := e.sweepTemp(); err != nil {
		o.Logger.Warn("temporary files of the last run stay", "error", err)
	}
	e.publish(e.tickNo, e.now)
	e.listOrphans()
	go e.run()
	return e, nil
}

func (e *Engine) recover() error {
	e.cks = checkpoint.New(e.opt.FS)
	m, err := e.cks.Load(e.pool)
	if err != nil {
		return err
	}
	e.newGraph(m)
	o := e.opt.Log
	o.Create = m == nil
	var chain uint64
	if m != nil {
		o.Base = m.Tick
		if h := m.Sections["engine"]; len(h) >= plainHeader {
			chain = binary.LittleEndian.Uint64(h[40:])
		}
		if err := e.readHeader(m); err != nil {
			return err
		}
		e.setSeed()
		if err := e.restore(m); err != nil {
			return err
		}
	} else if err := e.begin(); err != nil {
		return err
	}
	if e.log, err = log.Open(e.opt.FS, o); err != nil {
		return err
	}
	e.publish(e.tickNo, e.now)
	if m == nil {
		return e.first()
	}
	return e.replay(chain)
}

// newGraph makes the graphs: one for each worker, and as many as a view of the checkpoint has
// parts. A view's states stay divided as they are, so that it goes on as it was, whatever the
// number of workers now.
func (e *Engine) newGraph(m *checkpoint.Manifest) {
	n := e.opt.Workers
	if m != nil {
		for name, b := range m.Sections {
			if strings.HasPrefix(name, partsSection) && len(b) == 4 {
				n = max(n, int(min(binary.LittleEndian.Uint32(b), MaxWorkers)))
			}
		}
	}
	e.graph = NewGraphs(e.pool, e.seed, &e.steps, n, e.opt.Workers)
	e.graph.ShareRows(e.opt.ShareRows)
	for range n - 1 {
		e.away = append(e.away, newErrorBatch())
	}
	if e.graph.team != nil {
		e.graph.team.after = func() { e.errs.gather(e.away) }
	}
}

func (e *Engine) setSeed() {
	for _, g := range e.graph.workers() {
		g.Seed = e.seed
	}
}

// begin draws the database's seed. It stands in the manifest, which the first checkpoint
// writes before anything is committed.
func (e *Engine) begin() error {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return err
	}
	e.seed[0], e.seed[1] = binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])
	e.setSeed()
	return nil
}

// first makes the relations of an empty database and its first checkpoint.
func (e *Engine) first() error {
	ops, err := e.opt.Catalog.Restore(nil)
	if err != nil {
		return err
	}
	for _, op := range ops {
		if op.Create != nil {
			e.addRelation(e.newRelation(op.Create))
		}
	}
	e.pins.Publish(0)
	return e.Checkpoint()
}

// replay applies the log's ticks after the checkpoint, without Resolve and without the
// log.
func (e *Engine) replay(chain uint64) error {
	first := true
	for r, err := range e.log.Read(context.Background(), 0, e.tickNo+1) {
		if err != nil {
			return err
		}
		if first && r.Prev != chain {
			return pgerr.New(pgerr.DataCorrupted, "the log does not continue the checkpoint of tick %d", e.tickNo)
		}
		first = false
		if err := e.replayTick(r); err != nil {
			return err
		}
	}
	if _, tip := e.log.Tip(); first && tip != chain {
		return pgerr.New(pgerr.DataCorrupted, "the log does not continue the checkpoint of tick %d", e.tickNo)
	}
	e.failed = nil
	return nil
}

func (e *Engine) replayTick(r log.Record) error {
	t, err := readHead(r)
	if err != nil {
		return err
	}
	var ops []Op
	for _, d := range t.ddl {
		more, err := e.opt.Catalog.Next(d)
		if err != nil {
			return badRecord(r.Seq, fmt.Sprintf("its change of the catalog does not fit: %v", err))
		}
		ops = append(ops, more...)
	}
	for _, op := range ops { // changes may be of relations of this very tick
		e.applyFirst(op, nil, nil)
	}
	if err := e.readChanges(t, r); err != nil {
		return err
	}
	e.quarantine(t.out)
	for _, b := range t.took {
		if !e.sequences.replay(b) {
			return badRecord(r.Seq, "malformed entry of a sequence")
		}
	}
	e.applyReplayed(t, ops)
	e.show(t.tick, t.now, t.changes, false)
	if f := e.fatal.Load(); f != nil {
		return badRecord(r.Seq, f.Message)
	}
	return nil
}

func (e *Engine) applyReplayed(t *tickRecord, ops []Op) {
	for i := range t.changes {
		if c := &t.changes[i]; c.rel.RowID >= 0 {
			for _, b := range c.born {
				for _, id := range b.Cols[c.rel.RowID].I64 {
					c.rel.rowID = max(c.rel.rowID, id)
				}
			}
		}
	}
	e.apply(t.tick, t.now, t.changes, ops, fills{was: t.filled})
	if len(t.ddl) > 0 {
		e.opt.Catalog.Publish(t.tick)
	}
}

// quarantine takes the views out of service that were taken out when the log was written.
func (e *Engine) quarantine(out []quarantined) {
	for _, q := range out {
		if r, err := e.rels.get(q.view); err == nil && r.view != nil && r.view.flow.failed == nil {
			r.view.flow.fail(&node{id: -1}, q.err)
			e.takeOutOf(r.view.flow)
		}
	}
	e.failed = e.failed[:0]
}

// restoreView builds a view's dataflow from its stored plan and gives its states back
// what they held.
func (e *Engine) restoreView(m *checkpoint.Manifest, x *relation, head []byte) error {
	if len(head) < 9 || len(head) < 9+int(head[8]) {
		return pgerr.New(pgerr.DataCorrupted, "the checkpoint's manifest lacks view \"%s\"", x.Name)
	}
	src, parts := &sources{e: e, restored: true, listed: readNames(m.Sections[fmt.Sprintf(readsSection+"%d", x.OID)])}, 1
	if b := m.Sections[fmt.Sprintf(partsSection+"%d", x.OID)]; len(b) == 4 {
		parts = int(binary.LittleEndian.Uint32(b))
	}
	owner := &pool.Owner{Name: x.Name}
	flow, root, err := e.build(e.graph, x, src, owner, parts)
	if err != nil {
		return err
	}
	flow.unborn = false
	x.node, x.top, x.view = root, e.graph.nodes[root], &view{flow: flow, parts: parts, sources: src.used}
	if err := e.restoreShares(m, src.shares); err != nil {
		return err
	}
	x.view.reads, x.view.uses = src.reads, e.use(src.reads, true)
	x.view.errors.Store(int64(binary.LittleEndian.Uint64(head)))
	flow.reportTo(e.reports(x))
	e.know(x)
	if n := int(head[8]); n > 0 {
		flow.fail(&node{id: -1}, pgerr.New(string(head[9:9+n]), "%s", head[9+n:]))
		e.takeOutOf(flow)
		e.failed = e.failed[:0]
		return nil
	}
	for w, part := range flow.all()[:parts] {
		if err := part.restore(m, e.graph.workers()[w]); err != nil {
			why := pgerr.From(err)
			flow.fail(&node{id: -1}, pgerr.New(why.Code, "its state is damaged, or of another build: %s", why.Message))
			return nil
		}
	}
	return nil
}

// maintain gives the states their turn between two ticks.
func (g *Graph) maintain() {
	for _, w := range g.workers() {
		for _, d := range w.busy {
			d.busy = false
			if d.failed == nil {
				for _, s := range d.states {
					s.state.Maintain()
				}
			}
		}
		w.busy = w.busy[:0]
	}
}
