package exec

import "github.com/millracedb/millrace/base/col"

// Union hands on the rows of all its inputs: UNION ALL.
type Union struct{ linear }

// Union adds a Union of inputs with equal types.
func (b *Builder) Union(in ...Ref) Ref {
	appendOnly := true
	for _, i := range in {
		appendOnly = appendOnly && b.AppendOnly(i)
	}
	r := b.Add(&Union{}, b.Types(in[0]), appendOnly, in...)
	b.carrySame(r)
	return r
}

// Apply emits the batch as it is, but for what holds of one input only.
func (*Union) Apply(_ *Tick, _ int, b *col.Batch, emit Emit) error {
	out := *b
	out.Consolidated, out.Hash, out.HashOf = false, nil, nil
	return emit(&out)
}
