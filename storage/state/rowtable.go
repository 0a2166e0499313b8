package state

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// RowID names a row of a state: shard << 32 | number in the shard. It stays good until
// the row is deleted or Maintain is called.
type RowID uint64

// Absent is the id of no row.
const Absent = ^RowID(0)

// RowTable is a hash table of rows of fixed stride: a head with the NULL mask, the key,
// and a payload that belongs to the caller. Slots of 8 bytes (32 hash bits, row number)
// stand in pages that split one at a time; rows lie in contiguous chunks.
//
// GetOrInsert, Find and FindForWrite leave the rows' addresses in at, which are good
// until the next call that inserts into this table, or Maintain. They work on whole
// batches in short loops, so that many cache misses overlap.
type RowTable struct {
	p *pool.Pool
	o *pool.Owner
	l Layout

	form   form
	stride uintptr
	k      uint32 // bits of a row's number inside its chunk
	per    uint32 // rows of a 2 MB chunk
	shape  shape

	sh       []shard // 1 or 16; none before the first insert
	slotMask uint32
	n        int
	hasNull  bool // some key column of some row is or was NULL
	gen      uint64
	pages    []slotPage
	made     uint32 // pages of slots so far
	heap     *Heap
	absent   unsafe.Pointer // a row of zeroes that is no row
	expect   int            // rows to make room for at the first insert
	mayEnd   func()         // called while it is made; nil: nobody asks

	limbo []RowID // deleted in the running step
	step  uint64
}

// shard is the part of a table whose keys share the top hash bits.
type shard struct {
	dir   unsafe.Pointer // of dirs
	rows  unsafe.Pointer // of chunks
	shift uint32         // the directory's index is the slot's hash bits >> shift
	next  uint32         // number of the next new row
	room  uint32         // and of the first one that has no place
	free  uint32         // head of the list through freed rows, +1
	no    uint32
	dirs  []uint32 // page numbers of slot pages, at least two
	nos   []int32  // their index in pages
	// chunks are the page numbers of the chunks of rows: the first grows from 4 KB to
	// 2 MB by copying, the others are 2 MB.
	chunks []uint32
	first  pool.Class
}

// New makes an empty table, which allocates when the first row is inserted.
func New(p *pool.Pool, o *pool.Owner, l Layout) *RowTable {
	l.check()
	t := &RowTable{p: p, o: o, l: l, form: formOf(l.Keys), stride: uintptr(l.Stride())}
	t.per = uint32(pool.FrameSize / t.stride)
	t.k = bitLen(t.per - 1)
	t.shape = shapeOf(t.form.fields)
	zero := make([]uint64, t.stride/8)
	t.absent = unsafe.Pointer(&zero[0])
	t.heap = NewHeap(p, o)
	return t
}

// Expect has a table that is empty make room for so many rows when the first is inserted. That may
// take long where much of the memory is new: mayEnd is called again and again meanwhile, and may
// panic; the table is good for nothing but Clear then.
func (t *RowTable) Expect(rows int, mayEnd func()) {
	if t.n == 0 && t.sh == nil {
		t.expect, t.mayEnd = rows, mayEnd
	}
}

// RowBytes is about what a row takes, its slot included.
func (t *RowTable) RowBytes() int { return int(t.stride) + 16 }

// Layout is the form of the table's rows.
func (t *RowTable) Layout() Layout { return t.l }

// Len is the number of rows.
func (t *RowTable) Len() int { return t.n }

// Heap is the table's variable-length storage. The keys' long strings lie in it; what a
// payload needs may lie there too, and is the caller's to free.
func (t *RowTable) Heap() *Heap { return t.heap }

// Bytes is the memory of the table's chunks.
func (t *RowTable) Bytes() int64 {
	n := t.heap.Bytes()
	n += int64(len(t.pages) * t.slotClass().Bytes())
	for i := range t.sh {
		if s := &t.sh[i]; len(s.chunks) > 0 {
			n += int64(s.first.Bytes()) + int64(len(s.chunks)-1)*pool.FrameSize
		}
	}
	return n
}

// Row is the address of a row, good as those of GetOrInsert.
func (t *RowTable) Row(id RowID) unsafe.Pointer {
	return t.rowOf(&t.sh[id>>32], uint32(id))
}

func (t *RowTable) rowOf(s *shard, lin uint32) unsafe.Pointer {
	c := *(*uint32)(unsafe.Add(s.rows, uintptr(lin>>(t.k&31))<<2))
	return unsafe.Add(t.p.Base(), uintptr(c)<<pool.PageShift+uintptr(lin&(1<<(t.k&31)-1))*t.stride)
}

// Mark says that a row found by Find or Row is about to be written.
func (t *RowTable) Mark(id RowID) { t.p.Mark(t.Row(id), t.stride) }

// MarkAt is Mark by the row's address.
func (t *RowTable) MarkAt(at unsafe.Pointer) {
	if t.p.Unmarked(at, t.stride) {
		t.p.Mark(at, t.stride)
	}
}

// Scan lists the ids of rows from an id on (0: the first), as many as fit ids, in order
// of their numbers, and where to go on: Absent at the end. Rows inserted or deleted
// meanwhile are or are not met; others are met once.
func (t *RowTable) Scan(from RowID, ids []RowID) (n int, next RowID) {
	if from == Absent {
		return 0, Absent
	}
	for no := int(from >> 32); no < len(t.sh); no++ {
		s := &t.sh[no]
		lin := uint32(0)
		if no == int(from>>32) {
			lin = uint32(from)
		}
		for lin < s.next {
			if lin&(1<<t.k-1) >= t.per {
				lin = (lin>>t.k + 1) << t.k
				continue
			}
			if *(*byte)(t.rowOf(s, lin)) != 0 {
				if n == len(ids) {
					return n, RowID(no)<<32 | RowID(lin)
				}
				ids[n] = RowID(no)<<32 | RowID(lin)
				n++
			}
			lin++
		}
	}
	return n, Absent
}

// Clear removes all rows and gives the memory back; ids and addresses are void, bytes
// readable until the step ends.
func (t *RowTable) Clear() {
	for _, pg := range t.pages {
		t.p.Free(t.o, pool.Chunk(pg.chunk))
	}
	for i := range t.sh {
		for _, c := range t.sh[i].chunks {
			t.p.Free(t.o, pool.Chunk(c))
		}
	}
	t.heap.Clear()
	t.sh, t.pages, t.limbo = nil, nil, nil
	t.n, t.slotMask, t.hasNull = 0, 0, false
	t.gen++
}

// KeyVectors reads the keys of rows back into dst, one vector a key column in the form
// of col.CanonicalOf. Long strings are not copied: they lead into the pool's chunks, good
// until the end of the step in which the row is deleted.
func (t *RowTable) KeyVectors(dst []*col.Vector, ids []RowID) {
	sc := takeScratch(len(ids))
	defer sc.give()
	at := sc.at[:len(ids)]
	for i, id := range ids {
		at[i] = t.Row(id)
	}
	t.KeyVectorsAt(dst, at)
}

// KeyVectorsAt is KeyVectors by the rows' addresses.
func (t *RowTable) KeyVectorsAt(dst []*col.Vector, at []unsafe.Pointer) {
	for k := range t.form.fields {
		f := &t.form.fields[k]
		v := dst[k]
		v.ResetKind(f.typ, f.kind, f.typ.Scale())
		f.decode(v, at, 0)
		if t.hasNull {
			decodeNulls(v, at, t.form.maskAt, k)
		}
		if f.kind.IsView() {
			v.Arenas = t.p.Arenas()
		}
	}
}
