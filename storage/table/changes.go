package table

import (
	"runtime"
	"sort"

	"github.com/millracedb/millrace/base/col"
)

// Changes tells what happened in the ticks after from, up to and with to, in tick order
// and net in each tick: first the rows that went, with negative weights, then those that
// came. f is called with batches of at most Config.BatchRows rows of one tick each, which are
// valid for the call. It reads the tails of births and deaths and scans nothing. from must
// be pinned, else the answer may be ErrSnapshotTooOld; an error of f ends it.
func (s *Store) Changes(from, to uint64, cols []int, f func(tick uint64, b *col.Batch) error) error {
	if from < s.passed.Load() {
		return ErrSnapshotTooOld
	}
	_, _, pos := s.ticks.last(func(e *tickEntry) bool { return e.tick <= from })
	c := changes{s: s, cols: cols, f: f, from: from}
	for n := s.ticks.n.Load(); pos < n; pos++ {
		if from < s.floor.Load() {
			return ErrSnapshotTooOld
		}
		e := s.ticks.at(pos)
		if e == nil {
			return ErrSnapshotTooOld
		}
		if e.tick > to {
			break
		}
		if err := c.one(e); err != nil {
			return err
		}
	}
	if from < s.floor.Load() {
		return ErrSnapshotTooOld
	}
	return nil
}

type changes struct {
	s         *Store
	cols      []int
	f         func(uint64, *col.Batch) error
	from      uint64
	tick      uint64
	out       *col.Batch
	source    *segment // of the rows noted in slots and ws, not yet in out
	slots     []uint32
	ws        []int64
	moves     uint64        // places.moves when netW was noted
	truncated bool          // by the tick
	netW      map[Ref]int64 // versions that a new one of the same row followed
}

func (c *changes) one(e *tickEntry) error {
	c.tick = e.tick
	if c.out == nil {
		types := make([]col.Type, len(c.cols))
		for i, x := range c.cols {
			types[i] = c.s.cfg.Types[x]
		}
		c.out = col.NewBatch(types...)
	}
	c.out.Reset()
	clear(c.netW)
	c.truncated = len(e.ended) > 0
	if c.nets() {
		c.followed()
	}
	for pos := e.from; pos < e.to; pos++ {
		r := c.s.deaths.at(pos)
		if r == nil {
			return ErrSnapshotTooOld
		}
		if err := c.died(*r); err != nil {
			return err
		}
	}
	for _, g := range e.ended {
		if err := c.endedIn(g); err != nil {
			return err
		}
	}
	for _, g := range c.bornSince() {
		if err := c.bornIn(g); err != nil {
			return err
		}
	}
	return c.flush()
}

// bornSince is the segments that may hold rows born at the tick. The last one may just have
// been opened, for the rows of a tick to come: it has no birth yet, and is no earlier.
func (c *changes) bornSince() []*segment {
	segs := *c.s.segs.Load()
	i := sort.Search(len(segs), func(i int) bool {
		last := segs[i].lastBirth()
		return last >= c.tick || last == 0
	})
	j := i
	for j < len(segs) && segs[j].firstBirth() <= c.tick {
		j++
	}
	return segs[i:j]
}

// followed notes which versions were followed in the tick by one of the same row, so that
// only the difference of the weights is told.
func (c *changes) followed() {
	clear(c.netW)
	for c.moves = c.s.places.moves.Load(); c.moves&1 != 0; c.moves = c.s.places.moves.Load() {
		runtime.Gosched()
	}
	for _, g := range c.bornSince() {
		lo, hi := g.bornIn(c.tick)
		for slot := lo; slot < hi; slot++ {
			if !g.sees(slot, c.tick) {
				continue
			}
			if r := c.follows(g, slot); r != 0 {
				if c.netW == nil {
					c.netW = map[Ref]int64{}
				}
				c.netW[r] = g.data.Load().w.at(slot)
			}
		}
	}
}

// followedBy is the weight of the version that followed r in the tick. Where versions lie
// may change while the tick is read: then the notes are taken again.
func (c *changes) followedBy(r Ref) int64 {
	for {
		g, slot := c.s.places.find(r)
		w := int64(0)
		if g != nil {
			w = c.netW[makeRef(g.no, slot)]
		}
		if c.s.places.moves.Load() == c.moves {
			return w
		}
		c.followed()
	}
}

// nets reports whether a birth of the tick may undo a death of the same row: equal rows
// whose weight changed, and rows that a truncation took and an insertion brought back.
func (c *changes) nets() bool {
	return c.s.cfg.Shape == Multiset || c.s.cfg.Shape == Keyed && c.truncated
}

// follows is the version of the same row that was visible before the tick and died in it.
func (c *changes) follows(g *segment, slot int) Ref {
	if c.s.cfg.Shape == Multiset {
		if r := c.s.lost(g.before(slot), c.tick, false); r != 0 {
			return r
		}
	}
	if !c.truncated {
		return 0
	}
	ix := c.s.indexAt("", c.tick-1)
	if ix == nil {
		return 0
	}
	row := make([]*col.Vector, len(c.s.cfg.Types))
	at := [1]uint32{uint32(slot)}
	for i, data := range g.data.Load().cols {
		row[i] = col.NewVector(c.s.cfg.Types[i])
		data.take(row[i], at[:])
	}
	key := make([]*col.Vector, len(ix.cols))
	for i, x := range ix.cols {
		key[i] = row[x]
	}
	var k keys
	ix.prepare(&k, c.s.cfg.Types, key, 1)
	og, old := c.s.version(ix, &k, 0, c.tick-1)
	if og == nil || og.end.Load() != c.tick || !identical(og, old, row, 0) {
		return 0
	}
	return makeRef(og.no, old)
}

func (c *changes) died(r Ref) error {
	g, slot := c.s.places.find(r)
	if g == nil || g.dead.stamp(slot) != c.tick || g.born(slot) == c.tick {
		return nil
	}
	w := -g.data.Load().w.at(slot)
	if len(c.netW) > 0 {
		w += c.followedBy(r)
	}
	return c.row(g, slot, w)
}

func (c *changes) bornIn(g *segment) error {
	lo, hi := g.bornIn(c.tick)
	for slot := lo; slot < hi; slot++ {
		if g.dead.by(slot, c.tick) {
			continue
		}
		if c.nets() && c.follows(g, slot) != 0 {
			continue
		}
		if err := c.row(g, slot, g.data.Load().w.at(slot)); err != nil {
			return err
		}
	}
	return nil
}

// endedIn tells the rows of a segment that was truncated in the tick.
func (c *changes) endedIn(g *segment) error {
	for slot := range g.cut {
		if g.born(slot) == c.tick || g.dead.by(slot, c.tick) {
			continue
		}
		w := -g.data.Load().w.at(slot)
		if len(c.netW) > 0 {
			w += c.followedBy(makeRef(g.no, slot))
		}
		if err := c.row(g, slot, w); err != nil {
			return err
		}
	}
	return nil
}

func (c *changes) row(g *segment, slot int, w int64) error {
	if w == 0 {
		return nil
	}
	if g != c.source {
		c.drain()
		c.source = g
	}
	c.slots, c.ws = append(c.slots, uint32(slot)), append(c.ws, w)
	if c.out.N+len(c.slots) == c.s.cfg.BatchRows {
		return c.flush()
	}
	return nil
}

// drain copies the rows noted of one segment.
func (c *changes) drain() {
	if len(c.slots) == 0 {
		return
	}
	data := c.source.data.Load()
	for i, x := range c.cols {
		data.cols[x].take(&c.out.Cols[i], c.slots)
	}
	for _, w := range c.ws {
		c.out.Grow(c.out.N+1, w)
	}
	c.slots, c.ws = c.slots[:0], c.ws[:0]
}

func (c *changes) flush() error {
	c.drain()
	if c.out.N == 0 {
		return nil
	}
	if c.from < c.s.floor.Load() {
		return ErrSnapshotTooOld
	}
	err := c.f(c.tick, c.out)
	c.out.Reset()
	return err
}
