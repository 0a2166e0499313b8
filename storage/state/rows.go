package state

import (
	"unsafe"

	"github.com/millracedb/millrace/storage/pool"
)

// newRow finds a place for a row, marks and zeroes it.
func (t *RowTable) newRow(s *shard) (uint32, unsafe.Pointer) {
	if len(t.limbo) > 0 {
		t.drain()
	}
	var lin uint32
	if s.free != 0 {
		lin = s.free - 1
		s.free = *(*uint32)(unsafe.Add(t.rowOf(s, lin), 4))
	} else {
		if s.next == s.room {
			t.growRows(s)
		}
		lin = s.next
		s.next++
	}
	r := t.rowOf(s, lin)
	t.MarkAt(r)
	clear(unsafe.Slice((*uint64)(r), t.stride/8))
	return lin, r
}

// growRows makes room for one row more. The first chunk is copied into one twice as
// large until it is 2 MB, so that row numbers never change.
func (t *RowTable) growRows(s *shard) {
	if s.first == pool.Class2M {
		s.addChunk(uint32(t.p.Alloc(t.o, pool.Class2M)))
		s.next = uint32(len(s.chunks)-1) << t.k
		s.room = s.next + t.per
		return
	}
	old := t.p.Bytes(pool.Chunk(s.chunks[0]))
	s.first++
	c := t.p.Alloc(t.o, s.first)
	n := uintptr(s.next) * t.stride
	t.p.Mark(t.p.Addr(c), n)
	copy(t.p.Bytes(c), old[:n])
	t.p.Free(t.o, pool.Chunk(s.chunks[0]))
	s.chunks[0] = uint32(c)
	s.room = uint32(s.first.Bytes()) / uint32(t.stride)
	t.gen++ // addresses have changed
}

// Delete removes rows, whose hashes the caller still has, and frees the long strings of
// their keys. What the payload refers to is the caller's to free before. Addresses and
// ids of the rows stay readable, and unused, until the step ends.
func (t *RowTable) Delete(ids []RowID, hash []uint64) {
	if len(t.limbo) > 0 {
		t.drain()
	}
	t.step = t.p.Step(t.o)
	for i, id := range ids {
		s := &t.sh[id>>32]
		r := t.rowOf(s, uint32(id))
		if *(*byte)(r) == 0 || !t.remove(s, tagOf(hash[i]), uint32(id)) {
			panic("state: deletion of a row that is not there")
		}
		t.n--
		t.p.Mark(r, t.stride)
		*(*byte)(r) = 0
		t.freeKeys(r)
		t.limbo = append(t.limbo, id)
	}
}

// drain enters rows deleted in earlier steps in the lists of free rows.
func (t *RowTable) drain() {
	if t.step == t.p.Step(t.o) {
		return
	}
	for _, id := range t.limbo {
		s := &t.sh[id>>32]
		r := t.rowOf(s, uint32(id))
		t.p.Mark(r, t.stride)
		if poison {
			b := unsafe.Slice((*byte)(r), t.stride)
			for i := range b {
				b[i] = 0xdb
			}
			*(*byte)(r) = 0
		}
		*(*uint32)(unsafe.Add(r, 4)) = s.free
		s.free = uint32(id) + 1
	}
	t.limbo = t.limbo[:0]
}
