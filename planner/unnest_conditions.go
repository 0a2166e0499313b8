package planner

import (
	"slices"

	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// conditionsOf takes the conditions that read the row of a frame out of a plan of filters,
// inner joins and columns. They come back as conditions over the columns of the plan that
// remains, which may have more columns behind its own. What may fail and stands behind such
// a condition comes with it, so that no row is computed that the condition would have kept
// from it (E2). False: other nodes depend on the row.
func conditionsOf(n Node, frame int) (Node, []expr.Expr, bool) {
	if !dependsOn(n, frame) {
		return n, nil, true
	}
	switch n := n.(type) {
	case *Filter:
		return filterConditions(n, frame)
	case *Project:
		return projectConditions(n, frame)
	case *Join:
		if n.Kind == exec.Inner && !n.timed() {
			return joinConditions(n, frame)
		}
	}
	return nil, nil, false
}

func filterConditions(f *Filter, frame int) (Node, []expr.Expr, bool) {
	in, up, ok := conditionsOf(f.Input, frame)
	if !ok {
		return nil, nil, false
	}
	var stay []expr.Expr
	for _, p := range f.Preds {
		if expr.ReadsOuter(p, frame) || fallible(p) && len(up) > 0 {
			up = append(up, p)
		} else {
			stay = append(stay, p)
		}
	}
	return filtered(in, stay), up, true
}

func projectConditions(p *Project, frame int) (Node, []expr.Expr, bool) {
	if slices.ContainsFunc(p.Exprs, func(x expr.Expr) bool { return expr.ReadsOuter(x, frame) || fallible(x) || volatile(x) }) {
		return nil, nil, false
	}
	in, up, ok := conditionsOf(p.Input, frame)
	if !ok {
		return nil, nil, false
	}
	out := &Project{Input: in, Exprs: slices.Clone(p.Exprs), Names: slices.Clone(p.Names)}
	schema := in.Schema()
	for i, x := range up {
		up[i] = expr.Remap(x, func(c int) int {
			at := slices.IndexFunc(out.Exprs, func(x expr.Expr) bool { return isColumn(x, c) })
			if at < 0 {
				at = len(out.Exprs)
				out.Exprs, out.Names = append(out.Exprs, column(c, schema[c])), append(out.Names, schema[c].Name)
			}
			return at
		})
	}
	return out, up, true
}

// joinConditions relies on both sides keeping their columns in front: what a side gains
// stands behind its own, so all columns of both move to their old places, and the new ones
// behind them.
func joinConditions(j *Join, frame int) (Node, []expr.Expr, bool) {
	left, up, ok := conditionsOf(j.Left, frame)
	if !ok {
		return nil, nil, false
	}
	right, more, ok := conditionsOf(j.Right, frame)
	if !ok {
		return nil, nil, false
	}
	wl, wr := len(j.Left.Schema()), len(j.Right.Schema())
	gainedLeft, gainedRight := len(left.Schema())-wl, len(right.Schema())-wr
	n := &Join{Left: left, Right: right, Kind: j.Kind, LeftKeys: j.LeftKeys, RightKeys: j.RightKeys, NullsEqual: j.NullsEqual}
	for i, x := range up { // a gained column of the left stands behind all
		up[i] = movedRight([]expr.Expr{x}, wl, wr)[0]
	}
	for _, x := range more {
		up = append(up, expr.Remap(x, func(c int) int {
			if c >= wr {
				return c + wl + gainedLeft
			}
			return c + wl
		}))
	}
	for _, x := range j.Residual {
		if expr.ReadsOuter(x, frame) || fallible(x) && len(up) > 0 {
			up = append(up, x)
		} else {
			n.Residual = append(n.Residual, movedRight([]expr.Expr{x}, wl, gainedLeft)[0])
		}
	}
	at := slices.Concat(identity(wl), shifted(identity(wr), wl+gainedLeft),
		shifted(identity(gainedLeft), wl), shifted(identity(gainedRight), wl+gainedLeft+wr))
	if slices.Equal(at, identity(len(at))) {
		return n, up, true
	}
	return columnsProject(n, at), up, true
}
