package exec

import (
	"github.com/millracedb/millrace/exec/expr"
)

// rises reports whether the rows of a node can only move forward in the order of a TopN: a
// row goes when, in the same step, one of the same partition comes that stands before it.
// Then a row behind the first ones never comes back among them by itself, so that a TopN
// remembers nothing else. Counts over rows that never go rise like that, where the order,
// but for columns of the group, is by the count, the greatest first.
func (b *Builder) rises(in Ref, s TopNSpec) bool {
	if s.Limit <= 0 || s.Offset > 0 || s.Rank == DenseRank {
		return false // a value that two rows share is one, so that a rank may fall
	}
	at := firstN(len(b.Types(in)))
	n := b.g.nodes[in]
	for n.flow == b.flow { // of another dataflow's nodes a copy may stand in for them
		switch op := n.op.(type) {
		case *Project:
			if op.computed {
				return false // an error would take a row away
			}
			for i, c := range at {
				at[i] = op.exprs[c].(*expr.Column).Index
			}
			n = b.g.nodes[n.inputs[0]]
		case *Aggregate:
			return b.AppendOnly(n.inputs[0]) && op.rises(at, s)
		default:
			return false
		}
	}
	return false
}

// rises is Builder's, for a grouping of rows that never go; at is its column for each of
// the TopN's.
func (a *Aggregate) rises(at []int, s TopNSpec) bool {
	group := len(a.spec.Group)
	for _, p := range s.Partition {
		if at[p] >= group {
			return false
		}
	}
	for _, c := range a.calls {
		if c.agg.Fallible {
			return false
		}
	}
	for _, o := range s.Order {
		if c := at[o.Col]; c >= group {
			return o.Desc && a.calls[c-group].rises(a)
		}
	}
	return false
}

// rises reports whether a count is greater whenever its group's row has changed.
func (c *call) rises(a *Aggregate) bool {
	return c.agg.Name == "count" && (len(a.calls) == 1 || len(c.Args) == 0 && c.Filter < 0)
}

// advance decides the partitions of a TopN whose rows rise, by the emitted rows and the
// step's change, with which n.all begins.
func (n *TopN) advance(part []uint32, partitions int) {
	last := make([]int64, partitions) // the row that others must reach; -1: any is among the first
	for p := range last {
		last[p] = -1
		places := int64(0)
		for _, x := range n.old.of(p) {
			places += x.w
		}
		if old := n.old.of(p); places >= n.spec.Limit {
			last[p] = int64(old[len(old)-1].row)
		}
	}
	n.by.begin(partitions)
	n.old.enter(&n.by)
	for i, p := range part {
		if row := uint32(i); last[p] < 0 || n.order.peers(row, uint32(last[p])) <= 0 {
			n.by.add(p, row)
		}
	}
	for p, rows := range n.by.each() {
		if last[p] >= 0 || len(n.old.of(p)) > 0 {
			rows = n.net(rows)
		} // else nothing is there to be retracted
		n.differ(p, n.rank(rows))
	}
}
