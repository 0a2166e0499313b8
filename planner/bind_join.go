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
	if j.AsOf {
		return nil, e.at(j.Pos, pgerr.Unsupported("ASOF JOIN"))
	}
	if j.UsingAlias != "" {
		return nil, e.at(j.Pos, pgerr.Unsupported("an alias of JOIN … USING").WithHint("Name the columns without it."))
	}
	left, err := e.fromItem(j.Left, in)
	if err != nil {
		return nil, err
	}
	right, err := e.fromItem(j.Right, in)
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
	s, err := e.join(left, right, joinKinds[j.Kind])
	if err != nil {
		return nil, err
	}
	s.outer = in.outer
	if err := e.joinUsing(s, merged, j); err != nil {
		return nil, err
	}
	if j.On != nil {
		if err := e.joinOn(s, j.On, in); err != nil {
			return nil, err
		}
	}
	if j.Alias.Name != "" {
		return e.joinAlias(s, j.Alias)
	}
	return s, nil
})

// join puts two scopes side by side.
func (e *env) join(left, right *scope, kind exec.JoinKind) (*scope, error) {
	for _, r := range right.sources {
		if slices.ContainsFunc(left.sources, func(l *source) bool { return clash(l, r) }) {
			return nil, pgerr.New(pgerr.DuplicateAlias, "table name %q specified more than once", r.alias)
		}
	}
	right.shift(len(left.node.Schema()))
	return &scope{node: &Join{Left: left.node, Right: right.node, Kind: kind},
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

// joinUsing adds the conditions of USING and puts its merged columns first: the left one's
// value, the right one's in a right join, in a full join whichever is not NULL.
func (e *env) joinUsing(s *scope, pairs []usingPair, at *ast.Join) error {
	if len(pairs) == 0 {
		return nil
	}
	j := s.node.(*Join)
	width := len(j.Left.Schema())
	b := &binder{env: e, scope: s}
	var first []field
	full := columnsProject(j, identity(len(j.Schema())))
	for _, p := range pairs {
		l := expr.NewColumn(p.left.at, j.Schema()[p.left.at].Type)
		r := expr.NewColumn(width+p.right.at, j.Schema()[width+p.right.at].Type)
		eq, err := b.operator("=", l, r)
		if err != nil {
			return e.at(at.Pos, err)
		}
		j.Residual = append(j.Residual, eq)
		f := field{name: p.name, at: l.Index, of: p.left.of}
		switch j.Kind {
		case exec.Right:
			f.at, f.of = r.Index, p.right.of
		case exec.Full:
			args, t, err := b.common("JOIN/USING", []expr.Expr{l, r}, nil)
			if err != nil {
				return e.at(at.Pos, err)
			}
			f.at = len(full.Exprs)
			full.Exprs, full.Names = append(full.Exprs, expr.NewCoalesce(t, args...)), append(full.Names, p.name)
		}
		first = append(first, f)
	}
	if j.Kind == exec.Full {
		s.node = full
	}
	rest := slices.DeleteFunc(slices.Clone(s.fields), func(f field) bool {
		return slices.ContainsFunc(pairs, func(p usingPair) bool { return f.at == p.left.at || f.at == width+p.right.at })
	})
	s.fields = append(first, rest...)
	return nil
}

// joinOn adds the conditions of ON.
func (e *env) joinOn(s *scope, on ast.Expr, in *binding) error {
	b := &binder{env: e, scope: s, ctes: in.ctes, clause: clause{name: "JOIN/ON", place: "JOIN conditions"}, found: &found{}}
	x, err := b.condition(on)
	if err != nil {
		return err
	}
	j := s.node.(*Join)
	if len(b.found.subqueries) == 0 && !isOuter(x) {
		j.Residual = append(j.Residual, expr.Conjuncts(x)...)
		return nil
	}
	if j.Kind != exec.Inner {
		return e.at(on.Position(), pgerr.Unsupported("a subquery in the condition of an outer join"))
	}
	n, err := b.attach(j, &x)
	if err != nil {
		return err
	}
	s.node = &Filter{Input: n, Preds: expr.Conjuncts(x)}
	return nil
}

// joinAlias hides the items of a join in parentheses behind its alias.
func (e *env) joinAlias(s *scope, a ast.Alias) (*scope, error) {
	src := &source{alias: a.Name, real: a.Name}
	for i := range s.fields {
		s.fields[i].of = src
	}
	src.fields = slices.Clone(s.fields)
	s.sources = []*source{src}
	return s, e.rename(s, a, "join expression")
}

// checkFullJoins refuses full joins without an equality, as PostgreSQL.
func checkFullJoins(root Node) error {
	for _, n := range postorder(root) {
		if j, ok := n.(*Join); ok && j.Kind == exec.Full && len(j.LeftKeys) == 0 {
			return pgerr.New(pgerr.FeatureNotSupported, "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions")
		}
	}
	return nil
}
