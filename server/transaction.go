package server

import (
	"context"
	"errors"
	"maps"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/planner"
)

// transaction is what several statements do together: they see a snapshot and each
// other, and reach the engine with the commit, as one tick.
type transaction struct {
	s        *Session
	block    bool // begun by BEGIN; else it ends with the message group
	failed   bool
	readOnly bool
	repeat   bool // REPEATABLE READ: one snapshot for all statements
	now      int64
	snap     *exec.Snapshot   // of the statement, or of the transaction
	base     *catalog.Catalog // REPEATABLE READ: the version as of snap
	used     bool             // a statement has run in it

	buffers map[catalog.OID]*buffer
	order   []*buffer
	diff    *catalog.Diff
	cat     *catalog.Catalog // with diff applied; nil: the newest
	views   map[catalog.OID]planner.Node
	behind  map[catalog.OID]bool       // what stale lists; nil: not known
	indexes map[string]*exec.IndexFill // that it creates, by their names in the store
	locks   []rowLock
	held    []heldKeys          // in the order in which it came to hold them
	holding map[catalog.OID]int // how many of a relation

	frozen *seenWrites // of the statement; nil: it sees what it writes

	undo   []func()
	ends   []func() // called when it is over
	points []savepoint
	values map[string]string // settings before it
	times  datetime.Settings
	stay   map[string]string // settings after it: without those that are its own
}

func (s *Session) newTransaction(block bool) *transaction {
	iso, _ := s.Setting("default_transaction_isolation")
	return &transaction{s: s, block: block, readOnly: s.on("default_transaction_read_only"), repeat: iso == "repeatable read",
		now: s.moment(), buffers: map[catalog.OID]*buffer{}, views: map[catalog.OID]planner.Node{}, indexes: map[string]*exec.IndexFill{},
		values: s.values, times: s.times, stay: s.values}
}

// held is a snapshot that a statement reads, released when it is the statement's own.
type held struct {
	*exec.Snapshot
	own bool
}

// Release lets the snapshot go unless the transaction keeps it.
func (h held) Release() {
	if h.own {
		h.Snapshot.Release()
	}
}

// snapshot is what a statement reads.
func (s *Session) snapshot() held {
	if s.txn == nil {
		return held{s.srv.engine.Snapshot(), true}
	}
	return held{s.txn.snap, false}
}

// statement begins a statement of the transaction: at READ COMMITTED with a snapshot of
// its own.
func (t *transaction) statement() {
	switch e := t.s.srv.engine; {
	case !t.repeat:
		if t.snap != nil {
			t.snap.Release()
		}
		t.snap = e.Snapshot()
	case t.snap == nil:
		t.snap = e.SnapshotWith(func() { t.base = t.s.srv.cats.newest.Load() })
	}
	t.mark()
	t.used = true
}

// mark begins what one change of a statement lets go.
func (t *transaction) mark() {
	for _, b := range t.order {
		b.from, b.lost = b.born.N, nil
	}
}

// catalog is the version that the transaction's statements are planned on: the newest, or that
// of its one snapshot, with its own changes.
func (t *transaction) catalog() *catalog.Catalog {
	switch {
	case t.cat != nil:
		return t.cat
	case t.base != nil:
		return t.base
	}
	return t.s.srv.cats.newest.Load()
}

// touches reports whether the transaction has written to a relation, or below it.
func (s *Session) touches(oid catalog.OID) bool {
	return s.txn != nil && (s.txn.buffers[oid] != nil || s.txn.creates(oid) || s.txn.stale()[oid])
}

// creates reports whether a relation is the transaction's own.
func (t *transaction) creates(oid catalog.OID) bool {
	if t.diff == nil {
		return false
	}
	for _, c := range t.diff.Changes {
		if c.Relation != nil && c.Relation.OID == oid && c.Relation.Version == 1 {
			return true
		}
	}
	return false
}

// changeCatalog adds a diff to the transaction's.
func (t *transaction) changeCatalog(d *catalog.Diff) error {
	next, err := t.catalog().Apply(d)
	if err != nil {
		return err
	}
	diff, cat := t.diff, t.cat
	t.undo = append(t.undo, func() { t.diff, t.cat, t.behind = diff, cat, nil })
	t.diff, t.cat, t.behind = t.diff.Merge(d), next, nil
	return nil
}

// written is what the transaction has written to relations.
func (t *transaction) written() *exec.Txn {
	x := &exec.Txn{Explicit: true}
	if t.snap != nil {
		x.Snapshot = t.snap.Tick
	}
	for _, b := range t.order {
		x.Writes = append(x.Writes, b.writes()...)
	}
	return x
}

// commit makes the transaction one tick.
func (t *transaction) commit(ctx context.Context) error {
	if err := t.conclude(); err != nil {
		return err
	}
	if err := t.atCommit(ctx); err != nil {
		return err
	}
	x := t.written()
	if !t.diff.Empty() {
		x.DDL = t.diff.Encode(nil)
	}
	if len(x.Writes) == 0 && x.DDL == nil && len(t.s.drawn) == 0 {
		return nil
	}
	for _, l := range t.locks {
		x.Lock(uint32(l.rel), l.rows, l.snapshot, l.mode)
	}
	var err error = exec.ErrFillAgain
	for errors.Is(err, exec.ErrFillAgain) {
		if x.Indexes, err = t.fills(ctx); err == nil {
			err = t.s.commits(ctx, x, t.diff)
		}
	}
	if err == nil {
		t.s.tellLate(x)
	}
	if pgerr.CodeOf(err) == pgerr.UndefinedTable { // what it has written is gone
		return pgerr.New(pgerr.SerializationFailure, "could not serialize access due to concurrent update")
	}
	return err
}

func (t *transaction) close() {
	for _, f := range t.ends {
		f()
	}
	for _, f := range t.indexes {
		f.Release()
	}
	if t.snap != nil {
		t.snap.Release()
	}
}

// tellLate tells the client how many of its rows were behind a watermark.
func (s *Session) tellLate(x *exec.Txn) {
	rows := func(n int64) string {
		if n == 1 {
			return "1 row was late: behind the watermark"
		}
		return decimal(n) + " rows were late: behind the watermark"
	}
	tell := func(e *pgerr.Error) {
		e.Severity = "NOTICE"
		s.notice(e)
	}
	if x.LateRows > 0 {
		e := pgerr.New(pgerr.SuccessfulCompletion, "%s, and not added to the stream", rows(x.LateRows))
		if x.Diverted > 0 {
			e = e.WithHint("What is kept out stands in millrace.late_rows.")
		}
		tell(e)
	}
	if x.LateKept > 0 {
		tell(pgerr.New(pgerr.SuccessfulCompletion, "%s, and added to the stream all the same", rows(x.LateKept)).
			WithHint("Views that emit on window close count such a row in a window that is still open, and leave it out of closed ones."))
	}
}

// endImplicit ends a transaction that BEGIN did not begin.
func (s *Session) endImplicit(commit bool) error {
	if s.txn == nil || s.txn.block {
		return nil
	}
	return s.finish(commit && !s.txn.failed)
}

// finish ends the transaction.
func (s *Session) finish(commit bool) error {
	t := s.txn
	s.txn, s.env = nil, nil
	clear(s.portals)
	defer t.close()
	var err error
	if commit {
		err = t.commit(context.Background())
	}
	s.endCursors(t, commit && err == nil)
	if !commit || err != nil {
		s.restore(t.values, t.times)
		return err
	}
	if maps.Equal(t.stay, s.values) {
		return nil
	}
	times, err := timesOf(t.stay)
	if err != nil {
		return err
	}
	s.restore(t.stay, *times)
	return nil
}

// overtaken is 40001 when another session has committed a row that the transaction has
// inserted too, by some key: a statement would see both.
func (t *transaction) overtaken() error {
	for _, b := range t.order {
		if b.store == nil || b.cut || b.checked == t.snap.Tick || b.living().Len() == 0 {
			continue
		}
		rows := b.living().Compact()
		for u := range b.shape.Unique {
			q := &b.shape.Unique[u]
			taken, err := b.taken(q, rows)
			if err != nil {
				return err
			}
			for i, met := range taken {
				if met && (q.Primary || !hasNull(rows, q.Cols, i)) {
					return pgerr.New(pgerr.SerializationFailure, "could not serialize access due to concurrent update")
				}
			}
		}
		b.checked = t.snap.Tick
	}
	return nil
}

// own is what the transaction has written itself, for queries.
func (t *transaction) own() map[uint32]*exec.OwnWrites {
	out := map[uint32]*exec.OwnWrites{}
	for _, b := range t.order {
		if !t.creates(b.rel.OID) {
			out[uint32(b.rel.OID)] = b.own()
		}
	}
	return out
}

// rowsOf is the rows of a relation that the transaction has created.
func (t *transaction) rowsOf(oid catalog.OID) *col.Batch {
	if b := t.buffers[oid]; b != nil {
		if t.frozen != nil {
			return t.frozen.made[oid]
		}
		return b.living()
	}
	return nil
}

// mayEnd fails, now and then while rows are counted, when the statement is to end.
func (t *transaction) mayEnd(row int) error {
	if row%1024 == 0 && t.s.running.Err() != nil {
		return causeOf(t.s.running)
	}
	return nil
}
