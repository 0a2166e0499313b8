package exec

import (
	"bytes"
	"container/heap"

	"github.com/millracedb/millrace/base/col"
)

// writeRun writes the rows so far to a file, in order.
func (s *Sort) writeRun() error {
	f, err := s.g.spill.create(s.rows.Types())
	if err != nil {
		return err
	}
	s.runs = append(s.runs, f)
	rows := s.inOrder(s.rows, -1)
	for from := 0; from < len(rows); from += col.BatchRows {
		s.stop.did(col.BatchRows)
		if err := f.add(gatherRows(s.rows, rows[from:min(from+col.BatchRows, len(rows))])); err != nil {
			return err
		}
	}
	s.restart(col.NewBatch(s.rows.Types()...))
	return f.finish()
}

// sortRun is a file of rows in order while it is merged: the batch at hand, the row in it, and
// that row's key, whose bytes are in the order of the rows.
type sortRun struct {
	file *tempFile
	next int64
	b    *col.Batch
	row  int
	key  []byte
}

// sortRuns is a heap of runs, by their first rows.
type sortRuns []*sortRun

func (h sortRuns) Len() int           { return len(h) }
func (h sortRuns) Less(i, j int) bool { return bytes.Compare(h[i].key, h[j].key) < 0 }
func (h sortRuns) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *sortRuns) Push(x any)        { *h = append(*h, x.(*sortRun)) }
func (h *sortRuns) Pop() any          { old := *h; x := old[len(old)-1]; *h = old[:len(old)-1]; return x }

// mergeRuns emits the rows of all runs in order.
func (s *Sort) mergeRuns(emit Emit) error {
	if err := s.writeRun(); err != nil {
		return err
	}
	var h sortRuns
	for _, f := range s.runs {
		r := &sortRun{file: f, row: -1}
		if more, err := r.advance(s.by); err != nil {
			return err
		} else if more {
			h = append(h, r)
		}
	}
	heap.Init(&h)
	out := col.NewBatch(s.rows.Types()...)
	for len(h) > 0 {
		s.stop.did(1)
		out.AppendRow(h[0].b, h[0].row, 1)
		if out.N == col.BatchRows {
			if err := s.pass(out, emit); err != nil {
				return err
			}
			out.Reset()
		}
		if more, err := h[0].advance(s.by); err != nil {
			return err
		} else if more {
			heap.Fix(&h, 0)
		} else {
			heap.Pop(&h).(*sortRun).file.drop()
		}
	}
	if out.N == 0 {
		return nil
	}
	return s.pass(out, emit)
}

// advance goes to the next row; false: there is none.
func (r *sortRun) advance(by []OrderBy) (more bool, err error) {
	if r.row++; r.b == nil || r.row == r.b.N {
		if r.b, r.next, err = r.file.next(r.next); r.b == nil || err != nil {
			return false, err
		}
		r.row = 0
	}
	r.key = r.key[:0]
	for _, o := range by {
		r.key = col.AppendOrderKey(r.key, &r.b.Cols[o.Col], r.row, o.Order)
	}
	r.key = col.AppendIdentity(r.key, r.b.Cols, r.row)
	return true, nil
}
