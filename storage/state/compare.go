package state

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
)

// compare is the fourth loop: it compares the candidates' keys, one miss a row, marks
// the pages of those that match when write is set, and lists the others.
func (t *RowTable) compare(sc *scratch, at []unsafe.Pointer, keys []*col.Vector, write bool) (slow []uint32) {
	n := len(at)
	nulls := t.hasNull
	for _, v := range keys {
		nulls = nulls || v.Valid != nil
	}
	if nulls || t.shape == shapeAny {
		return t.compareAny(sc, at, keys, write, nulls)
	}
	f := t.form.fields
	out := sc.slow[:n]
	switch t.shape {
	case shapeI32:
		slow = compareOne(t, out, at, lanesOf[uint32](keys[0], n), f[0].off)
	case shapeI64:
		slow = compareOne(t, out, at, lanesOf[uint64](keys[0], n), f[0].off)
	case shapeWide:
		slow = compareOne(t, out, at, lanesOf[[2]uint64](keys[0], n), f[0].off)
	case shapePair:
		slow = comparePair(t, out, at, lanesOf[uint64](keys[0], n), lanesOf[uint64](keys[1], n))
	default:
		slow = t.compareStr(out, at, keys[0])
	}
	if write {
		t.markAll(at)
	}
	return slow
}

func compareOne[K comparable](t *RowTable, slow []uint32, at []unsafe.Pointer, keys []K, off uintptr) []uint32 {
	none, n := t.absent, 0
	keys, slow = keys[:len(at)], slow[:len(at)]
	for i, r := range at {
		if *(*K)(unsafe.Add(r, off)) != keys[i] || r == none {
			slow[n] = uint32(i)
			n++
		}
	}
	return slow[:n]
}

func comparePair(t *RowTable, slow []uint32, at []unsafe.Pointer, a, b []uint64) []uint32 {
	none, n := t.absent, 0
	ao, bo := t.form.fields[0].off, t.form.fields[1].off
	a, b, slow = a[:len(at)], b[:len(at)], slow[:len(at)]
	for i, r := range at {
		if load[uint64](r, ao) != a[i] || load[uint64](r, bo) != b[i] || r == none {
			slow[n] = uint32(i)
			n++
		}
	}
	return slow[:n]
}

func (t *RowTable) compareStr(slow []uint32, at []unsafe.Pointer, v *col.Vector) []uint32 {
	none, n, off := t.absent, 0, t.form.fields[0].off
	keys, slow := v.Str[:len(at)], slow[:len(at)]
	for i, r := range at {
		s := (*col.Str)(unsafe.Add(r, off))
		if *s == keys[i] && uint32(s.Lo) <= col.InlineLen && r != none {
			continue
		}
		if r == none || s.Lo != keys[i].Lo || uint32(s.Lo) <= col.InlineLen || !t.heap.equalStr(s, v, i) {
			slow[n] = uint32(i)
			n++
		}
	}
	return slow[:n]
}

// markAll marks the rows' pages. Those of t.absent lie outside the pool and are skipped;
// rows that turn out to be of another key are marked too, which is harmless.
func (t *RowTable) markAll(at []unsafe.Pointer) {
	p, stride, none := t.p, t.stride, t.absent
	for _, r := range at {
		if r != none && p.Unmarked(r, stride) {
			p.Mark(r, stride)
		}
	}
}

// compareAny compares column by column.
func (t *RowTable) compareAny(sc *scratch, at []unsafe.Pointer, keys []*col.Vector, write, nulls bool) []uint32 {
	miss := sc.miss[:len(at)]
	for i, r := range at {
		miss[i] = r == t.absent
	}
	for k := range t.form.fields {
		f := &t.form.fields[k]
		switch {
		case nulls:
			t.missNullable(miss, at, keys[k], k)
		case f.kind.IsView():
			t.missStr(miss, at, keys[k], f.off)
		case f.width == 1:
			for i, r := range at {
				if !miss[i] && !t.equalLane(f, r, keys[k], i) {
					miss[i] = true
				}
			}
		case f.width == 4:
			missLanes(miss, at, lanesOf[uint32](keys[k], len(at)), f.off)
		case f.width == 8:
			missLanes(miss, at, lanesOf[uint64](keys[k], len(at)), f.off)
		default:
			missLanes(miss, at, lanesOf[[2]uint64](keys[k], len(at)), f.off)
		}
	}
	if write {
		t.markAll(at)
	}
	slow := sc.slow[:0]
	for i, m := range miss {
		if m {
			slow = append(slow, uint32(i))
		}
	}
	return slow
}

func missLanes[K comparable](miss []bool, at []unsafe.Pointer, keys []K, off uintptr) {
	keys, miss = keys[:len(at)], miss[:len(at)]
	for i, r := range at {
		if *(*K)(unsafe.Add(r, off)) != keys[i] {
			miss[i] = true
		}
	}
}

func (t *RowTable) missStr(miss []bool, at []unsafe.Pointer, v *col.Vector, off uintptr) {
	keys, miss := v.Str[:len(at)], miss[:len(at)]
	for i, r := range at {
		s := (*col.Str)(unsafe.Add(r, off))
		if *s == keys[i] && uint32(s.Lo) <= col.InlineLen {
			continue
		}
		if !miss[i] && !t.heap.equalStr(s, v, i) {
			miss[i] = true
		}
	}
}

func (t *RowTable) missNullable(miss []bool, at []unsafe.Pointer, v *col.Vector, k int) {
	f := &t.form.fields[k]
	for i, r := range at {
		if miss[i] {
			continue
		}
		null := v.Null(i)
		if nullAt(r, t.form.maskAt, k) != null || !null && !t.equalLane(f, r, v, i) {
			miss[i] = true
		}
	}
}
