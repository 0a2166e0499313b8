package state

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
)

// replace lets one of rows i and i+1 of a delta, which have one key and of which i weighs w and the
// other -w, take the place of the other, where both stand once. done is false where they do not, and
// nothing is changed then.
func (a *Arrangement) replace(h *keyHead, m *merger, i int, w int64) (done bool, err error) {
	if h.block == 0 || a.l.AppendOnly || a.l.Counter {
		return false, nil
	}
	comes, goes := i, i+1
	switch w {
	case 1:
	case -1:
		comes, goes = i+1, i
	default:
		return false, nil
	}
	r := a.search(h, m, goes, 1<<62)
	if r == nil || *(*int64)(r) != 1 || !a.l.Unique && h.weight > 1 && a.search(h, m, comes, compareMost) != nil {
		return false, nil
	}
	if a.p.Unmarked(r, a.size) {
		a.p.Mark(r, a.size)
	}
	if !h.big() {
		return true, a.overwrite(r, m, comes)
	}
	a.ids.leave(a.identityOf(r, h), h, r)
	err = a.overwrite(r, m, comes)
	a.ids.enter(a.identityOf(r, h), h, r)
	return true, err
}

// overwrite makes a stored row that weighs 1 row i of a delta. Long strings that are equal in both
// stay where they lie.
func (a *Arrangement) overwrite(r unsafe.Pointer, m *merger, i int) (err error) {
	from := unsafe.Pointer(unsafe.SliceData(m.encoded(i)))
	for _, k := range m.views {
		off := a.row.fields[k].off
		old, now := (*col.Str)(unsafe.Add(r, off)), (*col.Str)(unsafe.Add(from, off))
		if now.Len() <= col.InlineLen {
			a.heap.FreeStr(*old)
			continue
		}
		if a.heap.equalStr(old, m.cols[k], i) {
			*now = *old
			continue
		}
		a.heap.FreeStr(*old)
		s, e := a.heap.PutStr(m.cols[k], i)
		if e != nil {
			err = e
		}
		*now = s
	}
	copy(unsafe.Slice((*byte)(unsafe.Add(r, a.head)), a.size-a.head), m.encoded(i)[a.head:])
	return err
}
