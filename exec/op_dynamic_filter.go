package exec

import (
	"bytes"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// DynamicFilter keeps the rows whose column compares with a bound that moves: the one
// column of the one row, or none, of its second input. The rows lie in order of the column,
// so that a bound that moves costs the rows between the old and the new one. With A the
// rows, v the bound and σv what it lets pass:
//
//	(σv' − σv)(A) + σv'(δA)        A as it was, v and v' the bound before and after
type DynamicFilter struct {
	spec  DynamicFilterSpec
	rows  *orderedRows
	bound *state.Arrangement // its row
	seed  col.Seed
	cons  consolidator
	delta [2]*col.Batch
	keep  bool // rows are asked for again
	typ   []col.Type
	key   []byte
}

// span is what lies from one key on up to another, not included. nil: from the first, to
// the last.
type span struct{ from, to []byte }

func (s span) has(key []byte) bool {
	return bytes.Compare(key, s.from) >= 0 && (s.to == nil || bytes.Compare(key, s.to) < 0)
}

// DynamicFilter adds a DynamicFilter.
func (b *Builder) DynamicFilter(in, bound Ref, s DynamicFilterSpec) Ref {
	types := b.Types(in)
	f := &DynamicFilter{spec: s, seed: b.g.Seed, cons: consolidator{seed: b.g.Seed, stop: b.g.work}, keep: !b.once, typ: b.Types(bound)}
	f.rows = b.newOrderedRows(orderedSpec{Types: types, Order: []OrderBy{{Col: s.Col}}})
	f.bound = b.newArrangement(state.ArrLayout{Payload: f.typ})
	f.delta = [2]*col.Batch{col.NewBatch(types...), col.NewBatch(f.typ...)}
	return b.Add(f, types, b.once && b.AppendOnly(in), in, bound)
}

// Apply keeps the batch until the flush.
func (f *DynamicFilter) Apply(_ *Tick, in int, b *col.Batch, _ Emit) error {
	f.delta[in].AppendBatch(b)
	return nil
}

// Flush emits what the bound passes over and what of the step's rows it lets pass.
func (f *DynamicFilter) Flush(_ *Tick, emit Emit) error {
	was, err := f.passes()
	if err != nil {
		return err
	}
	is := was
	if f.delta[1].N > 0 {
		if is, err = f.move(); err != nil {
			return err
		}
		if err := f.between(was, is, emit); err != nil {
			return err
		}
	}
	defer f.delta[0].Reset()
	d := f.cons.run(f.delta[0])
	if d.N == 0 {
		return nil
	}
	if err := f.pass(d, is, emit); err != nil || !f.keep {
		return err
	}
	return f.rows.merge(d, f.rows.keysOf(d))
}

// move takes the step's change of the bound.
func (f *DynamicFilter) move() ([]span, error) {
	d := f.cons.run(f.delta[1])
	hash := make([]uint64, d.N)
	f.seed.Keys(hash, nil)
	if d.N > 0 {
		if err := f.bound.Merge(nil, hash, stored(d)); err != nil {
			return nil, err
		}
	}
	f.delta[1].Reset()
	return f.passes()
}

// passes lists the spans of keys that the bound lets pass, as it stands.
func (f *DynamicFilter) passes() ([]span, error) {
	v := col.NewBatch(f.typ...)
	hash := make([]uint64, 1)
	f.seed.Keys(hash, nil)
	if err := f.bound.Probe(nil, hash, []int{0}, func(_ []uint32, rows *col.Batch) error {
		v.AppendBatch(rows)
		return nil
	}); err != nil {
		return nil, err
	}
	if v.N > 1 || v.N == 1 && v.Weight(0) > 1 {
		return nil, defect("the bound of a dynamic filter has several rows")
	}
	var out []span
	if v.N == 1 && !v.Cols[0].Null(0) {
		out = f.spans(f.rows.appendPlace(nil, []*col.Vector{&v.Cols[0]}, 0))
	}
	if f.spec.Not {
		out = others(out)
	}
	return out, nil
}

// spans lists what a bound lets pass whose rows begin at a place. NULLs are last, and pass
// nowhere.
func (f *DynamicFilter) spans(place []byte) []span {
	first, after, end := []byte{0}, afterPlace(nil, place), []byte{1}
	switch f.spec.Op {
	case "<":
		return []span{{first, place}}
	case "<=":
		return []span{{first, after}}
	case ">":
		return []span{{after, end}}
	case ">=":
		return []span{{place, end}}
	case "<>":
		return []span{{first, place}, {after, end}}
	}
	return []span{{place, after}}
}

// others lists what lies outside of spans.
func others(in []span) (out []span) {
	var from []byte
	for _, s := range in {
		out, from = append(out, span{from, s.from}), s.to
	}
	return append(out, span{from, nil})
}

// between emits the rows that come or go as the bound moves.
func (f *DynamicFilter) between(was, is []span, emit Emit) error {
	var ends [][]byte
	for _, s := range slices.Concat(was, is) {
		ends = append(ends, s.from)
		if s.to != nil {
			ends = append(ends, s.to)
		}
	}
	slices.SortFunc(ends, bytes.Compare)
	ends = slices.CompactFunc(ends, bytes.Equal)
	for i, from := range ends {
		var to []byte
		if i+1 < len(ends) {
			to = ends[i+1]
		}
		before, after := within(was, from), within(is, from)
		if before == after {
			continue
		}
		err := f.rows.walk(f.rows.seek(nil, from), to, func(rows *col.Batch) error {
			if before {
				rows.W = negated(rows)
			}
			rows.Consolidated = true
			return emit(rows)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func negated(b *col.Batch) []int64 {
	w := make([]int64, b.N)
	for i := range w {
		w[i] = -b.Weight(i)
	}
	return w
}

func within(spans []span, key []byte) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return s.has(key) })
}

// pass emits those of the step's rows that the bound lets pass.
func (f *DynamicFilter) pass(d *col.Batch, spans []span, emit Emit) error {
	if len(spans) == 0 {
		return nil
	}
	v, order := &d.Cols[f.spec.Col], f.rows.spec.Order[0].Order
	out := *d
	out.Sel = make([]uint32, 0, d.N)
	for i := range d.N {
		if f.key = col.AppendOrderKey(f.key[:0], v, i, order); within(spans, f.key) {
			out.Sel = append(out.Sel, uint32(i))
		}
	}
	if len(out.Sel) == 0 {
		return nil
	}
	return emit(&out)
}
