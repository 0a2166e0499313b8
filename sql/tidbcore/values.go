package tidbcore

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// values moves over VALUES (…), (…). Rows of literals do not reach TiDB.
func (e *encoder) values() {
	v := &ast.Values{Pos: e.Pos()}
	e.At++
	type slot struct{ row, col int }
	var slots []slot
	extra := e.aside(func() {
		for {
			row := e.valuesRow(func(col int) { slots = append(slots, slot{len(v.Rows), col}) }, len(slots) == 0)
			v.Rows = append(v.Rows, row)
			if !e.AcceptMark(",") {
				return
			}
		}
	})
	e.text("SELECT 0 FROM `_`")
	e.shape(selectShape{values: v, fill: func(f *feed) {
		for _, s := range slots {
			v.Rows[s.row][s.col] = f.next()
		}
	}}, extra)
}

// valuesRow moves over one (…). What is more than a leaf is left nil, written as an
// argument, and reported by its column.
func (e *encoder) valuesRow(complex func(col int), first bool) []ast.Expr {
	e.NeedMark("(")
	row := make([]ast.Expr, 0, 8)
	for {
		if x := e.literal(); x != nil {
			row = append(row, x)
		} else {
			start, markers := len(e.out), len(e.markers)
			if !first {
				e.text(",")
			}
			at := len(e.out)
			e.expr()
			x := e.lone(at)
			if x != nil {
				e.out, e.markers = e.out[:start], e.markers[:markers]
			} else {
				complex(len(row))
				first = false
			}
			row = append(row, x)
		}
		if !e.AcceptMark(",") {
			e.NeedMark(")")
			return row
		}
	}
}

// literal moves over a literal or DEFAULT that is all of an item of VALUES; it returns nil
// at anything else. It saves rows of literals the walk over an expression.
func (e *encoder) literal() ast.Expr {
	sign := 0
	if e.IsMark(0, "-") {
		sign = 1
	}
	if !e.IsMark(sign+1, ",") && !e.IsMark(sign+1, ")") {
		return nil
	}
	pos, t := e.Pos(), e.Peek(sign)
	var x ast.Expr
	switch {
	case t.Kind == lex.Integer || t.Kind == lex.Decimal:
		x = &ast.Number{Pos: pos, Text: "-"[:sign] + t.Text}
	case sign == 1:
		return nil
	case t.Kind == lex.String:
		x = &ast.String{Pos: pos, Value: t.Text}
	case e.Is("default"):
		x = &ast.Default{Pos: pos}
	case e.Is("null"):
		x = &ast.Null{Pos: pos}
	case e.OneOf(0, "true false"):
		x = &ast.Bool{Pos: pos, Value: e.Is("true")}
	default:
		return nil
	}
	e.At += sign + 1
	return x
}
