package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// defineColumns takes what an item of FROM says of a function's columns (42601).
func (b *binder) defineColumns(call *functionCall, x *ast.Call, defined []ast.ColumnDefinition) (err error) {
	switch {
	case call.leavesColumns(b.env) && defined == nil:
		return b.env.at(x.Pos, errNoColumns())
	case !call.leavesColumns(b.env) && defined != nil:
		return b.env.at(defined[0].Pos, pgerr.New(pgerr.SyntaxError, "%s", call.knownColumns()))
	}
	call.columns, err = b.definedColumns(defined)
	return err
}

func errNoColumns() *pgerr.Error {
	return pgerr.New(pgerr.SyntaxError, "a column definition list is required for functions returning \"record\"")
}

// definedColumns are the columns of a column definition list.
func (b *binder) definedColumns(defined []ast.ColumnDefinition) (out []col.Column, err error) {
	for _, d := range defined {
		t, err := b.typeNamed(d.Type)
		switch {
		case err != nil:
			return nil, err
		case t.IsRow() && t.Mod >= 0:
			return nil, b.env.at(d.Pos, pgerr.Unsupported("a column of the rows of a table"))
		case slices.ContainsFunc(out, func(c col.Column) bool { return c.Name == d.Name }):
			err := pgerr.New(pgerr.DuplicateColumn, "column name %q specified more than once", d.Name)
			err.Nowhere = true
			return nil, err
		}
		out = append(out, col.Column{Name: d.Name, Type: t})
	}
	return out, nil
}

// resultOf casts the columns of a body to those of the result; nil: it has those of the body. The rows
// of a set keep their order, by columns behind these.
func (e *env) resultOf(call *functionCall, r *relation, columns []col.Column) (*relation, error) {
	n := r.visible()
	if call.Set && len(r.order) > 0 {
		n = r.node
	}
	g := e.columnsGiven(call, n, r.width, columns)
	n = g.node
	p, err := e.resultColumnsOf(call, g, columns)
	if err != nil {
		return nil, err
	}
	out := &relation{node: p, width: len(p.Exprs)}
	if call.Set {
		for _, o := range r.order {
			c := n.Schema()[o.Col]
			p.Exprs, p.Names = append(p.Exprs, expr.NewColumn(o.Col, c.Type)), append(p.Names, c.Name)
			o.Col = len(p.Exprs) - 1
			out.order = append(out.order, o)
		}
	} else if below, ok := n.(*Project); ok { // each of its columns is read once
		for i, x := range p.Exprs {
			p.Exprs[i] = substitute(x, below.Exprs)
		}
		p.Input = below.Input
	}
	return out, nil
}

// givenColumns is what a body has for the columns of the result.
type givenColumns struct {
	node  Node
	exprs []expr.Expr // over node
	names []string
	row   bool // they are the fields of a row, which is the body's one column
}

// columnsGiven finds what a body, whose own columns are the first ones of n, has for columns: those, or the fields
// of a row. Whether a row has the fields that are wanted is asked when it comes, where it is not known before.
func (e *env) columnsGiven(call *functionCall, n Node, width int, columns []col.Column) givenColumns {
	own := givenColumns{node: n}
	for i, c := range n.Schema()[:width] {
		own.exprs, own.names = append(own.exprs, expr.NewColumn(i, c.Type)), append(own.names, c.Name)
	}
	if !call.composite() || width != 1 || !own.exprs[0].Type().Is(col.Record) {
		return own
	}
	row := own.exprs[0]
	fields, known := e.fieldsOf(row.Type())
	fits := known && slices.EqualFunc(fields, columns, sameType)
	if call.value && (call.RowOf == 0 || fits && slices.EqualFunc(fields, columns, sameName)) {
		call.whole = true
		switch {
		case call.leavesColumns(e):
			own.exprs[0] = ofType(row, anyRow)
		case fits:
			own.exprs[0] = ofType(row, e.rowType(columns))
		}
		return own
	}
	out := givenColumns{node: n, row: true}
	if known && (fits || call.RowOf != 0) {
		for i, f := range fields {
			out.exprs, out.names = append(out.exprs, fieldOf(row, i, f.Type)), append(out.names, f.Name)
		}
		return out
	}
	c := exec.RowsCall{Fn: rowDefined, Args: []expr.Expr{row}, Columns: bareColumns(columns)}
	out.node = &RowsFrom{Input: n, RowsFromSpec: exec.RowsFromSpec{Calls: []exec.RowsCall{c}}}
	for i, c := range c.Columns {
		out.exprs, out.names = append(out.exprs, expr.NewColumn(len(n.Schema())+i, c.Type)), append(out.names, c.Name)
	}
	return out
}

func sameName(a, b col.Column) bool { return a.Name == b.Name }

// bareColumns are columns without modifiers, which nothing applies to the fields of a row.
func bareColumns(columns []col.Column) (out []col.Column) {
	for _, c := range columns {
		c.Type = fieldType(c.Type)
		out = append(out, c)
	}
	return out
}

// resultColumnsOf casts what a body has to the columns of the result (42P13).
func (e *env) resultColumnsOf(call *functionCall, g givenColumns, columns []col.Column) (*Project, error) {
	p := &Project{Input: g.node}
	if call.whole || columns == nil {
		for _, x := range g.exprs {
			if x.Type().Is(col.Unknown) {
				var err error
				if x, err = e.coerce(x, col.Text, fn.Implicit); err != nil {
					return nil, err
				}
			}
			p.Exprs = append(p.Exprs, x)
		}
		p.Names = g.names
		return p, nil
	}
	if detail := call.otherNumber(g, len(columns)); detail != "" {
		return nil, e.mismatch(call, g, detail)
	}
	for i, c := range columns {
		x, err := e.coerce(g.exprs[i], c.Type, fn.Assignment)
		switch have := bare(g.exprs[i].Type()); {
		case pgerr.CodeOf(err) == pgerr.CannotCoerce && g.row:
			return nil, e.mismatch(call, g, "Cannot cast type %s to %s in column %d.", have, bare(c.Type), i+1)
		case pgerr.CodeOf(err) == pgerr.CannotCoerce && !call.composite():
			return nil, e.mismatch(call, g, "Actual return type is %s.", have)
		case pgerr.CodeOf(err) == pgerr.CannotCoerce:
			return nil, e.mismatch(call, g, "Final statement returns %s instead of %s at column %d.", have, bare(c.Type), i+1)
		case err != nil:
			return nil, err
		}
		p.Exprs, p.Names = append(p.Exprs, x), append(p.Names, c.Name)
	}
	return p, nil
}

// otherNumber says that a body has not as many columns as the result; empty: it has.
func (call *functionCall) otherNumber(g givenColumns, want int) string {
	few, many := "Final statement returns too few columns.", "Final statement returns too many columns."
	switch have := len(g.exprs); {
	case have == want:
		return ""
	case !call.composite():
		return "Final statement must return exactly one column."
	case g.row:
		few, many = "Input has too few columns.", "Input has too many columns."
	}
	if len(g.exprs) < want {
		return few
	}
	return many
}

// mismatch is the error of a body that does not give the result: a row is cast to the type of the result.
func (e *env) mismatch(call *functionCall, g givenColumns, detail string, args ...any) error {
	name := e.resultName(call.Function, call.ret)
	err := errResult(call.Name, name, detail, args...)
	if g.row {
		err.Code, err.Message = pgerr.CannotCoerce, "cannot cast type record to "+name
	}
	return err
}

// errResult is the error of a body whose query does not give the result.
func errResult(function, declared, detail string, args ...any) *pgerr.Error {
	err := errFunction("return type mismatch in function declared to return %s", declared).WithDetail(detail, args...)
	err.Where = "SQL function \"" + function + "\""
	return err
}

// resultRow is the row that a call has as its value, of the columns of its body.
func (e *env) resultRow(call *functionCall, names []string, fields []expr.Expr) expr.Expr {
	if call.whole {
		return fields[0]
	}
	row := e.rowCall(&rowValue{names: names, fields: fields})
	if !call.leavesColumns(e) {
		return row
	}
	return ofType(row, anyRow)
}
