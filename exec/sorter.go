package exec

import (
	"cmp"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// sorter puts the rows of a dataflow that runs once in order, within work_mem: what has no room
// is written to temporary files, in runs of rows that are in order, and these are merged.
type sorter struct {
	by []OrderBy
	// arriving leaves rows that tie as they came; else they lie by their identity bytes.
	arriving bool
	// grouped says that the first column is a whole number which many rows share.
	grouped bool

	g     *Graph
	used  *Usage
	types []col.Type
	rows  *col.Batch
	bytes int64 // of rows, as booked
	runs  []sortedRun
	total int64 // rows that came
}

// sortedRun is rows in order in a file: of level 0 as they were written, of others merged of
// those of the level below.
type sortedRun struct {
	*tempFile
	level int
}

func (b *Builder) newSorter(types []col.Type, by []OrderBy) sorter {
	return sorter{by: by, g: b.g, used: b.usage(), types: types, rows: col.NewBatch(types...)}
}

// keep keeps the rows of a batch, and books them.
func (s *sorter) keep(b *col.Batch) {
	n := bytesOf(b)
	if n <= heavyBatch {
		s.rows.AppendBatch(b)
	} else {
		for part := range lightParts(b, n) {
			s.g.work.did(stopEvery)
			s.rows.AppendBatch(part)
		}
	}
	s.bytes += n
	s.total += int64(b.Len())
	s.g.book(n)
	s.used.kept(s.bytes)
}

// full reports whether what is kept has no room within work_mem.
func (s *sorter) full() bool { return s.g.spill != nil && s.bytes > s.g.spill.most }

// add keeps rows that only come, or writes what is kept when it has no room.
func (s *sorter) add(b *col.Batch) error {
	s.keep(b)
	if s.full() {
		return s.writeRun()
	}
	return s.g.outOfMemory()
}

// restart goes on with some rows in place of those that were kept.
func (s *sorter) restart(rows *col.Batch) {
	s.g.book(bytesOf(rows) - s.bytes)
	s.rows, s.bytes = rows, bytesOf(rows)
}

// inOrder lists the first k of the rows that are kept, or of b in place of them, by the order;
// k below 0 means all.
func (s *sorter) inOrder(b *col.Batch, k int64) []uint32 {
	rows := firstPlaces(b.N)
	if len(s.by) == 0 {
		return rows
	}
	by := s.by
	if s.grouped {
		number := b.Cols[by[0].Col].I64
		if by = by[1:]; !slices.IsSorted(number) {
			slices.SortFunc(rows, func(i, j uint32) int {
				s.g.work.did(1)
				return cmp.Or(cmp.Compare(number[i], number[j]), cmp.Compare(i, j))
			})
		}
	}
	if len(by) == 0 && s.arriving {
		return rows
	}
	order := rowOrder{by: by, stop: s.g.work, arriving: s.arriving}
	order.over(b)
	if !s.grouped {
		return order.first(rows, k, false)
	}
	number := b.Cols[s.by[0].Col].I64
	for from, to := 0, 0; from < len(rows); from = to {
		for to = from + 1; to < len(rows) && number[rows[to]] == number[rows[from]]; to++ {
		}
		order.first(rows[from:to], -1, false)
	}
	return rows
}

func firstPlaces(n int) []uint32 {
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(i)
	}
	return rows
}

// each hands out all rows in order, some at a time; a row of weight w comes w times. Batches are
// good for the call.
func (s *sorter) each(f func(b *col.Batch) error) error {
	if s.runs != nil {
		if err := s.writeRun(); err != nil {
			return err
		}
		return s.merge(s.runs, f)
	}
	return s.gather(s.inOrder(s.rows, -1), f)
}

// gather hands out rows that are kept.
func (s *sorter) gather(rows []uint32, f func(b *col.Batch) error) error {
	atOnce := min(col.BatchRows, rowsWithin(heavyBatch, int64(s.rows.N), s.bytes))
	for some := range slices.Chunk(rows, atOnce) {
		s.g.work.did(col.BatchRows)
		if err := f(gatherRows(s.rows, some)); err != nil {
			return err
		}
	}
	return nil
}
