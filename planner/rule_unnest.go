package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// unnest makes ordinary joins of dependent ones, the innermost first, after T. Neumann and
// A. Kemper, "Unnesting Arbitrary Queries" (BTW 2015). What the right input computes last is
// computed above the join. Where all that depends on the left row are conditions, they become
// conditions of the join. Else the different values that the right input reads of left rows,
// the domain D, go down into it (unnest_domain.go), so that it has the rows for all of them at
// once, and left rows meet theirs by D:
//
//	T1 ⋈ᵈ T2  =  T1 ⋈ (D ⋈ᵈ T2) on D,  D = distinct columns of T1 that T2 reads
func unnest(root Node) Node {
	return rewrite(root, func(n Node) Node {
		j, ok := n.(*DependentJoin)
		if !ok || j.refused != nil {
			return n
		}
		out, err := j.unnested()
		if err != nil {
			left := *j
			left.refused = err
			return &left
		}
		return out
	})
}

// sinkConditions is pushDown where there are dependent joins: their left rows are read twice
// afterwards, and nothing goes down into what is read twice.
func sinkConditions(root Node) Node {
	if slices.ContainsFunc(postorder(root), func(n Node) bool { _, ok := n.(*DependentJoin); return ok }) {
		return pushDown(root)
	}
	return root
}

func (j *DependentJoin) unnested() (Node, error) {
	width := len(j.Left.Schema())
	if isNothing(j.Right) && len(j.On) == 0 && !j.leftOnly() {
		return j.Left, nil
	}
	if !dependsOn(j.Right, j.Frame) && len(j.Guard) == 0 {
		if j.Kind == exec.Single && len(j.On) > 0 {
			return nil, unsupportedDependent("a condition on a scalar subquery")
		}
		return &Join{Left: j.Left, Right: j.Right, Kind: j.Kind, Residual: j.On}, nil
	}
	if d, ok := j.Right.(*Distinct); ok && j.leftOnly() { // whether there is a row does not depend on how often
		return j.WithInputs(j.Left, d.Input).(*DependentJoin).unnested()
	}
	if lifted := j.liftFilter(); lifted != nil {
		return lifted.unnested()
	}
	if n := j.rowsOfLeft(); n != nil {
		return n, nil
	}
	j = j.withComputedTerms()
	var n Node
	var err error
	switch p, isProject := j.Right.(*Project); {
	case isProject:
		n, err = j.liftProject(p)
	case isAggregate(j.Right) && len(j.On) == 0 && !j.leftOnly():
		n, err = j.joinAggregate(j.Right.(*Aggregate))
	default:
		n, err = j.joined()
	}
	if err != nil {
		return nil, err
	}
	return j.only(n, width), nil
}

// joined joins with the right input as it is.
func (j *DependentJoin) joined() (Node, error) {
	if n := j.joinByConditions(); n != nil {
		return n, nil
	}
	return j.joinByDomain()
}

func unsupportedDependent(what string) error {
	return pgerr.Unsupported("%s that reads columns of the query around it", what).
		WithHint("Write it as a join, with the columns it reads in its rows.")
}

// only drops the columns that unnesting has put behind the first of the left ones; n's right
// columns are as many as the right input's.
func (j *DependentJoin) only(n Node, width int) Node {
	wide, right := len(j.Left.Schema()), len(j.Right.Schema())
	if j.leftOnly() {
		right = 0
	}
	if wide == width && len(n.Schema()) == wide+right {
		return n
	}
	at := identity(width)
	for c := range right {
		at = append(at, wide+c)
	}
	return columnsProject(n, at)
}

// isAggregate reports whether a node is an aggregate without groups: one row, whatever comes.
func isAggregate(n Node) bool {
	a, ok := n.(*Aggregate)
	return ok && len(a.Group) == 0
}

// isNothing reports whether a node is one row of nothing.
func isNothing(n Node) bool {
	v, ok := n.(*Values)
	return ok && len(v.Columns) == 0 && len(v.Rows) == 1
}

// withComputedTerms computes on the left what the right input compares with its own columns,
// so that a comparison of columns is left: t.k = lower(outer.name).
func (j *DependentJoin) withComputedTerms() *DependentJoin {
	var terms []expr.Expr
	for _, n := range postorder(j.Right) {
		for _, x := range n.exprs() {
			expr.Walk(x, func(x expr.Expr) bool {
				l, r, ok := equality(x)
				if ok && j.isTerm(l) && readsColumns(r) {
					addExpr(&terms, l)
				} else if ok && j.isTerm(r) && readsColumns(l) {
					addExpr(&terms, r)
				}
				return true
			})
		}
	}
	if len(terms) == 0 {
		return j
	}
	onLeft := make([]expr.Expr, len(terms))
	for i, t := range terms {
		onLeft[i] = expr.ReplaceOuter(t, j.Frame, func(o *expr.Outer) expr.Expr { return expr.NewColumn(o.Index, o.Type()) })
	}
	n := *j
	left, at := withColumns(j.Left, onLeft)
	by := len(left.Schema()) - len(j.Left.Schema())
	n.On = movedRight(j.On, len(j.Left.Schema()), by)
	n.Left = left
	n.Right = rewrite(j.Right, func(m Node) Node {
		return mapExprs(m, func(x expr.Expr) expr.Expr { return replaceEqual(x, terms, at, j.Frame) })
	})
	return &n
}

// isTerm reports whether x is computed from the left row alone, cannot fail, and is more than
// a column of it.
func (j *DependentJoin) isTerm(x expr.Expr) bool {
	if _, plain := x.(*expr.Outer); plain || readsColumns(x) || fallible(x) || volatile(x) || !expr.ReadsOuter(x, j.Frame) {
		return false
	}
	return !expr.ReadsOuter(expr.ReplaceOuter(x, j.Frame, func(o *expr.Outer) expr.Expr { return expr.NewNull(o.Type()) }), 0)
}

// replaceEqual puts columns of the left row in place of what they are computed by.
func replaceEqual(x expr.Expr, terms []expr.Expr, at []int, frame int) expr.Expr {
	if i := indexOf(terms, x); i >= 0 {
		return expr.NewOuter(frame, at[i], x.Type())
	}
	args := x.Args()
	if len(args) == 0 || !expr.ReadsOuter(x, frame) {
		return x
	}
	out := make([]expr.Expr, len(args))
	for i, a := range args {
		out[i] = replaceEqual(a, terms, at, frame)
	}
	return x.With(out)
}

// movedRight moves the columns from a place on.
func movedRight(xs []expr.Expr, from, by int) []expr.Expr {
	var out []expr.Expr
	for _, x := range xs {
		out = append(out, expr.Remap(x, func(c int) int {
			if c >= from {
				return c + by
			}
			return c
		}))
	}
	return out
}

// liftProject joins with the projection's input, and computes it above.
func (j *DependentJoin) liftProject(p *Project) (Node, error) {
	width := len(j.Left.Schema())
	inner := *j
	inner.Right = p.Input
	lifted := make([]expr.Expr, len(p.Exprs))
	for i, x := range p.Exprs {
		lifted[i] = j.onPairs(x, width)
	}
	inner.On = nil
	for _, x := range j.On {
		inner.On = append(inner.On, expr.Rewrite(x, func(x expr.Expr) expr.Expr {
			if c, ok := x.(*expr.Column); ok && c.Index >= width {
				return lifted[c.Index-width]
			}
			return x
		}))
	}
	if j.leftOnly() {
		return inner.unnested()
	}
	marker, join := -1, (*DependentJoin).unnested
	if j.Kind != exec.Inner && !(alwaysOneRow(p.Input) && len(inner.On) == 0) && slices.ContainsFunc(p.Exprs, func(x expr.Expr) bool { return columnIndex(x) < 0 }) {
		in, at := withColumns(p.Input, []expr.Expr{expr.NewBool(true)})
		inner.Right, marker, join = in, width+at[0], (*DependentJoin).joined
	}
	n, err := join(&inner)
	if err != nil {
		return nil, err
	}
	out := columnsProject(n, identity(width))
	for i, x := range p.Exprs {
		out.Exprs, out.Names = append(out.Exprs, j.lift(x, lifted[i], marker)), append(out.Names, p.Names[i])
	}
	return out, nil
}

// onPairs turns an expression of the right input into one over the pairs.
func (j *DependentJoin) onPairs(x expr.Expr, width int) expr.Expr {
	return expr.Rewrite(shiftBy(x, width), func(x expr.Expr) expr.Expr {
		if o, ok := x.(*expr.Outer); ok && o.Frame == j.Frame {
			return expr.NewColumn(o.Index, o.Type())
		}
		return x
	})
}

// lift is a computed column above the join: NULL where there was no right row, and computed
// only where the guard lets it.
func (j *DependentJoin) lift(x, lifted expr.Expr, marker int) expr.Expr {
	var when []expr.Expr
	if fallible(x) {
		when = slices.Clone(j.Guard)
	}
	if marker >= 0 && columnIndex(x) < 0 {
		when = append(when, expr.NewIs(expr.NewColumn(marker, col.Bool), expr.IsTrue))
	}
	if len(when) == 0 {
		return lifted
	}
	return expr.NewCase(x.Type(), and(when), lifted, expr.NewNull(x.Type()))
}

// joinAggregate groups by the domain, and left rows without a group have the aggregates of
// no rows.
func (j *DependentJoin) joinAggregate(a *Aggregate) (Node, error) {
	u := newUnnesting(j, a)
	in, err := u.push(a.Input)
	if err != nil {
		return nil, err
	}
	left, keys := withColumns(j.Left, u.terms)
	joined := &Join{Left: left, Right: a.groupedWith(u, in).counted(), Kind: exec.Left, LeftKeys: keys, RightKeys: identity(len(keys)), NullsEqual: true}
	out := columnsProject(joined, identity(len(j.Left.Schema())))
	return overNothing(out, a.Calls, len(left.Schema())+len(keys))
}

// counted also counts the rows of a group where aggregates of users may be NULL of some rows and not
// of none.
func (a *Aggregate) counted() *Aggregate {
	if !slices.ContainsFunc(a.Calls, func(c AggregateCall) bool { return c.Agg.IsDefined() }) {
		return a
	}
	n := *a
	n.Calls = append(slices.Clip(a.Calls), AggregateCall{exec.AggregateCall{Agg: agg.ByID("count()"), Filter: -1}, "rows"})
	return &n
}

// overNothing appends the results of aggregates, which stand from first on in the
// projection's input, NULL where there is no group: they are what aggregates of no rows give. Behind
// those of users the input has what counted adds.
func overNothing(p *Project, calls []AggregateCall, first int) (*Project, error) {
	for i, c := range calls {
		x := expr.Expr(expr.NewColumn(first+i, c.Type()))
		v, err := c.Agg.OverNothing(c.Type())
		if err != nil {
			return nil, err
		}
		switch none := expr.NewConst(v); {
		case none.IsNull():
		case c.Agg.IsDefined():
			x = expr.NewCase(c.Type(), expr.NewIs(expr.NewColumn(first+len(calls), col.Int8), expr.IsNotNull), x, none)
		default:
			x = expr.NewCoalesce(c.Type(), x, none)
		}
		p.Exprs, p.Names = append(p.Exprs, x), append(p.Names, c.Name)
	}
	return p, nil
}

// joinByConditions joins with the right input less the conditions that depend on the left
// row; nil: more than conditions do.
func (j *DependentJoin) joinByConditions() Node {
	width := len(j.Left.Schema())
	in, preds, ok := conditionsOf(j.Right, j.Frame)
	if !ok || dependsOn(in, j.Frame) {
		return nil
	}
	on := slices.Clone(j.Guard)
	for _, p := range preds {
		on = append(on, j.onPairs(p, width))
	}
	on = append(on, j.On...)
	var n Node = &Join{Left: j.Left, Right: in, Kind: j.Kind, Residual: on}
	if j.Kind == exec.Single {
		if n = j.joinByKeys(in, on[len(j.Guard):]); n == nil {
			return nil
		}
	}
	if j.leftOnly() {
		return n
	}
	at := identity(width)
	for c := range j.Right.Schema() {
		at = append(at, len(n.Schema())-len(in.Schema())+c)
	}
	return columnsProject(n, at)
}

// joinByKeys is a single join whose conditions are all equalities of the two sides; nil: some
// are not. Left rows that the guard keeps from asking have no key.
func (j *DependentJoin) joinByKeys(in Node, on []expr.Expr) Node {
	width := len(j.Left.Schema())
	var left, right []expr.Expr
	for _, p := range on {
		l, r, ok := keyPair(p, width)
		if !ok || fallible(l) || fallible(r) {
			return nil
		}
		l, r = oneForm(l, r)
		if len(j.Guard) > 0 {
			l = expr.NewCase(l.Type(), and(j.Guard), l, expr.NewNull(l.Type()))
		}
		left, right = append(left, l), append(right, shiftBy(r, -width))
	}
	if len(left) == 0 {
		return nil
	}
	n := &Join{Kind: exec.Single}
	n.Left, n.LeftKeys = withColumns(j.Left, left)
	keyed, at := withColumns(in, right)
	n.Right, n.RightKeys = keyed, at
	if properties(keyed)[keyed].hasKey(at) {
		n.Kind = exec.Left
	}
	return dropBetween(n, len(n.Left.Schema()), len(in.Schema()))
}

// dropBetween drops what a join's right side has behind its first columns.
func dropBetween(n *Join, left, right int) Node {
	if len(n.Schema()) == left+right {
		return n
	}
	return columnsProject(n, identity(left+right))
}

// callOperator is an operator over operands of fitting types.
func callOperator(name string, args ...expr.Expr) expr.Expr {
	x, err := expr.CallOperator(fn.NewCtx(nil, 0), name, args...)
	if err != nil {
		panic("planner: " + err.Error())
	}
	return x
}
