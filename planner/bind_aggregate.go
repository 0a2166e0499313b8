package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// aggregateUse is an aggregate of the query being bound.
type aggregateUse struct {
	agg      *agg.Aggregate
	args     []expr.Expr
	filter   expr.Expr // nil: none
	distinct bool
	order    []sortKey
	direct   []expr.Expr // in front of WITHIN GROUP; over the groups in the end
	ret      col.Type
	// Of GROUPING(): the arguments, and where they stand.
	grouping   []expr.Expr
	groupingAt []int
	name       string
	pos        int
}

func (b *binder) aggregate(x *ast.Call) (expr.Expr, error) {
	x, err := b.sketchCall(x)
	switch {
	case err != nil:
		return nil, err
	case b.inside:
		return nil, pgerr.New(pgerr.GroupingError, "aggregate function calls cannot be nested")
	}
	inner := *b
	inner.inside, inner.clause.sets, inner.guard = true, false, nil
	if b.found != nil {
		b.found.collecting++
		defer func() { b.found.collecting-- }()
	}
	var args []expr.Expr
	var names []string
	if x.Name.Name == "count" && len(x.Args) == 1 && !x.Distinct {
		var row expr.Expr
		if row, err = inner.countedRow(x.Args[0]); row != nil {
			args = []expr.Expr{row}
		}
	}
	if args == nil && err == nil {
		args, names, err = inner.arguments(x)
	}
	if err != nil {
		return nil, err
	}
	if names != nil {
		return nil, pgerr.Unsupported("an aggregate with named arguments")
	}
	use := aggregateUse{args: args, distinct: x.Distinct, name: x.Name.Name, pos: x.Pos}
	if err := inner.aggregateOrder(x, &use); err != nil {
		return nil, err
	}
	if err := inner.checkSteady(x, &use); err != nil {
		return nil, err
	}
	if x.Distinct || use.agg.Grows {
		for i, a := range args {
			if err := comparable(a.Type()); err != nil {
				return nil, b.env.at(leftmost(x.Args[i]), err)
			}
		}
	}
	if x.Filter != nil {
		inner.inside, inner.clause = false, clause{name: "FILTER"}
		if use.filter, err = inner.condition(x.Filter); err != nil {
			return nil, err
		}
	}
	if around := b.aggregateLevel(&use); around != nil {
		if i := slices.IndexFunc(use.direct, b.readsOwn); i >= 0 {
			return nil, b.env.at(leftmost(x.Args[i]), pgerr.New(pgerr.GroupingError, "outer-level aggregate cannot contain a lower-level variable in its direct arguments"))
		}
		if name := b.nestedWith(around, x); name != "" {
			return nil, pgerr.New(pgerr.FeatureNotSupported, "outer-level aggregate cannot use a nested CTE").
				WithDetail("CTE %q is below the aggregate's semantic level.", name)
		}
		return b.outerAggregate(around, use)
	}
	if b.found == nil || !b.clause.aggregates {
		return nil, errAggregate(&b.clause)
	}
	return expr.NewColumn(aggregateBase+b.found.aggregate(use), use.ret), nil
}

func errAggregate(c *clause) error {
	return pgerr.New(pgerr.GroupingError, "aggregate functions are not allowed in %s", c.forbidden())
}

// reads are the expressions over rows that an aggregate computes.
func (u *aggregateUse) reads() (xs []*expr.Expr) {
	xs = u.collects()
	for i := range u.direct {
		xs = append(xs, &u.direct[i])
	}
	return xs
}

// collects are those of them that every row is asked for: which query's rows these are is said by
// what they read, and not by what stands in front of WITHIN GROUP.
func (u *aggregateUse) collects() (xs []*expr.Expr) {
	for _, list := range [][]expr.Expr{u.args, u.grouping} {
		for i := range list {
			xs = append(xs, &list[i])
		}
	}
	for i := range u.order {
		xs = append(xs, &u.order[i].x)
	}
	if u.filter != nil {
		xs = append(xs, &u.filter)
	}
	return xs
}

// aggregateLevel is the query around this one whose aggregate it is, because the aggregate
// reads columns of that and none of this one; nil: it is this one's.
func (b *binder) aggregateLevel(use *aggregateUse) *scope {
	if b.scope == nil {
		return nil
	}
	xs := use.collects()
	if slices.ContainsFunc(xs, func(x *expr.Expr) bool { return b.readsOwn(*x) }) {
		return nil
	}
	for s := b.scope.outer; s != nil; s = s.outer {
		if s.frame != 0 && slices.ContainsFunc(xs, func(x *expr.Expr) bool { return b.readsScope(*x, s) }) {
			return s
		}
	}
	return nil
}

// nestedWith is the name of a query of a WITH clause within the query around that a call reads; "": it reads none.
func (b *binder) nestedWith(around *scope, x *ast.Call) string {
	for _, name := range tablesIn(x) {
		c := b.ctes
		for c != nil && (c.later || c.name != name) {
			c = c.next
		}
		if c == nil {
			continue
		}
		for s := c.outer; s != nil; s = s.outer {
			if s == around {
				return name
			}
		}
	}
	return ""
}

// subqueriesOf are the subqueries of this query whose values stand in an expression.
func (b *binder) subqueriesOf(x expr.Expr) (out []*subqueryUse) {
	for _, c := range columnsOf(x) {
		if c >= subqueryBase {
			out = append(out, &b.found.subqueries[(c-subqueryBase)/mostValues])
		}
	}
	return out
}

// readsOwn reports whether an expression reads a row of the query being bound, by itself or in
// a subquery.
func (b *binder) readsOwn(x expr.Expr) bool {
	if slices.ContainsFunc(columnsOf(x), func(c int) bool { return c < subqueryBase }) {
		return true
	}
	return slices.ContainsFunc(b.subqueriesOf(x), func(u *subqueryUse) bool { return u.frame != 0 || len(u.keys)+len(u.guard) > 0 })
}

// readsScope reports whether an expression reads a row of a query around the one being bound.
func (b *binder) readsScope(x expr.Expr, s *scope) bool {
	return expr.ReadsOuter(x, s.frame) ||
		slices.ContainsFunc(b.subqueriesOf(x), func(u *subqueryUse) bool { return dependsOn(u.node, s.frame) })
}

// nested is the number of an aggregate of the same query that is among what the call reads;
// -1: there is none.
func (u *aggregateUse) nested() int {
	for _, x := range u.reads() {
		for _, c := range columnsOf(*x) {
			if c >= aggregateBase && c < overBase {
				return c - aggregateBase
			}
		}
	}
	return -1
}

// outerAggregate notes an aggregate with the query around this one, and reads its value.
func (b *binder) outerAggregate(around *scope, use aggregateUse) (expr.Expr, error) {
	switch {
	case around.found == nil:
		return nil, pgerr.New(pgerr.GroupingError, "aggregate functions are not allowed in FROM clause of their own query level")
	case !around.clause.aggregates && use.grouping != nil:
		return nil, errGrouping(around.clause)
	case !around.clause.aggregates:
		return nil, errAggregate(around.clause)
	case around.found.collecting > 0:
		return nil, pgerr.New(pgerr.GroupingError, "aggregate function calls cannot be nested")
	}
	for _, x := range use.reads() {
		*x = b.asIn(around, *x)
	}
	if i := use.nested(); i >= 0 {
		return nil, b.env.at(around.found.aggregates[i].pos, pgerr.New(pgerr.GroupingError, "aggregate function calls cannot be nested"))
	}
	return expr.NewOuter(around.frame, aggregateBase+around.found.aggregate(use), use.ret), nil
}

// asIn is an expression that reads no row of this query as it is written in one around it.
// Subqueries in it become that one's.
func (b *binder) asIn(around *scope, x expr.Expr) expr.Expr {
	there := *b
	there.scope, there.found, there.guard = around, around.found, nil
	values := map[int]expr.Expr{}
	for _, c := range columnsOf(x) {
		k := (c - subqueryBase) / mostValues
		values[c] = there.subquery(b.found.subqueries[k])[(c-subqueryBase)%mostValues]
	}
	x = expr.ReplaceOuter(x, around.frame, func(o *expr.Outer) expr.Expr { return expr.NewColumn(o.Index, o.Type()) })
	return replaceColumns(x, values)
}

// resolveAggregate chooses the overload and casts the arguments in place.
func (b *binder) resolveAggregate(x *ast.Call, args []expr.Expr) (*agg.Aggregate, error) {
	if len(args) == 0 && !x.Star {
		if x.Name.Name == "count" || len(b.userAggregates(x)) > 0 {
			return nil, pgerr.New(pgerr.WrongObjectType, "%s(*) must be used to call a parameterless aggregate function", x.Name.Name)
		}
		return nil, pgerr.New(pgerr.UndefinedFunction, "function %s() does not exist", x.Name.Name).
			WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
	}
	if a, err := b.resolveUserAggregate(x, args, false); a != nil || err != nil {
		return a, err
	}
	return b.overload(x.Name.Name, args)
}

// overload chooses the aggregate of a name for the arguments, and casts them in place to what it takes.
func (b *binder) overload(name string, args []expr.Expr) (*agg.Aggregate, error) {
	a, want, err := agg.Resolve(name, exprTypes(args))
	if err != nil {
		return nil, err
	}
	for i, t := range want {
		if t == agg.Any {
			t = args[i].Type()
		}
		if t.Is(col.Unknown) {
			t = col.Text
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
		return o.agg.Same(use.agg) && o.distinct == use.distinct && equalLists(o.args, use.args) && equalLists(o.direct, use.direct) && equalLists(o.grouping, use.grouping) &&
			slices.EqualFunc(o.order, use.order, func(a, b sortKey) bool { return a.Order == b.Order && expr.Equal(a.x, b.x) }) &&
			(o.filter == nil) == (use.filter == nil) && (o.filter == nil || expr.Equal(o.filter, use.filter))
	})
	if i >= 0 {
		return i
	}
	f.aggregates = append(f.aggregates, use)
	return len(f.aggregates) - 1
}

func equalLists(a, b []expr.Expr) bool { return slices.EqualFunc(a, b, expr.Equal) }

// laterAggregates are the aggregates of PostgreSQL that are not here yet.
var laterAggregates = []string{"range_agg", "xmlagg"}
