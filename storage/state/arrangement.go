package state

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/pool"
)

// ArrLayout is the form of an Arrangement.
type ArrLayout struct {
	Keys    []col.Type // as Layout.Keys
	Payload []col.Type // the rows' columns, in their stored kinds (Type.Kind)
	// Unique: the payload holds a key of the rows, so that no two are equal and a new row
	// is compared with none.
	Unique bool
	// AppendOnly: no row is ever retracted; Merge refuses it.
	AppendOnly bool
	// Counter: every row has a counter of its own (ProbeForWrite), as outer, semi and anti
	// joins with a residual condition need it.
	Counter bool
}

// Arrangement is rows and weights by key: the row of a key in a hash table leads to its
// rows, clustered in blocks. A key's rows are met in no order. Weights are positive: a
// row whose weight becomes 0 is removed at once, its place taken by the key's last row.
//
// Equal rows of one key may stand twice, with weights that add up, since a new row is
// compared with a bounded number of others. Equality is identity (col.IdentityOf).
type Arrangement struct {
	p *pool.Pool
	o *pool.Owner
	l ArrLayout

	t      *RowTable // payload: keyHead
	heap   *Heap     // blocks, and the rows' long strings
	ids    *identities
	row    form    // columns of a stored row
	head   uintptr // bytes before the columns: weight, counter
	size   uintptr // of a stored row
	fix    uintptr // columns that are compared as words end here; views follow
	max    uint32  // bytes of the greatest block
	headAt uintptr // offset of keyHead in the table's rows

	rows    int64
	hasNull []bool // by column: some row has or had a NULL
	mayEnd  func() // called between parts of long work; nil: nobody asks
	loose   bool   // no row is ever looked for: long strings go when all rows do (mergeLoose)
}

// keyHead is the payload of a key's row.
type keyHead struct {
	weight int64  // of all its rows together
	block  uint64 // offset of the newest block from the pool's base; 0: none
	n      uint32 // rows in that block; older ones are full
	size   uint32 // bytes of that block; of a big key bigKey and a number of its own
}

// bigKey is set in the size of keys whose rows are found by what they are.
const bigKey = 1 << 31

func (h *keyHead) big() bool { return h.size&bigKey != 0 }

const (
	keyHeadSize = 24
	blockLimit  = 16 << 10 // bytes of a block, unless one row needs more
	compareMost = 16       // rows that a new one is compared with
)

// NewArrangement makes an empty arrangement, which allocates when it is first merged.
func NewArrangement(p *pool.Pool, o *pool.Owner, l ArrLayout) *Arrangement {
	a := &Arrangement{p: p, o: o, l: l, hasNull: make([]bool, len(l.Payload)), loose: l.AppendOnly && l.Unique && !l.Counter}
	a.t = New(p, o, Layout{Keys: l.Keys, Payload: keyHeadSize})
	a.headAt = uintptr(a.t.l.PayloadAt())
	a.heap = a.t.heap
	a.ids = newIdentities(New(p, o, Layout{Keys: []col.Type{col.Int8}, Payload: entrySize}))
	a.head = 8
	if l.Counter {
		a.head = 16
	}
	kinds := make([]col.Kind, len(l.Payload))
	for i, t := range l.Payload {
		kinds[i] = t.Kind()
	}
	a.row = place(int(a.head), l.Payload, kinds)
	a.fix = a.head + uintptr((len(kinds)+7)/8)
	for i := range a.row.fields {
		if f := &a.row.fields[i]; !f.kind.IsView() {
			a.fix = max(a.fix, f.off+f.width)
		}
	}
	a.fix = (a.fix + 7) &^ 7 // what lies between is zero
	a.size = uintptr(a.row.size)
	if a.size+8 > maxSlot {
		panic("state: a row of more columns than a relation may have")
	}
	a.max = max(blockLimit, classSize[classFor(int(a.size)+8)])
	return a
}

// Layout is the form of the arrangement.
func (a *Arrangement) Layout() ArrLayout { return a.l }

// Len is the number of rows that stand, each counted once whatever its weight.
func (a *Arrangement) Len() int64 { return a.rows }

// Keys is the number of keys with rows.
func (a *Arrangement) Keys() int { return a.t.n }

// Bytes is the memory of the arrangement's chunks.
func (a *Arrangement) Bytes() int64 { return a.t.Bytes() + a.ids.t.Bytes() }

// Maintain is RowTable's: to be called between ticks.
func (a *Arrangement) Maintain() bool {
	moved := a.ids.t.Maintain()
	return a.t.Maintain() || moved
}

// Clear removes all rows and gives the memory back.
func (a *Arrangement) Clear() {
	a.t.Clear()
	a.ids.t.Clear()
	a.rows = 0
	clear(a.hasNull)
}

func (a *Arrangement) headOf(r unsafe.Pointer) *keyHead {
	return (*keyHead)(unsafe.Add(r, a.headAt))
}

// Weight leaves in w, for every key, the weight of its rows together, as the arrangement
// stands; 0 where it has none.
func (a *Arrangement) Weight(w []int64, keys []*col.Vector, hash []uint64) {
	if a.inParts(len(hash)) {
		_ = a.parts(keys, len(hash), func(from, to int, keys []*col.Vector) error {
			a.Weight(w[from:to], keys, hash[from:to])
			return nil
		})
		return
	}
	sc := takeScratch(len(hash))
	defer sc.give()
	at := sc.at[:len(hash)]
	a.t.Find(at, sc.ids, keys, hash)
	for i, r := range at {
		w[i] = 0
		if r != nil {
			w[i] = a.headOf(r).weight
		}
	}
}

// DeleteKeys removes keys with all their rows. Keys that are not there are passed over.
func (a *Arrangement) DeleteKeys(keys []*col.Vector, hash []uint64) {
	sc := takeScratch(len(hash))
	defer sc.give()
	at, ids := sc.at[:len(hash)], sc.ids[:len(hash)]
	a.t.FindForWrite(at, ids, keys, hash)
	for i, r := range at {
		if r == nil || *(*byte)(r) == 0 { // or deleted a few rows ago
			continue
		}
		h := a.headOf(r)
		for it := a.blocks(h); it.next(); {
			for j := range it.n {
				r := it.row(a, j)
				if h.big() {
					a.ids.leave(a.identityOf(r, h), h, r)
				}
				a.freeStrings(r)
			}
			a.rows -= int64(it.n)
			a.heap.release(it.off, int(it.size))
		}
		a.t.Delete(ids[i:i+1], hash[i:i+1])
	}
}

// freeStrings frees the long strings of a stored row.
func (a *Arrangement) freeStrings(r unsafe.Pointer) {
	if a.loose {
		return
	}
	for k := range a.row.fields {
		if f := &a.row.fields[k]; f.kind.IsView() {
			a.heap.FreeStr(load[col.Str](r, f.off)) // that of a NULL is empty
		}
	}
}

func (a *Arrangement) missing() error {
	return pgerr.New(pgerr.InternalError, "retraction of a row that is not in the arrangement")
}
