package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
)

// Contenders hands on those rows of a batch that may be the greatest, or the least, of their
// group: below an exchange to an Aggregate of which that is all there is to know, over rows that
// only come. With m(R) the greatest of each group of R and + the union,
//
//	m(R + δ) = m(R + m(δ))
//
// so that nothing is kept from batch to batch. Where most rows may be, it is looked at only now
// and then.
type Contenders struct {
	linear
	group   []int
	order   rowOrder
	seed    col.Seed
	parts   partitioner
	hash    []uint64
	batches int
	few     bool // the last time that it was looked
}

// Contenders adds a Contenders for an Aggregate of in, or returns in: where the Aggregate is not
// one minimum or maximum, of values that are equal only if they are the same. In a dataflow of
// one worker it is in itself.
func (b *Builder) Contenders(in Ref, s AggregateSpec) Ref {
	types := b.Types(in)
	if b.parts <= 1 || len(s.Aggs) != 1 || len(s.Group) == 0 || !b.AppendOnly(in) {
		return in
	}
	c := s.Aggs[0]
	if c.Agg.Extremum == 0 || c.Filter >= 0 || !c.Mergeable(types, true) {
		return in
	}
	n := &Contenders{group: s.Group, seed: b.g.Seed, order: rowOrder{stop: b.g.work, arriving: true}}
	n.order.by = []OrderBy{{Col: c.Args[0], Order: col.Order{Desc: c.Agg.Extremum == agg.Max}}}
	r := b.Add(n, types, true, in)
	b.carrySame(r)
	return r
}

// Apply hands on the contenders.
func (n *Contenders) Apply(_ *Tick, _ int, b *col.Batch, emit Emit) error {
	if n.batches++; n.batches%tryCombining != 1 && !n.few {
		return emit(b)
	}
	b = b.Compact()
	keys := canonicalKeys(b, n.group)
	n.hash = growTo(n.hash, b.N)
	n.seed.Keys(n.hash, keys)
	n.order.over(b)
	out := *b
	out.Sel, out.Hash = n.parts.least(&n.order, keys, n.hash, b), nil
	n.few = 2*len(out.Sel) <= b.N
	return emit(&out)
}
