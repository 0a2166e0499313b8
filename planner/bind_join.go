package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

var joinKinds = map[ast.JoinKind]exec.JoinKind{
	ast.InnerJoin: exec.Inner, ast.LeftJoin: exec.Left, ast.RightJoin: exec.Right, ast.FullJoin: exec.Full, ast.CrossJoin: exec.Inner,
}

var _ = bindsFrom(func(e *env, j *ast.Join, in *binding) (*scope, error) {
	left, err := e.fromItem(j.Left, in)
	if err != nil {
		return nil, err
	}
	kind := joinKinds[j.Kind]
	behind := in.behind(left, kind == exec.Right || kind == exec.Full)
	item, versions := versioned(j.Right)
	right, err := e.fromItem(item, behind)
	if err != nil {
		return nil, e.siblings(err, left, j.Right)
	}
	using := j.Using
	if j.Natural {
		using = commonColumns(left, right)
	}
	merged, err := usingPairs(left, right, using)
	if err != nil {
		return nil, err
	}
	if versions == nil {
		in.markRows(left, kind == exec.Right || kind == exec.Full)
		in.markRows(right, kind == exec.Left || kind == exec.Full)
	}
	width := len(left.node.Schema())
	s, err := e.join(left, right, kind, behind.lateral.frame, j.Right.Position())
	if err != nil {
		return nil, err
	}
	s.outer = in.outer
	if err := e.joinUsing(s, merged, j, width); err != nil {
		return nil, err
	}
	if j.On != nil {
		if err := e.joinOn(s, j.On, in, kind, width); err != nil {
			return nil, err
		}
	}
	if versions != nil {
		if err := e.asOfVersions(s, j, versions, in); err != nil {
			return nil, err
		}
	} else if j.AsOf {
		if err := e.nearest(s, j); err != nil {
			return nil, err
		}
	}
	if j.Alias.Name != "" {
		return e.joinAlias(s, j.Alias)
	}
	return s, nil
})

// join puts two scopes side by side. frame is how the right one calls a row of the left one;
// 0: it reads none.
func (e *env) join(left, right *scope, kind exec.JoinKind, frame, pos int) (*scope, error) {
	for _, r := range right.sources {
		if slices.ContainsFunc(left.sources, func(l *source) bool { return clash(l, r) }) {
			return nil, pgerr.New(pgerr.DuplicateAlias, "table name %q specified more than once", r.alias)
		}
	}
	right.shift(len(left.node.Schema()))
	for _, src := range left.sources {
		src.nullable = src.nullable || kind == exec.Right || kind == exec.Full
	}
	for _, src := range right.sources {
		src.nullable = src.nullable || kind == exec.Left || kind == exec.Full
	}
	var n Node = &Join{Left: left.node, Right: right.node, Kind: kind}
	if frame != 0 && dependsOn(right.node, frame) {
		n = &DependentJoin{Left: left.node, Right: right.node, Kind: kind, Frame: frame, pos: pos}
	}
	return &scope{node: n,
		fields: slices.Concat(left.fields, right.fields), sources: slices.Concat(left.sources, right.sources)}, nil
}

// clash reports whether two FROM items cannot be told apart: a table may be named with its
// schema where another of the same name stands.
func clash(a, b *source) bool {
	return a.alias != "" && a.alias == b.alias && (a.schema == b.schema || a.schema == "" || b.schema == "")
}

// usingPair is a column of USING on both sides, as positions in their fields.
type usingPair struct {
	name        string
	left, right field
}

func commonColumns(left, right *scope) (out []ast.Ident) {
	for _, f := range left.fields {
		if !f.hidden && slices.ContainsFunc(right.fields, func(g field) bool { return !g.hidden && g.name == f.name }) {
			out = append(out, ast.Ident{Name: f.name})
		}
	}
	return out
}

func usingPairs(left, right *scope, using []ast.Ident) ([]usingPair, error) {
	var out []usingPair
	for _, u := range using {
		p := usingPair{name: u.Name}
		for _, side := range []struct {
			s    *scope
			word string
			f    *field
		}{{left, "left", &p.left}, {right, "right", &p.right}} {
			switch found := side.s.find(u.Name); len(found) {
			case 0:
				return nil, pgerr.New(pgerr.UndefinedColumn, "column %q specified in USING clause does not exist in %s table", u.Name, side.word)
			case 1:
				*side.f = found[0]
			default:
				return nil, pgerr.New(pgerr.AmbiguousColumn, "common column name %q appears more than once in %s table", u.Name, side.word)
			}
		}
		if slices.ContainsFunc(out, func(o usingPair) bool { return o.name == u.Name }) {
			return nil, pgerr.New(pgerr.DuplicateColumn, "column name %q appears more than once in USING clause", u.Name)
		}
		out = append(out, p)
	}
	return out, nil
}

// merge is the merged column of USING: the left one's value, the right one's in a right join, in a
// full join whichever is not NULL; cast to their common type, where an inner join prefers the one
// that has it.
func (b *binder) merge(p usingPair, l, r *expr.Column, kind exec.JoinKind) (f field, value expr.Expr, err error) {
	args, t, err := b.common("JOIN/USING", []expr.Expr{l, r}, nil)
	if err != nil {
		return f, nil, err
	}
	f, value = field{name: p.name, of: p.left.of}, args[0]
	switch {
	case kind == exec.Full:
		value = expr.NewCoalesce(t, args...)
	case kind == exec.Right, kind == exec.Inner && columnIndex(args[0]) < 0 && columnIndex(args[1]) >= 0:
		f.of, value = p.right.of, args[1]
	}
	switch columnIndex(value) {
	case l.Index:
		f.merged = p.left.merged
	case r.Index:
		if x := p.right.merged; x != nil {
			f.merged = shiftBy(x, r.Index-p.right.at)
		}
	}
	return f, value, nil
}

// joinUsing adds the conditions of USING and puts its merged columns first.
func (e *env) joinUsing(s *scope, pairs []usingPair, at *ast.Join, width int) error {
	if len(pairs) == 0 {
		return nil
	}
	kind, schema := joinKinds[at.Kind], s.node.Schema()
	b := &binder{env: e, scope: s}
	var first []field
	var on []expr.Expr
	full := columnsProject(s.node, identity(len(schema)))
	for _, p := range pairs {
		l := expr.NewColumn(p.left.at, schema[p.left.at].Type)
		r := expr.NewColumn(width+p.right.at, schema[width+p.right.at].Type)
		eq, err := b.operator("=", l, r)
		if err != nil {
			return e.at(at.Pos, err)
		}
		on = append(on, eq)
		f, value, err := b.merge(p, l, r, kind)
		if err != nil {
			return e.at(at.Pos, err)
		}
		if f.at = columnIndex(value); f.at < 0 {
			f.at, f.merged = len(full.Exprs), value
			full.Exprs, full.Names = append(full.Exprs, value), append(full.Names, p.name)
		}
		first = append(first, f)
	}
	s.node = withConditions(s.node, on)
	if len(full.Exprs) > len(schema) {
		s.node = &Project{Input: s.node, Exprs: full.Exprs, Names: full.Names}
	}
	rest := slices.DeleteFunc(slices.Clone(s.fields), func(f field) bool {
		return slices.ContainsFunc(pairs, func(p usingPair) bool { return f.at == p.left.at || f.at == width+p.right.at })
	})
	s.fields = append(slices.Clone(first), rest...)
	if at.UsingAlias != "" { // it names the merged columns alone
		alias := &source{alias: at.UsingAlias, real: at.UsingAlias, fields: first}
		if slices.ContainsFunc(s.sources, func(o *source) bool { return clash(o, alias) }) {
			return e.at(at.Pos, pgerr.New(pgerr.DuplicateAlias, "table name %q specified more than once", at.UsingAlias))
		}
		s.sources = append(slices.Clone(s.sources), alias)
	}
	return nil
}

// withConditions adds conditions to a join.
func withConditions(n Node, on []expr.Expr) Node {
	switch j := n.(type) {
	case *DependentJoin:
		out := *j
		out.On = slices.Concat(j.On, on)
		return &out
	case *Join:
		out := *j
		out.Residual = slices.Concat(j.Residual, on)
		return &out
	}
	return filtered(n, on)
}

// joinOn adds the conditions of ON. Of an inner join those that hold subqueries stand above
// it; of an outer one the side whose rows need a match is narrowed by all of them for each
// row of the other.
func (e *env) joinOn(s *scope, on ast.Expr, in *binding, kind exec.JoinKind, width int) error {
	c := clause{name: "JOIN/ON", place: "JOIN conditions"}
	b := &binder{env: e, scope: s, ctes: in.ctes, clause: c, found: &found{}}
	s.found, s.clause = b.found, &c
	x, err := b.condition(on)
	if err != nil {
		return err
	}
	var plain, later []expr.Expr
	for _, p := range expr.Conjuncts(x) {
		if hasSubquery(p) {
			later = append(later, p)
		} else {
			plain = append(plain, p)
		}
	}
	if kind == exec.Inner || len(later) == 0 {
		n := withConditions(s.node, plain)
		for _, p := range later {
			if n, err = b.attach(n, &p); err != nil {
				return err
			}
			n = &Filter{Input: n, Preds: expr.Conjuncts(p)}
		}
		s.node = n
		return nil
	}
	if kind == exec.Full {
		return b.fullOn(s, plain, later, width, on.Position())
	}
	return b.outerOn(s, plain, later, kind, width, on.Position())
}

// joinAlias hides the items of a join in parentheses behind its alias.
func (e *env) joinAlias(s *scope, a ast.Alias) (*scope, error) {
	src := &source{alias: a.Name, real: a.Name, unlocked: joinItem}
	for i := range s.fields {
		s.fields[i].of = src
	}
	src.fields = slices.Clone(s.fields)
	s.sources = []*source{src}
	return s, e.rename(s, a, "join expression")
}

var errFullJoin = pgerr.New(pgerr.FeatureNotSupported, "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions")

// checkFullJoins refuses full joins without an equality, as PostgreSQL, which takes ON true and
// ON false.
func checkFullJoins(root Node) error {
	for _, n := range postorder(root) {
		if j, ok := n.(*Join); ok && j.Kind == exec.Full && len(j.LeftKeys) == 0 && slices.ContainsFunc(j.Residual, readsColumns) {
			return errFullJoin
		}
	}
	return nil
}
