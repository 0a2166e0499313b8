package planner

import (
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// withoutFault computes the constants in a query that runs once. One that is in error stays as it is, and the error is that
// of the query, which PostgreSQL finds when it plans, whether there are rows or not. Rows in error that are left out leave it
// out, too.
func (e *env) withoutFault(n Node) (Node, error) {
	c := fn.NewCtx(nil, 0) // immutable functions ask for no settings
	c.Done = e.Done
	if n = foldAll(c, n); e.standing || e.Settings["on_row_error"] == "skip" {
		return n, nil
	}
	if faultBelow(c, n, map[Node]bool{}) == nil {
		return n, nil
	}
	return n, faultBelow(c, pruneColumns(n), map[Node]bool{}) // what nobody needs is not computed
}

func faultBelow(c *fn.Ctx, n Node, seen map[Node]bool) error {
	if seen[n] {
		return nil
	}
	seen[n] = true
	inputs := n.Inputs()
	if j, ok := n.(*DependentJoin); ok && len(j.Guard) > 0 {
		inputs = inputs[:1] // the subquery may not be asked at all
	}
	for _, in := range inputs {
		if err := faultBelow(c, in, seen); err != nil {
			return err
		}
	}
	if f, ok := n.(*Filter); ok { // asks one after the other
		return expr.Fault(c, and(f.Preds))
	}
	for _, x := range n.exprs() {
		if err := expr.Fault(c, x); err != nil {
			return err
		}
	}
	return nil
}
