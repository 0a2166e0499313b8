package tidbcore

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

// assigns moves over c = value, (a, b) = value, …
func (e *encoder) assigns(a *args) []*ast.Assign {
	var all []*ast.Assign
	for {
		s := &ast.Assign{Pos: e.Pos()}
		if s.Multi = e.AcceptMark("("); s.Multi {
			s.Columns = e.columns()
			e.NeedMark(")")
		} else {
			s.Columns = []ast.Ident{e.column()}
		}
		e.NeedMark("=")
		a.comma()
		e.assigned(s)
		all = append(all, s)
		if !e.AcceptMark(",") {
			return all
		}
	}
}

// assigned moves over the value of an assignment.
func (e *encoder) assigned(s *ast.Assign) {
	pos, end := e.Pos(), e.At+1
	if e.Is("default") {
		e.one(&ast.Default{Pos: pos})
		return
	}
	if !s.Multi {
		e.expr()
		return
	}
	explicit := e.Is("row") && e.IsMark(1, "(")
	if explicit {
		end++
	}
	if !explicit && (!e.IsMark(0, "(") || e.isQuery(1)) {
		e.expr()
		return
	}
	e.At = end
	at, n := len(e.out), 0
	e.text("(")
	for {
		if n++; n > 1 {
			e.text(",")
		}
		if e.Is("default") && (e.IsMark(1, ",") || e.IsMark(1, ")")) {
			e.one(&ast.Default{Pos: e.Pos()})
		} else {
			e.expr()
		}
		if !e.AcceptMark(",") {
			break
		}
	}
	e.NeedMark(")")
	e.text(")")
	e.row(at, n, pos, explicit || n == 1)
	if n != len(s.Columns) {
		e.FailWith(pgerr.New(pgerr.SyntaxError, "number of columns does not match number of values"), pos)
	}
}

func fillAssigns(all []*ast.Assign, f *feed) {
	for _, s := range all {
		s.Value = f.next()
	}
}

// columns moves over the names of columns, which may not have subscripts.
func (e *encoder) columns() []ast.Ident {
	var all []ast.Ident
	for {
		all = append(all, e.column())
		if !e.AcceptMark(",") {
			return all
		}
	}
}

func (e *encoder) column() ast.Ident {
	c := e.Ident()
	if e.IsMark(0, ".") || e.IsMark(0, "[") {
		e.Refuse(c.Pos, "assignment to a part of a column", "Assign the whole column.")
	}
	return c
}
