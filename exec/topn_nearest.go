package exec

import (
	"slices"
)

// nearest decides what it can without reading partitions. Of a partition it knows the rows
// that were emitted and the step's change, which begins at from in n.all; every other row
// lies behind the last of the emitted ones. So if the known rows up to that one are enough
// to fill the partition's first places, no other row is among them; and where all of the change
// lies behind as many as are asked for, nothing becomes of it. rest lists the partitions that are
// not decided.
func (n *TopN) nearest(from uint32, part []uint32, partitions int) (rest []uint32) {
	if n.spec.Limit < 0 || n.spec.Offset > 0 {
		for p := range partitions {
			rest = append(rest, uint32(p))
		}
		return rest
	}
	n.by.begin(partitions)
	n.behind = growTo(n.behind, partitions)
	for p := range partitions {
		n.behind[p] = n.spec.Rank != DenseRank && n.spec.Limit > 0 && n.old.places(p) >= n.spec.Limit
	}
	for i, p := range part {
		row, old := from+uint32(i), n.old.of(int(p))
		if len(old) > 0 && n.order.peers(row, old[len(old)-1].row) <= 0 {
			n.by.add(p, row)
			n.behind[p] = false
		}
	}
	if !slices.Contains(n.behind, false) {
		return nil
	}
	for p, behind := range n.behind {
		if !behind {
			n.old.enterOf(&n.by, p)
		}
	}
	for p, rows := range n.by.each() {
		if n.behind[p] {
			continue
		}
		known, old := n.net(rows), n.old.of(p)
		if n.spec.Limit == 0 || len(old) > 0 && n.enough(known, old[len(old)-1].row) {
			n.differ(p, n.rank(known))
		} else {
			rest = append(rest, uint32(p))
		}
	}
	return rest
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
func (n *TopN) enough(rows []uint32, last uint32) bool {
	places := int64(0)
	for i, r := range rows {
		switch n.spec.Rank {
		case RowNumber:
			if n.order.compare(r, last) > 0 {
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
	return false
}
