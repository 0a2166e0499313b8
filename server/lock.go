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
	m := &modification{s: s, c: c, rel: p.Relation, source: p.Source}
	if err := m.read(ctx); err != nil {
		return err
	}
	rows := m.old
	if b := t.buffers[p.Relation.OID]; b != nil {
		rows = b.foreign(rows)
	}
	if rows.N == 0 {
		return nil
	}
	n := len(t.locks)
	t.locks = append(t.locks, rowLock{p.Relation.OID, rows, t.snap.Tick, p.Mode})
	t.undo = append(t.undo, func() { t.locks = t.locks[:n] })
	return nil
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
