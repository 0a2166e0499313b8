package planner

import (
	"slices"

	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// rangeKeys finds the joins whose sides shall lie in order: those that have inequalities
// between their sides and no equality, or beside equalities a range with two ends, unless
// each row meets few by its key, or watermarks let rows go. What is compared is computed
// below the join where it is no plain column. Where watermarks let rows go and there is no
// equality, the sides lie in order of their times.
func rangeKeys(root Node) Node {
	known := properties(root)
	return rewrite2(root, func(old, n Node) Node {
		switch n := n.(type) {
		case *Join:
			in := inputProperties(old, known)
			if n.boundByTime(in) {
				timed := *n
				timed.ByTime = true
				return &timed
			}
			if order := n.wantsOrder(in); order || n.compares(in) {
				return rangeColumns(n, order)
			}
		case *Filter:
			return compareBelow(n, old, known)
		}
		return n
	})
}

// compares reports whether a join compares rows with the one row of its right side.
func (j *Join) compares(in []Properties) bool {
	return (j.Kind == exec.Inner || j.leftOnly()) && !j.NotIn && !j.temporal() && len(j.LeftKeys) == 0 && in[1].oneRow()
}

// oneRow reports whether there is at most one row.
func (p Properties) oneRow() bool {
	return slices.ContainsFunc(p.Keys, func(k []int) bool { return len(k) == 0 })
}

// temporal reports whether the right rows that a left one meets depend on when it comes.
func (j *Join) temporal() bool { return j.Proc || j.Nearest != nil }

// comparison is a condition on the pairs of a join: a value of the left side stands in a
// relation to one of the right side.
type comparison struct {
	left, right expr.Expr // over left ++ right
	op          string
}

var mirroredOps = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "<>": "<>"}

// comparisonOf takes an inequality between the two sides apart.
func comparisonOf(p expr.Expr, width int) (c comparison, ok bool) {
	call, is := p.(*expr.Call)
	if !is || len(call.Args()) != 2 || mirroredOps[call.Fn.Name] == "" {
		return c, false
	}
	c = comparison{call.Args()[0], call.Args()[1], call.Fn.Name}
	if !c.left.Type().Is(c.right.Type()) || volatile(p) || !readsColumns(c.left) || !readsColumns(c.right) {
		return c, false
	}
	onLeft := func(x expr.Expr) bool { return within(x, func(i int) bool { return i < width }) }
	onRight := func(x expr.Expr) bool { return within(x, func(i int) bool { return i >= width }) }
	if onLeft(c.right) && onRight(c.left) {
		c = comparison{c.right, c.left, mirroredOps[c.op]}
	}
	return c, onLeft(c.left) && onRight(c.right)
}

// comparisons lists the inequalities among a join's conditions, up to the first condition
// that may fail: what stands behind it would be spared its error.
func (j *Join) comparisons() (out []comparison) {
	for _, p := range j.Residual {
		for _, x := range expr.Conjuncts(p) {
			if fallible(x) {
				return out
			}
			if c, ok := comparisonOf(x, len(j.Left.Schema())); ok && c.op != "<>" {
				out = append(out, c)
			}
		}
	}
	return out
}

// wantsOrder reports whether the join's sides shall lie in order.
func (j *Join) wantsOrder(in []Properties) bool {
	if j.NotIn || j.NullsEqual || j.Kind == exec.Single || j.temporal() {
		return false
	}
	if j.forgets(in) {
		return false
	}
	cs := j.comparisons()
	if len(j.LeftKeys) == 0 {
		return len(cs) > 0 && j.Kind != exec.Full && !in[0].oneRow() && !in[1].oneRow()
	}
	return !in[0].hasKey(j.LeftKeys) && !in[1].hasKey(j.RightKeys) && (twoSided(cs, func(c comparison) expr.Expr { return c.left }) ||
		twoSided(cs, func(c comparison) expr.Expr { return c.right }))
}

// forgets reports whether watermarks let rows of a side go.
func (j *Join) forgets(in []Properties) bool {
	both, one := j.bound(in)
	return both != "" || one != ""
}

// twoSided reports whether some value of one side is compared from below and from above.
func twoSided(cs []comparison, side func(comparison) expr.Expr) bool {
	return slices.ContainsFunc(cs, func(a comparison) bool {
		return slices.ContainsFunc(cs, func(b comparison) bool {
			return a.op[0] == '<' && b.op[0] == '>' && expr.Equal(side(a), side(b))
		})
	})
}

// rangeColumns makes columns of what is compared, of one type on both sides.
func rangeColumns(j *Join, order bool) Node {
	width := len(j.Left.Schema())
	var compared []comparison
	var residual []expr.Expr
	spared := false // by a condition that may fail
	for _, p := range j.Residual {
		for _, x := range expr.Conjuncts(p) {
			c, ok := comparisonOf(x, width)
			if spared = spared || fallible(x); ok && !spared {
				compared = append(compared, c)
			} else {
				residual = append(residual, x)
			}
		}
	}
	n, at := withCompared(j, compared, residual)
	if n == nil {
		return j
	}
	n.Ordered = order && len(n.ranges()) > 0
	if j.leftOnly() {
		at = at[:width]
	}
	return atColumns(n, at)
}

func atColumns(n Node, at []int) Node {
	if slices.Equal(at, identity(len(n.Schema()))) {
		return n
	}
	return columnsProject(n, at)
}

// withCompared returns the join with columns for what is compared, and where the columns of
// left ++ right are now. Its conditions are the comparisons, and then the residual.
func withCompared(j *Join, compared []comparison, residual []expr.Expr) (n *Join, at []int) {
	if len(compared) == 0 {
		return nil, nil
	}
	width := len(j.Left.Schema())
	var left, right []expr.Expr
	for _, c := range compared {
		l, r := oneForm(c.left, c.right)
		left, right = append(left, l), append(right, shiftBy(r, -width))
	}
	n = &Join{}
	*n = *j
	var lk, rk []int
	n.Left, lk = withColumns(j.Left, left)
	n.Right, rk = withColumns(j.Right, right)
	wide := len(n.Left.Schema())
	at = identity(width + len(j.Right.Schema()))
	for i := width; i < len(at); i++ {
		at[i] += wide - width
	}
	n.Residual = nil
	for i, c := range compared {
		l, r := column(lk[i], n.Left.Schema()[lk[i]]), column(wide+rk[i], n.Right.Schema()[rk[i]])
		x, err := expr.CallOperator(fn.NewCtx(nil, 0), c.op, l, r)
		if err != nil {
			return nil, nil
		}
		n.Residual = append(n.Residual, x)
	}
	n.Residual = append(n.Residual, moveAll(residual, at)...)
	return n, at
}

// ranges lists the inequalities between columns of one type by which the sides lie in order.
func (j *Join) ranges() (out []exec.RangeKey) {
	for _, c := range j.comparisons() {
		l, ok1 := c.left.(*expr.Column)
		r, ok2 := c.right.(*expr.Column)
		if ok1 && ok2 && l.Type() == r.Type() {
			out = append(out, exec.RangeKey{Left: l.Index, Right: r.Index - len(j.Left.Schema()), Op: c.op})
		}
	}
	return out
}

// compareBelow makes columns of what a filter compares with the one row that the join below
// brings in, where computing it may fail and so kept it above: the row is always there, so that
// it would be computed of the same rows.
func compareBelow(f *Filter, old Node, known map[Node]Properties) Node {
	j, ok := f.Input.(*Join)
	was, same := old.Inputs()[0].(*Join)
	if !ok || !same || j.Kind != exec.Inner || !j.compares(inputProperties(was, known)) || !alwaysOneRow(j.Right) {
		return f
	}
	var compared []comparison
	for _, p := range f.Preds {
		c, ok := comparisonOf(p, len(j.Left.Schema()))
		if !ok || !fallible(c.left) && !fallible(c.right) {
			break
		}
		compared = append(compared, c)
	}
	n, at := withCompared(j, compared, j.Residual)
	if n == nil {
		return f
	}
	return filtered(atColumns(n, at), f.Preds[len(compared):])
}
