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
	if t.Ordinality && !t.RowsFrom && len(t.Definitions) > 0 {
		err := pgerr.New(pgerr.SyntaxError, "WITH ORDINALITY cannot be used with a column definition list").
			WithHint("Put the column definition list inside ROWS FROM().")
		return nil, e.at(t.Definitions[0][0].Pos, err)
	}
	f := &RowsFrom{Input: &Values{Rows: [][]expr.Expr{{}}}}
	f.Ordinality = t.Ordinality
	b := &binder{env: e, scope: &scope{node: f.Input, outer: in.sight()}, ctes: in.ctes, found: &found{},
		clause: clause{name: "functions in FROM"}}
	b.scope.found, b.scope.clause = b.found, &b.clause
	if s, err := b.functionTable(t); s != nil || err != nil {
		return s, err
	}
	t = unnestedTogether(t)
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
	s := newSource(n, src, names(n.Schema(), identity(len(n.Schema()))), nil)
	return s, e.rename(s, t.Alias, "table")
})

// unnestedTogether writes unnest(a, b) as the functions unnest(a) and unnest(b) of ROWS FROM.
func unnestedTogether(t *ast.TableFunc) *ast.TableFunc {
	out := *t
	out.Funcs, out.Definitions = nil, nil
	for i, f := range t.Funcs {
		var defined []ast.ColumnDefinition
		if i < len(t.Definitions) {
			defined = t.Definitions[i]
		}
		call, ok := f.(*ast.Call)
		if !ok || call.Name.Name != "unnest" || len(call.Args) < 2 {
			out.Funcs, out.Definitions = append(out.Funcs, f), append(out.Definitions, defined)
			continue
		}
		for _, a := range call.Args {
			one := *call
			one.Args = []ast.Expr{a}
			out.Funcs, out.Definitions = append(out.Funcs, &one), append(out.Definitions, defined)
		}
	}
	return &out
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
	if ok && populates[call.Name.Name] != "" && (i >= len(t.Definitions) || t.Definitions[i] == nil) {
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
	var defined []ast.ColumnDefinition
	if i < len(t.Definitions) {
		defined = t.Definitions[i]
	}
	if fields, ok := b.unnested(&c); ok && defined == nil {
		c.Columns = fields
		return c, nil
	}
	if c.Fn.Record != (defined != nil) {
		if c.Fn.Record {
			return c, pgerr.New(pgerr.SyntaxError, "a column definition list is required for functions returning \"record\"")
		}
		return c, b.env.at(defined[0].Pos, pgerr.New(pgerr.SyntaxError, "a column definition list is only allowed for functions returning \"record\""))
	}
	for _, d := range defined {
		typ, err := b.typeNamed(d.Type)
		if err != nil {
			return c, err
		}
		if typ.IsRow() && typ.Mod >= 0 {
			return c, b.env.at(d.Pos, pgerr.Unsupported("a column of the rows of a table"))
		}
		c.Columns = append(c.Columns, col.Column{Name: d.Name, Type: typ})
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
	c.Fn, c.Columns = fn.SetByID("unnest_rows(anyarray)"), nil
	return fields, ok
}

func (b *binder) oneRow(x ast.Expr) (c exec.RowsCall, err error) {
	e, err := b.value(x)
	if err != nil {
		return c, err
	}
	return exec.RowsCall{Fn: fn.SetByID("one_row(anyelement)"), Args: []expr.Expr{e}, Columns: []col.Column{{Type: bare(e.Type())}}}, nil
}
