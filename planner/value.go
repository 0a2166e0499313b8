package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// TypeOf resolves a type's name, with its modifier.
func TypeOf(n *ast.TypeName) (col.Type, error) { return resolveType(n) }

// Value binds an expression that refers to no columns, cast for assignment to a type: an
// argument of EXECUTE, or an option's value.
func Value(around *Env, x ast.Expr, t col.Type) (expr.Expr, error) {
	e := newEnv(around, nil)
	b := &binder{env: e, clause: clause{name: "EXECUTE parameters"}}
	bound, err := b.expr(x)
	if err != nil {
		return nil, err
	}
	v, err := e.coerce(bound, t, fn.Assignment)
	return v, e.at(x.Position(), err)
}
