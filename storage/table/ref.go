package table

import "sync/atomic"

// Ref names a stored version: its segment's number and its slot there. It is the tick
// goroutine's, and valid until that calls Apply, Truncate, Expire or Maintain; 0 is none.
type Ref uint32

const (
	maxRows     = 1 << 16 // rows of a segment
	maxSegments = 1<<16 - 1
)

func makeRef(no uint32, slot int) Ref { return Ref(no<<16|uint32(slot)) + 1 }

func (r Ref) no() uint32 { return uint32(r-1) >> 16 }
func (r Ref) slot() int  { return int(uint32(r-1) & (maxRows - 1)) }

// place is what a segment's number stands for: the segment, or, once compaction has
// rewritten it, where each of its rows went (0: dropped).
type place struct {
	seg   *segment
	moved []Ref
}

// places finds segments by number. Numbers are used again only when no reader that could
// have seen the old meaning is left.
type places struct {
	tab  atomic.Pointer[[]atomic.Pointer[place]]
	next uint32
	free limbo
	// moves counts the times that versions began and ended to change their place.
	moves atomic.Uint64
}

// limbo keeps numbers that were freed at a tick until the horizon has passed it.
type limbo struct{ q []freed }

type freed struct {
	tick uint64
	no   uint32
}

func (l *limbo) put(tick uint64, no uint32) { l.q = append(l.q, freed{tick, no}) }

func (l *limbo) take(horizon uint64) (no uint32, ok bool) {
	if len(l.q) == 0 || l.q[0].tick >= horizon {
		return 0, false
	}
	no = l.q[0].no
	l.q = l.q[1:]
	return no, true
}

func (p *places) set(no uint32, pl *place) {
	t := p.tab.Load()
	if t == nil || int(no) >= len(*t) {
		n := make([]atomic.Pointer[place], max(4, 2*int(no)))
		if t != nil {
			for i := range *t {
				n[i].Store((*t)[i].Load())
			}
		}
		t = &n
		p.tab.Store(t)
	}
	(*t)[no].Store(pl)
}

func (p *places) add(s *segment, horizon uint64) bool {
	no, ok := p.free.take(horizon)
	if !ok {
		if no = p.next; no >= maxSegments {
			return false
		}
		p.next++
	}
	s.no = no
	p.set(no, &place{seg: s})
	return true
}

// find follows a Ref to its row; nil: the row is gone.
func (p *places) find(r Ref) (*segment, int) {
	t := p.tab.Load()
	for r != 0 && t != nil && int(r.no()) < len(*t) {
		pl := (*t)[r.no()].Load()
		if pl == nil {
			return nil, 0
		}
		slot := r.slot()
		if pl.seg != nil {
			if slot >= int(pl.seg.n.Load()) {
				return nil, 0
			}
			return pl.seg, slot
		}
		if slot >= len(pl.moved) {
			return nil, 0
		}
		r = pl.moved[slot]
	}
	return nil, 0
}
