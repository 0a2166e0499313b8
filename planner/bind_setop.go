package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// setOperation binds UNION, INTERSECT and EXCEPT.
func (e *env) setOperation(s *ast.SetOp, in *binding) (*relation, error) {
	if _, into := ast.WithoutInto(s.Right); into != nil {
		return nil, e.at(into.Pos, pgerr.New(pgerr.SyntaxError, "INTO is only allowed on first SELECT of UNION/INTERSECT/EXCEPT"))
	}
	inner := &binding{outer: in.outer, ctes: in.ctes, untyped: true}
	var side [2]Node
	for i, body := range []ast.QueryBody{s.Left, s.Right} {
		r, err := e.body(body, nil, inner)
		if err != nil {
			return nil, err
		}
		side[i] = r.visible()
	}
	l, r := side[0].Schema(), side[1].Schema()
	if len(l) != len(r) {
		return nil, e.at(firstTarget(s.Right, 0), pgerr.New(pgerr.SyntaxError, "each %s query must have the same number of columns", s.Op))
	}
	want := make([]col.Type, len(l))
	for i := range l {
		ts := []col.Type{l[i].Type, r[i].Type}
		if in.untyped && l[i].Type.Is(col.Unknown) && r[i].Type.Is(col.Unknown) {
			want[i] = col.Unknown
			continue
		}
		t, err := fn.CommonType(string(s.Op), ts)
		if err != nil {
			return nil, e.at(firstTarget(s.Right, i), err)
		}
		want[i] = t
	}
	for i := range side {
		var err error
		body := []ast.QueryBody{s.Left, s.Right}[i]
		if side[i], err = e.retype(side[i], want, fn.Implicit, func(c int) int { return firstTarget(body, c) }); err != nil {
			return nil, err
		}
	}
	if !s.All || s.Op != ast.Union {
		for i, t := range want {
			if err := comparable(t); err != nil {
				return nil, e.at(firstTarget(s.Left, i), err)
			}
		}
	}
	n, err := e.combine(s, side)
	if err != nil {
		return nil, err
	}
	return &relation{node: n, width: len(l)}, nil
}

// comparable refuses rows of a type without equality where equal rows are one.
func comparable(t col.Type) error {
	if t.Is(col.JSON) {
		return pgerr.New(pgerr.UndefinedFunction, "could not identify an equality operator for type json")
	}
	return nil
}

// firstTarget is the place of column i of a body, where PostgreSQL reports that it does not fit.
func firstTarget(body ast.QueryBody, i int) int {
	if sel, ok := body.(*ast.Select); ok && i < len(sel.Targets) {
		return leftmost(sel.Targets[i].Expr)
	}
	return body.Position()
}

func (e *env) combine(s *ast.SetOp, side [2]Node) (Node, error) {
	if s.Op == ast.Union {
		u := &Union{}
		for _, n := range side { // a chain is one node
			if inner, ok := n.(*Union); ok {
				u.In = append(u.In, inner.In...)
			} else {
				u.In = append(u.In, n)
			}
		}
		if s.All {
			return u, nil
		}
		return &Distinct{Input: u}, nil
	}
	if s.All {
		kind := map[ast.SetOpKind]exec.SetOpKind{ast.Intersect: exec.IntersectAll, ast.Except: exec.ExceptAll}[s.Op]
		return &SetOp{Left: side[0], Right: side[1], Kind: kind}, nil
	}
	kind := map[ast.SetOpKind]exec.JoinKind{ast.Intersect: exec.Semi, ast.Except: exec.Anti}[s.Op]
	keys := identity(len(side[0].Schema()))
	return &Join{Left: &Distinct{Input: side[0]}, Right: side[1], Kind: kind, LeftKeys: keys, RightKeys: keys, NullsEqual: true}, nil
}

// retype casts the columns of a query. Literals without a type get one where they stand; at
// is where a column stands whose cast fails.
func (e *env) retype(n Node, want []col.Type, context fn.CastContext, at func(int) int) (Node, error) {
	schema := n.Schema()
	if slices.Equal(types(schema), want) {
		return n, nil
	}
	switch m := n.(type) {
	case *Project:
		out := &Project{Input: m.Input, Names: m.Names}
		for i, x := range m.Exprs {
			c, err := e.exact(x, want[i], context)
			if err != nil {
				return nil, e.at(at(i), err)
			}
			out.Exprs = append(out.Exprs, c)
		}
		return out, nil
	case *Values:
		return e.retypeValues(m, want, context, at)
	case *Union:
		out := &Union{}
		for _, in := range m.In {
			c, err := e.retype(in, want, context, at)
			if err != nil {
				return nil, err
			}
			out.In = append(out.In, c)
		}
		return out, nil
	}
	p := columnsProject(n, identity(len(schema)))
	for i, x := range p.Exprs {
		c, err := e.exact(x, want[i], context)
		if err != nil {
			return nil, e.at(at(i), err)
		}
		p.Exprs[i] = c
	}
	return p, nil
}

// exact is coerce that gives x the type's modifier also where that changes no value: columns of
// a UNION have one type.
func (e *env) exact(x expr.Expr, to col.Type, context fn.CastContext) (expr.Expr, error) {
	c, err := e.coerce(x, to, context)
	if err == nil && c.Type() != to && c.Type().Is(to) {
		c = expr.Retype(c, to)
	}
	return c, err
}

func (e *env) retypeValues(v *Values, want []col.Type, context fn.CastContext, at func(int) int) (Node, error) {
	out := &Values{}
	for i, c := range v.Columns {
		c.Type = want[i]
		out.Columns = append(out.Columns, c)
	}
	for _, row := range v.Rows {
		cast := make([]expr.Expr, len(row))
		for i, x := range row {
			c, err := e.exact(x, want[i], context)
			if err != nil {
				return nil, e.at(at(i), err)
			}
			cast[i] = c
		}
		out.Rows = append(out.Rows, cast)
	}
	return out, nil
}
