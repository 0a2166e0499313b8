package table

import (
	"slices"
	"time"
)

// upkeep is what Maintain keeps from call to call.
type upkeep struct {
	keyScratch
	published uint64
	deadline  time.Time
	refs      []Ref
	jobs      chan func() // finished background work, to be taken over
	busy      bool
	resting   bool // some closed segment is to be encoded later
	moved     []*forward
	dropping  *segment // expired segment whose rows leave the indexes
	dropAt    int
	leaving   *forward // of it the entries that lists still have
}

// Maintain does upkeep between ticks for about a budget of time: it lets go of versions
// that died at or before the horizon, takes over what the background has encoded or
// rewritten, and starts more. horizon is Pins.Horizon's or Pins.Evict's, never more than
// published. It reports whether there is more that it could do now.
func (s *Store) Maintain(published, horizon uint64, budget time.Duration) (more bool) {
	u := &s.upkeep
	u.published, u.deadline = published, time.Now().Add(budget)
	if horizon > s.floor.Load() {
		s.floor.Store(horizon)
	}
	horizon = s.floor.Load()
	if u.jobs == nil {
		u.jobs = make(chan func(), 1)
	}
	select {
	case f := <-u.jobs:
		u.busy, s.changed = false, true
		f()
	default:
	}
	if s.settle(horizon) || s.dropEnded(horizon) || s.patch() {
		return true
	}
	s.dropOlder(horizon)
	s.freeForwards(horizon)
	s.dropPrevs(horizon)
	s.fold(horizon)
	s.changed = false
	s.start()
	return false
}

// Pending reports whether Maintain has, or once the horizon or the background moves on
// will have, anything to do. An engine of many relations need not call it for the others.
func (s *Store) Pending() bool {
	u := &s.upkeep
	return s.changed || u.busy || u.resting || len(s.ended)+len(s.unfolded)+len(u.moved) > 0 || s.settled < s.deaths.n.Load() ||
		len(s.prevs) > 1 || len(s.prevs) == 1 && s.prevs[0] != s.open
}

// late reports whether the budget is used up.
func (s *Store) late() bool { return !time.Now().Before(s.upkeep.deadline) }

// settle takes versions that died at or before the horizon out of the indexes and lets
// the lists of deaths and ticks go up to it.
func (s *Store) settle(horizon uint64) (more bool) {
	v, from, pos := s.ticks.last(func(e *tickEntry) bool { return e.tick <= horizon })
	if pos == from {
		s.settledTick = max(s.settledTick, horizon)
		return false
	}
	limit := v.at(pos - 1).to
	for s.settled < limit {
		end := min(limit, s.settled+keyBatch)
		s.settleSome(s.settled, end, horizon)
		s.settled = end
		s.deaths.trim(end)
		if s.late() {
			return s.settled < limit
		}
	}
	s.ticks.trim(pos - 1)
	s.settledTick = max(s.settledTick, horizon)
	return false
}

func (s *Store) settleSome(from, to uint64, horizon uint64) {
	u := &s.upkeep
	u.refs = u.refs[:0]
	listed := len(*s.indexes.Load()) > 0
	for pos := from; pos < to; pos++ {
		if r := s.deaths.at(pos); r != nil {
			if g, slot := s.places.find(*r); g != nil && g.end.Load() == 0 {
				if t := g.dead.stamp(slot); t != 0 && t <= horizon {
					g.settled++
					if listed || !g.isOver(slot) {
						u.refs = append(u.refs, makeRef(g.no, slot))
					}
				}
			}
		}
	}
	if len(u.refs) == 0 {
		return
	}
	slices.Sort(u.refs)
	for lo := 0; lo < len(u.refs); {
		hi := lo + 1
		for hi < len(u.refs) && u.refs[hi].no() == u.refs[lo].no() {
			hi++
		}
		s.unindex(u.refs[lo:hi], horizon)
		lo = hi
	}
}

// unindex takes settled versions of one segment out of the indexes.
func (s *Store) unindex(refs []Ref, horizon uint64) {
	g, _ := s.places.find(refs[0])
	u := &s.upkeep
	u.slots = u.slots[:0]
	for _, r := range refs {
		u.slots = append(u.slots, uint32(r.slot()))
	}
	if s.ids != nil {
		k := s.keysAt(&u.keyScratch, s.ids, g, u.slots)
		for i := range refs {
			s.ids.forget(&s.places, k.hash[i], g, int(u.slots[i]))
		}
	}
	for _, ix := range *s.indexes.Load() {
		k := s.keysAt(&u.keyScratch, ix, g, u.slots)
		for i := range refs {
			ix.settle(k.hash[i], func(r Ref) Ref { return s.current(r, horizon) }, u.published)
		}
	}
}

// current is where a version lies now, 0 when no reader can ask for it any more.
func (s *Store) current(r Ref, horizon uint64) Ref {
	g, slot := s.places.find(r)
	if g == nil || g.endedBy(horizon) {
		return 0
	}
	if t := g.dead.stamp(slot); t != 0 && t <= horizon {
		return 0
	}
	return makeRef(g.no, slot)
}

// forget removes the entry that leads to a version, if one does.
func (ix *index) forget(p *places, hash uint64, g *segment, slot int) {
	tag := tagOf(hash)
	q := ix.probe(tag)
	for {
		e, ok := q.next()
		if !ok {
			return
		}
		if eg, at := p.find(Ref(uint32(e))); eg == g && at == slot {
			ix.replace(tag, e, tombSlot)
			return
		}
	}
}

// foldAfter is the ticks that a segment's deaths must be at rest before they are folded.
const foldAfter = 16

// fold turns stamps that nobody needs into bitmaps.
func (s *Store) fold(horizon uint64) {
	if s.settledTick < horizon {
		return
	}
	s.unfolded = slices.DeleteFunc(s.unfolded, func(g *segment) bool {
		if g.end.Load() != 0 || g.gone {
			return true
		}
		if g.lastDeath+foldAfter > horizon || g.moving != nil || s.late() {
			return false
		}
		g.dead.fold()
		g.unfolded = false
		return true
	})
}

// dropPrevs lets the links to earlier versions go where every version is old enough that
// no reader follows them.
func (s *Store) dropPrevs(horizon uint64) {
	s.prevs = slices.DeleteFunc(s.prevs, func(g *segment) bool {
		if g.gone {
			return true
		}
		if g == s.open || g.moving != nil || g.lastBirth() > horizon {
			return false
		}
		g.prev.Store(nil)
		return true
	})
}

// dropOlder lets go of the indexes that served before a truncation.
func (s *Store) dropOlder(horizon uint64) {
	cut := func(ix *index) {
		for ; ix != nil; ix = ix.older.Load() {
			if ix.since <= horizon {
				ix.older.Store(nil)
			}
		}
	}
	cut(s.ids)
	for _, ix := range *s.indexes.Load() {
		cut(ix)
	}
}

// dropEnded removes the segments that had ended by the horizon.
func (s *Store) dropEnded(horizon uint64) (more bool) {
	for len(s.ended) > 0 {
		g := s.ended[0]
		if g.end.Load() > horizon {
			return false
		}
		if g.expired && !s.leaveIndexes(g, horizon) {
			return true
		}
		s.ended = s.ended[1:]
		s.remove(g)
		if s.late() {
			return len(s.ended) > 0
		}
	}
	return false
}

// leaveIndexes takes the rows of an expired segment out of the indexes; false: not all yet.
func (s *Store) leaveIndexes(g *segment, horizon uint64) bool {
	if len(*s.indexes.Load()) == 0 {
		return true
	}
	u := &s.upkeep
	if u.dropping != g {
		u.dropping, u.dropAt, u.leaving = g, 0, &forward{gone: g}
	}
	n := int(g.n.Load())
	for u.dropAt < n {
		u.refs = u.refs[:0]
		for end := min(n, u.dropAt+keyBatch); u.dropAt < end; u.dropAt++ {
			u.refs = append(u.refs, makeRef(g.no, u.dropAt))
		}
		s.unindex(u.refs, horizon)
		u.leaving.left = append(u.leaving.left, leftRows{g, slices.Clone(u.slots)})
		if s.late() && u.dropAt < n {
			return false
		}
	}
	if s.patchLeft(u.leaving) || s.patchLists(u.leaving) {
		return false
	}
	u.dropping, u.leaving = nil, nil
	return true
}

// remove takes a segment out of the store. Its number rests until no reader knows it.
func (s *Store) remove(g *segment) {
	g.gone = true
	list := slices.DeleteFunc(slices.Clone(*s.segs.Load()), func(x *segment) bool { return x == g })
	s.segs.Store(&list)
	s.places.set(g.no, nil)
	s.places.free.put(s.upkeep.published, g.no)
}
