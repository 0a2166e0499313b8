package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// How each node carries a domain D: what it does for one left row it does for the rows of
// each row of D. A node that only looks at rows needs no more than their columns of D.

func (f *Filter) carry(u *unnesting) (Node, error) {
	in, err := u.push(f.Input)
	if err != nil {
		return nil, err
	}
	return filtered(in, u.exprs(f.Preds, len(f.Input.Schema()))), nil
}

func (p *Project) carry(u *unnesting) (Node, error) {
	in, err := u.push(p.Input)
	if err != nil {
		return nil, err
	}
	first := len(p.Input.Schema())
	d := columnsProject(in, u.keys(first))
	return &Project{Input: in, Exprs: slices.Concat(u.exprs(p.Exprs, first), d.Exprs), Names: slices.Concat(p.Names, d.Names)}, nil
}

// Each row of VALUES becomes a projection of the domain.
func (v *Values) carry(u *unnesting) (Node, error) {
	all := &Union{}
	d := columnsProject(u.domain, u.keys(0))
	for _, row := range v.Rows {
		p := v.over(u.domain, u.exprs(row, 0))
		p.Exprs, p.Names = append(p.Exprs, d.Exprs...), append(p.Names, d.Names...)
		all.In = append(all.In, p)
	}
	if len(all.In) == 1 {
		return all.In[0], nil
	}
	return all, nil
}

func (n *Union) carry(u *unnesting) (Node, error) {
	out := &Union{}
	for _, in := range n.In {
		c, err := u.push(in)
		if err != nil {
			return nil, err
		}
		out.In = append(out.In, c)
	}
	return out, nil
}

func (d *Distinct) carry(u *unnesting) (Node, error) {
	in, err := u.push(d.Input)
	return &Distinct{Input: in}, err
}

func (s *SetOp) carry(u *unnesting) (Node, error) {
	l, err := u.push(s.Left)
	if err != nil {
		return nil, err
	}
	r, err := u.push(s.Right)
	return s.WithInputs(l, r), err
}

// extended puts the columns that n has added to its own, behind those of the domain, next to them.
func (u *unnesting) extended(n Node, own, added int) Node {
	return columnsProject(n, slices.Concat(identity(own), shifted(identity(added), own+len(u.terms)), u.keys(own)))
}

func (w *Window) carry(u *unnesting) (Node, error) {
	in, err := u.push(w.Input)
	if err != nil {
		return nil, err
	}
	own := len(w.Input.Schema())
	return u.extended(w.WithInputs(in), own, len(windowColumns)), nil
}

// A session is one of the rows of one row of the domain.
func (s *Session) carry(u *unnesting) (Node, error) {
	in, err := u.push(s.Input)
	if err != nil {
		return nil, err
	}
	own := len(s.Input.Schema())
	n := *s
	n.Input, n.Partition = in, slices.Concat(s.Partition, u.keys(own))
	return u.extended(&n, own, len(windowColumns)), nil
}

// The first rows are those of each row of the domain.
func (t *TopN) carry(u *unnesting) (Node, error) {
	in, err := u.push(t.Input)
	if err != nil {
		return nil, err
	}
	own := len(t.Input.Schema())
	n := *t
	n.Input, n.Partition = in, slices.Concat(t.Partition, u.keys(own))
	if !t.EmitRank {
		return &n, nil
	}
	rank := own + len(u.terms)
	return columnsProject(&n, slices.Concat(identity(own), []int{rank}, u.keys(own))), nil
}

// Partitions are those of each row of the domain.
func (o *Over) carry(u *unnesting) (Node, error) {
	in, err := u.push(o.Input)
	if err != nil {
		return nil, err
	}
	own := len(o.Input.Schema())
	n := *o
	n.Input, n.Partition = in, slices.Concat(o.Partition, u.keys(own))
	return u.extended(&n, own, len(o.Calls)), nil
}

// A sort inside a query orders nothing; its limits count the rows of each row of the domain.
func (s *Sort) carry(u *unnesting) (Node, error) {
	in, err := u.push(s.Input)
	if err != nil || s.Limit == nil && s.Offset == nil {
		return in, err
	}
	own := len(s.Input.Schema())
	t := &TopN{Input: in, TopNSpec: exec.TopNSpec{Partition: u.keys(own), Order: s.Order, Limit: -1}}
	if (s.Limit == nil || isConst(s.Limit)) && (s.Offset == nil || isConst(s.Offset)) {
		t.Limit, t.Offset = constInt(s.Limit, -1), constInt(s.Offset, 0)
		return t, nil
	}
	rows := numbered(in, t.Partition, s.Order, "row_number")
	rank := expr.NewColumn(own+len(u.terms), col.Int8)
	limit, offset := expr.Expr(expr.NewNull(col.Int8)), expr.Expr(expr.NewInt8(0))
	if s.Limit != nil {
		limit = u.expr(s.Limit, own)
	}
	if s.Offset != nil {
		offset = u.expr(s.Offset, own)
	}
	return columnsProject(filtered(rows, withinLimit(rank, limit, offset)), identity(own+len(u.terms))), nil
}

// Groups are made for each row of the domain; without groups there is one row for each, also
// where there is nothing to aggregate.
func (a *Aggregate) carry(u *unnesting) (Node, error) {
	in, err := u.push(a.Input)
	if err != nil {
		return nil, err
	}
	n := a.groupedWith(u, in)
	groups, d := len(a.Group), len(u.terms)
	if groups > 0 {
		at := slices.Concat(identity(groups), shifted(identity(len(a.Calls)), groups+d), u.keys(groups))
		return columnsProject(n, at), nil
	}
	j := &Join{Left: u.domain, Right: n.counted(), Kind: exec.Left, LeftKeys: u.keys(0), RightKeys: u.keys(0), NullsEqual: true}
	out, err := overNothing(&Project{Input: j}, a.Calls, 2*d)
	if err != nil {
		return nil, err
	}
	back := columnsProject(j, u.keys(0))
	out.Exprs, out.Names = append(out.Exprs, back.Exprs...), append(out.Names, back.Names...)
	return out, nil
}

// groupedWith makes the groups for each row of the domain, which is in the input by now.
func (a *Aggregate) groupedWith(u *unnesting, in Node) *Aggregate {
	n := a.withExprs(u.exprs(a.exprs(), len(a.Group))).(*Aggregate)
	n.Input, n.Group = in, slices.Concat(a.Group, u.keys(len(a.Input.Schema())))
	return n
}

// The one row of a scalar subquery is one for each row of the domain.
func (s *Single) carry(u *unnesting) (Node, error) {
	in, err := u.push(s.Input)
	if err != nil {
		return nil, err
	}
	own, d := len(s.Schema()), len(u.terms)
	j := &Join{Left: u.domain, Right: in, Kind: exec.Single, LeftKeys: u.keys(0), RightKeys: u.keys(own), NullsEqual: true}
	return columnsProject(j, slices.Concat(shifted(identity(own), d), u.keys(0))), nil
}

// A join of which one input depends on the left row carries the domain there, if its rows
// are made up by no other; else both inputs carry it, and their rows must agree on it.
func (j *Join) carry(u *unnesting) (Node, error) {
	if j.timed() {
		return nil, unsupportedDependent(j.describe())
	}
	wl, wr, d := len(j.Left.Schema()), len(j.Right.Schema()), len(u.terms)
	onLeft, onRight := dependsOn(j.Left, u.frame), dependsOn(j.Right, u.frame)
	onPairs := slices.ContainsFunc(j.Residual, func(x expr.Expr) bool { return expr.ReadsOuter(x, u.frame) })
	keepsLeft := j.Kind != exec.Inner && j.Kind != exec.Right
	keepsRight := j.Kind == exec.Right || j.Kind == exec.Full
	left, right := onLeft || onPairs && !onRight || keepsLeft, onRight || keepsRight
	n := *j
	var err error
	if left {
		if n.Left, err = u.push(j.Left); err != nil {
			return nil, err
		}
	}
	if right {
		if n.Right, err = u.push(j.Right); err != nil {
			return nil, err
		}
	}
	first := wl // of the domain's columns in left ++ right
	if !left {
		first = wl + wr
	}
	n.Residual = u.exprs(movedRight(j.Residual, wl, len(n.Left.Schema())-wl), first)
	if j.Kind == exec.Right {
		first = len(n.Left.Schema()) + wr
	}
	var out Node = &n
	if left && right {
		out = n.agree(u.keys(wl), u.keys(wr))
	}
	if j.leftOnly() {
		return out, nil
	}
	at := slices.Concat(identity(wl), shifted(identity(wr), len(n.Left.Schema())))
	if j.Kind != exec.Full {
		return columnsProject(out, append(at, u.keys(first)...)), nil
	}
	p := columnsProject(out, at)
	for i := range d { // a row of either side alone has the domain's columns there
		l, r := wl+i, wl+d+wr+i
		x := column(l, out.Schema()[l])
		p.Exprs = append(p.Exprs, expr.NewCoalesce(x.Type(), x, column(r, out.Schema()[r])))
		p.Names = append(p.Names, out.Schema()[l].Name)
	}
	return p, nil
}

// agree adds keys by which NULLs meet too. Keys of the join's own meet as before, since
// NULLs are kept from one side; those of NOT IN are a condition.
func (j *Join) agree(left, right []int) *Join {
	n := *j
	own := len(j.LeftKeys)
	switch {
	case own == 0 || j.NullsEqual:
	case j.NotIn || j.Kind == exec.Full:
		wl := len(j.Left.Schema())
		for i, k := range j.LeftKeys {
			eq := callOperator("=", column(k, j.Left.Schema()[k]), expr.NewColumn(wl+j.RightKeys[i], j.Right.Schema()[j.RightKeys[i]].Type))
			if j.NotIn {
				eq = expr.NewIs(eq, expr.IsNotFalse)
			}
			n.Residual = append(slices.Clone(n.Residual), eq)
		}
		n.LeftKeys, n.RightKeys, n.NotIn = nil, nil, false
	case j.Kind == exec.Right:
		n.Left = notNull(j.Left, j.LeftKeys)
	default:
		n.Right = notNull(j.Right, j.RightKeys)
	}
	n.LeftKeys, n.RightKeys, n.NullsEqual = slices.Concat(n.LeftKeys, left), slices.Concat(n.RightKeys, right), true
	return &n
}

// notNull is the rows of a node whose columns are not NULL.
func notNull(n Node, at []int) Node {
	var preds []expr.Expr
	for _, c := range at {
		preds = append(preds, expr.NewIs(column(c, n.Schema()[c]), expr.IsNotNull))
	}
	return filtered(n, preds)
}
