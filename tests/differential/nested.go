package differential

import (
	"fmt"
	"slices"
	"strings"
)

// nest makes queries in queries: of every form, in every place where a query may stand, and each may
// read the columns of all those around it. Nothing in them fails, and no order is left open.
type nest struct {
	*gen
	own, around []column // in scope: of the query being made, and of those around it
}

// nestKinds are the kinds of columns that nested queries read and have.
var nestKinds = []string{"integer", "integer", "text", "numeric", "boolean"}

// nested is a query in which others stand.
func (g *gen) nested() string {
	n := nest{gen: g}
	kinds := []string{n.kind(), n.kind()}
	return n.form(kinds, 1+n.IntN(3), false)
}

func (n nest) kind() string { return nestKinds[n.IntN(len(nestKinds))] }

func (n nest) pick(of ...string) string { return of[n.IntN(len(of))] }

// inner is what is in scope for a query in this one.
func (n nest) inner() nest {
	return nest{gen: n.gen, around: slices.Concat(n.own, n.around)}
}

// outside is what is in scope where a query's own columns are not.
func (n nest) outside() nest { return nest{gen: n.gen, around: n.around} }

// form is a query with columns c0, c1, … of some kinds; with one, of one row at most. So deep may
// others stand in it.
func (n nest) form(kinds []string, depth int, one bool) string {
	if depth == 0 {
		return n.rows(kinds, 0, one)
	}
	switch n.IntN(9) {
	case 0, 1:
		return n.groups(kinds, depth-1, one)
	case 2:
		return n.windows(kinds, depth-1, one)
	case 3:
		if !one {
			op := n.pick("UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL")
			return fmt.Sprintf("(%s) %s (%s)", n.form(kinds, depth-1, false), op, n.form(kinds, depth-1, false))
		}
	case 4:
		return n.values(kinds, depth-1, one)
	case 5:
		return n.with(kinds, depth-1, one)
	}
	return n.rows(kinds, depth-1, one)
}

// rows is a query without groups: all rows, different ones, the first, or the first of each kind.
func (n nest) rows(kinds []string, depth int, one bool) string {
	from := n.from(depth)
	list := n.list(kinds, depth)
	where := n.where(depth)
	order := " ORDER BY " + n.total()
	switch {
	case one:
		return "SELECT " + list + from + where + order + " LIMIT 1"
	case n.one(5):
		return "SELECT DISTINCT " + list + from + where
	case n.one(5):
		by := n.own[n.IntN(len(n.own))].sql
		return fmt.Sprintf("SELECT DISTINCT ON (%s) %s%s%s ORDER BY %s, %s", by, list, from, where, by, n.total())
	case n.one(4):
		limit := n.pick("2", "1", n.outside().small(0))
		return "SELECT " + list + from + where + order + " LIMIT " + limit + n.pick("", " OFFSET 1", " OFFSET "+n.outside().small(0))
	}
	return "SELECT " + list + from + where
}

// total is an order of the rows of FROM in which equals are alike.
func (n nest) total() string {
	keys := make([]string, len(n.own))
	for i, c := range n.own {
		keys[i] = c.sql
	}
	return strings.Join(keys, ", ")
}

func (n nest) list(kinds []string, depth int) string {
	exprs := make([]string, len(kinds))
	for i, k := range kinds {
		exprs[i] = n.expr(k, depth)
	}
	return listOf(exprs)
}

func (n nest) where(depth int) string {
	if n.one(3) {
		return ""
	}
	return " WHERE " + n.expr("boolean", depth+1)
}

// groups is a query with aggregates, some of them over what the queries around it are at.
func (n nest) groups(kinds []string, depth int, one bool) string {
	from := n.from(depth)
	where := n.where(depth)
	var keys []column
	for range n.IntN(3) {
		if c := n.own[n.IntN(len(n.own))]; !one && !slices.Contains(keys, c) {
			keys = append(keys, c)
		}
	}
	exprs := make([]string, len(kinds))
	above := nest{gen: n.gen, own: keys, around: n.around}
	for i, k := range kinds {
		if exprs[i] = n.aggregate(k, above, depth); n.one(3) {
			exprs[i] = above.expr(k, depth)
		}
	}
	q := "SELECT " + listOf(exprs) + from + where
	if len(keys) > 0 {
		q += " GROUP BY " + fmt.Sprintf(n.pick("%s", "%s", "ROLLUP (%s)", "CUBE (%s)"), above.total())
	} else if !strings.Contains(strings.Join(exprs, ""), "/*agg*/") || n.one(4) {
		q += " HAVING count(*) > 0"
	}
	if len(keys) > 0 && n.one(3) {
		q += " HAVING " + n.aggregate("boolean", above, depth)
	}
	return q
}

// aggregate is an aggregate of a kind. What it collects reads the rows of its query, so that it is
// this query's; what stands in front of WITHIN GROUP is of a group.
func (n nest) aggregate(kind string, above nest, depth int) string {
	arg := func(k string) string {
		own := n.own[n.IntN(len(n.own))].sql
		return fmt.Sprintf("CASE WHEN %s IS NULL THEN %s ELSE %s END", own, n.expr(k, 0), n.expr(k, depth))
	}
	share := "(" + above.small(0) + " / 3.0)"
	var x string
	switch kind {
	case "integer":
		x = n.pick("count(*)::int", "count("+arg("text")+")::int", "count(DISTINCT "+arg("integer")+")::int", "min("+arg("integer")+")", "max("+arg("integer")+")",
			"(sum("+arg("integer")+") % 1000)::int", "rank("+above.expr("integer", 0)+") WITHIN GROUP (ORDER BY "+arg("integer")+")::int",
			"percentile_disc("+share+"::float8) WITHIN GROUP (ORDER BY "+arg("integer")+")", "mode() WITHIN GROUP (ORDER BY "+arg("integer")+")")
	case "text":
		x = n.pick("min("+arg("text")+")", "max("+arg("text")+")", "string_agg("+arg("text")+", ',' ORDER BY "+n.total()+")",
			"array_agg("+arg("integer")+" ORDER BY "+n.total()+")::text", "percentile_disc("+share+"::float8) WITHIN GROUP (ORDER BY "+arg("text")+" DESC)")
	case "numeric":
		x = n.pick("sum("+arg("numeric")+")", "avg("+arg("integer")+")", "max("+arg("numeric")+")", "sum(DISTINCT "+arg("integer")+")::numeric")
	default:
		x = n.pick("bool_or("+arg("boolean")+")", "bool_and("+arg("boolean")+")", "(count(*) > "+above.small(0)+")")
	}
	if n.one(5) && strings.HasSuffix(x, ")") && !strings.HasPrefix(x, "(") {
		x += " FILTER (WHERE " + n.expr("boolean", depth) + ")"
	}
	return x + "/*agg*/"
}

// windows is a query with window functions in an order that leaves nothing open: of tables, whose rows
// have keys.
func (n nest) windows(kinds []string, depth int, one bool) string {
	from := " FROM " + n.table()
	if n.one(2) {
		left := slices.Clone(n.own)
		from += n.pick(" JOIN ", " LEFT JOIN ", " FULL JOIN ") + n.table()
		from += " ON " + n.both(left)
	}
	where := n.where(depth)
	exprs := make([]string, len(kinds))
	for i, k := range kinds {
		over := " OVER (" + n.pick("", "PARTITION BY "+n.expr(n.kind(), depth)+" ") + "ORDER BY " + n.total() +
			n.pick("", "", " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " ROWS BETWEEN "+n.outside().small(0)+" PRECEDING AND CURRENT ROW") + ")"
		x := n.expr(k, depth)
		exprs[i] = n.pick("lag("+x+", 1)", "first_value("+x+")", "last_value("+x+")", "nth_value("+x+", 2)", "lead("+x+", "+n.inner().small(0)+")") + over
		if k == "integer" && n.one(2) {
			exprs[i] = n.pick("row_number()", "rank()", "count("+x+")") + over + "::int"
		}
	}
	q := "SELECT " + listOf(exprs) + from + where
	if one {
		q += " ORDER BY " + n.total() + " LIMIT 1"
	}
	return q
}

// values is VALUES, of what is in scope around it.
func (n nest) values(kinds []string, depth int, one bool) string {
	var rows []string
	for range 1 + n.IntN(3) {
		var row []string
		for _, k := range kinds {
			row = append(row, fmt.Sprintf("(%s)::%s", n.inner().expr(k, depth), k))
		}
		if rows = append(rows, "("+strings.Join(row, ", ")+")"); one {
			break
		}
	}
	names := make([]string, len(kinds))
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
	}
	return fmt.Sprintf("SELECT * FROM (VALUES %s) %s(%s)", strings.Join(rows, ", "), n.name("v"), strings.Join(names, ", "))
}

// with is a query that reads another one by name, perhaps twice.
func (n nest) with(kinds []string, depth int, one bool) string {
	w, a, b := n.name("w"), n.name("a"), n.name("b")
	head := fmt.Sprintf("WITH %s AS %s(%s) ", w, n.pick("", "MATERIALIZED ", "NOT MATERIALIZED "), n.form(kinds, depth, one))
	if one || n.one(2) {
		return head + "SELECT * FROM " + w
	}
	return head + fmt.Sprintf("SELECT %s.* FROM %s %s LEFT JOIN %s %s ON %s.c0 = %s.c0", a, w, a, w, b, a, b)
}

// from is FROM, and brings its columns into scope.
func (n *nest) from(depth int) string {
	out := " FROM " + n.table()
	for n.one(2) && len(n.own) < 16 {
		switch n.IntN(4) {
		case 0:
			left := slices.Clone(n.own)
			t := n.table()
			on := n.both(left)
			out += n.pick(" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ") + t + " ON " + on
		case 1:
			t := n.table()
			out += n.pick(" JOIN ", " LEFT JOIN ") + t + " ON " + n.expr("boolean", min(depth, 1))
		case 2:
			a, k := n.name("f"), "integer"
			f := n.pick("generate_series(1, "+n.small(0)+")", "unnest(ARRAY["+n.expr(k, 0)+", "+n.expr(k, 0)+"])")
			out += fmt.Sprintf(n.pick(" CROSS JOIN LATERAL %s %s(c)", " LEFT JOIN LATERAL %s %s(c) ON true"), f, a)
			n.own = append(slices.Clip(n.own), column{a + ".c", k})
		default:
			a, kinds := n.name("l"), []string{n.kind(), n.kind()}
			sub := n.inner().form(kinds, max(depth-1, 0), n.one(4))
			own := slices.Concat(n.own, []column{{a + ".c0", kinds[0]}, {a + ".c1", kinds[1]}})
			if n.one(2) {
				out += fmt.Sprintf(" CROSS JOIN LATERAL (%s) %s", sub, a)
				n.own = own
			} else {
				n.own = own
				out += fmt.Sprintf(" LEFT JOIN LATERAL (%s) %s ON %s", sub, a, n.expr("boolean", min(depth, 1)))
			}
		}
	}
	return out
}

// table is a table under a new name, whose columns it brings into scope.
func (n *nest) table() string {
	t, a := tables[n.IntN(len(tables))], n.name("t")
	for _, c := range t.as(a) {
		if slices.Contains(nestKinds, c.kind) {
			n.own = append(slices.Clip(n.own), c)
		}
	}
	return t.name + " " + a
}

// both is an equality between what is on the left and the table behind it.
func (n nest) both(left []column) string {
	return fmt.Sprintf("%s = %s", n.of(left, "integer"), n.of(n.own[len(left):], "integer"))
}

// small is a number from 0 to 3.
func (n nest) small(depth int) string {
	return fmt.Sprintf("coalesce(abs(%s %% 4), 1)", n.expr("integer", depth))
}

// expr is an expression of a kind over what is in scope.
func (n nest) expr(kind string, depth int) string {
	if depth > 0 && n.one(3) {
		return n.subquery(kind, depth-1)
	}
	if depth == 0 && n.one(2) {
		return n.leaf(kind)
	}
	d := max(depth-1, 0)
	switch kind {
	case "integer":
		return fmt.Sprintf(n.pick("(%s %% 7 - %s %% 5)", "coalesce(%s, %s)", "least(%s, %s)", "nullif(%s, %s)"), n.leaf(kind), n.leaf(kind))
	case "text":
		return fmt.Sprintf(n.pick("concat(%s, %s)", "coalesce(%s, %s)", "left(%s || %s, 5)"), n.leaf(kind), n.leaf(kind))
	case "numeric":
		return fmt.Sprintf(n.pick("greatest(%s, %s)", "coalesce(%s, %s)", "nullif(%s, %s)"), n.leaf(kind), n.leaf(kind))
	}
	k := n.kind()
	x := fmt.Sprintf(n.pick("%s = %s", "%s < %s", "%s IS DISTINCT FROM %s", "%s <> %s", "%s >= %s"), n.leaf(k), n.leaf(k))
	if n.one(3) {
		x += n.pick(" OR ", " AND ") + n.expr(kind, d)
	}
	return "(" + x + ")"
}

// leaf is a column in scope, rather one of the query's own, or a constant.
func (n nest) leaf(kind string) string {
	for _, from := range [][]column{n.own, n.around} {
		if len(from) > 0 && !n.one(3) {
			return n.of(from, kind)
		}
	}
	return n.of(nil, kind)
}

// subquery is a query as a value, or what is asked of one.
func (n nest) subquery(kind string, depth int) string {
	in := n.inner()
	if kind != "boolean" || n.one(3) {
		if kind == "integer" && n.one(4) {
			return "cardinality(ARRAY(" + in.form([]string{kind}, depth, false) + "))"
		}
		return "(" + in.form([]string{kind}, depth, true) + ")"
	}
	k, l := n.kind(), n.kind()
	switch n.IntN(5) {
	case 0:
		return n.pick("", "NOT ") + "EXISTS (" + in.form([]string{k}, depth, false) + ")"
	case 1:
		return fmt.Sprintf("((%s, %s) %sIN (%s))", n.leaf(k), n.leaf(l), n.pick("", "NOT "), in.form([]string{k, l}, depth, false))
	case 2:
		return fmt.Sprintf("(%s %s %s (%s))", n.leaf(k), n.pick("=", "<>", "<", ">="), n.pick("ANY", "ALL"), in.form([]string{k}, depth, false))
	}
	return fmt.Sprintf("(%s %sIN (%s))", n.leaf(k), n.pick("", "NOT "), in.form([]string{k}, depth, false))
}
