package planner

import (
	"slices"

	"github.com/millracedb/millrace/exec/expr"
)

// through turns expressions and conditions over the columns of a Project or a Filter into ones over
// its input's, to which a Filter adds its own, and returns that input; nil: n is another node, or one that
// computes what must not, or should not, be computed for each place where it is read.
func through(n Node, exprs []expr.Expr, preds *[]expr.Expr) Node {
	switch n := n.(type) {
	case *Project:
		if !n.readOnce(exprs, *preds) {
			return nil
		}
		for i, x := range exprs {
			exprs[i] = substitute(x, n.Exprs)
		}
		for i, x := range *preds {
			(*preds)[i] = substitute(x, n.Exprs)
		}
		return n.Input
	case *Filter:
		*preds = slices.Concat(n.Preds, *preds)
		return n.Input
	}
	return nil
}

// readOnce reports whether expressions read each column of a projection once, but for those that
// may as well be computed several times.
func (p *Project) readOnce(lists ...[]expr.Expr) bool {
	uses := make([]int, len(p.Exprs))
	for _, xs := range lists {
		for _, x := range xs {
			countColumns(x, uses)
		}
	}
	for i, x := range p.Exprs {
		if uses[i] > 1 && !cheap(x) {
			return false
		}
	}
	return true
}
