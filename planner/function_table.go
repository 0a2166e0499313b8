package planner

import (
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// functionTable binds a function of a user in FROM, as a subquery that reads the arguments; nil:
// it is another function. b binds the arguments, which may read the items before it.
func (b *binder) functionTable(t *ast.TableFunc) (*scope, error) {
	for i, f := range t.Funcs {
		x, ok := f.(*ast.Call)
		if !ok {
			continue
		}
		call, _, err := b.userCall(x)
		if err != nil {
			return nil, b.env.at(x.Pos, err)
		}
		switch {
		case call == nil, !call.Set && !call.composite() && (len(t.Funcs) > 1 || t.Ordinality):
			continue
		case len(t.Funcs) > 1 || t.Ordinality:
			return b.functionsTogether(t)
		}
		if err := b.defineColumns(call, x, t.Defined(i)); err != nil {
			return nil, err
		}
		r, err := b.functionRowsOf(call, x)
		if err != nil {
			return nil, b.env.at(x.Pos, err)
		}
		return b.functionScope(call, r, t)
	}
	return nil, nil
}

// knownColumns says why a call in FROM cannot say which columns there are.
func (call *functionCall) knownColumns() string {
	switch {
	case call.RowOf != 0:
		return "a column definition list is redundant for a function returning a named composite type"
	case call.composite():
		return "a column definition list is redundant for a function with OUT parameters"
	}
	return "a column definition list is only allowed for functions returning \"record\""
}

// functionScope is the scope of a function's rows. A single column that has no name of its own
// has the function's alias.
func (b *binder) functionScope(call *functionCall, r *relation, t *ast.TableFunc) (*scope, error) {
	src := &source{alias: call.Name, real: call.Name, row: !call.composite(), unlocked: "a function"}
	s := newSource(r.node, src, call.columnNames(r, t.Alias.Name), nil)
	s.order = r.order
	return s, b.rename(s, t.Alias, "table")
}

// columnNames are the names of the columns of a function's rows.
func (call *functionCall) columnNames(r *relation, alias string) []string {
	columns := names(r.node.Schema(), identity(r.width))
	if o := call.Outputs(); !call.composite() && (len(o) == 0 || o[0].Name == "") && alias != "" {
		columns[0] = alias
	}
	return columns
}

// functionRowsOf is the rows of a function. Arguments that must not or should not be computed
// again for each place where the body reads them are a row that the body is joined with.
func (b *binder) functionRowsOf(call *functionCall, x *ast.Call) (*relation, error) {
	var args []*expr.Expr
	for i := range call.args {
		args = append(args, &call.args[i])
	}
	row, err := b.attach(b.scope.node, args...)
	if err != nil {
		return nil, err
	}
	params := b.parameters(call)
	body, err := b.functionBody(call, params.values)
	if err != nil {
		return nil, err
	}
	n := body.node
	strict, joined := call.given(), false
	for _, o := range outerColumns(n, params.frame) {
		arg := call.args[o.Index]
		joined = joined || readsColumns(arg) || !cheap(arg)
	}
	if !joined && !readsAny(strict) {
		n = replaceOuter(n, params.frame, func(o *expr.Outer) expr.Expr { return call.args[o.Index] })
		return &relation{node: oneRowUnlessSet(call, filtered(n, strict)), width: body.width, order: body.order}, nil
	}
	left, at := withArguments(row, call.args)
	for i, x := range call.args {
		call.args[i] = expr.NewColumn(at[i], x.Type())
	}
	left = filtered(left, call.given())
	n = replaceOuter(n, params.frame, func(o *expr.Outer) expr.Expr { return expr.NewOuter(params.frame, at[o.Index], o.Type()) })
	j := &DependentJoin{Left: left, Right: n, Kind: exec.Inner, Frame: params.frame, pos: x.Pos}
	width := len(left.Schema())
	rows := columnsProject(j, shifted(identity(len(n.Schema())), width))
	return &relation{node: oneRowUnlessSet(call, rows), width: body.width, order: body.order}, nil
}

func readsAny(xs []expr.Expr) bool {
	for _, x := range xs {
		if readsColumns(x) || volatile(x) {
			return true
		}
	}
	return false
}

// oneRowUnlessSet gives the row of NULLs that a function returns which found none.
func oneRowUnlessSet(call *functionCall, n Node) Node {
	if call.Set || alwaysOneRow(n) {
		return n
	}
	one := &Values{Rows: [][]expr.Expr{{}}}
	return &Join{Left: one, Right: n, Kind: exec.Left}
}
