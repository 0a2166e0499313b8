package state

import (
	"maps"
	"slices"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// Size classes of a heap's slots: multiples of 16 up to 128 bytes, then four a doubling.
const (
	maxSlot   = 64 << 10
	slotClass = 44
)

var (
	classSize [slotClass]uint32
	classOf   [maxSlot/16 + 1]uint8 // by 16 bytes, rounded up
)

func init() {
	size := uint32(16)
	for c := range classSize {
		classSize[c] = size
		step := uint32(16)
		for size >= step*8 {
			step *= 2
		}
		size += step
	}
	c := 0
	for i := range classOf {
		for classSize[c] < uint32(i)*16 {
			c++
		}
		classOf[i] = uint8(c)
	}
}

func classFor(n int) int { return int(classOf[(n+15)>>4]) }

// Ref names bytes in a heap: their place in units of 16 bytes, 40 bits, and their length
// less one, 24 bits. The zero Ref names the empty string.
type Ref uint64

func makeRef(off uint64, n int) Ref { return Ref(off>>4<<24 | uint64(n-1)) }

// Len is the length of the bytes.
func (r Ref) Len() int {
	if r == 0 {
		return 0
	}
	return int(r&0xffffff) + 1
}

func (r Ref) off() uint64 { return uint64(r>>24) << 4 }

// Heap is the variable-length storage of one state: slots of size classes with free
// lists through the freed slots; what is longer than 64 KB has chunks of its own.
// Nothing in it moves. Bytes freed stay readable until the owner's step ends.
type Heap struct {
	p     *pool.Pool
	o     *pool.Owner
	free  [slotClass]uint64 // first free slot by class: its offset from the pool's base
	bump  uint64            // rest of the newest chunk
	left  uint32
	live  int64 // bytes of slots and chunks in use
	owned int64 // bytes of chunks
	pages []chunkOf
	big   map[pool.Chunk]int // chunks of long values and their lengths

	limbo []freed
	step  uint64 // in which limbo was filled
}

// chunkOf is a chunk of slots and its class.
type chunkOf struct {
	c pool.Chunk
	k pool.Class
}

// freed is a slot freed in the running step; class slotClass: a long value's chunk.
type freed struct {
	off   uint64
	class int
}

// NewHeap makes an empty heap, which allocates when first used.
func NewHeap(p *pool.Pool, o *pool.Owner) *Heap { return &Heap{p: p, o: o} }

// Bytes is the memory of the heap's chunks.
func (h *Heap) Bytes() int64 { return h.owned }

// Put stores a copy of b. It fails with 54000 beyond pool.MaxExtent.
func (h *Heap) Put(b []byte) (Ref, error) {
	if len(b) == 0 {
		return 0, nil
	}
	off, err := h.alloc(len(b))
	if err != nil {
		return 0, err
	}
	h.fill(off, b)
	return makeRef(off, len(b)), nil
}

func (h *Heap) fill(off uint64, b []byte) {
	a := unsafe.Add(h.p.Base(), off)
	h.p.Mark(a, uintptr(len(b)))
	copy(unsafe.Slice((*byte)(a), len(b)), b)
}

// Get is the bytes that Put stored. They may be changed in place after Mark. They are
// valid until the step in which they are freed ends.
func (h *Heap) Get(r Ref) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(h.p.Base(), r.off())), r.Len())
}

// Mark says that the bytes of r are about to be written.
func (h *Heap) Mark(r Ref) {
	if r != 0 {
		h.p.Mark(unsafe.Add(h.p.Base(), r.off()), uintptr(r.Len()))
	}
}

// Free gives the bytes of r back.
func (h *Heap) Free(r Ref) {
	if r != 0 {
		h.release(r.off(), r.Len())
	}
}

// PutStr stores value i of a view vector and returns a view of it that leads through
// the pool's Arenas. Strings of up to 12 bytes lie in the view. A value beyond
// pool.MaxExtent is 54000.
func (h *Heap) PutStr(v *col.Vector, i int) (col.Str, error) {
	s := v.Str[i]
	if s.Len() <= col.InlineLen {
		return s, nil
	}
	return h.PutView(v.Bytes(i))
}

// PutView stores a copy of b and returns a view of it, as PutStr.
func (h *Heap) PutView(b []byte) (col.Str, error) {
	if len(b) <= col.InlineLen {
		return col.ShortStr(b), nil
	}
	off, err := h.alloc(len(b))
	if err != nil {
		return col.Str{}, err
	}
	h.fill(off, b)
	return col.LongStr(b, uint32(off>>pool.FrameShift), uint32(off&(pool.FrameSize-1))), nil
}

// Str is the bytes of a view that PutStr made; a short one's lie in s itself.
func (h *Heap) Str(s *col.Str) []byte {
	n := s.Len()
	if n <= col.InlineLen {
		return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(s), 4)), n)
	}
	return unsafe.Slice((*byte)(unsafe.Add(h.p.Base(), strOff(*s))), n)
}

func strOff(s col.Str) uint64 {
	a, off := s.Ref()
	return uint64(a)<<pool.FrameShift + uint64(off)
}

// FreeStr gives the bytes of a view that PutStr made back.
func (h *Heap) FreeStr(s col.Str) {
	if s.Len() > col.InlineLen {
		h.release(strOff(s), s.Len())
	}
}

// alloc finds room for n bytes, 1 or more.
func (h *Heap) alloc(n int) (uint64, error) {
	if n > maxSlot {
		return h.allocBig(n)
	}
	if len(h.limbo) > 0 {
		h.drain()
	}
	c := classFor(n)
	size := classSize[c]
	h.live += int64(size)
	if f := h.free[c]; f != 0 {
		h.free[c] = *(*uint64)(unsafe.Add(h.p.Base(), f))
		return f, nil
	}
	if h.left < size {
		h.grow(size)
	}
	off := h.bump
	h.bump += uint64(size)
	h.left -= size
	return off, nil
}

func (h *Heap) allocBig(n int) (uint64, error) {
	if n > pool.MaxExtent {
		return 0, pool.TooLong(n)
	}
	c := h.p.AllocBytes(h.o, n)
	if h.big == nil {
		h.big = map[pool.Chunk]int{}
	}
	h.big[c] = n
	size := int64(len(h.p.Bytes(c)))
	h.live += size
	h.owned += size
	return uint64(c) << pool.PageShift, nil
}

// grow takes a new chunk, an eighth of what there is, between 4 KB and 2 MB. What is left of the
// old one becomes slots of the classes that fit.
func (h *Heap) grow(size uint32) {
	for h.left >= 16 {
		c := classFor(int(h.left))
		if classSize[c] > h.left {
			c--
		}
		h.link(h.bump, c)
		h.bump += uint64(classSize[c])
		h.left -= classSize[c]
	}
	k := pool.ClassFor(max(int(size), int(min(h.owned/8, pool.FrameSize))))
	c := h.p.Alloc(h.o, k)
	h.pages = append(h.pages, chunkOf{c, k})
	h.owned += int64(k.Bytes())
	h.bump, h.left = uint64(c)<<pool.PageShift, uint32(k.Bytes())
}

func (h *Heap) link(off uint64, c int) {
	a := unsafe.Add(h.p.Base(), off)
	h.p.Mark(a, 8)
	*(*uint64)(a) = h.free[c]
	h.free[c] = off
}

// release books bytes as free; they become so when the step is over.
func (h *Heap) release(off uint64, n int) {
	if len(h.limbo) > 0 {
		h.drain()
	}
	h.step = h.p.Step(h.o)
	if n > maxSlot {
		h.live -= int64(len(h.p.Bytes(pool.Chunk(off >> pool.PageShift))))
		h.limbo = append(h.limbo, freed{off, slotClass})
		return
	}
	c := classFor(n)
	h.live -= int64(classSize[c])
	h.limbo = append(h.limbo, freed{off, c})
}

// drain frees what earlier steps gave back.
func (h *Heap) drain() {
	if h.step == h.p.Step(h.o) {
		return
	}
	for _, f := range h.limbo {
		if f.class == slotClass {
			c := pool.Chunk(f.off >> pool.PageShift)
			h.owned -= int64(len(h.p.Bytes(c)))
			delete(h.big, c)
			h.p.Free(h.o, c)
			continue
		}
		if poison {
			h.scribble(f)
		}
		h.link(f.off, f.class)
	}
	h.limbo = h.limbo[:0]
}

func (h *Heap) scribble(f freed) {
	a, n := unsafe.Add(h.p.Base(), f.off), classSize[f.class]
	h.p.Mark(a, uintptr(n))
	b := unsafe.Slice((*byte)(a), n)
	for i := range b {
		b[i] = 0xdb
	}
}

// Clear gives all chunks back.
func (h *Heap) Clear() {
	for _, c := range h.pages {
		h.p.Free(h.o, c.c)
	}
	for _, c := range h.bigOnes() {
		h.p.Free(h.o, c)
	}
	*h = Heap{p: h.p, o: h.o}
}

// bigOnes lists the chunks of long values in order.
func (h *Heap) bigOnes() []pool.Chunk { return slices.Sorted(maps.Keys(h.big)) }
