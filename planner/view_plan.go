package planner

import (
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// ViewPlan is the stored plan of a materialized view for a query that answers it over again:
// it gives the columns at the places, and of the rows at least those that the scan of the
// view looks for. c is the query's, not the view's. Errors: 22000 and its like of a value
// that is looked for.
func ViewPlan(cat *catalog.Catalog, r *catalog.Relation, s *Scan, at []int, c *fn.Ctx) (Node, error) {
	root, _, err := Parse(r.Plan)
	if err != nil {
		return nil, err
	}
	root = rewrite(root, wholeRows)
	preds, err := s.Access.conditions(cat, r, root, c)
	if err != nil {
		return nil, err
	}
	if len(preds) > 0 {
		root = &Filter{Input: root, Preds: preds}
	}
	e := newEnv(&Env{Catalog: cat}, nil)
	return e.accessPaths(optimize(columnsProject(root, at), nil)), nil
}

// wholeRows takes back what the last rule did to a plan, so that all rules may be applied again.
func wholeRows(n Node) Node {
	j, ok := n.(*Join)
	if !ok || j.Out == nil {
		return n
	}
	whole := *j
	whole.Out = nil
	return columnsProject(&whole, j.Out)
}

// conditions are what an access asks of the rows of a relation that n gives: equality with
// its only key, or its bounds.
func (a *Access) conditions(cat *catalog.Catalog, r *catalog.Relation, n Node, c *fn.Ctx) (preds []expr.Expr, err error) {
	add := func(at int, op string, value expr.Expr) error {
		k, err := evaluate(c, value)
		if err != nil {
			return err
		}
		p, err := expr.CallOperator(c, op, column(at, n.Schema()[at]), k)
		preds = append(preds, p)
		return err
	}
	for _, b := range a.Bounds {
		if err := add(b.Column, b.Op, b.Value); err != nil {
			return nil, err
		}
	}
	if len(a.Keys) != 1 {
		return preds, nil
	}
	columns := a.columns(cat)
	for i, value := range a.Keys[0] {
		if err := add(columns[i], "=", value); err != nil {
			return nil, err
		}
	}
	return preds, nil
}
