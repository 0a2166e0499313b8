package table

import (
	"github.com/millracedb/millrace/base/col"
)

// split sorts the positions of a delta into deaths and births.
func (w *scratch) split(d *col.Batch) error {
	w.dead, w.born = w.dead[:0], w.born[:0]
	for i := range d.Len() {
		pos := d.Row(i)
		switch d.Weight(pos) {
		case 1:
			w.born = append(w.born, uint32(pos))
		case -1:
			w.dead = append(w.dead, uint32(pos))
		default:
			return defect("row of weight %d in a relation with a key", d.Weight(pos))
		}
	}
	return nil
}

func (s *Store) applyKeyed(tick uint64, d *col.Batch) error {
	w := &s.work
	if err := w.split(d); err != nil {
		return err
	}
	w.key = w.key[:0]
	for _, c := range s.ids.cols {
		w.key = append(w.key, w.cols[c])
	}
	s.ids.prepare(&w.k, s.cfg.Types, w.key, d.N)
	s.sumBeside(d.N)
	// Deaths are stamped while they are checked, since no reader sees the tick yet, and the
	// stamps are taken back when something is wrong.
	defer w.ends.reset()
	err := s.findDead(tick)
	if err == nil {
		err = s.findBorn(tick)
	}
	if err != nil {
		for _, r := range w.found[:w.stamped] {
			g, slot := s.places.find(r)
			g.dead.set(slot, g.capacity, 0)
		}
		return err
	}
	again := s.tick == tick && s.steps > 0
	e := s.begin(tick)
	s.killFound(tick)
	if again {
		s.reviveSame(tick)
	}
	s.append(tick, w.cols, w.born, len(w.born), nil, w.prev)
	for i, pos := range w.born {
		s.ids.putAt(w.k.hash[pos], w.spots[i], w.made, w.refs[i])
	}
	s.finish(e)
	return nil
}

// killFound accounts for the deaths that findDead has stamped. Rows of a relation with a key
// weigh 1.
func (s *Store) killFound(tick uint64) {
	w := &s.work
	for _, x := range w.ends.all() {
		g := x.g
		g.lastDeath = tick
		g.alive -= len(x.slots)
		s.live -= int64(len(x.slots))
		s.unfold(g)
		if g.moving != nil {
			for _, slot := range x.slots {
				g.moving.touched = append(g.moving.touched, makeRef(g.no, int(slot)))
			}
		}
	}
	if len(w.revived) == 0 {
		s.deaths.appendAll(w.found)
	} else {
		for _, r := range w.found {
			if !w.revived[r] {
				s.deaths.append(r)
			}
		}
	}
	for i, r := range w.prev {
		if w.makesRoom[i] { // so that the entry of its key leads on
			g, slot := s.places.find(r)
			g.setOver(slot)
		}
	}
}

// reviveSame finds births that bring back exactly what an earlier step of the tick
// retracted: the version lives on and nothing happened to it. A change is consolidated, so
// that a birth does not bring back what a death of the same change has ended.
func (s *Store) reviveSame(tick uint64) {
	w := &s.work
	n := 0
	for i, pos := range w.born {
		if r := s.lost(w.prev[i], tick, w.makesRoom[i]); r != 0 {
			if g, slot := s.places.find(r); identical(g, slot, w.cols, int(pos)) {
				s.revive(g, slot, r)
				s.ids.put(w.k.hash[pos], w.spots[i].ref, r)
				continue
			}
		}
		w.born[n], w.spots[n], w.prev[n] = pos, w.spots[i], w.prev[i]
		n++
	}
	w.born, w.spots, w.prev = w.born[:n], w.spots[:n], w.prev[:n]
}

// lost is the version that was visible before the tick and died in an earlier step of it, r or
// one before r; r itself has died now if that is said.
func (s *Store) lost(r Ref, tick uint64, now bool) Ref {
	for ; ; now = false {
		g, slot := s.places.find(r)
		if g == nil || g.dead.stamp(slot) != tick {
			return 0
		}
		if g.born(slot) != tick {
			if now {
				return 0
			}
			return makeRef(g.no, slot)
		}
		r = g.before(slot)
	}
}

// before is the version of the row's key before it, 0 when none is needed any more.
func (g *segment) before(slot int) Ref {
	if p := g.prev.Load(); p != nil {
		return (*p)[slot]
	}
	return 0
}
