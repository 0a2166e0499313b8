package table

import (
	"slices"
	"sync/atomic"
)

// A slot of an index holds 31 bits of the key's hash, a flag and an id: a Ref, or with the
// flag the number of a posting. The directory goes by the top bits of the 31, the home
// position in a page by their low ones.
const (
	pageSlots  = 8192 // 64 KB
	firstSlots = 32
	tagBits    = 31
	emptySlot  = 0
	tombSlot   = 1 << 32 // the flag with id 0
)

func tagOf(hash uint64) uint32 { return uint32(hash>>26) &^ (1 << 31) }

func slotOf(tag uint32, listed bool, id uint32) uint64 {
	s := uint64(tag)<<33 | uint64(id)
	if listed {
		s |= 1 << 32
	}
	return s
}

// page is an open-addressed part of an index. Readers probe it while one goroutine writes;
// an entry never moves inside a page, so a probe misses nothing.
type page struct {
	depth uint8 // top bits of the tag that its entries share
	used  int   // entries and tombs; of the writer
	live  int   // entries; of the writer
	slots []atomic.Uint64
}

// hashTable is an extendible hash table of slots.
type hashTable struct {
	dir   atomic.Pointer[directory]
	made  int   // times that a page made room
	size  int64 // bytes
	bytes atomic.Int64
}

// directory maps the top bits of a tag to pages.
type directory struct {
	bits  uint8
	pages []atomic.Pointer[page]
}

func newHashTable() *hashTable {
	h := &hashTable{}
	d := &directory{pages: make([]atomic.Pointer[page], 1)}
	d.pages[0].Store(h.newPage(0, firstSlots))
	h.dir.Store(d)
	return h
}

func (h *hashTable) newPage(depth uint8, slots int) *page {
	h.size += int64(slots) * 8
	h.bytes.Store(h.size)
	return &page{depth: depth, slots: make([]atomic.Uint64, slots)}
}

func (h *hashTable) drop(p *page) {
	h.size -= int64(len(p.slots)) * 8
	h.bytes.Store(h.size)
}

func (d *directory) page(tag uint32) *page {
	return d.pages[tag>>(tagBits-d.bits)].Load()
}

// probe walks the entries of a tag. A probe is a value: pages may be replaced under it.
type probe struct {
	p    *page
	tag  uint32
	i    uint32
	left int
}

func (h *hashTable) probe(tag uint32) probe {
	p := h.dir.Load().page(tag)
	return probe{p, tag, tag, len(p.slots)}
}

// next is the next entry of the tag; false: there is none.
func (q *probe) next() (slot uint64, ok bool) {
	mask := uint32(len(q.p.slots) - 1)
	for ; q.left > 0; q.left-- {
		s := q.p.slots[q.i&mask].Load()
		q.i++
		if s == emptySlot {
			return 0, false
		}
		if uint32(s>>33) == q.tag && s != tombSlot {
			q.left--
			return s, true
		}
	}
	return 0, false
}

// set changes the entry that next has found, on the tick goroutine.
func (q *probe) set(slot uint64) {
	q.p.slots[(q.i-1)&uint32(len(q.p.slots)-1)].Store(slot)
}

// spot is where in the page of its tag an entry lies, and what it leads to; of a tag without an
// entry ref is 0, and at is where one could lie.
type spot struct {
	ref Ref
	at  uint32
}

// nowhere is a place that is not known.
const nowhere = ^uint32(0)

// locate finds the first entry of the tag of each of the hashes at idx.
func (h *hashTable) locate(spots []spot, hash []uint64, idx []uint32) []spot {
	spots = slices.Grow(spots[:0], len(idx))
	d := h.dir.Load()
	for _, pos := range idx {
		tag := tagOf(hash[pos])
		spots = append(spots, d.page(tag).locate(tag))
	}
	return spots
}

func (p *page) locate(tag uint32) spot {
	free, mask := nowhere, uint32(len(p.slots)-1)
	for i, n := tag, 0; n < len(p.slots); i, n = i+1, n+1 {
		switch e := p.slots[i&mask].Load(); {
		case e == emptySlot:
			if free == nowhere {
				free = i & mask
			}
			return spot{at: free}
		case e == tombSlot && free == nowhere:
			free = i & mask
		case e == tombSlot:
		case uint32(e>>33) == tag:
			return spot{Ref(uint32(e)), i & mask}
		}
	}
	return spot{at: free}
}

// replace puts a new slot in the place of an old one of the same tag; false: it is not there.
func (h *hashTable) replace(tag uint32, old, new uint64) bool {
	p := h.dir.Load().page(tag)
	mask := uint32(len(p.slots) - 1)
	for i, n := tag, 0; n < len(p.slots); i, n = i+1, n+1 {
		switch p.slots[i&mask].Load() {
		case old:
			p.slots[i&mask].Store(new)
			if new == tombSlot {
				p.live--
			}
			return true
		case emptySlot:
			return false
		}
	}
	return false
}

// insert adds a slot, beside others of the same tag.
func (h *hashTable) insert(tag uint32, slot uint64) {
	p := h.dir.Load().page(tag)
	for p.used >= p.limit() {
		h.relieve(tag, p)
		p = h.dir.Load().page(tag)
	}
	p.add(tag, slot)
}

// insertAt is insert where the tag was located without an entry, since when no page made room.
func (h *hashTable) insertAt(tag, at uint32, slot uint64) {
	if p := h.dir.Load().page(tag); p.used < p.limit() {
		p.add(at, slot)
		return
	}
	h.insert(tag, slot)
}

// limit staggers the splits, so that pages do not all split in the same ticks.
func (p *page) limit() int {
	n := len(p.slots)
	if n < pageSlots {
		return n * 3 / 4
	}
	return n*3/4 - int(p.depth)*37%(n/16)
}

// add adds a slot at the first free place from one on.
func (p *page) add(from uint32, slot uint64) {
	mask := uint32(len(p.slots) - 1)
	for i := from; ; i++ {
		switch p.slots[i&mask].Load() {
		case emptySlot:
			p.used++
			p.live++
			p.slots[i&mask].Store(slot)
			return
		case tombSlot:
			p.live++
			p.slots[i&mask].Store(slot)
			return
		}
	}
}

// relieve makes room in a page: without its tombs, twice as large, or split in two. The
// old page stays as it is for the readers that hold it.
func (h *hashTable) relieve(tag uint32, p *page) {
	h.made++
	defer h.drop(p)
	n := len(p.slots)
	if p.live < p.limit()*2/3 || n < pageSlots || p.depth > tagBits-14 {
		if p.live >= p.limit()*2/3 {
			n *= 2
		}
		q := h.newPage(p.depth, n)
		p.each(func(tag uint32, s uint64) { q.add(tag, s) })
		h.point(tag, q)
		return
	}
	a, b := h.newPage(p.depth+1, n), h.newPage(p.depth+1, n)
	bit := uint32(1) << (tagBits - 1 - p.depth)
	p.each(func(tag uint32, s uint64) {
		if tag&bit == 0 {
			a.add(tag, s)
		} else {
			b.add(tag, s)
		}
	})
	if h.dir.Load().bits == p.depth {
		h.double()
	}
	h.point(tag&^bit, a)
	h.point(tag|bit, b)
}

// point makes the part of the directory that shares the page's depth with tag lead to q.
func (h *hashTable) point(tag uint32, q *page) {
	d := h.dir.Load()
	span := uint32(1) << (d.bits - q.depth)
	first := tag >> (tagBits - d.bits) / span * span
	for i := range span {
		d.pages[first+i].Store(q)
	}
}

func (h *hashTable) double() {
	d := h.dir.Load()
	n := &directory{bits: d.bits + 1, pages: make([]atomic.Pointer[page], 2*len(d.pages))}
	for i := range d.pages {
		p := d.pages[i].Load()
		n.pages[2*i].Store(p)
		n.pages[2*i+1].Store(p)
	}
	h.dir.Store(n)
}

func (p *page) each(f func(tag uint32, slot uint64)) {
	for i := range p.slots {
		if s := p.slots[i].Load(); s != emptySlot && s != tombSlot {
			f(uint32(s>>33), s)
		}
	}
}
