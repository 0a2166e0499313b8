package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
)

// dynamicFilters makes a DynamicFilter of a join that only compares its rows with the one row
// of its right side, and of a semi or anti join by one inequality: there is a greater one among
// many when the greatest is.
func dynamicFilters(root Node) Node {
	known, needs := properties(root), neededColumns(root)
	return rewrite2(root, func(old, n Node) Node {
		j, ok := n.(*Join)
		if !ok || len(j.LeftKeys) > 0 || j.NotIn || j.temporal() || len(j.Residual) == 0 {
			return n
		}
		oneRow := inputProperties(old, known)[1].oneRow()
		switch {
		case j.Kind == exec.Inner && oneRow && !slices.Contains(needs[old][len(j.Left.Schema()):], true):
			if f := j.comparedWith(j.Right); f != nil {
				return padded(f, j.Schema())
			}
		case j.leftOnly() && oneRow:
			if f := j.comparedWith(j.Right); f != nil {
				return f
			}
		case j.leftOnly():
			if f := j.comparedWithMost(); f != nil {
				return f
			}
		}
		return n
	})
}

// padded appends NULLs for columns that nobody needs.
func padded(n Node, schema []col.Column) Node {
	p := columnsProject(n, identity(len(n.Schema())))
	for _, c := range schema[len(p.Exprs):] {
		p.Exprs, p.Names = append(p.Exprs, expr.NewNull(c.Type)), append(p.Names, c.Name)
	}
	return p
}

// comparedWith filters the left side by the conditions, all of which compare columns of one
// type; nil: they do not. Of an anti join there is one.
func (j *Join) comparedWith(right Node) Node {
	n, width := j.Left, len(j.Left.Schema())
	for _, p := range j.Residual {
		for _, x := range expr.Conjuncts(p) {
			c, ok := comparisonOf(x, width)
			l, ok1 := c.left.(*expr.Column)
			r, ok2 := c.right.(*expr.Column)
			if !ok || !ok1 || !ok2 || l.Type() != r.Type() || j.Kind == exec.Anti && n != j.Left {
				return nil
			}
			n = &DynamicFilter{Input: n, Bound: columnsProject(right, []int{r.Index - width}),
				DynamicFilterSpec: exec.DynamicFilterSpec{Col: l.Index, Op: c.op, Not: j.Kind == exec.Anti}}
		}
	}
	return n
}

// comparedWithMost is comparedWith of one inequality and the greatest or the least of many
// values.
func (j *Join) comparedWithMost() Node {
	cs := j.comparisons()
	if len(cs) != 1 || len(j.Residual) != 1 || len(expr.Conjuncts(j.Residual[0])) != 1 {
		return nil
	}
	r, ok := cs[0].right.(*expr.Column)
	if !ok {
		return nil
	}
	name := "max"
	if cs[0].op[0] == '>' {
		name = "min"
	}
	a, _, err := agg.Resolve(name, []col.Type{r.Type()})
	if err != nil || a.Ret != r.Type() {
		return nil
	}
	at := r.Index - len(j.Left.Schema())
	n := *j
	n.Right = &Aggregate{Input: columnsProject(j.Right, []int{at}), Calls: []AggregateCall{{Name: name, AggregateCall: exec.AggregateCall{Agg: a, Args: []int{0}, Filter: -1}}}}
	n.Residual = []expr.Expr{expr.Remap(j.Residual[0], func(c int) int {
		if c == r.Index {
			return len(j.Left.Schema())
		}
		return c
	})}
	return n.comparedWith(n.Right)
}
