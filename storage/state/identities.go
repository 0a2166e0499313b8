package state

import (
	"math/bits"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
)

// identities finds the rows of big keys by what they are, where a search through a key's
// blocks would take as long as the key has rows: the hash of the key's number and the row's
// bytes leads to where the row lies. Of rows that share a hash, one is entered; the others are
// found by the search.
type identities struct {
	t    *RowTable // key: the hash; payload: entry
	to   uintptr   // offset of the payload
	next uint32    // number of the next big key
	bits uint64    // of a hash that count: all of them, but for tests
	key  []*col.Vector
	at   [1]unsafe.Pointer
	id   [1]RowID

	late  bool // what is entered waits until the delta is merged, or there is much of it
	hash  []uint64
	entry []entry
}

// entry is where a row lies: its offset from the pool's base, and the keyHead.size of its key.
type entry struct {
	off uint64
	key uint32
}

const entrySize = 16

func newIdentities(t *RowTable) *identities {
	v := col.NewVector(col.Int8)
	v.AppendI64(0)
	return &identities{t: t, to: uintptr(t.l.PayloadAt()), bits: ^uint64(0), key: []*col.Vector{v}}
}

// identitySeed begins the hash of a row of a big key. It need not be secret, for rows that
// meet are compared.
func (h *keyHead) identitySeed() col.Seed { return seedOf(uint64(h.size)) }

// seedOf makes what was hashed so far a seed for what follows.
func seedOf(x uint64) col.Seed {
	return col.Seed{x ^ 0x8f14e45fceea167a, bits.RotateLeft64(x, 32) ^ 0xd2a98b26625eee7b}
}

// identityOf hashes a stored row of a big key.
func (a *Arrangement) identityOf(r unsafe.Pointer, h *keyHead) uint64 {
	s := h.identitySeed()
	x := s.Bytes(unsafe.Slice((*byte)(unsafe.Add(r, a.head)), a.fix-a.head))
	for k := range a.row.fields {
		if f := &a.row.fields[k]; f.kind.IsView() {
			s = seedOf(x)
			x = s.Bytes(a.heap.Str((*col.Str)(unsafe.Add(r, f.off))))
		}
	}
	return x & a.ids.bits
}

// identityOfNew is identityOf for row i of a delta.
func (a *Arrangement) identityOfNew(m *merger, i int, h *keyHead) uint64 {
	s := h.identitySeed()
	x := s.Bytes(m.encoded(i)[a.head:a.fix])
	for _, k := range m.views {
		var b []byte
		if v := m.cols[k]; !v.Null(i) {
			b = v.Bytes(i)
		}
		s = seedOf(x)
		x = s.Bytes(b)
	}
	return x & a.ids.bits
}

// lookFor is the entry of a hash; nil: there is none.
func (x *identities) lookFor(hash uint64) *entry {
	if x.t.n == 0 {
		return nil
	}
	x.key[0].I64[0] = int64(hash)
	x.at[0], x.id[0] = x.t.findOne(x.key, 0, hash, false)
	if x.at[0] == nil {
		return nil
	}
	return (*entry)(unsafe.Add(x.at[0], x.to))
}

// find is the row of a key that is entered under a hash; nil: there is none.
func (x *identities) find(hash uint64, h *keyHead) unsafe.Pointer {
	if e := x.lookFor(hash); e != nil && e.key == h.size {
		return unsafe.Add(x.t.p.Base(), e.off)
	}
	return nil
}

// isOf reports whether an entry is that of a row.
func (x *identities) isOf(e *entry, h *keyHead, r unsafe.Pointer) bool {
	return e != nil && *e == entry{x.offset(r), h.size}
}

// enterAtOnce is how many rows are entered together.
const enterAtOnce = 1024

// enter enters a row, unless another one has its hash.
func (x *identities) enter(hash uint64, h *keyHead, r unsafe.Pointer) {
	x.hash, x.entry = append(x.hash, hash), append(x.entry, entry{x.offset(r), h.size})
	if !x.late || len(x.hash) == enterAtOnce {
		x.enterAll()
	}
}

// enterAll enters the rows that wait.
func (x *identities) enterAll() {
	n := len(x.hash)
	if n == 0 {
		return
	}
	sc := takeScratch(n)
	defer sc.give()
	at := sc.at[:n]
	keys := x.key[0]
	keys.Resize(n)
	for i, h := range x.hash {
		keys.I64[i] = int64(h)
	}
	x.t.GetOrInsert(at, sc.ids[:n], x.key, x.hash)
	for i, r := range at {
		if e := (*entry)(unsafe.Add(r, x.to)); e.off == 0 { // no row lies at the base
			*e = x.entry[i]
		}
	}
	x.hash, x.entry = x.hash[:0], x.entry[:0]
}

// leave takes a row out, if it is the one that is entered.
func (x *identities) leave(hash uint64, h *keyHead, r unsafe.Pointer) {
	if x.isOf(x.lookFor(hash), h, r) {
		one := [1]uint64{hash}
		x.t.Delete(x.id[:], one[:])
	}
}

// move says that a row lies elsewhere now.
func (x *identities) move(hash uint64, h *keyHead, from, to unsafe.Pointer) {
	if e := x.lookFor(hash); x.isOf(e, h, from) {
		x.t.MarkAt(x.at[0])
		e.off = x.offset(to)
	}
}

func (x *identities) offset(r unsafe.Pointer) uint64 {
	return uint64(uintptr(r) - uintptr(x.t.p.Base()))
}

// enterNewest enters the row that was just added to a key, and with it all before it when
// its block has just grown to the greatest size: from then on the key is big. Where no row is
// ever looked for, no key is.
func (a *Arrangement) enterNewest(h *keyHead) {
	if h.size < a.max || a.l.AppendOnly {
		return
	}
	it := a.blocks(h)
	it.next()
	from := it.n - 1
	if !h.big() {
		from = 0
		h.size = bigKey | a.ids.next
		a.ids.next = (a.ids.next + 1) &^ bigKey
	}
	for j := from; j < it.n; j++ {
		r := it.row(a, j)
		a.ids.enter(a.identityOf(r, h), h, r)
	}
}
