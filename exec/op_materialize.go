package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/table"
)

// Materialize keeps a view's rows in its relation's store and hands the step's change on
// to what stands above the view.
type Materialize struct {
	store *table.Store
	delta *col.Batch
	cons  consolidator
}

// Materialize adds a Materialize, the last node of a view's dataflow.
func (b *Builder) Materialize(in Ref, store *table.Store) Ref {
	types := b.Types(in)
	m := &Materialize{store: store, delta: col.NewBatch(types...), cons: consolidator{seed: b.g.Seed}}
	r := b.Add(m, types, b.AppendOnly(in), in)
	b.carrySame(r)
	return r
}

// Apply keeps the batch until the flush.
func (m *Materialize) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	m.delta.AppendBatch(b)
	return nil
}

// Flush stores the step's net change and hands it on.
func (m *Materialize) Flush(t *Tick, emit Emit) error {
	if m.delta.N == 0 {
		return nil
	}
	d := m.cons.run(m.delta)
	if d.N > 0 {
		d.Stable = true
		if err := m.store.Apply(t.number, d); err != nil {
			return err
		}
		if err := emit(d); err != nil {
			return err
		}
	}
	m.delta.Reset()
	return nil
}
