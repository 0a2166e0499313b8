package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// setFunctions bind calls of functions that return rows: a node of one column of the name.
var setFunctions = map[string]func(e *env, call *ast.Call, name string) (Node, error){
	"generate_series": (*env).series,
	"unnest":          (*env).unnest,
}

var _ = bindsFrom(func(e *env, t *ast.TableFunc, in *binding) (*scope, error) {
	call, ok := t.Funcs[0].(*ast.Call)
	if !ok || len(t.Funcs) > 1 || t.Ordinality || setFunctions[call.Name.Name] == nil {
		return nil, e.at(t.Pos, pgerr.Unsupported("%s in FROM", t.Funcs[0]))
	}
	name := call.Name.Name
	src := &source{alias: name, real: name, row: true}
	if t.Alias.Name != "" {
		name = t.Alias.Name
	}
	n, err := setFunctions[call.Name.Name](e, call, name)
	if err != nil {
		return nil, e.at(call.Pos, err)
	}
	s := newSource(n, src, []string{name}, nil)
	return s, e.rename(s, t.Alias, "table")
})

// setReturning binds a call in the select list: the query's rows are joined with those of the
// function, of which there is one a query.
func (b *binder) setReturning(x *ast.Call) (expr.Expr, error) {
	switch {
	case b.inside:
		return nil, pgerr.New(pgerr.FeatureNotSupported, "aggregate function calls cannot contain set-returning function calls")
	case b.found == nil || !b.clause.sets:
		return nil, pgerr.New(pgerr.FeatureNotSupported, "set-returning functions are not allowed in %s", b.clause.forbidden())
	case b.found.set != nil:
		return nil, pgerr.Unsupported("more than one set-returning function in a select list").WithHint("Write them in FROM.")
	}
	n, err := setFunctions[x.Name.Name](b.env, x, x.Name.Name)
	if err != nil {
		return nil, err
	}
	b.found.set = n
	return expr.NewColumn(setColumn, n.Schema()[0].Type), nil
}

// withoutSets is b where set-returning functions must not stand.
func (b *binder) withoutSets(where string) *binder {
	if !b.clause.sets {
		return b
	}
	inner := *b
	inner.clause.sets, inner.clause.place = false, where
	return &inner
}

// joinSet gives every row the rows of the set-returning function.
func (s *selection) joinSet(n Node) Node {
	if s.found.set == nil {
		return n
	}
	at := len(n.Schema())
	if v, ok := n.(*Values); ok && at == 0 && len(v.Rows) == 1 {
		n = s.found.set
	} else {
		n = &Join{Left: n, Right: s.found.set, Kind: exec.Inner}
	}
	value := map[int]expr.Expr{setColumn: expr.NewColumn(at, s.found.set.Schema()[0].Type)}
	for _, x := range s.results() {
		*x = replaceColumns(*x, value)
	}
	return n
}

// setArguments binds the arguments of a set-returning function, which reads no columns.
func (e *env) setArguments(call *ast.Call) ([]expr.Expr, error) {
	if err := refuseModifiers(call, call.Name.Name); err != nil {
		return nil, err
	}
	b := &binder{env: e, clause: clause{name: "functions in FROM", refuse: "a set-returning function that reads columns is not supported yet"}}
	return b.list(call.Args)
}

func noSetFunction(name string, args []expr.Expr) error {
	return pgerr.New(pgerr.UndefinedFunction, "function %s(%s) does not exist", name, typeList(args)).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

// series binds generate_series(start, stop [, step]) over integers, numerics or times.
func (e *env) series(call *ast.Call, name string) (Node, error) {
	if e.standing {
		return nil, pgerr.Unsupported("generate_series in a materialized view").WithHint("INSERT … SELECT its rows into a table.")
	}
	args, err := e.setArguments(call)
	if err != nil {
		return nil, err
	}
	if len(args) < 2 || len(args) > 3 {
		return nil, noSetFunction("generate_series", args)
	}
	for _, t := range []col.Type{col.Int4, col.Int8, col.Numeric, col.Timestamp, col.Timestamptz} {
		step := t
		if t.Is(col.Timestamp) || t.Is(col.Timestamptz) {
			step = col.Interval
		}
		want := []col.Type{t, t, step}[:len(args)]
		if len(args) == 2 && step != t || !fits(args, want) {
			continue
		}
		for i := range args {
			if args[i], err = e.coerce(args[i], want[i], fn.Implicit); err != nil {
				return nil, err
			}
		}
		if len(args) == 2 {
			one, err := e.coerce(expr.NewInt4(1), t, fn.Implicit)
			if err != nil {
				return nil, err
			}
			args = append(args, one)
		}
		return &Series{Name: name, Args: args}, nil
	}
	return nil, noSetFunction("generate_series", args)
}

func fits(args []expr.Expr, want []col.Type) bool {
	for i, a := range args {
		if !a.Type().Is(want[i]) && !fn.CanCast(a.Type(), want[i], fn.Implicit) {
			return false
		}
	}
	return true
}

func typeList(args []expr.Expr) string {
	s := ""
	for i, a := range args {
		if i > 0 {
			s += ", "
		}
		s += bare(a.Type()).String()
	}
	return s
}

// unnest binds unnest of an array that is written out, or of a text[] that is constant.
func (e *env) unnest(call *ast.Call, name string) (Node, error) {
	if len(call.Args) == 1 {
		if array, ok := call.Args[0].(*ast.Array); ok || isArrayCast(call.Args[0]) {
			elems, plain := arrayMembers(call.Args[0])
			if plain && (!ok || len(array.Elems) > 0) {
				return e.unnestMembers(elems, name)
			}
		}
	}
	args, err := e.setArguments(call)
	if err != nil {
		return nil, err
	}
	if len(args) != 1 || !args[0].Type().Is(col.TextArray) {
		return nil, noSetFunction("unnest", args)
	}
	k, ok := expr.Fold(e.ctx, args[0], false)
	if !ok {
		return nil, pgerr.Unsupported("unnest of an array that is not constant")
	}
	n := &Values{Columns: []col.Column{{Name: name, Type: col.Text}}}
	if v := k.(*expr.Const); !v.IsNull() {
		for _, elem := range typeio.TextArray(v.Value().Bytes(0)).Elems() {
			n.Rows = append(n.Rows, []expr.Expr{textOrNull(elem)})
		}
	}
	return n, nil
}

func isArrayCast(x ast.Expr) bool {
	c, ok := x.(*ast.Cast)
	return ok && c.Type.Dims > 0
}

func textOrNull(b []byte) expr.Expr {
	if b == nil {
		return expr.NewNull(col.Text)
	}
	v := col.NewVector(col.Text)
	v.AppendString(string(b))
	return expr.NewConst(v)
}

// unnestMembers are rows of the members of an array, of their common type.
func (e *env) unnestMembers(elems []ast.Expr, name string) (Node, error) {
	b := &binder{env: e, clause: clause{name: "ARRAY", refuse: "a set-returning function that reads columns is not supported yet"}}
	xs, err := b.list(elems)
	if err != nil {
		return nil, err
	}
	xs, t, err := b.common("ARRAY", xs, elems)
	if err != nil {
		return nil, err
	}
	n := &Values{Columns: []col.Column{{Name: name, Type: t}}}
	for _, x := range xs {
		n.Rows = append(n.Rows, []expr.Expr{x})
	}
	return n, nil
}
