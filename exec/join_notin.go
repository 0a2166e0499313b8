package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
)

// notIn adds an anti join by the rule of NOT IN with one key: a row stays when the right
// side is empty, or when its key is not NULL, meets nobody, and no key on the right is
// NULL. Two counts of the right side, kept in one row, tell.
func (b *Builder) notIn(left, right Ref, s JoinSpec) Ref {
	n := len(b.Types(left))
	if s.Out == nil {
		s.Out = firstN(n)
	}
	anti := s
	anti.NotIn, anti.Out = false, nil
	key := s.RightKeys[0]
	stats := b.Aggregate(right, AggregateSpec{Aggs: []AggregateCall{
		{Agg: mustAggregate("count"), Filter: -1},
		{Agg: mustAggregate("count", b.Types(right)[key]), Args: []int{key}, Filter: -1},
	}})
	kept := b.Join(b.Join(left, right, anti), stats, JoinSpec{Kind: Inner})
	rows, keys := expr.NewColumn(n, col.Int8), expr.NewColumn(n+1, col.Int8)
	pass := b.Filter(kept, expr.NewOr(
		b.equal(rows, expr.NewInt8(0)),
		expr.NewAnd(expr.NewIs(expr.NewColumn(s.LeftKeys[0], b.Types(left)[s.LeftKeys[0]]), expr.IsNotNull), b.equal(rows, keys)),
	))
	out := make([]expr.Expr, len(s.Out))
	for i, c := range s.Out {
		out[i] = expr.NewColumn(c, b.Types(left)[c])
	}
	return b.Project(pass, out)
}

// equal compares two bigints.
func (b *Builder) equal(x, y expr.Expr) expr.Expr {
	e, err := expr.CallOperator(b.ctx, "=", x, y)
	if err != nil {
		panic(err)
	}
	return e
}
