package table

import (
	"maps"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// move is the rewriting of adjacent segments into one that the background prepares.
type move struct {
	from    []*segment
	settled []int // versions settled in each when it began
	at      uint64
	touched []Ref // versions stamped, or whose stamp was taken back, since it began

	to    *segment
	moved [][]Ref // of each segment: slot + 1 in to, 0: dropped
}

// forward is a move that has been made, until nothing leads to the old places any more.
type forward struct {
	nos   []uint32
	to    *segment
	since uint64     // published when the last index entry had been brought to name the new place
	row   int        // rows of to whose index entries have been looked at
	left  []leftRows // rows that were dropped, and have not been looked at
	gone  *segment   // one that leaves, and is dropped whole
	done  bool
	lists map[*index]map[uint32]bool // postings that may name old places
	list  *posting                   // the one being looked at, and how far
	at    int
}

// leftRows are rows of a segment that secondary indexes may yet list, though they are dead to all.
type leftRows struct {
	g     *segment
	slots []uint32
}

// start gives the background its next work, if it is idle.
func (s *Store) start() {
	u := &s.upkeep
	if u.busy {
		return
	}
	if o := s.open; o != nil && o.settled > 4*(int(o.n.Load())-o.settled)+1024 {
		s.close()
	}
	if m := s.pickMove(); m != nil {
		u.busy = true
		for _, g := range m.from {
			g.moving = m
			m.settled = append(m.settled, g.settled)
		}
		s.cfg.Background(func() {
			s.prepare(m)
			u.jobs <- func() { s.swap(m) }
		})
		return
	}
	if g := s.pickSeal(); g != nil {
		u.busy = true
		g.phase = sealing
		old := g.data.Load()
		n, d := int(g.n.Load()), s.density()
		s.cfg.Background(func() {
			data := sealRows(old, n, d)
			u.jobs <- func() {
				g.data.Store(data)
				g.phase, g.sums = sealed, nil
			}
		})
	}
}

func sealRows(old *rows, n int, d density) *rows {
	data := &rows{cols: make([]column, len(old.cols)), w: sealWeights(old.w, n)}
	var scratch col.Vector
	for i, c := range old.cols {
		v := c.window(&scratch, 0, n)
		data.cols[i] = seal(&v, d)
	}
	return data
}

func sealWeights(w weights, n int) weights {
	if w.plain() {
		return sealedWeights{}
	}
	all := make([]int64, n)
	for i := range all {
		all[i] = w.at(i)
	}
	return sealedWeights{pack(all)}
}

// mergeRun is the number of small neighbours that are worth making one.
const mergeRun = 8

// pickMove finds adjacent closed segments to rewrite: one that is more than half dead with
// the neighbours that fit beside it, or many small ones.
func (s *Store) pickMove() *move {
	if s.cfg.Retention != (Retention{}) {
		return nil // what expires together stays together
	}
	segs := *s.segs.Load()
	var m *move
	rows, size, halfDead := 0, int64(0), false
	try := func() *move {
		if m != nil && (halfDead || len(m.from) >= mergeRun) {
			return m
		}
		return nil
	}
	for _, g := range segs {
		n := int(g.n.Load())
		left := n - g.settled
		dead := 2*g.settled > n
		small := left*mergeRun < maxRows
		if s.rests(g) {
			dead, small = g.settled == n, false
		}
		fit := (g.phase == full || g.phase == sealed) && g.end.Load() == 0 && g.moving == nil && (dead || small)
		if fit && m != nil && rows+left <= maxRows && size+g.logical <= maxArena {
			m.from = append(m.from, g)
			rows, size, halfDead = rows+left, size+g.logical, halfDead || dead
			continue
		}
		if got := try(); got != nil {
			return got
		}
		m, rows, size, halfDead = nil, 0, 0, false
		if fit {
			m, rows, size, halfDead = &move{from: []*segment{g}, at: s.settledTick}, left, g.logical, dead
		}
	}
	return try()
}

// prepare runs in the background: it writes the rows that are left into a new segment.
func (s *Store) prepare(m *move) {
	slots := make([][]uint32, len(m.from))
	m.moved = make([][]Ref, len(m.from))
	total := 0
	for i, g := range m.from {
		n := int(g.n.Load())
		m.moved[i] = make([]Ref, n)
		for slot := range n {
			if t := g.dead.stamp(slot); t != 0 && t <= m.at {
				continue
			}
			total++
			m.moved[i][slot] = Ref(total)
			slots[i] = append(slots[i], uint32(slot))
		}
	}
	to := &segment{capacity: total, phase: sealed}
	m.to = to
	data := &rows{cols: make([]column, len(s.cfg.Types))}
	for c, t := range s.cfg.Types {
		v := col.NewVector(t)
		for i, g := range m.from {
			g.data.Load().cols[c].take(v, slots[i])
		}
		data.cols[c] = seal(v, s.density())
	}
	data.w = joinWeights(m.from, slots)
	to.data.Store(data)
	s.joinHistory(m, slots, total)
	to.n.Store(uint32(total))
}

func joinWeights(from []*segment, slots [][]uint32) weights {
	var all []int64
	plain := true
	for i, g := range from {
		w := g.data.Load().w
		for _, slot := range slots[i] {
			x := w.at(int(slot))
			plain = plain && x == 1
			all = append(all, x)
		}
	}
	if plain {
		return sealedWeights{}
	}
	return sealedWeights{pack(all)}
}

// joinHistory copies births, links to earlier versions and stamps.
func (s *Store) joinHistory(m *move, slots [][]uint32, total int) {
	to := m.to
	var prev []Ref
	n := 0
	for i, g := range m.from {
		to.logical += g.logical * int64(len(slots[i])) / max(1, int64(g.n.Load()))
		to.arrived = max(to.arrived, g.arrived)
		links := g.prev.Load()
		if links != nil && prev == nil {
			prev = make([]Ref, total)
		}
		for _, slot := range slots[i] {
			if t := g.born(int(slot)); n == 0 || to.lastBirth() != t {
				to.runs.append(run{t, uint32(n)})
			}
			if links != nil {
				prev[n] = (*links)[slot]
			}
			if t := g.dead.stamp(int(slot)); t != 0 {
				to.dead.set(n, total, t)
				to.lastDeath = max(to.lastDeath, t)
			}
			n++
		}
	}
	if prev != nil {
		to.prev.Store(&prev)
	}
}

// swap puts the new segment in the place of the old ones, on the tick goroutine.
func (s *Store) swap(m *move) {
	ended := false
	for _, g := range m.from {
		g.moving = nil
		ended = ended || g.end.Load() != 0
	}
	if ended {
		return
	}
	to := m.to
	to.id = s.newID()
	if to.n.Load() > 0 && !s.places.add(to, s.floor.Load()) {
		return
	}
	s.carry(m)
	s.places.moves.Add(1)
	f := &forward{to: to}
	listed := len(*s.indexes.Load()) > 0
	for i, g := range m.from {
		g.gone = true
		left := leftRows{g: g}
		for j, r := range m.moved[i] {
			switch {
			case r != 0:
				m.moved[i][j] = makeRef(to.no, int(r-1))
			case listed:
				left.slots = append(left.slots, uint32(j))
			}
		}
		if len(left.slots) > 0 {
			f.left = append(f.left, left)
		}
		s.places.set(g.no, &place{moved: m.moved[i]})
		f.nos = append(f.nos, g.no)
	}
	s.places.moves.Add(1)
	s.replaceSegs(m.from, to)
	s.upkeep.moved = append(s.upkeep.moved, f)
}

// carry brings over what happened to the versions while they were copied.
func (s *Store) carry(m *move) {
	to := m.to
	for i, g := range m.from {
		to.alive += g.alive
		to.settled += g.settled - m.settled[i]
		to.lastDeath = max(to.lastDeath, g.lastDeath)
	}
	for _, r := range m.touched {
		g, slot := s.places.find(r)
		i := slices.Index(m.from, g)
		if x := m.moved[i][slot]; x != 0 {
			to.dead.set(int(x-1), to.capacity, g.dead.stamp(slot))
		}
	}
	if to.dead.pages.Load() != nil {
		to.unfolded = true
		s.unfolded = append(s.unfolded, to)
	}
	if to.prev.Load() != nil {
		s.prevs = append(s.prevs, to)
	}
}

func (s *Store) replaceSegs(from []*segment, to *segment) {
	old := *s.segs.Load()
	i := slices.Index(old, from[0])
	list := slices.Clone(old[:i])
	if to.n.Load() > 0 {
		list = append(list, to)
	}
	list = append(list, old[i+len(from):]...)
	s.segs.Store(&list)
}

// patch makes index entries that name the old places of moved versions name the new ones, and those
// of dropped versions name none: the numbers of the old places are used again.
func (s *Store) patch() (more bool) {
	for _, f := range s.upkeep.moved {
		n := int(f.to.n.Load())
		for !f.done && f.row < n {
			hi := min(n, f.row+keyBatch)
			s.patchRows(f, f.row, hi)
			if f.row = hi; s.late() {
				return true
			}
		}
		if f.done {
			continue
		}
		if s.patchLeft(f) || s.patchLists(f) {
			return true
		}
		f.done, f.since = true, s.upkeep.published
	}
	return false
}

// patchLeft finds the lists that may name dropped rows.
func (s *Store) patchLeft(f *forward) (more bool) {
	for len(f.left) > 0 {
		x := &f.left[0]
		n := min(keyBatch, len(x.slots))
		for _, ix := range *s.indexes.Load() {
			for _, h := range s.keysAt(&s.upkeep.keyScratch, ix, x.g, x.slots[:n]).hash[:n] {
				f.note(ix, ix.listOf(h))
			}
		}
		if x.slots = x.slots[n:]; len(x.slots) == 0 {
			f.left = f.left[1:]
		}
		if s.late() {
			return true
		}
	}
	return false
}

// listOf is the number of the list under a hash; 0: there is none.
func (ix *index) listOf(hash uint64) uint32 {
	q := ix.probe(tagOf(hash))
	if e, ok := q.next(); ok && e>>32&1 == 1 {
		return uint32(e)
	}
	return 0
}

// note notes a list to look through.
func (f *forward) note(ix *index, no uint32) {
	if no == 0 {
		return
	}
	if f.lists == nil {
		f.lists = map[*index]map[uint32]bool{}
	}
	if f.lists[ix] == nil {
		f.lists[ix] = map[uint32]bool{}
	}
	f.lists[ix][no] = true
}

func (s *Store) patchRows(f *forward, lo, hi int) {
	if s.ids != nil {
		k := s.keysOf(s.ids, f.to, lo, hi)
		s.work.warmed += s.ids.warmAll(k.hash[:hi-lo])
		for i := range hi - lo {
			s.ids.redirect(&s.places, k.hash[i], f.to, lo+i)
		}
	}
	for _, ix := range *s.indexes.Load() {
		k := s.keysOf(ix, f.to, lo, hi)
		for i := range hi - lo {
			f.note(ix, ix.redirect(&s.places, k.hash[i], f.to, lo+i))
		}
	}
}

// redirect makes an entry that leads to a version name its present place. For a hash with
// a list it returns the list's number.
func (ix *index) redirect(p *places, hash uint64, g *segment, slot int) (list uint32) {
	tag := tagOf(hash)
	q := ix.probe(tag)
	for {
		e, ok := q.next()
		if !ok {
			return 0
		}
		if e>>32&1 == 1 {
			return uint32(e)
		}
		if eg, at := p.find(Ref(uint32(e))); eg == g && at == slot {
			q.set(slotOf(tag, false, uint32(makeRef(g.no, slot))))
			return 0
		}
	}
}

// patchLists makes the lists found by patchRows and patchLeft name present places.
func (s *Store) patchLists(f *forward) (more bool) {
	for _, ix := range *s.indexes.Load() {
		nos := slices.Sorted(maps.Keys(f.lists[ix]))
		for _, no := range nos {
			p := ix.lists.get(no)
			if p == nil {
				continue
			}
			if f.list != p {
				f.list, f.at = p, 0
			}
			for list := p.list(); f.at < len(list); {
				switch g, slot := s.places.find(loadRef(list, f.at)); {
				case g == nil || g == f.gone:
					storeRef(list, f.at, 0)
				case g == f.to:
					storeRef(list, f.at, makeRef(g.no, slot))
				}
				if f.at++; f.at%keyBatch == 0 && s.late() {
					return true
				}
			}
			delete(f.lists[ix], no)
		}
	}
	return false
}

// freeForwards forgets where moved versions were, once every reader that could still hold
// an old place is gone. Until patch was done, readers of any tick found old places in the
// index, lists that growth has since replaced among them, and Apply linked new versions to
// them; so it is the ticks published by then that must have passed.
func (s *Store) freeForwards(horizon uint64) {
	s.upkeep.moved = slices.DeleteFunc(s.upkeep.moved, func(f *forward) bool {
		if !f.done || f.since >= horizon {
			return false
		}
		for _, no := range f.nos {
			s.places.set(no, nil)
			s.places.free.put(s.upkeep.published, no)
		}
		return true
	})
}

// keepForwards holds the old places as long as the indexes before a truncation serve;
// the indexes after it know none of them.
func (s *Store) keepForwards(tick uint64) {
	for _, f := range s.upkeep.moved {
		f.since, f.done = max(f.since, tick), true
	}
}
