package state

import (
	"sync"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
)

// probeRows is the most rows that a probe hands on at a time.
const probeRows = 8192

// probe is the working memory of one probe.
type probe struct {
	left  []uint32
	at    []unsafe.Pointer // matches
	count []*int64
	batch col.Batch
	cols  []col.Vector // of the batch, and others that probes of more columns need
	w     []int64
}

// Probe hands on the rows of keys, at most 8K at a time: for each, left has the position
// of its key and rows its columns cols, in that order, and its weight (rows.W nil: all
// are 1). left and rows are good for the call of f, their long strings, which lie in the
// pool's chunks, until the step ends in which the row is deleted. An error of f ends the
// probe. f must not change this arrangement.
func (a *Arrangement) Probe(keys []*col.Vector, hash []uint64, cols []int, f func(left []uint32, rows *col.Batch) error) error {
	return a.probe(keys, hash, cols, false, func(pr *probe) error { return f(pr.left, &pr.batch) })
}

// ProbeForWrite is Probe that also hands on the rows' counters, which f may change; their
// pages are marked. The arrangement has ArrLayout.Counter.
func (a *Arrangement) ProbeForWrite(keys []*col.Vector, hash []uint64, cols []int, f func(left []uint32, rows *col.Batch, counters []*int64) error) error {
	if !a.l.Counter {
		panic("state: arrangement without counters")
	}
	return a.probe(keys, hash, cols, true, func(pr *probe) error { return f(pr.left, &pr.batch, pr.count) })
}

func (a *Arrangement) probe(keys []*col.Vector, hash []uint64, cols []int, write bool, f func(*probe) error) error {
	if a.t.n == 0 || len(hash) == 0 {
		return nil
	}
	if a.inParts(len(hash)) {
		return a.parts(keys, len(hash), func(from, to int, keys []*col.Vector) error {
			return a.probe(keys, hash[from:to], cols, write, func(pr *probe) error {
				for i := range pr.left {
					pr.left[i] += uint32(from)
				}
				return f(pr)
			})
		})
	}
	sc := takeScratch(len(hash))
	defer sc.give()
	at := sc.at[:len(hash)]
	a.t.Find(at, sc.ids, keys, hash)
	a.warmFound(at)
	pr := takeProbe()
	defer pr.give()
	for i, r := range at {
		if r == nil {
			continue
		}
		for it := a.blocks(a.headOf(r)); it.next(); {
			if err := pr.add(a, &it, uint32(i), cols, write, f); err != nil {
				return err
			}
		}
	}
	return pr.flush(a, cols, write, f)
}

// warmFound reads the first line of every key's rows, as warm.
//
//go:noinline
func (a *Arrangement) warmFound(at []unsafe.Pointer) (sum uint64) {
	base := a.p.Base()
	for _, r := range at {
		if r != nil {
			sum += *(*uint64)(unsafe.Add(base, a.headOf(r).block))
		}
	}
	return sum
}

// add takes a block's rows, handing on what is full.
func (pr *probe) add(a *Arrangement, it *blockIter, left uint32, cols []int, write bool, f func(*probe) error) error {
	r := it.row(a, 0)
	for range it.n {
		pr.left, pr.at = append(pr.left, left), append(pr.at, r)
		r = unsafe.Add(r, a.size)
		if len(pr.at) == probeRows {
			if err := pr.flush(a, cols, write, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (pr *probe) flush(a *Arrangement, cols []int, write bool, f func(*probe) error) error {
	if len(pr.at) == 0 {
		return nil
	}
	pr.decode(a, cols)
	if write {
		pr.counters(a)
	}
	err := f(pr)
	pr.left, pr.at = pr.left[:0], pr.at[:0]
	return err
}

// decode fills the batch with the columns of the matches, column by column.
func (pr *probe) decode(a *Arrangement, cols []int) {
	b := &pr.batch
	for len(pr.cols) < len(cols) {
		pr.cols = append(pr.cols, col.Vector{})
	}
	b.Cols = pr.cols[:len(cols):len(cols)]
	b.N, b.Sel, b.Hash, b.HashOf = len(pr.at), nil, nil, nil
	b.AppendOnly, b.Consolidated, b.Step = a.l.AppendOnly, false, false
	for i, k := range cols {
		f, v := &a.row.fields[k], &b.Cols[i]
		v.ResetKind(f.typ, f.kind, f.typ.Scale())
		f.decode(v, pr.at, 0)
		if a.hasNull[k] {
			decodeNulls(v, pr.at, a.row.maskAt, k)
		}
		if f.kind.IsView() {
			v.Arenas = a.p.Arenas()
		}
	}
	if cap(pr.w) < len(pr.at) {
		pr.w = make([]int64, max(len(pr.at), 1024))
	}
	w, ones := pr.w[:len(pr.at)], true
	for i, r := range pr.at {
		w[i] = *(*int64)(r)
		ones = ones && w[i] == 1
	}
	if b.W = w; ones {
		b.W = nil
	}
}

func (pr *probe) counters(a *Arrangement) {
	pr.count = pr.count[:0]
	for _, r := range pr.at {
		c := unsafe.Add(r, 8)
		if a.p.Unmarked(c, 8) {
			a.p.Mark(c, 8)
		}
		pr.count = append(pr.count, (*int64)(c))
	}
}

// probes is working memory that all arrangements share; one probe may run inside another.
var probes = sync.Pool{New: func() any { return new(probe) }}

func takeProbe() *probe { return probes.Get().(*probe) }

func (pr *probe) give() {
	pr.left, pr.at, pr.count = pr.left[:0], pr.at[:0], pr.count[:0]
	probes.Put(pr)
}

// Scan hands on the rows of keys from an id on (0: the first), all their columns, and
// returns where to go on: Absent at the end. One call hands on some 4K rows, at least
// one key's. Batches are good as those of Probe. f must not change the arrangement.
func (a *Arrangement) Scan(from RowID, f func(rows *col.Batch) error) (next RowID, err error) {
	cols := make([]int, len(a.row.fields))
	for k := range cols {
		cols[k] = k
	}
	pr := takeProbe()
	defer pr.give()
	hand := func(pr *probe) error { return f(&pr.batch) }
	var ids [64]RowID
	for seen := 0; seen < col.BatchRows && from != Absent; {
		n, next := a.t.Scan(from, ids[:])
		for _, id := range ids[:n] {
			for it := a.blocks(a.headOf(a.t.Row(id))); it.next(); {
				seen += int(it.n)
				if err := pr.add(a, &it, 0, cols, false, hand); err != nil {
					return id, err
				}
			}
		}
		from = next
	}
	return from, pr.flush(a, cols, false, hand)
}
