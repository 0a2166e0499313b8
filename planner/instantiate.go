package planner

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// Instantiate returns the plan with what its operators must know before they run, the limits
// of a Sort and the arguments of a Series, computed under c: its parameters, settings and time.
// A plan without them is returned as it is. Errors are those of the expressions, and 2201W and
// 2201X for negative limits.
func Instantiate(root Node, c *fn.Ctx) (Node, error) {
	var failed error
	n := rewrite(root, func(n Node) Node {
		f, ok := n.(fixed)
		if !ok || failed != nil {
			return n
		}
		xs := make([]expr.Expr, len(n.exprs()))
		for i, x := range n.exprs() {
			k, err := evaluate(c, x)
			if err != nil {
				failed = err
				return n
			}
			xs[i] = k
		}
		fixed, err := f.fix(c, xs)
		if err != nil {
			failed = err
			return n
		}
		return fixed
	})
	return n, failed
}

// fixed is a node whose expressions are computed before it runs; fix takes their values.
type fixed interface {
	fix(c *fn.Ctx, xs []expr.Expr) (Node, error)
}

func (s *Series) fix(c *fn.Ctx, xs []expr.Expr) (Node, error) {
	return &Series{Name: s.Name, Args: xs, times: c.Settings}, nil
}

func (s *Sort) fix(_ *fn.Ctx, xs []expr.Expr) (Node, error) {
	n := s.withExprs(xs).(*Sort)
	if constInt(n.Limit, 0) < 0 {
		return nil, pgerr.New(pgerr.InvalidRowCountInLimit, "LIMIT must not be negative")
	}
	if constInt(n.Offset, 0) < 0 {
		return nil, pgerr.New(pgerr.InvalidRowCountInOffset, "OFFSET must not be negative")
	}
	return n, nil
}

// evaluate computes an expression without columns.
func evaluate(c *fn.Ctx, x expr.Expr) (*expr.Const, error) {
	if k, ok := x.(*expr.Const); ok {
		return k, nil
	}
	v, err := evaluateOnce(c, x)
	if err != nil {
		return nil, err
	}
	return expr.NewConst(v), nil
}

// constInt is the value of a constant int8; def when x is nil or NULL.
func constInt(x expr.Expr, def int64) int64 {
	k, ok := x.(*expr.Const)
	if !ok || k.IsNull() {
		return def
	}
	return k.Value().I64[0]
}
