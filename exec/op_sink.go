package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/table"
)

// Intake is the node of a table into which sinks write (R8). The table's own changes of a step
// are in its store, and on their way to its readers, before the step is flushed; then the
// sinks' changes are resolved against what stands there, sink after sink in the order of their
// creation. Delta rule: a row that goes takes the row of its key away, if that is still the one
// that the sink wrote; then a row that comes takes the place of the one of its key. Of several
// that come for one key the greatest by identity bytes stays. What differs in the end from what
// stood there is stored and handed on. It has no memory between steps: the store is its state.
type Intake struct {
	store *table.Store
	key   []int
	seed  col.Seed
	types []col.Type
	in    []*col.Batch // of the step, by sink; nil: the sink is gone
}

// outlet is the node of a sink below the one that leads into a table: it keeps rows back that
// the table cannot have. Its delta rule is that of a filter.
type outlet struct {
	linear
	notNull []int
	names   []string
	sink    string
}

func (b *Builder) outlet(in Ref, r *Relation) Ref {
	o := &outlet{notNull: r.NotNull, names: r.Names, sink: r.Name}
	n := b.Add(o, b.Types(in), b.AppendOnly(in), in)
	b.carrySame(n)
	return n
}

// Apply hands on the rows without a NULL where none may be.
func (o *outlet) Apply(t *Tick, _ int, b *col.Batch, emit Emit) error {
	sel := make([]uint32, 0, b.Len())
rows:
	for i := range b.Len() {
		row := b.Row(i)
		for _, c := range o.notNull {
			if !b.Cols[c].Null(row) {
				continue
			}
			err := pgerr.New(pgerr.NotNullViolation, "null value in column \"%s\" of sink \"%s\" violates not-null constraint", o.names[c], o.sink)
			if err := t.RowError(b, row, err); err != nil {
				return err
			}
			continue rows
		}
		sel = append(sel, uint32(row))
	}
	if len(sel) == 0 {
		return nil
	}
	out := *b
	out.Sel = sel
	return emit(&out)
}

// Apply keeps a sink's change until the flush.
func (x *Intake) Apply(_ *Tick, in int, b *col.Batch, _ Emit) error {
	x.in[in].AppendBatch(b)
	return nil
}

// Flush resolves what the sinks bring and stores what it comes to. A table has no state that
// could be out of service: a defect is that of the sinks.
func (x *Intake) Flush(t *Tick, emit Emit) error {
	d, err := x.resolve()
	if err == nil && d != nil {
		if err = x.store.Apply(t.number, d); err == nil {
			err = emit(d)
		}
	}
	for i, b := range x.in {
		if b == nil {
			continue
		}
		if b.Reset(); err != nil {
			from := t.g.nodes[t.n.inputs[i]]
			from.flow.fail(from, err)
		}
	}
	return nil
}

// resolve is the net change of the table; nil: there is none.
func (x *Intake) resolve() (*col.Batch, error) {
	all := col.NewBatch(x.types...)
	var steps []intakeRow
	for _, b := range x.in {
		if b != nil && b.N > 0 {
			first := all.N
			all.AppendBatch(b)
			steps = append(steps, inOrder(all, first)...)
		}
	}
	if all.N == 0 {
		return nil, nil
	}
	keys, hash := canonicalKeys(all, x.key), make([]uint64, all.N)
	x.seed.Keys(hash, keys)
	first, part := new(partitioner).number(keys, hash, nil)
	stood, err := x.standing(all, first)
	if err != nil {
		return nil, err
	}
	return settled(all, steps, part, stood), nil
}

// intakeRow is a row that goes or comes.
type intakeRow struct {
	row  uint32
	goes bool
}

// inOrder is the rows of one sink, from the first: those that go, then those that come, the
// greatest last.
func inOrder(all *col.Batch, first int) (out []intakeRow) {
	var come []uint32
	for i := first; i < all.N; i++ {
		switch w := all.Weight(i); {
		case w < 0:
			out = append(out, intakeRow{uint32(i), true})
		case w > 0:
			come = append(come, uint32(i))
		}
	}
	o := rowOrder{}
	o.over(all)
	slices.SortFunc(come, o.compare)
	for _, i := range come {
		out = append(out, intakeRow{i, false})
	}
	return out
}

// standing finds for each key the row that stands under it now, appends it to all, and returns
// where; noRow: there is none.
func (x *Intake) standing(all *col.Batch, first []uint32) ([]int32, error) {
	var in []*col.Vector
	for _, c := range x.key {
		v := &col.Vector{}
		v.ResetKind(all.Cols[c].Type, all.Cols[c].Kind, all.Cols[c].Scale)
		v.Gather(&all.Cols[c], first)
		in = append(in, v)
	}
	refs, _ := x.store.Newest("", in)
	at, found := make([]int32, len(first)), []table.Ref{}
	for i := range at {
		if at[i] = noRow; len(refs) > 0 && refs[i] != 0 {
			at[i] = int32(all.N + len(found))
			found = append(found, refs[i])
		}
	}
	old := col.NewBatch(x.types...)
	x.store.Fetch(found, firstN(len(x.types)), old)
	if old.N != len(found) {
		return nil, defect("%d rows of a table stand under %d keys", old.N, len(found))
	}
	all.AppendBatch(old)
	return at, nil
}

const noRow = -1

// settled lets rows go and come, key by key, and returns how what stands in the end differs
// from what stood.
func settled(all *col.Batch, steps []intakeRow, part []uint32, stood []int32) *col.Batch {
	ids := make([]*col.Vector, len(all.Cols))
	for i := range all.Cols {
		ids[i] = col.IdentityOf(&all.Cols[i])
	}
	same := func(i, j int32) bool { return i == j || i != noRow && j != noRow && sameRow(ids, int(i), int(j)) }
	stands := slices.Clone(stood)
	for _, s := range steps {
		at := &stands[part[s.row]]
		switch {
		case !s.goes:
			*at = int32(s.row)
		case same(*at, int32(s.row)):
			*at = noRow
		}
	}
	var sel []uint32
	var w []int64
	add := func(rows, other []int32, weight int64) {
		for i, r := range rows {
			if r != noRow && !same(r, other[i]) {
				sel, w = append(sel, uint32(r)), append(w, weight)
			}
		}
	}
	add(stood, stands, -1)
	add(stands, stood, 1)
	if len(sel) == 0 {
		return nil
	}
	out := *all
	out.Sel, out.W, out.Hash, out.HashOf = sel, nil, nil, nil
	d := out.Compact()
	d.W, d.Consolidated = w, true
	return d
}
