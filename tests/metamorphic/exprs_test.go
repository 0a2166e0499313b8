package metamorphic

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// expr is an expression in SQL and in the oracle.
type expr struct {
	sql  string
	f    oracle.Expr
	kind oracle.Kind
}

// scope is what expressions may refer to.
type scope []expr

// gen makes queries from a source of chance.
type gen struct {
	*rand.Rand
	names   int
	sources []*relation
	indexes []string
	open    []openCopy
	scores  bool // there is a model
	defines bool // there is an aggregate of the user
	kill    bool // a loss of power may lose what was acknowledged
}

func (g *gen) name(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

func (g *gen) one(in int) bool { return g.IntN(in) == 0 }

// kinds are all the kinds of values.
var kinds = []oracle.Kind{oracle.Int, oracle.Numeric, oracle.Float, oracle.Text, oracle.Time, oracle.Bool}

// of is the part of a scope that has a kind.
func (s scope) of(k oracle.Kind) (out scope) {
	for _, e := range s {
		if e.kind == k {
			out = append(out, e)
		}
	}
	return out
}

func (g *gen) column(s scope) expr { return s[g.IntN(len(s))] }

func (g *gen) constant(k oracle.Kind) expr {
	v := random(g.Rand, castTypes[k])
	if g.one(12) {
		v = oracle.Value{}
	}
	return expr{literal(v, k), oracle.Const(v), k}
}

// expr makes an expression of a kind.
func (g *gen) expr(s scope, k oracle.Kind, depth int) expr {
	columns := s.of(k)
	if depth <= 0 || g.one(3) {
		if len(columns) == 0 || g.one(8) {
			return g.constant(k)
		}
		return g.column(columns)
	}
	switch g.IntN(8) {
	case 0:
		c, a, b := g.expr(s, oracle.Bool, depth-1), g.expr(s, k, depth-1), g.expr(s, k, depth-1)
		return expr{fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", c.sql, a.sql, b.sql), oracle.Case(c.f, a.f, b.f), k}
	case 1:
		a, b := g.expr(s, k, depth-1), g.expr(s, k, depth-1)
		return expr{fmt.Sprintf("COALESCE(%s, %s)", a.sql, b.sql), oracle.Coalesce(a.f, b.f), k}
	}
	return makers[k](g, s, depth-1)
}

// makers make an expression of each kind that computes something.
var makers map[oracle.Kind]func(g *gen, s scope, depth int) expr

func init() {
	makers = map[oracle.Kind]func(g *gen, s scope, depth int) expr{
		oracle.Int: (*gen).intExpr, oracle.Numeric: (*gen).numericExpr, oracle.Float: (*gen).floatExpr,
		oracle.Text: (*gen).textExpr, oracle.Time: (*gen).timeExpr, oracle.Bool: (*gen).boolExpr,
	}
}

func (g *gen) arith(s scope, k oracle.Kind, depth int) expr {
	a, b := g.expr(s, k, depth), g.expr(s, k, depth)
	op := []string{"+", "-"}[g.IntN(2)]
	return expr{fmt.Sprintf("(%s %s %s)", a.sql, op, b.sql), oracle.Arith(op, a.f, b.f), k}
}

func (g *gen) intExpr(s scope, depth int) expr {
	a := g.expr(s, oracle.Int, depth)
	switch g.IntN(5) {
	case 0:
		n := int64(g.IntN(4))
		return expr{fmt.Sprintf("(%s * %d)", a.sql, n), oracle.Arith("*", a.f, oracle.Const(oracle.IntOf(n))), oracle.Int}
	case 1:
		return expr{fmt.Sprintf("abs(%s)", a.sql), oracle.Abs(a.f), oracle.Int}
	case 2:
		n := int64(g.IntN(4) + 2)
		return expr{fmt.Sprintf("(%s / %d)", a.sql, n), oracle.Arith("/", a.f, oracle.Const(oracle.IntOf(n))), oracle.Int}
	case 3:
		t := g.expr(s, oracle.Text, depth)
		return expr{fmt.Sprintf("length(%s)", t.sql), oracle.Length(t.f), oracle.Int}
	}
	return g.arith(s, oracle.Int, depth)
}

func (g *gen) numericExpr(s scope, depth int) expr {
	switch g.IntN(4) {
	case 0:
		a := g.expr(s, oracle.Int, depth)
		return expr{fmt.Sprintf("%s::numeric", a.sql), oracle.ToNumeric(a.f), oracle.Numeric}
	case 1:
		a := g.expr(s, oracle.Numeric, depth)
		return expr{fmt.Sprintf("round(%s)", a.sql), oracle.Round(a.f), oracle.Numeric}
	case 2:
		a, b := g.expr(s, oracle.Numeric, depth), g.constant(oracle.Numeric)
		return expr{fmt.Sprintf("(%s * %s)", a.sql, b.sql), oracle.Arith("*", a.f, b.f), oracle.Numeric}
	}
	return g.arith(s, oracle.Numeric, depth)
}

func (g *gen) floatExpr(s scope, depth int) expr {
	if g.one(3) {
		a := g.expr(s, oracle.Int, depth)
		return expr{fmt.Sprintf("%s::float8", a.sql), oracle.ToFloat(a.f), oracle.Float}
	}
	return g.arith(s, oracle.Float, depth)
}

func (g *gen) textExpr(s scope, depth int) expr {
	a := g.expr(s, oracle.Text, depth)
	switch g.IntN(4) {
	case 0:
		return expr{fmt.Sprintf("upper(%s)", a.sql), oracle.Upper(a.f), oracle.Text}
	case 1:
		n := g.IntN(3) + 1
		return expr{fmt.Sprintf("substr(%s, 1, %d)", a.sql, n), oracle.Left(a.f, n), oracle.Text}
	case 2:
		i := g.expr(s, oracle.Int, depth)
		return expr{fmt.Sprintf("%s::text", i.sql), oracle.ToText(i.f), oracle.Text}
	}
	b := g.expr(s, oracle.Text, depth)
	return expr{fmt.Sprintf("(%s || %s)", a.sql, b.sql), oracle.Concat(a.f, b.f), oracle.Text}
}

func (g *gen) timeExpr(s scope, depth int) expr {
	a := g.expr(s, oracle.Time, depth)
	switch g.IntN(3) {
	case 0:
		return expr{fmt.Sprintf("date_trunc('minute', %s)", a.sql), oracle.Floor(a.f, 60_000_000), oracle.Time}
	case 1:
		return expr{fmt.Sprintf("date_trunc('second', %s)", a.sql), oracle.Floor(a.f, 1_000_000), oracle.Time}
	}
	n := g.IntN(40)
	return expr{fmt.Sprintf("(%s + INTERVAL '%d seconds')", a.sql, n), oracle.Later(a.f, int64(n)*1_000_000), oracle.Time}
}

var comparisons = []string{"=", "<>", "<", "<=", ">", ">=", "="}

func (g *gen) boolExpr(s scope, depth int) expr {
	k := kinds[g.IntN(len(kinds))]
	if len(s.of(k)) == 0 && len(s) > 0 {
		k = g.column(s).kind
	}
	switch g.IntN(11) {
	case 10:
		return g.rowComparison(s, depth)
	case 0:
		a, b := g.expr(s, oracle.Bool, depth), g.expr(s, oracle.Bool, depth)
		return expr{fmt.Sprintf("(%s AND %s)", a.sql, b.sql), oracle.And(a.f, b.f), oracle.Bool}
	case 1:
		a, b := g.expr(s, oracle.Bool, depth), g.expr(s, oracle.Bool, depth)
		return expr{fmt.Sprintf("(%s OR %s)", a.sql, b.sql), oracle.Or(a.f, b.f), oracle.Bool}
	case 2:
		a := g.expr(s, oracle.Bool, depth)
		return expr{fmt.Sprintf("(NOT %s)", a.sql), oracle.Not(a.f), oracle.Bool}
	case 3:
		a := g.expr(s, k, depth)
		if g.one(2) {
			return expr{fmt.Sprintf("(%s IS NULL)", a.sql), oracle.IsNull(a.f), oracle.Bool}
		}
		return expr{fmt.Sprintf("(%s IS NOT NULL)", a.sql), oracle.Not(oracle.IsNull(a.f)), oracle.Bool}
	case 4:
		return g.membership(s, k, depth)
	case 5:
		a, b := g.expr(s, k, depth), g.expr(s, k, depth)
		return expr{fmt.Sprintf("(%s IS DISTINCT FROM %s)", a.sql, b.sql), oracle.Not(oracle.Same(a.f, b.f)), oracle.Bool}
	case 6:
		a, b, c := g.expr(s, k, depth), g.constant(k), g.constant(k)
		return expr{fmt.Sprintf("(%s BETWEEN %s AND %s)", a.sql, b.sql, c.sql),
			oracle.And(oracle.Comparison(">=", a.f, b.f), oracle.Comparison("<=", a.f, c.f)), oracle.Bool}
	case 7:
		a := g.expr(s, oracle.Text, depth)
		p := []string{"a", "b", "A", "é", "t"}[g.IntN(5)]
		return expr{fmt.Sprintf("(%s LIKE '%s%%')", a.sql, p), oracle.HasPrefix(a.f, p), oracle.Bool}
	}
	a, b := g.expr(s, k, depth), g.expr(s, k, depth)
	op := comparisons[g.IntN(len(comparisons))]
	return expr{fmt.Sprintf("(%s %s %s)", a.sql, op, b.sql), oracle.Comparison(op, a.f, b.f), oracle.Bool}
}

// membership is IN over a list.
func (g *gen) membership(s scope, k oracle.Kind, depth int) expr {
	a := g.expr(s, k, depth)
	var list []oracle.Expr
	var sql []string
	for range g.IntN(3) + 1 {
		c := g.constant(k)
		list, sql = append(list, c.f), append(sql, c.sql)
	}
	e := expr{fmt.Sprintf("(%s IN (%s))", a.sql, strings.Join(sql, ", ")), oracle.In(a.f, list...), oracle.Bool}
	if g.one(2) {
		e = expr{fmt.Sprintf("(%s NOT IN (%s))", a.sql, strings.Join(sql, ", ")), oracle.Not(e.f), oracle.Bool}
	}
	return e
}
