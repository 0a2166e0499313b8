package table

import (
	"math/bits"
	"slices"
	"sync/atomic"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// Shape says how rows of a store are told apart.
type Shape uint8

// The shapes.
const (
	Bag      Shape = 1 // an append-only stream: no identity, no index, no deaths
	Keyed    Shape = 2 // Config.Key is unique among living rows
	Multiset Shape = 3 // no key: equal rows are one row and a weight
)

// Retention bounds a Bag; whole segments are forgotten by Expire. Zero: no bound.
type Retention struct {
	None  bool  // no row is kept
	Age   int64 // µs since arrival
	Rows  int64
	Bytes int64
}

// Config describes a relation's store.
type Config struct {
	Types     []col.Type
	Key       []int // columns of the key of a Keyed store
	Shape     Shape
	Seed      col.Seed
	Retention Retention
	// BatchRows is the most rows of a batch that readers get, a multiple of 64 up to
	// col.BatchRows; 0: col.BatchRows.
	BatchRows int
	// Background runs a piece of work off the tick goroutine; nil: a goroutine of its own.
	Background func(func())
}

// Store is one relation's versions. Apply, Truncate, Expire, CreateIndex, DropIndex,
// Newest, Living, Fetch, Maintain, Pending, Segments and Restore, and Fill.Finish and Attach, belong to the tick
// goroutine; everything else may be called by anybody at any time.
type Store struct {
	cfg     Config
	segs    atomic.Pointer[[]*segment] // in order of arrival; replaced, never changed
	places  places
	ticks   tail[tickEntry]
	deaths  tail[Ref]     // versions that died after the tick of their birth, in tick order
	floor   atomic.Uint64 // reads below it are too old
	indexes atomic.Pointer[[]*index]
	cut     atomic.Uint64 // the tick of the last truncation
	// Of a Bag that keeps no row: see Passed, and how many follow it.
	passed    atomic.Uint64
	followers atomic.Int64
	// identity is ids for readers; nil for a Bag.
	identity atomic.Pointer[index]
	known    atomic.Pointer[Statistics] // as somebody asked last

	// Of the tick goroutine alone.
	ids         *index
	all         []int    // all columns
	beside      []int    // of a Keyed store, the columns that a look-up by the key does not compare byte by byte
	factors     []uint64 // of sumBeside
	tick        uint64
	changed     bool // since Maintain last looked for work to start
	steps       int  // Apply calls in the tick
	live        int64
	open        *segment
	nextID      uint64
	nextCap     int
	now         int64
	settled     uint64     // position in deaths up to which they are settled
	settledTick uint64     // deaths at or before it are out of the indexes
	unfolded    []*segment // with stamps
	prevs       []*segment // with links to versions before
	ended       []*segment // truncated or expired
	work        scratch
	upkeep      upkeep
	list        *Upkeep // that it is in, now or when it changes; nil: its owner asks Pending
	listed      bool
}

// tickEntry is what a tick changed. Its fields but for tick are final once the tick is
// published, and only then read.
type tickEntry struct {
	tick     uint64
	live     int64 // weight of the living after it
	from, to uint64
	ended    []*segment // truncated by it
}

// New returns an empty store.
func New(cfg Config) *Store {
	s := &Store{cfg: cfg, nextCap: firstRows}
	if cfg.BatchRows == 0 {
		s.cfg.BatchRows = col.BatchRows
	}
	if cfg.Seed == (col.Seed{}) {
		s.cfg.Seed = col.Seed{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9} // a zero seed mixes nothing
	}
	for c := range cfg.Types {
		s.all = append(s.all, c)
	}
	s.segs.Store(&[]*segment{})
	s.indexes.Store(&[]*index{})
	if cfg.Background == nil {
		s.cfg.Background = func(f func()) { go f() }
	}
	switch cfg.Shape {
	case Keyed:
		s.ids = s.newIndex("", cfg.Key, true)
		for c := range cfg.Types {
			if k := slices.Index(cfg.Key, c); k < 0 || !s.ids.same[k] {
				s.beside = append(s.beside, c)
			}
		}
		s.factors = newFactors(&s.cfg.Seed, len(s.beside))
	case Multiset:
		s.ids = s.newIndex("", s.all, true)
		s.ids.exact = true
		for i := range s.ids.same {
			s.ids.same[i] = true
		}
	}
	s.identity.Store(s.ids)
	return s
}

func (s *Store) newIndex(name string, cols []int, unique bool) *index {
	ix := &index{name: name, cols: cols, unique: unique, seed: &s.cfg.Seed, hashTable: newHashTable(), lists: &postings{}}
	ix.same = make([]bool, len(cols))
	for i, c := range cols {
		ix.same[i] = col.CanonicalSame(s.cfg.Types[c])
	}
	return ix
}

// defect is the error of a change that cannot be: nothing of it was applied.
func defect(format string, args ...any) error {
	return pgerr.New(pgerr.InternalError, format, args...)
}

func corrupt(format string, args ...any) error {
	return pgerr.New(pgerr.DataCorrupted, "invalid segment: "+format, args...)
}

// firstRows is the capacity of a store's first segment; they double from there.
const firstRows = 64

// churnRows is the capacity that segments reach however few rows live.
const churnRows = 4096

// room is the open segment with room for at least one row more.
func (s *Store) room() *segment {
	if o := s.open; o != nil && int(o.n.Load()) < o.capacity && !o.heavy() {
		return o
	}
	s.close()
	g := &segment{id: s.newID(), capacity: s.nextCap}
	s.nextCap = s.capacityAfter(s.nextCap)
	r := &rows{cols: make([]column, len(s.cfg.Types)), w: &plainWeights{}}
	for i, t := range s.cfg.Types {
		r.cols[i] = newPlain(t, g.capacity)
	}
	g.data.Store(r)
	if s.ids != nil {
		p := make([]Ref, g.capacity)
		g.prev.Store(&p)
		s.prevs = append(s.prevs, g)
	}
	if len(s.beside) >= sumsFrom {
		g.sums = make([]uint64, g.capacity)
	}
	if !s.places.add(g, s.floor.Load()) {
		panic(pgerr.New(pgerr.ProgramLimitExceeded, "relation has more than %d segments", maxSegments))
	}
	old := *s.segs.Load()
	list := append(old[:len(old):len(old)], g)
	s.segs.Store(&list)
	s.open = g
	return g
}

// capacityAfter doubles the capacity of segments up to that of a full one. A relation of
// few rows that change often stays with smaller ones.
func (s *Store) capacityAfter(last int) int {
	enough := 1 << bits.Len64(uint64(max(churnRows, s.live)-1))
	return max(firstRows, min(maxRows, 2*last, enough))
}

func (s *Store) newID() uint64 { s.nextID++; return s.nextID }

// close ends appending to the open segment.
func (s *Store) close() {
	if s.open != nil {
		s.open.phase, s.open.closed = full, s.tick
		s.open = nil
	}
}

// heavy reports that the strings of an open segment have filled it.
func (g *segment) heavy() bool {
	for _, c := range g.data.Load().cols {
		if p, ok := c.(*plain); ok && p.held > maxArena {
			return true
		}
	}
	return false
}

// begin opens the tick's entry.
func (s *Store) begin(tick uint64) *tickEntry {
	if n := s.ticks.n.Load(); tick == s.tick && n > 0 {
		if e := s.ticks.at(n - 1); e != nil && e.tick == tick {
			return e
		}
	}
	s.tick, s.steps = tick, 0
	clear(s.work.revived)
	d := s.deaths.n.Load()
	s.ticks.append(tickEntry{tick: tick, live: s.live, from: d, to: d})
	return s.ticks.at(s.ticks.n.Load() - 1)
}

func (s *Store) finish(e *tickEntry) {
	e.live, e.to = s.live, s.deaths.n.Load()
	s.changed = true
	s.list.add(s)
	s.steps++
}

// Count is the weight of the rows visible at a tick.
func (s *Store) Count(tick uint64) int64 {
	v, from, pos := s.ticks.last(func(e *tickEntry) bool { return e.tick <= tick })
	if pos == from {
		return 0
	}
	return v.at(pos - 1).live
}

// Last is the newest tick that changed the store, as the tick goroutine knows it.
func (s *Store) Last() uint64 { return s.tick }
