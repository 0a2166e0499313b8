package planner

// A recursion carries a domain in its rows: it begins with the rows of each row of the domain, and what follows
// from a row is of the same row of the domain. Equal rows are one where their domain is the same too.
func (f *Fixpoint) carry(u *unnesting) (Node, error) {
	if f.open == nil {
		return nil, unsupportedDependent(f.describe())
	}
	u.superset = false // what follows from rows that no row meets may have no end
	base, err := u.push(f.In[0])
	if err != nil {
		return nil, err
	}
	rows, wide := &Given{Columns: f.open.Columns, reads: outerColumns(f, u.frame)[0]}, &Given{Columns: base.Schema()}
	step := rewrite(f.In[1], func(n Node) Node {
		if n == Node(f.open) {
			return rows
		}
		return n
	})
	u.done[rows] = wide
	if step, err = u.push(step); err != nil {
		return nil, err
	}
	return &Fixpoint{Name: f.Name, In: []Node{base, step}, All: f.All, Whole: f.Whole, open: wide}, nil
}

// closeRecursions takes what their terms read beside the rows of the round before out of recursions that depend on
// no row around them any more.
func closeRecursions(root Node) Node {
	return rewrite(root, func(n Node) Node {
		f, ok := n.(*Fixpoint)
		if !ok || f.open == nil {
			return n
		}
		out := &Fixpoint{Name: f.Name, In: f.In[:1:1], All: f.All, Whole: f.Whole}
		out.Step = (&recursion{rows: f.open, taken: map[Node]Node{}}).takeOut(out, f.In[1])
		return out
	})
}
