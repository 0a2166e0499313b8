package differential

import (
	"fmt"
	"strings"
)

// statement is a statement that changes a table by what stands in both, and returns rows.
func (g *gen) statement() string {
	g.scope = nil
	into := tables[g.IntN(len(tables))]
	other := tables[g.IntN(len(tables))]
	switch g.IntN(5) {
	case 0, 1:
		return g.update(into, other)
	case 2:
		return g.delete(into, other)
	case 3:
		return g.insertQuery(into, other)
	}
	// Both parts see the tables as they were before.
	first := g.delete(into, other)
	for other.name == into.name {
		other = tables[g.IntN(len(tables))]
	}
	second := g.update(other, into)
	return fmt.Sprintf("WITH gone AS (%s), changed AS (%s) SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM changed)", first, second)
}

// beside brings a table and, sometimes, the row of another that has its key into scope. It returns
// what stands behind FROM or USING, and the condition.
func (g *gen) beside(t, other table, alias, word string) (from, where string) {
	g.scope = t.as(alias)
	where = " WHERE " + g.expr("boolean", 2)
	if g.one(2) {
		b := g.name("o")
		g.scope = append(g.scope, other.as(b)...)
		from = fmt.Sprintf(" %s %s %s", word, other.name, b)
		where = fmt.Sprintf(" WHERE %s.id = %s.id AND %s", alias, b, g.expr("boolean", 2))
	}
	return from, where
}

func (g *gen) update(t, other table) string {
	alias := g.name("x")
	from, where := g.beside(t, other, alias, "FROM")
	return fmt.Sprintf("UPDATE %s AS %s SET %s%s%s%s", t.name, alias, g.assignments(t), from, where, g.returning())
}

func (g *gen) delete(t, other table) string {
	alias := g.name("x")
	from, where := g.beside(t, other, alias, "USING")
	return fmt.Sprintf("DELETE FROM %s AS %s%s%s%s", t.name, alias, from, where, g.returning())
}

// assignments gives columns of a table, never its key, values over what is in scope.
func (g *gen) assignments(t table) string {
	var out []string
	for _, i := range g.Perm(len(t.cols) - 1)[:1+g.IntN(2)] {
		c := t.cols[i+1]
		x := "DEFAULT"
		if !g.one(12) {
			x = g.expr(c.kind, 2)
		}
		out = append(out, c.sql+" = "+x)
	}
	return strings.Join(out, ", ")
}

func (g *gen) returning() string {
	var exprs []string
	for range 1 + g.IntN(2) {
		exprs = append(exprs, g.expr(g.someKind(), 1))
	}
	return " RETURNING " + listOf(exprs)
}

func (g *gen) insertQuery(t, other table) string {
	from := g.name("r")
	g.scope = other.as(from)
	columns, values := []string{"id"}, []string{fmt.Sprintf("%s.id + %d", from, g.IntN(4))}
	for _, i := range g.Perm(len(t.cols) - 1)[:g.IntN(len(t.cols))] {
		c := t.cols[i+1]
		columns, values = append(columns, c.sql), append(values, g.expr(c.kind, 2))
	}
	q := fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s %s%s", t.name, strings.Join(columns, ", "), strings.Join(values, ", "), other.name, from, g.where())
	g.scope = append(t.as("excluded"), t.as(t.name)...)
	switch g.IntN(3) {
	case 0:
		q += " ON CONFLICT DO NOTHING"
	case 1:
		q += " ON CONFLICT (id) DO UPDATE SET " + g.assignments(t)
		if g.one(2) {
			q += " WHERE " + g.expr("boolean", 1)
		}
	}
	g.scope = t.as(t.name)
	return q + g.returning()
}
