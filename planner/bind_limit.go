package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
	"github.com/millracedb/millrace/sql/ast"
)

// limited adds LIMIT and OFFSET, and the order itself where the rows go to the client.
func (e *env) limited(r *relation, q *ast.Query, in *binding) (*relation, error) {
	b := &binder{env: e, scope: &scope{node: &Values{}, outer: in.outer}, ctes: in.ctes, found: &found{}}
	limit, err := b.rowCount(q.Limit, "LIMIT")
	if err != nil {
		return nil, err
	}
	offset, err := b.rowCount(q.Offset, "OFFSET")
	if err != nil {
		return nil, err
	}
	switch {
	case q.WithTies:
		return e.withTies(r, limit, offset, q)
	case limit == nil && offset == nil && len(b.found.subqueries) == 0 && (!in.top || e.standing):
		return r, nil
	case len(b.found.subqueries) > 0 || e.standing && (dependsOnOuter(limit) || dependsOnOuter(offset)):
		return b.limitedByQuery(r, limit, offset, in)
	case limit == nil && offset == nil && len(r.order) == 0:
		return r, nil
	case !e.standing:
		r.node = computedLast(&Sort{Input: r.node, Order: r.order, Limit: limit, Offset: offset})
		return r, nil
	}
	n, err := e.topN(r, limit, offset, q)
	if err != nil {
		return nil, err
	}
	return &relation{node: n, width: r.width, order: r.order}, nil
}

// withTies is FETCH FIRST … WITH TIES: the rows up to those that tie with the last one.
func (e *env) withTies(r *relation, limit, offset expr.Expr, q *ast.Query) (*relation, error) {
	if len(r.order) == 0 {
		return nil, e.at(q.Limit.Position(), pgerr.New(pgerr.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause"))
	}
	if k, ok := limit.(*expr.Const); ok && k.IsNull() {
		return nil, pgerr.New(pgerr.InvalidRowCountInLimit, "row count cannot be null in FETCH FIRST ... WITH TIES clause")
	}
	t, err := e.topN(r, limit, offset, q)
	if err != nil {
		return nil, err
	}
	out := &relation{node: t, width: r.width, order: r.order}
	if t.TopNSpec.Rank = exec.Rank; t.Offset > 0 {
		out.node = afterOffset(t)
	}
	if !e.standing {
		out.node = &Sort{Input: out.node, Order: r.order}
	}
	return out, nil
}

// afterOffset is the rows of a TopN behind its offset, up to those that tie with the last: the
// offset counts rows, the limit ranks.
func afterOffset(t *TopN) Node {
	width := len(t.Input.Schema())
	o := numbered(t.Input, nil, t.Order, "row_number", "rank")
	preds := []expr.Expr{callOperator(">", expr.NewColumn(width, col.Int8), expr.NewInt8(t.Offset)),
		callOperator("<=", expr.NewColumn(width+1, col.Int8), expr.NewInt8(t.Offset+t.Limit))}
	return columnsProject(filtered(o, preds), identity(width))
}

// numbered adds the numbers of rows in their partitions, by functions without arguments.
func numbered(in Node, partition []int, order []exec.OrderBy, names ...string) *Over {
	o := &Over{Input: in, Partition: partition, Order: order}
	for _, name := range names {
		f, _, err := over.Resolve(name, nil)
		if err != nil {
			panic(err) // it is registered
		}
		o.Calls = append(o.Calls, OverCall{Name: name, Call: over.Call{Func: f, Filter: -1, Ret: f.Ret}})
	}
	return o
}

// topN is ORDER BY … LIMIT where the numbers must be known.
func (e *env) topN(r *relation, limit, offset expr.Expr, q *ast.Query) (_ *TopN, err error) {
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
			return nil, e.at(l.at.Position(), pgerr.Unsupported("%s that is not a constant %s", l.word, where(e.standing)))
		}
		n := constInt(k, l.def)
		if n < 0 && !k.(*expr.Const).IsNull() {
			if err = pgerr.New(l.code, "%s must not be negative", l.word); e.standing {
				err = e.at(l.at.Position(), err)
			}
			return nil, err
		}
		*l.to = n
	}
	return t, nil
}

func where(standing bool) string {
	if standing {
		return "in a materialized view"
	}
	return "with WITH TIES"
}

// limitedByQuery keeps the rows whose numbers lie within what subqueries say, or the rows of
// the queries around this one.
func (b *binder) limitedByQuery(r *relation, limit, offset expr.Expr, in *binding) (*relation, error) {
	if offset == nil {
		offset = expr.NewInt8(0)
	}
	if limit == nil {
		limit = expr.NewNull(col.Int8)
	}
	rank := len(r.node.Schema())
	n, err := b.attach(numbered(r.node, nil, r.order, "row_number"), &limit, &offset)
	if err != nil {
		return nil, err
	}
	n = columnsProject(filtered(n, withinLimit(expr.NewColumn(rank, col.Int8), limit, offset)), identity(rank))
	out := &relation{node: n, width: r.width, order: r.order}
	if in.top && len(r.order) > 0 && !b.standing {
		out.node = &Sort{Input: n, Order: r.order}
	}
	return out, nil
}

func dependsOnOuter(x expr.Expr) bool { return x != nil && expr.ReadsOuter(x, 0) }

// withinLimit says of the number of a row that LIMIT and OFFSET keep it; NULL is no limit.
func withinLimit(rank, limit, offset expr.Expr) []expr.Expr {
	first := expr.NewCoalesce(col.Int8, offset, expr.NewInt8(0))
	return []expr.Expr{callOperator(">", rank, first),
		expr.NewOr(expr.NewIs(limit, expr.IsNull), callOperator("<=", callOperator("-", rank, first), limit))}
}

// rowCount binds the number of LIMIT or OFFSET, which may read columns of the queries around
// this one; nil: none.
func (b *binder) rowCount(x ast.Expr, what string) (expr.Expr, error) {
	if x == nil {
		return nil, nil
	}
	e := b.env
	b.clause = clause{name: what}
	v, err := b.expr(x)
	if p := pgerr.From(err); err != nil && (p.Code == pgerr.UndefinedColumn || p.Code == pgerr.UndefinedTable) {
		return nil, e.at(x.Position(), pgerr.New(pgerr.InvalidColumnReference, "argument of %s must not contain variables", what))
	}
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
