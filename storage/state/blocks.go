package state

import "unsafe"

// blockIter walks a key's blocks from the newest. Blocks of the greatest size begin with
// the offset of the next older one.
type blockIter struct {
	a               *Arrangement
	off             uint64
	size            uint32
	n               uint32
	then            uint64 // the block after this one
	thenN, thenSize uint32
}

func (a *Arrangement) blocks(h *keyHead) blockIter {
	return blockIter{a: a, then: h.block, thenN: h.n, thenSize: min(h.size, a.max)}
}

func (it *blockIter) next() bool {
	if it.then == 0 {
		return false
	}
	a := it.a
	it.off, it.n, it.size = it.then, it.thenN, it.thenSize
	it.then = 0
	if it.size >= a.max {
		it.then, it.thenN, it.thenSize = *(*uint64)(unsafe.Add(a.p.Base(), it.off)), a.room(a.max), a.max
	}
	return true
}

func (it *blockIter) row(a *Arrangement, j uint32) unsafe.Pointer {
	return unsafe.Add(a.p.Base(), uintptr(it.off)+a.first(it.size)+uintptr(j)*a.size)
}

// first is the offset of a block's first row.
func (a *Arrangement) first(size uint32) uintptr {
	if size >= a.max {
		return 8
	}
	return 0
}

// room is the number of rows that a block of a size holds.
func (a *Arrangement) room(size uint32) uint32 {
	return uint32((uintptr(min(size, a.max)) - a.first(size)) / a.size)
}

// addRow finds the place for one row more of a key, marked, and counts it.
func (a *Arrangement) addRow(h *keyHead) unsafe.Pointer {
	if h.block == 0 || h.n == a.room(h.size) {
		a.enlarge(h)
	}
	r := unsafe.Add(a.p.Base(), uintptr(h.block)+a.first(h.size)+uintptr(h.n)*a.size)
	if a.p.Unmarked(r, a.size) {
		a.p.Mark(r, a.size)
	}
	h.n++
	a.rows++
	return r
}

// enlarge makes room in a full block; one of the greatest size gets another before it.
func (a *Arrangement) enlarge(h *keyHead) {
	if h.size >= a.max {
		h.block, h.n = a.newBlock(a.max, h.block), 0
		return
	}
	a.grow(h, h.n, h.n+1)
}

// grow makes the block of a key, which has rows in it, one for as many as are needed: one
// below 256 bytes grows at least to the next size, a greater one by half.
func (a *Arrangement) grow(h *keyHead, has, needs uint32) {
	if h.block == 0 {
		h.size = a.sizeFor(uintptr(needs) * a.size)
		h.block = a.newBlock(h.size, 0)
		return
	}
	want := uintptr(h.size) + 1
	if h.size >= 256 {
		want = uintptr(h.size) + uintptr(h.size)/2
	}
	size := a.sizeFor(max(want, uintptr(needs)*a.size))
	block := a.newBlock(size, 0)
	n := uintptr(has) * a.size
	d := unsafe.Add(a.p.Base(), uintptr(block)+a.first(size))
	a.p.Mark(d, n)
	copy(unsafe.Slice((*byte)(d), n), unsafe.Slice((*byte)(unsafe.Add(a.p.Base(), h.block)), n))
	a.heap.release(h.block, int(h.size))
	h.block, h.size = block, size
}

// sizeFor is the least block size for n bytes of rows, or the greatest.
func (a *Arrangement) sizeFor(n uintptr) uint32 {
	if n > uintptr(a.max)-8 {
		return a.max
	}
	return classSize[classFor(int(n))]
}

func (a *Arrangement) newBlock(size uint32, older uint64) uint64 {
	off, err := a.heap.alloc(int(size))
	if err != nil {
		panic(err) // a block is far below the limit of a value
	}
	if size >= a.max {
		r := unsafe.Add(a.p.Base(), off)
		a.p.Mark(r, 8)
		*(*uint64)(r) = older
	}
	return off
}

// removeRow lets the key's last row take the place of r, and frees a block it empties.
func (a *Arrangement) removeRow(h *keyHead, r unsafe.Pointer) {
	if h.big() {
		a.ids.leave(a.identityOf(r, h), h, r)
	}
	a.freeStrings(r)
	h.n--
	a.rows--
	last := unsafe.Add(a.p.Base(), uintptr(h.block)+a.first(h.size)+uintptr(h.n)*a.size)
	if last != r {
		if h.big() {
			a.ids.move(a.identityOf(last, h), h, last, r)
		}
		a.p.Mark(r, a.size)
		copy(unsafe.Slice((*byte)(r), a.size), unsafe.Slice((*byte)(last), a.size))
	}
	if h.n > 0 {
		return
	}
	older := uint64(0)
	if h.size >= a.max {
		older = *(*uint64)(unsafe.Add(a.p.Base(), h.block))
	}
	a.heap.release(h.block, int(min(h.size, a.max)))
	if h.block = older; older != 0 {
		h.n = a.room(a.max)
	} else {
		h.size = 0
	}
}
