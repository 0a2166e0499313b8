package planner

import (
	"slices"
	"strconv"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// record is a row as a value. A row of an outer join without a match is NULL.
func (b *binder) record(r *rowValue) (expr.Expr, error) {
	if err := b.typedFields(r); err != nil {
		return nil, err
	}
	id := "row_of(variadic any)"
	if len(r.fields) == 0 {
		id = "row_of_nothing()"
	}
	row := expr.Expr(expr.NewCall(fn.ByID(id), col.Record, r.fields...))
	switch {
	case !r.whole || r.sure:
		return row, nil
	case r.there == nil:
		return nil, pgerr.Unsupported("a whole row of a subquery behind an outer join as a value").WithHint("Name its columns.")
	}
	return expr.NewCase(col.Record, expr.NewIs(r.there, expr.IsNotNull), row, expr.NewNull(col.Record)), nil
}

var _ = binds(func(b *binder, x *ast.Row) (expr.Expr, error) {
	r, err := b.rowOf(x)
	if err != nil {
		return nil, err
	}
	return b.record(r)
})

// wholeRecord is the row of a FROM item as a value; nil: no item has the name.
func (b *binder) wholeRecord(name []string) (expr.Expr, error) {
	if b.scope == nil {
		return nil, nil
	}
	r, err := b.wholeRow(name)
	if err != nil || r == nil {
		return nil, err
	}
	return b.record(r)
}

var _ = binds(func(b *binder, x *ast.Star) (expr.Expr, error) {
	if len(x.Table) == 0 || len(x.Except) > 0 {
		return nil, pgerr.New(pgerr.SyntaxError, "row expansion via \"*\" is not supported here")
	}
	e, err := b.wholeRecord(x.Table)
	if err == nil && e == nil {
		return nil, b.scope.missingSource(b.env, x.Table[len(x.Table)-1], x.Pos)
	}
	return e, err
})

// (row).name is a field of a row that is written out or of FROM; f1, f2 … are those of ROW(…).
var _ = binds(func(b *binder, x *ast.Field) (expr.Expr, error) {
	r, err := b.row(x.Expr, false)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, pgerr.Unsupported("the field of a composite value")
	}
	names := r.names
	if names == nil {
		names = fieldNames(len(r.fields))
	}
	i := slices.Index(names, x.Name)
	if i < 0 {
		return nil, b.env.at(x.Pos, pgerr.New(pgerr.UndefinedColumn, "could not identify column %q in record data type", x.Name))
	}
	return r.fields[i], nil
})

// fieldNames are the names of the fields of a row that has none: f1, f2, …
func fieldNames(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = "f" + strconv.Itoa(i+1)
	}
	return out
}
