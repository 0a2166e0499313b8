package metamorphic

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/tests/oracle"
)

// sunk makes a table that a sink keeps equal to a table with a primary key, but for some rows,
// or to the groups of one; nil: there is none for it.
func (g *gen) sunk(tables []*relation) *relation {
	if g.one(3) {
		return g.sunkGroups(tables[g.IntN(len(tables))])
	}
	for _, t := range tables {
		if len(t.pk) == 0 || g.one(2) {
			continue
		}
		most := int64(g.IntN(40))
		pred := oracle.Comparison("<>", oracle.Col(t.pk[0]), oracle.Const(oracle.IntOf(most)))
		q := query{fmt.Sprintf("SELECT * FROM %s WHERE %s <> %d", t.name, t.cols[t.pk[0]].name, most),
			oracle.Filter{In: t.node(), Pred: pred}, t.cols, []string{t.name}}
		return &relation{name: "sunk", cols: t.cols, pk: t.pk, mark: -1, view: &q, sunk: true}
	}
	return nil
}

// sunkGroups makes a table into which a sink writes how many rows there are of each value of a
// column, and an extreme of another.
func (g *gen) sunkGroups(t *relation) *relation {
	keys := slices.DeleteFunc(slices.Clone(t.cols), func(c column) bool { return c.kind != oracle.Int && c.kind != oracle.Text })
	k := keys[g.IntN(len(keys))]
	at := slices.Index(t.cols, k)
	x := g.IntN(len(t.cols))
	for t.cols[x].kind == oracle.Bool {
		x = g.IntN(len(t.cols))
	}
	of := []string{"min", "max"}[g.IntN(2)]
	groups := oracle.Group{In: oracle.Filter{In: t.node(), Pred: oracle.Not(oracle.IsNull(oracle.Col(at)))}, Keys: []oracle.Expr{oracle.Col(at)},
		Aggs: []oracle.Aggregate{{Function: "count"}, {Function: of, Arg: oracle.Col(x)}}}
	cols := []column{{"k", k.kind, k.typ}, {"n", oracle.Int, "int8"}, {"x", t.cols[x].kind, t.cols[x].typ}}
	q := query{fmt.Sprintf("SELECT %s, count(*), %s(%s) FROM %s WHERE %s IS NOT NULL GROUP BY %s", k.name, of, t.cols[x].name, t.name, k.name, k.name),
		groups, cols, []string{t.name}}
	return &relation{name: "sunk", cols: cols, pk: []int{0}, mark: -1, view: &q, sunk: true}
}

// sharing makes views that look up one relation by one column, whose rows by it they share.
func (g *gen) sharing(tables []*relation) (views []*relation) {
	t := tables[g.IntN(len(tables))]
	at := g.IntN(len(t.cols))
	for i := range 4 {
		l := g.source(0)
		same := l.scope.of(t.cols[at].kind)
		if len(same) == 0 {
			continue
		}
		r := g.whole(t)
		right := r.scope.shifted(len(l.scope))
		x, y := g.column(same), right[at]
		j := joins[g.IntN(len(joins))]
		node := oracle.Join{Kind: j.kind, Left: l.node, Right: r.node, LeftWidth: len(l.scope), RightWidth: len(r.scope), On: oracle.Comparison("=", x.f, y.f)}
		q := g.finish(from{fmt.Sprintf("%s %s %s ON %s = %s", l.sql, j.sql, r.sql, x.sql, y.sql), node, slices.Concat(l.scope, right), slices.Concat(l.uses, r.uses)})
		views = append(views, &relation{name: fmt.Sprintf("s%d", i), cols: q.cols, view: &q, kept: true})
	}
	return views
}
