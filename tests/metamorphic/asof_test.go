package metamorphic

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/tests/oracle"
)

// asOfQuery gives each row of one relation the nearest value of another's column. Of the
// other's columns the query gives that one alone: which of several rows with one value is
// taken is the engine's choice.
func (g *gen) asOfQuery(depth int) query {
	l, r := g.source(depth), g.source(depth-1)
	right := r.scope.shifted(len(l.scope))
	for range 10 {
		x, y := g.column(l.scope), g.column(right)
		if x.kind != y.kind || x.kind != oracle.Time && x.kind != oracle.Int && x.kind != oracle.Text {
			continue
		}
		op := []string{">=", ">", "<=", "<"}[g.IntN(4)]
		on := expr{x.sql + " " + op + " " + y.sql, oracle.Comparison(op, x.f, y.f), oracle.Bool}
		if eq, ok := g.equality(l.scope, right); ok && !g.one(4) {
			on = expr{eq.sql + " AND " + on.sql, oracle.And(eq.f, on.f), oracle.Bool}
		}
		word := map[bool]string{false: "ASOF JOIN", true: "ASOF LEFT JOIN"}[g.one(2)]
		node := oracle.AsOf{Left: l.node, Right: r.node, On: on.f, Time: y.f, Forward: op[0] == '<', Outer: word == "ASOF LEFT JOIN"}
		y.f = oracle.Col(len(l.scope))
		sql, fs, cols := g.named(append(g.list(l.scope, 3), y))
		return query{fmt.Sprintf("SELECT %s FROM %s %s %s ON %s", sql, l.sql, word, r.sql, on.sql),
			oracle.Project{In: node, Exprs: fs}, cols, slices.Concat(l.uses, r.uses)}
	}
	return g.plainQuery(depth)
}

// versionsQuery gives rows the version of a table's row that is valid at a time of theirs.
func (g *gen) versionsQuery(depth int) query {
	l := g.source(depth)
	at := slices.IndexFunc(g.sources, func(r *relation) bool {
		return !r.stream && len(r.pk) == 2 && r.cols[r.pk[1]].kind == oracle.Time
	})
	times, keys := l.scope.of(oracle.Time), l.scope.of(oracle.Int)
	if at < 0 || len(times) == 0 || len(keys) == 0 {
		return g.finish(l)
	}
	t, x, k := g.sources[at], g.column(times), g.column(keys)
	alias := g.name("a")
	var right scope
	for i, c := range t.cols {
		right = append(right, expr{alias + "." + c.name, oracle.Col(len(l.scope) + i), c.kind})
	}
	on := expr{k.sql + " = " + right[0].sql, oracle.Comparison("=", k.f, right[0].f), oracle.Bool}
	word := map[bool]string{false: "JOIN", true: "LEFT JOIN"}[g.one(2)]
	valid := oracle.And(on.f, oracle.Comparison(">=", x.f, right[t.pk[1]].f))
	node := oracle.AsOf{Left: l.node, Right: t.node(), On: valid, Time: right[t.pk[1]].f, Outer: word == "LEFT JOIN", Width: len(t.cols)}
	f := from{fmt.Sprintf("%s %s %s FOR SYSTEM_TIME AS OF %s AS %s ON %s", l.sql, word, t.name, x.sql, alias, on.sql),
		node, slices.Concat(l.scope, right), append(slices.Clone(l.uses), t.name)}
	return g.finish(f)
}
