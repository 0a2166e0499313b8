package table

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// Truncate lets all living rows die at a tick, whatever their number, at once. Rows that
// are applied after it in the same tick live.
func (s *Store) Truncate(tick uint64) error {
	if tick < s.tick || tick == 0 {
		return defect("truncation of tick %d after tick %d", tick, s.tick)
	}
	e := s.begin(tick)
	s.close()
	for _, g := range *s.segs.Load() {
		if g.end.Load() == 0 {
			s.end(g, tick)
			e.ended = append(e.ended, g)
		}
	}
	s.cut.Store(tick) // after the ends: who sees it sees them
	s.live = 0
	s.keepForwards(tick)
	if s.ids != nil {
		s.ids = s.successor(s.ids, tick)
		s.identity.Store(s.ids)
	}
	list := slices.Clone(*s.indexes.Load())
	for i, ix := range list {
		list[i] = s.successor(ix, tick)
	}
	s.indexes.Store(&list)
	s.finish(e)
	return nil
}

// end closes a whole segment at a tick. The rows there are are noted before the tick of
// the end is stored, by which readers learn of it.
func (s *Store) end(g *segment, tick uint64) {
	g.cut, g.alive = int(g.n.Load()), 0
	g.end.Store(tick)
	s.ended = append(s.ended, g)
}

// successor is an empty index that serves from a tick on, with ix serving before it.
func (s *Store) successor(ix *index, tick uint64) *index {
	n := s.newIndex(ix.name, ix.cols, ix.unique)
	n.exact, n.same, n.listing, n.since = ix.exact, ix.same, ix.listing, tick
	n.older.Store(ix)
	return n
}

// Expire tells the store the time of a tick, by which the rows applied after it are
// dated, and forgets the segments of a Bag that are past its Retention: they are not part
// of the relation from this tick on, and Changes does not speak of them. Call it before
// the Apply of each tick, and now and then when nothing comes. It is a function of what
// was applied and of the times given.
func (s *Store) Expire(tick uint64, now int64) error {
	s.now = max(s.now, now)
	r := s.cfg.Retention
	if s.cfg.Shape != Bag || r == (Retention{}) {
		return nil
	}
	var size int64
	for _, g := range *s.segs.Load() {
		if g.end.Load() == 0 {
			size += g.logical
		}
	}
	for _, g := range *s.segs.Load() {
		if g.end.Load() != 0 {
			continue
		}
		w := g.weight()
		old := r.Age > 0 && g.arrived < s.now-r.Age
		many := r.Rows > 0 && s.live-w >= r.Rows || r.Bytes > 0 && size-g.logical >= r.Bytes
		if !old && (!many || g == s.open) {
			return nil
		}
		if tick < s.tick {
			return defect("expiry of tick %d after tick %d", tick, s.tick)
		}
		e := s.begin(tick)
		if g == s.open {
			s.close()
		}
		g.expired = true
		s.end(g, tick)
		s.live -= w
		size -= g.logical
		s.finish(e)
	}
	return nil
}

// weight is the sum of a segment's weights, none of whose rows died.
func (g *segment) weight() int64 {
	n := int(g.n.Load())
	w := g.data.Load().w
	if w.plain() {
		return int64(n)
	}
	var sum int64
	for i := range n {
		sum += w.at(i)
	}
	return sum
}

// DropIndex takes a secondary index away; reads that hold it go on.
func (s *Store) DropIndex(name string) {
	list := slices.DeleteFunc(slices.Clone(*s.indexes.Load()), func(ix *index) bool { return ix.name == name })
	s.indexes.Store(&list)
}

// Indexes describes the secondary indexes.
func (s *Store) Indexes() (out []IndexInfo) {
	for _, ix := range *s.indexes.Load() {
		out = append(out, IndexInfo{ix.name, ix.cols, ix.unique})
	}
	return out
}

// IndexInfo describes a secondary index.
type IndexInfo struct {
	Name   string
	Cols   []int
	Unique bool
}

// fillIdentity enters all versions that a reader may still ask for into the identity index.
func (s *Store) fillIdentity() error {
	for _, g := range *s.segs.Load() {
		if g.end.Load() != 0 {
			continue
		}
		n := int(g.n.Load())
		for lo := 0; lo < n; lo += keyBatch {
			if err := s.identify(g, lo, min(n, lo+keyBatch)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) identify(g *segment, lo, hi int) error {
	ix := s.ids
	k := s.keysOf(ix, g, lo, hi)
	for i := range hi - lo {
		slot := lo + i
		t := g.dead.stamp(slot)
		// Versions born and dead in one tick were never seen, and need not be the newest.
		if t != 0 && (t <= s.settledTick || t == g.born(slot)) {
			continue
		}
		old, og, at := ix.newest(&s.places, k, i)
		if og != nil && og.living(at) && t == 0 {
			return corrupt("a key lives twice")
		}
		if p := g.prev.Load(); p != nil && og != nil {
			(*p)[slot] = makeRef(og.no, at)
		}
		ix.put(k.hash[i], old, makeRef(g.no, slot))
	}
	return nil
}

func (k *keys) anyNull(i int) bool {
	return slices.ContainsFunc(k.raw, func(v *col.Vector) bool { return v.Null(i) })
}

// keyBatch is the rows whose keys are read together.
const keyBatch = 256

// keyScratch is memory in which the keys of stored rows are made.
type keyScratch struct {
	slots []uint32
	vecs  []*col.Vector
	k     keys
}

// keysOf is the keys of stored rows, in the tick goroutine's scratch memory.
func (s *Store) keysOf(ix *index, g *segment, lo, hi int) *keys {
	w := &s.upkeep.keyScratch
	w.slots = w.slots[:0]
	for i := lo; i < hi; i++ {
		w.slots = append(w.slots, uint32(i))
	}
	return s.keysAt(w, ix, g, w.slots)
}

// keysAt is the keys of the rows at slots, valid until w makes others.
func (s *Store) keysAt(w *keyScratch, ix *index, g *segment, slots []uint32) *keys {
	for len(w.vecs) < len(ix.cols) {
		w.vecs = append(w.vecs, new(col.Vector))
	}
	data := g.data.Load()
	for j, c := range ix.cols {
		w.vecs[j].Reset(s.cfg.Types[c])
		data.cols[c].take(w.vecs[j], slots)
	}
	ix.prepare(&w.k, s.cfg.Types, w.vecs[:len(ix.cols)], len(slots))
	return &w.k
}
