package planner

import (
	"slices"

	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// isMembership reports whether a condition is [NOT] EXISTS, [NOT] IN over a query, or the same
// written with ANY or ALL.
func isMembership(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Not:
		return isMembership(x.Expr)
	case *ast.Exists, *ast.InQuery:
		return true
	case *ast.Quantified:
		return asIn(x) != nil
	}
	return false
}

// semiJoin keeps the rows of n for which a membership holds.
func (b *binder) semiJoin(n Node, x ast.Expr) (Node, error) {
	not := false
	for {
		inner, ok := x.(*ast.Not)
		if !ok {
			break
		}
		x, not = inner.Expr, !not
	}
	if q, ok := x.(*ast.Quantified); ok {
		x = asIn(q)
	}
	if in, ok := x.(*ast.InQuery); ok {
		return b.semiIn(n, in, in.Not != not)
	}
	return b.semiExists(n, x.(*ast.Exists), not)
}

func (b *binder) semiExists(n Node, x *ast.Exists, not bool) (Node, error) {
	r, err := b.inner(x.Query)
	if err != nil {
		return nil, err
	}
	j := &DependentJoin{Left: n, Right: unlimited(r.node), Kind: exec.Semi, pos: x.Pos}
	if not {
		j.Kind = exec.Anti
	}
	return b.ofRow(j), nil
}

// ofRow lets a dependent join read the rows of the scope; where it reads none it is a join.
func (b *binder) ofRow(j *DependentJoin) Node {
	j.Frame = b.scope.frame
	if j.Frame == 0 || !dependsOn(j.Right, j.Frame) {
		return &Join{Left: j.Left, Right: j.Right, Kind: j.Kind, Residual: j.On}
	}
	return j
}

// unlimited takes a limit away that leaves at least one row, and what a select list computes: EXISTS asks for
// neither.
func unlimited(n Node) Node {
	switch s := n.(type) {
	case *Sort:
		if s.Offset == nil && constInt(s.Limit, 1) > 0 && (s.Limit == nil || isConst(s.Limit)) {
			n = s.Input
		}
	case *TopN:
		if len(s.Partition) == 0 && s.Offset == 0 && s.Limit != 0 && !s.EmitRank {
			n = s.Input
		}
	}
	if p, ok := n.(*Project); ok && slices.ContainsFunc(p.Exprs, expr.Counts) {
		return p.Input
	}
	return n
}

func (b *binder) semiIn(n Node, x *ast.InQuery, not bool) (Node, error) {
	operands := []ast.Expr{x.Expr}
	if row, ok := x.Expr.(*ast.Row); ok {
		operands = row.Elems
	}
	left, err := b.list(operands)
	if err != nil {
		return nil, err
	}
	at := make([]*expr.Expr, len(left))
	for i := range left {
		at[i] = &left[i]
	}
	if n, err = b.attach(n, at...); err != nil {
		return nil, err
	}
	r, err := b.inner(x.Query)
	if err != nil {
		return nil, err
	}
	if err := checkSubqueryWidth(r.width, len(left)); err != nil {
		return nil, b.env.at(x.Pos, err)
	}
	right := r.visible()
	if b.scope.frame != 0 && dependsOn(right, b.scope.frame) || not && len(left) > 1 {
		return b.semiCompared(n, left, right, x, not)
	}
	cast := make([]expr.Expr, len(left))
	for i := range left {
		_, pair, err := b.equality(left[i], column(i, right.Schema()[i]))
		if err != nil {
			return nil, b.env.at(x.Pos, err)
		}
		left[i], cast[i] = oneForm(pair[0], pair[1])
	}
	j := &Join{Kind: exec.Semi}
	j.Left, j.LeftKeys = withColumns(n, left)
	j.Right, j.RightKeys = withColumns(right, cast)
	if not {
		j.Kind, j.NotIn = exec.Anti, true
	}
	return j, nil
}

// semiCompared keeps the rows for which a row of the subquery is equal; by NOT IN those for
// which all are known to be unequal.
func (b *binder) semiCompared(n Node, left []expr.Expr, right Node, x *ast.InQuery, not bool) (Node, error) {
	width := len(n.Schema())
	values := make([]expr.Expr, len(left))
	for i, c := range right.Schema() {
		values[i] = column(width+i, c)
	}
	eq, err := b.compare("=", left, values)
	if err != nil {
		return nil, b.env.at(x.Pos, err)
	}
	j := &DependentJoin{Left: n, Right: right, Kind: exec.Semi, On: expr.Conjuncts(eq), pos: x.Pos}
	if not {
		j.Kind, j.On = exec.Anti, []expr.Expr{expr.NewIs(eq, expr.IsNotFalse)}
	}
	return b.ofRow(j), nil
}
