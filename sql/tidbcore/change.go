package tidbcore

import (
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// effect makes the node of an INSERT, UPDATE or DELETE: source is what an INSERT inserts,
// f the arguments of the statement's marker.
type effect func(source *ast.Query, f *feed) ast.Stmt

// change moves over [WITH …] INSERT, UPDATE or DELETE. The skeleton of INSERT is
//
//	INSERT INTO `_` query ON DUPLICATE KEY UPDATE `_` = `d0`(…)
//
// that of the others is UPDATE `_` SET `_` = `d0`(…) and DELETE FROM `_` WHERE `d0`(…).
// Lists of FROM items and select lists are arguments as the query they would stand in.
func (e *encoder) change() {
	a := &args{e: e}
	var with bool
	extra := e.aside(func() {
		if with = e.Is("with"); with {
			a.comma()
			e.text("(")
			e.with()
			e.text("SELECT 0)")
		}
	})
	switch {
	case e.Is("insert"):
		e.insert(a, extra, with)
	case e.Is("update"):
		e.update(a, extra, with)
	case e.Is("delete"):
		e.delete(a, extra, with)
	default:
		e.Fail()
	}
}

// effectMarker writes the marker of the statement.
func (e *encoder) effectMarker(extra []token, make effect) {
	e.effects = append(e.effects, make)
	e.open('d', len(e.effects)-1)
	e.out = append(e.out, extra...)
	e.text(")")
}

// takeWith takes the WITH clause out of the first argument.
func takeWith(with bool, f *feed) *ast.With {
	if !with {
		return nil
	}
	return f.next().(*ast.Subquery).Query.With
}

// fromPart moves, with walk, over FROM items, written as the query they would stand in.
func (a *args) fromPart(walk func()) {
	a.comma()
	a.e.text("(SELECT 0 FROM")
	walk()
	a.e.text(")")
}

// returning moves over RETURNING, if it is there.
func (a *args) returning() bool {
	if !a.e.Accept("returning") {
		return false
	}
	s := &ast.Select{}
	a.comma()
	a.e.text("(SELECT")
	a.e.targets(&s.Targets, false)
	a.e.text("FROM `_`")
	a.e.shape(selectShape{body: s}, nil)
	a.e.text(")")
	return true
}

func takeReturning(returning bool, f *feed) []*ast.Target {
	if !returning {
		return nil
	}
	return f.next().(*ast.Subquery).Query.Body.(*ast.Select).Targets
}

func (e *encoder) insert(a *args, extra []token, with bool) {
	i := &ast.Insert{Pos: e.Pos()}
	e.text("INSERT INTO `_`")
	e.At++
	e.Need("into")
	i.Table = e.Name()
	if e.Accept("as") {
		i.Alias = e.Ident().Name
	}
	if e.IsMark(0, "(") && !e.isQuery(1) {
		e.At++
		i.Columns = e.columns()
		e.NeedMark(")")
	}
	if e.Accept("overriding") {
		if !e.OneOf(0, "system user") {
			e.Fail()
		}
		i.Overriding = strings.ToUpper(e.Label().Name)
		e.Need("value")
	}
	defaults := e.Is("default") && len(i.Columns) == 0 && i.Overriding == ""
	if defaults {
		e.At++
		e.Need("values")
		e.text("SELECT 0 FROM `_`")
		e.shape(selectShape{body: &ast.Select{}}, nil)
	} else {
		e.query()
	}
	var conflict func(f *feed) *ast.OnConflict
	var returning bool
	extra = append(extra, e.aside(func() {
		conflict = e.onConflict(a)
		returning = a.returning()
	})...)
	e.text("ON DUPLICATE KEY UPDATE `_` =")
	e.effectMarker(extra, func(source *ast.Query, f *feed) ast.Stmt {
		i.With = takeWith(with, f)
		if !defaults {
			i.Source = source
		}
		i.OnConflict = conflict(f)
		i.Returning = takeReturning(returning, f)
		return i
	})
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

// onConflict moves over ON CONFLICT, if it is there.
func (e *encoder) onConflict(a *args) func(f *feed) *ast.OnConflict {
	if !e.Is("on") {
		return func(*feed) *ast.OnConflict { return nil }
	}
	o := &ast.OnConflict{Pos: e.Pos()}
	var targetWhere, where bool
	e.At++
	e.Need("conflict")
	if e.Accept("on") {
		e.Need("constraint")
		o.Constraint = e.Ident().Name
	} else if e.IsMark(0, "(") {
		e.At++
		for {
			a.comma()
			o.Target = append(o.Target, e.indexElem())
			if !e.AcceptMark(",") {
				break
			}
		}
		e.NeedMark(")")
		if targetWhere = e.Accept("where"); targetWhere {
			a.expr()
		}
	}
	e.Need("do")
	if o.DoNothing = e.Accept("nothing"); !o.DoNothing {
		e.Need("update", "set")
		o.Set = e.assigns(a)
		if where = e.Accept("where"); where {
			a.expr()
		}
	}
	return func(f *feed) *ast.OnConflict {
		for _, t := range o.Target {
			t.Expr = f.next()
		}
		if targetWhere {
			o.TargetWhere = f.next()
		}
		fillAssigns(o.Set, f)
		if where {
			o.Where = f.next()
		}
		return o
	}
}

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

func (e *encoder) update(a *args, extra []token, with bool) {
	u := &ast.Update{Pos: e.Pos()}
	e.text("UPDATE `_` SET `_` =")
	e.At++
	u.Table = e.target()
	e.Need("set")
	var from, where, returning bool
	extra = append(extra, e.aside(func() {
		u.Set = e.assigns(a)
		if from = e.Accept("from"); from {
			a.fromPart(e.fromList)
		}
		where, u.CurrentOf = a.where()
		returning = a.returning()
	})...)
	e.effectMarker(extra, func(_ *ast.Query, f *feed) ast.Stmt {
		u.With = takeWith(with, f)
		fillAssigns(u.Set, f)
		if from {
			u.From = f.next().(*ast.Subquery).Query.Body.(*ast.Select).From
		}
		if where {
			u.Where = f.next()
		}
		u.Returning = takeReturning(returning, f)
		return u
	})
}

// target moves over the table that UPDATE or DELETE changes.
func (e *encoder) target() *ast.Table {
	t := e.tableName()
	a := ast.Alias{Pos: e.Pos()}
	if e.Accept("as") || e.IsName(0) && !e.Is("set") {
		a.Name = e.Ident().Name
		t.Alias = a
	}
	return t
}

// where moves over WHERE condition or WHERE CURRENT OF cursor, if it is there.
func (a *args) where() (condition bool, cursor string) {
	if !a.e.Accept("where") {
		return false, ""
	}
	if a.e.Is("current", "of") {
		a.e.At += 2
		return false, a.e.Ident().Name
	}
	a.expr()
	return true, ""
}

func (e *encoder) delete(a *args, extra []token, with bool) {
	d := &ast.Delete{Pos: e.Pos()}
	e.text("DELETE FROM `_` WHERE")
	e.At++
	e.Need("from")
	d.Table = e.target()
	var using, where, returning bool
	extra = append(extra, e.aside(func() {
		if using = e.Accept("using"); using {
			a.fromPart(e.fromList)
		}
		where, d.CurrentOf = a.where()
		returning = a.returning()
	})...)
	e.effectMarker(extra, func(_ *ast.Query, f *feed) ast.Stmt {
		d.With = takeWith(with, f)
		if using {
			d.Using = f.next().(*ast.Subquery).Query.Body.(*ast.Select).From
		}
		if where {
			d.Where = f.next()
		}
		d.Returning = takeReturning(returning, f)
		return d
	})
}
