package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// usualError is the relative error of approx_percentile where the call names none.
const usualError = "0.01"

// sketchCall writes approx_percentile(p [, error]) WITHIN GROUP (ORDER BY x) as the aggregate
// approx_percentile(x, p, error). In descending order the fraction is counted from the other end.
func (b *binder) sketchCall(x *ast.Call) (*ast.Call, error) {
	if x.Name.Name != "approx_percentile" {
		return x, nil
	}
	call := *x
	if len(x.WithinGroup) > 0 {
		if len(x.WithinGroup) > 1 || len(x.Args) == 0 || x.Distinct {
			return nil, pgerr.New(pgerr.UndefinedFunction, "approx_percentile takes a fraction and a relative error, WITHIN GROUP (ORDER BY one value)")
		}
		by := x.WithinGroup[0]
		order, err := sortOrder(by)
		if err != nil {
			return nil, b.env.at(by.Pos, err)
		}
		p := x.Args[0]
		if order.Desc {
			p = &ast.Binary{Pos: p.Position(), Op: ast.Operator{Pos: p.Position(), Name: "-"}, Left: &ast.Number{Pos: p.Position(), Text: "1"}, Right: p}
		}
		call.Args, call.WithinGroup = append([]ast.Expr{by.Expr, p}, x.Args[1:]...), nil
	}
	if len(call.Args) == 2 {
		call.Args = append(slices.Clone(call.Args), &ast.Number{Pos: x.Pos, Text: usualError})
	}
	return &call, nil
}

// checkSteady wants the arguments of an aggregate that must be the same for all rows to be
// constants, and of values that it takes.
func (b *binder) checkSteady(x *ast.Call, use *aggregateUse) error {
	if use.agg.Steady == 0 {
		return nil
	}
	var values []*col.Vector
	for i := use.agg.Steady; i < len(use.args); i++ {
		if a := use.args[i]; readsColumns(a) || expr.ReadsOuter(a, 0) || volatile(a) || hasParam(a) {
			return b.env.at(x.Args[i].Position(), pgerr.New(pgerr.InvalidParameterValue, "argument %d of %s() must be a constant", i+1, x.Name.Name))
		}
		v, err := evaluateOnce(b.ctx, use.args[i])
		if err != nil {
			return err
		}
		use.args[i] = expr.NewConst(v)
		values = append(values, v)
	}
	return use.agg.Check(values)
}

func hasParam(x expr.Expr) (found bool) {
	expr.Walk(x, func(x expr.Expr) bool {
		_, param := x.(*expr.Param)
		found = found || param
		return !found
	})
	return found
}

// refuseForgetting refuses aggregates that cannot take a row back over rows that may go.
func refuseForgetting(root Node) error {
	known := properties(root)
	for _, n := range postorder(root) {
		a, ok := n.(*Aggregate)
		if s, session := n.(*SessionGroups); session {
			a, ok = s.Aggregate, true
		}
		if !ok || known[n.Inputs()[0]].AppendOnly {
			continue
		}
		for _, c := range a.Calls {
			if c.Agg.Grows {
				return pgerr.New(pgerr.FeatureNotSupported, "%s() in a materialized view needs rows that never go, and those of %q may", c.Name, n.Inputs()[0].describe()).
					WithDetail("Its sketch cannot forget a value.").WithHint("Read a stream or an append-only table, or use count(DISTINCT x), which is exact.")
			}
		}
	}
	return nil
}
