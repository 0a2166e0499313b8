package planner

import "slices"

// onlyMost finds the groupings by windows of which nothing is read but, of each window, the
// groups with the most rows: of these the others need not be emitted.
func onlyMost(root Node, known map[Node]Properties) map[*WindowGroups]bool {
	users, out := map[Node]int{root: 1}, map[*WindowGroups]bool{}
	nodes := postorder(root)
	for _, n := range nodes {
		for _, in := range n.Inputs() {
			users[in]++
		}
	}
	for _, n := range nodes {
		if t, ok := n.(*TopN); ok && t.Limit == 1 && t.rises(known[t.Input]) {
			if w := t.mostOf(users); w != nil {
				out[w] = true
			}
		}
	}
	return out
}

// mostOf is the grouping whose windows' greatest groups t finds; nil: there is none.
func (t *TopN) mostOf(users map[Node]int) *WindowGroups {
	by, partition := t.Order[0].Col, slices.Clone(t.Partition)
	for below := t.Input; users[below] == 1; {
		switch n := below.(type) {
		case *Project:
			by = columnIndex(n.Exprs[by])
			for i, c := range partition {
				partition[i] = columnIndex(n.Exprs[c])
			}
			if by < 0 || slices.Min(append(partition, by)) < 0 {
				return nil
			}
			below = n.Input
		case *WindowGroups:
			if n.countsRows(by) && n.eachWindow(partition) {
				return n
			}
			return nil
		default:
			return nil
		}
	}
	return nil
}

// countsRows reports whether a column is how many rows a group has.
func (w *WindowGroups) countsRows(c int) bool {
	i := c - w.width() - len(windowColumns)
	if i < 0 || w.Aggregate.Final {
		return false
	}
	call := w.Aggregate.Calls[i]
	return call.Agg.Name == "count" && len(call.Args) == 0 && call.Filter < 0
}

// eachWindow reports whether columns are equal exactly for rows of one window.
func (w *WindowGroups) eachWindow(columns []int) bool {
	start := w.width()
	known := false
	for _, c := range columns {
		if c < start || c >= start+len(windowColumns) {
			return false
		}
		known = known || c > start || !w.Cumulate
	}
	return known
}
