package server

import (
	"context"
	"fmt"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
)

// modification is an UPDATE or DELETE: which rows, and what becomes of them.
type modification struct {
	s       *Session
	c       *fn.Ctx
	rel     *catalog.Relation
	source  planner.Node
	point   *planner.Point
	program *planner.RowProgram // nil: the rows go
	returns bool

	count    int64
	old, now *col.Batch // whole rows, before and after
	joined   *col.Batch // for RETURNING: the new (or old) row, then the columns of FROM
}

// unique is a look-up if no two rows can have its key: Resolve finds one row a key.
func (s *Session) unique(p *planner.Point) *planner.Point {
	if p == nil {
		return nil
	}
	if i := s.CurrentCatalog().Relation(p.Index); i == nil || i.Index == nil || !i.Index.Unique {
		return nil
	}
	return p
}

// update carries out an UPDATE.
func (s *Session) update(ctx context.Context, c *fn.Ctx, plan *planner.Plan, out *output) (string, error) {
	p := plan.Update
	m := &modification{s: s, c: c, rel: p.Relation, source: p.Source, point: s.unique(p.Point), program: p.Program, returns: p.Returning != nil}
	if err := m.run(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("UPDATE %d", m.count), s.returning(ctx, c, plan, p.Returning, m.joined, out)
}

// delete carries out a DELETE.
func (s *Session) delete(ctx context.Context, c *fn.Ctx, plan *planner.Plan, out *output) (string, error) {
	p := plan.Delete
	m := &modification{s: s, c: c, rel: p.Relation, source: p.Source, point: s.unique(p.Point), returns: p.Returning != nil}
	if err := m.run(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("DELETE %d", m.count), s.returning(ctx, c, plan, p.Returning, m.joined, out)
}

func (m *modification) run(ctx context.Context) error {
	s := m.s
	if s.txn != nil {
		b, err := s.txn.buffer(m.rel)
		if err != nil {
			return err
		}
		if err := m.read(ctx); err != nil || m.count == 0 {
			return err
		}
		if err := b.Delete(0, m.old, s.txn.snap.Tick); err != nil || m.program == nil {
			return err
		}
		return b.Insert(0, m.now)
	}
	if m.program == nil && cascades(s.CurrentCatalog(), m.rel.OID) {
		return m.deleteAlone(ctx)
	}
	if m.point != nil {
		return s.commit(ctx, m.rel.OID, &exec.Txn{Writes: []exec.Write{{Rel: uint32(m.rel.OID), Point: m.resolve}}})
	}
	return s.again(ctx, m.rel.OID, func() (*exec.Txn, error) {
		snap := s.srv.engine.Snapshot()
		defer snap.Release()
		if err := m.readAt(ctx, snap); err != nil || m.count == 0 {
			return nil, err
		}
		w := exec.Write{Rel: uint32(m.rel.OID), Dead: m.old}
		if m.program != nil {
			w.New = m.now
		}
		return &exec.Txn{Snapshot: snap.Tick, Writes: []exec.Write{w}}, nil
	})
}

func (m *modification) read(ctx context.Context) error { return m.readAt(ctx, m.s.txn.snap) }

// readAt finds the rows at a snapshot and makes the new ones.
func (m *modification) readAt(ctx context.Context, snap *exec.Snapshot) error {
	m.reset()
	seen := map[string]bool{}
	key := m.rel.Identity()
	changed := func(string) bool { return false }
	if t := m.s.txn; t != nil && t.frozen != nil {
		changed = func(k string) bool { return t.changed(t.buffers[m.rel.OID], k) }
	}
	return m.s.run(ctx, m.s.context(m.c.Params), snap, m.source, func(b *col.Batch) error {
		b = b.Compact()
		once := *b
		once.W, once.Sel = nil, []uint32{}
		for i := range b.N {
			if k := keyText(b, key, i); !seen[k] && !changed(k) {
				seen[k] = true
				once.Sel = append(once.Sel, uint32(i))
			}
		}
		return m.take(once.Compact())
	})
}

func (m *modification) reset() {
	m.count, m.old, m.now, m.joined = 0, col.NewBatch(m.rel.Types()...), col.NewBatch(m.rel.Types()...), nil
}

// take adds rows of the source: whole rows, then what FROM adds.
func (m *modification) take(b *col.Batch) error {
	if b.N == 0 {
		return nil
	}
	defer m.c.Reset()
	types := m.rel.Types()
	old := &col.Batch{N: b.N, Cols: b.Cols[:len(types)]}
	after := old
	if m.program != nil {
		made, err := m.s.makeRows(m.c, m.rel, m.program, b)
		if err != nil {
			return err
		}
		after = ownRows(types, made)
		m.now.AppendBatch(after)
	}
	m.old.AppendBatch(ownRows(types, old))
	m.count += int64(b.N)
	if m.returns {
		whole := &col.Batch{N: b.N, Cols: append(append([]col.Vector(nil), after.Cols...), b.Cols[len(types):]...)}
		if m.joined == nil {
			m.joined = col.NewBatch(whole.Types()...)
		}
		m.joined.AppendBatch(whole)
	}
	return nil
}

// resolve runs a statement whose rows are found by key, whole, against the newest rows.
func (m *modification) resolve(r *exec.Resolver) error {
	m.reset()
	cat := m.s.CurrentCatalog()
	index := cat.Relation(m.point.Index)
	keys, err := keyVectors(m.c, m.rel, index.Index.Columns, m.point.Keys)
	if err != nil || keys == nil {
		return err
	}
	found := col.NewBatch(m.rel.Types()...)
	if _, err := r.Lookup(uint32(m.rel.OID), m.s.arbiter(m.rel, m.point.Index), keys, found); err != nil {
		return err
	}
	for _, f := range m.point.Filter {
		sel := expr.Filter(m.c, f, found, found.Sel)
		if marks := m.c.Marks(); len(marks) > 0 {
			return marks[0].Err
		}
		if sel == nil {
			sel = []uint32{}
		}
		found.Sel = sel
	}
	if found = found.Compact(); found.N == 0 {
		return nil
	}
	if err := m.take(found); err != nil {
		return err
	}
	if err := r.Delete(uint32(m.rel.OID), m.old, 0); err != nil || m.program == nil {
		return err
	}
	return r.Insert(uint32(m.rel.OID), m.now)
}

// truncate carries out a TRUNCATE.
func (s *Session) truncate(ctx context.Context, p *planner.TruncatePlan) error {
	if s.txn != nil {
		if p.Restart != nil {
			if err := s.txn.change(ctx, &planner.ChangePlan{Diff: p.Restart}, p.Restart); err != nil {
				return err
			}
		}
		for _, r := range p.Relations {
			b, err := s.txn.buffer(r)
			if err != nil {
				return err
			}
			b.truncate()
		}
		return nil
	}
	x := &exec.Txn{}
	for _, r := range p.Relations {
		x.Writes = append(x.Writes, exec.Write{Rel: uint32(r.OID), Truncate: true})
	}
	if p.Restart != nil {
		x.DDL = p.Restart.Encode(nil)
	}
	return s.commits(ctx, x, p.Restart)
}
