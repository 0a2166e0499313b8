package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// rankUse is row_number(), rank() or dense_rank() OVER (…).
type rankUse struct {
	kind      exec.RankKind
	partition []expr.Expr
	order     []sortKey
	pos       int
}

func isRankFunction(name string) bool { return slices.Contains(rankWords, name) }

func (b *binder) windowFunction(x *ast.Call) (expr.Expr, error) {
	name := x.Name.Name
	switch {
	case b.found == nil || !b.clause.windows:
		return nil, pgerr.New(pgerr.WindowingError, "window functions are not allowed in %s", b.clause.forbidden())
	case b.inside:
		return nil, pgerr.New(pgerr.WindowingError, "window function calls cannot be nested")
	case !isRankFunction(name) || x.Filter != nil || x.Distinct || len(x.Args) > 0:
		return nil, pgerr.Unsupported("%s as a window function", name).
			WithHint("row_number(), rank() and dense_rank() are.")
	case x.Over.Frame != nil || x.Over.Ref != "":
		return nil, pgerr.Unsupported("a named window or a frame of %s()", name)
	}
	inner := *b
	inner.inside, inner.clause.name = true, "window definitions"
	inner.clause.windows, inner.clause.sets = false, false
	use := rankUse{kind: exec.RankKind(slices.Index(rankWords, name)), pos: x.Pos}
	for _, p := range x.Over.PartitionBy {
		e, err := b.windowExpr(p)
		if err != nil {
			return nil, err
		}
		use.partition = append(use.partition, e)
	}
	for _, o := range x.Over.OrderBy {
		e, err := b.windowExpr(o.Expr)
		if err != nil {
			return nil, err
		}
		order, err := sortOrder(o)
		if err != nil {
			return nil, b.env.at(o.Pos, err)
		}
		use.order = append(use.order, sortKey{e, order, o.Pos})
	}
	b.found.ranks = append(b.found.ranks, use)
	return expr.NewColumn(rankBase+len(b.found.ranks)-1, col.Int8), nil
}

// windowExpr binds an expression of a window's definition; aggregates may stand in it.
func (b *binder) windowExpr(x ast.Expr) (expr.Expr, error) {
	inner := *b
	inner.clause.name, inner.clause.windows, inner.clause.sets = "window definitions", false, false
	return inner.value(x)
}

// rank adds the window functions, one above the other, over the grouped rows.
func (s *selection) rank(b *binder, n Node) (Node, error) {
	values := map[int]expr.Expr{}
	for i, r := range s.found.ranks {
		xs := slices.Clone(r.partition)
		for _, k := range r.order {
			xs = append(xs, k.x)
		}
		at := make([]*expr.Expr, len(xs))
		for k := range xs {
			at[k] = &xs[k]
		}
		var err error
		if n, err = b.attach(n, at...); err != nil {
			return nil, err
		}
		below, places := withColumns(n, xs)
		t := &TopN{Input: below, Rank: rankWords[r.kind], TopNSpec: exec.TopNSpec{Limit: -1, Rank: r.kind, EmitRank: true, Partition: places[:len(r.partition)]}}
		for k, o := range r.order {
			t.Order = append(t.Order, exec.OrderBy{Col: places[len(r.partition)+k], Order: o.Order})
		}
		n = t
		values[rankBase+i] = expr.NewColumn(len(t.Schema())-1, col.Int8)
	}
	if len(values) > 0 {
		for _, x := range s.results() {
			*x = replaceColumns(*x, values)
		}
	}
	return n, nil
}
