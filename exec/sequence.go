package exec

import (
	"encoding/binary"
	"math"
	"sync"

	"github.com/millracedb/millrace/storage/log"
)

// Sequence is the counter of a sequence. Values are taken outside of transactions, from memory; what
// keeps one from being given again after a crash is an entry in the log, which says how far the counter
// may have come. It rides in the tick of the transaction that stores the values (Txn.Sequences); where
// somebody is to see one before that, a tick of its own goes first and says more than was taken, so that
// the next ones need none (Txn.Ahead). Any goroutine may use a Sequence.
type Sequence struct {
	// ID numbers the counter, and never another one: a sequence that is restarted within a
	// transaction gets another counter, of which nobody knows before the commit.
	ID uint32

	mu    sync.Mutex
	at    Position
	rule  SequenceRule // by which the last values were taken
	spare int64        // values that PostgreSQL's log_cnt would say may be taken without an entry

	// Places in the order of what was taken: every value is one further, and a Set goes behind all
	// that entries say.
	taken, logged, durable uint64
	ahead                  Position // the counter as the last entry says, at logged
}

// Position is how far a counter has come: its last value, or the one that it gives first.
type Position struct {
	Last   int64
	Called bool // Last was given
}

// SequenceRule says what value follows.
type SequenceRule struct {
	Increment, Min, Max int64 // Increment is not 0
	Cycle               bool
}

// reservedValues is how many values an entry reserves that goes first, for each that was taken since
// the last one.
const reservedValues = 32

// NewSequence returns a counter that no engine knows yet: a Commit whose Txn.Created has it makes it
// last.
func NewSequence(id uint32, at Position) *Sequence { return &Sequence{ID: id, at: at} }

// Take appends the next values to dst, n at least, in groups of so many as are reserved together; fewer
// when a rule without Cycle ends before.
func (s *Sequence) Take(r SequenceRule, group, n int, dst []int64) []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r != s.rule { // what entries say of further values is not so any more
		s.rule, s.taken = r, max(s.taken, s.logged)+1
	}
	for from := len(dst); len(dst)-from < n; {
		before := len(dst)
		if dst = s.group(group, dst); len(dst) == before {
			break
		}
	}
	return dst
}

// group takes a group of values, which ends where the rule does.
func (s *Sequence) group(size int, dst []int64) []int64 {
	fresh, want, got := !s.at.Called, int64(size), 0
	if fresh {
		want--
	}
	for ; got < size; got++ {
		if s.at.Called {
			next, ok := s.rule.next(s.at.Last)
			if !ok && (got > 0 || !s.rule.Cycle) {
				break
			}
			s.at.Last = next
		}
		s.at.Called = true
		dst = append(dst, s.at.Last)
	}
	switch {
	case got == 0:
	case fresh || s.spare < want:
		s.spare = int64(min(reservedValues, s.rule.rest(s.at.Last)))
	default:
		s.spare -= want
	}
	s.taken += uint64(got)
	return dst
}

// next is the value behind another; false: the rule ends, and begins again with the value.
func (r SequenceRule) next(v int64) (int64, bool) {
	switch {
	case r.rest(v) > 0:
		return v + r.Increment, true
	case r.Increment > 0:
		return r.Min, false
	}
	return r.Max, false
}

// rest is how many values follow one before the rule ends.
func (r SequenceRule) rest(v int64) uint64 {
	switch {
	case r.Increment > 0 && v <= r.Max:
		return (uint64(r.Max) - uint64(v)) / uint64(r.Increment)
	case r.Increment < 0 && v >= r.Min:
		return (uint64(v) - uint64(r.Min)) / -uint64(r.Increment)
	}
	return 0
}

// Set moves the counter.
func (s *Sequence) Set(to Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at, s.spare = to, 0
	s.taken = max(s.taken, s.logged) + 1
}

// Restated notes that the sequence has another rule.
func (s *Sequence) Restated() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spare = 0
}

// Position is how far the counter is, and how many values PostgreSQL's log_cnt would say are left of
// the last reservation.
func (s *Sequence) Position() (Position, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at, s.spare
}

// Covered reports whether a durable entry says all that was taken.
func (s *Sequence) Covered() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken <= s.durable
}

// reserve makes the entry that says all that was taken, and with ahead more; ok is false when an entry
// in the log says it already.
func (s *Sequence) reserve(ahead bool) (r reservation, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken <= s.logged && s.logged > 0 {
		return r, false
	}
	r = reservation{of: s, at: s.at, upto: s.taken}
	if ahead && s.at.Called && s.rule.Increment != 0 {
		more := min(reservedValues*min(s.taken-s.logged, math.MaxUint16), s.rule.rest(s.at.Last))
		r.at.Last += int64(more) * s.rule.Increment
		r.upto += more
	}
	s.logged, s.ahead = r.upto, r.at
	return r, true
}

// reservation is an entry about a counter.
type reservation struct {
	of   *Sequence
	at   Position
	upto uint64
}

// hold notes that the entry is durable.
func (r reservation) hold() {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	r.of.durable = max(r.of.durable, r.upto)
}

// withdraw takes entries back that did not come into the log.
func withdraw(rs []reservation) {
	for _, r := range rs {
		r.of.mu.Lock()
		r.of.logged = r.of.durable
		r.of.mu.Unlock()
	}
}

// encode appends the body of the entry: the counter's number u32, called u8, value i64.
func (p Position) encode(b []byte, id uint32) []byte {
	called := byte(0)
	if p.Called {
		called = 1
	}
	b = append(binary.LittleEndian.AppendUint32(b, id), called)
	return binary.LittleEndian.AppendUint64(b, uint64(p.Last))
}

const positionBytes = 13

// readPosition is encode read back from the first bytes of b, of which there are as many.
func readPosition(b []byte) (id uint32, p Position, ok bool) {
	p = Position{Last: int64(binary.LittleEndian.Uint64(b[5:])), Called: b[4] == 1}
	return binary.LittleEndian.Uint32(b), p, b[4] <= 1
}

// saved is the counter for a checkpoint: as the last entry says, since later ones need none while that
// holds. With exact nobody takes values any more.
func (s *Sequence) saved(exact bool) (Position, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if exact || s.taken >= s.logged {
		return s.at, s.spare
	}
	return s.ahead, 0
}

// sequences are the counters that last, by their numbers.
type sequences struct {
	mu sync.RWMutex
	by map[uint32]*Sequence
}

// Sequence returns the counter with a number; nil: there is none that lasts.
func (e *Engine) Sequence(id uint32) *Sequence {
	e.sequences.mu.RLock()
	defer e.sequences.mu.RUnlock()
	return e.sequences.by[id]
}

// reservations are the entries that transactions ask of the tick's record.
func (q *sequences) reservations(in []*entry) (out []reservation) {
	for _, x := range in {
		for _, s := range x.txn.Created {
			if r, ok := s.reserve(false); ok {
				out = append(out, r)
			}
		}
		for s := range x.txn.Sequences {
			if r, ok := s.reserve(x.txn.Ahead); ok {
				out = append(out, r)
			}
		}
	}
	return out
}

// sequenceFrames are the entries as the record has them.
func sequenceFrames(rs []reservation) (fs []log.Frame) {
	for _, r := range rs {
		fs = append(fs, log.Frame{Kind: log.FrameSequence, Body: r.at.encode(nil, r.of.ID)})
	}
	return fs
}

// know makes the counters last that a tick has created, before anybody can name them.
func (q *sequences) know(in []*entry) {
	for _, x := range in {
		for _, s := range x.txn.Created {
			q.put(s)
		}
	}
}

func (q *sequences) put(s *Sequence) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.by == nil {
		q.by = map[uint32]*Sequence{}
	}
	q.by[s.ID] = s
}

// save encodes the counters with the numbers, and forgets the others: each as its entry, then log_cnt
// i64.
func (q *sequences) save(keep []uint32, exact bool) []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	var b []byte
	by := make(map[uint32]*Sequence, len(keep))
	for _, id := range keep {
		s := q.by[id]
		if s == nil {
			continue
		}
		by[id] = s
		at, spare := s.saved(exact)
		b = binary.LittleEndian.AppendUint64(at.encode(b, id), uint64(spare))
	}
	q.by = by
	return b
}

// restore is save read back; false: the bytes are damaged.
func (q *sequences) restore(b []byte) bool {
	const size = positionBytes + 8
	for ; len(b) >= size; b = b[size:] {
		id, at, ok := readPosition(b)
		if !ok {
			return false
		}
		q.put(&Sequence{ID: id, at: at, spare: int64(binary.LittleEndian.Uint64(b[positionBytes:]))})
	}
	return len(b) == 0
}

// replay does what an entry of the log says; false: it is damaged.
func (q *sequences) replay(body []byte) bool {
	if len(body) != positionBytes {
		return false
	}
	id, at, ok := readPosition(body)
	if ok {
		q.put(NewSequence(id, at))
	}
	return ok
}
