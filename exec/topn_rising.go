package exec

// advance decides the partitions of a TopN whose input rises: what lies behind the first rows
// comes back among them by a change of its own or not at all, so that nothing else is
// remembered. It does so by the emitted rows and the step's change, with which n.all begins.
func (n *TopN) advance(part []uint32, partitions int) {
	last := make([]int64, partitions) // the row that others must reach; -1: any is among the first
	for p := range last {
		last[p] = -1
		if old := n.old.of(p); n.old.places(p) >= n.spec.Limit {
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
