package tidbcore

import "github.com/millracedb/millrace/sql/ast"

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

// changed is what follows the target of an UPDATE or a DELETE: which rows change, and
// what becomes of them.
type changed struct {
	items, where, returning bool
	cursor                  string // of WHERE CURRENT OF
}

// changed moves over FROM items behind word, WHERE and RETURNING, each if it is there. The
// items are written as the query they would stand in.
func (a *args) changed(word string) (c changed) {
	if c.items = a.e.Accept(word); c.items {
		a.comma()
		a.e.text("(SELECT 0 FROM")
		a.e.fromList()
		a.e.text(")")
	}
	c.where, c.cursor = a.where()
	c.returning = a.returning()
	return c
}

// take takes what changed has moved over out of the next arguments.
func (c changed) take(f *feed) (items []ast.TableExpr, where ast.Expr, returning []*ast.Target) {
	if c.items {
		items = f.next().(*ast.Subquery).Query.Body.(*ast.Select).From
	}
	if c.where {
		where = f.next()
	}
	return items, where, takeReturning(c.returning, f)
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

func (e *encoder) update(a *args, extra []token, with bool) {
	u := &ast.Update{Pos: e.Pos()}
	e.text("UPDATE `_` SET `_` =")
	e.At++
	u.Table = e.target()
	e.Need("set")
	var rest changed
	extra = append(extra, e.aside(func() {
		u.Set = e.assigns(a)
		rest = a.changed("from")
	})...)
	e.effectMarker(extra, func(_ *ast.Query, f *feed) ast.Stmt {
		u.With = takeWith(with, f)
		fillAssigns(u.Set, f)
		u.From, u.Where, u.Returning = rest.take(f)
		u.CurrentOf = rest.cursor
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
	var rest changed
	extra = append(extra, e.aside(func() { rest = a.changed("using") })...)
	e.effectMarker(extra, func(_ *ast.Query, f *feed) ast.Stmt {
		d.With = takeWith(with, f)
		d.Using, d.Where, d.Returning = rest.take(f)
		d.CurrentOf = rest.cursor
		return d
	})
}
