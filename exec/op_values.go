package exec

import "github.com/millracedb/millrace/base/col"

// Values is a relation of constant rows: they appear at the dataflow's birth.
type Values struct {
	rows func(emit Emit) error
}

// Values adds constant rows of weight 1.
func (b *Builder) Values(types []col.Type, rows *col.Batch) Ref {
	return b.Generate(types, func(emit Emit) error { return emit(rows) })
}

// Generate adds rows that a function of nothing makes, a batch at a time.
func (b *Builder) Generate(types []col.Type, rows func(emit Emit) error) Ref {
	return b.Add(&Values{rows: rows}, types, true)
}

// Apply is never called: Values has no input.
func (*Values) Apply(*Tick, int, *col.Batch, Emit) error { return nil }

// Flush emits the rows at birth.
func (v *Values) Flush(t *Tick, emit Emit) error {
	if !t.Birth() {
		return nil
	}
	return v.rows(emit)
}
