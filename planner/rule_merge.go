package planner

import (
	"slices"

	"github.com/millracedb/millrace/exec/expr"
)

// mergeProjects makes one projection of two where nothing is computed twice for it, and takes
// away those that change nothing.
func mergeProjects(root Node) Node {
	readers := map[Node]int{}
	for _, n := range postorder(root) {
		for _, in := range n.Inputs() {
			readers[in]++
		}
	}
	return rewrite2(root, func(old, n Node) Node {
		p, ok := n.(*Project)
		if !ok {
			return n
		}
		if below, ok := p.Input.(*Project); ok && readers[old.Inputs()[0]] < 2 && mergeable(p, below) {
			p = &Project{below.Input, nil, p.Names}
			for _, x := range n.(*Project).Exprs {
				p.Exprs = append(p.Exprs, substitute(x, below.Exprs))
			}
		}
		if p.isIdentity() {
			return p.Input
		}
		return p
	})
}

// mergeable reports whether each computed column of the lower projection is used once at
// most. One that may fail then fails where its one reader asks for it.
func mergeable(p, below *Project) bool {
	uses := make([]int, len(below.Exprs))
	for _, x := range p.Exprs {
		countColumns(x, uses)
	}
	for i, x := range below.Exprs {
		if columnIndex(x) >= 0 || isConst(x) {
			continue
		}
		if uses[i] > 1 || volatile(x) {
			return false
		}
	}
	return true
}

func columnIndex(x expr.Expr) int {
	if c, ok := x.(*expr.Column); ok {
		return c.Index
	}
	return -1
}

func countColumns(x expr.Expr, uses []int) {
	expr.Walk(x, func(x expr.Expr) bool {
		if c, ok := x.(*expr.Column); ok {
			uses[c.Index]++
		}
		return true
	})
}

// joinOutputs lets joins make only the columns that the projection above them reads.
func joinOutputs(root Node) Node {
	return rewrite(root, func(n Node) Node {
		p, ok := n.(*Project)
		if !ok {
			return n
		}
		j, ok := p.Input.(*Join)
		if !ok || j.Out != nil {
			return n
		}
		var out []int
		for _, x := range p.Exprs {
			out = append(out, columnsOf(x)...)
		}
		slices.Sort(out)
		out = slices.Compact(out)
		if len(out) == len(j.Schema()) || len(out) == 0 {
			return n
		}
		at := make([]int, len(j.Schema()))
		for i, c := range out {
			at[c] = i
		}
		narrow := *j
		narrow.Out = out
		if q := (&Project{&narrow, moveAll(p.Exprs, at), p.Names}); !q.isIdentity() {
			return q
		}
		return &narrow
	})
}
