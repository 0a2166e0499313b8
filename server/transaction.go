package server

import (
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/sql/ast"
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
	snap     *exec.Snapshot // of the statement, or of the transaction
	used     bool           // a statement has run in it

	buffers map[catalog.OID]*buffer
	order   []*buffer
	diff    *catalog.Diff
	cat     *catalog.Catalog // with diff applied; nil: the newest
	plan    *catalog.Catalog // cat, with views over touched relations as plain views
	views   map[catalog.OID]planner.Node
	indexes map[string]*exec.IndexFill // that it creates, by their names in the store

	undo   []func()
	points []savepoint
	values map[string]string // settings before it
	times  datetime.Settings
	stay   map[string]string // settings after it: without those that are its own
}

type savepoint struct {
	name   string
	undo   int
	values map[string]string
	times  datetime.Settings
	stay   map[string]string
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
	if t.snap == nil || !t.repeat {
		if t.snap != nil {
			t.snap.Release()
		}
		t.snap = t.s.srv.engine.Snapshot()
	}
	t.used = true
}

// catalog is the version that the transaction's statements are planned on: with its own
// changes, and with materialized views over what it has written as plain views, so that
// it sees its own writes through them.
func (t *transaction) catalog() *catalog.Catalog {
	base := t.base()
	if len(t.order) == 0 && len(t.views) == 0 {
		return base
	}
	if t.plan == nil {
		t.plan = t.seen(base)
	}
	return t.plan
}

// base is the newest version with the transaction's changes.
func (t *transaction) base() *catalog.Catalog {
	if t.cat != nil {
		return t.cat
	}
	return t.s.srv.cats.newest.Load()
}

// ownCatalog is what the transaction's changes of the catalog are planned on, nil outside
// of one.
func (s *Session) ownCatalog() *catalog.Catalog {
	if s.txn == nil {
		return nil
	}
	return s.txn.base()
}

func (t *transaction) seen(base *catalog.Catalog) *catalog.Catalog {
	var changes []catalog.Change
	done := map[catalog.OID]bool{}
	inline := func(r *catalog.Relation) {
		if r.Kind != catalog.MaterializedView || r.History || done[r.OID] {
			return
		}
		done[r.OID] = true
		v := *r
		v.Kind, v.Version = catalog.View, r.Version+1
		changes = append(changes, catalog.Change{Relation: &v})
	}
	for _, b := range t.order {
		for _, r := range base.AllDependents(b.rel.OID) {
			inline(r)
		}
	}
	for oid := range t.views {
		if r := base.Relation(oid); r != nil {
			inline(r)
		}
	}
	next, err := base.With(changes...)
	if err != nil {
		return base
	}
	return next
}

// touches reports whether the transaction has written to a relation.
func (s *Session) touches(oid catalog.OID) bool {
	return s.txn != nil && (s.txn.buffers[oid] != nil || s.txn.creates(oid))
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
	next, err := t.base().Apply(d)
	if err != nil {
		return err
	}
	diff, cat := t.diff, t.cat
	t.undo = append(t.undo, func() { t.diff, t.cat, t.plan = diff, cat, nil })
	t.diff, t.cat, t.plan = t.diff.Merge(d), next, nil
	return nil
}

// commit makes the transaction one tick.
func (t *transaction) commit(ctx context.Context) error {
	x := &exec.Txn{Explicit: true}
	if t.snap != nil {
		x.Snapshot = t.snap.Tick
	}
	for _, b := range t.order {
		x.Writes = append(x.Writes, b.writes()...)
	}
	if !t.diff.Empty() {
		x.DDL = t.diff.Encode(nil)
	}
	if len(x.Writes) == 0 && x.DDL == nil {
		return nil
	}
	var err error = exec.ErrFillAgain
	for errors.Is(err, exec.ErrFillAgain) {
		if x.Indexes, err = t.fills(ctx); err == nil {
			_, err = t.s.srv.engine.Commit(ctx, x)
		}
	}
	if err == nil {
		t.s.tellLate(x.LateRows, x.Diverted)
	}
	return err
}

func (t *transaction) close() {
	for _, f := range t.indexes {
		f.Release()
	}
	if t.snap != nil {
		t.snap.Release()
	}
}

// tellLate tells the client how many of its rows were behind a watermark.
func (s *Session) tellLate(n, diverted int64) {
	if n == 0 {
		return
	}
	were := "rows were"
	if n == 1 {
		were = "row was"
	}
	e := pgerr.New(pgerr.SuccessfulCompletion, "%d %s late: behind the watermark, and not added to the stream", n, were)
	if diverted > 0 {
		e = e.WithHint("What is kept out stands in millrace.late_rows.")
	}
	e.Severity = "NOTICE"
	s.conn.Notice(e)
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

var (
	_ = command((*Session).beginBlock)
	_ = command(func(s *Session, x *ast.Commit) error { return s.commitBlock(x.Chain) })
	_ = command(func(s *Session, x *ast.Rollback) error { return s.rollbackBlock(x.Chain) })
	_ = command(func(s *Session, x *ast.Savepoint) error { return s.savepoint(x.Name) })
	_ = command(func(s *Session, x *ast.Release) error { return s.release(x.Name) })
	_ = command(func(s *Session, x *ast.RollbackTo) error { return s.rollbackTo(x.Name) })
)

func (s *Session) beginBlock(b *ast.Begin) error {
	tag := "BEGIN"
	if b.Start {
		tag = "START TRANSACTION"
	}
	if s.txn != nil && s.txn.block {
		w := pgerr.New(pgerr.ActiveSQLTransaction, "there is already a transaction in progress")
		w.Severity = "WARNING"
		s.conn.Notice(w)
		s.conn.CommandComplete(tag)
		return nil
	}
	t := s.txn
	if t == nil {
		t = s.newTransaction(true)
	}
	if err := t.modes(b.Modes); err != nil {
		return err
	}
	t.block = true
	s.txn, s.env = t, nil
	s.conn.CommandComplete(tag)
	return nil
}

// modes changes how the transaction behaves; outside of one nothing is to be changed.
func (t *transaction) modes(m ast.TxnModes) error {
	if t == nil {
		return nil
	}
	switch m.Isolation {
	case "":
	case "SERIALIZABLE":
		return errSerializable()
	default:
		if t.used && t.repeat != (m.Isolation == "REPEATABLE READ") {
			return pgerr.New(pgerr.ActiveSQLTransaction, "SET TRANSACTION ISOLATION LEVEL must be called before any query")
		}
		t.repeat = m.Isolation == "REPEATABLE READ"
	}
	if m.ReadOnly != nil {
		t.readOnly = *m.ReadOnly
	}
	return nil
}

func (s *Session) commitBlock(chain bool) error {
	if s.txn == nil || !s.txn.block {
		if chain {
			return pgerr.New(pgerr.NoActiveSQLTransaction, "COMMIT AND CHAIN can only be used in transaction blocks")
		}
		s.warnNoTransaction()
		err := s.endImplicit(true)
		if err == nil {
			s.conn.CommandComplete("COMMIT")
		}
		return err
	}
	t, failed := s.txn, s.txn.failed
	if err := s.finish(!failed); err != nil {
		return err
	}
	if chain {
		s.chained(t)
	}
	if failed {
		s.conn.CommandComplete("ROLLBACK")
		return nil
	}
	s.conn.CommandComplete("COMMIT")
	return nil
}

func (s *Session) rollbackBlock(chain bool) error {
	t := s.txn
	if t == nil || !t.block {
		if chain {
			return pgerr.New(pgerr.NoActiveSQLTransaction, "ROLLBACK AND CHAIN can only be used in transaction blocks")
		}
		s.warnNoTransaction()
	}
	if t != nil {
		if err := s.finish(false); err != nil {
			return err
		}
		if chain {
			s.chained(t)
		}
	}
	s.conn.CommandComplete("ROLLBACK")
	return nil
}

func (s *Session) chained(before *transaction) {
	s.txn = s.newTransaction(true)
	s.txn.repeat, s.txn.readOnly = before.repeat, before.readOnly
}

func (s *Session) warnNoTransaction() {
	w := pgerr.New(pgerr.NoActiveSQLTransaction, "there is no transaction in progress")
	w.Severity = "WARNING"
	s.conn.Notice(w)
}

func (s *Session) savepoint(name string) error {
	if s.txn == nil || !s.txn.block {
		return pgerr.New(pgerr.NoActiveSQLTransaction, "SAVEPOINT can only be used in transaction blocks")
	}
	s.txn.points = append(s.txn.points, savepoint{strings.ToLower(name), len(s.txn.undo), s.values, s.times, s.txn.stay})
	s.conn.CommandComplete("SAVEPOINT")
	return nil
}

func (s *Session) findPoint(name, statement string) (int, error) {
	if s.txn == nil || !s.txn.block {
		return 0, pgerr.New(pgerr.NoActiveSQLTransaction, "%s can only be used in transaction blocks", statement)
	}
	for i := len(s.txn.points) - 1; i >= 0; i-- {
		if s.txn.points[i].name == strings.ToLower(name) {
			return i, nil
		}
	}
	return 0, pgerr.New(pgerr.InvalidSavepoint, "savepoint %q does not exist", name)
}

func (s *Session) release(name string) error {
	i, err := s.findPoint(name, "RELEASE SAVEPOINT")
	if err != nil {
		return err
	}
	s.txn.points = s.txn.points[:i]
	s.conn.CommandComplete("RELEASE")
	return nil
}

func (s *Session) rollbackTo(name string) error {
	i, err := s.findPoint(name, "ROLLBACK TO SAVEPOINT")
	if err != nil {
		return err
	}
	p := s.txn.points[i]
	for k := len(s.txn.undo) - 1; k >= p.undo; k-- {
		s.txn.undo[k]()
	}
	s.txn.undo, s.txn.points, s.txn.failed, s.env = s.txn.undo[:p.undo], s.txn.points[:i+1], false, nil
	s.txn.plan, s.txn.stay = nil, p.stay
	s.restore(p.values, p.times)
	s.conn.CommandComplete("ROLLBACK")
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
		return b.living()
	}
	return nil
}
