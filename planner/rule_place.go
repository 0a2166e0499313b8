package planner

// placeDistinct has the different rows that a join alone reads found where the join wants them:
// equal rows are equal on its keys too, so that they need not change workers twice.
func placeDistinct(root Node) Node {
	readers := map[Node]int{}
	for _, n := range postorder(root) {
		for _, in := range n.Inputs() {
			readers[in]++
		}
	}
	return rewrite2(root, func(old, n Node) Node {
		j, ok := n.(*Join)
		if !ok || j.Everywhere || j.NotIn || len(j.LeftKeys) == 0 {
			return n
		}
		in, by := j.Inputs(), j.meets()
		for i, was := range old.Inputs() {
			in[i] = placedFor(was, in[i], remapped(distinctColumns(by), by[i]), readers)
		}
		return j.WithInputs(in...)
	})
}

// placedFor is a node, which was another before its inputs were rewritten, with what is DISTINCT in
// it placed by some of the node's columns, where nobody else reads that.
func placedFor(was, n Node, at []int, readers map[Node]int) Node {
	if readers[was] > 1 {
		return n
	}
	switch n := n.(type) {
	case *Distinct:
		if len(at) < len(n.Schema()) {
			return &Distinct{Input: n.Input, At: at, expected: n.expected}
		}
	case *Project:
		below := make([]int, len(at))
		for i, c := range at {
			if below[i] = columnIndex(n.Exprs[c]); below[i] < 0 {
				return n
			}
		}
		return n.WithInputs(placedFor(was.Inputs()[0], n.Input, below, readers))
	}
	return n
}
