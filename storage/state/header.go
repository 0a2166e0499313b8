package state

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/pool"
)

// What a state is beside its pages is its header: directories, heads of free lists and
// counts, written by Header between ticks, after pool.EndStep, and read by Restore into
// a new state of the same form, after the pages are back. Little-endian; the first byte
// tells the kind of state, the second the format.
const (
	headTable = 't'
	headArr   = 'a'
	headPanes = 'p'
	headGens  = 'g'
	headPaned = 'w'
	headTree  = 'o'
	headHeap  = 'h'

	headFormat = 2
)

// writer appends to a header.
type writer struct{ b []byte }

func (w *writer) u8(x uint8)   { w.b = append(w.b, x) }
func (w *writer) u32(x uint32) { w.b = binary.LittleEndian.AppendUint32(w.b, x) }
func (w *writer) u64(x uint64) { w.b = binary.LittleEndian.AppendUint64(w.b, x) }
func (w *writer) bool(x bool) {
	if x {
		w.u8(1)
	} else {
		w.u8(0)
	}
}

// reader takes a header apart; after the first fault it gives zeroes.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.b) {
		r.bad = true
		return make([]byte, min(n, 8))
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) u8() uint8   { return r.take(1)[0] }
func (r *reader) u32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }
func (r *reader) bool() bool  { return r.u8() == 1 }

// count reads how many entries of a size follow, which must fit what is left.
func (r *reader) count(size int) int {
	n := int(r.u32())
	if n > len(r.b)/size {
		r.bad = true
		return 0
	}
	return n
}

func (r *reader) kind(k uint8) {
	if r.u8() != k || r.u8() != headFormat {
		r.bad = true
	}
}

func damaged(what string) error {
	return pgerr.New(pgerr.DataCorrupted, "header of an operator state is damaged: %s", what)
}

// otherLayout is the error of a header that says what no state of the same plan says now.
func otherLayout() error {
	return pgerr.New(pgerr.DataCorrupted, "an operator state in the checkpoint is not of the form that its view has").
		WithDetail("It was written by another version of the server, or is damaged.").
		WithHint("Start the version that wrote it, or restore a copy of the data folder.")
}

// done checks that the header was read to its end.
func (r *reader) done() error {
	if r.bad || len(r.b) != 0 {
		return damaged("its length")
	}
	return nil
}

func (h *Heap) write(w *writer) {
	if len(h.limbo) > 0 {
		h.drain()
	}
	for _, f := range h.free {
		w.u64(f)
	}
	w.u64(h.bump)
	w.u32(h.left)
	w.u64(uint64(h.live))
	w.u32(uint32(len(h.pages)))
	for _, c := range h.pages {
		w.u32(uint32(c.c))
		w.u8(uint8(c.k))
	}
	w.u32(uint32(len(h.big)))
	for _, c := range h.bigOnes() {
		w.u32(uint32(c))
		w.u32(uint32(h.big[c]))
	}
}

func (h *Heap) read(r *reader) error {
	for i := range h.free {
		h.free[i] = r.u64()
	}
	h.bump, h.left, h.live = r.u64(), r.u32(), int64(r.u64())
	for range r.count(5) {
		c := chunkOf{pool.Chunk(r.u32()), pool.Class(r.u8())}
		if err := h.p.Claim(h.o, c.c, c.k); err != nil {
			return err
		}
		h.pages = append(h.pages, c)
		h.owned += int64(c.k.Bytes())
	}
	for range r.count(8) {
		c, n := pool.Chunk(r.u32()), int(r.u32())
		if n > pool.MaxExtent {
			return damaged("a value's length")
		}
		if err := h.p.ClaimBytes(h.o, c, n); err != nil {
			return err
		}
		if h.big == nil {
			h.big = map[pool.Chunk]int{}
		}
		h.big[c] = n
		h.owned += int64(len(h.p.Bytes(c)))
	}
	return nil
}

// Header is what Restore needs beside the pages.
func (t *RowTable) Header() []byte {
	w := &writer{}
	t.write(w)
	return w.b
}

func (t *RowTable) write(w *writer) {
	if len(t.limbo) > 0 {
		t.drain()
	}
	w.u8(headTable)
	w.u8(headFormat)
	w.u32(uint32(t.stride))
	w.u32(uint32(t.form.size))
	w.u64(uint64(t.n))
	w.bool(t.hasNull)
	w.u32(t.slotMask)
	w.u32(uint32(len(t.pages)))
	for _, p := range t.pages {
		w.u32(p.chunk)
		w.u32(uint32(p.n))
		w.u32(uint32(p.limit))
		w.u8(p.depth)
	}
	w.u32(uint32(len(t.sh)))
	for i := range t.sh {
		t.sh[i].write(w)
	}
	t.heap.write(w)
}

func (s *shard) write(w *writer) {
	w.u8(uint8(s.shift))
	w.u8(uint8(s.first))
	w.u32(s.next)
	w.u32(s.room)
	w.u32(s.free)
	for _, no := range s.nos {
		w.u32(uint32(no))
	}
	w.u32(uint32(len(s.chunks)))
	for _, c := range s.chunks {
		w.u32(c)
	}
}

// Restore makes a new, empty table the one whose header this is. The pool's pages have
// been read back; the table claims its chunks. A header that is not of this layout, or
// not as it was written, is XX001.
func (t *RowTable) Restore(header []byte) error {
	r := &reader{b: header}
	if err := t.read(r); err != nil {
		return err
	}
	return r.done()
}

func (t *RowTable) read(r *reader) error {
	r.kind(headTable)
	if uintptr(r.u32()) != t.stride || int(r.u32()) != t.form.size || r.bad {
		return otherLayout()
	}
	t.n, t.hasNull, t.slotMask = int(r.u64()), r.bool(), r.u32()
	if t.slotMask != 0 && t.slotMask != smallSlots-1 && t.slotMask != pageSlots-1 {
		return damaged("the size of its pages")
	}
	for range r.count(13) {
		pg := slotPage{chunk: r.u32(), n: int32(r.u32()), limit: int32(r.u32()), depth: r.u8()}
		if err := t.p.Claim(t.o, pool.Chunk(pg.chunk), t.slotClass()); err != nil {
			return err
		}
		t.pages = append(t.pages, pg)
	}
	n := r.count(14)
	if n != 0 && n != 1 && n != shards {
		return damaged("the number of its shards")
	}
	if n > 0 {
		t.sh = make([]shard, n)
	}
	for i := range t.sh {
		t.sh[i].no = uint32(i)
		if err := t.readShard(&t.sh[i], r); err != nil {
			return err
		}
	}
	t.gen++
	return t.heap.read(r)
}

func (t *RowTable) readShard(s *shard, r *reader) error {
	s.shift, s.first = uint32(r.u8()), pool.Class(r.u8())
	s.next, s.room, s.free = r.u32(), r.u32(), r.u32()
	if s.shift > 31 || s.shift < 32-maxDepth-1 || 4<<(32-s.shift) > len(r.b) {
		return damaged("a directory")
	}
	for range 1 << (32 - s.shift) {
		no := r.u32()
		if no >= uint32(len(t.pages)) {
			return damaged("a directory")
		}
		s.nos, s.dirs = append(s.nos, int32(no)), append(s.dirs, t.pages[no].chunk)
	}
	for i := range r.count(4) {
		c, k := r.u32(), pool.Class2M
		if i == 0 {
			k = s.first
		}
		if err := t.p.Claim(t.o, pool.Chunk(c), k); err != nil {
			return err
		}
		s.addChunk(c)
	}
	if len(s.chunks) == 0 || s.first > pool.Class2M || t.capacity(s) != s.room || s.next > s.room || s.free > s.next {
		return damaged("its rows")
	}
	s.dir = unsafe.Pointer(&s.dirs[0])
	return nil
}

// capacity is the number of the first row of a shard that has no place.
func (t *RowTable) capacity(s *shard) uint32 {
	if s.first < pool.Class2M {
		if len(s.chunks) > 1 {
			return math.MaxUint32
		}
		return uint32(s.first.Bytes()) / uint32(t.stride)
	}
	return uint32(len(s.chunks)-1)<<t.k + t.per
}

// Header is what Restore needs beside the pages.
func (a *Arrangement) Header() []byte {
	w := &writer{}
	a.write(w)
	return w.b
}

func (a *Arrangement) write(w *writer) {
	w.u8(headArr)
	w.u8(headFormat)
	w.u32(uint32(a.size))
	w.u64(uint64(a.rows))
	w.u32(uint32(len(a.hasNull)))
	for _, n := range a.hasNull {
		w.bool(n)
	}
	a.t.write(w)
	w.u32(a.ids.next)
	a.ids.t.write(w)
}

// Restore is RowTable's.
func (a *Arrangement) Restore(header []byte) error {
	r := &reader{b: header}
	if err := a.read(r); err != nil {
		return err
	}
	return r.done()
}

func (a *Arrangement) read(r *reader) error {
	r.kind(headArr)
	if uintptr(r.u32()) != a.size || r.bad {
		return otherLayout()
	}
	a.rows = int64(r.u64())
	if r.count(1) != len(a.hasNull) {
		return otherLayout()
	}
	for i := range a.hasNull {
		a.hasNull[i] = r.bool()
	}
	if err := a.t.read(r); err != nil {
		return err
	}
	a.ids.next = r.u32()
	return a.ids.t.read(r)
}

// Header is what Restore needs beside the pages.
func (s *Panes) Header() []byte {
	w := &writer{}
	w.u8(headPanes)
	w.u8(headFormat)
	w.u32(uint32(len(s.ids)))
	for i, id := range s.ids {
		w.u64(uint64(id))
		s.tables[i].write(w)
	}
	return w.b
}

// Restore is RowTable's.
func (s *Panes) Restore(header []byte) error {
	r := &reader{b: header}
	r.kind(headPanes)
	for range r.count(8) {
		id := int64(r.u64())
		if n := len(s.ids); n > 0 && s.ids[n-1] >= id {
			return damaged("the order of its panes")
		}
		if err := s.Pane(id).read(r); err != nil {
			return err
		}
	}
	return r.done()
}

// Header is what Restore needs beside the pages.
func (h *Heap) Header() []byte {
	w := &writer{}
	w.u8(headHeap)
	w.u8(headFormat)
	h.write(w)
	return w.b
}

// Restore is RowTable's.
func (h *Heap) Restore(header []byte) error {
	r := &reader{b: header}
	r.kind(headHeap)
	if err := h.read(r); err != nil {
		return err
	}
	return r.done()
}
