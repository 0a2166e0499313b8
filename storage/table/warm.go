package table

// A lookup misses the cache at the index slot, at the death's stamp and at each column of the
// key, one after the other. Over many rows, short loops that only load let the misses
// of different rows overlap; what they load is then compared out of the cache. The sums
// they return only keep the loads alive.

// warmFrom is the number of rows from which this pays.
const warmFrom = 16

// warm loads what the checks of a delta are going to read.
func (s *Store) warm() {
	w := &s.work
	if len(w.dead) >= warmFrom {
		w.warmed += s.ids.warmSlots(w.k.hash, w.dead) + s.warmRows(w.k.hash, w.dead)
	}
	if len(w.born) > len(w.dead)+warmFrom {
		w.warmed += s.ids.warmSlots(w.k.hash, w.born)
	}
}

// warmSlots loads the home slots of hashes.
func (h *hashTable) warmSlots(hash []uint64, idx []uint32) (sum uint64) {
	d := h.dir.Load()
	for _, pos := range idx {
		tag := tagOf(hash[pos])
		p := d.page(tag)
		sum += p.slots[tag&uint32(len(p.slots)-1)].Load()
	}
	return sum
}

// warmRows loads the versions that the entries of hashes lead to.
func (s *Store) warmRows(hash []uint64, idx []uint32) (sum uint64) {
	w := &s.work
	w.refs = w.refs[:0]
	for _, pos := range idx {
		q := s.ids.probe(tagOf(hash[pos]))
		e, _ := q.next()
		w.refs = append(w.refs, Ref(uint32(e)))
	}
	for _, r := range w.refs {
		g, slot := s.places.find(r)
		if g == nil {
			continue
		}
		if p := g.dead.pages.Load(); p != nil {
			if st := (*p)[slot/stampPage].Load(); st != nil {
				sum += (*st)[slot%stampPage].Load()
			}
		}
		data := g.data.Load()
		for _, c := range s.ids.cols {
			sum += data.cols[c].load(slot)
		}
	}
	return sum
}

func (p *plain) load(slot int) uint64 {
	switch {
	case p.i64 != nil:
		return uint64(p.i64[slot])
	case p.i32 != nil:
		return uint64(p.i32[slot])
	case p.str != nil:
		return p.str[slot].Lo
	}
	return 0
}

func (c *sealedColumn) load(slot int) uint64 { return c.lanes.load(slot) }

func (p *packed) load(slot int) uint64 {
	f := &p.frames[slot/packBlock]
	return p.words[int(f.at)+slot%packBlock*int(f.width)>>6]
}

func (l bitLanes) load(slot int) uint64   { return l[slot>>6] }
func (l wideLanes) load(slot int) uint64  { return l[slot][0] }
func (l f32Lanes) load(slot int) uint64   { return uint64(l[slot]) }
func (l f64Lanes) load(slot int) uint64   { return uint64(l[slot]) }
func (l *dictLanes) load(slot int) uint64 { return l.codes.load(slot) }
func (l *textLanes) load(slot int) uint64 { return l.ends.load(slot) }
