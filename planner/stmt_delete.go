package planner

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// DeletePlan is a DELETE.
type DeletePlan struct {
	Relation *catalog.Relation
	// Source makes a row for each row to delete: all its columns, then those of USING. A row
	// that USING meets several times counts once.
	Source Node
	// Point is as in UpdatePlan.
	Point *Point
	// Returning is over a row of Source; nil: none.
	Returning []expr.Expr
}

var _ = statement(func(e *env, s *ast.Delete) (*Plan, error) {
	if s.CurrentOf != "" {
		return nil, e.at(s.Pos, pgerr.Unsupported("WHERE CURRENT OF"))
	}
	r, err := e.target(s.Table.Name, "delete from")
	if err != nil {
		return nil, err
	}
	in, err := e.with(s.With, e.statementBinding())
	if err != nil {
		return nil, err
	}
	scope, err := e.writeScope(r, s.Table, s.Using, in.naming(s))
	if err != nil {
		return nil, err
	}
	n := scope.node
	if s.Where != nil {
		if n, err = e.filter(scope, s.Where, in, clause{name: "WHERE"}); err != nil {
			return nil, err
		}
	}
	p := &DeletePlan{Relation: r}
	plan := &Plan{Tag: "DELETE", Delete: p}
	if p.Returning, err = e.returning(plan, scope, s.Returning, in); err != nil {
		return nil, err
	}
	if plan.ReturningBeside == nil {
		var lists [][]expr.Expr
		n, lists = narrowFrom(n, len(r.Columns), p.Returning)
		p.Returning = lists[0]
	}
	if p.Source, err = e.finish(n); err != nil {
		return nil, err
	}
	p.Point = pointOf(p.Source, len(r.Columns))
	return plan, nil
})
