package state

import (
	"fmt"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
)

// few is the number of rows below which the loops of a batch do not pay.
const few = 8

// GetOrInsert finds the rows of keys or inserts them, with a zero payload, and marks the
// rows' pages: the caller then writes payloads through at. It leaves addresses in at and
// ids in ids, which like hash have one entry a row, and returns how many rows are new.
// Equal keys in one batch get one row.
func (t *RowTable) GetOrInsert(at []unsafe.Pointer, ids []RowID, keys []*col.Vector, hash []uint64) (inserted int) {
	n, before := len(hash), t.n
	at, ids = at[:n], ids[:n]
	t.checkKeys(keys, n)
	if len(t.sh) == 0 {
		if n == 0 {
			return 0
		}
		t.start()
	}
	gen := t.gen
	if n < few {
		for i, h := range hash {
			at[i], ids[i] = t.getOrInsertOne(keys, i, h)
		}
	} else {
		t.getOrInsertMany(at, ids, keys, hash)
	}
	if gen != t.gen { // a chunk was copied: earlier addresses are of the old one
		for i, id := range ids {
			at[i] = t.Row(id)
		}
	}
	return t.n - before
}

func (t *RowTable) getOrInsertMany(at []unsafe.Pointer, ids []RowID, keys []*col.Vector, hash []uint64) {
	sc := takeScratch(len(hash))
	defer sc.give()
	x, made := &sc.repeats, t.made
	repeated := x.number(hash)
	if repeated {
		t.insertKeys(sc, x, keys)
		x.deal(at, ids)
	} else {
		t.candidates(sc, at, ids, hash)
	}
	for _, i := range t.compare(sc, at, keys, true) {
		if !repeated && at[i] == t.absent && t.stillEmpty(sc.off[i], made) {
			at[i], ids[i] = t.insertAt(sc.off[i], keys, int(i), hash[i])
		} else {
			at[i], ids[i] = t.getOrInsertOne(keys, int(i), hash[i])
		}
	}
}

// stillEmpty reports whether the slot at which the search for an absent key ended, when so many
// pages of slots had been made, is where it would end now.
func (t *RowTable) stillEmpty(off uintptr, made uint32) bool {
	return made == t.made && *(*uint64)(unsafe.Add(t.p.Base(), off)) == 0
}

// insertAt enters a new row into the slot at an offset.
func (t *RowTable) insertAt(off uintptr, keys []*col.Vector, i int, hash uint64) (unsafe.Pointer, RowID) {
	s := t.shardFor(hash)
	lin, r := t.insert(s, hash, uint32(off>>3)&t.slotMask)
	t.writeKey(r, keys, i)
	return r, RowID(s.no)<<32 | RowID(lin)
}

// insertKeys leaves in x the candidates of a batch's different hashes, and new rows where
// there are none.
func (t *RowTable) insertKeys(sc *scratch, x *repeats, keys []*col.Vector) {
	gen, made := t.gen, t.made
	t.candidates(sc, x.at, x.ids, x.hash)
	for k, r := range x.at {
		switch {
		case r != t.absent:
		case t.stillEmpty(sc.off[k], made):
			x.at[k], x.ids[k] = t.insertAt(sc.off[k], keys, int(x.first[k]), x.hash[k])
		default:
			x.at[k], x.ids[k] = t.getOrInsertOne(keys, int(x.first[k]), x.hash[k])
		}
	}
	if gen != t.gen {
		for k, id := range x.ids {
			x.at[k] = t.Row(id)
		}
	}
}

// Find looks keys up: at and ids are nil and Absent for those that are not there. The
// rows may be read only; see FindForWrite and MarkAt.
func (t *RowTable) Find(at []unsafe.Pointer, ids []RowID, keys []*col.Vector, hash []uint64) {
	t.find(at, ids, keys, hash, false)
}

// FindForWrite is Find and marks the pages of the rows it finds.
func (t *RowTable) FindForWrite(at []unsafe.Pointer, ids []RowID, keys []*col.Vector, hash []uint64) {
	t.find(at, ids, keys, hash, true)
}

func (t *RowTable) find(at []unsafe.Pointer, ids []RowID, keys []*col.Vector, hash []uint64, write bool) {
	n := len(hash)
	at, ids = at[:n], ids[:n]
	t.checkKeys(keys, n)
	if t.n == 0 {
		for i := range at {
			at[i], ids[i] = nil, Absent
		}
		return
	}
	if n < few {
		for i, h := range hash {
			at[i], ids[i] = t.findOne(keys, i, h, write)
		}
		return
	}
	sc := takeScratch(n)
	defer sc.give()
	if x := &sc.repeats; x.number(hash) {
		t.candidates(sc, x.at, x.ids, x.hash)
		x.deal(at, ids)
	} else {
		t.candidates(sc, at, ids, hash)
	}
	for _, i := range t.compare(sc, at, keys, write) {
		if at[i] == t.absent {
			at[i], ids[i] = nil, Absent
		} else {
			at[i], ids[i] = t.findOne(keys, int(i), hash[i], write)
		}
	}
}

// candidates leaves in at and ids, for every hash, the first row whose slot keeps the
// same 32 bits, or t.absent where no slot does: sc.off leads to the empty one then. Three loops so short that the core has
// many misses under way: slot addresses, slots, row addresses.
func (t *RowTable) candidates(sc *scratch, at []unsafe.Pointer, ids []RowID, hash []uint64) {
	n := len(hash)
	off, cand := sc.off[:n], sc.cand[:n]
	at, ids = at[:n], ids[:n]
	base, mask := t.p.Base(), t.slotMask
	if len(t.sh) == 1 {
		dir, shift := t.sh[0].dir, t.sh[0].shift&31
		for i, h := range hash {
			tag := uint32(h >> 26)
			pg := *(*uint32)(unsafe.Add(dir, uintptr(tag>>shift)<<2))
			off[i] = uintptr(pg)<<12 + uintptr(tag&mask)<<3
		}
	} else {
		sb := unsafe.Pointer(unsafe.SliceData(t.sh))
		for i, h := range hash {
			tag := uint32(h >> 26)
			s := (*shard)(unsafe.Add(sb, uintptr(h>>60)*unsafe.Sizeof(shard{})))
			pg := *(*uint32)(unsafe.Add(s.dir, uintptr(tag>>(s.shift&31))<<2))
			off[i] = uintptr(pg)<<12 + uintptr(tag&mask)<<3
		}
	}
	for i, o := range off {
		cand[i] = *(*uint64)(unsafe.Add(base, o))
	}
	t.rowAddrs(at, ids, off, cand, hash)
}

// rowAddrs turns slots into rows. A home slot of another key leads on to its neighbours,
// which stand in a line that has arrived.
func (t *RowTable) rowAddrs(at []unsafe.Pointer, ids []RowID, off []uintptr, cand, hash []uint64) {
	base, k, stride, in, none := t.p.Base(), t.k&31, t.stride, uintptr(1)<<(t.k&31)-1, t.absent
	one := len(t.sh) == 1
	sb := unsafe.Pointer(unsafe.SliceData(t.sh))
	rows, no := t.sh[0].rows, uint64(0)
	at, ids, off, hash = at[:len(cand)], ids[:len(cand)], off[:len(cand)], hash[:len(cand)]
	for i, v := range cand {
		h := hash[i]
		if uint32(v>>32) != uint32(h>>26) || v == 0 {
			if v, off[i] = t.walk(off[i], v, uint32(h>>26)); v == 0 {
				at[i] = none
				continue
			}
		}
		if !one {
			no = h >> 60
			rows = (*shard)(unsafe.Add(sb, uintptr(no)*unsafe.Sizeof(shard{}))).rows
		}
		lin := uint32(v) - 1
		ids[i] = RowID(no<<32 | uint64(lin))
		c := *(*uint32)(unsafe.Add(rows, uintptr(lin>>k)<<2))
		at[i] = unsafe.Add(base, uintptr(c)<<12+(uintptr(lin)&in)*stride)
	}
}

// walk goes from the slot at an offset, which holds v, to the next that keeps the tag, or is empty.
func (t *RowTable) walk(off uintptr, v uint64, tag uint32) (uint64, uintptr) {
	mask := t.slotMask
	pos := tag & mask
	first := off - uintptr(pos)<<3
	pg := unsafe.Add(t.p.Base(), first)
	for v != 0 && uint32(v>>32) != tag {
		pos = (pos + 1) & mask
		v = *(*uint64)(unsafe.Add(pg, uintptr(pos)<<3))
	}
	return v, first + uintptr(pos)<<3
}

// getOrInsertOne does one row of a batch by itself: a new key, or one that shares its
// tag with another.
func (t *RowTable) getOrInsertOne(keys []*col.Vector, i int, hash uint64) (unsafe.Pointer, RowID) {
	s := t.shardFor(hash)
	lin, pos, found := t.lookFor(s, keys, i, hash)
	var r unsafe.Pointer
	if found {
		r = t.rowOf(s, lin)
		t.MarkAt(r)
	} else {
		lin, r = t.insert(s, hash, pos)
		t.writeKey(r, keys, i)
	}
	return r, RowID(s.no)<<32 | RowID(lin)
}

func (t *RowTable) findOne(keys []*col.Vector, i int, hash uint64, write bool) (unsafe.Pointer, RowID) {
	s := t.shardFor(hash)
	lin, _, found := t.lookFor(s, keys, i, hash)
	if !found {
		return nil, Absent
	}
	r := t.rowOf(s, lin)
	if write {
		t.MarkAt(r)
	}
	return r, RowID(s.no)<<32 | RowID(lin)
}

func (t *RowTable) shardFor(hash uint64) *shard {
	if len(t.sh) == 1 {
		return &t.sh[0]
	}
	return &t.sh[shardOf(hash)]
}

// lookFor finds the number of the row of a key, or the empty slot where its search ends.
func (t *RowTable) lookFor(s *shard, keys []*col.Vector, i int, hash uint64) (lin, pos uint32, found bool) {
	tag, mask := tagOf(hash), t.slotMask
	pos = tag & mask
	pg := unsafe.Add(t.p.Base(), uintptr(s.dirs[tag>>s.shift])<<12)
	for {
		v := *(*uint64)(unsafe.Add(pg, uintptr(pos)<<3))
		if v == 0 {
			return 0, pos, false
		}
		if uint32(v>>32) == tag && t.equalRow(t.rowOf(s, uint32(v)-1), keys, i) {
			return uint32(v) - 1, pos, true
		}
		pos = (pos + 1) & mask
	}
}

// checkKeys panics where the loops would read what is not there.
func (t *RowTable) checkKeys(keys []*col.Vector, n int) {
	if len(keys) != len(t.form.fields) {
		panic(fmt.Sprintf("state: %d key columns, not %d", len(keys), len(t.form.fields)))
	}
	for k, v := range keys {
		if v.N < n {
			panic(fmt.Sprintf("state: key column %d has %d values for %d hashes", k, v.N, n))
		}
		if v.Kind != t.form.fields[k].kind {
			panic(fmt.Sprintf("state: key column %d has kind %d, not %d; is it canonical?", k, v.Kind, t.form.fields[k].kind))
		}
	}
}
