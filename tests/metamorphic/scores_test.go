package metamorphic

import (
	"fmt"
	"math"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// modelRelation is the relation of one row that holds which version of the model is current.
const modelRelation = "model()"

// lines are the versions of the model, lines whose values are exact: weight and intercept.
var lines = [][2]float64{{2, 1}, {-1, 10}, {0.5, -3}}

// bring gives the model its next version; the first makes the model.
type bring struct{ version int }

func (s bring) sql() string { return "COPY MODEL line FROM STDIN WITH (format = 'linear')" }

func (s bring) data() string {
	l := lines[s.version-1]
	return fmt.Sprintf("{\"format\": \"millrace-linear-1\", \"intercept\": %v, \"features\": [{\"name\": \"x\", \"weight\": %v}]}\n", l[1], l[0])
}

func (s bring) fits(m *model) bool { return !m.open && m.versions == s.version-1 }

func (s bring) apply(m *model) outcome {
	m.versions, m.current = s.version, max(m.current, 1)
	return outcome{tag: "COPY 1"}
}

// setCurrent makes a version the current one: views that follow it change over.
type setCurrent struct{ version int }

func (s setCurrent) sql() string {
	return fmt.Sprintf("ALTER MODEL line SET CURRENT VERSION %d", s.version)
}

func (s setCurrent) fits(m *model) bool { return !m.open && m.versions >= s.version }

func (s setCurrent) apply(m *model) outcome {
	m.current = s.version
	return outcome{tag: "ALTER MODEL"}
}

// versions makes the statements that bring the model.
func (g *gen) versions() (h history) {
	g.scores = true
	for v := range lines {
		h = append(h, bring{v + 1})
	}
	return h
}

// scoreQuery asks the model about a number, by a version or the current one.
func (g *gen) scoreQuery(depth int) query {
	f := g.source(depth)
	numbers := append(f.scope.of(oracle.Int), f.scope.of(oracle.Float)...)
	if len(numbers) == 0 || !g.scores {
		return g.finish(f)
	}
	x := g.column(numbers)
	e := expr{fmt.Sprintf("ml_predict('line', %s)", x.sql), line(x, len(lines)), oracle.Float}
	for v := range lines[1:] {
		current := oracle.Comparison("=", oracle.Col(len(f.scope)), oracle.Const(oracle.IntOf(int64(v+1))))
		e.f = oracle.Case(current, line(x, v+1), e.f)
	}
	if v := g.IntN(len(lines)) + 1; g.one(3) {
		e = expr{fmt.Sprintf("ml_predict('line@%d', x => %s)", v, x.sql), line(x, v), oracle.Float}
	}
	f.node = oracle.WithScalar{In: f.node, Scalar: oracle.Table{Name: modelRelation}}
	f.scope = append(f.scope, e)
	where, node := g.where(f)
	if g.one(3) {
		where, node = fmt.Sprintf(" WHERE %s >= 1", e.sql), oracle.Filter{In: f.node, Pred: oracle.Comparison(">=", e.f, oracle.Const(oracle.FloatOf(1)))}
	}
	sql, fs, cols := g.named(append(g.list(f.scope, 3), e))
	return query{fmt.Sprintf("SELECT %s FROM %s%s", sql, f.sql, where), oracle.Project{In: node, Exprs: fs}, cols, f.uses}
}

// line is what a version says of a number, which must be one.
func line(x expr, version int) oracle.Expr {
	l := lines[version-1]
	float := func(f float64) oracle.Expr { return oracle.Const(oracle.FloatOf(f)) }
	y := oracle.Arith("+", float(l[1]), oracle.Arith("*", float(l[0]), x.f))
	if x.kind != oracle.Float {
		return y
	}
	none := oracle.Const(oracle.IntOf(0))
	return oracle.Case(oracle.Comparison("=", x.f, float(math.NaN())), oracle.Arith("/", none, none), y)
}

// fits reports whether a step makes sense on the model as it is.
func fits(s statement, m *model) bool {
	return s.fits(m) && (m.versions == len(lines) || !strings.Contains(s.sql(), "ml_predict("))
}
