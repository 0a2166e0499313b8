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
	row := b.rowCall(r)
	switch {
	case !r.whole || r.sure:
		return row, nil
	case r.there == nil:
		return nil, pgerr.Unsupported("a whole row of a subquery behind an outer join as a value").WithHint("Name its columns.")
	}
	return expr.NewCase(row.Type(), expr.NewIs(r.there, expr.IsNotNull), row, expr.NewNull(row.Type())), nil
}

// rowCall makes the row of its fields.
func (e *env) rowCall(r *rowValue) *expr.Call {
	names := r.fieldNames()
	fields := make([]col.Column, len(r.fields))
	for i, f := range r.fields {
		fields[i] = col.Column{Name: names[i], Type: f.Type()}
	}
	t := e.rowType(fields)
	switch {
	case len(r.fields) == 0:
		return expr.NewCall(fn.ByID("row_of_nothing()"), t)
	case r.names == nil:
		return expr.NewCall(fn.ByID("row_of(variadic any)"), t, r.fields...)
	}
	return expr.NewCall(fn.ByID(namedRow), t, append([]expr.Expr{textArray(names)}, r.fields...)...)
}

// ofType is a row under another type of rows.
func ofType(row expr.Expr, t col.Type) expr.Expr {
	if made, _ := rowMade(row); made != nil {
		return expr.NewCall(made.Fn, t, made.Args()...)
	}
	if row.Type() == t {
		return row
	}
	return expr.NewCoalesce(t, row)
}

const namedRow = "named_row_of(_text,variadic any)"

// textArray is a constant.
func textArray(texts []string) expr.Expr {
	elems, shape, v := col.NewVector(col.Text), col.Flat(len(texts)), col.NewVector(col.TextArray)
	for _, t := range texts {
		elems.AppendBytes([]byte(t))
	}
	v.AppendBytes(col.AppendArray(nil, &shape, elems, 0))
	return expr.NewConst(v)
}

// fieldNames are the names of the fields: of a row of FROM, or f1, f2, …
func (r *rowValue) fieldNames() []string {
	if r.names != nil {
		return r.names
	}
	out := make([]string, len(r.fields))
	for i := range out {
		out[i] = "f" + strconv.Itoa(i+1)
	}
	return out
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
	r, err := b.sourceRow(x.Table)
	if r != nil && err == nil {
		return b.record(r)
	}
	if value := b.sourceValue(x.Table); value != nil || err != nil {
		return value, err
	}
	return nil, b.scope.missingSource(b.env, x.Table[len(x.Table)-1], x.Pos)
})

// composite binds a value that has fields; nil: x is of another type, and bound to value.
func (b *binder) composite(x ast.Expr) (r *rowValue, value expr.Expr, err error) {
	if r, err = b.row(x, false); r != nil || err != nil {
		return r, nil, err
	}
	if value, err = b.expr(x); err != nil {
		return nil, nil, err
	}
	fields, known := b.fieldsOf(value.Type())
	if !known {
		return nil, value, nil
	}
	r = &rowValue{names: []string{}}
	for i, f := range fields {
		r.fields, r.names = append(r.fields, fieldOf(value, i, f.Type)), append(r.names, f.Name)
	}
	return r, value, nil
}

// fieldOf is a field of a row, by its number.
func fieldOf(row expr.Expr, i int, t col.Type) expr.Expr {
	if c, ok := row.(*expr.Call); ok {
		switch c.Fn.ID() {
		case "row_of(variadic any)":
			return c.Args()[i]
		case namedRow:
			return c.Args()[i+1]
		}
	}
	return expr.NewCall(fn.ByID("row_field(record,int4)"), fieldType(t), row, expr.NewInt4(int32(i)))
}

// fieldType is the type of a field that is taken out of a row: the row does not keep its modifier.
func fieldType(t col.Type) col.Type {
	if !t.IsRow() {
		t.Mod = -1
	}
	return t
}

// (row).name is a field of a row; of a value of another type it is name(value).
var _ = binds(func(b *binder, x *ast.Field) (expr.Expr, error) {
	r, value, err := b.composite(x.Expr)
	if err != nil {
		return nil, err
	}
	if r != nil {
		if i := slices.Index(r.fieldNames(), x.Name); i >= 0 {
			return r.fields[i], nil
		}
		if ref, ok := x.Expr.(*ast.ColumnRef); ok && r.whole {
			return nil, b.env.at(ref.Pos, pgerr.New(pgerr.UndefinedColumn, "column %s.%s does not exist", ref.Parts[len(ref.Parts)-1], x.Name))
		}
		return nil, b.env.at(leftmost(x.Expr), errNoField(x.Name))
	}
	if m, err := fn.Resolve(x.Name, exprTypes([]expr.Expr{value}), nil); err == nil {
		return b.call(m, []expr.Expr{value}, nil)
	}
	if value.Type().Is(col.Record) {
		return nil, b.env.at(leftmost(x.Expr), errNoField(x.Name).WithHint("%s", rowsHint))
	}
	return nil, b.env.at(leftmost(x.Expr), pgerr.New(pgerr.WrongObjectType, "column notation .%s applied to type %s, which is not a composite type", x.Name, bare(value.Type())))
})

const rowsHint = "The fields of a row are known in the query that makes it: select them there."

func errNoField(name string) *pgerr.Error {
	return pgerr.New(pgerr.UndefinedColumn, "could not identify column %q in record data type", name)
}

// rowFields are what (row).* stands for.
func (b *binder) rowFields(x *ast.Star) ([]target, error) {
	r, value, err := b.composite(x.Row)
	switch {
	case err != nil:
		return nil, err
	case r == nil && value.Type().Is(col.Record):
		return nil, pgerr.New(pgerr.WrongObjectType, "record type has not been registered").WithHint("%s", rowsHint)
	case r == nil:
		return nil, pgerr.New(pgerr.WrongObjectType, "type %s is not composite", bare(value.Type()))
	}
	var out []target
	for i, name := range r.fieldNames() {
		out = append(out, target{r.fields[i], name, x.Pos})
	}
	return out, nil
}
