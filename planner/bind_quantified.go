package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = binds(func(b *binder, x *ast.InQuery) (expr.Expr, error) {
	in, err := b.quantified(x.Expr, "=", false, x.Query, x.Pos)
	if err == nil && x.Not {
		in = expr.NewNot(in)
	}
	return in, err
})

var _ = binds(func(b *binder, x *ast.Quantified) (expr.Expr, error) {
	if x.Query == nil {
		return b.quantifiedArray(x)
	}
	if !x.All {
		return b.quantified(x.Expr, x.Op.Name, false, x.Query, x.Pos)
	}
	if opposite := oppositeOperator[x.Op.Name]; opposite != "" { // x < ALL is NOT (x >= ANY)
		any, err := b.quantified(x.Expr, opposite, false, x.Query, x.Pos)
		if err != nil {
			return nil, err
		}
		return expr.NewNot(any), nil
	}
	return b.quantified(x.Expr, x.Op.Name, true, x.Query, x.Pos)
})

var oppositeOperator = map[string]string{"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}

// quantified is x op ANY (query), or with all set x op ALL (query), as a value: true for ANY
// when a comparison is true, else NULL when one is NULL, else false, and for ALL the other way
// round. What decides is looked up, where the operator orders or equals values; else all
// comparisons are counted.
func (b *binder) quantified(operand ast.Expr, op string, all bool, q *ast.Query, pos int) (expr.Expr, error) {
	row, isRow := operand.(*ast.Row)
	operands := []ast.Expr{operand}
	if isRow {
		operands = row.Elems
	}
	left, err := b.list(operands)
	if err != nil {
		return nil, err
	}
	r, err := b.inner(q)
	if err != nil {
		return nil, err
	}
	if err := checkSubqueryWidth(r.width, len(left)); err != nil {
		return nil, b.env.at(pos, err)
	}
	n := r.visible()
	if !isRow && !all {
		m, err := fn.ResolveOperator(op, []col.Type{left[0].Type(), n.Schema()[0].Type})
		if err != nil {
			return nil, b.env.at(pos, err)
		}
		switch {
		case op == "=" && m.Fn.Name == "=":
			return b.membership(left[0], n)
		case slices.Contains([]string{"<", "<=", ">", ">="}, op) && hasExtremes(m):
			return b.anyOrdered(op, left[0], n)
		}
	}
	return b.countedComparison(op, left, all, n)
}

func checkSubqueryWidth(width, want int) error {
	if width == want {
		return nil
	}
	many := map[bool]string{true: "many", false: "few"}[width > want]
	return pgerr.New(pgerr.SyntaxError, "subquery has too %s columns", many)
}

// hasExtremes reports whether a comparison is that of min() and max() over values of its type.
func hasExtremes(m *fn.Match) bool {
	t := m.Args[1]
	if !t.Is(m.Args[0]) {
		return false
	}
	a, _, err := agg.Resolve("max", []col.Type{t})
	return err == nil && len(a.Args) == 1 && a.Args[0].Is(t)
}

// membership is x = ANY: the operand is looked up among the different values, beside two facts
// about all of them: how many there are, and how many are not NULL.
func (b *binder) membership(operand expr.Expr, n Node) (expr.Expr, error) {
	_, cast, err := b.equality(operand, expr.NewColumn(0, n.Schema()[0].Type))
	if err != nil {
		return nil, err
	}
	cast[0], cast[1] = oneForm(cast[0], cast[1])
	values := &Project{Input: n, Exprs: []expr.Expr{cast[1]}, Names: []string{"value"}}
	facts, err := factsOf(values)
	if err != nil {
		return nil, err
	}
	var marks Node = &Distinct{Input: &Filter{Input: values, Preds: []expr.Expr{expr.NewIs(expr.NewColumn(0, cast[1].Type()), expr.IsNotNull)}}}
	marks = &Project{Input: marks, Exprs: []expr.Expr{expr.NewColumn(0, cast[1].Type()), expr.NewBool(true)}, Names: []string{"value", "found"}}
	total := b.subquery(subqueryUse{node: facts, values: []subqueryValue{b.noneAndNull()}})[0]
	found := b.subquery(subqueryUse{node: marks, keys: []expr.Expr{cast[0]}, values: columnValues(marks)})[1]
	return decided(expr.NewIs(found, expr.IsTrue), total, cast[0]), nil
}

// decided is ANY, of whether a comparison is true, what noneAndNull says, and the operand:
// not found it is false over no rows, NULL when the operand or some value is NULL, else false.
func decided(found, total, operand expr.Expr) expr.Expr {
	unknown := expr.NewAnd(expr.NewNot(expr.NewIs(total, expr.IsFalse)), expr.NewOr(expr.NewIs(total, expr.IsNull), expr.NewIs(operand, expr.IsNull)))
	return expr.NewCase(col.Bool, found, expr.NewBool(true), unknown, expr.NewNull(col.Bool), expr.NewBool(false))
}

// anyOrdered is x < ANY and its like: by the greatest or least value, and the same facts.
func (b *binder) anyOrdered(op string, operand expr.Expr, n Node) (expr.Expr, error) {
	compared, err := b.operator(op, operand, expr.NewColumn(0, n.Schema()[0].Type))
	if err != nil {
		return nil, err
	}
	cast := slices.Clone(compared.(*expr.Call).Args())
	extreme := "max"
	if op[0] == '>' {
		extreme = "min"
	}
	best, err := b.overload(extreme, cast[1:])
	if err != nil {
		return nil, err
	}
	values := &Project{Input: n, Exprs: []expr.Expr{cast[1]}, Names: []string{"value"}}
	a, err := factsOf(values)
	if err != nil {
		return nil, err
	}
	a.Calls = append(a.Calls, AggregateCall{Name: extreme, AggregateCall: exec.AggregateCall{Agg: best, Args: []int{0}, Filter: -1}})
	v := b.subquery(subqueryUse{node: a, values: []subqueryValue{b.noneAndNull(), columnValues(a)[2]}})
	found, err := b.operator(op, cast[0], v[1])
	if err != nil {
		return nil, err
	}
	return decided(expr.NewIs(found, expr.IsTrue), v[0], cast[0]), nil
}

// countedComparison counts the rows of a query, and those for which the comparison with the
// operands is true and NULL: the query reads them as columns of the query around it.
func (b *binder) countedComparison(op string, left []expr.Expr, all bool, n Node) (expr.Expr, error) {
	frame := b.frameOf(b.scope)
	outer, right := make([]expr.Expr, len(left)), make([]expr.Expr, len(left))
	reads := make([]int, len(left))
	for i, x := range left {
		if x.Type().Is(col.Unknown) {
			t, err := fn.CommonType("", []col.Type{x.Type(), n.Schema()[i].Type})
			if err != nil {
				return nil, err
			}
			if x, err = b.coerce(x, t, fn.Implicit); err != nil {
				return nil, err
			}
			left[i] = x
		}
		outer[i], right[i], reads[i] = expr.NewOuter(frame, operandBase+i, x.Type()), column(i, n.Schema()[i]), operandBase+i
	}
	compared, err := b.compare(op, outer, right)
	if err != nil {
		return nil, err
	}
	if t := compared.Type(); !t.Is(col.Bool) {
		return nil, pgerr.New(pgerr.WrongObjectType, "op ANY/ALL (array) requires operator to yield boolean")
	}
	node, err := countOutcomes(&Project{Input: n, Exprs: []expr.Expr{compared}, Names: []string{"compared"}}, all)
	if err != nil {
		return nil, err
	}
	value := func(c []expr.Expr) (expr.Expr, error) {
		decides, err := expr.CallOperator(b.ctx, ">", c[1], expr.NewInt8(0))
		if err != nil {
			return nil, err
		}
		unknown, err := expr.CallOperator(b.ctx, "<>", c[0], c[2])
		if err != nil {
			return nil, err
		}
		return expr.NewCase(col.Bool, decides, expr.NewBool(!all), unknown, expr.NewNull(col.Bool), expr.NewBool(all)), nil
	}
	return b.subquery(subqueryUse{node: node, reads: reads, args: left, values: []subqueryValue{{col.Bool, value}}})[0], nil
}

// operandBase + i is what a subquery reads as operand i of its comparison.
const operandBase = 1 << 24

// countOutcomes counts rows, those whose outcome decides (true for ANY, false for ALL), and
// those that have one.
func countOutcomes(p *Project, all bool) (Node, error) {
	outcome := expr.NewColumn(0, col.Bool)
	test := expr.IsTrue
	if all {
		test = expr.IsFalse
	}
	decides := expr.NewCase(col.Bool, expr.NewIs(outcome, test), expr.NewBool(true), expr.NewNull(col.Bool))
	in := &Project{Input: p, Exprs: []expr.Expr{decides, outcome}, Names: []string{"decides", "outcome"}}
	a, err := countRows(in)
	if err != nil {
		return nil, err
	}
	count, _, err := agg.Resolve("count", []col.Type{col.Bool})
	if err != nil {
		return nil, err
	}
	n := a.(*Aggregate)
	for i := range in.Exprs {
		n.Calls = append(n.Calls, AggregateCall{Name: in.Names[i], AggregateCall: exec.AggregateCall{Agg: count, Args: []int{i}, Filter: -1}})
	}
	return n, nil
}

// factsOf counts the rows and the values that are not NULL.
func factsOf(n Node) (*Aggregate, error) {
	rows, err := countRows(n)
	if err != nil {
		return nil, err
	}
	count, _, err := agg.Resolve("count", []col.Type{n.Schema()[0].Type})
	if err != nil {
		return nil, err
	}
	a := rows.(*Aggregate)
	a.Calls = append(a.Calls, AggregateCall{Name: "count", AggregateCall: exec.AggregateCall{Agg: count, Args: []int{0}, Filter: -1}})
	return a, nil
}

// noneAndNull is, of factsOf, false over no rows, NULL where a NULL is among them, else true.
func (b *binder) noneAndNull() subqueryValue {
	return subqueryValue{col.Bool, func(facts []expr.Expr) (expr.Expr, error) {
		none, err := expr.CallOperator(b.ctx, "=", facts[0], expr.NewInt8(0))
		if err != nil {
			return nil, err
		}
		nulls, err := expr.CallOperator(b.ctx, "<>", facts[0], facts[1])
		if err != nil {
			return nil, err
		}
		return expr.NewCase(col.Bool, none, expr.NewBool(false), nulls, expr.NewNull(col.Bool), expr.NewBool(true)), nil
	}}
}

// asIn is = ANY (query) as IN, and <> ALL (query) as NOT IN; nil: neither.
func asIn(x *ast.Quantified) *ast.InQuery {
	switch {
	case x.Query == nil:
	case !x.All && x.Op.Name == "=":
		return &ast.InQuery{Pos: x.Pos, Expr: x.Expr, Query: x.Query}
	case x.All && x.Op.Name == "<>":
		return &ast.InQuery{Pos: x.Pos, Expr: x.Expr, Not: true, Query: x.Query}
	}
	return nil
}
