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
	rows := make([][]ast.Expr, len(v.Rows))
	for i, row := range v.Rows {
		var err error
		if rows[i], err = b.expandRow(row); err != nil {
			return nil, err
		}
	}
	width := len(rows[0])
	columns := make([][]expr.Expr, width)
	for k, row := range rows {
		if len(row) != width {
			return nil, e.at(v.Rows[k][0].Position(), pgerr.New(pgerr.SyntaxError, "VALUES lists must all be the same length"))
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
		for k, row := range rows {
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
		u.In = append(u.In, rows.over(n, row))
	}
	if len(u.In) == 1 {
		return u.In[0], nil
	}
	return u, nil
}

// expandRow puts the columns of t in place of t.*.
func (b *binder) expandRow(row []ast.Expr) ([]ast.Expr, error) {
	var out []ast.Expr
	for _, x := range row {
		star, ok := x.(*ast.Star)
		if !ok || len(star.Table) == 0 {
			out = append(out, x)
			continue
		}
		fields, _, err := b.scope.expand(b.env, star)
		if err != nil {
			return nil, err
		}
		for _, f := range fields {
			out = append(out, &ast.ColumnRef{Pos: star.Pos, Parts: append(slices.Clone(star.Table), f.name)})
		}
	}
	return out, nil
}

func (e *env) valuesColumn(b *binder, c []expr.Expr, at []ast.Expr, in *binding) ([]expr.Expr, col.Type, error) {
	if in.untyped && !slices.ContainsFunc(c, func(x expr.Expr) bool { return !x.Type().Is(col.Unknown) }) {
		return c, col.Unknown, nil
	}
	return b.common("VALUES", c, at)
}
