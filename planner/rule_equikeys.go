package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// equiKeys makes keys of the equalities among a join's conditions. An operand that is no
// plain column is computed below the join, unless that may fail on a row which the join would
// have kept or which an earlier condition would have spared (E2). A full join has no other way.
func equiKeys(root Node) Node {
	return rewrite(root, func(n Node) Node {
		if j, ok := n.(*Join); ok && len(j.Residual) > 0 && !j.NotIn {
			return withKeys(j)
		}
		return n
	})
}

func withKeys(j *Join) Node {
	width := len(j.Left.Schema())
	var left, right, residual []expr.Expr
	for _, p := range j.Residual {
		l, r, ok := keyPair(p, width)
		if ok && (fallible(l) || fallible(r)) && (len(residual) > 0 || j.Kind != exec.Inner && j.Kind != exec.Semi && j.Kind != exec.Full) {
			ok = false
		}
		if !ok {
			residual = append(residual, p)
			continue
		}
		l, r = oneForm(l, r)
		left, right = append(left, l), append(right, shiftBy(r, -width))
	}
	if len(left) == 0 {
		return j
	}
	n := *j
	var lk, rk []int
	n.Left, lk = withColumns(j.Left, left)
	n.Right, rk = withColumns(j.Right, right)
	if j.NullsEqual { // NULLs of the new keys still meet nothing
		if j.Kind == exec.Full || j.Kind == exec.Right {
			return j
		}
		n.Right = notNull(n.Right, rk)
	}
	n.LeftKeys, n.RightKeys = addKeys(j.LeftKeys, j.RightKeys, lk, rk)
	wl, wr := len(n.Left.Schema()), len(j.Right.Schema())
	at := identity(width + wr)
	for i := width; i < len(at); i++ {
		at[i] += wl - width
	}
	n.Residual = moveAll(residual, at)
	if j.leftOnly() {
		at = at[:width]
	}
	if slices.Equal(at, identity(len(n.Schema()))) {
		return &n
	}
	return columnsProject(&n, at)
}

// oneForm gives both sides of an equality the same type, modifier included: numerics of
// different modifiers are stored in different forms.
func oneForm(l, r expr.Expr) (expr.Expr, expr.Expr) {
	if l.Type() == r.Type() || !l.Type().Is(col.Numeric) || !r.Type().Is(col.Numeric) {
		return l, r
	}
	plain := func(x expr.Expr) expr.Expr {
		if x.Type() == col.Numeric {
			return x
		}
		return expr.Retype(x, col.Numeric)
	}
	return plain(l), plain(r)
}

// keyPair takes an equality between the two sides apart.
func keyPair(p expr.Expr, width int) (l, r expr.Expr, ok bool) {
	l, r, ok = equality(p)
	if !ok || !l.Type().Is(r.Type()) {
		return nil, nil, false
	}
	onLeft := func(x expr.Expr) bool { return readsColumns(x) && within(x, func(c int) bool { return c < width }) }
	onRight := func(x expr.Expr) bool { return readsColumns(x) && within(x, func(c int) bool { return c >= width }) }
	switch {
	case volatile(l) || volatile(r):
		return nil, nil, false
	case onLeft(l) && onRight(r):
		return l, r, true
	case onLeft(r) && onRight(l):
		return r, l, true
	}
	return nil, nil, false
}

// addKeys appends the pairs that are not there yet.
func addKeys(left, right, lk, rk []int) ([]int, []int) {
	left, right = slices.Clone(left), slices.Clone(right)
	for i := range lk {
		known := false
		for k := range left {
			known = known || left[k] == lk[i] && right[k] == rk[i]
		}
		if !known {
			left, right = append(left, lk[i]), append(right, rk[i])
		}
	}
	return left, right
}
