package table

import (
	"math/bits"

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
	// Deaths are stamped while they are checked, since no reader sees the tick yet, and the
	// stamps are taken back when something is wrong.
	s.warm()
	err := s.checkDead(tick)
	if err == nil {
		err = s.checkBorn()
	}
	if err != nil {
		for _, r := range w.found {
			g, slot := s.places.find(r)
			g.dead.set(slot, g.capacity, 0)
		}
		return err
	}
	again := s.tick == tick && s.steps > 0
	e := s.begin(tick)
	for _, r := range w.found {
		s.kill(r, tick)
	}
	if again {
		s.reviveSame(tick)
	}
	s.append(tick, w.cols, w.born, len(w.born), nil, w.prev)
	for i, pos := range w.born {
		s.ids.put(w.k.hash[pos], w.old[i], w.refs[i])
	}
	s.finish(e)
	return nil
}

func (s *Store) checkDead(tick uint64) error {
	w := &s.work
	w.found = w.found[:0]
	for _, pos := range w.dead {
		_, g, slot := s.ids.newest(&s.places, &w.k, int(pos))
		if g == nil || !g.living(slot) || !identical(g, slot, w.cols, int(pos)) {
			return defect("row to retract is not in the relation")
		}
		g.dead.set(slot, g.capacity, tick)
		w.found = append(w.found, makeRef(g.no, slot))
	}
	return nil
}

// checkBorn looks up what stood under the keys before; none of it may live, and no key
// may come twice.
func (s *Store) checkBorn() error {
	w := &s.work
	w.old, w.prev = w.old[:0], w.prev[:0]
	for _, pos := range w.born {
		r, g, slot := s.ids.newest(&s.places, &w.k, int(pos))
		if g == nil {
			w.old, w.prev = append(w.old, 0), append(w.prev, 0)
			continue
		}
		if g.living(slot) {
			return defect("key of a new row lives already")
		}
		w.old, w.prev = append(w.old, r), append(w.prev, makeRef(g.no, slot))
	}
	w.clearSeen(len(w.born))
	for _, pos := range w.born {
		if w.seen(pos) != pos {
			return defect("key of two new rows")
		}
	}
	return nil
}

// clearSeen prepares the table of keys seen in a delta for n of them.
func (w *scratch) clearSeen(n int) {
	size := 1 << bits.Len(uint(2*n))
	if cap(w.dup) < size {
		w.dup = make([]uint32, size)
	}
	w.dup = w.dup[:size]
	clear(w.dup)
}

// seen enters the key at a position and returns the first position that has this key.
func (w *scratch) seen(pos uint32) uint32 {
	mask := uint64(len(w.dup) - 1)
	h := w.k.hash[pos]
	for i := h; ; i++ {
		p := w.dup[i&mask]
		if p == 0 {
			w.dup[i&mask] = pos + 1
			return pos
		}
		if w.k.hash[p-1] == h && w.k.equal(int(p-1), int(pos)) {
			return p - 1
		}
	}
}

// equal reports whether two keys of the set are one.
func (k *keys) equal(i, j int) bool {
	for _, v := range k.canon {
		if !col.EqualAt(v, i, v, j) {
			return false
		}
	}
	return true
}

// reviveSame finds births that bring back exactly what an earlier step of the tick
// retracted: the version lives on and nothing happened to it.
func (s *Store) reviveSame(tick uint64) {
	w := &s.work
	n := 0
	for i, pos := range w.born {
		if r := s.lost(w.prev[i], tick); r != 0 {
			if g, slot := s.places.find(r); identical(g, slot, w.cols, int(pos)) {
				s.revive(g, slot, r)
				s.ids.put(w.k.hash[pos], w.old[i], r)
				continue
			}
		}
		w.born[n], w.old[n], w.prev[n] = pos, w.old[i], w.prev[i]
		n++
	}
	w.born, w.old, w.prev = w.born[:n], w.old[:n], w.prev[:n]
}

// lost is the version that was visible before the tick and died in it, r or one before r.
func (s *Store) lost(r Ref, tick uint64) Ref {
	for {
		g, slot := s.places.find(r)
		if g == nil || g.dead.stamp(slot) != tick {
			return 0
		}
		if g.born(slot) != tick {
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
