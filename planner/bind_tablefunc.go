package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// A function in FROM sees the items before it, as LATERAL items do.
var _ = bindsFrom(func(e *env, t *ast.TableFunc, in *binding) (*scope, error) {
	f := &RowsFrom{Input: &Values{Rows: [][]expr.Expr{{}}}}
	f.Ordinality = t.Ordinality
	b := &binder{env: e, scope: &scope{node: f.Input, outer: in.sight()}, ctes: in.ctes, found: &found{},
		clause: clause{name: "functions in FROM"}}
	b.scope.found, b.scope.clause = b.found, &b.clause
	s, err := b.functionTable(t)
	if s != nil || err != nil {
		return s, err
	}
	if t, err = b.unnestedTogether(t); err != nil {
		return nil, err
	}
	var args []*expr.Expr
	for i := range t.Funcs {
		c, err := b.rowsCall(t, i)
		if err != nil {
			return nil, e.at(t.Funcs[i].Position(), err)
		}
		f.Calls = append(f.Calls, c)
		for k := range c.Args {
			args = append(args, &c.Args[k])
		}
	}
	n, err := e.functionRows(b, f, args)
	if err != nil {
		return nil, err
	}
	src := &source{real: tableFuncName(t), row: len(n.Schema()) == 1, unlocked: "a function"}
	src.alias = src.real
	s = newSource(n, src, names(n.Schema(), identity(len(n.Schema()))), nil)
	return s, e.rename(s, t.Alias, "table")
})

// unnestedTogether writes unnest(a, b) as the functions unnest(a) and unnest(b) of ROWS FROM (42601).
func (e *env) unnestedTogether(t *ast.TableFunc) (*ast.TableFunc, error) {
	out := *t
	out.Funcs, out.Definitions = nil, nil
	for i, f := range t.Funcs {
		defined := t.Defined(i)
		call, ok := f.(*ast.Call)
		if !ok || call.Name.Name != "unnest" || len(call.Args) < 2 || t.RowsFrom && defined != nil {
			out.Funcs, out.Definitions = append(out.Funcs, f), append(out.Definitions, defined)
			continue
		}
		if defined != nil {
			err := pgerr.New(pgerr.SyntaxError, "UNNEST() with multiple arguments cannot have a column definition list").
				WithHint("Use separate UNNEST() calls inside ROWS FROM(), and attach a column definition list to each one.")
			return nil, e.at(defined[0].Pos, err)
		}
		for _, a := range call.Args {
			one := *call
			one.Args = []ast.Expr{a}
			out.Funcs, out.Definitions = append(out.Funcs, &one), append(out.Definitions, nil)
		}
	}
	return &out, nil
}

// functionRows is the node of functions in FROM, below whose rows stand the subqueries in
// their arguments.
func (e *env) functionRows(b *binder, f *RowsFrom, args []*expr.Expr) (Node, error) {
	in, err := b.attach(f.Input, args...)
	if err != nil {
		return nil, err
	}
	width := len(in.Schema())
	f.Input = in
	if s := e.series(f); s != nil && width == 0 {
		return s, nil
	}
	if width == 0 {
		return f, nil
	}
	return columnsProject(f, shifted(identity(len(f.added())), width)), nil
}

// series is generate_series alone, of constants, in a query that runs once: its rows are made
// as they are wanted. Nil: it is something else.
func (e *env) series(f *RowsFrom) Node {
	if e.standing || len(f.Calls) != 1 || f.Ordinality || f.Calls[0].Fn.Name != "generate_series" {
		return nil
	}
	c := f.Calls[0]
	for _, a := range c.Args {
		if readsColumns(a) || expr.ReadsOuter(a, 0) {
			return nil
		}
	}
	return &Series{Name: c.Columns[0].Name, Args: c.Args}
}

// tableFuncName is what a function in FROM is called without an alias.
func tableFuncName(t *ast.TableFunc) string {
	name := columnName(t.Funcs[0])
	if call, ok := t.Funcs[0].(*ast.Call); ok {
		name = call.Name.Name
	}
	return name
}

// rowsCall binds function i of an item of FROM. One that returns a value returns a row of it.
func (b *binder) rowsCall(t *ast.TableFunc, i int) (c exec.RowsCall, err error) {
	call, ok := t.Funcs[i].(*ast.Call)
	defined := t.Defined(i)
	if ok && populates[call.Name.Name] != "" && defined == nil {
		return b.populated(call)
	}
	if ok && fn.ReturnsRows(call.Name.Name) {
		c, err = b.setCall(call)
	} else {
		c, err = b.oneRow(t.Funcs[i])
	}
	if err != nil {
		return c, err
	}
	if fields, ok := b.unnested(&c); ok && defined == nil {
		c.Columns = fields
		return c, nil
	}
	if c.Fn.Name == "one_row" && defined != nil && c.Columns[0].Type.Is(col.Record) {
		c.Fn, c.Columns = rowDefined, nil
	}
	switch {
	case c.Fn.Record && defined == nil:
		return c, errNoColumns()
	case len(c.Fn.Columns) > 1 && defined != nil:
		return c, b.env.at(defined[0].Pos, pgerr.New(pgerr.SyntaxError, "a column definition list is redundant for a function with OUT parameters"))
	case !c.Fn.Record && defined != nil:
		return c, b.env.at(defined[0].Pos, pgerr.New(pgerr.SyntaxError, "a column definition list is only allowed for functions returning \"record\""))
	case defined != nil:
		if c.Columns, err = b.definedColumns(defined); err != nil {
			return c, err
		}
	}
	if c.Fn == rowDefined || c.Fn == unnestedRows {
		c.Columns = bareColumns(c.Columns)
	}
	if len(c.Columns) == 1 && c.Columns[0].Name == "" {
		c.Columns[0].Name = columnName(t.Funcs[i])
		if ok {
			c.Columns[0].Name = call.Name.Name
		}
		if len(t.Funcs) == 1 && t.Alias.Name != "" {
			c.Columns[0].Name = t.Alias.Name
		}
	}
	return c, nil
}

// unnestedRows and rowDefined give the fields of rows.
var (
	unnestedRows = fn.SetByID("unnest_rows(anyarray)")
	rowDefined   = fn.SetByID("row_columns(record)")
)

// unnested makes a call that unnests rows one that gives their fields; they are not known where they are nil, and false
// tells that it is another call.
func (b *binder) unnested(c *exec.RowsCall) (fields []col.Column, ok bool) {
	if c.Fn.Name != "unnest" || !c.Columns[0].Type.Is(col.Record) {
		return nil, false
	}
	known, ok := b.fieldsOf(c.Columns[0].Type)
	for _, f := range known {
		fields = append(fields, col.Column{Name: f.Name, Type: fieldType(f.Type)})
	}
	c.Fn, c.Columns = unnestedRows, nil
	return fields, ok
}

func (b *binder) oneRow(x ast.Expr) (c exec.RowsCall, err error) {
	e, err := b.value(x)
	if err != nil {
		return c, err
	}
	return exec.RowsCall{Fn: fn.SetByID("one_row(anyelement)"), Args: []expr.Expr{e}, Columns: []col.Column{{Type: bare(e.Type())}}}, nil
}
