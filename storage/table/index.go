package table

import (
	"sync/atomic"

	"github.com/millracedb/millrace/base/col"
)

// index finds versions by the values of columns. The identity index of a store leads from
// a key (or a full row) to its newest version, and versions lead to the one before; a
// secondary index leads from a hash to all versions not yet settled as dead, and every
// one found is verified.
type index struct {
	name   string
	cols   []int
	unique bool
	seed   *col.Seed
	exact  bool // identity of bytes, not SQL equality: the full-row index
	same   []bool
	*hashTable
	listing bool // secondary: entries may be lists
	lists   *postings

	since uint64 // the tick from which it serves; before it: older
	older atomic.Pointer[index]
}

// keys is a set of keys to look for, in the forms in which they are hashed and compared.
type keys struct {
	raw, canon []*col.Vector
	hash       []uint64
	one        [1]uint64
	ptrs       [8]*col.Vector
}

// prepare brings n keys into form. Vectors of other widths of integer are brought to the
// column's; a value that the column cannot hold becomes one that no row has.
func (ix *index) prepare(k *keys, types []col.Type, in []*col.Vector, n int) {
	if 2*len(in) <= len(k.ptrs) {
		k.raw, k.canon = k.ptrs[:0:len(in)], k.ptrs[len(in):len(in)]
	}
	k.raw, k.canon = k.raw[:0], k.canon[:0]
	for i, v := range in {
		v = stored(v, types[ix.cols[i]])
		k.raw = append(k.raw, v)
		if !ix.exact {
			v = col.CanonicalOf(v)
		}
		k.canon = append(k.canon, v)
	}
	if n == 1 {
		k.hash = k.one[:]
	} else if cap(k.hash) >= n {
		k.hash = k.hash[:n]
	} else {
		k.hash = make([]uint64, n, n+n/2)
	}
	ix.seed.Keys(k.hash, k.canon)
}

// stored brings a vector into the form in which a column of the type is kept.
func stored(v *col.Vector, t col.Type) *col.Vector {
	if v.Kind == t.Kind() {
		return v
	}
	if v.Kind == col.KindD64 {
		return v.ToDec()
	}
	return v
}

// matches reports whether a stored row has key i.
func (ix *index) matches(s *segment, slot int, k *keys, i int) bool {
	r := s.data.Load()
	for j, c := range ix.cols {
		if r.cols[c].same(slot, k.raw[j], i) {
			continue
		}
		if ix.same[j] || !ix.alike(r.cols[c], slot, k, j, i) {
			return false
		}
	}
	return true
}

// alike compares canonical forms, for types with values that are equal but not identical.
func (ix *index) alike(c column, slot int, k *keys, j, i int) bool {
	var one col.Vector
	one.ResetKind(k.raw[j].Type, k.raw[j].Kind, k.raw[j].Scale)
	c.take(&one, []uint32{uint32(slot)})
	return col.EqualAt(col.CanonicalOf(&one), 0, k.canon[j], i)
}

// newest is the newest version of key i as the entry names it, and where it lies; 0: none.
func (ix *index) newest(p *places, k *keys, i int) (Ref, *segment, int) {
	q := ix.probe(tagOf(k.hash[i]))
	for {
		slot, ok := q.next()
		if !ok {
			return 0, nil, 0
		}
		r := Ref(uint32(slot))
		if s, at := p.find(r); s != nil && ix.matches(s, at, k, i) {
			return r, s, at
		}
	}
}

// put makes the entry of a key lead to a new version; old is what it led to, 0: no entry.
func (ix *index) put(hash uint64, old, r Ref) {
	tag := tagOf(hash)
	if old != 0 && ix.replace(tag, slotOf(tag, false, uint32(old)), slotOf(tag, false, uint32(r))) {
		return
	}
	ix.insert(tag, slotOf(tag, false, uint32(r)))
}

// putAt is put for a key whose entry, or place for one, was located when made was so much.
func (ix *index) putAt(hash uint64, at spot, made int, r Ref) {
	tag := tagOf(hash)
	switch e := slotOf(tag, false, uint32(r)); {
	case at.at == nowhere || made != ix.made:
		ix.put(hash, at.ref, r)
	case at.ref != 0:
		ix.dir.Load().page(tag).slots[at.at].Store(e)
	default:
		ix.insertAt(tag, at.at, e)
	}
}
