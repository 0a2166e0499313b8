package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = binds(func(b *binder, x *ast.Call) (expr.Expr, error) {
	name := x.Name.Name
	if len(b.userAggregates(x)) > 0 {
		if x.Over != nil {
			return b.windowFunction(x)
		}
		return b.aggregate(x)
	}
	call, bound, err := b.userCall(x)
	if err != nil {
		return nil, err
	}
	if call != nil {
		return b.inline(call, x)
	}
	if row, err := b.populatedRow(x); row != nil || err != nil {
		return row, err
	}
	if err := b.functionSchema(x); err != nil {
		return nil, err
	}
	if what, is := scorings[name]; is {
		return b.score(x, what)
	}
	if x.Over != nil {
		return b.windowFunction(x)
	}
	if agg.Exists(name) && (len(x.WithinGroup) > 0 || len(x.Args) > 0 || !over.Exists(name)) {
		return b.aggregate(x)
	}
	if over.Exists(name) && fn.Named(name) == nil && len(x.WithinGroup) == 0 {
		return nil, pgerr.New(pgerr.WrongObjectType, "window function %s requires an OVER clause", name)
	}
	if slices.Contains(laterAggregates, name) {
		return nil, pgerr.Unsupported("the aggregate %s()", name)
	}
	if fn.Named(name) == nil && !fn.ReturnsRows(name) && !laterFunctions[name] {
		if err := b.unknownFunction(x); err != nil {
			return nil, err
		}
	}
	if err := refuseModifiers(x, name); err != nil {
		return nil, err
	}
	if fn.ReturnsRows(name) {
		return b.setReturning(x)
	}
	if bound == nil {
		if bound, err = b.bindCall(x); err != nil {
			return nil, err
		}
	}
	args, names := bound.args, bound.names
	if args, err = b.namedRelations(name, args); err != nil {
		return nil, err
	}
	m, err := b.resolve(x, args, names)
	if err != nil {
		if cast := b.functionalCast(name, args); cast != nil {
			return cast, nil
		}
		return nil, later(name, err)
	}
	written := x.Args
	if names != nil {
		written = nil
	}
	return b.call(m, args, written)
})

// resolve finds the function that a call means.
func (b *binder) resolve(x *ast.Call, args []expr.Expr, names []string) (*fn.Match, error) {
	if !x.Variadic {
		return fn.Resolve(x.Name.Name, exprTypes(args), names)
	}
	m, err := fn.ResolveVariadic(x.Name.Name, exprTypes(args), names)
	if err != nil || !m.Fn.Spread {
		return m, err
	}
	last := len(args) - 1
	if _, array := m.Args[last].Element(); !array {
		return nil, b.env.at(x.Args[last].Position(), pgerr.New(pgerr.DatatypeMismatch, "VARIADIC argument must be an array"))
	}
	return m, nil
}

// functionSchema refuses functions of other schemas than pg_catalog: there are none.
func (b *binder) functionSchema(x *ast.Call) error {
	s := x.Name.Schema
	switch {
	case s == "" || s == "pg_catalog":
		return nil
	case b.Catalog.SchemaNamed(s) == nil:
		return pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", s)
	}
	args, _, err := b.arguments(x)
	if err != nil {
		return err
	}
	return pgerr.New(pgerr.UndefinedFunction, "function %s.%s(%s) does not exist", s, x.Name.Name, typeList(args)).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

// unknownFunction is the error for a call of no function at all; nil: it may be a cast.
func (b *binder) unknownFunction(x *ast.Call) error {
	if _, typ := col.TypeNamed(x.Name.Name); typ && len(x.Args) == 1 && !x.Star {
		return nil
	}
	args, names, err := b.arguments(x)
	for i := 0; i < len(x.WithinGroup) && err == nil; i++ {
		var e expr.Expr
		e, err = b.expr(x.WithinGroup[i].Expr)
		args = append(args, e)
	}
	if err != nil {
		return err
	}
	_, err = fn.Resolve(x.Name.Name, exprTypes(args), names)
	return err
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

// refuseModifiers refuses what only aggregates may have.
func refuseModifiers(x *ast.Call, name string) error {
	what := ""
	switch {
	case x.Star:
		return pgerr.New(pgerr.WrongObjectType, "%s(*) specified, but %s is not an aggregate function", name, name)
	case x.Distinct:
		what = "DISTINCT"
	case len(x.WithinGroup) > 0:
		what = "WITHIN GROUP"
	case len(x.OrderBy) > 0:
		what = "ORDER BY"
	case x.Filter != nil:
		what = "FILTER"
	default:
		return nil
	}
	return pgerr.New(pgerr.WrongObjectType, "%s specified, but %s is not an aggregate function", what, name)
}

// arguments binds a call's arguments; names is nil when none is named.
func (b *binder) arguments(x *ast.Call) (args []expr.Expr, names []string, err error) {
	for i, a := range x.Args {
		name := ""
		if n, ok := a.(*ast.NamedArg); ok {
			if name, a = n.Name, n.Value; slices.Contains(names, name) {
				return nil, nil, b.env.at(n.Pos, pgerr.New(pgerr.SyntaxError, "argument name %q used more than once", name))
			}
		} else if names != nil {
			return nil, nil, b.env.at(a.Position(), pgerr.New(pgerr.SyntaxError, "positional argument cannot follow named argument"))
		}
		e, err := b.expr(a)
		if err != nil {
			return nil, nil, err
		}
		args = append(args, e)
		if name != "" && names == nil {
			names = make([]string, i, len(x.Args))
		}
		if names != nil {
			names = append(names, name)
		}
	}
	return args, names, nil
}

// functionalCast is type(x), which PostgreSQL takes for a cast where no function fits.
func (b *binder) functionalCast(name string, args []expr.Expr) expr.Expr {
	t, ok := col.TypeNamed(name)
	if !ok || len(args) != 1 {
		return nil
	}
	if e, err := b.cast(args[0], t, 0); err == nil {
		return e
	}
	return nil
}
