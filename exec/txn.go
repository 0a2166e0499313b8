package exec

import (
	"context"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// Txn is what a transaction asks of the tick it will lie in: made by the session, which
// has evaluated, coerced and checked whatever needs no look at other transactions, and
// decided by Resolve. After Commit it belongs to the session again.
type Txn struct {
	// Partition is the partition of the rows of streams; empty: SQLPartition. Events are
	// partitions that open before the rows come, or close behind them.
	Partition string
	Events    []PartitionEvent
	// Snapshot is the tick that the transaction saw.
	Snapshot uint64
	// Explicit says that the client was told what its statements did already: a
	// difference at commit is 40001, never a late 23505.
	Explicit bool
	Writes   []Write
	locks    []lock
	// DDL is the catalog's diff; nil: none. View is the state of a materialized view that
	// was filled beside running ticks (Engine.Fill).
	DDL  []byte
	View *Filled
	// Renewed are the views that stand on View and are built anew with it (Engine.FillOver), what
	// others read before these.
	Renewed []*Filled
	// Indexes are those of the indexes in DDL that were filled beside running ticks; others
	// are filled by the tick.
	Indexes []*IndexFill
	// Created are the counters of sequences that DDL creates or restarts.
	Created []*Sequence
	// Sequences are the counters, such as last, from which the transaction has taken values; it may
	// take more while it is decided. Ahead says that it is there to have them durable before somebody
	// sees them, and that more may follow.
	Sequences map[*Sequence]bool
	Ahead     bool

	ctx context.Context // of its Commit

	// LateRows is, after Commit, how many rows were late and kept out of their stream, and
	// Diverted how many of them stand in millrace.late_rows.
	LateRows, Diverted int64
	// LateKept is how many were late and are in their stream all the same.
	LateKept int64
}

// Write is one relation's part of a transaction. Writes are decided in order.
type Write struct {
	Rel      uint32
	Truncate bool
	// Advance raises the watermark of a stream to a time in µs; nil: it does not.
	Advance *int64
	// Dead is whole rows that leave, as they were at the transaction's snapshot: it is a
	// conflict when one has changed since.
	Dead *col.Batch
	// New is whole rows that come. The engine gives the hidden row id.
	New *col.Batch
	// SkipConflicts leaves out new rows that meet a living row in the Arbiter (nil: in any
	// unique set): ON CONFLICT DO NOTHING. Skipped gets their positions.
	SkipConflicts bool
	Arbiter       *Unique
	Skipped       []int
	// Refused is set by a Commit that fails since a new row meets a living one: that row's
	// position in New.
	Refused int
	// Snapshot is the tick at which the dead rows were read; 0: the transaction's.
	Snapshot uint64
	// Point decides by looking at the newest rows itself: an UPDATE or DELETE by key, an
	// ON CONFLICT DO UPDATE. Its error is the transaction's.
	Point func(r *Resolver) error
}

// rows counts what a transaction brings, for the cut into ticks.
func (t *Txn) rows() int {
	n := 0
	for _, l := range t.locks {
		n += l.rows.Len()
	}
	for _, w := range t.Writes {
		if w.Dead != nil {
			n += w.Dead.Len()
		}
		if w.New != nil {
			n += w.New.Len()
		}
		if w.Point != nil {
			n++
		}
	}
	return n
}

func (t *Txn) bytes() int64 {
	n := int64(256 + len(t.DDL))
	for _, l := range t.locks {
		n += l.rows.Bytes()
	}
	for _, w := range t.Writes {
		if w.Dead != nil {
			n += w.Dead.Bytes()
		}
		if w.New != nil {
			n += w.New.Bytes() + int64(8*w.New.N)
		}
	}
	return n
}

// mayEnd refuses the transaction, now and then while its rows are counted, when its Commit is to end.
func (t *Txn) mayEnd(row int) error {
	if t != nil && row%decidedBetween == 0 && t.ctx != nil && t.ctx.Err() != nil {
		return canceled(t.ctx)
	}
	return nil
}

// decidedBetween is how many rows are decided between two looks at whether the Commit is to end.
const decidedBetween = 1 << 12

// grows reports whether the transaction can need more memory than it frees.
func (t *Txn) grows() bool {
	return t.View != nil || slices.ContainsFunc(t.Writes, func(w Write) bool { return w.New != nil || w.Point != nil })
}

// errConflict is what a transaction gets whose rows were changed by another since its
// snapshot.
func errConflict() error {
	return pgerr.New(pgerr.SerializationFailure, "could not serialize access due to concurrent update")
}

func errDuplicate(r *relation, u *Unique, rows *col.Batch, i int) error {
	e := pgerr.New(pgerr.UniqueViolation, "duplicate key value violates unique constraint \"%s\"", u.Name)
	e.Constraint, e.Table = u.Name, r.Name
	return e.WithDetail("Key (%s)=(%s) already exists.", namesOf(&r.Relation, u.Cols), textOf(rows, u.Cols, i))
}
