package table

import "github.com/millracedb/millrace/base/col"

// change is what happens to one row of a Multiset.
type change struct {
	pos  uint32
	raw  Ref // what the index entry leads to; 0: nothing
	at   Ref // the same, where it lies now
	from int64
	to   int64
}

func (s *Store) applyMultiset(tick uint64, d *col.Batch) error {
	w := &s.work
	s.ids.prepare(&w.k, s.cfg.Types, w.cols, d.N)
	w.sumRows(d)
	if err := s.checkWeights(); err != nil {
		return err
	}
	e := s.begin(tick)
	w.born, w.old, w.prev, w.ws = w.born[:0], w.old[:0], w.prev[:0], w.ws[:0]
	for _, c := range w.changes {
		s.reweigh(c, tick)
	}
	s.append(tick, w.cols, w.born, len(w.born), w.ws, w.prev)
	for i, pos := range w.born {
		s.ids.put(w.k.hash[pos], w.old[i], w.refs[i])
	}
	s.finish(e)
	return nil
}

// sumRows adds up the weights of identical rows of the delta.
func (w *scratch) sumRows(d *col.Batch) {
	w.clearSeen(d.Len())
	w.changes = w.changes[:0]
	if cap(w.sum) < d.N {
		w.sum = make([]int64, d.N)
	}
	w.sum = w.sum[:d.N]
	for i := range d.Len() {
		pos := uint32(d.Row(i))
		first := w.seen(pos)
		if first == pos {
			w.sum[pos] = 0
			w.changes = append(w.changes, change{pos: pos})
		}
		w.sum[first] += d.Weight(int(pos))
	}
}

// checkWeights finds the rows that stand and their weights before and after.
func (s *Store) checkWeights() error {
	w := &s.work
	n := 0
	for _, c := range w.changes {
		sum := w.sum[c.pos]
		if sum == 0 {
			continue
		}
		r, g, slot := s.ids.newest(&s.places, &w.k, int(c.pos))
		if g != nil {
			c.raw, c.at = r, makeRef(g.no, slot)
			if g.living(slot) {
				c.from = g.data.Load().w.at(slot)
			}
		}
		if c.to = c.from + sum; c.to < 0 {
			return defect("row to retract is not in the relation")
		}
		w.changes[n] = c
		n++
	}
	w.changes = w.changes[:n]
	return nil
}

// reweigh carries one change out. A version born in this very tick takes the new weight
// in place; otherwise it dies and a version of the new weight is born.
func (s *Store) reweigh(c change, tick uint64) {
	w := &s.work
	if c.from > 0 {
		g, slot := s.places.find(c.at)
		if g.born(slot) == tick && c.to > 0 {
			g.data.Load().w.(*plainWeights).set(slot, c.to, g.capacity)
			s.live += c.to - c.from
			return
		}
		g.dead.set(slot, g.capacity, tick)
		s.kill(c.at, tick)
	}
	if c.to > 0 {
		w.born, w.ws = append(w.born, c.pos), append(w.ws, c.to)
		w.old, w.prev = append(w.old, c.raw), append(w.prev, c.at)
	}
}
