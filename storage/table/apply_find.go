package table

import (
	"math/bits"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// findDead finds the versions that are to die, and stamps them.
func (s *Store) findDead(tick uint64) error {
	w := &s.work
	w.found, w.stamped, w.made = slices.Grow(w.found[:0], len(w.dead))[:len(w.dead)], 0, s.ids.made
	w.warmed += s.ids.warmSlots(w.k.hash, w.dead)
	w.entries = s.ids.locate(w.entries, w.k.hash, w.dead)
	for k, e := range w.entries {
		g, slot := s.places.find(e.ref)
		if g == nil {
			if g, slot = s.exactly(k); g == nil {
				return errNoRow()
			}
		}
		w.found[k] = makeRef(g.no, slot)
		w.ends.add(g, uint32(slot), w.dead[k])
	}
	if !s.checkEnds() {
		return errNoRow()
	}
	for _, x := range w.ends.all() {
		w.warmed += x.g.dead.load(x.slots)
	}
	for _, r := range w.found {
		g, slot := s.places.find(r)
		if !g.living(slot) {
			return errNoRow()
		}
		g.dead.set(slot, g.capacity, tick)
		w.stamped++
	}
	return nil
}

// exactly finds the newest version of the key of a death where the first entry of its tag may
// be another key's.
func (s *Store) exactly(k int) (*segment, int) {
	w := &s.work
	r, g, slot := s.ids.newest(&s.places, &w.k, int(w.dead[k]))
	w.entries[k] = spot{r, nowhere}
	return g, slot
}

// checkEnds compares the versions found with the rows that are to end them, a column after the
// other. Those that differ have other keys, of which the hashes have one tag, or are not
// there.
func (s *Store) checkEnds() bool {
	for i := 0; i < len(s.work.ends.all()); i++ {
		g := s.work.ends.list[i].g
		if g.sums != nil && !s.checkSums(i) {
			return false
		}
		cols := s.ids.cols
		if g.sums == nil {
			cols = s.all
		}
		data := g.data.Load()
		for _, c := range cols {
			for at := 0; ; {
				x := &s.work.ends.list[i]
				if at = data.cols[c].differs(x.slots, s.work.cols[c], x.rows, at); at < 0 {
					break
				}
				if !s.findAgain(i, at) {
					return false
				}
			}
		}
	}
	return true
}

// checkSums is checkEnds for the columns beside the key, of which a segment has sums.
func (s *Store) checkSums(i int) bool {
	w := &s.work
	for at := 0; ; {
		x := &w.ends.list[i]
		if at = laneDiffers(x.g.sums, x.slots, w.sums, x.rows, at); at < 0 {
			return true
		}
		if !s.findAgain(i, at) {
			return false
		}
	}
}

// findAgain looks for the version that a row is to end where another was found.
func (s *Store) findAgain(i, at int) bool {
	w := &s.work
	x := &w.ends.list[i]
	row := x.rows[at]
	k := slices.Index(w.dead, row)
	g, slot := s.exactly(k)
	if g == nil || !identical(g, slot, w.cols, int(row)) {
		return false
	}
	x.drop(at)
	w.found[k] = makeRef(g.no, slot)
	w.ends.add(g, uint32(slot), row)
	return true
}

func errNoRow() error { return defect("row to retract is not in the relation") }

// nearDeaths is how many deaths are looked through for the one that makes room for a birth.
const nearDeaths = 8

// keyPairs are deaths and births of one key: the positions of their rows.
type keyPairs struct{ dead, born []uint32 }

// findBorn finds what stood under the keys before; none of it may live, and no key may come
// twice. A row that is replaced mostly brings its death and its birth in the order in which
// the others do, so that it is looked up once.
func (s *Store) findBorn(tick uint64) error {
	w := &s.work
	if w.pairUp(false); !w.k.alike(&w.pairs) {
		w.pairUp(true)
	}
	if len(w.aloneRows) >= warmFrom {
		w.warmed += s.ids.warmSlots(w.k.hash, w.aloneRows)
	}
	again := false
	for j, pos := range w.aloneRows {
		tag := tagOf(w.k.hash[pos])
		at := s.ids.dir.Load().page(tag).locate(tag)
		i := w.alone[j]
		if at.ref == 0 {
			w.spots[i] = at
			continue
		}
		r, g, slot := s.ids.newest(&s.places, &w.k, int(pos))
		w.spots[i] = spot{r, nowhere}
		if g == nil {
			continue
		}
		if g.living(slot) {
			return defect("key of a new row lives already")
		}
		again = again || g.dead.stamp(slot) == tick
		w.prev[i] = makeRef(g.no, slot)
	}
	if again { // a death may have made room for one of the others
		w.aloneRows = append(w.aloneRows[:0], w.born...)
	}
	w.clearSeen(len(w.aloneRows))
	for _, pos := range w.aloneRows {
		if w.seen(pos) != pos {
			return defect("key of two new rows")
		}
	}
	return nil
}

// pairUp finds for each birth a death near it that makes room for it: one whose key has the same
// hash, or, exactly, the same key.
func (w *scratch) pairUp(exactly bool) {
	w.spots, w.prev, w.makesRoom = w.spots[:0], w.prev[:0], w.makesRoom[:0]
	w.alone, w.aloneRows = w.alone[:0], w.aloneRows[:0]
	w.pairs.dead, w.pairs.born = w.pairs.dead[:0], w.pairs.born[:0]
	next := 0
	for i, pos := range w.born {
		at := w.deathOf(pos, next, exactly)
		if w.makesRoom = append(w.makesRoom, at >= 0); at < 0 {
			w.alone, w.aloneRows = append(w.alone, uint32(i)), append(w.aloneRows, pos)
			w.spots, w.prev = append(w.spots, spot{}), append(w.prev, 0)
			continue
		}
		w.pairs.dead, w.pairs.born = append(w.pairs.dead, w.dead[at]), append(w.pairs.born, pos)
		w.spots, w.prev = append(w.spots, w.entries[at]), append(w.prev, w.found[at])
		next = at + 1
	}
}

// deathOf is the place in dead, from one on, of the row whose key has the hash of that of the
// row at a position, or is equal to it; -1: it is not near.
func (w *scratch) deathOf(pos uint32, from int, exactly bool) int {
	h := w.k.hash[pos]
	for at := from; at < min(from+nearDeaths, len(w.dead)); at++ {
		if i := w.dead[at]; w.k.hash[i] == h && (!exactly || w.k.equal(int(i), int(pos))) {
			return at
		}
	}
	return -1
}

// alike reports whether the keys of all pairs are equal.
func (k *keys) alike(p *keyPairs) bool {
	for _, v := range k.canon {
		if (v.Kind == col.KindI64 || v.Kind == col.KindD64) && v.Valid == nil {
			if laneDiffers(v.I64, p.dead, v.I64, p.born, 0) >= 0 {
				return false
			}
			continue
		}
		for i, x := range p.dead {
			if !col.EqualAt(v, int(x), v, int(p.born[i])) {
				return false
			}
		}
	}
	return true
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
