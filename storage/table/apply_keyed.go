package table

import (
	"math/bits"
	"slices"

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
	s.warm()
	defer w.ends.reset()
	err := s.findDead(tick)
	if err == nil {
		err = s.findBorn(tick)
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
	s.killFound(tick)
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

// findDead finds the versions that are to die, and stamps them.
func (s *Store) findDead(tick uint64) error {
	w := &s.work
	w.found, w.entries = w.found[:0], w.entries[:0]
	for _, pos := range w.dead {
		r, g, slot := s.ids.newest(&s.places, &w.k, int(pos))
		if g == nil || !g.living(slot) {
			return errNoRow()
		}
		g.dead.set(slot, g.capacity, tick)
		w.found, w.entries = append(w.found, makeRef(g.no, slot)), append(w.entries, r)
		w.ends.add(g, uint32(slot), pos)
	}
	for _, x := range w.ends.all() {
		if !s.sameBeside(x) {
			return errNoRow()
		}
	}
	return nil
}

// sumsFrom is the number of columns beside the key from which one hash of them, which lies in
// one place, is compared faster.
const sumsFrom = 3

// sumBeside hashes the columns beside the key of a delta's rows.
func (s *Store) sumBeside(n int) {
	w := &s.work
	if len(s.beside) < sumsFrom {
		return
	}
	w.key = w.key[:0]
	for _, c := range s.beside {
		w.key = append(w.key, w.cols[c])
	}
	w.sums = slices.Grow(w.sums[:0], n)[:n]
	s.cfg.Seed.Keys(w.sums, w.key)
}

// sameBeside reports whether versions have what the rows that are to end them have beside the
// key.
func (s *Store) sameBeside(x segmentEnds) bool {
	w := &s.work
	if x.g.sums != nil {
		return sameLane(x.g.sums, x.slots, w.sums, x.rows)
	}
	data := x.g.data.Load()
	for _, c := range s.beside {
		if !data.cols[c].sameAll(x.slots, w.cols[c], x.rows) {
			return false
		}
	}
	return true
}

func errNoRow() error { return defect("row to retract is not in the relation") }

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
	for _, r := range w.found {
		if len(w.revived) == 0 || !w.revived[r] {
			s.deaths.append(r)
		}
	}
	for _, r := range w.led {
		g, slot := s.places.find(r)
		g.setOver(slot)
	}
}

// nearDeaths is how many deaths are looked through for the one that makes room for a birth.
const nearDeaths = 8

// findBorn finds what stood under the keys before; none of it may live, and no key may come
// twice. A row that is replaced mostly brings its death and its birth in the order in which
// the others do, so that it is looked up once.
func (s *Store) findBorn(tick uint64) error {
	w := &s.work
	w.old, w.prev, w.led, w.alone, w.makesRoom = w.old[:0], w.prev[:0], w.led[:0], w.alone[:0], w.makesRoom[:0]
	next, again := 0, false
	for _, pos := range w.born {
		if at := w.deathOf(pos, next); at >= 0 {
			w.old, w.prev = append(w.old, w.entries[at]), append(w.prev, w.found[at])
			w.led, w.makesRoom = append(w.led, w.found[at]), append(w.makesRoom, true)
			next = at + 1
			continue
		}
		w.alone, w.makesRoom = append(w.alone, pos), append(w.makesRoom, false)
		r, g, slot := s.ids.newest(&s.places, &w.k, int(pos))
		if g == nil {
			w.old, w.prev = append(w.old, 0), append(w.prev, 0)
			continue
		}
		if g.living(slot) {
			return defect("key of a new row lives already")
		}
		again = again || g.dead.stamp(slot) == tick
		w.old, w.prev = append(w.old, r), append(w.prev, makeRef(g.no, slot))
	}
	if again { // a death may have made room for one of the others
		w.alone = append(w.alone[:0], w.born...)
	}
	w.clearSeen(len(w.alone))
	for _, pos := range w.alone {
		if w.seen(pos) != pos {
			return defect("key of two new rows")
		}
	}
	return nil
}

// deathOf is the place in dead, from one on, of the row whose key the row at a position has;
// -1: it is not near.
func (w *scratch) deathOf(pos uint32, from int) int {
	h := w.k.hash[pos]
	for at := from; at < min(from+nearDeaths, len(w.dead)); at++ {
		if i := w.dead[at]; w.k.hash[i] == h && w.k.equal(int(i), int(pos)) {
			return at
		}
	}
	return -1
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
// retracted: the version lives on and nothing happened to it. A change is consolidated, so
// that a birth does not bring back what a death of the same change has ended.
func (s *Store) reviveSame(tick uint64) {
	w := &s.work
	n := 0
	for i, pos := range w.born {
		if r := s.lost(w.prev[i], tick, w.makesRoom[i]); r != 0 {
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
