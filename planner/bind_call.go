package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = binds(func(b *binder, x *ast.Call) (expr.Expr, error) {
	name := x.Name.Name
	if err := b.functionSchema(x); err != nil {
		return nil, err
	}
	if x.Over != nil {
		return b.windowFunction(x)
	}
	if agg.Exists(name) {
		return b.aggregate(x)
	}
	if isRankFunction(name) && fn.Named(name) == nil {
		return nil, pgerr.New(pgerr.WindowingError, "window function %s requires an OVER clause", name)
	}
	if len(x.WithinGroup) > 0 || slices.Contains(laterAggregates, name) {
		return nil, pgerr.Unsupported("the aggregate %s()", name).WithHint("The aggregates are count, sum, avg, min, max, bool_and, bool_or and every.")
	}
	if err := refuseModifiers(x, name); err != nil {
		return nil, err
	}
	if setFunctions[name] != nil {
		return b.setReturning(x)
	}
	args, names, err := b.arguments(x)
	if err != nil {
		return nil, err
	}
	m, err := fn.Resolve(name, exprTypes(args), names)
	if err != nil {
		if cast := b.functionalCast(name, args); cast != nil {
			return cast, nil
		}
		return nil, err
	}
	written := x.Args
	if names != nil {
		written = nil
	}
	return b.call(m, args, written)
})

// laterAggregates are the aggregates of PostgreSQL that are not here yet.
var laterAggregates = []string{"any_value", "array_agg", "bit_and", "bit_or", "bit_xor", "corr", "covar_pop", "covar_samp", "cume_dist", "json_agg",
	"json_object_agg", "jsonb_agg", "jsonb_object_agg", "mode", "percentile_cont", "percentile_disc", "range_agg", "regr_avgx", "regr_avgy",
	"regr_count", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "stddev", "stddev_pop", "stddev_samp",
	"string_agg", "var_pop", "var_samp", "variance", "xmlagg"}

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

// refuseModifiers refuses what only aggregates may have.
func refuseModifiers(x *ast.Call, name string) error {
	what := ""
	switch {
	case x.Star:
		return pgerr.New(pgerr.WrongObjectType, "%s(*) specified, but %s is not an aggregate function", name, name)
	case x.Variadic:
		return pgerr.Unsupported("VARIADIC")
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
			name, a = n.Name, n.Value
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

// aggregateUse is an aggregate of the query being bound.
type aggregateUse struct {
	agg      *agg.Aggregate
	args     []expr.Expr
	filter   expr.Expr // nil: none
	distinct bool
	name     string
	pos      int
}

func (b *binder) aggregate(x *ast.Call) (expr.Expr, error) {
	switch {
	case b.found == nil || !b.clause.aggregates:
		return nil, pgerr.New(pgerr.GroupingError, "aggregate functions are not allowed in %s", b.clause.forbidden())
	case b.inside:
		return nil, pgerr.New(pgerr.GroupingError, "aggregate function calls cannot be nested")
	case len(x.WithinGroup) > 0:
		return nil, pgerr.Unsupported("WITHIN GROUP")
	case len(x.OrderBy) > 0:
		return nil, pgerr.Unsupported("an aggregate with ORDER BY")
	case x.Variadic:
		return nil, pgerr.Unsupported("VARIADIC")
	}
	inner := *b
	inner.inside, inner.clause.sets = true, false
	args, names, err := inner.arguments(x)
	if err != nil {
		return nil, err
	}
	if names != nil {
		return nil, pgerr.Unsupported("an aggregate with named arguments")
	}
	use := aggregateUse{args: args, distinct: x.Distinct, name: x.Name.Name, pos: x.Pos}
	if use.agg, err = b.resolveAggregate(x, args); err != nil {
		return nil, err
	}
	if x.Filter != nil {
		inner.inside, inner.clause = false, clause{name: "FILTER"}
		if use.filter, err = inner.condition(x.Filter); err != nil {
			return nil, err
		}
	}
	return expr.NewColumn(aggregateBase+b.found.aggregate(use), use.agg.Ret), nil
}

// resolveAggregate chooses the overload and casts the arguments in place.
func (b *binder) resolveAggregate(x *ast.Call, args []expr.Expr) (*agg.Aggregate, error) {
	if len(args) == 0 && !x.Star {
		if x.Name.Name == "count" {
			return nil, pgerr.New(pgerr.WrongObjectType, "count(*) must be used to call a parameterless aggregate function")
		}
		return nil, pgerr.New(pgerr.UndefinedFunction, "function %s() does not exist", x.Name.Name).
			WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
	}
	a, want, err := agg.Resolve(x.Name.Name, exprTypes(args))
	if err != nil {
		return nil, err
	}
	for i, t := range want {
		if t == agg.Any {
			t = args[i].Type()
			if t.Is(col.Unknown) {
				t = col.Text
			}
		}
		if args[i], err = b.coerce(args[i], t, fn.Implicit); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// aggregate notes an aggregate and returns its number; equal ones are one.
func (f *found) aggregate(use aggregateUse) int {
	i := slices.IndexFunc(f.aggregates, func(o aggregateUse) bool {
		return o.agg == use.agg && o.distinct == use.distinct && equalLists(o.args, use.args) &&
			(o.filter == nil) == (use.filter == nil) && (o.filter == nil || expr.Equal(o.filter, use.filter))
	})
	if i >= 0 {
		return i
	}
	f.aggregates = append(f.aggregates, use)
	return len(f.aggregates) - 1
}

func equalLists(a, b []expr.Expr) bool { return slices.EqualFunc(a, b, expr.Equal) }

// rankUse is row_number(), rank() or dense_rank() OVER (…).
type rankUse struct {
	kind      exec.RankKind
	partition []expr.Expr
	order     []sortKey
	pos       int
}

// sortKey is an expression of an ORDER BY.
type sortKey struct {
	x expr.Expr
	col.Order
	pos int
}

func isRankFunction(name string) bool { return slices.Contains(rankWords, name) }

func (b *binder) windowFunction(x *ast.Call) (expr.Expr, error) {
	name := x.Name.Name
	switch {
	case b.found == nil || !b.clause.windows:
		return nil, pgerr.New(pgerr.WindowingError, "window functions are not allowed in %s", b.clause.forbidden())
	case b.inside:
		return nil, pgerr.New(pgerr.WindowingError, "window function calls cannot be nested")
	case !isRankFunction(name) || x.Filter != nil || x.Distinct || len(x.Args) > 0:
		return nil, pgerr.Unsupported("%s as a window function", name).
			WithHint("row_number(), rank() and dense_rank() are.")
	case x.Over.Frame != nil || x.Over.Ref != "":
		return nil, pgerr.Unsupported("a named window or a frame of %s()", name)
	}
	inner := *b
	inner.inside, inner.clause.name = true, "window definitions"
	inner.clause.windows, inner.clause.sets = false, false
	use := rankUse{kind: exec.RankKind(slices.Index(rankWords, name)), pos: x.Pos}
	for _, p := range x.Over.PartitionBy {
		e, err := b.windowExpr(p)
		if err != nil {
			return nil, err
		}
		use.partition = append(use.partition, e)
	}
	for _, o := range x.Over.OrderBy {
		e, err := b.windowExpr(o.Expr)
		if err != nil {
			return nil, err
		}
		order, err := sortOrder(o)
		if err != nil {
			return nil, b.env.at(o.Pos, err)
		}
		use.order = append(use.order, sortKey{e, order, o.Pos})
	}
	b.found.ranks = append(b.found.ranks, use)
	return expr.NewColumn(rankBase+len(b.found.ranks)-1, col.Int8), nil
}

// windowExpr binds an expression of a window's definition; aggregates may stand in it.
func (b *binder) windowExpr(x ast.Expr) (expr.Expr, error) {
	inner := *b
	inner.clause.name, inner.clause.windows, inner.clause.sets = "window definitions", false, false
	return inner.value(x)
}

// sortOrder is the direction of an item of ORDER BY.
func sortOrder(o *ast.SortItem) (col.Order, error) {
	desc := o.Desc
	if o.Using != nil {
		switch o.Using.Name {
		case "<":
		case ">":
			desc = true
		default:
			return col.Order{}, pgerr.New(pgerr.WrongObjectType, "operator %s is not a valid ordering operator", o.Using.Name).
				WithHint("Ordering operators must be \"<\" or \">\" members of btree operator families.")
		}
	}
	nulls := desc
	switch o.Nulls {
	case ast.NullsFirst:
		nulls = true
	case ast.NullsLast:
		nulls = false
	}
	return col.Order{Desc: desc, NullsFirst: nulls}, nil
}

// columnName is the name that PostgreSQL gives the column of an expression.
func columnName(x ast.Expr) string {
	if n := figureName(x); n != "" {
		return n
	}
	return "?column?"
}

// figureName is PostgreSQL's FigureColname; empty: it suggests nothing.
func figureName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.ColumnRef:
		return x.Parts[len(x.Parts)-1]
	case *ast.Call:
		return x.Name.Name
	case *ast.ValueFunc:
		return x.Name
	case *ast.Cast:
		if n := figureName(x.Expr); n != "" {
			return n
		}
		return x.Type.Name
	case *ast.TypedLiteral:
		return x.Type.Name
	case *ast.Bool:
		return "bool"
	case *ast.Case:
		if x.Else != nil {
			if n := figureName(x.Else); n != "" && !isCase(x.Else) {
				return n
			}
		}
		return "case"
	case *ast.Subquery:
		return queryName(x.Query)
	}
	return nodeName(x)
}

func isCase(x ast.Expr) bool { _, ok := x.(*ast.Case); return ok }

func nodeName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Coalesce:
		return "coalesce"
	case *ast.NullIf:
		return "nullif"
	case *ast.Extremum:
		if x.Least {
			return "least"
		}
		return "greatest"
	case *ast.Exists:
		return "exists"
	case *ast.Collate:
		return figureName(x.Expr)
	case *ast.Subscript:
		return figureName(x.Expr)
	case *ast.Field:
		return x.Name
	case *ast.Array, *ast.ArrayQuery:
		return "array"
	case *ast.Row:
		return "row"
	case *ast.Grouping:
		return "grouping"
	}
	return ""
}

// queryName is the name of a query's first column.
func queryName(q *ast.Query) string {
	body := q.Body
	for {
		switch b := body.(type) {
		case *ast.Query:
			body = b.Body
			continue
		case *ast.SetOp:
			body = b.Left
			continue
		case *ast.Select:
			if len(b.Targets) == 0 {
				return ""
			}
			if b.Targets[0].Alias != "" {
				return b.Targets[0].Alias
			}
			return strings.TrimSpace(figureName(b.Targets[0].Expr))
		case *ast.Values:
			return "column1"
		}
		return ""
	}
}
