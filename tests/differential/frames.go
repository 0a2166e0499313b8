package differential

import (
	"fmt"
	"slices"
	"strings"
)

// offsets are how far frames of RANGE may reach, by the kind of what they are ordered by.
var offsets = map[string][]string{
	"smallint":                    {"0", "1", "3", "(SELECT 2)"},
	"integer":                     {"0", "1", "10", "(SELECT 2)", "(SELECT max(id) FROM t)"},
	"bigint":                      {"0", "1", "40", "(SELECT 5::bigint)"},
	"numeric":                     {"0", "1.5", "2", "(SELECT 2)", "(SELECT 0.5)", "'Infinity'"},
	"double precision":            {"0", "0.5", "2", "(SELECT 1.25::float8)", "'Infinity'"},
	"date":                        {"'1 day'", "'1 mon 3 days'", "(SELECT interval '30 years')"},
	"timestamp without time zone": {"'1 day'", "'2 hours'", "(SELECT interval '30 years')"},
	"timestamp with time zone":    {"'1 day'", "'1 year'", "(SELECT interval '10 years')"},
	"time without time zone":      {"'2 hours'", "'12:00'", "(SELECT interval '20 minutes')"},
	"interval":                    {"'1 day'", "'1 year'", "(SELECT interval '2 hours')"},
}

// peers are window functions to which rows that are equal in the order are one: they have one answer,
// in whatever order such rows stand.
func (g *gen) peers() string {
	from := g.from()
	where := g.where()
	var keys []column
	for _, c := range g.scope {
		if offsets[c.kind] != nil {
			keys = append(keys, c)
		}
	}
	var exprs []string
	for _, c := range g.scope {
		if strings.HasSuffix(c.sql, ".id") {
			exprs = append(exprs, c.sql)
		}
	}
	for range 1 + g.IntN(2) {
		key := keys[g.IntN(len(keys))]
		over := "ORDER BY " + key.sql + []string{"", " DESC", " NULLS FIRST"}[g.IntN(3)]
		if g.one(2) {
			over = "PARTITION BY " + g.scope[g.IntN(len(g.scope))].sql + " " + over
		}
		call := []string{"rank()", "dense_rank()", "cume_dist()", "percent_rank()", "count(*)", "count(%s)", "min(%s)", "max(%s)", "bool_or(%s IS NULL)", "sum(length(%s::text))"}[g.IntN(10)]
		if strings.Contains(call, "%s") {
			k := g.someKind()
			for !minable(k) || rounded(k) {
				k = g.someKind()
			}
			call = fmt.Sprintf(call, g.expr(k, 1))
		}
		if !strings.HasSuffix(call, "k()") && !strings.HasSuffix(call, "dist()") {
			over += g.frame(key.kind)
		}
		exprs = append(exprs, call+" OVER ("+over+")")
	}
	return "SELECT " + listOf(slices.Clip(exprs)) + " FROM " + from + where
}

// frame is a frame of values or of groups of them.
func (g *gen) frame(kind string) string {
	mode, list := " RANGE", offsets[kind]
	if g.one(3) {
		mode, list = " GROUPS", []string{"0", "1", "2", "(SELECT 1)", "(SELECT count(*) FROM u)"}
	}
	bounds := []string{"UNBOUNDED PRECEDING", list[g.IntN(len(list))] + " PRECEDING", "CURRENT ROW", list[g.IntN(len(list))] + " FOLLOWING", "UNBOUNDED FOLLOWING"}
	start := g.IntN(4)
	end := max(1, start) + g.IntN(5-max(1, start))
	exclude := []string{"", "", " EXCLUDE GROUP", " EXCLUDE TIES", " EXCLUDE NO OTHERS"}[g.IntN(5)]
	return fmt.Sprintf("%s BETWEEN %s AND %s%s", mode, bounds[start], bounds[end], exclude)
}
