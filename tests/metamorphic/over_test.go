package metamorphic

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// overQuery selects window functions with random frames over one or two windows.
func (g *gen) overQuery(depth int) query {
	f := g.source(depth)
	where, node := g.where(f)
	var exprs []expr
	for range g.IntN(2) + 1 {
		node, exprs = g.window(f, node, exprs)
	}
	sql, fs, cols := g.named(append(exprs, g.list(f.scope, 3)...))
	return query{fmt.Sprintf("SELECT %s FROM %s%s", sql, f.sql, where), oracle.Project{In: node, Exprs: fs}, cols, f.uses}
}

// window adds functions over one window, whose values stand behind the columns so far.
func (g *gen) window(f from, node oracle.Node, exprs []expr) (oracle.Node, []expr) {
	total := len(exprs) == 0 && g.one(2)
	if g.one(4) {
		return g.windowBy(f, node, exprs, nil, total)
	}
	p := g.column(f.scope)
	return g.windowBy(f, node, exprs, &p, total)
}

// windowBy is window over the partitions by a column, or over all rows. Where the order is total
// its functions may look at single rows, which those of one window alone may: which of equal
// rows is first is up to each window.
func (g *gen) windowBy(f from, node oracle.Node, exprs []expr, p *expr, total bool) (oracle.Node, []expr) {
	order, by := g.orders(f.scope, total)
	if !total && g.one(2) {
		order, by = g.numberOrder(f.scope)
	}
	n := oracle.Over{In: node, By: by}
	partition := ""
	if p != nil {
		partition, n.Partition = "PARTITION BY "+p.sql+" ", []oracle.Expr{p.f}
	}
	width := len(f.scope) + len(exprs)
	for range g.IntN(3) + 1 {
		frame, text := g.frame(f.scope, by, order, total)
		c, call, cast, kind := g.overCall(f.scope, total)
		c.Frame = frame
		n.Calls = append(n.Calls, c)
		sql := fmt.Sprintf("%s OVER (%sORDER BY %s%s)", call, partition, order, text)
		if cast != "" {
			sql = "(" + sql + ")" + cast
		}
		exprs = append(exprs, expr{sql, oracle.Col(width), kind})
		width++
	}
	return n, exprs
}

// numberOrder orders by one column that a range may count by, if there is one.
func (g *gen) numberOrder(s scope) (sql string, by []oracle.Order) {
	for range 10 {
		if e := g.column(s); e.kind == oracle.Int || e.kind == oracle.Numeric || e.kind == oracle.Time {
			o := oracle.Order{Expr: e.f, Desc: g.one(2)}
			if o.Desc {
				o.NullsFirst, e.sql = true, e.sql+" DESC"
			}
			return e.sql, []oracle.Order{o}
		}
	}
	return g.orders(s, false)
}

// overCall makes a call, its text up to OVER, a cast of its result, and its kind. Those that
// look at single rows need a total order.
func (g *gen) overCall(s scope, total bool) (c oracle.OverCall, sql, cast string, kind oracle.Kind) {
	e := g.column(s)
	c.Arg, c.N = e.f, g.IntN(3)+1
	if !total || g.one(2) {
		if g.one(3) {
			c.Function = []string{"rank", "dense_rank"}[g.IntN(2)]
			return c, c.Function + "()", "", oracle.Int
		}
		return g.overAggregate(e, s)
	}
	c.Function = []string{"row_number", "ntile", "lag", "lead", "first_value", "last_value", "nth_value"}[g.IntN(7)]
	switch c.Function {
	case "row_number":
		return c, "row_number()", "", oracle.Int
	case "ntile":
		return c, fmt.Sprintf("ntile(%d)", c.N), "::bigint", oracle.Int
	case "nth_value":
		return c, fmt.Sprintf("nth_value(%s, %d)", e.sql, c.N), "", e.kind
	case "lag", "lead":
		if g.one(2) {
			c.Default = e.f
			return c, fmt.Sprintf("%s(%s, %d, %s)", c.Function, e.sql, c.N, e.sql), "", e.kind
		}
		return c, fmt.Sprintf("%s(%s, %d)", c.Function, e.sql, c.N), "", e.kind
	}
	return c, fmt.Sprintf("%s(%s)", c.Function, e.sql), "", e.kind
}

func (g *gen) overAggregate(e expr, s scope) (c oracle.OverCall, sql, cast string, kind oracle.Kind) {
	a := oracle.Aggregate{Arg: e.f, Function: []string{"count", "min", "max"}[g.IntN(3)]}
	kind = e.kind
	switch {
	case e.kind == oracle.Bool:
		a.Function = []string{"bool_and", "bool_or", "count"}[g.IntN(3)]
	case e.kind == oracle.Int || e.kind == oracle.Numeric:
		if g.one(2) {
			a.Function, cast, kind = "sum", "::numeric", oracle.Numeric
		}
	}
	if a.Function == "count" {
		kind = oracle.Int
	}
	sql = fmt.Sprintf("%s(%s)", a.Function, e.sql)
	if g.one(4) {
		p := g.column(s)
		a.Filter, sql = oracle.IsNull(p.f), sql+fmt.Sprintf(" FILTER (WHERE %s IS NULL)", p.sql)
	}
	return oracle.OverCall{Aggregate: a}, sql, cast, kind
}

// frame makes a frame clause; by rows only where the order is total.
func (g *gen) frame(s scope, by []oracle.Order, order string, total bool) (f oracle.Frame, sql string) {
	f.Mode = []string{"RANGE", "GROUPS", "ROWS"}[g.IntN(3)]
	if f.Mode == "ROWS" && !total {
		f.Mode = "GROUPS"
	}
	if g.one(4) {
		return oracle.Frame{Mode: "RANGE", Start: oracle.Bound{Far: true}}, ""
	}
	from, to := g.IntN(6)-3, g.IntN(6)-3 // 3 rows off is unbounded
	if from > to {
		from, to = to, from
	}
	to = max(to, -2)
	var start, end string
	f.Start, start = g.bound(f.Mode, from, s, by, order, -3)
	f.End, end = g.bound(f.Mode, to, s, by, order, 3)
	sql = fmt.Sprintf(" %s BETWEEN %s AND %s", f.Mode, start, end)
	if g.one(3) {
		f.Exclude = []string{"CURRENT ROW", "GROUP", "TIES"}[g.IntN(3)]
		sql += " EXCLUDE " + f.Exclude
	}
	return f, sql
}

// computedOffset is how an offset is written that is computed when the query runs.
const computedOffset = "(SELECT %s)"

// bound makes a bound some way off; far is unbounded.
func (g *gen) bound(mode string, n int, s scope, by []oracle.Order, order string, far int) (b oracle.Bound, sql string) {
	side := "FOLLOWING"
	if n < 0 {
		side = "PRECEDING"
	}
	if n == far {
		return oracle.Bound{Far: true}, "UNBOUNDED " + side
	}
	if n == 0 {
		return b, "CURRENT ROW"
	}
	size, offset := max(n, -n), "%s"
	if g.one(4) {
		offset = computedOffset
	}
	if mode != "RANGE" {
		return oracle.Bound{By: n}, fmt.Sprintf(offset+" %s", fmt.Sprint(size), side)
	}
	name, _, _ := strings.Cut(order, " ")
	var key *expr
	for i := range s {
		if s[i].sql == name && len(by) == 1 {
			key = &s[i]
		}
	}
	if by[0].Desc {
		n = -n
	}
	switch {
	case key == nil:
		return b, "CURRENT ROW"
	case key.kind == oracle.Time:
		return oracle.Bound{Edge: oracle.Later(key.f, int64(n)*7_000_000)}, fmt.Sprintf(offset+" %s", fmt.Sprintf("INTERVAL '%d seconds'", size*7), side)
	case key.kind == oracle.Int || key.kind == oracle.Numeric:
		return oracle.Bound{Edge: oracle.Arith("+", key.f, oracle.Const(oracle.NumericOf(big.NewRat(int64(n), 1))))}, fmt.Sprintf(offset+" %s", fmt.Sprint(size), side)
	}
	return b, "CURRENT ROW"
}
