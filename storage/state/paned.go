package state

import (
	"math"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// Paned is an Arrangement one of whose key columns is a time: an arrangement for each span
// of that time, which Expire drops whole. Rows of one key lie in one of them, so that they
// can be retracted, as long as their time has not expired.
type Paned struct {
	p     *pool.Pool
	o     *pool.Owner
	l     ArrLayout
	key   int  // the key column of the time, an int64 lane
	shift uint // a span is 2^shift of the time's units

	ids   []int64 // times >> shift, ascending
	panes []*Arrangement
	left  int64 // of the first time that has not expired

	of    map[int64]int
	parts [][]uint32
	by    []int64
	w     []int64
}

// timeless is the pane of rows whose time is NULL: it never expires.
const timeless = math.MaxInt64

// NewPaned makes an empty set.
func NewPaned(p *pool.Pool, o *pool.Owner, l ArrLayout, key int, shift uint) *Paned {
	if l.Keys[key].Kind() != col.KindI64 {
		panic("state: panes by a key that is no time")
	}
	return &Paned{p: p, o: o, l: l, key: key, shift: shift, left: math.MinInt64, of: map[int64]int{}}
}

// split sorts the rows of keys by their panes into s.by and s.parts.
func (s *Paned) split(keys []*col.Vector, n int) {
	clear(s.of)
	s.by = s.by[:0]
	v := keys[s.key]
	nulls, last := v.AnyNull(), -1
	for i, t := range v.I64[:n] {
		id := t >> s.shift
		if nulls && v.Null(i) {
			id = timeless
		}
		if last < 0 || s.by[last] != id {
			last = s.part(id)
		}
		s.parts[last] = append(s.parts[last], uint32(i))
	}
}

func (s *Paned) part(id int64) int {
	if k, ok := s.of[id]; ok {
		return k
	}
	k := len(s.by)
	s.of[id], s.by = k, append(s.by, id)
	if k == len(s.parts) {
		s.parts = append(s.parts, nil)
	}
	s.parts[k] = s.parts[k][:0]
	return k
}

// pane finds the arrangement of a span; with create it is made if there is none.
func (s *Paned) pane(id int64, create bool) *Arrangement {
	i, ok := slices.BinarySearch(s.ids, id)
	if ok {
		return s.panes[i]
	}
	if !create {
		return nil
	}
	a := NewArrangement(s.p, s.o, s.l)
	s.ids, s.panes = slices.Insert(s.ids, i, id), slices.Insert(s.panes, i, a)
	return a
}

// pickKeys is the keys and hashes at a selection.
func pickKeys(keys []*col.Vector, hash []uint64, of []uint32) ([]*col.Vector, []uint64) {
	if len(of) == len(hash) {
		return keys, hash
	}
	h := make([]uint64, len(of))
	for i, k := range of {
		h[i] = hash[k]
	}
	return gather(keys, of), h
}

// Merge is Arrangement's. Rows whose time has expired are passed over.
func (s *Paned) Merge(keys []*col.Vector, hash []uint64, rows *col.Batch) error {
	s.split(keys, len(hash))
	for k, id := range s.by {
		if id != timeless && id < s.left>>s.shift {
			continue
		}
		of := s.parts[k]
		part := rows
		if len(of) < len(hash) {
			some := *rows
			some.Sel = of
			part = some.Compact()
		}
		some, h := pickKeys(keys, hash, of)
		if err := s.pane(id, true).Merge(some, h, part); err != nil {
			return err
		}
	}
	return nil
}

// Probe is Arrangement's.
func (s *Paned) Probe(keys []*col.Vector, hash []uint64, cols []int, f func(left []uint32, rows *col.Batch) error) error {
	s.split(keys, len(hash))
	by, parts := slices.Clone(s.by), slices.Clone(s.parts)
	for k := range by {
		parts[k] = slices.Clone(parts[k]) // f may probe again
	}
	for k, id := range by {
		a := s.pane(id, false)
		if a == nil {
			continue
		}
		of := parts[k]
		some, h := pickKeys(keys, hash, of)
		err := a.Probe(some, h, cols, func(left []uint32, rows *col.Batch) error {
			if len(of) < len(hash) {
				whole := make([]uint32, len(left))
				for i, l := range left {
					whole[i] = of[l]
				}
				left = whole
			}
			return f(left, rows)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// DeleteKeys is Arrangement's.
func (s *Paned) DeleteKeys(keys []*col.Vector, hash []uint64) {
	s.split(keys, len(hash))
	for k, id := range s.by {
		if a := s.pane(id, false); a != nil {
			a.DeleteKeys(pickKeys(keys, hash, s.parts[k]))
		}
	}
}

// Weight is Arrangement's.
func (s *Paned) Weight(w []int64, keys []*col.Vector, hash []uint64) {
	clear(w[:len(hash)])
	s.split(keys, len(hash))
	for k, id := range s.by {
		a := s.pane(id, false)
		if a == nil {
			continue
		}
		of := s.parts[k]
		some, h := pickKeys(keys, hash, of)
		if cap(s.w) < len(of) {
			s.w = make([]int64, len(of))
		}
		a.Weight(s.w[:len(of)], some, h)
		for i, r := range of {
			w[r] = s.w[i]
		}
	}
}

// Expire says that rows whose time is before an instant neither come nor go nor are asked
// for any more. Their long strings are readable until the step ends.
func (s *Paned) Expire(before int64) {
	if before <= s.left {
		return
	}
	s.left = before
	n := 0
	for n < len(s.ids) && s.ids[n] < before>>s.shift && s.ids[n] != timeless {
		s.panes[n].Clear()
		n++
	}
	s.ids, s.panes = slices.Delete(s.ids, 0, n), slices.Delete(s.panes, 0, n)
}

// Len is the number of rows.
func (s *Paned) Len() (n int64) {
	for _, a := range s.panes {
		n += a.Len()
	}
	return n
}

// Bytes is the memory of all panes.
func (s *Paned) Bytes() (n int64) {
	for _, a := range s.panes {
		n += a.Bytes()
	}
	return n
}

// Maintain is RowTable's, for every pane.
func (s *Paned) Maintain() (did bool) {
	for _, a := range s.panes {
		did = a.Maintain() || did
	}
	return did
}

// Clear removes all rows and gives the memory back.
func (s *Paned) Clear() {
	for _, a := range s.panes {
		a.Clear()
	}
	s.ids, s.panes = nil, nil
}

// Keep is Heap's, for every pane.
func (s *Paned) Keep() {
	for _, a := range s.panes {
		a.Keep()
	}
}

// Header is what Restore needs beside the pages.
func (s *Paned) Header() []byte {
	w := &writer{}
	w.u8(headPaned)
	w.u8(headFormat)
	w.u64(uint64(s.left))
	w.u32(uint32(len(s.panes)))
	for i, a := range s.panes {
		w.u64(uint64(s.ids[i]))
		a.write(w)
	}
	return w.b
}

// Restore is RowTable's.
func (s *Paned) Restore(header []byte) error {
	r := &reader{b: header}
	r.kind(headPaned)
	s.left = int64(r.u64())
	for range r.count(8) {
		id := int64(r.u64())
		if len(s.ids) > 0 && id <= s.ids[len(s.ids)-1] {
			return damaged("the order of its panes")
		}
		if err := s.pane(id, true).read(r); err != nil {
			return err
		}
	}
	return r.done()
}
