package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/sql/ast"
)

// relation is a bound query: its columns are the first width ones of the node; others behind
// them are for the order alone.
type relation struct {
	node  Node
	width int
	order []exec.OrderBy
	rows  []lockedRows // of FOR UPDATE that does not wait, and finds just the rows that are returned
}

// visible is the query's node with its own columns only.
func (r *relation) visible() Node {
	if len(r.node.Schema()) == r.width {
		return r.node
	}
	return columnsProject(r.node, identity(r.width))
}

// query binds a query.
func (e *env) query(q *ast.Query, in *binding) (*relation, error) {
	in, err := e.with(q.With, in)
	if err != nil {
		return nil, err
	}
	if in.changes || len(q.Locking) > 0 {
		inner := *in
		inner.changes, inner.locks = false, slices.Concat(q.Locking, in.locks)
		in = &inner
	}
	if err := e.lockedBody(q, in.locks); err != nil {
		return nil, err
	}
	r, err := e.body(q.Body, q.OrderBy, in)
	if err != nil {
		return nil, err
	}
	wanted, before := r.rows, r.node
	if r, err = e.limited(r, q, in); err != nil || in.within && r.node == before {
		return r, err
	}
	r.rows = nil
	return r, e.lockReturned(wanted, before, r.node)
}

// body binds what yields a query's rows, and its ORDER BY.
func (e *env) body(body ast.QueryBody, order []*ast.SortItem, in *binding) (*relation, error) {
	switch body := body.(type) {
	case *ast.Select:
		return e.selection(body, order, in)
	case *ast.Query:
		inner := *in
		inner.top = in.top && len(order) == 0
		r, err := e.query(body, &inner)
		if err != nil || len(order) == 0 {
			return r, err
		}
		return e.ordered(&relation{node: r.visible(), width: r.width}, order, in)
	case *ast.SetOp:
		r, err := e.setOperation(body, in)
		if err != nil {
			return nil, err
		}
		return e.ordered(r, order, in)
	case *ast.Values:
		r, err := e.values(body, in)
		if err != nil {
			return nil, err
		}
		return e.ordered(r, order, in)
	}
	return nil, e.at(body.Position(), pgerr.Unsupported("%s", body))
}
