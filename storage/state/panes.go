package state

import (
	"iter"
	"slices"

	"github.com/millracedb/millrace/storage/pool"
)

// Panes is one RowTable a window pane. A pane is made when it is first asked for and
// dropped whole when its window is over. Panes are numbered by their window's end.
type Panes struct {
	p *pool.Pool
	o *pool.Owner
	l Layout

	ids    []int64 // ascending
	tables []*RowTable
	last   int // place of the pane asked for last
	usual  int // rows of the greatest pane dropped last, for which a new one has room
}

// NewPanes makes a set of no panes.
func NewPanes(p *pool.Pool, o *pool.Owner, l Layout) *Panes {
	l.check()
	return &Panes{p: p, o: o, l: l}
}

// Pane returns a pane's table, a new one where there is none.
func (s *Panes) Pane(id int64) *RowTable {
	if s.last < len(s.ids) && s.ids[s.last] == id {
		return s.tables[s.last]
	}
	i, ok := slices.BinarySearch(s.ids, id)
	if !ok {
		s.ids = slices.Insert(s.ids, i, id)
		t := New(s.p, s.o, s.l)
		t.expect = s.usual
		s.tables = slices.Insert(s.tables, i, t)
	}
	s.last = i
	return s.tables[i]
}

// Lookup returns a pane's table, nil where there is none.
func (s *Panes) Lookup(id int64) *RowTable {
	if i, ok := slices.BinarySearch(s.ids, id); ok {
		return s.tables[i]
	}
	return nil
}

// DropThrough hands the panes of numbers up to id to f (nil: to nobody), in order, and
// drops each. At an error of f it stops, with that pane still there.
func (s *Panes) DropThrough(id int64, f func(id int64, t *RowTable) error) error {
	n, most := 0, 0
	var err error
	for ; n < len(s.ids) && s.ids[n] <= id; n++ {
		if f != nil {
			if err = f(s.ids[n], s.tables[n]); err != nil {
				break
			}
		}
		most = max(most, s.tables[n].Len())
		s.tables[n].Clear()
	}
	if n > 0 {
		s.usual = most
	}
	s.ids, s.tables = slices.Delete(s.ids, 0, n), slices.Delete(s.tables, 0, n)
	s.last = 0
	return err
}

// All walks the panes in order of their numbers.
func (s *Panes) All() iter.Seq2[int64, *RowTable] {
	return func(yield func(int64, *RowTable) bool) {
		for i, id := range s.ids {
			if !yield(id, s.tables[i]) {
				return
			}
		}
	}
}

// Count is the number of panes, Len that of their rows.
func (s *Panes) Count() int { return len(s.ids) }

// Len is the number of rows of all panes.
func (s *Panes) Len() (n int) {
	for _, t := range s.tables {
		n += t.Len()
	}
	return n
}

// Bytes is the memory of all panes.
func (s *Panes) Bytes() (n int64) {
	for _, t := range s.tables {
		n += t.Bytes()
	}
	return n
}

// Maintain is RowTable's, for every pane.
func (s *Panes) Maintain() (did bool) {
	for _, t := range s.tables {
		did = t.Maintain() || did
	}
	return did
}

// Clear drops all panes.
func (s *Panes) Clear() {
	for _, t := range s.tables {
		t.Clear()
	}
	s.ids, s.tables, s.last = nil, nil, 0
}
