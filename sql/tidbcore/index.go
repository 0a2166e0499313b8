package tidbcore

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// indexElems moves over the columns and expressions of an index.
func (e *encoder) indexElems() []*ast.IndexElem {
	var all []*ast.IndexElem
	for {
		all = append(all, e.indexElem())
		if !e.AcceptMark(",") {
			return all
		}
		e.text(",")
	}
}

// indexElem moves over column, call or (expr), and what stands behind it; Expr is filled
// in later.
func (e *encoder) indexElem() *ast.IndexElem {
	x := &ast.IndexElem{Pos: e.Pos()}
	switch {
	case e.IsMark(0, "("):
		e.text("(")
		e.At++
		e.expr()
		e.text(")")
		e.NeedMark(")")
	case e.functionAhead():
		e.primary()
	default:
		c := e.Ident()
		e.leaf(&ast.ColumnRef{Pos: c.Pos, Parts: []string{c.Name}}, e.At-1)
	}
	if e.Accept("collate") {
		x.Collation = e.anyName()
	}
	if e.Peek(0).Kind != lex.Word || !e.OneOf(0, "asc desc nulls") {
		if e.IsName(0) {
			x.OpClass = e.anyName()
		}
	}
	if !e.Accept("asc") {
		x.Desc = e.Accept("desc")
	}
	if e.Accept("nulls") {
		x.Nulls = ast.NullsLast
		if e.Accept("first") {
			x.Nulls = ast.NullsFirst
		} else {
			e.Need("last")
		}
	}
	return x
}
