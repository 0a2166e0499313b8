package metamorphic

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/tests/oracle"
)

// correlated is a FROM item whose rows depend on those of another: WHERE, and the rows of
// the item for an outer row.
type correlated struct {
	from
	where string
	of    func(outer oracle.Row) oracle.Node
}

// correlate lets an item's rows depend on those of l, by an equality most of the time.
func (g *gen) correlate(l, r from) correlated {
	right := r.scope.shifted(len(l.scope))
	both := append(slices.Clone(l.scope), right...)
	on, ok := g.equality(l.scope, right)
	if !ok || g.one(4) {
		on = g.boolExpr(both, 1)
	} else if g.one(3) {
		residual := g.boolExpr(both, 1)
		on = expr{on.sql + " AND " + residual.sql, oracle.And(on.f, residual.f), oracle.Bool}
	}
	return correlated{r, " WHERE " + on.sql, func(outer oracle.Row) oracle.Node {
		return oracle.Filter{In: r.node, Pred: func(row oracle.Row) oracle.Value { return on.f(slices.Concat(outer, row)) }}
	}}
}

// lateralQuery joins with the rows, or the first rows, that depend on each row.
func (g *gen) lateralQuery(depth int) query {
	l := g.source(depth)
	c := g.correlate(l, g.source(depth-1))
	var exprs []expr
	for range g.IntN(3) + 1 {
		exprs = append(exprs, g.column(c.scope))
	}
	sql, fs, cols := g.named(exprs)
	var out scope
	for i, c := range cols {
		out = append(out, expr{c.name, oracle.Col(i), c.kind})
	}
	tail, limit := "", 0
	var by []oracle.Order
	if g.one(2) {
		limit = g.IntN(3) + 1
		tail, by = g.orders(out, true)
		tail = fmt.Sprintf(" ORDER BY %s LIMIT %d", tail, limit)
	}
	n := oracle.Lateral{In: l.node, Outer: g.one(2), Width: len(cols), Of: func(outer oracle.Row) oracle.Node {
		rows := oracle.Project{In: c.of(outer), Exprs: fs}
		if limit == 0 {
			return rows
		}
		return oracle.Limit{In: rows, By: by, Limit: limit}
	}}
	item := g.item(fmt.Sprintf("LATERAL (SELECT %s FROM %s%s%s)", sql, c.sql, c.where, tail), nil, cols)
	f := from{node: n, scope: append(slices.Clone(l.scope), item.scope.shifted(len(l.scope))...), uses: slices.Concat(l.uses, c.uses)}
	f.sql = l.sql + " CROSS JOIN " + item.sql
	if n.Outer {
		f.sql = l.sql + " LEFT JOIN " + item.sql + " ON true"
	}
	return g.finish(f)
}

// correlatedQuery has a subquery that depends on each row as a value: an aggregate, EXISTS,
// or a comparison with ANY or ALL.
func (g *gen) correlatedQuery(depth int) query {
	l := g.source(depth)
	c := g.correlate(l, g.source(depth-1))
	at := oracle.Col(len(l.scope))
	var sub expr
	n := oracle.WithValue{In: l.node, Of: c.of}
	switch g.IntN(3) {
	case 0:
		a := g.aggregate(c.scope)
		sub = expr{fmt.Sprintf("(SELECT %s FROM %s%s)", a.sql, c.sql, c.where), at, a.kind}
		n.Of = func(outer oracle.Row) oracle.Node {
			return oracle.Project{In: oracle.Group{In: c.of(outer), Aggs: []oracle.Aggregate{a.call}}, Exprs: []oracle.Expr{a.post(0)}}
		}
		n.Value = func(_ oracle.Row, rows []oracle.Row) (v oracle.Value) {
			if len(rows) > 0 {
				v = rows[0][0]
			}
			return v
		}
	case 1:
		sub = expr{fmt.Sprintf("EXISTS (SELECT 1 FROM %s%s)", c.sql, c.where), at, oracle.Bool}
		n.Value = func(_ oracle.Row, rows []oracle.Row) oracle.Value { return oracle.BoolOf(len(rows) > 0) }
	default:
		y := g.column(c.scope)
		x := g.column(slices.Insert(slices.Clone(l.scope), 0, g.expr(l.scope, y.kind, 0)))
		if x.kind != y.kind {
			x = g.expr(l.scope, y.kind, 0)
		}
		op, all := comparisons[g.IntN(len(comparisons))], g.one(2)
		sub = expr{fmt.Sprintf("(%s %s %s (SELECT %s FROM %s%s))", x.sql, op, map[bool]string{true: "ALL", false: "ANY"}[all], y.sql, c.sql, c.where), at, oracle.Bool}
		of := c.of
		n.Of = func(outer oracle.Row) oracle.Node { return oracle.Project{In: of(outer), Exprs: []oracle.Expr{y.f}} }
		n.Value = func(outer oracle.Row, rows []oracle.Row) oracle.Value {
			return oracle.Quantified(op, all, x.f(outer), rows)
		}
	}
	uses := slices.Concat(l.uses, c.uses)
	if sub.kind == oracle.Bool && g.one(2) {
		sql, fs, cols := g.named(g.list(l.scope, 4))
		p := sub
		if g.one(2) {
			q := g.boolExpr(l.scope, 1)
			p = expr{fmt.Sprintf("%s OR %s", q.sql, sub.sql), oracle.Or(q.f, sub.f), oracle.Bool}
		}
		return query{fmt.Sprintf("SELECT %s FROM %s WHERE %s", sql, l.sql, p.sql), oracle.Project{In: oracle.Filter{In: n, Pred: p.f}, Exprs: fs}, cols, uses}
	}
	sql, fs, cols := g.named(append(g.list(l.scope, 3), sub))
	return query{fmt.Sprintf("SELECT %s FROM %s", sql, l.sql), oracle.Project{In: n, Exprs: fs}, cols, uses}
}
