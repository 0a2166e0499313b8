package planner

import (
	"github.com/millracedb/millrace/base/pgerr"
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
	r, err := b.query(x.Query, &binding{outer: b.scope, ctes: b.ctes})
	if err != nil {
		return nil, err
	}
	inner, preds, err := decorrelate(unlimited(r.node))
	if err != nil {
		return nil, b.env.at(x.Pos, err)
	}
	j := &Join{Left: n, Right: inner, Kind: exec.Semi, Residual: joinPredicates(preds, len(n.Schema()))}
	if not {
		j.Kind = exec.Anti
	}
	return j, nil
}

// unlimited takes a limit away that leaves at least one row: EXISTS asks for no more.
func unlimited(n Node) Node {
	switch n := n.(type) {
	case *Sort:
		if n.Offset == nil && constInt(n.Limit, 1) > 0 && (n.Limit == nil || isConst(n.Limit)) {
			return n.Input
		}
	case *TopN:
		if len(n.Partition) == 0 && n.Offset == 0 && n.Limit != 0 && !n.EmitRank {
			return n.Input
		}
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
	if len(b.found.subqueries) > 0 {
		at := make([]*expr.Expr, len(left))
		for i := range left {
			at[i] = &left[i]
		}
		if n, err = b.attach(n, at...); err != nil {
			return nil, err
		}
	}
	r, err := b.query(x.Query, &binding{outer: b.scope, ctes: b.ctes})
	if err != nil {
		return nil, err
	}
	if r.width != len(left) {
		many := map[bool]string{true: "many", false: "few"}[r.width > len(left)]
		return nil, b.env.at(x.Pos, pgerr.New(pgerr.SyntaxError, "subquery has too %s columns", many))
	}
	inner, preds, err := decorrelate(r.visible())
	if err != nil {
		return nil, b.env.at(x.Pos, err)
	}
	right := make([]expr.Expr, len(left))
	for i := range left {
		_, cast, err := b.equality(left[i], expr.NewColumn(i, inner.Schema()[i].Type))
		if err != nil {
			return nil, b.env.at(x.Pos, err)
		}
		left[i], right[i] = oneForm(cast[0], cast[1])
	}
	j := &Join{Kind: exec.Semi}
	j.Left, j.LeftKeys = withColumns(n, left)
	j.Right, j.RightKeys = withColumns(inner, right)
	j.Residual = joinPredicates(preds, len(j.Left.Schema()))
	if !not {
		return j, nil
	}
	j.Kind, j.NotIn = exec.Anti, true
	if len(left) > 1 || len(preds) > 0 {
		return nil, b.env.at(x.Pos, pgerr.Unsupported("NOT IN of several columns or over a correlated subquery").WithHint("NOT EXISTS is supported."))
	}
	return j, nil
}

// joinPredicates turns conditions over the columns of a subquery and the query around it into
// conditions over left ++ right.
func joinPredicates(preds []expr.Expr, width int) []expr.Expr {
	var out []expr.Expr
	for _, p := range preds {
		out = append(out, expr.Remap(p, func(i int) int {
			if i >= outerBase {
				return i - outerBase
			}
			return i + width
		}))
	}
	return out
}

// decorrelate takes the conditions that refer to the query around it out of a subquery's
// plan. They come back as conditions over the columns of the plan that remains, which may have
// more columns behind its own.
func decorrelate(n Node) (Node, []expr.Expr, error) {
	if !hasOuter(n) {
		return n, nil, nil
	}
	switch n := n.(type) {
	case *Filter:
		return decorrelateFilter(n)
	case *Project:
		return decorrelateProject(n)
	case *Join:
		if n.Kind == exec.Inner {
			return decorrelateJoin(n)
		}
	case *Distinct: // whether there is a row does not depend on how often
		return decorrelate(n.Input)
	}
	return nil, nil, errCorrelated
}

func decorrelateFilter(f *Filter) (Node, []expr.Expr, error) {
	in, up, err := decorrelate(f.Input)
	if err != nil {
		return nil, nil, err
	}
	var stay []expr.Expr
	for _, p := range f.Preds {
		if isOuter(p) {
			up = append(up, p)
		} else {
			stay = append(stay, p)
		}
	}
	if len(stay) == 0 {
		return in, up, nil
	}
	return &Filter{Input: in, Preds: stay}, up, nil
}

func decorrelateProject(p *Project) (Node, []expr.Expr, error) {
	for _, x := range p.Exprs {
		if isOuter(x) {
			return nil, nil, errCorrelated
		}
	}
	in, up, err := decorrelate(p.Input)
	if err != nil {
		return nil, nil, err
	}
	out := &Project{Input: in, Exprs: append([]expr.Expr(nil), p.Exprs...), Names: append([]string(nil), p.Names...)}
	schema := in.Schema()
	for i, x := range up {
		up[i] = expr.Remap(x, func(c int) int {
			if c >= outerBase {
				return c
			}
			at := addExpr(&out.Exprs, column(c, schema[c]))
			if at == len(out.Names) {
				out.Names = append(out.Names, schema[c].Name)
			}
			return at
		})
	}
	return out, up, nil
}

// decorrelateJoin relies on both sides keeping their columns in front: what a side gains stands
// behind its own, so the right side's columns move.
func decorrelateJoin(j *Join) (Node, []expr.Expr, error) {
	oldLeft, oldRight := len(j.Left.Schema()), len(j.Right.Schema())
	left, up, err := decorrelate(j.Left)
	if err != nil {
		return nil, nil, err
	}
	right, more, err := decorrelate(j.Right)
	if err != nil {
		return nil, nil, err
	}
	if len(left.Schema()) != oldLeft || len(right.Schema()) != oldRight {
		return nil, nil, errCorrelated
	}
	for _, x := range more {
		up = append(up, expr.Remap(x, func(c int) int {
			if c >= outerBase {
				return c
			}
			return c + oldLeft
		}))
	}
	n := &Join{Left: left, Right: right, Kind: j.Kind, LeftKeys: j.LeftKeys, RightKeys: j.RightKeys, NullsEqual: j.NullsEqual}
	for _, x := range j.Residual {
		if isOuter(x) {
			up = append(up, x)
		} else {
			n.Residual = append(n.Residual, x)
		}
	}
	return n, up, nil
}
