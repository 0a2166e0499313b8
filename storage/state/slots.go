package state

import (
	"math/bits"
	"unsafe"

	"github.com/millracedb/millrace/storage/pool"
)

const (
	smallSlots = 512  // slots of the only page of a small table, 4 KB
	pageSlots  = 8192 // slots of every other page, 64 KB
	maxDepth   = 19   // beyond, directory bits would be home bits

	startedPages = 32 // pages that are made between two calls of mayEnd: a frame of memory
)

// slotPage is what a table knows of a page of slots.
type slotPage struct {
	chunk uint32
	n     int32 // slots in use
	limit int32 // at which the page splits
	depth uint8 // hash bits that all its keys share
}

func bitLen(x uint32) uint32 { return uint32(bits.Len32(x)) }

// tagOf is the part of a hash that a slot keeps.
func tagOf(hash uint64) uint32 { return uint32(hash >> 26) }

// shardOf is the shard of a hash, when there are 16.
func shardOf(hash uint64) uint64 { return hash >> 60 }

func (t *RowTable) slotClass() pool.Class {
	if t.slotMask == smallSlots-1 {
		return pool.Class4K
	}
	return pool.Class64K
}

// start gives an empty table its first two pages, or what the expected rows need.
func (t *RowTable) start() {
	t.slotMask = smallSlots - 1
	n := 1
	if t.expect > smallSlots/2 {
		t.slotMask = pageSlots - 1
	}
	if t.expect > shardsPast {
		n = shards
	}
	t.sh = make([]shard, n)
	for i := range t.sh {
		t.startShard(&t.sh[i], uint32(i), t.expect/n)
	}
	t.mayEnd = nil
}

// startShard gives a shard room for the rows expected in it, and at least one page of
// slots and one of rows.
func (t *RowTable) startShard(s *shard, no uint32, expect int) {
	depth := uint32(0)
	for expect>>depth > int(t.slotMask+1)/2 && depth < maxDepth {
		depth++
	}
	s.no, s.shift = no, 32-max(depth, 1)
	s.dirs, s.nos = make([]uint32, 1<<(32-s.shift)), make([]int32, 1<<(32-s.shift))
	for i := range uint32(1) << depth {
		if t.mayEnd != nil && i%startedPages == 0 {
			t.mayEnd()
		}
		pg := t.newSlotPage(uint8(depth), no*7919+i)
		span := uint32(len(s.dirs)) >> depth
		for j := i * span; j < (i+1)*span; j++ {
			s.dirs[j], s.nos[j] = t.pages[pg].chunk, pg
		}
	}
	s.dir = unsafe.Pointer(&s.dirs[0])
	s.first = pool.ClassFor(int(min(max(uintptr(expect), 1)*t.stride, pool.FrameSize)))
	s.addChunk(uint32(t.p.Alloc(t.o, s.first)))
	s.room = uint32(s.first.Bytes()) / uint32(t.stride)
}

func (s *shard) addChunk(c uint32) {
	s.chunks = append(s.chunks, c)
	s.rows = unsafe.Pointer(&s.chunks[0])
}

// newSlotPage makes an empty page. Pages split at different fillings, 0.58 to 0.82, so
// that those of one age do not all split in the same ticks.
func (t *RowTable) newSlotPage(depth uint8, salt uint32) int32 {
	t.made++
	c := t.p.Alloc(t.o, t.slotClass())
	n := t.slotMask + 1
	a := t.p.Addr(c)
	t.p.Mark(a, uintptr(n)*8)
	clear(unsafe.Slice((*uint64)(a), n))
	spread := uint64(salt*0x9E3779B1>>16) * 24 / 65536
	t.pages = append(t.pages, slotPage{chunk: uint32(c), limit: int32(uint64(n) * (58 + spread) / 100), depth: depth})
	return int32(len(t.pages) - 1)
}

func (t *RowTable) slots(chunk uint32) []uint64 {
	return unsafe.Slice((*uint64)(t.p.Addr(pool.Chunk(chunk))), t.slotMask+1)
}

// emptySlot finds the first empty slot for a tag.
func emptySlot(sl []uint64, tag uint32) uint32 {
	mask := uint32(len(sl) - 1)
	pos := tag & mask
	for sl[pos] != 0 {
		pos = (pos + 1) & mask
	}
	return pos
}

// insert enters a new row for a hash whose key is not in the table and returns its
// number and address; the payload is zero and the key is not yet written. pos is the
// first empty slot for the hash, as the caller's search found it.
func (t *RowTable) insert(s *shard, hash uint64, pos uint32) (uint32, unsafe.Pointer) {
	tag := tagOf(hash)
	m := &t.pages[s.nos[tag>>s.shift]]
	for m.n >= m.limit && t.split(s, tag) {
		m = &t.pages[s.nos[tag>>s.shift]]
		pos = emptySlot(t.slots(m.chunk), tag)
	}
	if uint32(m.n) >= t.slotMask {
		panic("state: thousands of keys with one hash")
	}
	m.n++
	t.n++
	lin, r := t.newRow(s)
	slot := unsafe.Add(t.p.Addr(pool.Chunk(m.chunk)), uintptr(pos)<<3)
	if t.p.Unmarked(slot, 8) {
		t.p.Mark(slot, 8)
	}
	*(*uint64)(slot) = uint64(tag)<<32 | uint64(lin+1)
	*(*byte)(r) = liveBit | byte(hash>>58)
	return lin, r
}

// split makes two pages of the one that holds the tag; false: it cannot.
func (t *RowTable) split(s *shard, tag uint32) bool {
	if t.slotMask == smallSlots-1 {
		t.widen(s)
		return true
	}
	no := s.nos[tag>>s.shift]
	depth := uint32(t.pages[no].depth)
	if depth >= maxDepth {
		t.pages[no].limit = int32(t.slotMask)
		return false
	}
	if depth == 32-s.shift {
		s.double()
	}
	nn := t.newSlotPage(uint8(depth+1), s.no*7919+tag>>(31-depth))
	old, pg := &t.pages[no], &t.pages[nn]
	old.depth++
	t.p.Mark(t.p.Addr(pool.Chunk(old.chunk)), uintptr(t.slotMask+1)*8)
	span := uint32(1) << (32 - s.shift - depth) // entries that led to old
	first := tag >> s.shift &^ (span - 1)
	for j := first + span/2; j < first+span; j++ {
		s.dirs[j], s.nos[j] = pg.chunk, nn
	}
	sc := takeScratch(int(t.slotMask + 1))
	t.deal(old, pg, 31-depth, sc.cand)
	sc.give()
	return true
}

// deal spreads the slots of old over itself and pg by one bit of their tags.
func (t *RowTable) deal(old, pg *slotPage, bit uint32, scratch []uint64) {
	to := [2][]uint64{t.slots(old.chunk), t.slots(pg.chunk)}
	scratch = scratch[:len(to[0])]
	copy(scratch, to[0])
	clear(to[0])
	var cnt [2]int32
	for _, v := range scratch {
		if v == 0 {
			continue
		}
		tag := uint32(v >> 32)
		b := tag >> bit & 1
		cnt[b]++
		to[b][emptySlot(to[b], tag)] = v
	}
	old.n, pg.n = cnt[0], cnt[1]
}

// double gives the directory one hash bit more.
func (s *shard) double() {
	d, n := make([]uint32, 2*len(s.dirs)), make([]int32, 2*len(s.dirs))
	for j := range d {
		d[j], n[j] = s.dirs[j/2], s.nos[j/2]
	}
	s.dirs, s.nos, s.dir = d, n, unsafe.Pointer(&d[0])
	s.shift--
}

// widen replaces the 4 KB page of a small table by one of 64 KB.
func (t *RowTable) widen(s *shard) {
	small := t.slots(t.pages[0].chunk)
	chunk, n := t.pages[0].chunk, t.pages[0].n
	t.slotMask = pageSlots - 1
	t.pages = t.pages[:0]
	no := t.newSlotPage(0, s.no)
	t.pages[no].n = n
	wide := t.slots(t.pages[no].chunk)
	for _, v := range small {
		if v != 0 {
			wide[emptySlot(wide, uint32(v>>32))] = v
		}
	}
	for j := range s.dirs {
		s.dirs[j], s.nos[j] = t.pages[no].chunk, no
	}
	t.p.Free(t.o, pool.Chunk(chunk))
}

// remove takes a row's slot out by shifting back those that follow it.
func (t *RowTable) remove(s *shard, tag, lin uint32) bool {
	m := &t.pages[s.nos[tag>>s.shift]]
	sl, mask := t.slots(m.chunk), t.slotMask
	pos, want := tag&mask, uint64(tag)<<32|uint64(lin+1)
	for sl[pos] != want {
		if sl[pos] == 0 {
			return false
		}
		pos = (pos + 1) & mask
	}
	for j := (pos + 1) & mask; sl[j] != 0; j = (j + 1) & mask {
		home := uint32(sl[j]>>32) & mask
		if (j-home)&mask >= (j-pos)&mask {
			t.p.Mark(unsafe.Pointer(&sl[pos]), 8)
			sl[pos], pos = sl[j], j
		}
	}
	t.p.Mark(unsafe.Pointer(&sl[pos]), 8)
	sl[pos] = 0
	m.n--
	return true
}
