package tidbcore

import (
	"strings"

	"github.com/millracedb/millrace/sql/ast"
)

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
		extra = append(extra, e.aside(func() { i.Columns = a.places() })...)
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
		fillPlaces(i.Columns, f)
		if !defaults {
			i.Source = source
		}
		i.OnConflict = conflict(f)
		i.Returning = takeReturning(returning, f)
		return i
	})
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
