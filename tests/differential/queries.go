package differential

import (
	"fmt"
	"slices"
	"strings"
)

// table is one of the tables that all queries read. The first column is its key.
type table struct {
	name string
	cols []column
}

var tables = []table{
	{"t", []column{{"id", "integer"}, {"i", "integer"}, {"b", "bigint"}, {"n", "numeric"}, {"d", "double precision"}, {"s", "text"}, {"f", "boolean"},
		{"dt", "date"}, {"ts", "timestamp without time zone"}, {"iv", "interval"}, {"a", "integer[]"}, {"m", "numeric"}, {"v", "text"}}},
	{"u", []column{{"id", "integer"}, {"i", "integer"}, {"n", "numeric"}, {"s", "text"}, {"tz", "timestamp with time zone"}, {"j", "jsonb"}, {"x", "text[]"},
		{"sm", "smallint"}, {"y", "bytea"}, {"tm", "time without time zone"}, {"m", "numeric"}}},
}

// declared are the columns whose type says more than their kind, with values that fit it.
var declared = map[string]kind{
	"t.m": {"numeric(8,2)", []string{"0", "1", "-1.5", "2.50", "1234.56", "-999999.99", "3"}},
	"u.m": {"numeric(30,4)", []string{"0", "1", "-1.5", "2.5", "123456789012345678901234.5678", "-0.0001"}},
	"t.v": {"varchar(6)", []string{"", "a", "b", "abc", "ABC", "aXbXc", " pad ", "12", "-3.5", "100%"}},
}

func (t table) as(alias string) (out []column) {
	for _, c := range t.cols {
		out = append(out, column{alias + "." + c.sql, c.kind})
	}
	return out
}

func (t table) create() string {
	var cols []string
	for i, c := range t.cols {
		cols = append(cols, c.sql+" "+t.typeOf(c))
		if i == 0 {
			cols[0] += " PRIMARY KEY"
		}
	}
	return fmt.Sprintf("CREATE TABLE %s (%s)", t.name, strings.Join(cols, ", "))
}

// typeOf is the type that a column is declared with.
func (t table) typeOf(c column) string {
	if d, ok := declared[t.name+"."+c.sql]; ok {
		return d.name
	}
	return c.kind
}

// value is a constant that fits a column.
func (g *gen) value(t table, c column) string {
	if d, ok := declared[t.name+"."+c.sql]; ok {
		return "'" + d.values[g.IntN(len(d.values))] + "'::" + c.kind
	}
	return constant(g.Rand, c.kind)
}

// change is a statement that changes a table.
func (g *gen) change(t table) string {
	g.scope = nil
	id := g.IntN(12)
	switch g.IntN(4) {
	case 0:
		return fmt.Sprintf("DELETE FROM %s WHERE id = %d", t.name, id)
	case 1:
		c := t.cols[1+g.IntN(len(t.cols)-1)]
		return fmt.Sprintf("UPDATE %s SET %s = %s WHERE id >= %d", t.name, c.sql, g.value(t, c), id)
	}
	return g.insert(t, id)
}

// insert is a row of a table.
func (g *gen) insert(t table, id int) string {
	values := []string{fmt.Sprint(id)}
	for _, c := range t.cols[1:] {
		values = append(values, g.value(t, c))
	}
	return fmt.Sprintf("INSERT INTO %s VALUES (%s) ON CONFLICT DO NOTHING", t.name, strings.Join(values, ", "))
}

// query is a query with columns c0, c1, …
func (g *gen) query() string {
	g.scope = nil
	switch g.IntN(16) {
	case 12, 13, 14, 15:
		return g.nested()
	case 0:
		return g.setOperation()
	case 10, 11:
		return g.peers()
	case 1, 2:
		return g.windows()
	case 3, 4, 5:
		return g.groups()
	}
	return g.plain()
}

// from is what is after FROM, and brings its columns into scope.
func (g *gen) from() string {
	t := tables[g.IntN(len(tables))]
	a := g.name("r")
	g.scope = t.as(a)
	out := t.name + " " + a
	for g.one(2) && len(g.scope) < 30 {
		t, b := tables[g.IntN(len(tables))], g.name("r")
		left, right := g.scope, t.as(b)
		g.scope = slices.Concat(left, right)
		equal := fmt.Sprintf("%s = %s", g.of(left, "integer"), g.of(right, "integer"))
		switch g.IntN(6) {
		case 0:
			out += fmt.Sprintf(" JOIN %s %s ON %s", t.name, b, g.expr("boolean", 2))
		case 1:
			out += fmt.Sprintf(" LEFT JOIN %s %s ON %s", t.name, b, g.expr("boolean", 2))
		case 2:
			out += fmt.Sprintf(" RIGHT JOIN %s %s ON %s AND %s", t.name, b, equal, g.expr("boolean", 1))
		case 3:
			out += fmt.Sprintf(" FULL JOIN %s %s ON %s", t.name, b, equal)
		case 4:
			g.scope = slices.Concat(right, left)
			sub, k := g.name("l"), g.someKind()
			for rounded(k) { // by whose digits rows may be ordered
				k = g.someKind()
			}
			x := g.expr(k, 2)
			out += fmt.Sprintf(" CROSS JOIN LATERAL (SELECT %s AS c FROM %s %s WHERE %s) %s", x, t.name, b, equal, sub)
			g.scope = append(left, column{sub + ".c", k})
		default:
			out += fmt.Sprintf(" JOIN %s %s ON %s", t.name, b, equal)
		}
	}
	return out
}

// of is a column of a kind among some.
func (g *gen) of(cols []column, kind string) string {
	var of []string
	for _, c := range cols {
		if c.kind == kind {
			of = append(of, c.sql)
		}
	}
	if len(of) == 0 {
		return constant(g.Rand, kind)
	}
	return of[g.IntN(len(of))]
}

func (g *gen) where() string {
	if g.one(2) {
		return ""
	}
	return " WHERE " + g.expr("boolean", 3)
}

func listOf(exprs []string) string {
	out := make([]string, len(exprs))
	for i, x := range exprs {
		out[i] = fmt.Sprintf("%s AS c%d", x, i)
	}
	return strings.Join(out, ", ")
}

func (g *gen) plain() string {
	from := g.from()
	where := g.where()
	var exprs []string
	for range 1 + g.IntN(3) {
		exprs = append(exprs, g.expr(g.someKind(), 3))
	}
	distinct := ""
	if g.one(4) {
		distinct = "DISTINCT "
	}
	return "SELECT " + distinct + listOf(exprs) + " FROM " + from + where
}

func (g *gen) aggregate(depth int) string {
	for {
		list := g.calls.aggregate[g.someKind()]
		if len(list) == 0 {
			continue
		}
		x := g.fill(list[g.IntN(len(list))], depth)
		if g.one(5) {
			x += " FILTER (WHERE " + g.expr("boolean", 1) + ")"
		}
		return x
	}
}

func (g *gen) groups() string {
	from := g.from()
	where := g.where()
	var keys, exprs []string
	for range g.IntN(3) {
		c := g.scope[g.IntN(len(g.scope))]
		x := c.sql
		if g.one(2) {
			x = g.expr(c.kind, 2)
		}
		keys = append(keys, x)
	}
	exprs = append(exprs, keys...)
	for range 1 + g.IntN(3) {
		exprs = append(exprs, g.aggregate(1))
	}
	q := "SELECT " + listOf(exprs) + " FROM " + from + where
	if len(keys) > 0 {
		by := make([]string, len(keys))
		for i := range keys {
			by[i] = fmt.Sprint(i + 1)
		}
		form := []string{"%s", "%s", "ROLLUP (%s)", "CUBE (%s)"}[g.IntN(4)]
		if strings.Contains(form, "(") {
			q += " GROUP BY " + fmt.Sprintf(form, strings.Join(keys, ", "))
		} else {
			q += " GROUP BY " + strings.Join(by, ", ")
		}
	}
	if g.one(4) {
		q += " HAVING count(*) > " + fmt.Sprint(g.IntN(3))
	}
	return q
}

func (g *gen) windows() string {
	from := g.from()
	where := g.where()
	var order []string // total, whatever stands in the tables
	for _, c := range g.scope {
		if strings.HasSuffix(c.sql, ".id") {
			order = append(order, c.sql)
		}
	}
	for _, c := range g.scope {
		if strings.HasSuffix(c.sql, ".c") {
			order = append(order, c.sql+"::text")
		}
	}
	var exprs []string
	for range 1 + g.IntN(2) {
		var x string
		if list := g.calls.window[g.someKind()]; len(list) > 0 {
			x = g.fill(list[g.IntN(len(list))], 1)
		} else {
			x = g.aggregate(1)
		}
		over := "ORDER BY " + strings.Join(order, ", ")
		if g.one(2) {
			c := g.scope[g.IntN(len(g.scope))]
			over = "PARTITION BY " + c.sql + " " + over
		}
		frames := []string{"", "", " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING", " GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW",
			" ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE TIES"}
		exprs = append(exprs, x+" OVER ("+over+frames[g.IntN(len(frames))]+")")
	}
	return "SELECT " + listOf(append(slices.Clone(order), exprs...)) + " FROM " + from + where
}

func (g *gen) setOperation() string {
	kind := []string{g.someKind(), g.someKind()}
	arm := func() string {
		from := g.from()
		where := g.where()
		return "SELECT " + listOf([]string{g.expr(kind[0], 2), g.expr(kind[1], 2)}) + " FROM " + from + where
	}
	op := []string{"UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"}[g.IntN(6)]
	return arm() + " " + op + " " + arm()
}
