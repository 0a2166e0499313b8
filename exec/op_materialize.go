package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/table"
)

// Materialize keeps a view's rows in its relation's store and hands the step's change on
// to what stands above the view: each batch at once where no other can undo what it says, or
// else all of the step together, net. A sink has no rows of its own, but while it is filled.
type Materialize struct {
	store *table.Store // nil: the rows are not kept
	net   bool         // what comes is net batch by batch
	delta *col.Batch
	cons  consolidator

	step uint64     // in which it had a change that waits to be stored with the others'
	kept *col.Batch // which is this; nil: none
}

// Materialize adds a Materialize, the last node of a view's dataflow.
func (b *Builder) Materialize(in Ref, store *table.Store) Ref {
	return b.materialize(in, store, false)
}

// materialize is Materialize; of a view whose rows may change one day in whole, others rely on
// nothing.
func (b *Builder) materialize(in Ref, store *table.Store, changing bool) Ref {
	types := b.Types(in)
	m := &Materialize{store: store, net: b.AppendOnly(in) || b.g.nodes[in].apart, delta: col.NewBatch(types...), cons: consolidator{seed: b.g.Seed, stop: b.g.work}}
	r := b.Add(m, types, b.AppendOnly(in) && !changing, in)
	if !changing {
		b.carrySame(r)
	}
	return r
}

// Apply stores a net batch and hands it on, and keeps another until the flush. So it does of
// several workers, whose parts are stored together.
func (m *Materialize) Apply(t *Tick, _ int, b *col.Batch, emit Emit) error {
	if m.net && t.g.team == nil {
		return m.take(t, b, emit)
	}
	if m.kept != nil && m.step != t.step {
		m.kept = nil
		m.delta.Reset()
	}
	m.delta.AppendBatch(b)
	return nil
}

// Flush stores the step's net change and hands it on. Of several workers each hands its own
// part on, and the parts are stored together when all have theirs.
func (m *Materialize) Flush(t *Tick, emit Emit) error {
	if m.delta.N == 0 || m.kept != nil {
		return nil
	}
	d := m.cons.run(m.delta)
	if d.N > 0 {
		d.Stable = true
		if t.g.team != nil && m.store != nil {
			m.kept, m.step = d, t.step
			t.g.kept = append(t.g.kept, t.n.id)
			return emit(d)
		}
		if err := m.take(t, d, emit); err != nil {
			return err
		}
	}
	m.delta.Reset()
	return nil
}

// take stores a net change and hands it on.
func (m *Materialize) take(t *Tick, d *col.Batch, emit Emit) error {
	if m.store != nil {
		if err := m.store.Apply(t.number, d); err != nil {
			return err
		}
	}
	return emit(d)
}

// keep stores the parts of a step's change that several workers have.
func (m *Materialize) keep(tick uint64, parts []*col.Batch, appendOnly bool) error {
	if len(parts) == 1 {
		return m.store.Apply(tick, parts[0])
	}
	all := col.NewBatch(parts[0].Types()...)
	for _, d := range parts {
		all.AppendBatch(d)
	}
	if !appendOnly {
		all = m.cons.run(all)
	}
	return m.store.Apply(tick, all)
}
