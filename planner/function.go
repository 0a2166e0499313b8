package planner

import (
	"slices"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
	"github.com/millracedb/millrace/sql/ast"
)

// A function that a user created is planned as its body: the body is bound with the call's
// arguments in place of its parameters. They are the one row of a scope around the body's
// query, so that a column hides a parameter of its name and f.x means a parameter of f.

// Bounds on functions in functions, and on what grows when arguments are put in several times.
const (
	mostFunctions = 100
	mostBodies    = 5000 // in one statement: each may call others several times
	mostInlined   = 10_000
)

// functionCall is a call with the function that it means.
type functionCall struct {
	*catalog.Function
	args   []expr.Expr // for its input parameters, of their types
	fields []bool      // which of the args are fields of one that is a row
	match  *fn.Match   // tells what its polymorphic types stand for; nil: there is no call yet
	ret    col.Type    // of the result in this call

	value   bool         // its rows are wanted as values
	columns []col.Column // those that the query says it has, of a function that leaves them to its calls
	whole   bool         // the body has a row as the value of its one column
}

// userCall finds the function of a user that a call means, and binds its arguments; nil: it
// means another function, or none. Its arguments are then in bound if that has told.
func (b *binder) userCall(x *ast.Call) (call *functionCall, bound *boundCall, err error) {
	name := x.Name
	users := b.Catalog.FunctionsNamed(b.Path, name.Schema, name.Name)
	if len(users) == 0 {
		return nil, nil, nil
	}
	system := name.Schema == "" || name.Schema == "pg_catalog"
	special := system && (agg.Exists(name.Name) || over.Exists(name.Name) || fn.ReturnsRows(name.Name))
	err = refuseModifiers(x, name.Name)
	if err == nil && x.Over != nil {
		err = pgerr.New(pgerr.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name.Name)
	}
	switch {
	case err != nil && special:
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	}
	if bound, err = b.bindCall(x); err != nil || x.Variadic && special {
		return nil, bound, err
	}
	overloads, byScalar, err := b.candidates(users, bound, system && !x.Variadic, name.Name)
	if err != nil {
		return nil, nil, err
	}
	m, err := fn.ResolveAmong(overloads, name.String(), exprTypes(bound.args), bound.names)
	switch {
	case special && (err != nil || byScalar[m.Fn] == nil): // whoever binds such calls binds the arguments, too
		return nil, nil, nil
	case err != nil && x.Variadic && fn.Named(name.Name) != nil:
		return nil, bound, nil
	case err != nil && len(bound.args) == 1 && b.functionalCast(name.Name, bound.args) != nil, err == nil && byScalar[m.Fn] == nil:
		return nil, bound, nil
	case err != nil:
		return nil, nil, err
	}
	call = &functionCall{Function: byScalar[m.Fn], match: m, ret: m.Ret}
	b.useFunction(call.Function, x)
	return call, nil, b.callArguments(call, m, bound.args, x)
}

// useFunction notes that the plan depends on a function as it is now (G2), and which one a
// call of the statement's own text means.
func (e *env) useFunction(f *catalog.Function, x *ast.Call) {
	e.uses[f.OID] = f.Version
	if len(e.views) == 0 && len(e.functions) == 0 {
		e.direct[f.OID] = true
		e.called[x] = e.Catalog.Schema(f.Schema).Name
	}
}

// callArguments casts the arguments of a call to the types of the parameters, and binds the
// defaults of those that have none.
func (b *binder) callArguments(call *functionCall, m *fn.Match, args []expr.Expr, x *ast.Call) error {
	inputs := call.Inputs()
	for i, t := range m.Args[:len(inputs)] {
		var arg expr.Expr
		var err error
		k := m.From[i]
		if r := b.rowsOf(inputs[i].Type); r != nil && k >= 0 {
			if arg = args[k]; !arg.Type().Is(col.Record) {
				t, _ := b.fieldsOfRows(r)
				arg = expr.NewNull(t)
			}
			call.args = append(call.args, arg)
			continue
		}
		switch {
		case m.Fn.Variadic && i == len(inputs)-1:
			arg, err = b.listed(m, args, x)
		case k >= 0:
			arg, err = b.coerce(args[k], t, fn.Implicit)
			err = b.env.at(x.Args[k].Position(), err)
		default:
			arg, err = b.inFunction(call.Function).defaultAs(inputs[i].Default, t)
			if err != nil { // of what the call does not say
				e := *pgerr.From(err)
				e.Nowhere, err = true, &e
			}
		}
		if err != nil {
			return err
		}
		if !readsColumns(arg) && expr.Volatility(arg) == fn.Immutable {
			arg = fold(b.ctx, arg)
		}
		call.args = append(call.args, arg)
	}
	return nil
}

// inFunction is e for what a function is made of.
func (e *env) inFunction(f *catalog.Function) *env {
	inner := e.silent()
	inner.Env.Path = settingPath(f.Settings, e.Path)
	inner.functions = append(slices.Clone(e.functions), f.OID)
	inner.args, inner.around = nil, nil
	return inner
}

// functionBody binds the body of a called function, in which the parameters are args: it gives
// the columns of the result.
func (e *env) functionBody(call *functionCall, args []expr.Expr) (*relation, error) {
	f := call.Function
	switch {
	case slices.Contains(e.functions, f.OID) || f.OID == e.replacing:
		return nil, pgerr.Unsupported("a function that calls itself")
	case len(e.functions) >= mostFunctions, *e.bodies >= mostBodies:
		return nil, pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded")
	}
	*e.bodies++
	q, err := bodyQuery(f.Form, f.Body)
	if err != nil {
		return nil, call.found(err)
	}
	inner := e.inFunction(f)
	r, err := inner.boundBody(call, q, args)
	e.notices, e.times, e.scored = inner.notices, inner.times, inner.scored
	return r, call.found(err)
}

// found says in which function an error was found, and when PostgreSQL finds it, which does not put the rows of every
// function into a query: its position means nothing there.
func (call *functionCall) found(err error) error {
	if err == nil {
		return nil
	}
	p := *pgerr.From(err)
	p.Position = 0
	if strings.Contains(p.Where, during) {
		return &p
	}
	when := "inlining"
	if runs := !call.Set || call.Strict || call.Volatility == "v" || call.Settings != nil; runs && call.columns != nil {
		when = "startup"
	}
	p.Where = "SQL function \"" + call.Name + "\"" + during + when
	return &p
}

const during = " during "

// boundBody binds a function's query and casts what it gives to the columns of the result.
func (e *env) boundBody(call *functionCall, q *ast.Query, args []expr.Expr) (*relation, error) {
	e.args = args
	r, err := e.query(q, &binding{outer: e.parameterScope(call, args)})
	if err != nil {
		return nil, err
	}
	columns, err := e.resultColumns(call)
	if err != nil {
		return nil, err
	}
	if !call.Set && !alwaysOneRow(r.node) {
		one := &ast.Query{Limit: &ast.Number{Text: "1"}}
		if r, err = e.limited(r, one, &binding{}); err != nil {
			return nil, err
		}
	}
	return e.resultOf(call, r, columns)
}

// parameterScope is the scope of a function's parameters, which are values there.
func (e *env) parameterScope(call *functionCall, args []expr.Expr) *scope {
	n := &Values{}
	var names []string
	for i, p := range call.Inputs() {
		n.Columns = append(n.Columns, col.Column{Name: p.Name, Type: args[i].Type()})
		names = append(names, p.Name)
	}
	s := newSource(n, &source{alias: call.Name, real: call.Name}, names, nil)
	s.values = args
	for i, p := range call.Inputs() {
		if r := e.rowsOf(p.Type); r != nil && p.Name != "" {
			s.sources = append(s.sources, e.parameterRow(s, n, p.Name, args[i], r))
		}
	}
	return s
}

// parameterRow adds the fields of a parameter that is a row to the columns of a function's scope: the
// parameter's name stands for them as that of a table does.
func (e *env) parameterRow(s *scope, n *Values, name string, row expr.Expr, r *catalog.Relation) *source {
	src := &source{alias: name, real: name}
	_, fields := e.fieldsOfRows(r)
	for i, c := range fields {
		src.fields = append(src.fields, field{name: c.Name, at: len(s.values), of: src})
		n.Columns = append(n.Columns, c)
		s.values = append(slices.Clip(s.values), fieldOf(row, i, c.Type))
	}
	return src
}

// resultColumns are the columns of a function's result.
func (e *env) resultColumns(call *functionCall) (out []col.Column, err error) {
	if call.RowOf != 0 {
		r := e.Catalog.Relation(call.RowOf)
		e.use(r)
		_, out = e.fieldsOfRows(r)
		return out, nil
	}
	if call.leavesColumns(e) {
		return call.columns, nil
	}
	if fields, known := e.fieldsOf(call.ret); known {
		return fields, nil
	}
	if !call.ret.Is(col.Record) {
		name := call.Name
		if o := call.Outputs(); len(o) == 1 && o[0].Name != "" {
			name = o[0].Name
		}
		return []col.Column{{Name: name, Type: bare(call.ret)}}, nil
	}
	for i, p := range call.Outputs() {
		if p.Name == "" {
			p.Name = "column" + strconv.Itoa(i+1)
		}
		t := p.Type
		if call.match != nil {
			if t, err = call.match.Of(t); err != nil {
				return nil, err
			}
		}
		out = append(out, col.Column{Name: p.Name, Type: t})
	}
	return out, nil
}

// leavesColumns reports whether the call must say what columns the result has: a polymorphic one may
// be a row whose fields are not known.
func (call *functionCall) leavesColumns(e *env) bool {
	_, known := e.fieldsOf(call.ret)
	return call.LeavesColumns() || fn.IsPolymorphic(call.Result) && call.composite() && !known
}

// composite reports whether a result is a row of several columns.
func (call *functionCall) composite() bool { return call.ret.Is(col.Record) }

// signatureText names a function with the types that it takes, as messages do.
func (e *env) signatureText(f *catalog.Function) string {
	var types []string
	for _, p := range f.Inputs() {
		types = append(types, e.Catalog.FormatType(e.Path, p.Type))
	}
	name := ast.QuoteIdent(f.Name)
	if !slices.Contains(e.Catalog.FunctionsNamed(e.Path, "", f.Name), f) {
		name = ast.QuoteIdent(e.Catalog.Schema(f.Schema).Name) + "." + name
	}
	return name + "(" + strings.Join(types, ",") + ")"
}
