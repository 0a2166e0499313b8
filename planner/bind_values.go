package planner

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// values binds VALUES (…), (…).
func (e *env) values(v *ast.Values, in *binding) (*relation, error) {
	b := &binder{env: e, scope: &scope{node: &Values{}, outer: in.outer}, ctes: in.ctes, clause: clause{name: "VALUES"}, found: &found{}}
	n := &Values{}
	width := len(v.Rows[0])
	columns := make([][]expr.Expr, width)
	for _, row := range v.Rows {
		if len(row) != width {
			return nil, e.at(row[0].Position(), pgerr.New(pgerr.SyntaxError, "VALUES lists must all be the same length"))
		}
		for i, x := range row {
			c, err := b.expr(x)
			if err != nil {
				return nil, err
			}
			columns[i] = append(columns[i], c)
		}
	}
	if len(b.found.subqueries) > 0 {
		return nil, e.at(v.Pos, pgerr.Unsupported("a subquery in VALUES"))
	}
	n.Rows = make([][]expr.Expr, len(v.Rows))
	for i, c := range columns {
		at := make([]ast.Expr, len(v.Rows))
		for k, row := range v.Rows {
			at[k] = row[i]
		}
		cast, t, err := e.valuesColumn(b, c, at, in)
		if err != nil {
			return nil, err
		}
		n.Columns = append(n.Columns, col.Column{Name: fmt.Sprintf("column%d", i+1), Type: t})
		for k := range cast {
			n.Rows[k] = append(n.Rows[k], cast[k])
		}
	}
	return &relation{node: n, width: width}, nil
}

func (e *env) valuesColumn(b *binder, c []expr.Expr, at []ast.Expr, in *binding) ([]expr.Expr, col.Type, error) {
	if in.untyped && !slices.ContainsFunc(c, func(x expr.Expr) bool { return !x.Type().Is(col.Unknown) }) {
		return c, col.Unknown, nil
	}
	return b.common("VALUES", c, at)
}
