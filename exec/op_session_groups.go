package exec

import (
	"cmp"
	"math"
	"slices"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/state"
)

// SessionGroups aggregates the sessions of rows that only come: a row for each session, of
// the partition's columns, window_start, window_end, window_time and the aggregates. It keeps no rows:
// each partition has disjoint intervals with accumulators, and a row
//
//	within a gap of no interval  begins one
//	within a gap of one          stretches it, perhaps, and is added to its accumulators
//	within a gap of several      makes them one, whose accumulators are merged
//
// The rows of a batch are first cut into runs of their partition, so that the intervals are
// looked up once a run. A flush emits −old and +new of the sessions touched: −old of each
// that was swallowed. Where the time carries a watermark W, a session is over when W has
// passed its last time by more than the gap, since a row at W could still continue it up to
// there. With Final it is emitted then, as it stands. If W is a promise, it is forgotten, for
// nothing can reach it; if not, a late row may still join it to one that is open, and it stays.
type SessionGroups struct {
	spec   SessionSpec
	calls  []*mergedCall
	final  bool
	closes bool // something becomes of sessions once they are over
	keeps  bool // late rows come: sessions that are over are not forgotten
	ctx    *fn.Ctx
	seed   col.Seed
	types  []col.Type
	size   int // bytes of the accumulators
	payAt  int
	closed int64 // the watermark by which sessions are over already

	groups    *state.RowTable // by partition and start
	intervals *state.Ordered  // partition, start → last time
	due       *state.Ordered  // last time as it once was, partition, start; nil: no session is ever over

	touched []touch
	saved   []byte
	dead    bool // some touched session was swallowed
	runs    runs
	parts   partitioner
	by      byPartition
	moved   movedGroups
}

// mergedCall is an aggregate whose accumulators are merged.
type mergedCall struct {
	AggregateCall
	kernel agg.Kernel
	off    int // of its accumulators in the payload
}

// sessionHdr begins a session's payload.
type sessionHdr struct {
	step   uint64
	weight int64
	last   int64
}

const (
	sessionHdrSize = int(unsafe.Sizeof(sessionHdr{}))
	sessionSaved   = 16 // of it, weight and last are saved
)

// SessionGroups adds a SessionGroups. in only grows, the partition's columns are equal when
// their bytes are, and the aggregates have a Merge and take their rows in any order.
func (b *Builder) SessionGroups(in Ref, s SessionSpec, aggs []AggregateCall, final bool) Ref {
	types := b.Types(in)
	n := &SessionGroups{spec: s, final: final, ctx: b.newCtx(), seed: b.g.Seed, closed: math.MinInt64}
	n.keeps = !b.g.nodes[in].promise
	n.closes = b.carried(in, s.Time) && (final || !n.keeps)
	var l state.Layout
	for _, p := range s.Partition {
		l.Keys, n.types = append(l.Keys, types[p]), append(n.types, types[p])
	}
	l.Keys, n.types = append(l.Keys, types[s.Time]), append(n.types, types[s.Time], types[s.Time], types[s.Time])
	off := sessionHdrSize
	for _, c := range aggs {
		n.calls = append(n.calls, &mergedCall{AggregateCall: c, off: off})
		off += c.Agg.Size
		n.types = append(n.types, c.Agg.Ret)
	}
	l.Payload, n.size = off, off-sessionHdrSize
	n.payAt = l.PayloadAt()
	n.groups, n.intervals = b.newTable(l), b.newOrdered()
	if n.closes {
		n.due = b.newOrdered()
	}
	for _, c := range n.calls {
		c.kernel = c.Agg.New(&groupHeap{h: n.groups.Heap(), p: b.g.Pool}, true)
	}
	r := b.Add(n, n.types, final || b.once, in)
	b.g.nodes[r].closes = n.closes
	for i, p := range s.Partition {
		if !final { // else the end passes later
			b.Carry(r, i, 0, p, nil)
		}
	}
	b.Carry(r, len(s.Partition)+1, 0, s.Time, func(w int64) int64 { return w })
	b.Carry(r, len(s.Partition)+2, 0, s.Time, func(w int64) int64 { return w - 1 })
	return r
}

// runs are the rows of a batch by partition and session: neighbours in time that are no
// further apart than the gap. Its memory lasts from batch to batch.
type runs struct {
	of     []uint32 // run of each row
	row    []uint32 // a row of each run, for the partition's columns
	lo, hi []int64
	start  []int64 // of the session that the run belongs to
	null   []bool  // rows without a time
	born   []bool
	// Sessions that are swallowed, by the run that did it.
	eaten      []uint32
	eatenStart []int64
}

func (r *runs) begin(n int) {
	r.of = growTo(r.of, n)
	r.row, r.lo, r.hi, r.start, r.null, r.born = r.row[:0], r.lo[:0], r.hi[:0], r.start[:0], r.null[:0], r.born[:0]
	r.eaten, r.eatenStart = r.eaten[:0], r.eatenStart[:0]
}

func (r *runs) add(row uint32, t int64, null bool) uint32 {
	r.row, r.lo, r.hi = append(r.row, row), append(r.lo, t), append(r.hi, t)
	r.start, r.null, r.born = append(r.start, t), append(r.null, null), append(r.born, false)
	return uint32(len(r.row) - 1)
}

// Apply adds the rows to their sessions.
func (n *SessionGroups) Apply(t *Tick, _ int, b *col.Batch, _ Emit) error {
	defer n.ctx.Reset()
	b = b.Compact()
	keys := canonicalKeys(b, n.spec.Partition)
	hash := make([]uint64, b.N)
	n.seed.Keys(hash, keys)
	n.cut(b, keys, hash)
	if err := n.place(b); err != nil {
		return err
	}
	at := n.enter(t, keys)
	rows := make([]unsafe.Pointer, b.N)
	for i, r := range n.runs.of {
		rows[i] = at[r]
		h := (*sessionHdr)(unsafe.Add(at[r], n.payAt))
		h.weight += b.Weight(i)
	}
	for _, c := range n.calls {
		n.update(c, rows, b)
	}
	return nil
}

// noTime reports whether a row lies in no window: those rows are a group of their own.
func noTime(v *col.Vector, i int) bool {
	return v.Null(i) || v.I64[i] == math.MinInt64 || v.I64[i] == math.MaxInt64
}

// cut finds the batch's runs.
func (n *SessionGroups) cut(b *col.Batch, keys []*col.Vector, hash []uint64) {
	first, part := n.parts.number(keys, hash, nil)
	n.by.begin(len(first))
	for i, p := range part {
		n.by.add(p, uint32(i))
	}
	v := &b.Cols[n.spec.Time]
	n.runs.begin(b.N)
	for _, rows := range n.by.each() {
		n.cutPartition(v, rows)
	}
}

func (n *SessionGroups) cutPartition(v *col.Vector, rows []uint32) {
	timed := rows[:0]
	timeless := -1
	for _, r := range rows {
		if !noTime(v, int(r)) {
			timed = append(timed, r)
			continue
		}
		if timeless < 0 {
			timeless = int(n.runs.add(r, 0, true))
		}
		n.runs.of[r] = uint32(timeless)
	}
	byTime := func(a, b uint32) int { return cmp.Compare(v.I64[a], v.I64[b]) }
	if !slices.IsSortedFunc(timed, byTime) {
		slices.SortFunc(timed, byTime)
	}
	run := uint32(0)
	for i, r := range timed {
		t := v.I64[r]
		if i == 0 || t-n.runs.hi[run] > n.spec.Gap {
			run = n.runs.add(r, t, false)
		}
		n.runs.hi[run], n.runs.of[r] = t, run
	}
}

// place finds each run's session among the intervals, which are brought up to date.
func (n *SessionGroups) place(b *col.Batch) error {
	var prefix []byte
	r := &n.runs
	for i := range r.row {
		if r.null[i] {
			continue
		}
		prefix = prefix[:0]
		prefix = col.AppendIdentity(prefix, n.partition(b), int(r.row[i]))
		if err := n.placeRun(uint32(i), prefix); err != nil {
			return err
		}
	}
	return nil
}

// partition is a batch's partition columns.
func (n *SessionGroups) partition(b *col.Batch) []col.Vector { return pick(b.Cols, n.spec.Partition) }

func (n *SessionGroups) placeRun(run uint32, prefix []byte) error {
	r := &n.runs
	lo, hi := r.lo[run], r.hi[run]
	start, last, absent, stands := lo, hi, true, false // absent: not among those due
	from := len(r.eaten)
	key := appendTime(slices.Clone(prefix), hi+n.spec.Gap+1)
	for k, v := range n.intervals.Descend(key, prefix) {
		s, l := timeAt(k[len(prefix):]), timeAt(v)
		if l < lo-n.spec.Gap {
			break
		}
		last = max(last, l)
		if s <= start {
			start, absent, stands = s, n.over(l), true
		}
		r.eaten, r.eatenStart = append(r.eaten, run), append(r.eatenStart, s)
	}
	if stands { // the earliest goes on and is not swallowed
		k := len(r.eaten) - 1
		r.eaten, r.eatenStart = r.eaten[:k], r.eatenStart[:k]
	}
	for _, s := range r.eatenStart[from:] {
		n.intervals.Delete(appendTime(key[:len(prefix)], s))
	}
	r.start[run], r.hi[run], r.born[run] = start, last, !stands
	if _, err := n.intervals.Put(appendTime(key[:len(prefix)], start), appendTime(nil, last)); err != nil {
		return err
	}
	if n.due == nil || !absent || n.over(last) {
		return nil
	}
	_, err := n.due.Put(appendTime(append(appendTime(nil, last), prefix...), start), nil)
	return err
}

// Flush emits what changed, or in the last step the sessions that are over.
func (n *SessionGroups) Flush(t *Tick, emit Emit) error {
	defer n.ctx.Reset()
	var err error
	for from := 0; from < len(n.touched) && err == nil && !n.final; from += col.BatchRows {
		err = n.emitSome(t, from, min(from+col.BatchRows, len(n.touched)), emit)
	}
	if n.dead {
		for _, x := range n.touched {
			if (*sessionHdr)(unsafe.Add(n.groups.Row(x.id), n.payAt)).weight == 0 {
				n.groups.Delete([]state.RowID{x.id}, []uint64{x.hash})
			}
		}
	}
	n.touched, n.saved, n.dead = n.touched[:0], n.saved[:0], false
	if err == nil && n.closes && t.last {
		err = n.close(t, emit)
	}
	return err
}
