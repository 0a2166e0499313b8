package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/state"
)

// Scalar makes exactly one row of its input: NULLs when that is empty, an error when it
// has more than one row.
type Scalar struct {
	seed  col.Seed
	rows  *state.Arrangement
	delta *col.Batch
	cons  consolidator
	types []col.Type
}

// Scalar adds a Scalar.
func (b *Builder) Scalar(in Ref) Ref {
	types := b.Types(in)
	s := &Scalar{seed: b.g.Seed, types: types, delta: col.NewBatch(types...), cons: consolidator{seed: b.g.Seed, stop: b.g.work}}
	s.rows = b.newArrangement(state.ArrLayout{Payload: types})
	return b.Add(s, types, b.once, in)
}

// Apply keeps the batch until the flush.
func (s *Scalar) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	s.delta.AppendBatch(b)
	return nil
}

// Flush emits how the one row changed.
func (s *Scalar) Flush(t *Tick, emit Emit) error {
	out := col.NewBatch(s.types...)
	if !t.Birth() {
		if err := s.add(t, out, -1); err != nil {
			return err
		}
	}
	d := s.cons.run(s.delta)
	s.delta = col.NewBatch(s.types...)
	hash := make([]uint64, d.N)
	s.seed.Keys(hash, nil)
	if d.N > 0 {
		if err := s.rows.Merge(nil, hash, stored(d)); err != nil {
			return err
		}
	}
	if err := s.add(t, out, 1); err != nil {
		return err
	}
	if out = s.cons.run(out); out.N == 0 {
		return nil
	}
	return emit(out)
}

// add appends the row as the state stands, or reports that there are too many.
func (s *Scalar) add(t *Tick, out *col.Batch, w int64) error {
	hash := make([]uint64, 1)
	s.seed.Keys(hash, nil)
	count := int64(0)
	one := col.NewBatch(s.types...)
	err := s.rows.Probe(nil, hash, firstN(len(s.types)), func(_ []uint32, rows *col.Batch) error {
		for i := range rows.N {
			count += rows.Weight(i)
		}
		if one.N == 0 && rows.N > 0 {
			one.AppendRow(rows, 0, 1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch {
	case count == 0:
		for c := range out.Cols {
			out.Cols[c].AppendNull()
		}
		out.Grow(out.N+1, w)
	case count == 1:
		out.AppendRow(one, 0, w)
	default:
		one.W = []int64{w}
		return t.RowError(one, 0, pgerr.New(pgerr.CardinalityViolation, "more than one row returned by a subquery used as an expression"))
	}
	return nil
}
