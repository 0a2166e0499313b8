package differential

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// column is a column in scope: its text, and its kind's name.
type column struct{ sql, kind string }

// gen makes queries of a seed.
type gen struct {
	*rand.Rand
	seed  uint64
	calls *calls
	scope []column
	names int
}

func newGen(seed uint64, c *calls) *gen {
	return &gen{Rand: rand.New(rand.NewPCG(seed, 1)), seed: seed, calls: c}
}

func (g *gen) one(in int) bool { return g.IntN(in) == 0 }

func (g *gen) name(stem string) string {
	g.names++
	return fmt.Sprintf("%s%d", stem, g.names)
}

// someKind is a kind, mostly one of a column in scope.
func (g *gen) someKind() string {
	if len(g.scope) > 0 && !g.one(4) {
		return g.scope[g.IntN(len(g.scope))].kind
	}
	return kinds[g.IntN(len(kinds))].name
}

// expr is an expression of a kind, so deep at most.
func (g *gen) expr(kind string, depth int) string {
	list := g.calls.scalar[kind]
	switch n := g.IntN(20); {
	case depth == 0 || len(list) == 0 || n < 4:
		return g.leaf(kind)
	case n == 4 && depth > 1 && len(g.scope) > 0:
		return g.scalarQuery(kind)
	case n == 5 && kind == "boolean" && depth > 1 && len(g.scope) > 0:
		return g.predicate()
	}
	return g.fill(list[g.IntN(len(list))], depth-1)
}

// fill writes a call with arguments.
func (g *gen) fill(c call, depth int) string {
	args := make([]any, len(c.args))
	for i, k := range c.args {
		args[i] = g.expr(k, depth)
	}
	return fmt.Sprintf(c.form, args...)
}

// leaf is a column, or a constant.
func (g *gen) leaf(kind string) string {
	var of []string
	for _, c := range g.scope {
		if c.kind == kind {
			of = append(of, c.sql)
		}
	}
	if len(of) > 0 && !g.one(4) {
		return of[g.IntN(len(of))]
	}
	return constant(g.Rand, kind)
}

// scalarQuery is a subquery of one row, which may read what is outside of it.
func (g *gen) scalarQuery(kind string) string {
	return g.inside(func(from string, inner []column) string {
		outer := g.scope
		g.scope = append(inner, outer...)
		where := g.expr("boolean", 1)
		g.scope = inner
		x := "min(" + g.expr(kind, 0) + ")"
		if !minable(kind) {
			x = g.expr(kind, 0)
			g.scope = outer
			return fmt.Sprintf("(SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT 1)", x, from, where, inner[0].sql)
		}
		g.scope = outer
		return fmt.Sprintf("(SELECT %s FROM %s WHERE %s)", x, from, where)
	})
}

func minable(kind string) bool {
	switch kind {
	case "jsonb", "boolean", "uuid", "bytea":
		return false
	}
	return true
}

// predicate is EXISTS, IN or a comparison with ANY or ALL of a subquery.
func (g *gen) predicate() string {
	return g.inside(func(from string, inner []column) string {
		outer := g.scope
		g.scope = append(inner, outer...)
		where := g.expr("boolean", 1)
		g.scope = outer
		c := inner[g.IntN(len(inner))]
		for c.kind == "jsonb" {
			c = inner[g.IntN(len(inner))]
		}
		not := []string{"", "NOT "}[g.IntN(2)]
		if g.one(3) {
			return fmt.Sprintf("(%sEXISTS (SELECT 1 FROM %s WHERE %s))", not, from, where)
		}
		form := []string{"(%s %sIN (SELECT %s FROM %s WHERE %s))", "(%s = %sANY (SELECT %s FROM %s WHERE %s))", "(%s <= %sALL (SELECT %s FROM %s WHERE %s))"}[g.IntN(3)]
		if !strings.Contains(form, "IN") {
			not = ""
		}
		return fmt.Sprintf(form, g.leaf(c.kind), not, c.sql, from, where)
	})
}

// inside makes something over a table of its own.
func (g *gen) inside(f func(from string, inner []column) string) string {
	t := tables[g.IntN(len(tables))]
	alias := g.name("q")
	return f(t.name+" "+alias, t.as(alias))
}
