package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// foldConstants computes what depends on nothing, and drops conditions that are always true.
// An expression in error stays as it is: the row that evaluates it will tell.
func foldConstants(root Node) Node {
	return foldAll(fn.NewCtx(nil, 0), root) // immutable functions ask for no settings
}

// foldInTime is foldConstants while the statement is not to end.
func foldInTime(x *estimator, root Node) Node {
	c := fn.NewCtx(nil, 0)
	c.Done = x.e.Done
	return foldAll(c, root)
}

func foldAll(c *fn.Ctx, root Node) Node {
	return rewrite(root, func(n Node) Node {
		n = mapExprs(n, func(x expr.Expr) expr.Expr { return fold(c, x) })
		if f, ok := n.(*Filter); ok {
			return dropTrue(f)
		}
		if j, ok := n.(*Join); ok && len(j.Residual) > 0 {
			return j.withExprs(withoutTrue(j.Residual))
		}
		return n
	})
}

func elementIs(array, t col.Type) bool {
	elem, ok := array.Element()
	return ok && elem.Is(t)
}

func fold(c *fn.Ctx, x expr.Expr) expr.Expr {
	return expr.Rewrite(x, func(x expr.Expr) expr.Expr {
		if len(x.Args()) == 0 {
			return x
		}
		if f := foldField(x); f != x {
			return f
		}
		if slices.ContainsFunc(expr.Asked(x), func(a expr.Expr) bool { return !isConst(a) }) {
			return ofNull(c, x) // it depends on a row, or on what is in error
		}
		if call, ok := x.(*expr.Call); ok && (call.Heavy() || call.Fn.Prints) {
			return x // a plan is not to hold what it gives, or cannot know it
		}
		k, _ := expr.Fold(c, x, false)
		if t := k.Type(); t.Is(col.Record) || elementIs(t, col.Record) {
			return x // rows have no text that a stored plan could read
		}
		return k
	})
}

// ofNull is NULL for a call that is given NULL, and the value for a NULLIF whose comparison is,
// whatever the rows are: what else they are given is not computed for it, and so cannot be in
// error, unless it is that for all rows.
func ofNull(c *fn.Ctx, x expr.Expr) expr.Expr {
	if !slices.ContainsFunc(x.Args(), isNull) || expr.Fault(c, x) != nil {
		return x
	}
	switch k := x.(type) {
	case *expr.NullIf:
		return k.Args()[0]
	case *expr.Call:
		if !k.Fn.NonStrict && !k.Type().IsRow() {
			return expr.NewNull(k.Type())
		}
	}
	return x
}

func isNull(x expr.Expr) bool {
	k, ok := x.(*expr.Const)
	return ok && k.IsNull()
}

// foldField is the field of a row that is made in the same expression.
func foldField(x expr.Expr) expr.Expr {
	c, ok := x.(*expr.Call)
	if !ok || c.Fn.Name != "row_field" {
		return x
	}
	k, ok := expr.IsConst(c.Args()[1])
	if !ok {
		return x
	}
	if f := fieldOf(c.Args()[0], int(k.Value().I32[0]), c.Type()); f.Type() == c.Type() {
		return f
	}
	return x
}

// mapExprs rewrites a node's expressions.
func mapExprs(n Node, f func(expr.Expr) expr.Expr) Node {
	xs := n.exprs()
	out := make([]expr.Expr, len(xs))
	same := true
	for i, x := range xs {
		out[i] = f(x)
		same = same && out[i] == x
	}
	if same {
		return n
	}
	return n.withExprs(out)
}

func withoutTrue(preds []expr.Expr) []expr.Expr {
	var out []expr.Expr
	for _, p := range preds {
		if k, ok := p.(*expr.Const); ok && !k.IsNull() && k.Value().Bool(0) {
			continue
		}
		out = append(out, p)
	}
	return out
}

func dropTrue(f *Filter) Node {
	preds := withoutTrue(f.Preds)
	switch len(preds) {
	case 0:
		return f.Input
	case len(f.Preds):
		return f
	}
	return &Filter{f.Input, preds}
}
