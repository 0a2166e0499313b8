package metamorphic

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/tests/oracle"
)

// joined joins two FROM items on a condition.
func (g *gen) joined(l, r from, k joinForm, on expr) from {
	return from{fmt.Sprintf("%s %s %s ON %s", l.sql, k.sql, r.sql, on.sql),
		oracle.Join{Kind: k.kind, Left: l.node, Right: r.node, LeftWidth: len(l.scope), RightWidth: len(r.scope), On: on.f},
		append(slices.Clone(l.scope), r.scope.shifted(len(l.scope))...), append(slices.Clone(l.uses), r.uses...)}
}

// chainQuery joins some relations on one key, which it takes from any of those joined before.
func (g *gen) chainQuery(depth int) query {
	f := g.source(depth)
	keys := []expr{g.column(f.scope)}
	for range 6 {
		r := g.source(depth - 1)
		x, y := keys[g.IntN(len(keys))], g.column(r.scope.shifted(len(f.scope)))
		if x.kind != y.kind || len(keys) == 4 {
			continue
		}
		f = g.joined(f, r, joins[0], expr{x.sql + " = " + y.sql, oracle.Comparison("=", x.f, y.f), oracle.Bool})
		keys = append(keys, y)
	}
	return g.finish(f)
}

// intervalQuery joins two relations by how far their times are from each other alone.
func (g *gen) intervalQuery(depth int) query {
	l, r := g.source(depth), g.source(depth-1)
	right := r.scope.shifted(len(l.scope))
	on, ok := g.timeBound(l.scope, right)
	if !ok {
		return g.plainQuery(depth)
	}
	if second, ok := g.timeBound(l.scope, right); ok && !g.one(3) {
		on = expr{on.sql + " AND " + second.sql, oracle.And(on.f, second.f), oracle.Bool}
	}
	k := joins[g.IntN(len(joins))]
	if k.kind == oracle.FullOuter {
		k = joins[0]
	}
	return g.finish(g.joined(l, r, k, on))
}
