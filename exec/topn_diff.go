package exec

import (
	"iter"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// topRow is a row of TopN.all among the first of its partition: with what weight, and its
// rank where that is emitted.
type topRow struct {
	row     uint32
	w, rank int64
}

// byPartition lists rows by partition.
type byPartition struct {
	part, row []uint32
	start     []uint32
	sorted    []uint32
}

func (b *byPartition) begin(partitions int) {
	b.part, b.row = b.part[:0], b.row[:0]
	b.start = growTo(b.start, partitions+1)
}

func (b *byPartition) add(part, row uint32) {
	b.part, b.row = append(b.part, part), append(b.row, row)
}

// each walks the partitions with their rows, which may be changed, as they were added.
func (b *byPartition) each() iter.Seq2[int, []uint32] {
	clear(b.start)
	for _, p := range b.part {
		b.start[p]++
	}
	sum := uint32(0)
	for p, n := range b.start {
		b.start[p], sum = sum, sum+n
	}
	b.sorted = growTo(b.sorted, len(b.row))
	at := slices.Clone(b.start)
	for i, p := range b.part {
		b.sorted[at[p]] = b.row[i]
		at[p]++
	}
	return func(yield func(int, []uint32) bool) {
		for p := range len(b.start) - 1 {
			from, to := b.start[p], b.start[p+1]
			if !yield(p, b.sorted[from:to:to]) {
				return
			}
		}
	}
}

// oldTop is the emitted rows of the touched partitions, in TopN.all.
type oldTop struct {
	picks []topRow
	start []int // of each partition, and one more

	parts []uint32 // of the rows, as they were read
	rows  []topRow // before they are grouped, or ranked
}

// of is the emitted rows of a partition.
func (o *oldTop) of(p int) []topRow { return o.picks[o.start[p]:o.start[p+1]] }

// enter adds the rows to the partitions' lists, each once.
func (o *oldTop) enter(by *byPartition) {
	for p := range len(o.start) - 1 {
		o.enterOf(by, p)
	}
}

func (o *oldTop) enterOf(by *byPartition, p int) {
	of := o.of(p)
	for i, x := range of {
		if i == 0 || of[i-1].row != x.row {
			by.add(uint32(p), x.row)
		}
	}
}

// places is how many places the rows of a partition fill.
func (o *oldTop) places(p int) (n int64) {
	for _, x := range o.of(p) {
		n += x.w
	}
	return n
}

func (o *oldTop) sort(n *TopN) {
	for p := range len(o.start) - 1 {
		if x := o.of(p); len(x) > 1 {
			slices.SortFunc(x, n.comparePicks)
		}
	}
}

// rank finds the ranks with which the rows, in order, were emitted: they are all of their
// partition up to the last one. A row that stood there several times has as many numbers.
func (o *oldTop) rank(n *TopN) {
	o.rows = append(o.rows[:0], o.picks...)
	o.picks = o.picks[:0]
	from := 0
	for p, to := range o.start[1:] {
		o.start[p] = len(o.picks)
		before, rank, dense := int64(0), int64(0), int64(0)
		for i, x := range o.rows[from:to] {
			if n.spec.Rank == RowNumber {
				for at := range x.w {
					o.picks = append(o.picks, topRow{x.row, 1, n.spec.Offset + before + at + 1})
				}
			} else {
				if i == 0 || n.order.peers(o.rows[from+i-1].row, x.row) != 0 {
					rank, dense = before+1, dense+1
				}
				if x.rank = rank; n.spec.Rank == DenseRank {
					x.rank = dense
				}
				o.picks = append(o.picks, x)
			}
			before += x.w
		}
		from = to
	}
	o.start[len(o.start)-1] = len(o.picks)
}

func (n *TopN) comparePicks(a, b topRow) int {
	if c := n.order.compare(a.row, b.row); c != 0 {
		return c
	}
	return int(a.rank - b.rank)
}

// readOld appends the emitted rows to n.all.
func (n *TopN) readOld(dense []*col.Vector, dh []uint64) error {
	o := &n.old
	o.picks, o.parts = o.picks[:0], o.parts[:0]
	err := n.top.Probe(dense, dh, firstN(len(n.types)), func(left []uint32, rows *col.Batch) error {
		rows.Stable = true // its strings lie in the state
		at := n.all.N
		n.all.AppendBatch(rows)
		for i, p := range left {
			o.picks, o.parts = append(o.picks, topRow{row: uint32(at + i), w: rows.Weight(i)}), append(o.parts, p)
		}
		return nil
	})
	o.group(len(dh))
	return err
}

// group brings the rows of a partition together: of a state in panes they come by these.
func (o *oldTop) group(partitions int) {
	o.start = growTo(o.start, partitions+1)
	clear(o.start)
	for _, p := range o.parts {
		o.start[p+1]++
	}
	for p := range partitions {
		o.start[p+1] += o.start[p]
	}
	if slices.IsSorted(o.parts) {
		return
	}
	o.rows = growTo(o.rows, len(o.picks))
	at := slices.Clone(o.start)
	for i, p := range o.parts {
		o.rows[at[p]] = o.picks[i]
		at[p]++
	}
	o.picks, o.rows = o.rows, o.picks
}

// topDiff is what a flush emits, and what it changes of the emitted rows, where that is
// another: a row whose rank alone has moved stays as it is.
type topDiff struct {
	pickList
	kept pickList
}

// pickList is rows of TopN.all, their partitions and weights, and ranks.
type pickList struct {
	rows, of []uint32
	w, rank  []int64
}

func (l *pickList) reset() {
	l.rows, l.of, l.w, l.rank = l.rows[:0], l.of[:0], l.w[:0], l.rank[:0]
}

func (l *pickList) add(row, of uint32, w, rank int64) {
	l.rows, l.of, l.w, l.rank = append(l.rows, row), append(l.of, of), append(l.w, w), append(l.rank, rank)
}

func (d *topDiff) reset() {
	d.pickList.reset()
	d.kept.reset()
}

// keep adds up what the differences from a place on say of each row, whatever its rank.
func (n *TopN) keep(from int) {
	d := &n.diff
	for i := from; i < len(d.rows); {
		r, w := d.rows[i], d.w[i]
		for i++; i < len(d.rows) && n.order.compare(r, d.rows[i]) == 0; i++ {
			w += d.w[i]
		}
		if w != 0 {
			d.kept.add(r, d.of[i-1], w, 0)
		}
	}
}

// differ notes the difference of a partition's first rows, in order, to those emitted.
func (n *TopN) differ(p int, now []topRow) {
	old, from := n.old.of(p), len(n.diff.rows)
	for len(old) > 0 || len(now) > 0 {
		c := 0
		switch {
		case len(old) == 0:
			c = -1
		case len(now) == 0:
			c = 1
		default:
			c = n.comparePicks(now[0], old[0])
		}
		at, w := topRow{}, int64(0)
		if c <= 0 {
			at = now[0]
			for len(now) > 0 && n.comparePicks(now[0], at) == 0 {
				w, now = w+now[0].w, now[1:]
			}
		}
		if c >= 0 {
			at = old[0]
			for len(old) > 0 && n.comparePicks(old[0], at) == 0 {
				w, old = w-old[0].w, old[1:]
			}
		}
		if w != 0 {
			n.diff.add(at.row, uint32(p), w, at.rank)
		}
	}
	if n.spec.EmitRank {
		n.keep(from)
	}
}

// emit emits the difference, and remembers it.
func (n *TopN) emit(dense []*col.Vector, dh []uint64, emit Emit) error {
	x := &n.diff
	if len(x.rows) == 0 {
		return nil
	}
	out, kept := n.picked(&x.pickList), &x.pickList
	rows := out
	if n.spec.EmitRank {
		ranks := col.NewVector(col.Int8)
		for _, r := range x.rank {
			ranks.AppendI64(r)
		}
		out.Cols = append(out.Cols, *ranks)
		kept = &x.kept
		rows = n.picked(kept)
	}
	h := make([]uint64, rows.N)
	for i, p := range kept.of {
		h[i] = dh[p]
	}
	if err := n.top.Merge(gatherKeys(dense, kept.of), h, stored(rows)); err != nil {
		return err
	}
	return emit(out)
}

// picked is the rows of a list, without their ranks.
func (n *TopN) picked(l *pickList) *col.Batch {
	out := &col.Batch{N: len(l.rows), W: l.w, Cols: make([]col.Vector, len(n.types), len(n.out)), Consolidated: true, Stable: true}
	for c := range n.types {
		from := &n.all.Cols[c]
		out.Cols[c].ResetKind(from.Type, from.Kind, from.Scale)
		out.Cols[c].Gather(from, l.rows)
	}
	return out
}

// rank returns the first of one partition's rows, in order. The list lasts until the next.
func (n *TopN) rank(rows []uint32) []topRow {
	s := n.spec
	n.order.stop.did(len(rows))
	n.best = n.best[:0]
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
		w := n.all.Weight(int(r))
		if i == 0 || n.order.peers(rows[i-1], r) != 0 {
			rank, dense = before+1, dense+1
		}
		at := rank
		switch {
		case s.Rank == RowNumber:
			n.number(r, before, w, k)
			at = before + w
		case s.Rank == DenseRank:
			at = dense
			fallthrough
		default:
			if k >= 0 && at > k {
				return n.best
			}
			n.pick(r, w, at)
		}
		before += w
		if s.Rank == RowNumber && k >= 0 && at >= k {
			return n.best
		}
	}
	return n.best
}

// number picks those of w equal rows, of which before rows come earlier, that lie behind
// the offset and within the limit.
func (n *TopN) number(r uint32, before, w, k int64) {
	from, to := max(before, n.spec.Offset), before+w
	if k >= 0 {
		to = min(to, k)
	}
	if from >= to {
		return
	}
	if !n.spec.EmitRank {
		n.pick(r, to-from, 0)
		return
	}
	for x := from; x < to; x++ {
		n.pick(r, 1, x+1)
	}
}

func (n *TopN) pick(r uint32, w, rank int64) {
	if !n.spec.EmitRank {
		rank = 0
	}
	n.best = append(n.best, topRow{r, w, rank})
}
