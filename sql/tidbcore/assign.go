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
			s.Columns = a.places()
			e.NeedMark(")")
		} else {
			s.Columns = []ast.Place{a.place()}
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
		fillPlaces(s.Columns, f)
		s.Value = f.next()
	}
}

// places moves over columns and parts of columns.
func (a *args) places() []ast.Place {
	var all []ast.Place
	for {
		all = append(all, a.place())
		if !a.e.AcceptMark(",") {
			return all
		}
	}
}

// place moves over a column, with subscripts whose bounds are arguments of a marker.
func (a *args) place() ast.Place {
	e := a.e
	p := ast.Place{Ident: e.Ident()}
	for e.IsMark(0, "[") {
		s := &ast.Subscript{Pos: e.Pos()}
		e.At++
		s.Low = a.bound(":")
		if s.Slice = e.AcceptMark(":"); s.Slice {
			s.High = a.bound("]")
		} else if s.Low == nil {
			e.Fail()
		}
		e.NeedMark("]")
		p.Parts = append(p.Parts, s)
	}
	if e.IsMark(0, ".") {
		e.Refuse(p.Pos, "assignment to a field of a column", "Assign the whole column.")
	}
	return p
}

// bound moves over one of a subscript's, unless what ends it comes at once: then it is nil.
func (a *args) bound(end string) ast.Expr {
	if a.e.IsMark(0, end) {
		return nil
	}
	a.expr()
	return unfilled
}

// unfilled stands for a bound that is among the arguments.
var unfilled ast.Expr = &ast.Default{}

func fillPlaces(all []ast.Place, f *feed) {
	for _, p := range all {
		for _, s := range p.Parts {
			for _, bound := range []*ast.Expr{&s.Low, &s.High} {
				if *bound != nil {
					*bound = f.next()
				}
			}
		}
	}
}
