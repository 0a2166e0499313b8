package exec

import (
	"math"

	"github.com/millracedb/millrace/base/col"
)

// Combine makes one row of rows of a batch that a WindowGroups above an exchange cannot tell
// apart: of equal columns, and times in one slice. So fewer rows change workers, and a group that
// most rows belong to is as much work for each worker as for the others. Its delta rule is the
// identity, up to what the reader cannot see: the weights of such rows are added up, and their
// time is the start of their slice. It keeps nothing from batch to batch.
type Combine struct {
	slicer
	times col.Vector // of the rows that are handed on
}

// Combine adds a Combine for a grouping of in, or returns in: where the grouping reads times as
// they are, or not all columns. In a dataflow of one worker it is in itself.
func (b *Builder) Combine(in Ref, s WindowGroupsSpec) Ref {
	if b.parts <= 1 {
		return in
	}
	n := &Combine{slicer: b.newSlicer(s, 1)}
	types := b.Types(in)
	if n.readsTime || len(n.combine.keep)+1 < len(types) {
		return in
	}
	r := b.Add(n, types, b.AppendOnly(in), in)
	b.carrySame(r)
	return r
}

// Apply hands the batch on, with fewer rows where that pays.
func (n *Combine) Apply(_ *Tick, _ int, b *col.Batch, emit Emit) error {
	b = b.Compact()
	n.locate(&b.Cols[n.time], b.N)
	few, combined := n.combined(b)
	if !combined {
		return emit(b)
	}
	n.times.Reset(b.Cols[n.time].Type)
	n.times.Resize(few.N)
	for i, s := range n.slice {
		if n.times.I64[i] = math.MaxInt64; s != timeless {
			n.times.I64[i] = n.cut.start(s)
		}
	}
	few.Cols[n.time] = n.times
	few.AppendOnly = b.AppendOnly
	return emit(few)
}

// Flush has nothing to say.
func (n *Combine) Flush(*Tick, Emit) error { return nil }
