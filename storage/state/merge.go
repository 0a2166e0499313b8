package state

import (
	"slices"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// Merge adds a consolidated delta: rows with weights, their keys and hashes beside them,
// all dense and in one order. The columns of rows are those of ArrLayout.Payload; bytes
// of long strings are copied. Rows with a negative weight are found by identity; one
// that is not there, or not often enough, is a defect and gives an error, as does any in
// an append-only arrangement; the rest of the delta is then merged all the same.
func (a *Arrangement) Merge(keys []*col.Vector, hash []uint64, rows *col.Batch) error {
	if a.loose {
		return a.mergeLoose(keys, hash, rows)
	}
	return a.merge(keys, hash, rows, nil)
}

// MergeCounted is Merge where a new row's counter starts at counts, by position. A row
// that joins an equal one leaves that one's counter.
func (a *Arrangement) MergeCounted(keys []*col.Vector, hash []uint64, rows *col.Batch, counts []int64) error {
	if !a.l.Counter {
		panic("state: arrangement without counters")
	}
	return a.merge(keys, hash, rows, counts)
}

func (a *Arrangement) merge(keys []*col.Vector, hash []uint64, rows *col.Batch, counts []int64) (err error) {
	n := len(hash)
	if n == 0 {
		return nil
	}
	if rows.Sel != nil {
		panic("state: merge of a batch with a selection")
	}
	if a.inParts(n) {
		return a.parts(keys, n, func(from, to int, keys []*col.Vector) error {
			var some []int64
			if counts != nil {
				some = counts[from:to]
			}
			return a.merge(keys, hash[from:to], rows.Range(from, to), some)
		})
	}
	m := a.merger(rows, n)
	defer mergers.Put(m)
	sc := takeScratch(n)
	defer sc.give()
	at, ids := sc.at[:n], sc.ids[:n]
	a.t.GetOrInsert(at, ids, keys, hash)
	a.warm(at)
	emptied := sc.slow[:0]
	a.ids.late = !slices.ContainsFunc(rows.W, func(w int64) bool { return w < 0 }) // then no row moves
	for i := 0; i < n; i++ {
		h, w := a.headOf(at[i]), rows.Weight(i)
		if i+1 < n && at[i+1] == at[i] && w+rows.Weight(i+1) == 0 {
			if done, e := a.replace(h, m, i, w); done {
				if i++; e != nil {
					err = e
				}
				continue
			}
		}
		h.weight += w
		var count int64
		if counts != nil {
			count = counts[i]
		}
		if e := a.mergeRow(h, m, i, w, count); e != nil {
			h.weight -= w
			err = e
		}
		if h.block == 0 {
			emptied = append(emptied, uint32(i))
		}
	}
	a.ids.enterAll()
	for _, i := range emptied {
		if r := at[i]; *(*byte)(r) != 0 && a.headOf(r).block == 0 {
			a.t.Delete(ids[i:i+1], hash[i:i+1])
		}
	}
	return err
}

// warm reads the end of every key's block, so that the misses overlap. What it returns
// says nothing; it and go:noinline keep the compiler from dropping the reads.
//
//go:noinline
func (a *Arrangement) warm(at []unsafe.Pointer) (sum uint64) {
	base := a.p.Base()
	for _, r := range at {
		h := a.headOf(r)
		sum += *(*uint64)(unsafe.Add(base, uintptr(h.block)+uintptr(max(h.n, 1)-1)*a.size))
	}
	return sum
}

func (a *Arrangement) mergeRow(h *keyHead, m *merger, i int, w, count int64) error {
	switch {
	case w < 0:
		if a.l.AppendOnly {
			return pgerr.New(pgerr.InternalError, "retraction from an append-only arrangement")
		}
		return a.retract(h, m, i, w)
	case w == 0:
		return nil
	}
	if !a.l.Unique && h.block != 0 {
		if r := a.search(h, m, i, compareMost); r != nil {
			a.p.Mark(r, 8)
			*(*int64)(r) += w
			return nil
		}
	}
	r := a.addRow(h)
	copy(unsafe.Slice((*byte)(r), a.size), m.encoded(i))
	*(*int64)(r) = w
	if a.l.Counter {
		*(*int64)(unsafe.Add(r, 8)) = count
	}
	err := a.storeStrings(r, m, i)
	a.enterNewest(h)
	return err
}

// retract takes weight from rows equal to row i until w is used up.
func (a *Arrangement) retract(h *keyHead, m *merger, i int, w int64) error {
	for w < 0 {
		r := a.search(h, m, i, 1<<62)
		if r == nil {
			return a.missing()
		}
		a.p.Mark(r, 8)
		have := (*int64)(r)
		if *have+w > 0 {
			*have += w
			return nil
		}
		w += *have
		a.removeRow(h, r)
	}
	return nil
}

// search finds a stored row equal to row i: at once where the key is big, else among at most
// so many, the newest first, since what is retracted often came a short while ago.
func (a *Arrangement) search(h *keyHead, m *merger, i int, most int) unsafe.Pointer {
	want := unsafe.Pointer(unsafe.SliceData(m.encoded(i)))
	if h.big() {
		r := a.ids.find(a.identityOfNew(m, i, h), h)
		if r != nil && equalWords(r, want, a.head, a.fix) && a.equalViews(r, m, i) {
			return r
		}
	}
	for it := a.blocks(h); it.next(); {
		n := min(int(it.n), most)
		r := it.row(a, it.n-1)
		for range n {
			if equalWords(r, want, a.head, a.fix) && a.equalViews(r, m, i) {
				return r
			}
			r = unsafe.Add(r, -int(a.size))
		}
		if most -= n; most == 0 {
			break
		}
	}
	return nil
}

// equalWords compares the bytes from an offset to another, both multiples of 8.
func equalWords(a, b unsafe.Pointer, from, to uintptr) bool {
	for ; from < to; from += 8 {
		if load[uint64](a, from) != load[uint64](b, from) {
			return false
		}
	}
	return true
}

func (a *Arrangement) equalViews(r unsafe.Pointer, m *merger, i int) bool {
	for _, k := range m.views {
		v := m.cols[k]
		if !v.Null(i) && !a.heap.equalStr((*col.Str)(unsafe.Add(r, a.row.fields[k].off)), v, i) {
			return false
		}
	}
	return true
}

// storeStrings replaces the views of row i in the stored row by views of copies.
func (a *Arrangement) storeStrings(r unsafe.Pointer, m *merger, i int) error {
	var err error
	for _, k := range m.views {
		d := (*col.Str)(unsafe.Add(r, a.row.fields[k].off))
		if d.Len() > col.InlineLen {
			s, e := a.heap.PutStr(m.cols[k], i)
			if e != nil {
				err = e
			}
			*d = s
		}
	}
	return err
}
