package state

import (
	"math"
	"slices"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// Generations is an append-only Arrangement of rows with a time, of which Expire forgets
// those whose time has passed. It is a few arrangements by age: new rows go into the
// youngest, and one is dropped whole, memory and all, when no row in it has a time that
// counts. No row is looked up to be forgotten; a probe looks into every generation. Rows may
// wait before they enter one (waiting): many go without having done so.
type Generations struct {
	p    *pool.Pool
	o    *pool.Owner
	l    ArrLayout
	time int // payload column, an int64 lane; a row whose time is NULL expires at once
	seed col.Seed

	gens     []generation // the oldest first; new rows go into the last
	usual    int          // keys of the greatest one dropped last, for which a new one has room
	came     int          // rows since the last Expire
	sweeping bool
	cursor   RowID // of the sweep through the oldest
	w        []int64

	waiting waiting
	proto   *Arrangement // empty: the form of all of them
	probing int          // probes under way, which must find all where they saw it
}

type generation struct {
	*Arrangement
	first, last int64 // least and greatest time of its rows
}

// maxGenerations is how many there are before the older ones, kept alive by a few rows of
// far times, are swept: each gives these to the next, until two are left.
const maxGenerations = 4

// NewGenerations makes an empty set. l says AppendOnly and Unique; seed is the one of the
// hashes that callers hand in.
func NewGenerations(p *pool.Pool, o *pool.Owner, l ArrLayout, time int, seed col.Seed) *Generations {
	if !l.AppendOnly || !l.Unique || l.Payload[time].Kind() != col.KindI64 {
		panic("state: generations of rows that are retracted, compared or without a time")
	}
	s := &Generations{p: p, o: o, l: l, time: time, seed: seed, proto: NewArrangement(p, o, l)}
	s.waiting = layWaiting(s.proto)
	return s
}

func (s *Generations) add() *generation {
	a := NewArrangement(s.p, s.o, s.l)
	a.t.expect, a.loose = s.usual, true
	s.gens = append(s.gens, generation{a, math.MaxInt64, math.MinInt64})
	return &s.gens[len(s.gens)-1]
}

// Merge is Arrangement's.
func (s *Generations) Merge(keys []*col.Vector, hash []uint64, rows *col.Batch) error {
	if len(hash) == 0 {
		return nil
	}
	if s.waits(keys, rows, len(hash)) {
		return s.wait(keys, hash, rows)
	}
	return s.youngest(rows, len(hash)).mergeLoose(keys, hash, rows)
}

// MergeCounted is Arrangement's.
func (s *Generations) MergeCounted(keys []*col.Vector, hash []uint64, rows *col.Batch, counts []int64) error {
	if len(hash) == 0 {
		return nil
	}
	return s.youngest(rows, len(hash)).MergeCounted(keys, hash, rows, counts)
}

// youngest is the generation that takes n rows.
func (s *Generations) youngest(rows *col.Batch, n int) *generation {
	if len(s.gens) == 0 {
		s.add()
	}
	g := &s.gens[len(s.gens)-1]
	g.span(&rows.Cols[s.time], n)
	s.came += n
	return g
}

// span takes the times of n rows into account.
func (g *generation) span(v *col.Vector, n int) {
	nulls := v.AnyNull()
	for i, t := range v.I64[:n] {
		if nulls && v.Null(i) {
			continue
		}
		g.first, g.last = min(g.first, t), max(g.last, t)
	}
}

// Probe is Arrangement's; the rows of a key come from one generation after another.
func (s *Generations) Probe(keys []*col.Vector, hash []uint64, cols []int, f func(left []uint32, rows *col.Batch) error) error {
	return s.ProbeSince(math.MinInt64, keys, hash, cols, f)
}

// ProbeSince is Probe by who needs no row whose time is before from; some of these come too.
func (s *Generations) ProbeSince(from int64, keys []*col.Vector, hash []uint64, cols []int, f func(left []uint32, rows *col.Batch) error) error {
	s.charge(len(hash))
	s.probing++
	defer func() { s.probing-- }()
	for i := range s.gens {
		if s.gens[i].last < from {
			continue
		}
		if err := s.gens[i].Probe(keys, hash, cols, f); err != nil {
			return err
		}
	}
	return s.probeWaiting(from, keys, hash, cols, f)
}

// ProbeForWrite is Arrangement's.
func (s *Generations) ProbeForWrite(keys []*col.Vector, hash []uint64, cols []int, f func(left []uint32, rows *col.Batch, counters []*int64) error) error {
	for i := range s.gens {
		if err := s.gens[i].ProbeForWrite(keys, hash, cols, f); err != nil {
			return err
		}
	}
	return nil
}

// Weight is Arrangement's.
func (s *Generations) Weight(w []int64, keys []*col.Vector, hash []uint64) {
	n := len(hash)
	s.charge(n)
	clear(w[:n])
	if cap(s.w) < n {
		s.w = make([]int64, n)
	}
	for i := range s.gens {
		s.gens[i].Weight(s.w[:n], keys, hash)
		for k, x := range s.w[:n] {
			w[k] += x
		}
	}
	s.weighWaiting(w[:n], keys, hash)
}

// Expire says that rows whose time is before an instant are needed no more. Probes may meet
// them for a while: about as many of them stay as are needed, a few times as many where
// rows of far times lie among them, and a few thousand. Their long strings are readable
// until the step ends.
func (s *Generations) Expire(before int64) {
	s.drop(before)
	s.expireWaiting(before)
	if s.sweeping = len(s.gens) > maxGenerations || s.sweeping && len(s.gens) > 2; s.sweeping {
		s.sweep(before, max(1024, 2*s.came))
	}
	s.came = 0
	if n := len(s.gens); n > 0 && !s.sweeping && s.gens[0].first < before {
		if young := s.gens[n-1].Len(); young >= max(minGeneration, (s.Len()-s.waiting.rows)/3) {
			s.add()
		}
	}
}

func (s *Generations) drop(before int64) {
	keys, oldest := 0, s.oldest()
	s.gens = slices.DeleteFunc(s.gens, func(g generation) bool {
		if g.last >= before || g.Len() == 0 && g.last == math.MinInt64 {
			return false // it is needed, or has just been begun
		}
		keys = max(keys, g.t.n)
		g.Clear()
		return true
	})
	if keys > 0 {
		s.usual = keys
	}
	if oldest != s.oldest() {
		s.cursor = 0
	}
}

func (s *Generations) oldest() *Arrangement {
	if len(s.gens) == 0 {
		return nil
	}
	return s.gens[0].Arrangement
}

// sweep goes on through the oldest generation, about so many keys of it: rows that are
// needed move to the next one, the others go.
func (s *Generations) sweep(before int64, keys int) {
	old, next := s.gens[0], &s.gens[1]
	ids := make([]RowID, 1024)
	for ; keys > 0 && s.cursor != Absent; keys -= len(ids) {
		n, to := old.t.Scan(s.cursor, ids)
		s.cursor = to
		old.giveTo(next, ids[:n], s, before)
	}
	if s.cursor != Absent {
		return
	}
	s.cursor = 0
	if old.Len() == 0 { // else it took new rows since the sweep began
		old.Clear()
		s.gens = slices.Delete(s.gens, 0, 1)
	}
}

// giveTo moves the needed rows of some keys, and forgets these keys.
func (g *generation) giveTo(next *generation, ids []RowID, s *Generations, before int64) {
	if len(ids) == 0 {
		return
	}
	at := make([]unsafe.Pointer, len(ids))
	for i, id := range ids {
		at[i] = g.t.Row(id)
	}
	keys := make([]*col.Vector, len(s.l.Keys))
	for k := range keys {
		keys[k] = new(col.Vector)
	}
	g.t.KeyVectorsAt(keys, at)
	hash := make([]uint64, len(ids))
	s.seed.Keys(hash, keys)
	err := g.probe(keys, hash, allColumns(len(s.l.Payload)), s.l.Counter, func(pr *probe) error {
		var sel, of []uint32
		var h []uint64
		var counts []int64
		left, rows := pr.left, &pr.batch
		times := &rows.Cols[s.time]
		for i, k := range left {
			if !times.Null(i) && times.I64[i] >= before {
				sel, of, h = append(sel, uint32(i)), append(of, k), append(h, hash[k])
				if s.l.Counter {
					counts = append(counts, *pr.count[i])
				}
			}
		}
		if len(sel) == 0 {
			return nil
		}
		some := *rows
		some.Sel = sel
		live := some.Compact()
		next.span(&live.Cols[s.time], live.N)
		if s.l.Counter {
			return next.MergeCounted(gather(keys, of), h, live, counts)
		}
		return next.mergeLoose(gather(keys, of), h, live)
	})
	if err != nil {
		panic(err) // what an append-only arrangement held can be merged into one
	}
	g.DeleteKeys(keys, hash)
}

func gather(keys []*col.Vector, of []uint32) []*col.Vector {
	out := make([]*col.Vector, len(keys))
	for i, k := range keys {
		v := new(col.Vector)
		v.ResetKind(k.Type, k.Kind, k.Scale)
		v.Gather(k, of)
		out[i] = v
	}
	return out
}

// Len is the number of rows that stand, expired ones that are still held among them.
func (s *Generations) Len() (n int64) {
	for i := range s.gens {
		n += s.gens[i].Len()
	}
	return n + s.waiting.rows
}

// Bytes is the memory of all generations.
func (s *Generations) Bytes() (n int64) {
	for i := range s.gens {
		n += s.gens[i].Bytes()
	}
	return n + s.waiting.bytes()
}

// Maintain is RowTable's, for every generation.
func (s *Generations) Maintain() (did bool) {
	for i := range s.gens {
		if s.gens[i].Maintain() {
			did = true
			if i == 0 {
				s.cursor = 0
			}
		}
	}
	return did
}

// Clear removes all rows and gives the memory back.
func (s *Generations) Clear() {
	for i := range s.gens {
		s.gens[i].Clear()
	}
	s.gens, s.cursor, s.sweeping = nil, 0, false
	s.clearWaiting()
}

// Keep is Heap's, for every generation.
func (s *Generations) Keep() {
	for i := range s.gens {
		s.gens[i].Keep()
	}
	for _, b := range s.waiting.blocks {
		s.p.Keep(b.chunk)
		b.heap.Keep()
	}
}
