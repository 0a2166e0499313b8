package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// subqueryUse is a subquery in an expression. To each row of the query it adds one row: the
// same for all (a cross join), the one that the subquery has for the row, or the one that the
// keys find, NULLs when there is none.
type subqueryUse struct {
	node   Node        // nil: the row is that of args, computed once for it
	frame  int         // what its Outer columns call a row of the query; 0: it reads none
	reads  []int       // the columns of the row that it reads,
	args   []expr.Expr // and what they are, over the query's columns
	guard  []expr.Expr // only rows for which these are true ask for it
	single bool        // a second row is an error
	pos    int         // in the statement's text
	keys   []expr.Expr // for the first columns of node; nil: there are none
	values []subqueryValue
}

// subqueryValue is something that a subquery stands for: a function of the row that it adds.
type subqueryValue struct {
	typ col.Type
	of  func(columns []expr.Expr) (expr.Expr, error)
}

// mostValues bounds the values of one subquery; value v of subquery k is column
// subqueryBase + k*mostValues + v until it has its place.
const mostValues = 4

// exprs are its expressions over the query's columns.
func (u *subqueryUse) exprs() (xs []*expr.Expr) {
	for _, list := range [][]expr.Expr{u.args, u.guard, u.keys} {
		for i := range list {
			xs = append(xs, &list[i])
		}
	}
	return xs
}

// attach joins the subqueries used in the expressions to a node, appending their columns, and
// puts their values into the expressions.
func (b *binder) attach(n Node, xs ...*expr.Expr) (Node, error) {
	values := map[int]expr.Expr{}
	for _, x := range xs {
		for _, c := range columnsOf(*x) {
			if c < subqueryBase || values[c] != nil {
				continue
			}
			k := (c - subqueryBase) / mostValues
			joined, columns, err := b.attachOne(n, b.found.subqueries[k])
			if err != nil {
				return nil, err
			}
			n = joined
			for v, value := range b.found.subqueries[k].values {
				if values[subqueryBase+k*mostValues+v], err = value.of(columns); err != nil {
					return nil, err
				}
			}
		}
	}
	if len(values) > 0 {
		for _, x := range xs {
			*x = replaceColumns(*x, values)
		}
	}
	return n, nil
}

// attachOne joins a subquery, and before it those that it needs itself.
func (b *binder) attachOne(n Node, use subqueryUse) (Node, []expr.Expr, error) {
	use.args, use.guard, use.keys = slices.Clone(use.args), slices.Clone(use.guard), slices.Clone(use.keys)
	n, err := b.attach(n, use.exprs()...)
	if err != nil {
		return nil, nil, err
	}
	return b.joinSubquery(n, &use)
}

func replaceColumns(x expr.Expr, values map[int]expr.Expr) expr.Expr {
	return expr.Rewrite(x, func(x expr.Expr) expr.Expr {
		if c, ok := x.(*expr.Column); ok && values[c.Index] != nil {
			return values[c.Index]
		}
		return x
	})
}

// joinSubquery appends a subquery's columns to those of n.
func (b *binder) joinSubquery(n Node, use *subqueryUse) (Node, []expr.Expr, error) {
	if use.node == nil {
		left, at := withArguments(n, use.args)
		return left, columnsProject(left, at).Exprs, nil
	}
	left, right := b.bindArguments(n, use)
	var joined Node
	switch {
	case use.frame == 0 && use.guard == nil:
		j := &Join{Left: left, Right: right, Kind: exec.Inner}
		if use.single {
			j.Right = &Single{Input: right}
		}
		if use.keys != nil {
			j.Kind = exec.Left
			j.Left, j.LeftKeys = withColumns(left, use.keys)
			j.RightKeys = identity(len(use.keys))
		}
		left, joined = j.Left, j
	default:
		j := &DependentJoin{Left: left, Right: right, Kind: exec.Left, Frame: use.frame, Guard: use.guard, pos: use.pos}
		if use.single {
			j.Kind = exec.Single
		}
		width := len(left.Schema())
		for i, k := range use.keys {
			eq, err := b.operator("=", k, column(width+i, right.Schema()[i]))
			if err != nil {
				return nil, nil, err
			}
			j.On = append(j.On, eq)
		}
		joined = j
	}
	var columns []expr.Expr
	width := len(left.Schema())
	for i, c := range right.Schema() {
		columns = append(columns, expr.NewColumn(width+i, c.Type))
	}
	return joined, columns, nil
}

// bindArguments makes what the subquery reads of the query's row columns of n, and has it
// read these; what depends on no row of n goes into the subquery itself.
func (b *binder) bindArguments(n Node, use *subqueryUse) (left, right Node) {
	if use.frame == 0 {
		return n, use.node
	}
	var computed []expr.Expr
	for _, x := range use.args {
		if readsColumns(x) {
			computed = append(computed, x)
		}
	}
	left, at := withColumns(n, computed)
	by := map[int]expr.Expr{}
	for i, x := range use.args {
		if readsColumns(x) {
			x, at = expr.NewOuter(use.frame, at[0], x.Type()), at[1:]
		}
		by[use.reads[i]] = x
	}
	return left, replaceOuter(use.node, use.frame, func(o *expr.Outer) expr.Expr { return by[o.Index] })
}

// withColumns appends expressions to a node's columns, but for plain columns, which are
// there, and returns where each is.
func withColumns(n Node, xs []expr.Expr) (Node, []int) {
	schema := n.Schema()
	p := columnsProject(n, identity(len(schema)))
	at := make([]int, len(xs))
	for i, x := range xs {
		if c, ok := x.(*expr.Column); ok && c.Index < len(schema) {
			at[i] = c.Index
			continue
		}
		at[i] = addExpr(&p.Exprs, x)
		for len(p.Names) < len(p.Exprs) {
			p.Names = append(p.Names, displayExpr(x, schema))
		}
	}
	if len(p.Exprs) == len(schema) {
		return n, at
	}
	return p, at
}

// subquery notes a subquery and returns what stands for its values.
func (b *binder) subquery(use subqueryUse) []expr.Expr {
	if b.scope.frame != 0 && use.node != nil {
		for _, o := range outerColumns(use.node, b.scope.frame) {
			use.frame = b.scope.frame
			if !slices.Contains(use.reads, o.Index) {
				use.reads, use.args = append(use.reads, o.Index), append(use.args, expr.NewColumn(o.Index, o.Type()))
			}
		}
	}
	if len(b.guard) > 0 && use.node != nil && (use.single || fallibleRows(use.node)) {
		if use.guard = slices.Clone(b.guard); use.frame == 0 {
			use.frame = b.frameOf(b.scope)
		}
	}
	k := slices.IndexFunc(b.found.subqueries, use.same)
	if k < 0 {
		k = len(b.found.subqueries)
		b.found.subqueries = append(b.found.subqueries, use)
	}
	var out []expr.Expr
	for v, value := range use.values {
		out = append(out, expr.NewColumn(subqueryBase+k*mostValues+v, value.typ))
	}
	return out
}

// same reports whether two subqueries are written alike, so that one will do.
func (u *subqueryUse) same(o subqueryUse) bool {
	if u.frame != o.frame || u.single != o.single || len(u.values) != len(o.values) || !slices.Equal(u.reads, o.reads) ||
		!equalLists(u.args, o.args) || !equalLists(u.guard, o.guard) || !equalLists(u.keys, o.keys) {
		return false
	}
	for i := range u.values {
		if u.values[i].typ != o.values[i].typ {
			return false
		}
	}
	if u.node == nil || o.node == nil {
		return u.node == o.node && !slices.ContainsFunc(u.args, volatile)
	}
	volatileNode := slices.ContainsFunc(postorder(u.node), func(n Node) bool { return slices.ContainsFunc(n.exprs(), volatile) })
	return u.node == o.node || !volatileNode && Text(u.node) == Text(o.node)
}

// guarded is b for what is computed only where conditions are true.
func (b *binder) guarded(conds ...expr.Expr) *binder {
	inner := *b
	inner.guard = slices.Concat(b.guard, conds)
	return &inner
}

// inner binds a subquery in an expression.
func (b *binder) inner(q *ast.Query) (*relation, error) {
	if b.found == nil {
		return nil, pgerr.New(pgerr.FeatureNotSupported, "cannot use subquery in %s", b.clause.name)
	}
	if b.scope == nil {
		b.scope = &scope{node: &Values{}}
	}
	return b.query(q, &binding{outer: b.scope, ctes: b.ctes})
}

var _ = binds(func(b *binder, x *ast.Subquery) (expr.Expr, error) {
	r, err := b.inner(x.Query)
	if err != nil {
		return nil, err
	}
	if r.width != 1 {
		return nil, b.env.at(x.Pos, pgerr.New(pgerr.SyntaxError, "subquery must return only one column"))
	}
	n := r.visible()
	return b.subquery(subqueryUse{node: n, single: !alwaysOneRow(n), values: columnValues(n)})[0], nil
})

// columnValues are the columns of a subquery as its values.
func columnValues(n Node) (out []subqueryValue) {
	for i, c := range n.Schema() {
		out = append(out, subqueryValue{c.Type, func(columns []expr.Expr) (expr.Expr, error) { return columns[i], nil }})
	}
	return out
}

// alwaysOneRow reports whether a node has exactly one row, whatever happens.
func alwaysOneRow(n Node) bool {
	switch n := n.(type) {
	case *Project:
		return alwaysOneRow(n.Input)
	case *Aggregate:
		return len(n.Group) == 0
	case *Single:
		return true
	case *Values:
		return len(n.Rows) == 1
	case *Join:
		return n.Kind == exec.Inner && !n.timed() && len(n.Residual)+len(n.LeftKeys) == 0 && alwaysOneRow(n.Left) && alwaysOneRow(n.Right)
	case *DependentJoin:
		return n.Kind == exec.Single && alwaysOneRow(n.Left)
	}
	return false
}

// EXISTS in an expression is a count that is not zero. Where it is a condition by itself it is
// a semi join, which is bound by semiJoin.
var _ = binds(func(b *binder, x *ast.Exists) (expr.Expr, error) {
	r, err := b.inner(x.Query)
	if err != nil {
		return nil, err
	}
	n, err := countRows(unlimited(r.node))
	if err != nil {
		return nil, err
	}
	exists := func(c []expr.Expr) (expr.Expr, error) { return expr.CallOperator(b.ctx, ">", c[0], expr.NewInt8(0)) }
	return b.subquery(subqueryUse{node: n, values: []subqueryValue{{col.Bool, exists}}})[0], nil
})

// countRows is SELECT count(*).
func countRows(n Node) (Node, error) {
	count, _, err := agg.Resolve("count", nil)
	if err != nil {
		return nil, err
	}
	call := AggregateCall{Name: "count", AggregateCall: exec.AggregateCall{Agg: count, Filter: -1}}
	return &Aggregate{Input: n, Calls: []AggregateCall{call}}, nil
}

// quantifiedArray is x op ANY (array) and ALL, by members of an array that is written out.
func (b *binder) quantifiedArray(x *ast.Quantified) (expr.Expr, error) {
	elems, ok := arrayMembers(x.Array)
	if !ok {
		return b.anyOfValue(x)
	}
	operand, err := b.expr(x.Expr)
	if err != nil {
		return nil, err
	}
	members, err := b.list(elems)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(members, func(m expr.Expr) bool { _, array := m.Type().Element(); return array }) {
		return b.anyOfValue(x)
	}
	if !x.All && x.Op.Name == "=" && len(members) > 0 {
		return b.inList(operand, members, append([]ast.Expr{x.Expr}, elems...))
	}
	var parts []expr.Expr
	for _, m := range members {
		p, err := b.operator(x.Op.Name, operand, m)
		if err != nil {
			return nil, err
		}
		if !p.Type().Is(col.Bool) {
			return nil, b.env.at(x.Pos, errNotBoolean)
		}
		parts = append(parts, p)
	}
	if x.All {
		return expr.NewAnd(parts...), nil
	}
	return expr.NewOr(parts...), nil
}

// arrayMembers lists the members of ARRAY[…] or '{…}', cast or not; false: it is neither, or
// has members in quotes or arrays of its own.
func arrayMembers(x ast.Expr) ([]ast.Expr, bool) {
	switch x := x.(type) {
	case *ast.Array:
		return x.Elems, true
	case *ast.Cast:
		if x.Type.Dims == 0 {
			return nil, false
		}
		elems, ok := arrayMembers(x.Expr)
		element := *x.Type
		element.Dims = 0
		out := make([]ast.Expr, len(elems))
		for i, e := range elems {
			out[i] = &ast.Cast{Pos: x.Pos, Expr: e, Type: &element}
		}
		return out, ok
	case *ast.String:
		return literalMembers(x)
	}
	return nil, false
}

func literalMembers(x *ast.String) (out []ast.Expr, ok bool) {
	inner, opened := strings.CutPrefix(strings.TrimSpace(x.Value), "{")
	inner, closed := strings.CutSuffix(inner, "}")
	if !opened || !closed || strings.ContainsAny(inner, `{}"\`) {
		return nil, false
	}
	if strings.TrimSpace(inner) == "" {
		return nil, true
	}
	for m := range strings.SplitSeq(inner, ",") {
		if m = strings.TrimSpace(m); strings.EqualFold(m, "null") {
			out = append(out, &ast.Null{Pos: x.Pos})
		} else {
			out = append(out, &ast.String{Pos: x.Pos, Value: m})
		}
	}
	return out, true
}
