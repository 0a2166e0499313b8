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
	if len(b.found.subqueries) > 0 {
		u, err := b.rowsWithQueries(n)
		return &relation{node: u, width: width}, err
	}
	return &relation{node: n, width: width}, nil
}

// rowsWithQueries joins the subqueries of VALUES to a row of nothing for each row.
func (b *binder) rowsWithQueries(rows *Values) (Node, error) {
	u := &Union{}
	for _, row := range rows.Rows {
		at := make([]*expr.Expr, len(row))
		for i := range row {
			at[i] = &row[i]
		}
		n, err := b.attach(&Values{Rows: [][]expr.Expr{{}}}, at...)
		if err != nil {
			return nil, err
		}
		u.In = append(u.In, &Project{Input: n, Exprs: row, Names: names(rows.Columns, identity(len(row)))})
	}
	if len(u.In) == 1 {
		return u.In[0], nil
	}
	return u, nil
}

func (e *env) valuesColumn(b *binder, c []expr.Expr, at []ast.Expr, in *binding) ([]expr.Expr, col.Type, error) {
	if in.untyped && !slices.ContainsFunc(c, func(x expr.Expr) bool { return !x.Type().Is(col.Unknown) }) {
		return c, col.Unknown, nil
	}
	return b.common("VALUES", c, at)
}
