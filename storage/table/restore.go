package table

import (
	"maps"
	"slices"
)

// Restore fills an empty store from the state blob of a checkpoint and the immutable
// segments that it names, which blob gives. The store has the Config that it was saved
// under. What does not decode is XX001, and the store is of no use then.
func (s *Store) Restore(state []byte, blob func(id uint64) ([]byte, error)) error {
	r, err := openBlob(state, blobState)
	if err != nil {
		return err
	}
	s.readHead(r)
	horizon := r.uint()
	s.live, s.now = r.int(), r.int()
	s.nextID = r.uint()
	s.nextCap = max(firstRows, r.count(maxRows, "rows of capacity"))
	infos := s.readIndexes(r)
	var segs []*segment
	for range r.count(maxSegments, "segments") {
		g, err := s.readPart(r, blob)
		if err != nil {
			return err
		}
		segs = append(segs, g)
	}
	if r.err == nil && len(r.b) > 0 {
		r.fail("%d bytes are left over", len(r.b))
	}
	if r.err != nil {
		return r.err
	}
	s.floor.Store(horizon)
	s.settledTick = horizon
	return s.install(segs, infos, horizon)
}

func (s *Store) readHead(r *reader) {
	if shape := Shape(r.byte()); shape != s.cfg.Shape {
		r.fail("shape %d stands where %d belongs", shape, s.cfg.Shape)
	}
	if n := r.count(maxRows, "columns"); n != len(s.cfg.Types) {
		r.fail("%d columns stand where %d belong", n, len(s.cfg.Types))
	}
	for _, t := range s.cfg.Types {
		if oid, mod := r.uint(), r.int(); r.err == nil && (oid != uint64(t.OID) || mod != int64(t.Mod)) {
			r.fail("column of type %d (%d) stands where %s belongs", oid, mod, t)
		}
	}
	s.tick = r.uint()
}

func (s *Store) readIndexes(r *reader) (infos []IndexInfo) {
	for range r.count(maxRows, "indexes") {
		ix := IndexInfo{Name: string(r.bytes())}
		for range r.count(len(s.cfg.Types)*4, "index columns") {
			c := r.count(max(0, len(s.cfg.Types)-1), "columns")
			ix.Cols = append(ix.Cols, c)
		}
		ix.Unique = r.byte() != 0
		if r.err != nil || len(ix.Cols) == 0 {
			r.fail("index without columns")
			return nil
		}
		infos = append(infos, ix)
	}
	return infos
}

// readPart reads one segment of the state and its deaths.
func (s *Store) readPart(r *reader, blob func(uint64) ([]byte, error)) (*segment, error) {
	apart, expired, end := r.byte() != 0, r.byte() != 0, r.uint()
	var g *segment
	if apart {
		id, n := r.uint(), r.uint()
		if r.err != nil {
			return nil, r.err
		}
		b, err := blob(id)
		if err != nil {
			return nil, err
		}
		br, err := openBlob(b, blobSegment)
		if err != nil {
			return nil, err
		}
		g = br.segment(s.cfg.Types)
		if br.err == nil && (g.id != id || uint64(g.n.Load()) != n || len(br.b) > 0) {
			br.fail("segment %d of %d rows stands where %d of %d belongs", g.id, g.n.Load(), id, n)
		}
		if br.err != nil {
			return nil, br.err
		}
	} else {
		g = r.segment(s.cfg.Types)
		g.id = s.newID()
	}
	if r.err != nil {
		return nil, r.err
	}
	g.expired = expired
	g.cut = int(g.n.Load())
	g.end.Store(end)
	s.readDeaths(r, g)
	return g, r.err
}

func (s *Store) readDeaths(r *reader, g *segment) {
	n := int(g.n.Load())
	if b := r.bitmap(n); b != nil {
		g.dead.settled.Store(b)
		g.settled = int(b.GetCardinality())
	}
	dead := g.settled
	for range r.count(n, "deaths") {
		slot, tick := r.uint(), r.uint()
		if r.err != nil {
			return
		}
		if slot >= uint64(n) || tick > s.tick || tick < g.born(int(slot)) || g.dead.stamp(int(slot)) != 0 {
			r.fail("death of row %d at tick %d", slot, tick)
			return
		}
		g.dead.set(int(slot), g.capacity, tick)
		g.lastDeath = max(g.lastDeath, tick)
		dead++
	}
	if g.alive = n - dead; g.end.Load() != 0 {
		g.alive = 0
	}
}

// install makes the segments the store's, and what follows from them: places, indexes,
// and the lists of ticks and deaths after the horizon.
func (s *Store) install(segs []*segment, infos []IndexInfo, horizon uint64) error {
	last := uint64(0)
	for _, g := range segs {
		if g.n.Load() == 0 {
			return corrupt("segment %d is empty", g.id)
		}
		if g.firstBirth() < last || g.lastBirth() > s.tick {
			return corrupt("births of segment %d do not ascend", g.id)
		}
		last = g.lastBirth()
		if !s.places.add(g, 0) {
			return corrupt("too many segments")
		}
		if g.end.Load() != 0 {
			s.ended = append(s.ended, g)
			if !g.expired {
				s.cut.Store(max(s.cut.Load(), g.end.Load()))
			}
		}
		if g.dead.pages.Load() != nil {
			g.unfolded = true
			s.unfolded = append(s.unfolded, g)
		}
		if s.ids != nil && last > horizon {
			p := make([]Ref, g.n.Load())
			g.prev.Store(&p)
			s.prevs = append(s.prevs, g)
		}
	}
	s.segs.Store(&segs)
	s.history(segs, horizon)
	if s.ids != nil {
		for _, g := range s.ended {
			s.ids.since = max(s.ids.since, g.end.Load())
		}
		if err := s.fillIdentity(); err != nil {
			return err
		}
	}
	for _, ix := range infos {
		if err := s.CreateIndex(ix.Name, ix.Cols, ix.Unique); err != nil {
			return err
		}
	}
	return nil
}

// past is what a tick after the horizon did.
type past struct {
	delta int64
	dead  []Ref
	ended []*segment
}

// history rebuilds the lists of ticks and deaths.
func (s *Store) history(segs []*segment, horizon uint64) {
	at := map[uint64]*past{}
	of := func(t uint64) *past {
		if at[t] == nil {
			at[t] = &past{}
		}
		return at[t]
	}
	for _, g := range segs {
		end := g.end.Load()
		if end > horizon && !g.expired {
			of(end).ended = append(of(end).ended, g)
		}
		w := g.data.Load().w
		for slot := range int(g.n.Load()) {
			born, died := g.born(slot), g.dead.stamp(slot)
			if born > horizon {
				of(born).delta += w.at(slot)
			}
			if died > horizon {
				of(died).delta -= w.at(slot)
				of(died).dead = append(of(died).dead, makeRef(g.no, slot))
			} else if end > horizon && died == 0 {
				of(end).delta -= w.at(slot)
			}
		}
	}
	ticks := slices.Sorted(maps.Keys(at))
	live := s.live
	for _, t := range ticks {
		live -= at[t].delta
	}
	s.ticks.append(tickEntry{tick: horizon, live: live})
	for _, t := range ticks {
		from := s.deaths.n.Load()
		for _, r := range at[t].dead {
			s.deaths.append(r)
		}
		live += at[t].delta
		s.ticks.append(tickEntry{tick: t, live: live, from: from, to: s.deaths.n.Load(), ended: at[t].ended})
	}
}
