package planner

// dropDistinct takes away a DISTINCT over rows that differ already, and one whose rows only
// answer whether there is a match.
func dropDistinct(root Node) Node {
	known := properties(root)
	return rewrite2(root, func(old, n Node) Node {
		switch n := n.(type) {
		case *Distinct:
			if in := old.Inputs()[0]; len(known[in].Keys) > 0 {
				return n.Input
			}
		case *Join:
			if d, ok := n.Right.(*Distinct); ok && n.leftOnly() {
				return n.WithInputs(n.Left, d.Input)
			}
		}
		return n
	})
}

// rewrite2 is rewrite with the node as it was before its inputs were rewritten.
func rewrite2(root Node, f func(old, n Node) Node) Node {
	done := map[Node]Node{}
	for _, n := range postorder(root) {
		done[n] = f(n, withInputs(n, func(in Node) Node { return done[in] }))
	}
	return done[root]
}
