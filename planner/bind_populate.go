package planner

import (
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// populates are the functions that make rows of a known type of JSON, and those that make them of
// columns that are defined.
var populates = map[string]string{
	"json_populate_record": "json_to_record", "jsonb_populate_record": "jsonb_to_record",
	"json_populate_recordset": "json_to_recordset", "jsonb_populate_recordset": "jsonb_to_recordset",
}

// returnsSet tells those that return any number of rows.
var returnsSet = map[string]bool{"json_populate_recordset": true, "jsonb_populate_recordset": true}

// populated binds a call in FROM of a function that makes rows of JSON, as a call of that one whose
// columns are the fields of its first argument's type. What the JSON does not name is taken from the
// first argument, a row, by merging the two as objects.
func (b *binder) populated(x *ast.Call) (c exec.RowsCall, err error) {
	fields, base, err := b.populatedFields(x)
	if err != nil {
		return c, err
	}
	name, from := populates[x.Name.Name], x.Args[1]
	k, constant := base.(*expr.Const)
	switch object := ast.Expr(&ast.TypedLiteral{Pos: x.Pos, Type: &ast.TypeName{Name: "jsonb"}, Value: "{}"}); {
	case constant && k.IsNull() && returnsSet[x.Name.Name]:
	case returnsSet[x.Name.Name]:
		return c, b.env.at(x.Pos, pgerr.Unsupported("%s over a row that is not NULL", x.Name.Name).WithHint("Name the columns with %s, and COALESCE them.", name))
	case constant && k.IsNull():
		kind, _, _ := strings.Cut(name, "_")
		empty := &ast.TypedLiteral{Pos: x.Pos, Type: &ast.TypeName{Name: kind}, Value: "{}"}
		from = &ast.Coalesce{Pos: x.Pos, Args: []ast.Expr{from, empty}}
	default:
		row := &ast.Call{Pos: x.Pos, Name: ast.Name{Pos: x.Pos, Name: "to_jsonb"}, Args: x.Args[:1]}
		with := &ast.Cast{Pos: x.Pos, Expr: from, Type: &ast.TypeName{Name: "jsonb"}}
		from = &ast.Binary{Pos: x.Pos, Op: ast.Operator{Pos: x.Pos, Name: "||"},
			Left:  &ast.Coalesce{Pos: x.Pos, Args: []ast.Expr{row, object}},
			Right: &ast.Coalesce{Pos: x.Pos, Args: []ast.Expr{with, object}}}
		name = "jsonb_to_record"
	}
	call := &ast.Call{Pos: x.Pos, Name: ast.Name{Pos: x.Pos, Name: name}, Args: []ast.Expr{from}}
	if c, err = b.setCall(call); err != nil {
		return c, err
	}
	c.Columns = fields
	return c, nil
}

// populatedFields are the columns of what such a call returns, and its first argument.
func (b *binder) populatedFields(x *ast.Call) (fields []col.Column, base expr.Expr, err error) {
	if len(x.Args) != 2 {
		return nil, nil, b.env.at(x.Pos, pgerr.New(pgerr.UndefinedFunction, "function %s of %d arguments does not exist", x.Name.Name, len(x.Args)))
	}
	if base, err = b.expr(x.Args[0]); err != nil {
		return nil, nil, err
	}
	fields, known := b.fieldsOf(base.Type())
	if !known {
		return nil, nil, b.env.at(x.Pos, pgerr.New(pgerr.InvalidParameterValue, "could not determine row type for result of %s", x.Name.Name).
			WithHint("Cast the first argument to the rows of a table: NULL::t."))
	}
	for _, f := range fields {
		if f.Type.IsRow() {
			return nil, nil, b.env.at(x.Pos, pgerr.Unsupported("%s of a row with rows in it", x.Name.Name))
		}
	}
	return fields, base, nil
}

// populatedRow binds a call outside of FROM of a function that makes one row of JSON: the row of a
// subquery. Nil: x is no such call.
func (b *binder) populatedRow(x *ast.Call) (expr.Expr, error) {
	if populates[x.Name.Name] == "" || returnsSet[x.Name.Name] {
		return nil, nil
	}
	fields, _, err := b.populatedFields(x)
	if err != nil {
		return nil, err
	}
	const alias = "populated"
	from := &ast.TableFunc{Pos: x.Pos, Funcs: []ast.Expr{x}, Alias: ast.Alias{Name: alias}}
	row := &ast.ColumnRef{Pos: x.Pos, Parts: []string{alias}}
	body := &ast.Select{Pos: x.Pos, Targets: []*ast.Target{{Pos: x.Pos, Expr: row}}, From: []ast.TableExpr{from}}
	e, err := b.expr(&ast.Subquery{Pos: x.Pos, Query: &ast.Query{Body: body}})
	if err != nil || e.Type().Is(col.Record) {
		return e, err
	}
	return b.rowCall(&rowValue{fields: []expr.Expr{e}, names: []string{fields[0].Name}}), nil
}
