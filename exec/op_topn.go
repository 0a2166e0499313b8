package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// TopN keeps the first rows of each partition in an order: LIMIT and OFFSET, and
// row_number, rank or dense_rank compared with a constant. It remembers the rows by
// partition, and beside them those it has emitted, which with the step's change often
// decide by themselves (topn_nearest.go); else a flush reads a touched partition once. It
// emits the difference. Of an input that never retracts, or whose rows only rise
// (topn_rising.go), only the rows that are emitted are remembered, since no other can come
// back.
//
// Where a column of the partition carries a watermark, partitions that it has passed are
// final: they are forgotten, and stay as they were emitted.
type TopN struct {
	spec  TopNSpec
	seed  col.Seed
	rows  partitionRows // all rows; nil where the emitted ones do
	big   bigParts      // or in order, of partitions with many
	top   partitionRows // the emitted rows; their ranks follow from their order
	delta *col.Batch
	cons  consolidator
	order rowOrder
	rises bool // the input retracts a row only for one before it
	types []col.Type
	out   []col.Type

	all   *col.Batch // of a flush: emitted rows, the step's change, and rows that were read
	old   oldTop     // the emitted ones among them
	by    byPartition
	hash  []uint64
	parts partitioner
	best  []topRow // the first rows of one partition
	diff  topDiff
	// behind are the partitions whose first rows lie before all of a step's change.
	behind []bool

	once *topOnce // it runs once, over rows that only come; nil: it does not

	closing int // the column by which partitions close; -1: none
	expire  []func(before int64)
}

// TopN adds a TopN, or an orderedTopN where it has many rows to emit.
func (b *Builder) TopN(in Ref, s TopNSpec) Ref {
	if !b.once && (s.Limit < 0 || s.Limit+s.Offset > b.g.manyRows) {
		return b.orderedTop(in, s)
	}
	if !b.once || !b.AppendOnly(in) || len(s.Partition) == 0 {
		r, _ := b.topN(in, s)
		return r
	}
	return b.spill([]Ref{in}, SpillSpec{[][]int{s.Partition}, func(b *Builder, in []Ref) (Ref, *takesRows) {
		r, n := b.topN(in[0], s)
		return r, &takesRows{has: n.has, bytes: n.once.bytes}
	}})
}

func (b *Builder) topN(in Ref, s TopNSpec) (Ref, *TopN) {
	types := b.Types(in)
	closing := b.closingColumn(in, s.Partition)
	n := &TopN{closing: closing, spec: s, seed: b.g.Seed, types: types, out: types, cons: consolidator{seed: b.g.Seed, stop: b.g.work}, order: rowOrder{by: s.Order, stop: b.g.work}}
	if s.EmitRank {
		n.out = append(append([]col.Type(nil), types...), col.Int8)
	}
	var keys []col.Type
	for _, p := range s.Partition {
		keys = append(keys, types[p])
	}
	if b.once && b.AppendOnly(in) {
		n.once = b.newTopOnce(n, keys)
	} else if n.rises = !b.AppendOnly(in) && s.Rising; !n.rises && (!b.AppendOnly(in) || s.Offset > 0) {
		n.rows = n.kept(b.newPartitionRows(in, state.ArrLayout{Keys: keys, Payload: types, Unique: s.Unique}, s.Partition, closing))
	}
	n.top = n.kept(b.newPartitionRows(in, state.ArrLayout{Keys: keys, Payload: types}, s.Partition, closing))
	if n.rows != nil {
		n.big = b.newBigParts(types, s, closing)
	}
	if closing >= 0 && n.big.rows != nil {
		n.expire = append(n.expire, n.big.rows.forgetGroups)
	}
	n.delta, n.all = col.NewBatch(types...), col.NewBatch(types...)
	r := b.Add(n, n.out, b.once, in)
	for _, p := range s.Partition {
		b.Carry(r, p, 0, p, nil)
	}
	b.g.nodes[r].closes, b.g.nodes[r].apart = closing >= 0, true
	return r, n
}

// kept notes how rows are forgotten, if they are.
func (n *TopN) kept(rows partitionRows, expire func(before int64)) partitionRows {
	if expire != nil {
		n.expire = append(n.expire, expire)
	}
	return rows
}

// Apply keeps the batch until the flush, or what can matter of it.
func (n *TopN) Apply(t *Tick, _ int, b *col.Batch, _ Emit) error {
	if n.rows == nil && !n.rises {
		b = n.few(b)
	}
	n.delta.AppendBatch(b)
	if n.once != nil {
		return n.once.keep(b)
	}
	return t.keep(b)
}

// Flush emits how the first rows of the touched partitions changed, and forgets those that are
// closed.
func (n *TopN) Flush(t *Tick, emit Emit) error {
	if err := n.change(emit); err != nil || n.closing < 0 || !t.last {
		return err
	}
	for _, expire := range n.expire {
		expire(t.Watermark(0, n.closing))
	}
	return nil
}

func (n *TopN) change(emit Emit) error {
	if n.delta.N == 0 {
		return nil
	}
	defer func() { n.delta.Reset() }()
	if n.once != nil {
		defer n.once.release()
	}
	d := n.delta
	if !n.rises { // else equal rows meet after most have been passed over
		d = n.cons.run(d)
	}
	if d.N == 0 {
		return nil
	}
	d.Stable = true
	keys := canonicalKeys(d, n.spec.Partition)
	hash := growTo(n.hash, d.N)
	n.hash = hash
	n.seed.Keys(hash, keys)
	first, part := n.parts.number(keys, hash, nil)
	if n.rows != nil {
		if err := n.remember(d, keys, hash, first, part); err != nil {
			return err
		}
	}
	dense, dh := gatherKeys(keys, first), make([]uint64, len(first))
	for i, f := range first {
		dh[i] = hash[f]
	}
	if err := n.decide(d, first, part, dense, dh); err != nil {
		return err
	}
	return n.emit(dense, dh, emit)
}

// most is how many rows of a partition matter; below 0: all.
func (n *TopN) most() int64 {
	if n.spec.Limit < 0 {
		return -1
	}
	return n.spec.Limit + n.spec.Offset
}

// few keeps of rows that only come those that are among the first of their partition even
// without the rows that are remembered.
func (n *TopN) few(d *col.Batch) *col.Batch {
	k := n.most()
	if n.spec.Rank == DenseRank || k < 0 || int64(d.Len()) <= k {
		return d
	}
	if d.Len() < d.N/2 {
		d = d.Compact()
	}
	keys := canonicalKeys(d, n.spec.Partition)
	n.hash = growTo(n.hash, d.N)
	n.seed.Keys(n.hash, keys)
	out := *d
	if k == 1 && n.spec.Rank == RowNumber {
		n.order.over(d)
		out.Sel = n.parts.least(&n.order, keys, n.hash, d)
		return &out
	}
	first, part := n.parts.number(keys, n.hash, d.Sel)
	if int64(d.Len()) <= k*int64(len(first)) {
		return d
	}
	n.order.over(d)
	out.Sel = n.fewOf(d, part, len(first))
	return &out
}

// fewOf is few where a partition may keep several rows.
func (n *TopN) fewOf(d *col.Batch, part []uint32, partitions int) []uint32 {
	keep := make([]uint32, 0, partitions)
	n.by.begin(partitions)
	for i, p := range part {
		n.by.add(p, uint32(d.Row(i)))
	}
	for _, rows := range n.by.each() {
		rows = n.order.first(rows, n.most(), n.spec.Rank != RowNumber)
		if n.spec.Rank == RowNumber {
			rows = rows[:min(int64(len(rows)), n.most())]
		}
		keep = append(keep, rows...)
	}
	return keep
}

// decide finds the first rows of the touched partitions, with the step's change d merged,
// and notes how they differ from the emitted ones.
func (n *TopN) decide(d *col.Batch, first, part []uint32, dense []*col.Vector, dh []uint64) error {
	n.all.Reset()
	n.diff.reset()
	if n.rises { // most of the change is passed over: it is not copied for that
		n.all, n.delta = n.delta, n.all
	}
	if err := n.readOld(dense, dh); err != nil {
		return err
	}
	from := uint32(n.all.N)
	if !n.rises {
		n.all.AppendBatch(d)
	}
	n.order.over(n.all)
	n.old.sort(n)
	if n.spec.EmitRank {
		n.old.rank(n)
	}
	switch {
	case n.rises:
		n.advance(part, len(dh))
		return nil
	case n.rows == nil:
		n.by.begin(len(dh))
		n.old.enter(&n.by)
		for i, p := range part {
			n.by.add(p, from+uint32(i))
		}
		for p, rows := range n.by.each() {
			n.differ(p, n.rank(rows))
		}
		return nil
	}
	if rest := n.nearest(from, part, len(dh)); len(rest) > 0 {
		return n.readWhole(d, first, rest, dense, dh)
	}
	return nil
}

// readWhole decides partitions by all of their rows, or by the first where they lie in
// order. first has a row of d of each partition.
func (n *TopN) readWhole(d *col.Batch, first, rest []uint32, dense []*col.Vector, dh []uint64) error {
	left, lh := gatherKeys(dense, rest), make([]uint64, len(rest))
	for i, p := range rest {
		lh[i] = dh[p]
	}
	n.by.begin(len(rest))
	err := n.rows.Probe(left, lh, firstN(len(n.types)), func(left []uint32, rows *col.Batch) error {
		rows.Stable = true // its strings lie in the state
		at := uint32(n.all.N)
		n.all.AppendBatch(rows)
		for i, p := range left {
			n.by.add(p, at+uint32(i))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, p := range rest {
		if n.big.here != nil && n.big.here[p] {
			n.readFirst(n.big.prefix(d, int(first[p])), i)
		}
	}
	n.order.over(n.all)
	var many []uint32
	for p, rows := range n.by.each() {
		if n.big.rows != nil && len(rows) > n.big.most && !n.big.here[rest[p]] {
			many = append(many, uint32(p))
		}
		n.differ(int(rest[p]), n.rank(rows))
	}
	return n.moveBig(left, lh, many)
}

func firstN(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// stored brings a batch's columns into the form that states keep.
func stored(b *col.Batch) *col.Batch {
	out := &col.Batch{N: b.N, W: b.W, Cols: make([]col.Vector, len(b.Cols))}
	for i := range b.Cols {
		out.Cols[i] = *b.Cols[i].StoredKind()
	}
	return out
}
