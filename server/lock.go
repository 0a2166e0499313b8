package server

import (
	"context"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
)

// rowLock is rows that a transaction has read FOR UPDATE or FOR SHARE; the commit checks
// them. It holds for a transaction that writes: one that does not has seen one snapshot.
type rowLock struct {
	rel      catalog.OID
	rows     *col.Batch
	snapshot uint64
	mode     exec.LockMode
}

// lock remembers the rows that a query asks to stay as they are. Outside of a transaction
// they need not: the statement has one snapshot.
func (s *Session) lock(ctx context.Context, c *fn.Ctx, p *planner.LockPlan) error {
	t := s.txn
	if t != nil && t.readOnly || t == nil && s.on("default_transaction_read_only") {
		return pgerr.New(pgerr.ReadOnlySQLTransaction, "cannot execute SELECT %s in a read-only transaction", p.Clause)
	}
	if t == nil || t.creates(p.Relation.OID) {
		return nil
	}
	rows, err := s.hold(ctx, c, p)
	if err != nil || rows.N == 0 {
		return err
	}
	n := len(t.locks)
	t.locks = append(t.locks, rowLock{p.Relation.OID, rows, t.snap.Tick, p.Mode})
	t.undo = append(t.undo, func() { t.locks = t.locks[:n] })
	return nil
}

// hold finds the rows that a lock asks for, and holds them as it says.
func (s *Session) hold(ctx context.Context, c *fn.Ctx, p *planner.LockPlan) (*col.Batch, error) {
	if p.Skip {
		return s.holdFree(ctx, c, p)
	}
	rows, err := s.lockable(ctx, c, p)
	if err != nil {
		return nil, err
	}
	if !s.txn.tryHold(p.Relation.OID, keyTexts(rows, p.Relation.Identity()), p.Mode, !p.Nowait) {
		return nil, pgerr.New(pgerr.LockNotAvailable, "could not obtain lock on row in relation %q", p.Relation.Name)
	}
	return rows, nil
}

// lockable finds the rows that a lock asks for, without those that the transaction has written.
func (s *Session) lockable(ctx context.Context, c *fn.Ctx, p *planner.LockPlan) (*col.Batch, error) {
	m := &modification{s: s, c: c, rel: p.Relation, source: p.Source}
	if err := m.read(ctx); err != nil {
		return nil, err
	}
	rows := m.old.Compact()
	if b := s.txn.buffers[p.Relation.OID]; b != nil {
		rows = b.foreign(rows)
	}
	if (p.Nowait || p.Skip) && rows.N > mostHeld {
		return nil, pgerr.New(pgerr.ProgramLimitExceeded, "more than %d rows to lock in one query", mostHeld).WithHint("Ask for fewer with LIMIT.")
	}
	return rows, nil
}

// holdFree finds rows that nobody else holds, and holds them. Between the look at who holds what and
// the hold others may be faster: then it looks again. At READ COMMITTED the rows are those of a
// snapshot that is taken while they are held, so that nobody has changed and let go of them before;
// the statement's scan sees these rows alone.
func (s *Session) holdFree(ctx context.Context, c *fn.Ctx, p *planner.LockPlan) (*col.Batch, error) {
	t, rel, key := s.txn, p.Relation.OID, p.Relation.Identity()
	if s.hides == nil {
		s.hides = map[catalog.OID]func(*col.Batch, int) bool{}
	}
	for {
		if ctx.Err() != nil {
			return nil, causeOf(ctx)
		}
		others := t.s.srv.holds.others(t, rel, p.Mode)
		t.look()
		s.hides[rel] = func(b *col.Batch, i int) bool {
			return others[everyRow] || len(others) > 0 && others[keyText(b, upto(len(key)), i)]
		}
		rows, err := s.lockable(ctx, c, p)
		if err != nil {
			return nil, err
		}
		keys, n := keyTexts(rows, key), len(t.held)
		if !t.tryHold(rel, keys, p.Mode, false) {
			continue
		}
		mine := map[string]bool{}
		for _, k := range keys {
			mine[k] = true
		}
		s.hides[rel] = func(b *col.Batch, i int) bool { return !mine[keyText(b, upto(len(key)), i)] }
		if !t.look() {
			return rows, nil
		}
		again, err := s.lockable(ctx, c, p)
		if err != nil || again.N == rows.N {
			return again, err
		}
		t.release(n)
	}
}

// look gives a statement at READ COMMITTED a newer snapshot, if there is one.
func (t *transaction) look() (newer bool) {
	before := t.snap.Tick
	if !t.repeat {
		t.statement()
	}
	return t.snap.Tick != before
}

// foreign is the rows that the transaction has not written itself.
func (b *buffer) foreign(rows *col.Batch) *col.Batch {
	out := col.NewBatch(b.shape.Types...)
	for i := range rows.N {
		if _, own := b.ids[keyText(rows, b.shape.Key, i)]; !own {
			out.AppendRow(rows, i, 1)
		}
	}
	return out
}
