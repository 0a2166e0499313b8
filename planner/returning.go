package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// Beside is a query over the rows that a statement has at hand when it is carried out: those that meet an existing
// row in ON CONFLICT, or those that it returns. The session runs it over what the statement saw when it began.
type Beside struct {
	// Root makes each row at hand, its number, and behind it what subqueries give for it. It reads the rows as
	// Returned, with the number as one more column.
	Root Node
	// Width is how many columns of the rows are read.
	Width int
}

// AtOnce reports whether the statement reads relations after it has begun to change some, or may fail then: all of it
// is carried out over one snapshot, before anything of it is committed.
func (p *Plan) AtOnce() bool {
	return len(p.Before) > 0 || p.ReturningBeside != nil || p.Insert != nil && p.Insert.Conflict != nil && p.Insert.Conflict.Beside != nil ||
		slices.ContainsFunc(p.returning(), expr.Fallible)
}

// returning is what RETURNING says of each row.
func (p *Plan) returning() []expr.Expr {
	switch {
	case p.Insert != nil:
		return p.Insert.Returning
	case p.Update != nil:
		return p.Update.Returning
	case p.Delete != nil:
		return p.Delete.Returning
	}
	return nil
}

// beside plans the subqueries in expressions over rows of a schema, and puts columns for them into the expressions.
// Nil: there are none. Expressions may be nil.
func (b *binder) beside(schema []col.Column, xs ...*expr.Expr) (*Beside, error) {
	if len(b.found.subqueries) == 0 {
		return nil, nil
	}
	width := len(schema)
	rows := append(schema[:width:width], col.Column{Name: "row_number", Type: col.Int8})
	var n Node = &Returned{No: atHand, Columns: rows}
	for _, x := range xs {
		if *x == nil {
			continue
		}
		var err error
		if n, err = b.attach(n, x); err != nil {
			return nil, err
		}
	}
	root, err := b.env.finish(n)
	return &Beside{Root: root, Width: width}, err
}

func pointers(xs []expr.Expr) []*expr.Expr {
	at := make([]*expr.Expr, len(xs))
	for i := range xs {
		at[i] = &xs[i]
	}
	return at
}

// returning binds RETURNING over a scope.
func (e *env) returning(p *Plan, s *scope, targets []*ast.Target, in *binding) ([]expr.Expr, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	sel := &selection{env: e, sel: &ast.Select{Targets: targets}, in: &binding{ctes: in.ctes}, scope: s, found: &found{}}
	if err := sel.bindTargets(); err != nil {
		return nil, err
	}
	switch {
	case len(sel.found.aggregates) > 0:
		return nil, e.at(targets[0].Pos, pgerr.New(pgerr.GroupingError, "aggregate functions are not allowed in RETURNING"))
	case len(sel.found.overs) > 0:
		return nil, e.at(targets[0].Pos, pgerr.New(pgerr.WindowingError, "window functions are not allowed in RETURNING"))
	case len(sel.found.sets) > 0:
		return nil, e.at(targets[0].Pos, pgerr.New(pgerr.FeatureNotSupported, "set-returning functions are not allowed in RETURNING"))
	}
	var xs []expr.Expr
	for _, t := range sel.targets {
		xs = append(xs, t.x)
		p.Columns = append(p.Columns, col.Column{Name: t.name, Type: t.x.Type()})
	}
	var err error
	p.ReturningBeside, err = (&binder{env: e, scope: s, found: sel.found}).beside(s.node.Schema(), pointers(xs)...)
	return xs, err
}
