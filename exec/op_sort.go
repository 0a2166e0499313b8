package exec

import (
	"errors"

	"github.com/millracedb/millrace/base/col"
)

// errEnough ends a dataflow that runs once when nothing more can change its answer.
var errEnough = errors.New("enough rows")

// Sort puts all rows in order, for a dataflow that runs once. Without an order it hands
// rows on as they come, and is full at the limit; on top of a dataflow it ends it then.
type Sort struct {
	in            sorter
	limit, offset int64
	cons          consolidator
	skipped, sent int64
	top           bool // nothing but projections stands between it and the client
	only          bool // rows only come
	first         firstBound
}

// Sort adds a Sort; limit below 0 means none.
func (b *Builder) Sort(in Ref, by []OrderBy, limit, offset int64) Ref {
	types := b.Types(in)
	s := &Sort{in: b.newSorter(types, by), limit: limit, offset: offset, cons: consolidator{seed: b.g.Seed, stop: b.g.work}, only: b.AppendOnly(in)}
	return b.Add(s, types, true, in)
}

// Apply keeps the batch, or hands it on where there is no order to wait for.
func (s *Sort) Apply(t *Tick, _ int, b *col.Batch, emit Emit) error {
	if len(s.in.by) > 0 || b.W != nil {
		return s.keep(b)
	}
	err := s.pass(b, emit)
	t.n.full = s.limit >= 0 && s.sent >= s.limit
	return err
}

// keep keeps the batch: of rows that only come no more than the limit lets out and, without
// one, no more than there is memory for.
func (s *Sort) keep(b *col.Batch) error {
	if !s.limited() {
		if s.only {
			return s.in.add(b)
		}
		s.in.keep(b)
		return s.in.g.outOfMemory()
	}
	if b = s.first.among(s.in.by[0], b); b.Len() == 0 {
		return nil
	}
	s.in.keep(b)
	most := s.limit + s.offset
	if s.in.rows.N >= max(fewFirst, 4*int(most)) {
		s.in.restart(copied(gatherRows(s.in.rows, s.in.inOrder(s.in.rows, most))))
		if int64(s.in.rows.N) >= most {
			s.first.know(s.in.by[0], s.in.rows)
		}
	}
	return s.in.g.outOfMemory()
}

// limited reports whether only the first rows are kept.
func (s *Sort) limited() bool {
	return s.only && s.limit >= 0 && max(s.limit, s.offset) <= col.StepRows && len(s.in.by) > 0
}

// Flush emits the rows in order.
func (s *Sort) Flush(_ *Tick, emit Emit) error {
	pass := func(b *col.Batch) error { return s.pass(b, emit) }
	if len(s.in.by) > 0 {
		s.in.used.Sort = sortsAll
	}
	switch {
	case s.in.runs != nil:
		s.in.used.Sort = sortsRuns
		return s.in.each(pass)
	case s.limited():
		s.in.used.Sort = sortsFirst
	}
	k := s.limit
	if k >= 0 {
		k += s.offset
	}
	s.in.rows = s.cons.run(s.in.rows)
	return s.in.gather(s.in.inOrder(s.in.rows, k), pass)
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
