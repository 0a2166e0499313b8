package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// recursive binds a query of WITH RECURSIVE: one that reads itself, or any other. SEARCH and CYCLE
// have added so many columns behind the others.
func (e *env) recursive(c *ast.CTE, added int, in *binding) (*relation, error) {
	body, ok := c.Query.Body.(*ast.SetOp)
	if !ok || body.Op != ast.Union {
		form := e.at(c.Pos, errRecursion("recursive query %q does not have the form non-recursive-term UNION [ALL] recursive-term", c.Name))
		return e.query(c.Query, &binding{outer: in.outer, ctes: &cte{name: c.Name, refused: form, next: in.ctes}})
	}
	reads, pos, err := findSelfReads(c, body)
	switch {
	case err != nil:
		return nil, e.at(pos, err)
	case reads == 0:
		return e.query(c.Query, &binding{outer: in.outer, ctes: in.ctes})
	}
	if err := e.recursionTail(c.Query); err != nil {
		return nil, err
	}
	around, err := e.with(c.Query.With, in)
	if err != nil {
		return nil, err
	}
	base, err := e.body(body.Left, nil, &binding{outer: in.outer, ctes: around.ctes})
	if err != nil {
		return nil, err
	}
	rows := &Given{Columns: renamed(base.visible().Schema(), c.Columns)}
	self := &cte{name: c.Name, relation: &relation{node: rows, width: len(rows.Columns)}, again: true, added: added, next: around.ctes}
	step, err := e.body(body.Right, nil, &binding{outer: in.outer, ctes: self})
	if err != nil {
		return nil, err
	}
	if e.standing {
		return nil, e.at(c.Pos, pgerr.Unsupported("WITH RECURSIVE in a materialized view").WithHint("Keep what the recursion reads in a materialized view, and query the recursion ad hoc."))
	}
	n, err := e.retyped(c.Name, body, base.visible(), step.visible())
	if err != nil {
		return nil, err
	}
	f := &Fixpoint{Name: c.Name, In: []Node{base.visible(), n}, All: body.All, Whole: !(&recursion{rows: rows}).linear(n), open: rows}
	return &relation{node: f, width: base.width}, nil
}

func errRecursion(format string, args ...any) *pgerr.Error {
	return pgerr.New(pgerr.InvalidRecursion, format, args...)
}

// recursionTail refuses what stands behind the two terms of a recursion.
func (e *env) recursionTail(q *ast.Query) error {
	refuse := func(pos int, what string) error {
		return e.at(pos, pgerr.New(pgerr.FeatureNotSupported, "%s in a recursive query is not implemented", what))
	}
	switch {
	case len(q.OrderBy) > 0:
		return refuse(q.OrderBy[0].Pos, "ORDER BY")
	case q.Offset != nil:
		return refuse(q.Offset.Position(), "OFFSET")
	case q.Limit != nil:
		return refuse(q.Limit.Position(), "LIMIT")
	case len(q.Locking) > 0:
		return pgerr.New(pgerr.FeatureNotSupported, "FOR UPDATE/SHARE in a recursive query is not implemented")
	}
	return nil
}

// renamed is a schema under the names that a WITH query gives its columns.
func renamed(schema []col.Column, names []ast.Ident) []col.Column {
	out := slices.Clone(schema)
	for i := range min(len(names), len(out)) {
		out[i].Name = names[i].Name
	}
	for i := range out {
		if out[i].Type.Is(col.Unknown) {
			out[i].Type = col.Text
		}
	}
	return out
}

// retyped gives the recursive term the types of the other, which must be those of the union.
func (e *env) retyped(name string, s *ast.SetOp, base, step Node) (Node, error) {
	l, r := base.Schema(), step.Schema()
	if len(l) != len(r) {
		return nil, e.at(firstTarget(s.Right, 0), pgerr.New(pgerr.SyntaxError, "each UNION query must have the same number of columns"))
	}
	for i := range l {
		t, err := fn.CommonType("UNION", []col.Type{l[i].Type, r[i].Type})
		if err != nil {
			return nil, e.at(firstTarget(s.Right, i), err)
		}
		if l[i].Type.Is(r[i].Type) && l[i].Type.Mod != r[i].Type.Mod {
			t = bare(t)
		}
		if !t.Is(l[i].Type) || t.Mod != l[i].Type.Mod && l[i].Type.Mod >= 0 && !t.IsRow() {
			return nil, e.at(firstTarget(s.Left, i), pgerr.New(pgerr.DatatypeMismatch, "recursive query %q column %d has type %s in non-recursive term but type %s overall", name, i+1, l[i].Type, t).
				WithHint("Cast the output of the non-recursive term to the correct type."))
		}
	}
	for i := range l {
		if err := comparable(l[i].Type); err != nil && !s.All {
			return nil, e.at(firstTarget(s.Left, i), err)
		}
	}
	return e.retype(step, types(l), fn.Implicit, func(c int) int { return firstTarget(s.Right, c) })
}

// recursion is how a recursive term reads the rows of the round before.
type recursion struct {
	rows  *Given
	taken map[Node]Node // by takeOut: a part that is read twice is computed once
}

// within reports whether a part of the term reads them.
func (r *recursion) within(n Node) bool { return slices.Contains(postorder(n), Node(r.rows)) }

// linear reports whether a change of the rows is a change of the term's by just as much.
func (r *recursion) linear(n Node) bool {
	for n != Node(r.rows) {
		var in Node
		for _, x := range n.Inputs() {
			if !r.within(x) {
				continue
			}
			if in != nil {
				return false
			}
			in = x
		}
		switch n := n.(type) {
		case *Project, *Filter, *Window:
		case *DependentJoin:
			if in == n.Right || slices.ContainsFunc(postorder(n.Right), recurses) { // it may depend on the rows
				return false
			}
		case *Join:
			inner := !n.timed() && (n.Kind == exec.Inner || in == n.Left && n.Kind != exec.Full && n.Kind != exec.Right || in == n.Right && n.Kind == exec.Right)
			if !inner {
				return false
			}
		default:
			return false
		}
		if n = in; n == nil {
			return true
		}
	}
	return true
}

// takeOut makes what of the term reads nothing of the round before inputs of the recursion.
func (r *recursion) takeOut(f *Fixpoint, n Node) Node {
	if n == Node(r.rows) {
		return n
	}
	if r.taken[n] == nil {
		if r.within(n) {
			r.taken[n] = withInputs(n, func(in Node) Node { return r.takeOut(f, in) })
		} else {
			f.In = append(f.In, n)
			r.taken[n] = &Given{No: len(f.In) - 1, Columns: n.Schema()}
		}
	}
	return r.taken[n]
}
