package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// manyRows is the greatest number of first rows of a partition that are read at every
// change; of more the state is in order.
const manyRows = 64

// orderedTopN is a TopN of many rows, or of all: each partition lies in order, so that a
// change costs what it moves, not what there is. The rows that are emitted are known by
// their places; nothing else is remembered of them. What a step's change δ does to a
// partition:
//
//	the rows at their places with δ − the rows at their places without it
//
// which differ where δ is, and at the ends of what is emitted by as much as δ weighs; with
// the rank emitted, from the first row of δ on until places agree again (topWalk).
//
// Of an input that never retracts, or whose rows only rise, what falls behind the last
// emitted row goes: no other can come back. Partitions that a watermark has passed go, too.
type orderedTopN struct {
	spec    TopNSpec
	rows    *orderedRows
	bounded bool // only emitted rows are kept
	delta   *col.Batch
	cons    consolidator
	seed    col.Seed
	order   rowOrder
	parts   partitioner
	hash    []uint64
	types   []col.Type

	got   *col.Batch // what is emitted
	ranks []int64

	closing int // the column by which partitions close; -1: none
}

// orderedTop adds an orderedTopN.
func (b *Builder) orderedTop(in Ref, s TopNSpec) Ref {
	types, closing := b.Types(in), b.closingColumn(in, s.Partition)
	s.Partition = closingFirst(s.Partition, closing)
	n := &orderedTopN{closing: closing, spec: s, seed: b.g.Seed, cons: consolidator{seed: b.g.Seed, stop: b.g.work}, order: rowOrder{by: s.Order, stop: b.g.work}, types: types}
	n.rows = b.newOrderedRows(orderedSpec{Types: types, Group: s.Partition, Order: s.Order})
	n.bounded = s.Limit >= 0 && s.Offset == 0 && (b.AppendOnly(in) || s.Rising)
	n.delta, n.got = col.NewBatch(types...), col.NewBatch(types...)
	out := types
	if s.EmitRank {
		out = append(slices.Clone(types), col.Int8)
	}
	r := b.Add(n, out, false, in)
	for _, p := range s.Partition {
		b.Carry(r, p, 0, p, nil)
	}
	b.g.nodes[r].closes = closing >= 0
	return r
}

// Apply keeps the batch until the flush.
func (n *orderedTopN) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	n.delta.AppendBatch(b)
	return nil
}

// Flush emits how the first rows of the touched partitions changed, and forgets those that are
// closed.
func (n *orderedTopN) Flush(t *Tick, emit Emit) error {
	err := n.change(emit)
	if err == nil && n.closing >= 0 && t.last {
		n.rows.forgetGroups(t.Watermark(0, n.closing))
	}
	return err
}

func (n *orderedTopN) change(emit Emit) error {
	if n.delta.N == 0 {
		return nil
	}
	defer n.delta.Reset()
	d := n.delta
	if n.bounded && n.spec.Rank != DenseRank && n.rows.tree.Len() > 0 {
		d = n.near(d)
	}
	d = n.cons.run(d)
	k := n.rows.keysOf(d)
	if err := n.rows.merge(d, k); err != nil {
		return err
	}
	n.got.Reset()
	n.ranks = n.ranks[:0]
	for from := 0; from < len(k.sorted); {
		to, prefix := from+1, k.prefix(int(k.sorted[from]))
		for to < len(k.sorted) && string(k.prefix(int(k.sorted[to]))) == string(prefix) {
			to++
		}
		x := topWalk{n: n, d: d, k: k, delta: k.sorted[from:to], prefix: prefix}
		x.run()
		if n.bounded {
			n.trim(&x)
		}
		if from = to; n.got.N >= col.StepRows {
			if err := n.emit(emit); err != nil {
				return err
			}
		}
	}
	return n.emit(emit)
}

// near leaves out of a step's change the rows that lie behind the last one emitted of
// their partition, where as many are emitted as can be.
func (n *orderedTopN) near(d *col.Batch) *col.Batch {
	keys := canonicalKeys(d, n.spec.Partition)
	n.hash = growTo(n.hash, d.N)
	n.seed.Keys(n.hash, keys)
	first, part := n.parts.number(keys, n.hash, nil)
	lasts, last := col.NewBatch(n.types...), make([]int64, len(first))
	groups := make([]*col.Vector, len(n.spec.Partition))
	for i, p := range n.spec.Partition {
		groups[i] = &d.Cols[p]
	}
	var prefix []byte
	for p, row := range first {
		prefix = n.rows.appendGroup(prefix[:0], groups, int(row))
		last[p] = -1
		if c, _ := n.rows.at(prefix, n.spec.Limit-1); c.valid() {
			last[p] = int64(d.N + lasts.N)
			n.rows.read(lasts, &c, 1)
		}
	}
	if lasts.N == 0 {
		return d
	}
	count, before := d.N, n.order.compare
	if n.spec.Rank != RowNumber {
		before = n.order.peers
	}
	d.AppendBatch(lasts)
	n.order.over(d)
	out := *d
	out.Sel = make([]uint32, 0, 64)
	for i := range count {
		if l := last[part[i]]; l < 0 || before(uint32(i), uint32(l)) <= 0 {
			out.Sel = append(out.Sel, uint32(i))
		}
	}
	return out.Compact()
}

// trim forgets the rows of a partition that lie behind the last one emitted.
func (n *orderedTopN) trim(x *topWalk) {
	from := x.beyond // of a dense rank the walk has come to it, or nothing is new behind it
	if n.spec.Rank != DenseRank {
		c, within := n.rows.at(x.prefix, n.spec.Limit)
		if c.valid() && within > 0 && n.spec.Rank == RowNumber {
			c.Next()
		}
		if !c.valid() {
			return
		}
		from = slices.Clone(c.Key())
		if n.spec.Rank == Rank {
			place := n.rows.place(from)
			if from = place; n.rows.weight(x.prefix, place) < n.spec.Limit {
				from = afterPlace(nil, place)
			}
		}
	}
	if from != nil {
		n.rows.tree.DeleteRange(from, afterPlace(nil, x.prefix))
	}
}

// add notes a row of the output by its key.
func (n *orderedTopN) add(key []byte, w, rank int64) {
	if w != 0 {
		col.ReadIdentity(n.got.Cols, n.rows.identity(key))
		n.got.Grow(n.got.N+1, w)
		n.ranks = append(n.ranks, rank)
	}
}

func (n *orderedTopN) emit(emit Emit) error {
	if n.got.N == 0 {
		return nil
	}
	out := *n.got
	if n.spec.EmitRank {
		rank := col.NewVector(col.Int8)
		for _, r := range n.ranks {
			rank.AppendI64(r)
		}
		out.Cols = append(slices.Clone(out.Cols), *rank)
	}
	out.Consolidated = true
	err := emit(&out)
	n.got.Reset()
	n.ranks = n.ranks[:0]
	return err
}
