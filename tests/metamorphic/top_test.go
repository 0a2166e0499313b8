package metamorphic

import (
	"fmt"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// orders makes ORDER BY terms over columns; total adds all the others.
func (g *gen) orders(s scope, total bool) (sql string, by []oracle.Order) {
	var parts []string
	seen := map[string]bool{}
	add := func(e expr) {
		if seen[e.sql] {
			return
		}
		seen[e.sql] = true
		o := oracle.Order{Expr: e.f, Desc: g.one(2)}
		text := e.sql
		if o.Desc {
			text += " DESC"
			o.NullsFirst = true
		}
		if g.one(3) {
			o.NullsFirst = !o.NullsFirst
			text += map[bool]string{true: " NULLS FIRST", false: " NULLS LAST"}[o.NullsFirst]
		}
		parts, by = append(parts, text), append(by, o)
	}
	for range g.IntN(2) + 1 {
		add(g.column(s))
	}
	for _, e := range s {
		if total {
			add(e)
		}
	}
	return strings.Join(parts, ", "), by
}

func (g *gen) topQuery(depth int) query {
	q := g.plainQuery(depth)
	var out scope
	for i, c := range q.cols {
		out = append(out, expr{c.name, oracle.Col(i), c.kind})
	}
	sql, by := g.orders(out, true)
	n := oracle.Limit{In: q.node, By: by, Limit: g.IntN(6) + 1}
	if g.one(4) {
		n.Limit += 64
	}
	q.sql += fmt.Sprintf(" ORDER BY %s LIMIT %d", sql, n.Limit)
	if g.one(3) {
		n.Offset = g.IntN(4)
		q.sql += fmt.Sprintf(" OFFSET %d", n.Offset)
	}
	q.node = n
	return q
}

func (g *gen) rankQuery(depth int) query {
	f := g.source(depth)
	function := []string{"row_number", "rank", "dense_rank"}[g.IntN(3)]
	order, by := g.orders(f.scope, function == "row_number")
	n := oracle.Rank{In: f.node, Function: function, By: by}
	over := ""
	if !g.one(4) {
		p := g.column(f.scope)
		over, n.Partition = "PARTITION BY "+p.sql+" ", []oracle.Expr{p.f}
	}
	sql, fs, cols := g.named(append([]expr{{fmt.Sprintf("%s() OVER (%sORDER BY %s)", function, over, order), oracle.Col(len(f.scope)), oracle.Int}}, g.list(f.scope, 4)...))
	k := int64(g.IntN(3) + 1)
	ranked := g.item(fmt.Sprintf("(SELECT %s FROM %s)", sql, f.sql), oracle.Project{In: n, Exprs: fs}, cols, f.uses...)
	out, outs, outCols := g.named(ranked.scope[g.IntN(2):])
	top := oracle.Filter{In: ranked.node, Pred: oracle.Comparison("<=", oracle.Col(0), oracle.Const(oracle.IntOf(k)))}
	return query{fmt.Sprintf("SELECT %s FROM %s WHERE %s <= %d", out, ranked.sql, ranked.scope[0].sql, k), oracle.Project{In: top, Exprs: outs}, outCols, ranked.uses}
}
