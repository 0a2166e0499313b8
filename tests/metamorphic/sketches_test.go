package metamorphic

import (
	"fmt"

	"github.com/millracedb/millrace/tests/oracle"
)

// sketchView makes a view of estimates, which are held to what their query says when it is
// asked; nil: nothing has columns for it.
func (g *gen) sketchView(i int, tables []*relation) *relation {
	r := tables[g.IntN(len(tables))]
	f := g.whole(r)
	where, _ := g.where(f)
	k, x := g.column(f.scope), g.column(f.scope)
	out := []expr{{sql: k.sql, kind: k.kind}, {sql: "count(*)", kind: oracle.Int}}
	if numbers := append(f.scope.of(oracle.Int), f.scope.of(oracle.Float)...); len(numbers) > 0 {
		out = append(out, expr{sql: fmt.Sprintf("approx_percentile(%s, 0.5)::float8", g.column(numbers).sql), kind: oracle.Float})
	}
	if r.stream {
		out = append(out, expr{sql: fmt.Sprintf("approx_count_distinct(%s)", x.sql), kind: oracle.Int})
	}
	sql, _, cols := g.named(out)
	q := query{fmt.Sprintf("SELECT %s FROM %s%s GROUP BY %s", sql, f.sql, where, k.sql), nil, cols, f.uses}
	return &relation{name: fmt.Sprintf("v%d", i), cols: cols, view: &q, kept: true, estimates: true}
}
