package exec

import (
	"bytes"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/over"
)

// overSort sorts the rows of a dataflow that runs once.
type overSort struct {
	seed  col.Seed
	order rowOrder
	parts partitioner
	by    byPartition
}

// mostAtOnce is how many rows are evaluated together, of different partitions.
const mostAtOnce = 64 << 10

// once evaluates all rows, partition by partition.
func (n *Over) once(t *Tick, d *col.Batch, emit Emit) error {
	s := &n.sort
	hash, keys := make([]uint64, d.N), canonicalKeys(d, n.spec.Partition)
	s.seed.Keys(hash, keys)
	first, part := s.parts.number(keys, hash, nil)
	s.order.over(d)
	s.by.begin(len(first))
	for i, p := range part {
		s.by.add(p, uint32(i))
	}
	parts := make([][]uint32, len(first))
	for p, rows := range s.by.each() {
		parts[p] = rows
	}
	s.arrange(d, n.spec.Partition, parts)
	var rows []uint32
	for _, p := range parts {
		rows = n.segment(d, s.order.first(p, -1, false), rows)
		if len(rows) < mostAtOnce {
			continue
		}
		if err := n.pass(t, d, rows, emit); err != nil {
			return err
		}
		rows = rows[:0]
	}
	return n.pass(t, d, rows, emit)
}

// arrange puts the partitions in the order of their columns, as PostgreSQL does.
func (s *overSort) arrange(d *col.Batch, by []int, parts [][]uint32) {
	var buf []byte
	keys := make([][]byte, len(parts))
	at := make([]int, len(parts))
	for p, rows := range parts {
		from := len(buf)
		for _, c := range by {
			buf = col.AppendOrderKey(buf, &d.Cols[c], int(rows[0]), col.Order{})
		}
		keys[p], at[p] = buf[from:len(buf):len(buf)], p
	}
	slices.SortFunc(at, func(i, j int) int { return bytes.Compare(keys[i], keys[j]) })
	sorted := make([][]uint32, len(parts))
	for k, p := range at {
		sorted[k] = parts[p]
	}
	copy(parts, sorted)
}

// segment adds a partition to what is evaluated next; rows lists it.
func (n *Over) segment(d *col.Batch, part, rows []uint32) []uint32 {
	from := len(rows)
	for i, r := range part {
		peer := i > 0 && n.sort.order.peers(part[i-1], r) == 0
		for range d.Weight(int(r)) {
			n.in.Grow(peer)
			rows, peer = append(rows, r), true
		}
	}
	n.in.Segs = append(n.in.Segs, over.Segment{From: from, Lo: from, Begin: from, End: len(rows), To: len(rows)})
	return rows
}

// pass evaluates the partitions that were added, and emits them.
func (n *Over) pass(t *Tick, d *col.Batch, rows []uint32, emit Emit) error {
	if len(rows) == 0 {
		return nil
	}
	b := &col.Batch{N: len(rows), Cols: make([]col.Vector, len(d.Cols)), Stable: true}
	for c := range d.Cols {
		v := &d.Cols[c]
		b.Cols[c].ResetKind(v.Type, v.Kind, v.Scale)
		b.Cols[c].Gather(v, rows)
	}
	n.in.B = b
	res := n.eval.Run(&n.in)
	n.in.Segs, n.in.Group, n.in.GroupFrom = n.in.Segs[:0], n.in.Group[:0], n.in.GroupFrom[:0]
	for i := range b.N {
		if err := res.Errors[i]; err != nil {
			if err := t.RowError(b, i, err); err != nil {
				return err
			}
			b.Sel = []uint32{}
		}
	}
	for _, v := range res.Out {
		b.Cols = append(b.Cols, *v)
	}
	if b.Sel != nil {
		for i := range b.N {
			if res.Errors[i] == nil {
				b.Sel = append(b.Sel, uint32(i))
			}
		}
	}
	return emit(b)
}
