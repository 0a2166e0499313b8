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
