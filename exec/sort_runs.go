package exec

import (
	"bytes"
	"cmp"
	"container/heap"

	"github.com/millracedb/millrace/base/col"
)

// runBuffer is about what a run keeps in memory while it is merged.
const runBuffer = 2 * tempRows

// width is how many runs are merged at a time: so many as have room, at least a few.
func (s *sorter) width() int { return int(min(max(s.g.spill.most/runBuffer, 8), 64)) }

// writeRun writes the rows so far to a file, in order.
func (s *sorter) writeRun() error {
	f, err := s.create()
	if err != nil {
		return err
	}
	if err := s.gather(s.inOrder(s.rows, -1), f.add); err != nil {
		return err
	}
	s.restart(col.NewBatch(s.types...))
	s.runs = append(s.runs, sortedRun{tempFile: f})
	s.used.Runs++
	if err := f.finish(); err != nil {
		return err
	}
	return s.mergeLevels()
}

func (s *sorter) create() (*tempFile, error) { return s.g.spill.create(s.types, s.used) }

// mergeLevels makes one run of the last ones whenever these are as many, of one level, as may be
// merged at a time: so few files are open, and a row is written once for each level.
func (s *sorter) mergeLevels() error {
	for {
		n := len(s.runs) - s.width()
		if n < 0 || s.runs[n].level != s.runs[len(s.runs)-1].level {
			return nil
		}
		f, err := s.create()
		if err == nil {
			err = s.merge(s.runs[n:], f.add)
		}
		if err == nil {
			err = f.finish()
		}
		if err != nil {
			return err
		}
		s.runs = append(s.runs[:n], sortedRun{f, s.runs[n].level + 1})
	}
}

// runCursor reads a run while it is merged: the batch at hand, the row in it, and that row's
// key, whose bytes are in the order of the rows.
type runCursor struct {
	s    *sorter
	no   int // of the run; those before it came before
	file *tempFile
	next int64
	b    *col.Batch
	held int64 // bytes of the batch
	row  int
	key  []byte
}

// runCursors is a heap, by their rows.
type runCursors []*runCursor

func (h runCursors) Len() int { return len(h) }
func (h runCursors) Less(i, j int) bool {
	return cmp.Or(bytes.Compare(h[i].key, h[j].key), cmp.Compare(h[i].no, h[j].no)) < 0
}
func (h runCursors) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *runCursors) Push(x any)   { *h = append(*h, x.(*runCursor)) }
func (h *runCursors) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// merge hands out the rows of runs in order, and removes the runs.
func (s *sorter) merge(runs []sortedRun, f func(b *col.Batch) error) error {
	var h runCursors
	for i, r := range runs {
		c := &runCursor{s: s, no: i, file: r.tempFile, row: -1}
		if more, err := c.advance(); err != nil {
			return err
		} else if more {
			h = append(h, c)
		} else {
			r.drop()
		}
	}
	heap.Init(&h)
	out := col.NewBatch(s.types...)
	for len(h) > 0 {
		s.g.work.did(1)
		out.AppendRow(h[0].b, h[0].row, 1)
		if out.N == col.BatchRows {
			if err := f(out); err != nil {
				return err
			}
			out.Reset()
		}
		if more, err := h[0].advance(); err != nil {
			return err
		} else if more {
			heap.Fix(&h, 0)
		} else {
			heap.Pop(&h).(*runCursor).file.drop()
		}
	}
	if out.N == 0 {
		return nil
	}
	return f(out)
}

// advance goes to the next row; false: there is none.
func (r *runCursor) advance() (more bool, err error) {
	if r.row++; r.b == nil || r.row == r.b.N {
		r.b, r.next, err = r.file.next(r.next)
		before := r.held
		if r.held = 0; r.b != nil {
			r.held = bytesOf(r.b)
		}
		r.s.g.book(r.held - before)
		if r.b == nil || err != nil {
			return false, err
		}
		r.row = 0
	}
	r.key = r.key[:0]
	for _, o := range r.s.by {
		r.key = col.AppendOrderKey(r.key, &r.b.Cols[o.Col], r.row, o.Order)
	}
	if !r.s.arriving {
		r.key = col.AppendIdentity(r.key, r.b.Cols, r.row)
	}
	r.s.g.work.wrote(len(r.key))
	return true, nil
}
