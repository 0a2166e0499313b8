package planner

import (
	"maps"
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// grouping turns expressions over the rows of FROM into expressions over groups.
type grouping struct {
	*selection
	exprs   []expr.Expr  // what groups are made by; columns that follow from them are appended
	names   []string     // of exprs, as the select list has them
	mapped  map[int]bool // subqueries whose expressions are over groups already
	within  bool         // what a subquery reads is being rewritten
	written []expr.Expr  // of exprs, those that GROUP BY has, before subqueries had their places
}

// aggregate puts the grouping above n and rewrites everything that stands above it.
func (s *selection) aggregate(b *binder, n Node) (Node, error) {
	if len(s.sel.GroupBy) == 0 {
		s.group = nil
	}
	n, err := s.joinGroupSets(n)
	if err != nil {
		return nil, err
	}
	written := slices.Clone(s.group)
	if n, err = s.attachBelow(b, n); err != nil {
		return nil, err
	}
	g := &grouping{selection: s, exprs: slices.Clone(s.group), mapped: map[int]bool{}, written: written}
	for _, x := range g.exprs {
		g.names = append(g.names, g.exprName(x))
	}
	for i := range s.having {
		if s.having[i], err = g.above(s.having[i]); err != nil {
			return nil, err
		}
	}
	for _, x := range s.results() {
		if *x, err = g.above(*x); err != nil {
			return nil, err
		}
	}
	for _, x := range s.found.overExprs() {
		if *x, err = g.above(*x); err != nil {
			return nil, err
		}
	}
	if err := g.aboveDirect(); err != nil {
		return nil, err
	}
	if err := g.checkGroupings(); err != nil {
		return nil, err
	}
	n = g.node(n)
	if len(g.exprs)+len(g.found.aggregates) == 0 { // one row a set, whatever FROM has
		n = &Values{Rows: make([][]expr.Expr, len(g.sets))}
	}
	g.place()
	return s.filterGroups(b, n)
}

// attachBelow joins the subqueries that grouping or aggregates need.
func (s *selection) attachBelow(b *binder, n Node) (Node, error) {
	var xs []*expr.Expr
	for i := range s.group {
		xs = append(xs, &s.group[i])
	}
	for i := range s.found.aggregates {
		a := &s.found.aggregates[i]
		for k := range a.args {
			xs = append(xs, &a.args[k])
		}
		for k := range a.order {
			xs = append(xs, &a.order[k].x)
		}
		if a.filter != nil {
			xs = append(xs, &a.filter)
		}
	}
	return b.attach(n, xs...)
}

// above rewrites an expression: what a group is made by becomes its column.
func (g *grouping) above(x expr.Expr) (expr.Expr, error) {
	for _, list := range [][]expr.Expr{g.exprs, g.written} {
		if i := indexOf(list, x); i >= 0 && (!isConst(x) || !g.inAllSets(i)) {
			return expr.NewColumn(i, x.Type()), nil
		}
	}
	if c, ok := x.(*expr.Column); ok {
		return g.aboveColumn(c)
	}
	args := x.Args()
	if len(args) == 0 {
		return x, nil
	}
	out := make([]expr.Expr, len(args))
	for i, a := range args {
		var err error
		if out[i], err = g.above(a); err != nil {
			return nil, err
		}
	}
	return x.With(out), nil
}

func isConst(x expr.Expr) bool { _, ok := x.(*expr.Const); return ok }

func (g *grouping) aboveColumn(c *expr.Column) (expr.Expr, error) {
	switch {
	case c.Index >= subqueryBase:
		return c, g.aboveSubquery((c.Index - subqueryBase) / mostValues)
	case c.Index >= aggregateBase:
		return c, nil
	case c.Index >= groupBase:
		return expr.NewColumn(c.Index-groupBase, c.Type()), nil
	}
	if x := g.scope.mergedOf(c.Index); x != nil {
		return g.above(x)
	}
	src, name := g.origin(c.Index)
	if src != nil && g.determined(src) {
		g.exprs, g.names = append(g.exprs, c), append(g.names, name)
		return expr.NewColumn(len(g.exprs)-1, c.Type()), nil
	}
	if src != nil && src.alias != "" {
		name = src.alias + "." + name
	}
	err := pgerr.New(pgerr.GroupingError, "column %q must appear in the GROUP BY clause or be used in an aggregate function", name)
	if g.within {
		err = pgerr.New(pgerr.GroupingError, "subquery uses ungrouped column %q from outer query", name)
	}
	at, named := g.found.columns[c.Index]
	err.Nowhere = !named // it stands behind the merged column of USING
	return nil, g.env.at(at, err)
}

// aboveSubquery rewrites what a subquery reads of the query around it.
func (g *grouping) aboveSubquery(k int) error {
	if g.mapped[k] {
		return nil
	}
	g.mapped[k] = true
	g.within = true
	defer func() { g.within = false }()
	for _, x := range g.found.subqueries[k].exprs() {
		y, err := g.above(*x)
		if err != nil {
			return err
		}
		*x = y
	}
	return nil
}

// origin finds the FROM item of a column.
func (g *grouping) origin(at int) (*source, string) {
	for _, src := range g.scope.sources {
		for _, f := range src.fields {
			if f.at == at {
				return src, f.name
			}
		}
	}
	for _, f := range g.scope.fields {
		if f.at == at {
			return nil, f.name
		}
	}
	return nil, "?column?"
}

// determined reports whether an item's row follows from the group, because its primary key
// is part of it.
func (g *grouping) determined(src *source) bool {
	if src.key == nil {
		return false
	}
	for _, k := range src.key {
		at := src.fields[k].at
		no := slices.IndexFunc(g.group, func(x expr.Expr) bool { return isColumn(x, at) })
		if no < 0 || !g.inAllSets(no) {
			return false
		}
	}
	return true
}

// node makes the grouping over the columns it needs.
func (g *grouping) node(n Node) Node {
	p := &Project{Input: n}
	add := func(x expr.Expr, name string) int {
		i := addExpr(&p.Exprs, x)
		if i == len(p.Names) {
			p.Names = append(p.Names, name)
		}
		return i
	}
	a := &Aggregate{Group: identity(len(g.exprs))}
	p.Exprs, p.Names = append(p.Exprs, g.exprs...), append(p.Names, g.names...)
	for _, u := range g.found.aggregates {
		if u.grouping != nil {
			continue
		}
		c := AggregateCall{Name: u.name, AggregateCall: exec.AggregateCall{Agg: u.agg, Filter: -1, Distinct: u.distinct, Direct: u.direct}}
		if u.ret != u.agg.Ret {
			c.Ret = u.ret
		}
		for _, x := range u.args {
			c.Args = append(c.Args, add(letPass(u.filter, x), g.exprName(x)))
		}
		for _, o := range u.order {
			c.Order = append(c.Order, exec.OrderBy{Col: add(letPass(u.filter, o.x), g.exprName(o.x)), Order: o.Order})
		}
		if u.filter != nil {
			c.Filter = add(u.filter, g.exprName(u.filter))
		}
		a.Calls = append(a.Calls, c)
	}
	a.Input = p
	if !g.plain() {
		return g.setsOf(a)
	}
	return a
}

// letPass is what an aggregate reads, computed only for rows that its FILTER, if it has one, lets
// pass where it can fail (E2).
func letPass(filter, x expr.Expr) expr.Expr {
	if filter == nil || !fallible(x) {
		return x
	}
	return expr.NewCase(x.Type(), filter, x, expr.NewNull(x.Type()))
}

// exprName names a column of the rows to be grouped, for EXPLAIN.
func (g *grouping) exprName(x expr.Expr) string {
	if c, ok := x.(*expr.Column); ok {
		_, name := g.origin(c.Index)
		return name
	}
	for _, t := range g.targets {
		if expr.Equal(t.x, x) {
			return t.name
		}
	}
	return displayExpr(x, g.scope.columns())
}

// place gives the aggregates their columns, now that the number of group columns is known.
func (g *grouping) place() {
	values := map[int]expr.Expr{}
	for i, a := range g.found.aggregates {
		values[aggregateBase+i] = expr.NewColumn(len(g.exprs)+i, a.ret)
	}
	for i := range g.having {
		g.having[i] = replaceColumns(g.having[i], values)
	}
	for _, x := range g.results() {
		*x = replaceColumns(*x, values)
	}
	for _, x := range g.found.overExprs() {
		*x = replaceColumns(*x, values)
	}
	for _, u := range g.found.subqueries {
		for _, x := range u.exprs() {
			*x = replaceColumns(*x, values)
		}
	}
}

// filterGroups is HAVING.
func (s *selection) filterGroups(b *binder, n Node) (Node, error) {
	if len(s.having) == 0 {
		return n, nil
	}
	xs := make([]*expr.Expr, len(s.having))
	for i := range s.having {
		xs[i] = &s.having[i]
	}
	n, err := b.attach(n, xs...)
	if err != nil {
		return nil, err
	}
	return &Filter{Input: n, Preds: s.having}, nil
}

// addGroup adds an expression that groups are made by, and returns its number.
func (s *selection) addGroup(b *binder, item *ast.GroupItem, written ast.Expr) (no int, err error) {
	x, at, err := s.groupExpr(b, written)
	if err != nil {
		return 0, err
	}
	if no, known := s.grouped[at]; known {
		return no, nil
	}
	for _, c := range columnsOf(x) {
		switch {
		case c >= aggregateBase && c < overBase:
			err = pgerr.New(pgerr.GroupingError, "aggregate functions are not allowed in GROUP BY")
		case c >= overBase && c < setColumn:
			err = pgerr.New(pgerr.WindowingError, "window functions are not allowed in GROUP BY")
		}
	}
	if err == nil {
		err = comparable(x.Type())
	}
	if err != nil {
		return 0, s.env.at(item.Pos, err)
	}
	if at < 0 {
		return addExpr(&s.group, x), nil
	}
	return s.groupTarget(at), nil
}

// groupTarget groups by a result column, and returns the number. Two result columns that are
// alike are two expressions to group by: a grouping set may have one and not the other.
func (s *selection) groupTarget(at int) int {
	no := indexOf(s.group, s.targets[at].x)
	if no < 0 || slices.Contains(slices.Collect(maps.Values(s.grouped)), no) {
		no = len(s.group)
		s.group = append(s.group, s.targets[at].x)
	}
	if s.grouped == nil {
		s.grouped = map[int]int{}
	}
	s.grouped[at] = no
	return no
}

// markGrouped has the result columns that are grouped by read their own column of the groups,
// where their expression would not tell it: constants, and what another one is too.
func (s *selection) markGrouped() {
	for at, no := range s.grouped {
		t := &s.targets[at]
		if isConst(t.x) && !s.inAllSets(no) || indexOf(s.group, t.x) != no {
			t.x = expr.NewColumn(groupBase+no, t.x.Type())
		}
	}
}

// groupExpr is an item of GROUP BY: a column of FROM, a result column by name or position, of
// which at is the number, or an expression.
func (s *selection) groupExpr(b *binder, x ast.Expr) (e expr.Expr, at int, err error) {
	ref, bareName := x.(*ast.ColumnRef)
	if bareName = bareName && len(ref.Parts) == 1; bareName && len(s.scope.find(ref.Parts[0])) > 0 {
		e, err = b.value(x)
		return e, -1, err
	}
	at, ok, err := s.resultColumn(x, s.targetNames(), "GROUP BY")
	if err != nil {
		return nil, -1, err
	}
	if ok {
		return s.targets[at].x, at, nil
	}
	e, err = b.value(x)
	return e, -1, err
}

func (s *selection) bindHaving() error {
	if s.sel.Having == nil {
		return nil
	}
	b := s.binder(clause{name: "HAVING", aggregates: true})
	x, err := b.condition(s.sel.Having)
	if err != nil {
		return err
	}
	s.having = expr.Conjuncts(x)
	return nil
}
