package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// TopN keeps the first rows of each partition in an order: LIMIT and OFFSET, and
// row_number, rank or dense_rank compared with a constant. It remembers the rows by
// partition, and beside them those it has emitted, which with the step's change often
// decide by themselves (topn_nearest.go); else a flush reads a touched partition once. It
// emits the difference. Of an input that never retracts only the rows that are emitted
// are remembered, since no other can come back.
type TopN struct {
	spec  TopNSpec
	seed  col.Seed
	rows  *state.Arrangement // all rows; nil where the emitted ones do
	top   *state.Arrangement // the emitted rows, with their rank if that is emitted
	delta *col.Batch
	all   *col.Batch // of the flush, as is diff
	diff  *col.Batch
	cons  consolidator
	order rowOrder
	types []col.Type
	out   []col.Type
}

// TopN adds a TopN.
func (b *Builder) TopN(in Ref, s TopNSpec) Ref {
	types := b.Types(in)
	n := &TopN{spec: s, seed: b.g.Seed, types: types, out: types, cons: consolidator{seed: b.g.Seed}, order: rowOrder{by: s.Order}}
	if s.EmitRank {
		n.out = append(append([]col.Type(nil), types...), col.Int8)
	}
	var keys []col.Type
	for _, p := range s.Partition {
		keys = append(keys, types[p])
	}
	if !b.AppendOnly(in) || s.Offset > 0 {
		n.rows = b.newArrangement(state.ArrLayout{Keys: keys, Payload: types})
	}
	n.top = b.newArrangement(state.ArrLayout{Keys: keys, Payload: n.out})
	n.delta, n.all, n.diff = col.NewBatch(types...), col.NewBatch(types...), col.NewBatch(n.out...)
	return b.Add(n, n.out, b.once, in)
}

// Apply keeps the batch until the flush.
func (n *TopN) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	n.delta.AppendBatch(b)
	return nil
}

// Flush emits how the first rows of the touched partitions changed.
func (n *TopN) Flush(t *Tick, emit Emit) error {
	if n.delta.N == 0 {
		return nil
	}
	defer n.delta.Reset()
	d := n.cons.run(n.delta)
	if d.N == 0 {
		return nil
	}
	d.Stable = true
	keys := canonicalKeys(d, n.spec.Partition)
	hash := make([]uint64, d.N)
	n.seed.Keys(hash, keys)
	first, part := partitions(keys, hash)
	if n.rows == nil {
		d, part = n.best(d, part, len(first))
	}
	dense, dh := gatherKeys(keys, first), make([]uint64, len(first))
	for i, f := range first {
		dh[i] = hash[f]
	}
	by, err := n.candidates(d, keys, hash, part, dense, dh)
	if err != nil {
		return err
	}
	return n.emitDiff(by, dense, dh, emit)
}

// best keeps of rows that only come those that are among the first of their partition even
// without the rows that are remembered.
func (n *TopN) best(d *col.Batch, part []uint32, partitions int) (*col.Batch, []uint32) {
	k := n.spec.Limit
	if n.spec.Rank == DenseRank || k < 0 || int64(d.N) <= k*int64(partitions) {
		return d, part
	}
	by := make([][]uint32, partitions)
	for i, p := range part {
		by[p] = append(by[p], uint32(i))
	}
	n.order.over(d)
	keep := make([]uint32, 0, partitions)
	of := make([]uint32, 0, partitions)
	for p, rows := range by {
		rows = n.order.first(rows, k, n.spec.Rank != RowNumber)
		for i, r := range rows {
			if n.spec.Rank == RowNumber && int64(i) >= k {
				break
			}
			keep, of = append(keep, r), append(of, uint32(p))
		}
	}
	few := *d
	few.Sel = keep
	return few.Compact(), of
}

// partitions numbers the partitions of rows: the first row of each, and each row's. Rows
// of a partition often come together.
func partitions(keys []*col.Vector, hash []uint64) (first, part []uint32) {
	seen := map[uint64][]uint32{}
	part = make([]uint32, len(hash))
next:
	for i, h := range hash {
		if i > 0 && h == hash[i-1] && sameRow(keys, i, i-1) {
			part[i] = part[i-1]
			continue
		}
		for _, p := range seen[h] {
			if sameRow(keys, i, int(first[p])) {
				part[i] = p
				continue next
			}
		}
		p := uint32(len(first))
		seen[h] = append(seen[h], p)
		first, part[i] = append(first, uint32(i)), p
	}
	return first, part
}

// candidates leaves in n.all the rows that may be first in the touched partitions, with
// the step's change merged, and returns those of each partition. The order is over n.all.
func (n *TopN) candidates(d *col.Batch, keys []*col.Vector, hash []uint64, part []uint32, dense []*col.Vector, dh []uint64) ([][]uint32, error) {
	n.all.Reset()
	by := make([][]uint32, len(dh))
	if n.rows == nil {
		n.all.AppendBatch(d)
		for i, p := range part {
			by[p] = append(by[p], uint32(i))
		}
		err := n.read(n.top, dense, dh, by)
		n.order.over(n.all)
		return by, err
	}
	if err := n.rows.Merge(keys, hash, stored(d)); err != nil {
		return nil, err
	}
	rest, err := n.nearest(d, part, dense, dh, by)
	if err != nil || len(rest) == 0 {
		return by, err
	}
	left, lh := gatherKeys(dense, rest), make([]uint64, len(rest))
	for i, p := range rest {
		lh[i] = dh[p]
	}
	more := make([][]uint32, len(rest))
	err = n.read(n.rows, left, lh, more)
	for i, p := range rest {
		by[p] = more[i]
	}
	n.order.over(n.all)
	return by, err
}

// read appends the rows of partitions to n.all and enters them in by.
func (n *TopN) read(from *state.Arrangement, dense []*col.Vector, dh []uint64, by [][]uint32) error {
	return from.Probe(dense, dh, firstN(len(n.types)), func(left []uint32, rows *col.Batch) error {
		rows.Stable = true // its strings lie in the state
		at := n.all.N
		n.all.AppendBatch(rows)
		for i, p := range left {
			by[p] = append(by[p], uint32(at+i))
		}
		return nil
	})
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

// emitDiff ranks the candidates and emits, and remembers, the difference to what was
// emitted before.
func (n *TopN) emitDiff(by [][]uint32, dense []*col.Vector, dh []uint64, emit Emit) error {
	n.diff.Reset()
	diff, of := n.diff, []uint32(nil)
	for p, rows := range by {
		before := diff.N
		n.rank(n.all, rows, diff)
		for range diff.N - before {
			of = append(of, uint32(p))
		}
	}
	err := n.top.Probe(dense, dh, firstN(len(n.out)), func(left []uint32, rows *col.Batch) error {
		for i, l := range left {
			diff.AppendRow(rows, i, -rows.Weight(i))
			of = append(of, l)
		}
		return nil
	})
	if err != nil || diff.N == 0 {
		return err
	}
	whole := *diff
	whole.Cols = append(diff.Cols[:len(n.out):len(n.out)], partitionColumn(of))
	d := n.cons.run(&whole)
	if d.N == 0 {
		return nil
	}
	of = lanes32(&d.Cols[len(n.out)])
	d.Cols = d.Cols[:len(n.out)]
	h := make([]uint64, d.N)
	for i, p := range of {
		h[i] = dh[p]
	}
	if err := n.top.Merge(gatherKeys(dense, of), h, stored(d)); err != nil {
		return err
	}
	d.Consolidated, d.Stable = true, true
	return emit(d)
}

func partitionColumn(of []uint32) col.Vector {
	v := col.NewVector(col.Int4)
	for _, p := range of {
		v.AppendI32(int32(p))
	}
	return *v
}

func lanes32(v *col.Vector) []uint32 {
	out := make([]uint32, v.N)
	for i := range out {
		out[i] = uint32(v.I32[i])
	}
	return out
}

// rank appends the first rows of one partition to out.
func (n *TopN) rank(all *col.Batch, rows []uint32, out *col.Batch) {
	s := n.spec
	k := s.Limit
	if k >= 0 {
		k += s.Offset
	}
	bound := k
	if s.Rank == DenseRank {
		bound = -1 // k counts values, not rows
	}
	rows = n.order.first(rows, bound, s.Rank != RowNumber)
	var before, rank, dense int64
	for i, r := range rows {
		w := all.Weight(int(r))
		if i == 0 || n.order.peers(rows[i-1], r) != 0 {
			rank, dense = before+1, dense+1
		}
		switch s.Rank {
		case RowNumber:
			n.take(all, r, before, w, k, out)
		case Rank:
			if k >= 0 && rank > k {
				return
			}
			n.put(all, r, w, rank, out)
		case DenseRank:
			if k >= 0 && dense > k {
				return
			}
			n.put(all, r, w, dense, out)
		}
		before += w
		if s.Rank == RowNumber && k >= 0 && before >= k {
			return
		}
	}
}

// take puts those of w equal rows, of which before rows come earlier, that lie behind
// the offset and within the limit.
func (n *TopN) take(all *col.Batch, r uint32, before, w, k int64, out *col.Batch) {
	from, to := max(before, n.spec.Offset), before+w
	if k >= 0 {
		to = min(to, k)
	}
	if from >= to {
		return
	}
	if !n.spec.EmitRank {
		n.put(all, r, to-from, 0, out)
		return
	}
	for x := from; x < to; x++ {
		n.put(all, r, 1, x+1, out)
	}
}

func (n *TopN) put(all *col.Batch, r uint32, w, rank int64, out *col.Batch) {
	if !n.spec.EmitRank {
		out.AppendRow(all, int(r), w)
		return
	}
	last := len(out.Cols) - 1
	row := *out
	row.Cols = out.Cols[:last]
	row.AppendRow(all, int(r), w)
	out.N, out.W = row.N, row.W
	out.Cols[last].AppendI64(rank)
}
