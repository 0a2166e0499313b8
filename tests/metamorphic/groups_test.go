package metamorphic

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// aggregate is a call with what is done to its result.
type aggregate struct {
	sql  string
	call oracle.Aggregate
	kind oracle.Kind
	avg  bool
}

// post is the expression that a call's result, at a position, ends as.
func (a aggregate) post(i int) oracle.Expr {
	if !a.avg {
		return oracle.Col(i)
	}
	thousand := oracle.Const(oracle.NumericOf(big.NewRat(1000, 1)))
	milli := oracle.Const(oracle.NumericOf(big.NewRat(1, 1000)))
	return oracle.Arith("*", oracle.Round(oracle.Arith("*", oracle.Col(i), thousand)), milli)
}

// aggregate makes a call. An average is rounded, for its last digits are the engine's; and
// sums are numeric, whatever they add.
func (g *gen) aggregate(s scope) aggregate {
	e := g.column(s)
	if g.one(3) {
		e = g.expr(s, kinds[g.IntN(len(kinds))], 1)
	}
	a := aggregate{call: oracle.Aggregate{Arg: e.f}, kind: e.kind}
	number := e.kind == oracle.Int || e.kind == oracle.Numeric
	form, cast := "%s(%s)%s", ""
	defined := number && g.defines && g.one(2)
	ordered := !defined && g.one(4) && g.ordered(&a, &form, number)
	switch n := g.IntN(8); {
	case defined:
		a.call.Function, a.kind, form = "sum", oracle.Numeric, "user_%s(%s)%s"
	case ordered:
	case n == 0:
		a.call.Function, a.call.Arg, a.kind, e.sql = "count", nil, oracle.Int, "*"
	case n == 1:
		a.call.Function, a.kind = "count", oracle.Int
	case n <= 3 && (number || e.kind == oracle.Float):
		a.call.Function = "sum"
		if number {
			a.kind, cast = oracle.Numeric, "::numeric"
		}
	case n == 4 && number:
		a.call.Function, a.kind, a.avg = "avg", oracle.Numeric, true
		form = "round(%s(%s)%s, 3)"
	case e.kind == oracle.Bool:
		a.call.Function = []string{"bool_and", "bool_or"}[g.IntN(2)]
	default:
		a.call.Function = []string{"min", "max"}[g.IntN(2)]
	}
	if a.call.Arg != nil && !ordered && g.one(4) {
		a.call.Distinct = true
		e.sql = "DISTINCT " + e.sql
	}
	filter := ""
	if g.one(4) {
		p := g.boolExpr(s, 1)
		a.call.Filter, filter = p.f, fmt.Sprintf(" FILTER (WHERE %s)", p.sql)
	}
	a.sql = fmt.Sprintf(form, a.call.Function, e.sql, filter) + cast
	return a
}

// define makes user_sum, which does what sum does over numerics: a state that goes from row to row,
// and cannot go back.
type define struct{}

func (define) sql() string {
	return "CREATE AGGREGATE user_sum (numeric) (SFUNC = numeric_add, STYPE = numeric)"
}

func (define) fits(m *model) bool { return !m.open }

func (define) apply(*model) outcome { return outcome{tag: "CREATE AGGREGATE"} }

// ordered makes a call that sees its rows in order, or one of bits or of squares, where there
// is one for the kind of the argument.
func (g *gen) ordered(a *aggregate, form *string, number bool) bool {
	switch n := g.IntN(4); {
	case n == 0 && a.kind == oracle.Int:
		a.call.Function = []string{"bit_and", "bit_or", "bit_xor"}[g.IntN(3)]
	case n <= 1 && number:
		a.call.Function, a.kind, a.avg = "var_pop", oracle.Numeric, true
		*form = "round(%s((%s)::numeric)%s, 3)"
	case n <= 1 && a.kind == oracle.Text:
		a.call.Function, *form = "string_agg", "%s(%[2]s, ',' ORDER BY %[2]s)%[3]s"
	case n == 2:
		a.call.Function, *form = "mode", "%s() WITHIN GROUP (ORDER BY %s)%s"
	default:
		a.call.Function, *form = "percentile_disc", "%s(0.5) WITHIN GROUP (ORDER BY %s)%s"
	}
	return true
}

// rollup is the groups by all keys, by all but the last, and so on, of which all have the
// columns of the first.
func rollup(n oracle.Group) oracle.Node {
	var all oracle.Node = n
	for k := len(n.Keys) - 1; k >= 0; k-- {
		part := oracle.Group{In: n.In, Keys: n.Keys[:k], Aggs: n.Aggs}
		var exprs []oracle.Expr
		for i := range n.Keys {
			if i < k {
				exprs = append(exprs, oracle.Col(i))
			} else {
				exprs = append(exprs, oracle.Const(oracle.Value{}))
			}
		}
		for i := range n.Aggs {
			exprs = append(exprs, oracle.Col(k+i))
		}
		all = oracle.Union{Left: all, Right: oracle.Project{In: part, Exprs: exprs}}
	}
	return all
}

// key makes an expression to group by, never a bare constant, which would be a position.
func (g *gen) key(s scope) expr {
	c := g.column(s)
	switch {
	case c.kind == oracle.Int && g.one(4):
		two := oracle.Const(oracle.IntOf(2))
		return expr{fmt.Sprintf("(%s / 2)", c.sql), oracle.Arith("/", c.f, two), oracle.Int}
	case c.kind == oracle.Text && g.one(4):
		return expr{fmt.Sprintf("upper(%s)", c.sql), oracle.Upper(c.f), oracle.Text}
	}
	return c
}

func (g *gen) groupQuery(depth int) query {
	f := g.source(depth)
	if g.one(3) {
		f = g.join(f, g.source(depth-1))
	}
	where, node := g.where(f)
	n := oracle.Group{In: node}
	var out scope
	var groups []string
	for range g.IntN(3) {
		k := g.key(f.scope)
		n.Keys, groups = append(n.Keys, k.f), append(groups, k.sql)
		out = append(out, expr{k.sql, oracle.Col(len(out)), k.kind})
	}
	for range g.IntN(3) + 1 {
		a := g.aggregate(f.scope)
		n.Aggs = append(n.Aggs, a.call)
		out = append(out, expr{a.sql, a.post(len(out)), a.kind})
	}
	tail := ""
	if len(groups) > 0 {
		tail = " GROUP BY " + strings.Join(groups, ", ")
	}
	var result oracle.Node = n
	// Of ROLLUP (k, k) both sets have a k, which the oracle's columns cannot say.
	if len(groups) > 0 && !slices.Contains(groups[1:], groups[0]) && g.one(4) {
		tail, result = " GROUP BY ROLLUP ("+strings.Join(groups, ", ")+")", rollup(n)
	}
	if g.one(3) {
		p := g.boolExpr(out, 1)
		tail, result = tail+" HAVING "+p.sql, oracle.Filter{In: result, Pred: p.f}
	}
	sql, fs, cols := g.named(out)
	return query{fmt.Sprintf("SELECT %s FROM %s%s%s", sql, f.sql, where, tail), oracle.Project{In: result, Exprs: fs}, cols, f.uses}
}
