package planner

// pruneColumns drops columns that nobody needs, from the root down. The root's columns are
// all needed, in their order.
func pruneColumns(root Node) Node {
	nodes, needs := postorder(root), neededColumns(root)
	done, moved := map[Node]Node{}, map[Node][]int{}
	for _, n := range nodes {
		var in []Node
		var at [][]int
		for _, x := range n.Inputs() {
			in, at = append(in, done[x]), append(at, moved[x])
		}
		done[n], moved[n] = n.pruned(needs[n], in, at)
	}
	n, at := done[root], moved[root]
	for i, a := range at {
		if a != i || len(n.Schema()) != len(at) {
			return columnsProject(n, at)
		}
	}
	return n
}

// neededColumns tells of every node which of its columns somebody needs.
func neededColumns(root Node) map[Node][]bool {
	nodes := postorder(root)
	needs := map[Node][]bool{root: all(len(root.Schema()))}
	for i := len(nodes) - 1; i >= 0; i-- { // readers before what they read
		n := nodes[i]
		for k, below := range n.needs(needs[n]) {
			in := n.Inputs()[k]
			if needs[in] == nil {
				needs[in] = make([]bool, len(in.Schema()))
			}
			for c, need := range below {
				needs[in][c] = needs[in][c] || need
			}
		}
	}
	return needs
}

// narrow takes away what inputs still have beside the needed columns, for nodes that keep
// their inputs' rows. at is changed to match.
func narrow(in []Node, at [][]int, needs [][]bool) ([]Node, [][]int) {
	outIn, outAt := make([]Node, len(in)), make([][]int, len(in))
	for i, n := range in {
		outIn[i], outAt[i] = n, at[i]
		var keep []int
		moved := make([]int, len(at[i]))
		for c, need := range needs[i] {
			moved[c] = -1
			if need {
				moved[c] = len(keep)
				keep = append(keep, at[i][c])
			}
		}
		if len(keep) < len(n.Schema()) {
			outIn[i], outAt[i] = columnsProject(n, keep), moved
		}
	}
	return outIn, outAt
}
