package exec

import (
	"errors"

	"github.com/millracedb/millrace/base/col"
)

// errEnough ends a dataflow that runs once when nothing more can change its answer.
var errEnough = errors.New("enough rows")

// Sort puts all rows in order, for a dataflow that runs once. Without an order it hands
// rows on as they come; on top of a dataflow it ends it at the limit.
type Sort struct {
	by            []OrderBy
	limit, offset int64
	rows          *col.Batch
	cons          consolidator
	stop          *stopper
	skipped, sent int64
	top           bool // nothing but projections stands between it and the client

	g     *Graph
	only  bool // rows only come
	bytes int64
	runs  []*tempFile // rows in order, written aside
	first firstBound
}

// Sort adds a Sort; limit below 0 means none.
func (b *Builder) Sort(in Ref, by []OrderBy, limit, offset int64) Ref {
	types := b.Types(in)
	s := &Sort{by: by, limit: limit, offset: offset, rows: col.NewBatch(types...), cons: consolidator{seed: b.g.Seed, stop: b.g.work}, stop: b.g.work, g: b.g, only: b.AppendOnly(in)}
	return b.Add(s, types, true, in)
}

// Apply keeps the batch, or hands it on where there is no order to wait for.
func (s *Sort) Apply(_ *Tick, _ int, b *col.Batch, emit Emit) error {
	if len(s.by) > 0 || b.W != nil {
		return s.keep(b)
	}
	return s.pass(b, emit)
}

// keep keeps the batch: of rows that only come no more than the limit lets out and, without
// one, no more than there is memory for.
func (s *Sort) keep(b *col.Batch) error {
	most := s.limit + s.offset
	limited := s.only && s.limit >= 0 && max(s.limit, s.offset) <= col.StepRows && len(s.by) > 0
	if limited {
		if b = s.first.among(s.by[0], b); b.Len() == 0 {
			return nil
		}
	}
	s.rows.AppendBatch(b)
	n := bytesOf(b)
	s.bytes += n
	s.g.book(n)
	if limited {
		if s.rows.N >= max(fewFirst, 4*int(most)) {
			s.restart(gatherRows(s.rows, s.inOrder(s.rows, most)))
			if int64(s.rows.N) >= most {
				s.first.know(s.by[0], s.rows)
			}
		}
	} else if s.only && s.g.spill != nil && s.bytes > s.g.spill.most {
		return s.writeRun()
	}
	return s.g.outOfMemory()
}

// restart goes on with some rows in place of those that were kept.
func (s *Sort) restart(rows *col.Batch) {
	s.g.book(bytesOf(rows) - s.bytes)
	s.rows, s.bytes = rows, bytesOf(rows)
}

// inOrder lists the first k rows of a batch by the order; k below 0 means all.
func (s *Sort) inOrder(b *col.Batch, k int64) []uint32 {
	order := rowOrder{by: s.by, stop: s.stop}
	order.over(b)
	rows := make([]uint32, b.N)
	for i := range rows {
		rows[i] = uint32(i)
	}
	if len(s.by) == 0 {
		return rows
	}
	return order.first(rows, k, false)
}

// Flush emits the rows in order.
func (s *Sort) Flush(_ *Tick, emit Emit) error {
	if s.runs != nil {
		return s.mergeRuns(emit)
	}
	all, k := s.cons.run(s.rows), s.limit
	if k >= 0 {
		k += s.offset
	}
	rows := s.inOrder(all, k)
	for from := 0; from < len(rows); from += col.BatchRows {
		part := rows[from:min(from+col.BatchRows, len(rows))]
		out := gatherRows(all, part)
		if err := s.pass(out, emit); err != nil {
			return err
		}
	}
	return nil
}

// gatherRows copies rows in the order given; a row of weight w comes w times.
func gatherRows(b *col.Batch, rows []uint32) *col.Batch {
	var idx []uint32
	for _, r := range rows {
		for range b.Weight(int(r)) {
			idx = append(idx, r)
		}
	}
	out := &col.Batch{N: len(idx), Cols: make([]col.Vector, len(b.Cols))}
	for c := range b.Cols {
		v := &b.Cols[c]
		out.Cols[c].ResetKind(v.Type, v.Kind, v.Scale)
		out.Cols[c].Gather(v, idx)
	}
	return out
}

// pass emits the rows behind the offset and within the limit.
func (s *Sort) pass(b *col.Batch, emit Emit) error {
	b = b.Compact()
	from := min(int64(b.N), s.offset-s.skipped)
	s.skipped += from
	to := int64(b.N)
	if left := s.limit - s.sent; s.limit >= 0 && left < to-from { // from+left may be too great a number
		to = from + left
	}
	if from > 0 || to < int64(b.N) {
		cut := *b
		for i := from; i < to; i++ {
			cut.Sel = append(cut.Sel, uint32(i))
		}
		b = cut.Compact()
		if from >= to {
			b = &col.Batch{Cols: b.Cols}
		}
	}
	s.sent += int64(b.N)
	if b.N > 0 {
		if err := emit(b); err != nil {
			return err
		}
	}
	if s.top && s.limit >= 0 && s.sent >= s.limit {
		return errEnough
	}
	return nil
}
