package table

import "github.com/millracedb/millrace/base/col"

// indexAt is the index of a name that serves a tick: "" is the identity index.
func (s *Store) indexAt(name string, tick uint64) *index {
	var ix *index
	if name == "" {
		ix = s.identity.Load()
	} else {
		for _, x := range *s.indexes.Load() {
			if x.name == name {
				ix = x
			}
		}
	}
	for ix != nil && tick < ix.since {
		ix = ix.older.Load()
	}
	return ix
}

// HasIndex reports whether Lookup can use the index: "" is the key of a Keyed store, the
// full row of a Multiset.
func (s *Store) HasIndex(name string) bool { return s.indexAt(name, ^uint64(0)) != nil }

// Lookup appends to dst the rows visible at a tick whose index columns are SQL-equal to
// one of the keys (in a Multiset's full-row index: identical), and to left the number of
// the key of each row. The keys are vectors of the index columns' types and of one length;
// dst has the columns cols in their stored kinds (col.NewBatch). NULL meets NULL: a caller
// for whom it must not, leaves such keys out. Bytes are copied, so dst outlives the read.
// After an error dst holds anything.
func (s *Store) Lookup(tick uint64, index string, in []*col.Vector, cols []int, dst *col.Batch, left []uint32) ([]uint32, error) {
	if tick < s.floor.Load() {
		return left, ErrSnapshotTooOld
	}
	ix := s.indexAt(index, tick)
	if ix == nil && s.HasIndex(index) {
		return left, ErrSnapshotTooOld // it begins after the tick
	}
	if ix == nil {
		return left, defect("relation has no index \"%s\"", index)
	}
	return s.lookup(ix, tick, in, cols, dst, left)
}

func (s *Store) lookup(ix *index, tick uint64, in []*col.Vector, cols []int, dst *col.Batch, left []uint32) ([]uint32, error) {
	n := 1
	if len(in) > 0 {
		n = in[0].N
	}
	var k keys
	ix.prepare(&k, s.cfg.Types, in, n)
	for i := range n {
		if ix.listing {
			left = s.lookupListed(ix, &k, i, tick, cols, dst, left)
			continue
		}
		if g, slot := s.version(ix, &k, i, tick); g != nil {
			g.copyRow(slot, cols, dst)
			left = append(left, uint32(i))
		}
	}
	if tick < s.floor.Load() {
		return left, ErrSnapshotTooOld
	}
	return left, nil
}

func (s *Store) lookupListed(ix *index, k *keys, i int, tick uint64, cols []int, dst *col.Batch, left []uint32) []uint32 {
	var one [1]Ref
	list := ix.listed(k.hash[i], &one)
	for j := range list {
		g, slot := s.places.find(loadRef(list, j))
		if g != nil && g.sees(slot, tick) && ix.matches(g, slot, k, i) {
			g.copyRow(slot, cols, dst)
			left = append(left, uint32(i))
		}
	}
	return left
}

// version is where the version of a key visible at a tick lies; nil: there is none.
func (s *Store) version(ix *index, k *keys, i int, tick uint64) (*segment, int) {
	_, g, slot := ix.newest(&s.places, k, i)
	for g != nil && g.born(slot) > tick {
		r := g.before(slot)
		if r == 0 {
			return nil, 0
		}
		g, slot = s.places.find(r)
	}
	if g == nil || !g.sees(slot, tick) {
		return nil, 0
	}
	return g, slot
}

// copyRow appends a row's columns to dst.
func (g *segment) copyRow(slot int, cols []int, dst *col.Batch) {
	at := [1]uint32{uint32(slot)}
	g.copyRows(at[:], cols, dst)
}

func (g *segment) copyRows(slots []uint32, cols []int, dst *col.Batch) {
	data := g.data.Load()
	for i, c := range cols {
		data.cols[c].take(&dst.Cols[i], slots)
	}
	for _, slot := range slots {
		dst.Grow(dst.N+1, data.w.at(int(slot)))
	}
}

// Newest finds each key's living version as the tick goroutine sees it, with the steps of
// the present tick that were applied: its Ref and its birth, 0 where there is none. In a
// secondary index it is the last that arrived.
func (s *Store) Newest(index string, in []*col.Vector) (refs []Ref, births []uint64) {
	ix := s.indexAt(index, ^uint64(0))
	if ix == nil || len(in) == 0 {
		return nil, nil
	}
	n := in[0].N
	refs, births = make([]Ref, n), make([]uint64, n)
	k := &s.work.k
	ix.prepare(k, s.cfg.Types, in, n)
	for i := range n {
		var g *segment
		var slot int
		if ix.listing {
			g, slot = s.newestListed(ix, k, i)
		} else {
			_, g, slot = ix.newest(&s.places, k, i)
		}
		if g != nil && g.living(slot) {
			refs[i], births[i] = makeRef(g.no, slot), g.born(slot)
		}
	}
	return refs, births
}

func (s *Store) newestListed(ix *index, k *keys, i int) (*segment, int) {
	var one [1]Ref
	list := ix.listed(k.hash[i], &one)
	for j := len(list) - 1; j >= 0; j-- {
		if g, slot := s.places.find(list[j]); g != nil && g.living(slot) && ix.matches(g, slot, k, i) {
			return g, slot
		}
	}
	return nil, 0
}

// Living finds all living versions of the keys, as Newest sees them, in order of arrival:
// left holds the number of the key of each.
func (s *Store) Living(index string, in []*col.Vector) (left []uint32, refs []Ref) {
	ix := s.indexAt(index, ^uint64(0))
	if ix == nil || len(in) == 0 {
		return nil, nil
	}
	if !ix.listing {
		found, _ := s.Newest(index, in)
		for i, r := range found {
			if r != 0 {
				left, refs = append(left, uint32(i)), append(refs, r)
			}
		}
		return left, refs
	}
	return s.livingIn(ix, in)
}

func (s *Store) livingIn(ix *index, in []*col.Vector) (left []uint32, refs []Ref) {
	k := &s.work.k
	ix.prepare(k, s.cfg.Types, in, in[0].N)
	for i := range in[0].N {
		var one [1]Ref
		list := ix.listed(k.hash[i], &one)
		for j := range list {
			if g, slot := s.places.find(list[j]); g != nil && g.living(slot) && ix.matches(g, slot, k, i) {
				left, refs = append(left, uint32(i)), append(refs, makeRef(g.no, slot))
			}
		}
	}
	return left, refs
}

// Fetch appends the columns of versions to dst, which has them in their stored kinds;
// bytes are copied. It panics for a Ref that is no longer valid.
func (s *Store) Fetch(refs []Ref, cols []int, dst *col.Batch) {
	slots := s.work.slots[:0]
	for i, r := range refs {
		g, slot := s.places.find(r)
		slots = append(slots, uint32(slot))
		if i+1 < len(refs) {
			if next, _ := s.places.find(refs[i+1]); next == g {
				continue
			}
		}
		g.copyRows(slots, cols, dst)
		slots = slots[:0]
	}
	s.work.slots = slots
}

// lookupBatches hands the rows of Access.Keys on in batches.
func (s *Store) lookupBatches(tick uint64, cols []int, a Access, yield func(*col.Batch, error) bool) {
	types := make([]col.Type, len(cols))
	for i, c := range cols {
		types[i] = s.cfg.Types[c]
	}
	found := col.NewBatch(types...)
	if _, err := s.Lookup(tick, a.Index, a.Keys, cols, found, nil); err != nil {
		yield(nil, err)
		return
	}
	if found.N <= s.cfg.BatchRows {
		if found.N > 0 {
			yield(found, nil)
		}
		return
	}
	sel := make([]uint32, 0, s.cfg.BatchRows)
	for lo := 0; lo < found.N; lo += s.cfg.BatchRows {
		sel = sel[:0]
		for i := lo; i < min(found.N, lo+s.cfg.BatchRows); i++ {
			sel = append(sel, uint32(i))
		}
		part := *found
		part.Sel = sel
		if !yield(part.Compact(), nil) {
			return
		}
	}
}
