package planner

import (
	"slices"

	"github.com/millracedb/millrace/exec/expr"
)

// through turns expressions and conditions over the columns of a Project or a Filter into ones over
// its input's, to which a Filter adds its own, and returns that input; nil: n is another node.
func through(n Node, exprs []expr.Expr, preds *[]expr.Expr) Node {
	switch n := n.(type) {
	case *Project:
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
