package planner

// sized is a node whose operators make room at once for the rows that are expected of it.
type sized interface {
	// expecting is the node with room for so many.
	expecting(rows float64) Node
}

// withRoom tells the nodes of a query that runs once how many rows are expected of them. It comes
// after all rewriting.
func (e *env) withRoom(root Node) Node {
	x := e.estimator()
	if x == nil {
		return root
	}
	return rewrite2(root, func(old, n Node) Node {
		if s, ok := n.(sized); ok {
			return s.expecting(x.of(old).Rows)
		}
		return n
	})
}

func (a *Aggregate) expecting(rows float64) Node { n := *a; n.expected = rows; return &n }
func (d *Distinct) expecting(rows float64) Node  { n := *d; n.expected = rows; return &n }
