package metamorphic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// query is a SELECT, its answer by the oracle, and its columns.
type query struct {
	sql  string
	node oracle.Node
	cols []column
	uses []string // relations that it reads
}

// from is an item of FROM: its SQL with its alias, and what names refer to.
type from struct {
	sql   string
	node  oracle.Node
	scope scope
	uses  []string
}

// item makes a FROM item of columns under a new alias.
func (g *gen) item(sql string, node oracle.Node, cols []column, uses ...string) from {
	alias := g.name("a")
	f := from{sql: sql + " AS " + alias, node: node, uses: uses}
	for i, c := range cols {
		f.scope = append(f.scope, expr{alias + "." + c.name, oracle.Col(i), c.kind})
	}
	return f
}

// source makes a FROM item: a relation, windows over one, or a query.
func (g *gen) source(depth int) from {
	if depth > 0 && g.one(3) {
		q := g.query(depth - 1)
		return g.item("("+q.sql+")", q.node, q.cols, q.uses...)
	}
	r := g.sources[g.IntN(len(g.sources))]
	if g.one(4) {
		if i := slices.IndexFunc(r.cols, func(c column) bool { return c.kind == oracle.Time }); i >= 0 {
			return g.windows(r, i)
		}
	}
	return g.whole(r)
}

// whole makes a FROM item of a relation.
func (g *gen) whole(r *relation) from { return g.item(r.name, r.node(), r.cols, r.name) }

// query makes a SELECT.
func (g *gen) query(depth int) query {
	forms := []func(*gen, int) query{(*gen).plainQuery, (*gen).joinQuery, (*gen).groupQuery, (*gen).distinctQuery, (*gen).setQuery,
		(*gen).existsQuery, (*gen).inQuery, (*gen).topQuery, (*gen).rankQuery, (*gen).overQuery, (*gen).scalarQuery, (*gen).correlatedQuery, (*gen).lateralQuery, (*gen).withQuery, (*gen).joinQuery, (*gen).groupQuery, (*gen).unnestQuery, (*gen).asOfQuery, (*gen).nowQuery,
		(*gen).versionsQuery, (*gen).arrayQuery, (*gen).outerQuery, (*gen).recordQuery, (*gen).chainQuery, (*gen).intervalQuery, (*gen).scoreQuery}
	return forms[g.IntN(len(forms))](g, depth)
}

// list makes a select list over a scope: mostly columns.
func (g *gen) list(s scope, most int) (exprs []expr) {
	for range g.IntN(most) + 1 {
		e := g.column(s)
		if g.one(3) {
			e = g.expr(s, kinds[g.IntN(len(kinds))], 2)
		}
		exprs = append(exprs, e)
	}
	return exprs
}

// named gives expressions output names.
func (g *gen) named(exprs []expr) (sql string, fs []oracle.Expr, cols []column) {
	var parts []string
	for _, e := range exprs {
		c := column{name: g.name("c"), kind: e.kind}
		parts, fs, cols = append(parts, e.sql+" AS "+c.name), append(fs, e.f), append(cols, c)
	}
	return strings.Join(parts, ", "), fs, cols
}

// where makes a WHERE clause, perhaps none.
func (g *gen) where(f from) (string, oracle.Node) {
	if g.one(2) {
		return "", f.node
	}
	p := g.boolExpr(f.scope, 2)
	return " WHERE " + p.sql, oracle.Filter{In: f.node, Pred: p.f}
}

// finish selects from an item.
func (g *gen) finish(f from) query {
	where, node := g.where(f)
	sql, fs, cols := g.named(g.list(f.scope, 4))
	return query{fmt.Sprintf("SELECT %s FROM %s%s", sql, f.sql, where), oracle.Project{In: node, Exprs: fs}, cols, f.uses}
}

func (g *gen) plainQuery(depth int) query { return g.finish(g.source(depth)) }

// shifted makes a scope's columns those behind width others.
func (s scope) shifted(width int) (out scope) {
	for i, e := range s {
		e.f = oracle.Col(width + i)
		out = append(out, e)
	}
	return out
}

// equality compares a column of each side; ok is false when there are none of one class.
func (g *gen) equality(left, right scope) (e expr, ok bool) {
	for range 10 {
		a, b := g.column(left), g.column(right)
		numbers := a.kind <= oracle.Float && b.kind <= oracle.Float && a.kind >= oracle.Int && b.kind >= oracle.Int
		if a.kind == b.kind || numbers && g.one(3) {
			return expr{a.sql + " = " + b.sql, oracle.Comparison("=", a.f, b.f), oracle.Bool}, true
		}
	}
	return expr{}, false
}

// inequality compares a column of each side by order; ok is false when there are none of one
// kind.
func (g *gen) inequality(left, right scope) (e expr, ok bool) {
	for range 10 {
		if a, b := g.column(left), g.column(right); a.kind == b.kind && a.kind != oracle.Bool {
			op := []string{"<", "<=", ">", ">="}[g.IntN(4)]
			return expr{a.sql + " " + op + " " + b.sql, oracle.Comparison(op, a.f, b.f), oracle.Bool}, true
		}
	}
	return expr{}, false
}

// pairing is the condition of a join: mostly an equality, else inequalities alone; keyed says
// that there is an equality.
func (g *gen) pairing(left, right scope) (e expr, keyed, ok bool) {
	e, ok = g.equality(left, right)
	if less, compares := g.inequality(left, right); compares && (!ok || g.one(4)) {
		if more, compares := g.inequality(left, right); compares && g.one(2) {
			less = expr{less.sql + " AND " + more.sql, oracle.And(less.f, more.f), oracle.Bool}
		}
		if !ok || g.one(2) {
			return less, false, true
		}
		return expr{e.sql + " AND " + less.sql, oracle.And(e.f, less.f), oracle.Bool}, true, true
	}
	return e, ok, ok
}

// timeBound bounds the times of pairs by an interval, from one side or from both; ok is
// false when a side has no time.
func (g *gen) timeBound(left, right scope) (e expr, ok bool) {
	timed := func(s scope) scope {
		return slices.DeleteFunc(slices.Clone(s), func(e expr) bool { return e.kind != oracle.Time })
	}
	l, r := timed(left), timed(right)
	if len(l) == 0 || len(r) == 0 {
		return expr{}, false
	}
	a, b := g.column(l), g.column(r)
	if g.one(2) {
		a, b = b, a
	}
	span := int64(g.IntN(90))
	late := expr{fmt.Sprintf("%s + INTERVAL '%d seconds'", b.sql, span), oracle.Later(b.f, span*1_000_000), oracle.Time}
	upto := expr{a.sql + " <= " + late.sql, oracle.Comparison("<=", a.f, late.f), oracle.Bool}
	if g.one(3) {
		return upto, true
	}
	return expr{fmt.Sprintf("%s BETWEEN %s AND %s", a.sql, b.sql, late.sql), oracle.And(oracle.Comparison(">=", a.f, b.f), upto.f), oracle.Bool}, true
}

// joinForm is a kind of join.
type joinForm struct {
	sql  string
	kind oracle.JoinKind
}

var joins = []joinForm{{"JOIN", oracle.Inner}, {"LEFT JOIN", oracle.LeftOuter}, {"RIGHT JOIN", oracle.RightOuter}, {"FULL JOIN", oracle.FullOuter}}

// join makes a FROM item of two others.
func (g *gen) join(l, r from) from {
	right := r.scope.shifted(len(l.scope))
	both := append(slices.Clone(l.scope), right...)
	uses := append(slices.Clone(l.uses), r.uses...)
	on, keyed, ok := g.pairing(l.scope, right)
	if !ok {
		yes := oracle.Const(oracle.BoolOf(true))
		return from{l.sql + " CROSS JOIN " + r.sql, oracle.Join{Kind: oracle.Inner, Left: l.node, Right: r.node, On: yes}, both, uses}
	}
	if second, ok := g.equality(l.scope, right); ok && g.one(4) {
		on = expr{on.sql + " AND " + second.sql, oracle.And(on.f, second.f), oracle.Bool}
	}
	k := joins[g.IntN(len(joins))]
	if !keyed && k.kind == oracle.FullOuter {
		k = joins[1]
	}
	if bound, ok := g.timeBound(l.scope, right); ok && g.one(2) {
		on = expr{on.sql + " AND " + bound.sql, oracle.And(on.f, bound.f), oracle.Bool}
	}
	if g.one(3) && k.kind != oracle.FullOuter {
		residual := g.boolExpr(both, 1)
		on = expr{on.sql + " AND " + residual.sql, oracle.And(on.f, residual.f), oracle.Bool}
	}
	return g.joined(l, r, k, on)
}

func (g *gen) joinQuery(depth int) query {
	f := g.join(g.source(depth), g.source(depth))
	if g.one(4) {
		f = g.join(f, g.source(depth-1))
	}
	return g.finish(f)
}

func (g *gen) distinctQuery(depth int) query {
	q := g.plainQuery(depth)
	return query{"SELECT DISTINCT" + strings.TrimPrefix(q.sql, "SELECT"), oracle.Distinct{In: q.node}, q.cols, q.uses}
}

// setQuery makes a UNION, EXCEPT or INTERSECT of two queries.
func (g *gen) setQuery(depth int) query {
	var branch [2]query
	var want []oracle.Kind
	for range g.IntN(3) + 1 {
		want = append(want, kinds[g.IntN(len(kinds))])
	}
	for i := range branch {
		f := g.source(depth)
		where, node := g.where(f)
		var exprs []expr
		for _, k := range want {
			exprs = append(exprs, g.expr(f.scope, k, 1))
		}
		sql, fs, cols := g.named(exprs)
		branch[i] = query{fmt.Sprintf("SELECT %s FROM %s%s", sql, f.sql, where), oracle.Project{In: node, Exprs: fs}, cols, f.uses}
	}
	a, b := branch[0], branch[1]
	uses := slices.Concat(a.uses, b.uses)
	op := setOps[g.IntN(len(setOps))]
	return query{a.sql + " " + op.sql + " " + b.sql, op.node(a.node, b.node), a.cols, uses}
}

var setOps = []struct {
	sql  string
	node func(a, b oracle.Node) oracle.Node
}{
	{"UNION ALL", func(a, b oracle.Node) oracle.Node { return oracle.Union{Left: a, Right: b} }},
	{"UNION", func(a, b oracle.Node) oracle.Node { return oracle.Distinct{In: oracle.Union{Left: a, Right: b}} }},
	{"EXCEPT ALL", func(a, b oracle.Node) oracle.Node { return oracle.Except{Left: a, Right: b} }},
	{"EXCEPT", func(a, b oracle.Node) oracle.Node {
		return oracle.Except{Left: oracle.Distinct{In: a}, Right: oracle.Distinct{In: b}}
	}},
	{"INTERSECT ALL", func(a, b oracle.Node) oracle.Node { return oracle.Intersect{Left: a, Right: b} }},
	{"INTERSECT", func(a, b oracle.Node) oracle.Node { return oracle.Distinct{In: oracle.Intersect{Left: a, Right: b}} }},
}

func (g *gen) existsQuery(depth int) query {
	l, r := g.source(depth), g.source(depth-1)
	right := r.scope.shifted(len(l.scope))
	on, _, ok := g.pairing(l.scope, right)
	if !ok {
		return g.finish(l)
	}
	if g.one(3) {
		residual := g.boolExpr(append(slices.Clone(l.scope), right...), 1)
		on = expr{on.sql + " AND " + residual.sql, oracle.And(on.f, residual.f), oracle.Bool}
	}
	not, kind := "", oracle.Semi
	if g.one(2) {
		not, kind = "NOT ", oracle.Anti
	}
	sql, fs, cols := g.named(g.list(l.scope, 4))
	node := oracle.Join{Kind: kind, Left: l.node, Right: r.node, On: on.f}
	return query{fmt.Sprintf("SELECT %s FROM %s WHERE %sEXISTS (SELECT 1 FROM %s WHERE %s)", sql, l.sql, not, r.sql, on.sql),
		oracle.Project{In: node, Exprs: fs}, cols, slices.Concat(l.uses, r.uses)}
}

func (g *gen) inQuery(depth int) query {
	l, r := g.source(depth), g.source(depth-1)
	y := g.column(r.scope)
	where, inner := g.where(r)
	x := g.expr(l.scope, y.kind, 1)
	not := g.one(2)
	node := oracle.InQuery{In: l.node, X: x.f, List: oracle.Project{In: inner, Exprs: []oracle.Expr{y.f}}, Not: not}
	sql, fs, cols := g.named(g.list(l.scope, 4))
	word := map[bool]string{false: "IN", true: "NOT IN"}[not]
	return query{fmt.Sprintf("SELECT %s FROM %s WHERE %s %s (SELECT %s FROM %s%s)", sql, l.sql, x.sql, word, y.sql, r.sql, where),
		oracle.Project{In: node, Exprs: fs}, cols, slices.Concat(l.uses, r.uses)}
}

// unnestQuery gives rows those of an array of theirs: in FROM, as a left join at times, or in
// the select list.
func (g *gen) unnestQuery(depth int) query {
	l := g.source(depth)
	kind := g.column(l.scope).kind
	node := oracle.Unnest{In: l.node}
	var members []string
	for range 1 + g.IntN(3) {
		e := g.expr(l.scope, kind, 1)
		members, node.Elems = append(members, e.sql+"::"+castTypes[kind]), append(node.Elems, e.f)
	}
	array := "unnest(ARRAY[" + strings.Join(members, ", ") + "])"
	alias, width := g.name("u"), len(l.scope)
	if g.one(3) {
		sql, fs, cols := g.named(append(g.list(l.scope, 3), expr{array, oracle.Col(width), kind}))
		return query{fmt.Sprintf("SELECT %s FROM %s", sql, l.sql), oracle.Project{In: node, Exprs: fs}, cols, l.uses}
	}
	elem := expr{alias + ".x", oracle.Col(width), kind}
	inner := append(slices.Clone(l.scope), elem, expr{alias + ".n", oracle.Col(width + 1), oracle.Int})
	join := ", "
	on := ""
	if g.one(2) {
		cond := g.boolExpr(inner, 1)
		join, on, node.On = " LEFT JOIN ", " ON "+cond.sql, cond.f
	}
	f := from{sql: l.sql + join + array + " WITH ORDINALITY AS " + alias + "(x, n)" + on, node: node, scope: inner, uses: l.uses}
	return g.finish(f)
}

// scalarQuery compares with a scalar subquery.
func (g *gen) scalarQuery(depth int) query {
	l, r := g.source(depth), g.source(depth-1)
	agg := g.aggregate(r.scope)
	inner := oracle.Group{In: r.node, Aggs: []oracle.Aggregate{agg.call}}
	sub := expr{fmt.Sprintf("(SELECT %s FROM %s)", agg.sql, r.sql), oracle.Col(len(l.scope)), agg.kind}
	node := oracle.WithScalar{In: l.node, Scalar: oracle.Project{In: inner, Exprs: []oracle.Expr{agg.post(0)}}}
	if g.one(3) {
		sql, fs, cols := g.named(append(g.list(l.scope, 3), sub))
		return query{fmt.Sprintf("SELECT %s FROM %s", sql, l.sql), oracle.Project{In: node, Exprs: fs}, cols, slices.Concat(l.uses, r.uses)}
	}
	x := g.expr(l.scope, sub.kind, 1)
	op := comparisons[g.IntN(len(comparisons))]
	sql, fs, cols := g.named(g.list(l.scope, 4))
	return query{fmt.Sprintf("SELECT %s FROM %s WHERE %s %s %s", sql, l.sql, x.sql, op, sub.sql),
		oracle.Project{In: oracle.Filter{In: node, Pred: oracle.Comparison(op, x.f, sub.f)}, Exprs: fs}, cols, slices.Concat(l.uses, r.uses)}
}

// withQuery uses a common table expression twice: a diamond.
func (g *gen) withQuery(depth int) query {
	q := g.query(depth - 1)
	name := g.name("w")
	f := g.join(g.item(name, q.node, q.cols, q.uses...), g.item(name, q.node, q.cols))
	out := g.finish(f)
	out.sql = fmt.Sprintf("WITH %s AS (%s) %s", name, q.sql, out.sql)
	return out
}
