package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// unnesting takes a domain down into a plan that depends on a left row: the different values
// of the terms, which are what the plan reads of left rows. A node that carries the domain
// has its own columns and, behind them, those of the domain, and its rows are those that it
// would have for each row of the domain.
type unnesting struct {
	frame  int
	terms  []expr.Expr // over the left row
	at     map[int]int // column of the left row: its term
	domain Node        // of the terms' columns, each row once
	// superset allows rows for more than the domain, which no left row will meet: where
	// conditions give every term a value, the domain need not be read at all.
	superset bool
	done     map[Node]Node
}

// carrier is a node that can carry a domain.
type carrier interface {
	carry(u *unnesting) (Node, error)
}

func newUnnesting(j *DependentJoin, right Node) *unnesting {
	u := &unnesting{frame: j.Frame, at: map[int]int{}, done: map[Node]Node{}}
	u.superset = len(j.Guard) == 0 && !fallibleRows(right)
	var tellApart []expr.Expr
	for _, o := range outerColumns(right, j.Frame) {
		x := expr.Expr(expr.NewColumn(o.Index, o.Type()))
		switch {
		case col.CanonicalSame(o.Type()):
		case onlyCompared(right, o):
			if o.Type().Is(col.Numeric) && o.Type() != col.Numeric {
				x = expr.Retype(x, col.Numeric)
			}
		default: // of equal values that are not identical, such as 1.0 and 1.00, each is one
			u.superset = false
			if text, err := expr.Coerce(fn.NewCtx(nil, 0), x, col.Text, fn.Explicit); err == nil {
				tellApart = append(tellApart, text)
			}
		}
		u.at[o.Index] = len(u.terms)
		u.terms = append(u.terms, x)
	}
	u.terms = append(u.terms, tellApart...)
	if len(u.terms) == 0 { // whether there is a left row at all
		u.terms, u.superset = []expr.Expr{expr.NewBool(true)}, false
	}
	var left Node = j.Left
	if len(j.Guard) > 0 {
		left = &Filter{Input: left, Preds: j.Guard}
	}
	p := &Project{Input: left}
	for _, x := range u.terms {
		p.Exprs, p.Names = append(p.Exprs, x), append(p.Names, displayExpr(x, left.Schema()))
	}
	u.domain = &Distinct{Input: p}
	return u
}

// fallibleRows reports whether a plan may fail on a row. What fails only for a whole group,
// as a sum that is out of range, is no row's.
func fallibleRows(root Node) bool {
	return slices.ContainsFunc(postorder(root), func(n Node) bool {
		if _, single := n.(*Single); single {
			return true
		}
		if j, ok := n.(*Join); ok && j.Kind == exec.Single {
			return true
		}
		return slices.ContainsFunc(n.exprs(), func(x expr.Expr) bool { return fallible(x) || volatile(x) })
	})
}

// onlyCompared reports whether a plan does nothing with a column of the left row but compare
// it, which tells equal values not apart.
func onlyCompared(root Node, o *expr.Outer) bool {
	for _, n := range postorder(root) {
		for _, x := range n.exprs() {
			if !comparesOnly(x, o) {
				return false
			}
		}
	}
	return true
}

func comparesOnly(x expr.Expr, o *expr.Outer) bool {
	if y, ok := x.(*expr.Outer); ok {
		return y.Frame != o.Frame || y.Index != o.Index
	}
	c, isCall := x.(*expr.Call)
	compares := isCall && slices.Contains([]string{"=", "<>", "<", "<=", ">", ">="}, c.Fn.Name)
	for _, a := range x.Args() {
		if _, plain := a.(*expr.Outer); (!plain || !compares) && !comparesOnly(a, o) {
			return false
		}
	}
	return true
}

// joinByDomain meets left rows with what the right input has for the domain.
func (j *DependentJoin) joinByDomain() (Node, error) {
	u := newUnnesting(j, j.Right)
	right, err := u.push(j.Right)
	if err != nil {
		return nil, err
	}
	width, rw := len(j.Left.Schema()), len(j.Right.Schema())
	left, keys := withColumns(j.Left, u.terms)
	n := &Join{Left: left, Right: right, Kind: j.Kind, LeftKeys: keys, RightKeys: shifted(identity(len(keys)), rw), NullsEqual: true}
	n.Residual = movedRight(j.On, width, len(left.Schema())-width)
	if j.Kind == exec.Single && len(n.Residual) > 0 {
		return nil, unsupportedDependent("a condition on a scalar subquery")
	}
	if j.leftOnly() {
		return columnsProject(n, identity(width)), nil
	}
	return columnsProject(n, slices.Concat(identity(width), shifted(identity(rw), len(left.Schema())))), nil
}

// push makes a plan carry the domain.
func (u *unnesting) push(n Node) (Node, error) {
	if done := u.done[n]; done != nil {
		return done, nil
	}
	out, err := u.carried(n)
	u.done[n] = out
	return out, err
}

func (u *unnesting) carried(n Node) (Node, error) {
	if !dependsOn(n, u.frame) {
		return &Join{Left: n, Right: u.domain, Kind: exec.Inner}, nil
	}
	if in, preds, ok := conditionsOf(n, u.frame); ok && !dependsOn(in, u.frame) {
		return u.meet(in, preds, len(n.Schema())), nil
	}
	if c, ok := n.(carrier); ok {
		return c.carry(u)
	}
	return nil, unsupportedDependent(n.describe())
}

// meet is the first columns of the rows of a plan that the conditions, which depend on the
// left row, let meet the domain.
func (u *unnesting) meet(in Node, preds []expr.Expr, width int) Node {
	if n := u.valued(in, preds, width); n != nil {
		return n
	}
	first := len(in.Schema())
	n := filtered(&Join{Left: in, Right: u.domain, Kind: exec.Inner}, u.exprs(preds, first))
	if first == width {
		return n
	}
	return columnsProject(n, slices.Concat(identity(width), shifted(identity(len(u.terms)), first)))
}

// valued takes the domain's values from equalities with columns of the plan; nil: there is
// not one for each term.
func (u *unnesting) valued(in Node, preds []expr.Expr, width int) Node {
	if !u.superset {
		return nil
	}
	values := make([]expr.Expr, len(u.terms))
	var rest []expr.Expr
	for _, p := range preds {
		k, x := u.valueOf(p)
		if k < 0 || values[k] != nil {
			rest = append(rest, p)
			continue
		}
		values[k] = x
	}
	if slices.Contains(values, nil) {
		return nil
	}
	var conds []expr.Expr
	for _, v := range values {
		conds = append(conds, expr.NewIs(v, expr.IsNotNull))
	}
	for _, p := range rest {
		conds = append(conds, expr.ReplaceOuter(p, u.frame, func(o *expr.Outer) expr.Expr { return values[u.at[o.Index]] }))
	}
	out := columnsProject(filtered(in, conds), identity(width))
	for i, v := range values {
		out.Exprs, out.Names = append(out.Exprs, v), append(out.Names, u.domain.Schema()[i].Name)
	}
	return out
}

// valueOf reads a condition as term k = x; -1: it is none.
func (u *unnesting) valueOf(p expr.Expr) (k int, x expr.Expr) {
	l, r, ok := equality(p)
	if !ok {
		return -1, nil
	}
	if _, outer := l.(*expr.Outer); !outer {
		l, r = r, l
	}
	o, ok := l.(*expr.Outer)
	if !ok || o.Frame != u.frame || expr.ReadsOuter(r, 0) || !readsColumns(r) || volatile(r) {
		return -1, nil
	}
	k = u.at[o.Index]
	switch t := u.terms[k].Type(); {
	case r.Type() == t:
		return k, r
	case t == col.Numeric && r.Type().Is(t):
		return k, expr.Retype(r, t)
	}
	return -1, nil
}

// expr puts the domain's columns, which stand from first on, in place of the left row's.
func (u *unnesting) expr(x expr.Expr, first int) expr.Expr {
	return expr.ReplaceOuter(x, u.frame, func(o *expr.Outer) expr.Expr {
		k := u.at[o.Index]
		return expr.NewColumn(first+k, u.terms[k].Type())
	})
}

func (u *unnesting) exprs(xs []expr.Expr, first int) []expr.Expr {
	out := make([]expr.Expr, len(xs))
	for i, x := range xs {
		out[i] = u.expr(x, first)
	}
	return out
}

// keys are the places of the domain's columns, which stand from first on.
func (u *unnesting) keys(first int) []int { return shifted(identity(len(u.terms)), first) }
