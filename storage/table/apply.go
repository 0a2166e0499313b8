package table

import (
	"github.com/millracedb/millrace/base/col"
)

// scratch is what Apply keeps from call to call.
type scratch struct {
	cols       []*col.Vector
	key        []*col.Vector
	k          keys
	other      keys     // of a secondary index
	dead, born []uint32 // positions in the delta
	found      []Ref    // of dead: the versions,
	entries    []spot   // the index entries of their keys,
	ends       ends     // and the versions by segment
	stamped    int      // so many of found have their stamps
	pairs      keyPairs // the rows whose keys these are
	alone      []uint32 // places in born of those without a death near,
	aloneRows  []uint32 // and their positions in the delta
	makesRoom  []bool   // of born: a death of the same change does
	sums       []uint64 // of the columns beside the key, of each row
	spots      []spot   // of born: the index entry, located when
	made       int      // the index had made room so often
	old, prev  []Ref    // of born: what the index entry leads to, and where that lies
	refs       []Ref
	ws         []int64
	dup        []uint32
	sum        []int64
	changes    []change
	warmed     uint64
	slots      []uint32
	revived    map[Ref]bool // deaths taken back in this tick
}

// Apply makes a tick's change of the relation, or one step of it: births where the weight
// is positive, deaths where it is negative, of full rows, consolidated within the call. It
// becomes visible when the tick is published. A change that cannot be (a row to retract
// that is not there, a key that lives already) is a defect (XX000), found before anything
// is changed. The delta is not kept.
func (s *Store) Apply(tick uint64, delta *col.Batch) error {
	if delta.Len() == 0 {
		return nil
	}
	if tick < s.tick || tick == 0 {
		return defect("change of tick %d after tick %d", tick, s.tick)
	}
	if len(delta.Cols) != len(s.cfg.Types) {
		return defect("change of %d columns, the relation has %d", len(delta.Cols), len(s.cfg.Types))
	}
	w := &s.work
	w.cols = w.cols[:0]
	for i := range delta.Cols {
		w.cols = append(w.cols, stored(&delta.Cols[i], s.cfg.Types[i]))
	}
	switch s.cfg.Shape {
	case Keyed:
		return s.applyKeyed(tick, delta)
	case Multiset:
		return s.applyMultiset(tick, delta)
	}
	return s.applyBag(tick, delta)
}

func (s *Store) applyBag(tick uint64, d *col.Batch) error {
	w := &s.work
	w.ws = nil
	if d.W != nil {
		w.ws = make([]int64, d.Len())
		for i := range w.ws {
			x := d.W[d.Row(i)]
			if x <= 0 {
				return defect("retraction from an append-only relation")
			}
			w.ws[i] = x
		}
	}
	if s.cfg.Retention.None {
		s.applyPassing(tick, d)
		return nil
	}
	e := s.begin(tick)
	s.append(tick, w.cols, d.Sel, d.Len(), w.ws, nil)
	s.finish(e)
	return nil
}

// append adds rows at the positions idx of the vectors (nil: the first n), with weights
// (nil: 1) and the versions before them (nil: none). The new Refs
// are in work.refs.
func (s *Store) append(tick uint64, cols []*col.Vector, idx []uint32, n int, ws []int64, old []Ref) {
	w := &s.work
	w.refs = w.refs[:0]
	track := s.ids != nil || len(*s.indexes.Load()) > 0
	for at := 0; at < n; {
		g := s.room()
		from := int(g.n.Load())
		k := min(n-at, g.capacity-from)
		s.write(g, from, cols, idx, at, k)
		pw := g.data.Load().w.(*plainWeights)
		if ws != nil || !pw.plain() {
			for i := range k {
				x := int64(1)
				if ws != nil {
					x = ws[at+i]
				}
				pw.set(from+i, x, g.capacity)
				s.live += x
			}
		} else {
			s.live += int64(k)
		}
		if old != nil {
			copy((*g.prev.Load())[from:], old[at:at+k])
		}
		if g.sums != nil {
			copyLane(g.sums[from:from+k], w.sums, idx[at:at+k])
		}
		if track {
			for i := range k {
				w.refs = append(w.refs, makeRef(g.no, from+i))
			}
		}
		if g.lastBirth() != tick {
			g.runs.append(run{tick, uint32(from)})
		}
		g.alive += k
		g.arrived = s.now
		g.logical = g.size(from + k)
		g.n.Store(uint32(from + k))
		at += k
	}
	s.addSecondary(cols, idx, n)
}

// write copies k rows from at on into the segment's columns.
func (s *Store) write(g *segment, from int, cols []*col.Vector, idx []uint32, at, k int) {
	r := picked{lo: at, n: k}
	if idx != nil {
		r = pick(idx[at : at+k])
	}
	data := g.data.Load().cols
	for c, v := range cols {
		data[c].(*plain).put(from, v, r)
	}
}

// addSecondary enters the rows just appended into the secondary indexes.
func (s *Store) addSecondary(cols []*col.Vector, idx []uint32, n int) {
	w, r := &s.work, picked{idx: idx}
	for _, ix := range *s.indexes.Load() {
		w.key = w.key[:0]
		for _, c := range ix.cols {
			w.key = append(w.key, cols[c])
		}
		ix.prepare(&w.other, s.cfg.Types, w.key, cols[0].N)
		for i := range n {
			ix.add(w.other.hash[r.at(i)], w.refs[i], s.floor.Load())
		}
	}
}

// kill accounts for the death of a version that has been stamped with the tick.
func (s *Store) kill(r Ref, tick uint64) {
	g, slot := s.places.find(r)
	g.lastDeath = tick
	g.alive--
	s.live -= g.data.Load().w.at(slot)
	s.unfold(g)
	if g.moving != nil {
		g.moving.touched = append(g.moving.touched, r)
	}
	if !s.work.revived[r] {
		s.deaths.append(r)
	}
}

// unfold lists a segment as one with stamps.
func (s *Store) unfold(g *segment) {
	if !g.unfolded {
		g.unfolded = true
		s.unfolded = append(s.unfolded, g)
	}
}

// revive takes back the death that a version died earlier in the same tick.
func (s *Store) revive(g *segment, slot int, r Ref) {
	g.dead.set(slot, g.capacity, 0)
	g.clearOver(slot)
	g.alive++
	s.live += g.data.Load().w.at(slot)
	if g.moving != nil {
		g.moving.touched = append(g.moving.touched, r)
	}
	if s.work.revived == nil {
		s.work.revived = map[Ref]bool{}
	}
	s.work.revived[r] = true
}

// identical reports whether a stored row is row i of the vectors, byte by byte.
func identical(g *segment, slot int, cols []*col.Vector, i int) bool {
	r := g.data.Load()
	for c, v := range cols {
		if !r.cols[c].same(slot, v, i) {
			return false
		}
	}
	return true
}
