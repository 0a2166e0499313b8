package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// relation is a bound query: its columns are the first width ones of the node; others behind
// them are for the order alone.
type relation struct {
	node  Node
	width int
	order []exec.OrderBy
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
	if len(q.Locking) > 0 {
		return nil, e.at(q.Locking[0].Pos, pgerr.Unsupported("FOR %s", strings.ToUpper(q.Locking[0].Strength)))
	}
	in, err := e.with(q.With, in)
	if err != nil {
		return nil, err
	}
	r, err := e.body(q.Body, q.OrderBy, in)
	if err != nil {
		return nil, err
	}
	return e.limited(r, q, in)
}

// with binds the queries of a WITH clause; each is in sight of those behind it.
func (e *env) with(w *ast.With, in *binding) (*binding, error) {
	if w == nil {
		return in, nil
	}
	if w.Recursive {
		return nil, e.at(w.Pos, pgerr.Unsupported("WITH RECURSIVE"))
	}
	out := *in
	seen := map[string]bool{}
	for _, c := range w.CTEs {
		if seen[c.Name] {
			return nil, e.at(c.Pos, pgerr.New(pgerr.DuplicateAlias, "WITH query name %q specified more than once", c.Name))
		}
		seen[c.Name] = true
		r, err := e.query(c.Query, &binding{ctes: out.ctes})
		if err != nil {
			return nil, err
		}
		n := r.visible()
		if len(c.Columns) > r.width {
			return nil, e.at(c.Pos, pgerr.New(pgerr.InvalidColumnReference, "WITH query %q has %d columns available but %d columns specified", c.Name, r.width, len(c.Columns)))
		}
		if len(c.Columns) > 0 {
			p := columnsProject(n, identity(r.width))
			for i, id := range c.Columns {
				p.Names[i] = id.Name
			}
			n = p
		}
		out.ctes = &cte{name: c.Name, relation: &relation{node: n, width: r.width}, next: out.ctes}
	}
	return &out, nil
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

// ordered resolves an ORDER BY over a query whose result columns are all there is.
func (e *env) ordered(r *relation, order []*ast.SortItem, in *binding) (*relation, error) {
	schema := r.node.Schema()[:r.width]
	for _, o := range order {
		at, ok, err := e.resultColumn(o.Expr, names(schema, identity(r.width)), "ORDER BY")
		if err != nil {
			return nil, err
		}
		if !ok {
			if ref, is := o.Expr.(*ast.ColumnRef); is && len(ref.Parts) == 1 {
				return nil, e.at(ref.Pos, pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", ref.Parts[0]))
			}
			err := pgerr.New(pgerr.FeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause")
			return nil, e.at(o.Expr.Position(), err.WithDetail("Only result column names can be used, not expressions or functions.").
				WithHint("Add the expression/function to every SELECT, or move the UNION into a FROM clause."))
		}
		dir, err := sortOrder(o)
		if err != nil {
			return nil, e.at(o.Pos, err)
		}
		r.order = append(r.order, exec.OrderBy{Col: at, Order: dir})
	}
	return r, nil
}

// resultColumn finds the result column that an item of ORDER BY or GROUP BY names by its name
// or its position.
func (e *env) resultColumn(x ast.Expr, columns []string, what string) (at int, ok bool, err error) {
	switch x := x.(type) {
	case *ast.ColumnRef:
		if len(x.Parts) > 1 {
			return 0, false, nil
		}
		at = slices.Index(columns, x.Parts[0])
		return at, at >= 0, nil
	case *ast.Number:
		n := 0
		if _, err := fmt.Sscanf(x.Text, "%d", &n); err != nil || fmt.Sprint(n) != x.Text {
			return 0, false, e.at(x.Pos, pgerr.New(pgerr.SyntaxError, "non-integer constant in %s", what))
		}
		if n < 1 || n > len(columns) {
			return 0, false, e.at(x.Pos, pgerr.New(pgerr.InvalidColumnReference, "%s position %d is not in select list", what, n))
		}
		return n - 1, true, nil
	case *ast.String, *ast.Bool, *ast.Null:
		return 0, false, e.at(x.Position(), pgerr.New(pgerr.SyntaxError, "non-integer constant in %s", what))
	}
	return 0, false, nil
}

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

// setOperation binds UNION, INTERSECT and EXCEPT.
func (e *env) setOperation(s *ast.SetOp, in *binding) (*relation, error) {
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
		if side[i], err = e.retype(side[i], want, fn.Implicit); err != nil {
			return nil, e.at(s.Pos, err)
		}
	}
	n, err := e.combine(s, side)
	if err != nil {
		return nil, err
	}
	return &relation{node: n, width: len(l)}, nil
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

// retype casts the columns of a query. Literals without a type get one where they stand.
func (e *env) retype(n Node, want []col.Type, context fn.CastContext) (Node, error) {
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
				return nil, err
			}
			out.Exprs = append(out.Exprs, c)
		}
		return out, nil
	case *Values:
		return e.retypeValues(m, want, context)
	case *Union:
		out := &Union{}
		for _, in := range m.In {
			c, err := e.retype(in, want, context)
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
			return nil, err
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

func (e *env) retypeValues(v *Values, want []col.Type, context fn.CastContext) (Node, error) {
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
				return nil, err
			}
			cast[i] = c
		}
		out.Rows = append(out.Rows, cast)
	}
	return out, nil
}

// values binds VALUES (…), (…).
func (e *env) values(v *ast.Values, in *binding) (*relation, error) {
	b := &binder{env: e, scope: &scope{node: &Values{}, outer: in.outer}, ctes: in.ctes, clause: clause{name: "VALUES"}, found: &found{}}
	n := &Values{}
	width := len(v.Rows[0])
	columns := make([][]expr.Expr, width)
	for _, row := range v.Rows {
		if len(row) != width {
			return nil, e.at(row[0].Position(), pgerr.New(pgerr.SyntaxError, "VALUES lists must all be the same length"))
		}
		for i, x := range row {
			c, err := b.expr(x)
			if err != nil {
				return nil, err
			}
			columns[i] = append(columns[i], c)
		}
	}
	if len(b.found.subqueries) > 0 {
		return nil, e.at(v.Pos, pgerr.Unsupported("a subquery in VALUES"))
	}
	n.Rows = make([][]expr.Expr, len(v.Rows))
	for i, c := range columns {
		at := make([]ast.Expr, len(v.Rows))
		for k, row := range v.Rows {
			at[k] = row[i]
		}
		cast, t, err := e.valuesColumn(b, c, at, in)
		if err != nil {
			return nil, err
		}
		n.Columns = append(n.Columns, col.Column{Name: fmt.Sprintf("column%d", i+1), Type: t})
		for k := range cast {
			n.Rows[k] = append(n.Rows[k], cast[k])
		}
	}
	return &relation{node: n, width: width}, nil
}

func (e *env) valuesColumn(b *binder, c []expr.Expr, at []ast.Expr, in *binding) ([]expr.Expr, col.Type, error) {
	if in.untyped && !slices.ContainsFunc(c, func(x expr.Expr) bool { return !x.Type().Is(col.Unknown) }) {
		return c, col.Unknown, nil
	}
	return b.common("VALUES", c, at)
}
