package exec

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"

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
	e.publish(e.tickNo, e.now)
	go e.run()
	return e, nil
}

func (e *Engine) recover() error {
	e.cks = checkpoint.New(e.opt.FS)
	m, err := e.cks.Load(e.pool)
	if err != nil {
		return err
	}
	e.graph = NewGraph(e.pool, e.seed, &e.steps)
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
		e.graph.Seed = e.seed
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

// begin draws the database's seed. It stands in the manifest, which the first checkpoint
// writes before anything is committed.
func (e *Engine) begin() error {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return err
	}
	e.seed[0], e.seed[1] = binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])
	e.graph.Seed = e.seed
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
	e.applyReplayed(t, ops)
	e.publish(t.tick, t.now)
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
	e.apply(t.tick, t.now, t.changes, ops, nil)
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
	src := &sources{e: e}
	owner := &pool.Owner{Name: x.Name}
	flow, root, err := e.build(e.graph, x, src, owner, nil)
	if err != nil {
		return err
	}
	flow.unborn = false
	x.node, x.top, x.view = root, e.graph.nodes[root], &view{flow: flow, sources: src.used}
	x.view.errors.Store(int64(binary.LittleEndian.Uint64(head)))
	flow.report = e.reports(x)
	e.know(x)
	if n := int(head[8]); n > 0 {
		flow.fail(&node{id: -1}, pgerr.New(string(head[9:9+n]), "%s", head[9+n:]))
		e.takeOutOf(flow)
		e.failed = e.failed[:0]
		return nil
	}
	for _, s := range flow.states {
		if err := s.state.Restore(m.Sections["state/"+s.name]); err != nil {
			return err
		}
	}
	for i, id := range flow.nodes {
		setMarks(e.graph.nodes[id], m.Sections[fmt.Sprintf("marks/%d/%d", x.OID, i)])
		if b := m.Sections[fmt.Sprintf("wake/%d/%d", x.OID, i)]; len(b) == 8 {
			e.graph.setWake(e.graph.nodes[id], int64(binary.LittleEndian.Uint64(b)))
		}
	}
	return nil
}

// maintain gives the states their turn between two ticks.
func (g *Graph) maintain() {
	for _, d := range g.busy {
		d.busy = false
		if d.failed == nil {
			for _, s := range d.states {
				s.state.Maintain()
			}
		}
	}
	g.busy = g.busy[:0]
}
