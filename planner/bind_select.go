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

// selection is a SELECT being bound. Its expressions are all bound over the columns of FROM
// first; grouping, window functions and subqueries then give their placeholders columns.
type selection struct {
	*env
	sel     *ast.Select
	in      *binding
	scope   *scope
	found   *found
	targets []target
	group   []expr.Expr
	sets    [][]int     // of GROUP BY: numbers in group
	grouped map[int]int // result columns that GROUP BY names, and their numbers in group
	having  []expr.Expr
	keys    []sortKey      // of ORDER BY
	on      []expr.Expr    // of DISTINCT ON
	window  *groupedWindow // of GROUP BY; nil: none
	waits   []lockedRows   // FOR UPDATE NOWAIT and SKIP LOCKED
	joined  []int          // functions that return rows which the node has joined already
}

// target is a column of the result.
type target struct {
	x    expr.Expr
	name string
	pos  int
}

func (s *selection) binder(c clause) *binder {
	s.scope.found, s.scope.clause = s.found, &c
	return &binder{env: s.env, scope: s.scope, ctes: s.in.ctes, found: s.found, clause: c}
}

// selection binds a SELECT and the ORDER BY behind it.
func (e *env) selection(sel *ast.Select, order []*ast.SortItem, in *binding) (*relation, error) {
	if sel.Into != nil {
		return nil, e.at(sel.Into.Pos, pgerr.New(pgerr.SyntaxError, "SELECT ... INTO is not allowed here"))
	}
	s := &selection{env: e, sel: sel, in: in, found: &found{}}
	var err error
	if s.scope, err = e.from(sel.From, in.naming(sel, order...)); err != nil {
		return nil, err
	}
	for _, bind := range []func() error{s.where, s.lockRows, func() error { return s.groupWindow(order) }, s.bindWindows, s.bindTargets, s.bindGroup, s.bindHaving, func() error { return s.bindOrder(order) }, s.bindDistinctOn} {
		if err := bind(); err != nil {
			return nil, err
		}
	}
	if err := s.checkLocks(); err != nil {
		return nil, err
	}
	return s.build()
}

// where narrows the rows of FROM.
func (s *selection) where() error {
	if s.sel.Where == nil {
		return nil
	}
	n, err := s.env.filter(s.scope, s.sel.Where, s.in, clause{name: "WHERE"})
	if err == nil {
		s.scope.node = n
	}
	return err
}

// filter puts a condition on a scope's rows. EXISTS and IN that stand as conditions of their
// own are semi joins. Conditions without subqueries come first, and each of the others sees
// only the rows that those before it let pass, so that no subquery is asked for a row that
// is not there (E2).
func (e *env) filter(s *scope, cond ast.Expr, in *binding, c clause) (Node, error) {
	b := &binder{env: e, scope: s, ctes: in.ctes, clause: c, found: &found{}}
	s.found, s.clause = b.found, &c
	var first, later []expr.Expr
	var semi []ast.Expr
	for _, x := range conditions(cond) {
		if isMembership(x) {
			semi = append(semi, x)
			continue
		}
		p, err := b.condition(x)
		if err != nil {
			return nil, err
		}
		for _, p := range expr.Conjuncts(p) {
			if hasSubquery(p) {
				later = append(later, p)
			} else {
				first = append(first, p)
			}
		}
	}
	n := filtered(s.node, first)
	var err error
	for _, x := range semi {
		if n, err = b.semiJoin(n, x); err != nil {
			return nil, err
		}
	}
	for _, p := range later {
		if n, err = b.attach(n, &p); err != nil {
			return nil, err
		}
		n = &Filter{Input: n, Preds: expr.Conjuncts(p)}
	}
	return n, nil
}

// hasSubquery reports whether the value of a subquery stands in an expression.
func hasSubquery(x expr.Expr) bool {
	return slices.ContainsFunc(columnsOf(x), func(c int) bool { return c >= subqueryBase })
}

// conditions takes the ANDs of a condition apart.
func conditions(x ast.Expr) []ast.Expr {
	if a, ok := x.(*ast.And); ok {
		var out []ast.Expr
		for _, arg := range a.Args {
			out = append(out, conditions(arg)...)
		}
		return out
	}
	return []ast.Expr{x}
}

func (s *selection) bindTargets() error {
	b := s.binder(clause{name: "SELECT", aggregates: true, windows: true, sets: true})
	for _, t := range s.sel.Targets {
		if star, ok := t.Expr.(*ast.Star); ok {
			targets, err := s.starTargets(b, star)
			if err != nil {
				return err
			}
			s.targets = append(s.targets, targets...)
			continue
		}
		x, err := b.expr(t.Expr)
		if err == nil && x.Type().Is(col.Unknown) && !s.in.untyped {
			x, err = b.coerce(x, col.Text, fn.Implicit)
		}
		if err != nil {
			return err
		}
		name := t.Alias
		if name == "" {
			name = columnName(t.Expr)
		}
		s.targets = append(s.targets, target{x, name, t.Expr.Position()})
	}
	return nil
}

// starTargets are what *, t.* or (row).* stands for.
func (s *selection) starTargets(b *binder, star *ast.Star) (out []target, err error) {
	if star.Row != nil {
		return b.rowFields(star)
	}
	fields, of, err := s.scope.expand(s.env, star)
	for _, f := range fields {
		of.found.note(f.at, star.Pos)
		out = append(out, target{b.field(of, f), f.name, star.Pos})
	}
	return out, err
}

// note remembers where a column was first named.
func (f *found) note(at, pos int) {
	if f == nil {
		return
	}
	if f.columns == nil {
		f.columns = map[int]int{}
	}
	if _, seen := f.columns[at]; !seen {
		f.columns[at] = pos
	}
}

func (s *selection) targetNames() []string {
	out := make([]string, len(s.targets))
	for i, t := range s.targets {
		out[i] = t.name
	}
	return out
}

// build makes the nodes above FROM and WHERE.
func (s *selection) build() (*relation, error) {
	b := s.binder(clause{})
	n := s.scope.node
	err := s.checkRecursion()
	if err != nil {
		return nil, err
	}
	if len(s.found.aggregates) > 0 || len(s.sel.GroupBy) > 0 || s.sel.Having != nil {
		if n, err = s.aggregate(b, n); err != nil {
			return nil, err
		}
	}
	if len(s.grouped) == 0 && s.group == nil && len(s.found.aggregates) == 0 && s.sel.Having == nil {
		s.orderWindows()
	}
	if n, err = s.overNodes(b, n); err != nil {
		return nil, err
	}
	if n, err = b.attach(n, s.results()...); err != nil {
		return nil, err
	}
	if n, err = s.joinSets(n); err != nil {
		return nil, err
	}
	return s.project(n)
}

// checkRecursion refuses aggregates over the rows of a recursion, which PostgreSQL does not have
// unless a subquery stands between.
func (s *selection) checkRecursion() error {
	if len(s.found.aggregates) == 0 || !slices.ContainsFunc(s.scope.sources, func(src *source) bool { return src.again }) {
		return nil
	}
	return s.env.at(s.found.aggregates[0].pos, errRecursion("aggregate functions are not allowed in a recursive query's recursive term"))
}

// results are the expressions of the result: targets, order, DISTINCT ON, and the arguments of
// functions that return rows.
func (s *selection) results() (xs []*expr.Expr) {
	for i := range s.targets {
		xs = append(xs, &s.targets[i].x)
	}
	for i := range s.keys {
		xs = append(xs, &s.keys[i].x)
	}
	for i := range s.on {
		xs = append(xs, &s.on[i])
	}
	return append(xs, s.setArguments()...)
}

// project makes the result columns, and behind them what only the order needs.
func (s *selection) project(n Node) (*relation, error) {
	p := &Project{Input: n}
	for _, t := range s.targets {
		p.Exprs, p.Names = append(p.Exprs, t.x), append(p.Names, t.name)
	}
	if len(s.keys) == 0 && len(s.on) == 0 && !s.sel.Distinct && n == s.scope.node { // rows come as FROM has them
		s.keys = s.scope.rowOrder()
	}
	r := &relation{width: len(s.targets)}
	place := func(x expr.Expr) int {
		if i := indexOf(p.Exprs, x); i >= 0 {
			return i
		}
		p.Exprs, p.Names = append(p.Exprs, x), append(p.Names, "?column?")
		return len(p.Exprs) - 1
	}
	for _, k := range s.keys {
		at := place(k.x)
		if at >= r.width && s.sel.Distinct && s.on == nil {
			return nil, s.env.at(k.pos, pgerr.New(pgerr.InvalidColumnReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list"))
		}
		r.order = append(r.order, exec.OrderBy{Col: at, Order: k.Order})
	}
	for _, l := range s.waits {
		rows := lockedRows{l.locking, l.relation, make([]int, len(l.at))}
		for i, at := range l.at {
			rows.at[i] = place(expr.NewColumn(at, s.scope.node.Schema()[at].Type))
		}
		r.rows = append(r.rows, rows)
	}
	var on []int
	for _, x := range s.on {
		on = append(on, place(x))
	}
	r.node = p
	switch {
	case s.on != nil:
		r.node = &TopN{Input: p, TopNSpec: exec.TopNSpec{Partition: on, Order: r.order, Limit: 1}}
	case s.sel.Distinct:
		for _, t := range s.targets {
			if err := comparable(t.x.Type()); err != nil {
				return nil, s.env.at(t.pos, err)
			}
		}
		r.node = &Distinct{Input: p}
	}
	return r, nil
}
