package metamorphic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// arrayQuery has the rows of a subquery that depends on each row as an array: its text, how
// many there are, or whether a value is among them.
func (g *gen) arrayQuery(depth int) query {
	l := g.source(depth)
	c := g.correlate(l, g.source(depth-1))
	y := g.column(c.scope)
	if y.kind != oracle.Int && y.kind != oracle.Text {
		return g.finish(l)
	}
	order, by := g.orders(scope{y}, true)
	limit := g.IntN(4) + 1
	if g.one(2) {
		limit = 1000
	}
	array := fmt.Sprintf("ARRAY(SELECT %s FROM %s%s ORDER BY %s LIMIT %d)", y.sql, c.sql, c.where, order, limit)
	n := oracle.WithValue{In: l.node, Of: func(outer oracle.Row) oracle.Node {
		return oracle.Project{In: oracle.Limit{In: c.of(outer), By: by, Limit: limit}, Exprs: []oracle.Expr{y.f}}
	}}
	sub := expr{f: oracle.Col(len(l.scope)), kind: oracle.Text}
	switch g.IntN(3) {
	case 0:
		sub.sql = "array_to_string(" + array + ", ',', '-')"
		n.Value = func(_ oracle.Row, rows []oracle.Row) oracle.Value { return oracle.TextOf(joined(rows)) }
	case 1:
		sub.sql, sub.kind = "cardinality("+array+")", oracle.Int
		n.Value = func(_ oracle.Row, rows []oracle.Row) oracle.Value { return oracle.IntOf(int64(len(rows))) }
	default:
		x, op, all := g.expr(l.scope, y.kind, 1), comparisons[g.IntN(len(comparisons))], g.one(2)
		sub.sql, sub.kind = fmt.Sprintf("(%s %s %s (%s))", x.sql, op, map[bool]string{true: "ALL", false: "ANY"}[all], array), oracle.Bool
		n.Value = func(outer oracle.Row, rows []oracle.Row) oracle.Value {
			return oracle.Quantified(op, all, x.f(outer), rows)
		}
	}
	sql, fs, cols := g.named(append(g.list(l.scope, 3), sub))
	return query{fmt.Sprintf("SELECT %s FROM %s", sql, l.sql), oracle.Project{In: n, Exprs: fs}, cols, slices.Concat(l.uses, c.uses)}
}

// joined is array_to_string over first columns.
func joined(rows []oracle.Row) string {
	var parts []string
	for _, r := range rows {
		if r[0].IsNull() {
			parts = append(parts, "-")
		} else {
			parts = append(parts, plain(r[0]))
		}
	}
	return strings.Join(parts, ",")
}

// outerQuery groups, and has a subquery as a value that reads an aggregate of the groups.
func (g *gen) outerQuery(depth int) query {
	l, r := g.source(depth), g.source(depth-1)
	k, x := g.key(l.scope), g.column(l.scope)
	same := r.scope.of(x.kind)
	if len(same) == 0 || x.kind == oracle.Bool {
		return g.finish(l)
	}
	y, of := g.column(same), []string{"min", "max"}[g.IntN(2)]
	op := comparisons[g.IntN(len(comparisons))]
	a := g.aggregate(r.scope)
	n := oracle.Group{In: l.node, Keys: []oracle.Expr{k.f}, Aggs: []oracle.Aggregate{{Function: of, Arg: x.f}}}
	value := oracle.WithValue{In: n, Of: func(outer oracle.Row) oracle.Node {
		rows := oracle.Filter{In: r.node, Pred: oracle.Comparison(op, y.f, oracle.Const(outer[1]))}
		return oracle.Project{In: oracle.Group{In: rows, Aggs: []oracle.Aggregate{a.call}}, Exprs: []oracle.Expr{a.post(0)}}
	}, Value: func(_ oracle.Row, rows []oracle.Row) (v oracle.Value) {
		if len(rows) > 0 {
			v = rows[0][0]
		}
		return v
	}}
	out := []expr{{k.sql, oracle.Col(0), k.kind}, {fmt.Sprintf("(SELECT %s FROM %s WHERE %s %s %s(%s))", a.sql, r.sql, y.sql, op, of, x.sql), oracle.Col(2), a.kind}}
	sql, fs, cols := g.named(out)
	return query{fmt.Sprintf("SELECT %s FROM %s GROUP BY %s", sql, l.sql, k.sql), oracle.Project{In: value, Exprs: fs}, cols, slices.Concat(l.uses, r.uses)}
}
