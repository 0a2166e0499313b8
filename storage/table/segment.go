package table

import (
	"sort"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"
)

// phase is what the tick goroutine knows of a segment.
type phase uint8

const (
	open    phase = iota // rows are appended
	full                 // closed, still plain vectors
	sealing              // being encoded in the background
	sealed               // encoded by column
)

// run is the first slot of the rows born at a tick; they reach to the next run.
type run struct {
	tick uint64
	slot uint32
}

// segment is up to 64K versions in order of arrival.
type segment struct {
	id   uint64 // never used again
	no   uint32 // in Refs; used again
	n    atomic.Uint32
	runs grow[run]
	data atomic.Pointer[rows]
	dead deaths
	prev atomic.Pointer[[]Ref] // of each row, the version of its key before it
	end  atomic.Uint64         // the tick at which all rows were truncated or expired; 0: none
	cut  int                   // rows there were then

	// Of the tick goroutine alone.
	phase     phase
	capacity  int
	alive     int    // rows whose death is open
	settled   int    // rows dead at or before the horizon, as far as deaths were settled
	lastDeath uint64 // greatest stamp
	closed    uint64 // the tick since which no row comes
	expired   bool   // end forgets, it does not delete: Changes is silent about it
	arrived   int64  // time of the last row, µs
	moving    *move  // the rewriting that this segment is part of
	logical   int64  // bytes of the rows before encoding
	unfolded  bool   // it is in the list of segments with stamps
	gone      bool   // it has left the store
	ends      int    // its place in scratch.ends, if it is there
	// over has a bit for each version whose index entry leads to a later one of its key; nil:
	// none, as far as is known.
	over []uint64
	// sums has a hash of each row's columns beside the key, by which it is compared with one
	// that is to end it; nil: they are compared themselves.
	sums []uint64
}

func (s *segment) setOver(slot int) {
	if s.over == nil {
		s.over = make([]uint64, (s.capacity+63)/64)
	}
	s.over[slot>>6] |= 1 << (slot & 63)
}

func (s *segment) clearOver(slot int) {
	if s.over != nil {
		s.over[slot>>6] &^= 1 << (slot & 63)
	}
}

func (s *segment) isOver(slot int) bool {
	return s.over != nil && s.over[slot>>6]>>(slot&63)&1 != 0
}

// rows is the contents of a segment in one encoding.
type rows struct {
	cols []column
	w    weights
}

// visible is the number of rows at the head of the segment that were born at or before a
// tick. The length is read before the runs, so every row counted has its run.
func (s *segment) visible(tick uint64) int {
	n := int(s.n.Load())
	runs := s.runs.all()
	k := len(runs)
	if k == 0 || runs[k-1].tick <= tick {
		return n
	}
	i := sort.Search(k, func(i int) bool { return runs[i].tick > tick })
	return min(n, int(runs[i].slot))
}

// born is the tick of a row's birth.
func (s *segment) born(slot int) uint64 {
	runs := s.runs.all()
	k := len(runs)
	if k > 0 && int(runs[k-1].slot) <= slot {
		return runs[k-1].tick
	}
	i := sort.Search(k, func(i int) bool { return int(runs[i].slot) > slot })
	if i == 0 {
		return 0
	}
	return runs[i-1].tick
}

// bornIn is the span of slots born at a tick.
func (s *segment) bornIn(tick uint64) (lo, hi int) {
	n := int(s.n.Load())
	runs := s.runs.all()
	i := sort.Search(len(runs), func(i int) bool { return runs[i].tick >= tick })
	if i == len(runs) || runs[i].tick != tick {
		return 0, 0
	}
	if i+1 < len(runs) {
		return int(runs[i].slot), int(runs[i+1].slot)
	}
	return int(runs[i].slot), max(n, int(runs[i].slot))
}

func (s *segment) firstBirth() uint64 {
	if r := s.runs.all(); len(r) > 0 {
		return r[0].tick
	}
	return 0
}

func (s *segment) lastBirth() uint64 {
	if r := s.runs.all(); len(r) > 0 {
		return r[len(r)-1].tick
	}
	return 0
}

// endedBy reports whether the whole segment had ended at a tick.
func (s *segment) endedBy(tick uint64) bool {
	e := s.end.Load()
	return e != 0 && e <= tick
}

// sees reports whether the version is visible at a tick.
func (s *segment) sees(slot int, tick uint64) bool {
	return s.born(slot) <= tick && !s.endedBy(tick) && !s.dead.by(slot, tick)
}

// living reports whether the version's death is open, to the tick goroutine.
func (s *segment) living(slot int) bool {
	return s.end.Load() == 0 && s.dead.stamp(slot) == 0
}

const stampPage = 1024

// deaths is which rows of a segment died, and when as long as a reader may ask: words by
// page that are stamped one by one, folded into a bitmap once the horizon has passed them.
type deaths struct {
	pages   atomic.Pointer[[]atomic.Pointer[[]atomic.Uint64]]
	settled atomic.Pointer[roaring.Bitmap] // never changed once stored
}

// settledStamp stands for the tick of a death that was folded into the bitmap.
const settledStamp = 1

// stamp is the tick of a row's death, 0 when it is open. The pages are read before the
// bitmap, and folded in the opposite order, so that no death is missed.
func (d *deaths) stamp(slot int) uint64 {
	if p := d.pages.Load(); p != nil {
		if w := (*p)[slot/stampPage].Load(); w != nil {
			if t := (*w)[slot%stampPage].Load(); t != 0 {
				return t
			}
		}
	}
	if b := d.settled.Load(); b != nil && b.Contains(uint32(slot)) {
		return settledStamp
	}
	return 0
}

func (d *deaths) by(slot int, tick uint64) bool {
	t := d.stamp(slot)
	return t != 0 && t <= tick
}

// set stamps a row of a segment of so many slots; tick 0 takes the stamp back.
func (d *deaths) set(slot, capacity int, tick uint64) {
	p := d.pages.Load()
	if p == nil {
		n := make([]atomic.Pointer[[]atomic.Uint64], (capacity+stampPage-1)/stampPage)
		p = &n
		d.pages.Store(p)
	}
	w := (*p)[slot/stampPage].Load()
	if w == nil {
		from := slot / stampPage * stampPage
		n := make([]atomic.Uint64, min(stampPage, capacity-from))
		w = &n
		(*p)[slot/stampPage].Store(w)
	}
	(*w)[slot%stampPage].Store(tick)
}

// load reads the stamps of rows into the cache; what it returns means nothing.
func (d *deaths) load(slots []uint32) (sum uint64) {
	p := d.pages.Load()
	if p == nil {
		return 0
	}
	for _, slot := range slots {
		if w := (*p)[slot/stampPage].Load(); w != nil {
			sum += (*w)[slot%stampPage].Load()
		}
	}
	return sum
}

// none reports that no row ever died.
func (d *deaths) none() bool { return d.pages.Load() == nil && d.settled.Load() == nil }

// mask sets the bits of the rows dead by a tick, from up to, not including, to (from is a
// multiple of 64), in words that begin at from. It reports whether there were any.
func (d *deaths) mask(words []uint64, from, to int, tick uint64) bool {
	words = words[:(to-from+63)/64]
	clear(words)
	any := false
	if p := d.pages.Load(); p != nil {
		for i := from; i < to; {
			end := min(to, (i/stampPage+1)*stampPage)
			w := (*p)[i/stampPage].Load()
			if w == nil {
				i = end
				continue
			}
			st := *w
			for ; i < end; i++ {
				if t := st[i%stampPage].Load(); t != 0 && t <= tick {
					words[(i-from)>>6] |= 1 << ((i - from) & 63)
					any = true
				}
			}
		}
	}
	if b := d.settled.Load(); b != nil {
		it := b.Iterator()
		it.AdvanceIfNeeded(uint32(from))
		for it.HasNext() {
			i := int(it.Next())
			if i >= to {
				break
			}
			words[(i-from)>>6] |= 1 << ((i - from) & 63)
			any = true
		}
	}
	return any
}

// fold moves the stamps, all of which are at or before the horizon, into the bitmap.
func (d *deaths) fold() {
	p := d.pages.Load()
	if p == nil {
		return
	}
	b := roaring.New()
	if old := d.settled.Load(); old != nil {
		b = old.Clone()
	}
	for k := range *p {
		if w := (*p)[k].Load(); w != nil {
			for i := range *w {
				if (*w)[i].Load() != 0 {
					b.Add(uint32(k*stampPage + i))
				}
			}
		}
	}
	b.RunOptimize()
	d.settled.Store(b)
	d.pages.Store(nil)
}

func (d *deaths) bytes() int64 {
	var n int64
	if p := d.pages.Load(); p != nil {
		n += int64(len(*p)) * 8
		for k := range *p {
			if w := (*p)[k].Load(); w != nil {
				n += int64(len(*w)) * 8
			}
		}
	}
	if b := d.settled.Load(); b != nil {
		n += int64(b.GetSizeInBytes())
	}
	return n
}
