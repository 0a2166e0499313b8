package state

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// mergeLoose is Merge into an arrangement that only grows and goes as a whole. No row is
// looked for and no string is freed by itself: so every key gets room for all of its rows
// at once, columns are written where they stay, and strings are copied one behind another.
func (a *Arrangement) mergeLoose(keys []*col.Vector, hash []uint64, rows *col.Batch) error {
	n := len(hash)
	for _, w := range rows.W {
		if w <= 0 {
			return a.merge(keys, hash, rows, nil)
		}
	}
	if n == 0 {
		return nil
	}
	sc := takeScratch(n)
	defer sc.give()
	at := sc.at[:n]
	a.t.GetOrInsert(at, sc.ids, keys, hash)
	a.placeRows(at, sc.slow[:n], rows)
	var err error
	for k := range a.row.fields {
		f := &a.row.fields[k]
		v := rows.Cols[k].StoredKind()
		a.checkColumn(k, v, n)
		switch {
		case f.kind.IsView():
			if e := a.heap.putLoose(at, f.off, v); e != nil {
				err = e
			}
		case f.width == 1:
			for i, r := range at {
				*(*bool)(unsafe.Add(r, f.off)) = v.Bool(i)
			}
		case f.width == 4:
			scatter(at, f.off, lanesOf[uint32](v, n))
		case f.width == 8:
			scatter(at, f.off, lanesOf[uint64](v, n))
		default:
			scatter(at, f.off, lanesOf[[2]uint64](v, n))
		}
		if v.Valid != nil {
			a.scatterNulls(at, f, v, k)
		}
	}
	return err
}

// placeRows turns the addresses of keys into those of places for their new rows, whose
// weight and NULL mask it writes. nth is scratch.
func (a *Arrangement) placeRows(at []unsafe.Pointer, nth []uint32, rows *col.Batch) {
	for i, r := range at { // the key's count runs ahead of its room
		h := a.headOf(r)
		h.weight += rows.Weight(i)
		nth[i] = h.n
		h.n++
	}
	mask := a.row.maskAt
	words := (uintptr(len(a.row.fields)) + 7) / 8
	most := a.room(a.max)
	for i, r := range at {
		h, no := a.headOf(r), nth[i]
		if h.n > no && (h.block == 0 || h.n > a.room(h.size)) { // the first of its rows
			need := h.n
			if h.size < a.max {
				a.grow(h, no, min(need, most+1))
			}
			if need > most { // one by one, into blocks of the greatest size, which never move
				h.n = no
			}
		}
		if h.n <= no {
			r = a.addRow(h)
		} else {
			r = unsafe.Add(a.p.Base(), uintptr(h.block)+a.first(h.size)+uintptr(no)*a.size)
			if a.p.Unmarked(r, a.size) {
				a.p.Mark(r, a.size)
			}
			a.rows++
		}
		*(*int64)(r) = rows.Weight(i)
		for w := range words {
			*(*byte)(unsafe.Add(r, mask+w)) = 0
		}
		at[i] = r
	}
}

func scatter[K any](at []unsafe.Pointer, off uintptr, lanes []K) {
	lanes = lanes[:len(at)]
	for i, r := range at {
		*(*K)(unsafe.Add(r, off)) = lanes[i]
	}
}

func (a *Arrangement) scatterNulls(at []unsafe.Pointer, f *field, v *col.Vector, k int) {
	for i, r := range at {
		if v.Null(i) {
			*(*byte)(unsafe.Add(r, a.row.maskAt+uintptr(k>>3))) |= 1 << (k & 7)
			clear(unsafe.Slice((*byte)(unsafe.Add(r, f.off)), f.width))
			a.hasNull[k] = true
		}
	}
}

// putLoose stores v's strings and leaves views of them at an offset from each address. The
// bytes are given back by Clear alone, all together: it looks for no free slot. A value
// beyond pool.MaxExtent is 54000.
func (h *Heap) putLoose(at []unsafe.Pointer, off uintptr, v *col.Vector) error {
	var dst [stringsAhead]*col.Str
	for from := 0; from < len(at); from += stringsAhead {
		to := min(from+stringsAhead, len(at))
		for i := from; i < to; i++ {
			d := (*col.Str)(unsafe.Add(at[i], off))
			dst[i-from], *d = d, v.Str[i]
		}
		if err := h.putSome(dst[:to-from], v, from); err != nil {
			return err
		}
	}
	return nil
}

// copyLoose is putLoose for v's strings from one on, with their views side by side.
func (h *Heap) copyLoose(d []col.Str, v *col.Vector, first int) error {
	var dst [stringsAhead]*col.Str
	copy(d, v.Str[first:])
	for from := 0; from < len(d); from += stringsAhead {
		to := min(from+stringsAhead, len(d))
		for i := from; i < to; i++ {
			dst[i-from] = &d[i]
		}
		if err := h.putSome(dst[:to-from], v, first+from); err != nil {
			return err
		}
	}
	return nil
}

// stringsAhead is how many strings' first lines are read before the first is copied.
const stringsAhead = 32

// putSome copies the bytes behind views of v's strings from one on and lets the views lead to
// the copies: to one piece of memory where there is room for all.
func (h *Heap) putSome(dst []*col.Str, v *col.Vector, from int) (err error) {
	need, _ := warmStrings(v, from, from+len(dst))
	if need > int(h.left) {
		for i, d := range dst {
			if d.Len() > col.InlineLen {
				if *d, err = h.putLong(v.Bytes(from + i)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	off := h.bump
	h.bump += uint64(need)
	h.left -= uint32(need)
	h.live += int64(need)
	base := h.p.Base()
	if need > 0 && h.p.Unmarked(unsafe.Add(base, off), uintptr(need)) {
		h.p.Mark(unsafe.Add(base, off), uintptr(need))
	}
	for i, d := range dst {
		if n := d.Len(); n > col.InlineLen {
			copy(unsafe.Slice((*byte)(unsafe.Add(base, off)), n), v.Bytes(from+i))
			d.Hi = off>>pool.FrameShift<<32 | off&(pool.FrameSize-1)
			off += uint64(n+15) &^ 15
		}
	}
	return nil
}

func (h *Heap) putLong(b []byte) (col.Str, error) {
	if len(b) <= maxSlot {
		return h.putBehind(b), nil
	}
	return h.PutView(b)
}

// warmStrings reads the ends of strings, so that the misses overlap, as Arrangement.warm, and
// returns the bytes that copies of the long ones take.
//
//go:noinline
func warmStrings(v *col.Vector, from, to int) (need int, sum byte) {
	for i := from; i < to; i++ {
		if n := v.Str[i].Len(); n > col.InlineLen {
			b := v.Bytes(i)
			sum += b[0] + b[len(b)-1]
			need += (n + 15) &^ 15
		}
	}
	return need, sum
}

// putBehind stores a copy of up to maxSlot bytes behind what was stored last.
func (h *Heap) putBehind(b []byte) col.Str {
	size := uint32(len(b)+15) &^ 15
	if h.left < size {
		h.grow(size)
	}
	off := h.bump
	h.bump += uint64(size)
	h.left -= size
	h.live += int64(size)
	a := unsafe.Add(h.p.Base(), off)
	if h.p.Unmarked(a, uintptr(len(b))) {
		h.p.Mark(a, uintptr(len(b)))
	}
	copy(unsafe.Slice((*byte)(a), len(b)), b)
	return col.LongStr(b, uint32(off>>pool.FrameShift), uint32(off&(pool.FrameSize-1)))
}
