package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// limited adds LIMIT and OFFSET, and the order itself where the rows go to the client.
func (e *env) limited(r *relation, q *ast.Query, in *binding) (*relation, error) {
	if q.WithTies {
		return nil, e.at(q.Limit.Position(), pgerr.Unsupported("FETCH FIRST … WITH TIES"))
	}
	limit, err := e.rowCount(q.Limit, "LIMIT", in)
	if err != nil {
		return nil, err
	}
	offset, err := e.rowCount(q.Offset, "OFFSET", in)
	if err != nil {
		return nil, err
	}
	switch {
	case limit == nil && offset == nil && (!in.top || e.standing):
		return r, nil
	case limit == nil && offset == nil && len(r.order) == 0:
		return r, nil
	case !e.standing:
		r.node = &Sort{Input: r.node, Order: r.order, Limit: limit, Offset: offset}
		return r, nil
	}
	n, err := e.topN(r, limit, offset, q)
	if err != nil {
		return nil, err
	}
	return &relation{node: n, width: r.width}, nil
}

// topN is ORDER BY … LIMIT in a view, where the numbers must be known.
func (e *env) topN(r *relation, limit, offset expr.Expr, q *ast.Query) (Node, error) {
	t := &TopN{Input: r.node, TopNSpec: exec.TopNSpec{Order: r.order, Limit: -1}}
	for _, l := range []struct {
		x    expr.Expr
		at   ast.Expr
		to   *int64
		def  int64
		code string
		word string
	}{{limit, q.Limit, &t.Limit, -1, pgerr.InvalidRowCountInLimit, "LIMIT"}, {offset, q.Offset, &t.Offset, 0, pgerr.InvalidRowCountInOffset, "OFFSET"}} {
		if l.x == nil {
			continue
		}
		k, ok := expr.Fold(e.ctx, l.x, false)
		if !ok {
			return nil, e.at(l.at.Position(), pgerr.Unsupported("%s that is not a constant in a materialized view", l.word))
		}
		n := constInt(k, l.def)
		if n < 0 && !k.(*expr.Const).IsNull() {
			return nil, e.at(l.at.Position(), pgerr.New(l.code, "%s must not be negative", l.word))
		}
		*l.to = n
	}
	return t, nil
}

// rowCount binds the number of LIMIT or OFFSET; nil: none.
func (e *env) rowCount(x ast.Expr, what string, in *binding) (expr.Expr, error) {
	if x == nil {
		return nil, nil
	}
	variables := "argument of " + what + " must not contain variables"
	b := &binder{env: e, clause: clause{name: what, refuse: variables, code: pgerr.InvalidColumnReference}}
	v, err := b.expr(x)
	if err != nil {
		return nil, err
	}
	if t := v.Type(); !t.Is(col.Unknown) && !fn.CanCast(t, col.Int8, fn.Assignment) {
		return nil, e.at(leftmost(x), pgerr.New(pgerr.DatatypeMismatch, "argument of %s must be type bigint, not type %s", what, bare(t)))
	}
	if v, err = e.coerce(v, col.Int8, fn.Assignment); err != nil {
		return nil, e.at(x.Position(), err)
	}
	v, _ = expr.Fold(e.ctx, v, false)
	return v, nil
}
