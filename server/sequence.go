package server

import (
	"context"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/planner"
)

// sessionSequences are the sequences as the session uses them.
type sessionSequences struct {
	// own are the counters that no engine knows: those of temporary sequences, and of what the
	// transaction has created or restarted.
	own map[catalog.OID]*exec.Sequence
	// drawn are those that others know too and that the statement, or the transaction, has moved since
	// the engine was told.
	drawn map[*exec.Sequence]bool
	// taken is what the session took, by sequence; last the sequence that it took a value of last.
	taken map[catalog.OID]*takenValues
	last  catalog.OID
}

// takenValues is what a session took of a sequence.
type takenValues struct {
	current int64
	defined bool    // currval has something to say
	cached  []int64 // taken, and not given yet (CACHE), of the counter and the version of the sequence
	of      *exec.Sequence
	version uint32
}

func newSessionSequences() sessionSequences {
	return sessionSequences{own: map[catalog.OID]*exec.Sequence{}, drawn: map[*exec.Sequence]bool{}, taken: map[catalog.OID]*takenValues{}}
}

// Sequences are the sequences that the session's functions ask for.
func (s *Session) Sequences() planner.Sequences { return s }

// sequence finds a sequence and its counter.
func (s *Session) sequence(oid catalog.OID) (*catalog.Relation, *exec.Sequence, error) {
	r := s.CurrentCatalog().Relation(oid)
	switch {
	case r == nil:
		return nil, nil, pgerr.New(pgerr.InternalError, "could not open relation with OID %d", oid)
	case r.Kind != catalog.Sequence:
		return nil, nil, pgerr.New(pgerr.WrongObjectType, "%q is not a sequence", r.Name)
	}
	if q := s.counter(r); q != nil {
		return r, q, nil
	}
	// Another session has restarted or dropped what an older version of the catalog has.
	if r = s.srv.cats.newest.Load().Relation(oid); r != nil {
		if q := s.srv.engine.Sequence(uint32(r.Sequence.Counter)); q != nil {
			return r, q, nil
		}
	}
	return nil, nil, pgerr.New(pgerr.InternalError, "could not open relation with OID %d", oid)
}

// counter is the counter of a sequence as a version of the catalog has it; nil: it is gone.
func (s *Session) counter(r *catalog.Relation) *exec.Sequence {
	id := r.Sequence.Counter
	if q := s.srv.engine.Sequence(uint32(id)); q != nil {
		return q
	}
	if s.own[id] == nil && (r.Temporary || s.txn != nil && s.txn.counts(r)) {
		s.own[id] = exec.NewSequence(uint32(id), exec.Position{Last: r.Sequence.First})
		if !r.Temporary {
			s.txn.ends = append(s.txn.ends, func() { delete(s.own, id) })
		}
	}
	return s.own[id]
}

// counts reports whether the transaction has given a sequence its counter.
func (t *transaction) counts(r *catalog.Relation) bool {
	if t.diff == nil {
		return false
	}
	for _, ch := range t.diff.Changes {
		if ch.Relation != nil && ch.Relation.Sequence != nil && ch.Relation.Sequence.Counter == r.Sequence.Counter {
			return true
		}
	}
	return false
}

// position tells where the counter of a sequence stands.
func (s *Session) position(r *catalog.Relation) (last int64, called, known bool) {
	if r.Temporary && s.CurrentCatalog().Schema(r.Schema).Name != s.temporarySchema() {
		return 0, false, false
	}
	q := s.counter(r)
	if q == nil {
		return 0, false, false
	}
	at, _ := q.Position()
	return at.Last, at.Called, true
}

// mayMove refuses to move a sequence in a read-only transaction.
func (s *Session) mayMove(r *catalog.Relation, function string) error {
	if !r.Temporary && (s.txn != nil && s.txn.readOnly || s.txn == nil && s.on("default_transaction_read_only")) {
		return pgerr.New(pgerr.ReadOnlySQLTransaction, "cannot execute %s() in a read-only transaction", function)
	}
	return nil
}

// moved notes that a counter was moved, of which others must not see the old place again.
func (s *Session) moved(q *exec.Sequence) {
	if s.own[catalog.OID(q.ID)] != q {
		s.drawn[q] = true
	}
}

// takenOf is what the session took of a sequence.
func (s *Session) takenOf(oid catalog.OID) *takenValues {
	t := s.taken[oid]
	if t == nil {
		t = &takenValues{}
		s.taken[oid] = t
	}
	return t
}

// Next takes the next values of a sequence.
func (s *Session) Next(oid catalog.OID, n int, dst []int64) ([]int64, error) {
	r, q, err := s.sequence(oid)
	if err != nil {
		return dst, err
	}
	if err := s.mayMove(r, "nextval"); err != nil {
		return dst, err
	}
	i, t, from := r.Sequence, s.takenOf(oid), len(dst)
	if t.of != q || t.version != r.Version {
		t.cached = nil
	}
	t.of, t.version = q, r.Version
	had := min(n, len(t.cached))
	dst, t.cached = append(dst, t.cached[:had]...), t.cached[had:]
	if n > had {
		dst = q.Take(exec.SequenceRule{Increment: i.Increment, Min: i.Min, Max: i.Max, Cycle: i.Cycle}, int(min(i.Cache, maxCached)), n-had, dst)
		s.moved(q)
	}
	if got := len(dst) - from; got > n {
		t.cached = append([]int64(nil), dst[from+n:]...)
		dst = dst[:from+n]
	}
	if got := len(dst) - from; got > 0 {
		t.current, t.defined, s.last = dst[len(dst)-1], true, oid
		if got == n {
			return dst, nil
		}
	}
	if i.Increment < 0 {
		return dst, pgerr.New(pgerr.SequenceLimitExceeded, "nextval: reached minimum value of sequence %q (%d)", r.Name, i.Min)
	}
	return dst, pgerr.New(pgerr.SequenceLimitExceeded, "nextval: reached maximum value of sequence %q (%d)", r.Name, i.Max)
}

// maxCached is the most values that a session holds of a sequence, whatever its CACHE says.
const maxCached = 1 << 16

// Current is currval.
func (s *Session) Current(oid catalog.OID) (int64, error) {
	r, _, err := s.sequence(oid)
	if err != nil {
		return 0, err
	}
	if t := s.taken[oid]; t != nil && t.defined {
		return t.current, nil
	}
	return 0, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "currval of sequence %q is not yet defined in this session", r.Name)
}

// Last is lastval.
func (s *Session) Last() (int64, error) {
	if s.last == 0 || s.CurrentCatalog().Relation(s.last) == nil {
		return 0, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "lastval is not yet defined in this session")
	}
	return s.Current(s.last)
}

// Set is setval.
func (s *Session) Set(oid catalog.OID, value int64, called bool) error {
	r, q, err := s.sequence(oid)
	if err != nil {
		return err
	}
	if err := s.mayMove(r, "setval"); err != nil {
		return err
	}
	if i := r.Sequence; value < i.Min || value > i.Max {
		return pgerr.New(pgerr.NumericValueOutOfRange, "setval: value %d is out of bounds for sequence %q (%d..%d)", value, r.Name, i.Min, i.Max)
	}
	t := s.takenOf(oid)
	if t.cached = nil; called {
		t.current, t.defined = value, true
	}
	q.Set(exec.Position{Last: value, Called: called})
	s.moved(q)
	return nil
}

// Given is pg_sequence_last_value.
func (s *Session) Given(oid catalog.OID) (int64, bool, error) {
	_, q, err := s.sequence(oid)
	if err != nil {
		return 0, false, err
	}
	at, _ := q.Position()
	return at.Last, at.Called, nil
}

// discard lets the values go that the session holds (DISCARD SEQUENCES).
func (q *sessionSequences) discard() {
	clear(q.taken)
	q.last = 0
}

// secure makes the values durable that the session took and that no commit has told the engine of, before
// somebody sees them. Those of counters that are the transaction's own come with its commit.
func (s *Session) secure(ctx context.Context) error {
	for q := range s.drawn {
		if q.Covered() {
			delete(s.drawn, q)
		}
	}
	if len(s.drawn) == 0 {
		return nil
	}
	_, err := s.srv.engine.Commit(ctx, &exec.Txn{Sequences: s.drawn, Ahead: true})
	if err == nil {
		clear(s.drawn)
	}
	return err
}

// commits puts a transaction into a tick, with what it says of sequences; diff is its DDL, if it has
// any.
func (s *Session) commits(ctx context.Context, x *exec.Txn, diff *catalog.Diff) error {
	x.Sequences, x.Created = s.drawn, s.created(diff)
	_, err := s.srv.engine.Commit(ctx, x)
	if err == nil {
		clear(s.drawn)
	}
	return err
}

// created lists the counters that a diff asks for.
func (s *Session) created(diff *catalog.Diff) (out []*exec.Sequence) {
	if diff == nil {
		return nil
	}
	seen := map[catalog.OID]bool{}
	for _, ch := range diff.Changes {
		r := ch.Relation
		if r == nil || r.Sequence == nil || r.Temporary || seen[r.Sequence.Counter] || s.srv.engine.Sequence(uint32(r.Sequence.Counter)) != nil {
			continue
		}
		id := r.Sequence.Counter
		seen[id] = true
		q := s.own[id]
		if q == nil {
			q = exec.NewSequence(uint32(id), exec.Position{Last: r.Sequence.First})
		}
		out = append(out, q)
	}
	return out
}

// restated tells the counters of sequences that a diff changes.
func (s *Session) restated(diff *catalog.Diff) {
	for _, ch := range diff.Changes {
		if r := ch.Relation; r != nil && r.Sequence != nil && r.Version > 1 {
			if q := s.counter(r); q != nil {
				q.Restated()
			}
		}
	}
}

// sequenceRow is the row that SELECT * FROM a sequence finds.
func (s *Session) sequenceRow(r *catalog.Relation, cols []int, emit exec.Emit) error {
	_, q, err := s.sequence(r.OID)
	if err != nil {
		return err
	}
	at, spare := q.Position()
	b := col.NewBatch(r.Types()...)
	b.Cols[0].AppendI64(at.Last)
	b.Cols[1].AppendI64(spare)
	b.Cols[2].AppendBool(at.Called)
	b.Grow(1, 1)
	return emit(narrow(b, cols))
}
