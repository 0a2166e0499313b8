package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// subqueryBase + number stands for the value of a subquery until the query has a node to join
// it to.
const subqueryBase = 1 << 23

// subqueryUse is a subquery in an expression. It adds one row to whatever it is joined to (a
// cross join), or the row that the keys find (a left join), and value is what it stands for, a
// function of that row.
type subqueryUse struct {
	node  Node
	keys  []expr.Expr // of the query around it, for the first columns of node; nil: a cross join
	value func(columns []expr.Expr) (expr.Expr, error)
	typ   col.Type
}

// attach joins the subqueries used in the expressions to a node, appending their columns, and
// puts their values into the expressions.
func (b *binder) attach(n Node, xs ...*expr.Expr) (Node, error) {
	values := map[int]expr.Expr{}
	for _, x := range xs {
		for _, c := range columnsOf(*x) {
			k := c - subqueryBase
			if k < 0 || values[c] != nil {
				continue
			}
			use := b.found.subqueries[k]
			joined, columns, err := joinSubquery(n, use, values)
			if err != nil {
				return nil, err
			}
			n = joined
			if values[c], err = use.value(columns); err != nil {
				return nil, err
			}
		}
	}
	if len(values) > 0 {
		for _, x := range xs {
			*x = replaceColumns(*x, values)
		}
	}
	return n, nil
}

func replaceColumns(x expr.Expr, values map[int]expr.Expr) expr.Expr {
	return expr.Rewrite(x, func(x expr.Expr) expr.Expr {
		if c, ok := x.(*expr.Column); ok && values[c.Index] != nil {
			return values[c.Index]
		}
		return x
	})
}

// joinSubquery appends a subquery's columns to those of n.
func joinSubquery(n Node, use subqueryUse, values map[int]expr.Expr) (Node, []expr.Expr, error) {
	j := &Join{Left: n, Right: use.node, Kind: exec.Inner}
	if use.keys != nil {
		keys := make([]expr.Expr, len(use.keys))
		for i, k := range use.keys {
			keys[i] = replaceColumns(k, values)
		}
		j.Kind = exec.Left
		j.Left, j.LeftKeys = withColumns(n, keys)
		j.RightKeys = identity(len(keys))
	}
	var columns []expr.Expr
	width := len(j.Left.Schema())
	for i, c := range use.node.Schema() {
		columns = append(columns, expr.NewColumn(width+i, c.Type))
	}
	return j, columns, nil
}

// withColumns appends expressions to a node's columns, but for plain columns, which are
// there, and returns where each is.
func withColumns(n Node, xs []expr.Expr) (Node, []int) {
	schema := n.Schema()
	p := columnsProject(n, identity(len(schema)))
	at := make([]int, len(xs))
	for i, x := range xs {
		if c, ok := x.(*expr.Column); ok && c.Index < len(schema) {
			at[i] = c.Index
			continue
		}
		at[i] = addExpr(&p.Exprs, x)
		for len(p.Names) < len(p.Exprs) {
			p.Names = append(p.Names, displayExpr(x, schema))
		}
	}
	if len(p.Exprs) == len(schema) {
		return n, at
	}
	return p, at
}

// subquery notes a subquery and returns what stands for its value.
func (b *binder) subquery(use subqueryUse) (expr.Expr, error) {
	if b.found == nil {
		return nil, pgerr.New(pgerr.FeatureNotSupported, "cannot use subquery in %s", b.clause.name)
	}
	b.found.subqueries = append(b.found.subqueries, use)
	return expr.NewColumn(subqueryBase+len(b.found.subqueries)-1, use.typ), nil
}

// inner binds a subquery in an expression. It may refer to the query around it only where
// correlate says how; elsewhere a reference is 0A000.
func (b *binder) inner(q *ast.Query) (*relation, error) {
	if b.found == nil {
		return nil, pgerr.New(pgerr.FeatureNotSupported, "cannot use subquery in %s", b.clause.name)
	}
	r, err := b.query(q, &binding{outer: b.scope, ctes: b.ctes})
	if err != nil {
		return nil, err
	}
	if hasOuter(r.node) {
		return nil, b.env.at(q.Pos, errCorrelated)
	}
	return r, nil
}

var errCorrelated = pgerr.Unsupported("a correlated subquery of this form").
	WithHint("EXISTS and IN may refer to the query around them in their WHERE clause; else write a join with a grouped subquery.")

// hasOuter reports whether a plan refers to columns of the query around it.
func hasOuter(n Node) bool {
	for _, m := range postorder(n) {
		for _, x := range m.exprs() {
			if isOuter(x) {
				return true
			}
		}
	}
	return false
}

func isOuter(x expr.Expr) bool {
	for _, c := range columnsOf(x) {
		if c >= outerBase && c < subqueryBase {
			return true
		}
	}
	return false
}

var _ = binds(func(b *binder, x *ast.Subquery) (expr.Expr, error) {
	r, err := b.inner(x.Query)
	if err != nil {
		return nil, err
	}
	if r.width != 1 {
		return nil, b.env.at(x.Pos, pgerr.New(pgerr.SyntaxError, "subquery must return only one column"))
	}
	n := r.visible()
	if !alwaysOneRow(n) {
		n = &Single{Input: n}
	}
	return b.subquery(subqueryUse{node: n, typ: n.Schema()[0].Type, value: func(c []expr.Expr) (expr.Expr, error) { return c[0], nil }})
})

// alwaysOneRow reports whether a node has exactly one row, whatever happens.
func alwaysOneRow(n Node) bool {
	switch n := n.(type) {
	case *Project:
		return alwaysOneRow(n.Input)
	case *Aggregate:
		return len(n.Group) == 0
	case *Single:
		return true
	case *Values:
		return len(n.Rows) == 1
	}
	return false
}

// EXISTS in an expression is a count that is not zero. Where it is a condition by itself it is
// a semi join, which is bound by semiJoin.
var _ = binds(func(b *binder, x *ast.Exists) (expr.Expr, error) {
	r, err := b.inner(x.Query)
	if err != nil {
		return nil, err
	}
	n, err := countRows(r.visible())
	if err != nil {
		return nil, err
	}
	return b.subquery(subqueryUse{node: n, typ: col.Bool, value: func(c []expr.Expr) (expr.Expr, error) {
		return expr.CallOperator(b.ctx, ">", c[0], expr.NewInt8(0))
	}})
})

// countRows is SELECT count(*).
func countRows(n Node) (Node, error) {
	count, _, err := agg.Resolve("count", nil)
	if err != nil {
		return nil, err
	}
	call := AggregateCall{Name: "count", AggregateCall: exec.AggregateCall{Agg: count, Filter: -1}}
	return &Aggregate{Input: n, Calls: []AggregateCall{call}}, nil
}

// IN over a subquery in an expression: the operand is looked up among the different values,
// beside two facts about all of them: how many there are, and how many are not NULL.
var _ = binds(func(b *binder, x *ast.InQuery) (expr.Expr, error) {
	if _, row := x.Expr.(*ast.Row); row {
		return nil, pgerr.Unsupported("IN of several columns within an expression").WithHint("Write it as a condition of its own.")
	}
	operand, err := b.expr(x.Expr)
	if err != nil {
		return nil, err
	}
	in, err := b.membership(operand, x.Query, x.Pos)
	if err == nil && x.Not {
		in = expr.NewNot(in)
	}
	return in, err
})

func (b *binder) membership(operand expr.Expr, q *ast.Query, pos int) (expr.Expr, error) {
	r, err := b.inner(q)
	if err != nil {
		return nil, err
	}
	if r.width != 1 {
		return nil, b.env.at(pos, pgerr.New(pgerr.SyntaxError, "subquery has too many columns"))
	}
	n := r.visible()
	_, cast, err := b.equality(operand, expr.NewColumn(0, n.Schema()[0].Type))
	if err != nil {
		return nil, err
	}
	cast[0], cast[1] = oneForm(cast[0], cast[1])
	values := &Project{Input: n, Exprs: []expr.Expr{cast[1]}, Names: []string{"value"}}
	facts, err := countValues(values)
	if err != nil {
		return nil, err
	}
	var marks Node = &Distinct{Input: &Filter{Input: values, Preds: []expr.Expr{expr.NewIs(expr.NewColumn(0, cast[1].Type()), expr.IsNotNull)}}}
	marks = &Project{Input: marks, Exprs: []expr.Expr{expr.NewColumn(0, cast[1].Type()), expr.NewBool(true)}, Names: []string{"value", "found"}}
	total, err := b.subquery(subqueryUse{node: facts, typ: col.Bool, value: func(c []expr.Expr) (expr.Expr, error) {
		return noneAndNull(b.ctx, c[0], c[1])
	}})
	if err != nil {
		return nil, err
	}
	found, err := b.subquery(subqueryUse{node: marks, keys: []expr.Expr{cast[0]}, typ: col.Bool,
		value: func(c []expr.Expr) (expr.Expr, error) { return c[1], nil }})
	if err != nil {
		return nil, err
	}
	// Not found: false over no rows, NULL when the operand or some value is NULL, else false.
	unknown := expr.NewAnd(expr.NewNot(expr.NewIs(total, expr.IsFalse)), expr.NewOr(expr.NewIs(total, expr.IsNull), expr.NewIs(cast[0], expr.IsNull)))
	return expr.NewCase(col.Bool, expr.NewIs(found, expr.IsTrue), expr.NewBool(true), unknown, expr.NewNull(col.Bool), expr.NewBool(false)), nil
}

// countValues counts the rows and the values that are not NULL.
func countValues(n Node) (Node, error) {
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

// noneAndNull is false over no rows, NULL where a NULL is among them, else true.
func noneAndNull(c *fn.Ctx, rows, values expr.Expr) (expr.Expr, error) {
	none, err := expr.CallOperator(c, "=", rows, expr.NewInt8(0))
	if err != nil {
		return nil, err
	}
	nulls, err := expr.CallOperator(c, "<>", rows, values)
	if err != nil {
		return nil, err
	}
	return expr.NewCase(col.Bool, none, expr.NewBool(false), nulls, expr.NewNull(col.Bool), expr.NewBool(true)), nil
}

var _ = binds(func(b *binder, x *ast.Quantified) (expr.Expr, error) {
	if x.Query != nil {
		if q := asIn(x); q != nil {
			return b.expr(q)
		}
		return nil, pgerr.Unsupported("%s with ANY or ALL over a subquery", x.Op.Name).WithHint("= ANY and <> ALL are; else compare with min() or max() of the subquery.")
	}
	return b.quantifiedArray(x)
})

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

// quantifiedArray is x op ANY (array) and ALL, by members of an array that is written out.
func (b *binder) quantifiedArray(x *ast.Quantified) (expr.Expr, error) {
	elems, ok := arrayMembers(x.Array)
	if !ok {
		return b.anyOfValue(x)
	}
	operand, err := b.expr(x.Expr)
	if err != nil {
		return nil, err
	}
	members, err := b.list(elems)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(members, func(m expr.Expr) bool { _, array := m.Type().Element(); return array }) {
		return b.anyOfValue(x)
	}
	if !x.All && x.Op.Name == "=" && len(members) > 0 {
		return b.inList(operand, members, append([]ast.Expr{x.Expr}, elems...))
	}
	var parts []expr.Expr
	for _, m := range members {
		p, err := b.operator(x.Op.Name, operand, m)
		if err != nil {
			return nil, err
		}
		if !p.Type().Is(col.Bool) {
			return nil, b.env.at(x.Pos, errNotBoolean)
		}
		parts = append(parts, p)
	}
	if x.All {
		return expr.NewAnd(parts...), nil
	}
	return expr.NewOr(parts...), nil
}

// arrayMembers lists the members of ARRAY[…] or '{…}', cast or not; false: it is neither, or
// has members in quotes or arrays of its own.
func arrayMembers(x ast.Expr) ([]ast.Expr, bool) {
	switch x := x.(type) {
	case *ast.Array:
		return x.Elems, true
	case *ast.Cast:
		if x.Type.Dims == 0 {
			return nil, false
		}
		elems, ok := arrayMembers(x.Expr)
		element := *x.Type
		element.Dims = 0
		out := make([]ast.Expr, len(elems))
		for i, e := range elems {
			out[i] = &ast.Cast{Pos: x.Pos, Expr: e, Type: &element}
		}
		return out, ok
	case *ast.String:
		return literalMembers(x)
	}
	return nil, false
}

func literalMembers(x *ast.String) (out []ast.Expr, ok bool) {
	inner, opened := strings.CutPrefix(strings.TrimSpace(x.Value), "{")
	inner, closed := strings.CutSuffix(inner, "}")
	if !opened || !closed || strings.ContainsAny(inner, `{}"\`) {
		return nil, false
	}
	if strings.TrimSpace(inner) == "" {
		return nil, true
	}
	for m := range strings.SplitSeq(inner, ",") {
		if m = strings.TrimSpace(m); strings.EqualFold(m, "null") {
			out = append(out, &ast.Null{Pos: x.Pos})
		} else {
			out = append(out, &ast.String{Pos: x.Pos, Value: m})
		}
	}
	return out, true
}

var _ = binds(func(b *binder, x *ast.ArrayQuery) (expr.Expr, error) {
	return nil, pgerr.Unsupported("ARRAY(SELECT …)")
})
