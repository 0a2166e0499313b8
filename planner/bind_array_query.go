package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// ARRAY(SELECT …) is array_agg over the query's rows in the query's order, and an empty array
// where it has none.
var _ = binds(func(b *binder, x *ast.ArrayQuery) (expr.Expr, error) {
	r, err := b.inner(x.Query)
	if err != nil {
		return nil, err
	}
	if r.width != 1 {
		return nil, b.env.at(x.Pos, pgerr.New(pgerr.SyntaxError, "subquery must return only one column"))
	}
	elem := r.node.Schema()[0].Type
	if elem.Is(col.Unknown) {
		return nil, b.env.at(x.Pos, pgerr.New(pgerr.UndefinedObject, "could not find array type for data type %s", elem))
	}
	t, of := elem, agg.ByID("array_agg(anyarray)")
	if array, ok := elem.Array(); ok {
		t, of = array, agg.ByID("array_agg(anynonarray)")
	} else if _, ok := elem.Element(); !ok {
		return nil, b.env.at(x.Pos, pgerr.New(pgerr.UndefinedObject, "could not find array type for data type %s", bare(elem)))
	}
	call := AggregateCall{Name: "array_agg", AggregateCall: exec.AggregateCall{Agg: of, Args: []int{0}, Filter: -1, Order: r.order, Ret: t}}
	empty, err := b.coerce(expr.NewUnknown("{}"), t, fn.Explicit)
	if err != nil {
		return nil, err
	}
	all := func(columns []expr.Expr) (expr.Expr, error) { return expr.NewCoalesce(t, columns[0], empty), nil }
	use := subqueryUse{node: &Aggregate{Input: r.node, Calls: []AggregateCall{call}}, values: []subqueryValue{{t, all}}, pos: x.Pos}
	return b.subquery(use)[0], nil
})
