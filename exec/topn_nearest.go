package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// nearest decides what it can without reading partitions. Of a partition it knows the rows
// that were emitted and the step's change; every other row lies behind the last of the
// emitted ones. So if the known rows up to that one are enough to fill the partition's
// first places, no other row is among them. by receives the rows of the partitions that
// are decided, with their weights in n.all; rest lists the others.
func (n *TopN) nearest(d *col.Batch, part []uint32, dense []*col.Vector, dh []uint64, by [][]uint32) (rest []uint32, err error) {
	if n.spec.Limit < 0 || n.spec.Offset > 0 {
		for p := range dh {
			rest = append(rest, uint32(p))
		}
		return rest, nil
	}
	if err := n.read(n.top, dense, dh, by); err != nil {
		return nil, err
	}
	from := n.all.N
	n.all.AppendBatch(d)
	n.order.over(n.all)
	worst := make([]uint32, len(dh))
	for p, rows := range by {
		if len(rows) > 0 {
			worst[p] = slices.MaxFunc(rows, n.order.compare)
		}
	}
	for i, p := range part {
		row := uint32(from + i)
		if len(by[p]) > 0 && n.order.peers(row, worst[p]) <= 0 {
			by[p] = append(by[p], row)
		}
	}
	for p, rows := range by {
		known := n.net(rows)
		if by[p] = known; !n.enough(known, worst[p]) {
			by[p], rest = nil, append(rest, uint32(p))
		}
	}
	return rest, nil
}

// net sorts rows and adds up the weights of equal ones. What is left over of retractions
// are rows behind the known ones.
func (n *TopN) net(rows []uint32) []uint32 {
	all, out := n.all, rows[:0]
	if len(rows) > 1 && all.W == nil {
		all.W = slices.Repeat([]int64{1}, all.N)
	}
	slices.SortFunc(rows, n.order.compare)
	for i := 0; i < len(rows); {
		w, r := all.Weight(int(rows[i])), rows[i]
		for i++; i < len(rows) && n.order.compare(r, rows[i]) == 0; i++ {
			w += all.Weight(int(rows[i]))
		}
		if w > 0 {
			if all.W != nil {
				all.W[r] = w
			}
			out = append(out, r)
		}
	}
	return out
}

// enough reports whether the rows up to the last emitted one fill all first places.
func (n *TopN) enough(rows []uint32, worst uint32) bool {
	places := int64(0)
	for i, r := range rows {
		switch n.spec.Rank {
		case RowNumber:
			if n.order.compare(r, worst) > 0 {
				return false
			}
			places += n.all.Weight(int(r))
		case Rank:
			places += n.all.Weight(int(r))
		case DenseRank:
			if i == 0 || n.order.peers(rows[i-1], r) != 0 {
				places++
			}
		}
		if places >= n.spec.Limit {
			return true
		}
	}
	return n.spec.Limit == 0
}
