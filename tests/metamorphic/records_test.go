package metamorphic

import (
	"fmt"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// recordQuery has rows as values: it groups by one, or keeps one of each.
func (g *gen) recordQuery(depth int) query {
	f := g.source(depth)
	where, node := g.where(f)
	var of []expr
	for range g.IntN(2) + 1 {
		of = append(of, g.expr(f.scope, []oracle.Kind{oracle.Int, oracle.Bool}[g.IntN(2)], 1))
	}
	r := record(of)
	n := oracle.Group{In: node, Keys: []oracle.Expr{r.f}}
	alias := g.name("a")
	if g.one(2) {
		sql, fs, cols := g.named([]expr{{alias + ".x::text", oracle.Col(0), oracle.Text}})
		return query{fmt.Sprintf("SELECT %s FROM (SELECT DISTINCT %s AS x FROM %s%s) AS %s", sql, r.sql, f.sql, where, alias), oracle.Project{In: n, Exprs: fs}, cols, f.uses}
	}
	a := g.aggregate(f.scope)
	n.Aggs = []oracle.Aggregate{a.call}
	sql, fs, cols := g.named([]expr{{alias + ".x::text", oracle.Col(0), oracle.Text}, {alias + ".y", a.post(1), a.kind}})
	return query{fmt.Sprintf("SELECT %s FROM (SELECT %s AS x, %s AS y FROM %s%s GROUP BY 1) AS %s", sql, r.sql, a.sql, f.sql, where, alias), oracle.Project{In: n, Exprs: fs}, cols, f.uses}
}

// record is ROW of whole numbers and booleans; its value is its text.
func record(of []expr) expr {
	var sql []string
	for _, e := range of {
		sql = append(sql, e.sql)
	}
	return expr{"ROW(" + strings.Join(sql, ", ") + ")", func(r oracle.Row) oracle.Value {
		var parts []string
		for _, e := range of {
			v := e.f(r)
			switch v.K {
			case oracle.Error:
				return v
			case oracle.Null:
				parts = append(parts, "")
			case oracle.Bool:
				parts = append(parts, map[bool]string{true: "t", false: "f"}[v.IsTrue()])
			default:
				parts = append(parts, plain(v))
			}
		}
		return oracle.TextOf("(" + strings.Join(parts, ",") + ")")
	}, oracle.Text}
}

// rowComparison compares two rows of two values, from the first on.
func (g *gen) rowComparison(s scope, depth int) expr {
	j, k := kinds[g.IntN(len(kinds))], kinds[g.IntN(len(kinds))]
	a, b, c, d := g.expr(s, j, depth), g.expr(s, k, depth), g.expr(s, j, depth), g.expr(s, k, depth)
	op := comparisons[g.IntN(len(comparisons))]
	sql := fmt.Sprintf("(ROW(%s, %s) %s ROW(%s, %s))", a.sql, b.sql, op, c.sql, d.sql)
	same := oracle.And(oracle.Comparison("=", a.f, c.f), oracle.Comparison("=", b.f, d.f))
	switch op {
	case "=":
		return expr{sql, same, oracle.Bool}
	case "<>":
		return expr{sql, oracle.Not(same), oracle.Bool}
	}
	first := op[:1]
	less := oracle.Case(oracle.Comparison("=", a.f, c.f), oracle.Comparison(op, b.f, d.f), oracle.Comparison(first, a.f, c.f))
	return expr{sql, less, oracle.Bool}
}
