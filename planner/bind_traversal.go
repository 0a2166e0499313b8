package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// SEARCH and CYCLE are more columns of the recursion, which both terms make around themselves:
//
//	SELECT cols, ARRAY[ROW(by)] FROM (first term) l(cols)
//	SELECT cols, array_append(seq, ROW(by)) FROM (SELECT …, c.seq FROM … c … WHERE …) r(cols, seq)
//
// seq being the rows on the way for DEPTH FIRST, and a row of the depth and the columns for
// BREADTH FIRST. CYCLE has the rows on the way too, and a mark where the last of them was there
// before; from rows with the mark nothing follows.
type traversal struct {
	c     *ast.CTE
	pos   int
	names []string
	from  string // what the recursive term calls the rows of the round before
	first []ast.Expr
	step  []ast.Expr
	added []string
}

// depthColumn is the hidden column of BREADTH FIRST, behind all others.
const depthColumn = "*depth*"

// traversal binds a recursive query with SEARCH or CYCLE, and returns it as it is written out.
func (e *env) traversal(w *ast.With, c *ast.CTE, in *binding) (*relation, *ast.CTE, error) {
	if !w.Recursive {
		return nil, nil, e.at(c.Pos, pgerr.New(pgerr.SyntaxError, "WITH query is not recursive"))
	}
	body, ok := c.Query.Body.(*ast.SetOp)
	if !ok || body.Op != ast.Union {
		r, err := e.recursive(c, 0, in)
		if err == nil {
			err = e.at(c.Pos, pgerr.New(pgerr.SyntaxError, "WITH query is not recursive"))
		}
		return r, c, err
	}
	if _, nested := body.Left.(*ast.SetOp); nested {
		return nil, nil, pgerr.New(pgerr.FeatureNotSupported, "with a SEARCH or CYCLE clause, the left side of the UNION must be a SELECT")
	}
	right, ok := body.Right.(*ast.Select)
	deep := pgerr.New(pgerr.FeatureNotSupported, "with a SEARCH or CYCLE clause, the recursive reference to WITH query %q must be at the top level of its right-hand SELECT", c.Name)
	if q, inner := body.Right.(*ast.Query); inner {
		if right, ok = q.Body.(*ast.Select); ok && q.With != nil {
			return nil, nil, deep
		}
	}
	if !ok {
		return nil, nil, pgerr.New(pgerr.SyntaxError, "with a SEARCH or CYCLE clause, the right side of the UNION must be a SELECT")
	}
	base, err := e.body(body.Left, nil, &binding{outer: in.outer, ctes: in.ctes})
	if err != nil {
		return nil, nil, err
	}
	t := &traversal{c: c, pos: c.Pos, names: names(renamed(base.visible().Schema(), c.Columns), identity(base.width)), from: readAs(right.From, c.Name)}
	if t.from == "" && slices.Contains(tablesIn(right), c.Name) {
		return nil, nil, deep
	}
	if t.from == "" {
		return nil, nil, e.at(c.Pos, pgerr.New(pgerr.SyntaxError, "WITH query is not recursive"))
	}
	if err := e.checkTraversal(t); err != nil {
		return nil, nil, err
	}
	t.search()
	t.cycle()
	out := t.written(body, right)
	r, err := e.recursive(out, len(t.added), in)
	if err == nil && t.added[len(t.added)-1] == depthColumn {
		out.Columns = out.Columns[:len(out.Columns)-1]
		r = &relation{node: columnsProject(r.visible(), identity(r.width-1)), width: r.width - 1}
	}
	return r, out, err
}

// readAs is what FROM items that are joined call a relation; empty: it is none of them.
func readAs(from []ast.TableExpr, name string) string {
	for _, f := range from {
		switch f := f.(type) {
		case *ast.Table:
			switch {
			case f.Name.Schema != "" || f.Name.Name != name:
			case f.Alias.Name != "":
				return f.Alias.Name
			default:
				return name
			}
		case *ast.Join:
			if as := readAs([]ast.TableExpr{f.Left, f.Right}, name); as != "" {
				return as
			}
		}
	}
	return ""
}

// checkTraversal refuses names that are not there, or twice.
func (e *env) checkTraversal(t *traversal) error {
	refuse := func(pos int, code, format string, args ...any) error {
		return e.at(pos, pgerr.New(code, format, args...))
	}
	by := func(what string, pos int, columns []ast.Ident) error {
		for i, c := range columns {
			if !slices.Contains(t.names, c.Name) {
				return refuse(pos, pgerr.SyntaxError, "%s column %q not in WITH query column list", what, c.Name)
			}
			if slices.ContainsFunc(columns[:i], func(d ast.Ident) bool { return c.Name == d.Name }) {
				return refuse(pos, pgerr.DuplicateColumn, "%s column %q specified more than once", what, c.Name)
			}
		}
		return nil
	}
	fresh := func(what string, pos int, c ast.Ident) error {
		if slices.Contains(t.names, c.Name) {
			return refuse(pos, pgerr.SyntaxError, "%s column name %q already used in WITH query column list", what, c.Name)
		}
		return nil
	}
	s, y := t.c.Search, t.c.Cycle
	if s != nil {
		if err := by("search", s.Pos, s.Columns); err != nil {
			return err
		}
		if err := fresh("search sequence", s.Pos, s.Set); err != nil {
			return err
		}
	}
	if y == nil {
		return nil
	}
	if err := by("cycle", y.Pos, y.Columns); err != nil {
		return err
	}
	if err := e.checkMark(y); err != nil {
		return err
	}
	if err := fresh("cycle mark", y.Pos, y.Mark); err != nil {
		return err
	}
	if err := fresh("cycle path", y.Pos, y.Path); err != nil {
		return err
	}
	switch {
	case y.Mark.Name == y.Path.Name:
		return refuse(y.Pos, pgerr.SyntaxError, "cycle mark column name and cycle path column name are the same")
	case s != nil && s.Set.Name == y.Mark.Name:
		return refuse(s.Pos, pgerr.SyntaxError, "search sequence column name and cycle mark column name are the same")
	case s != nil && s.Set.Name == y.Path.Name:
		return refuse(s.Pos, pgerr.SyntaxError, "search sequence column name and cycle path column name are the same")
	}
	return nil
}

// checkMark wants the values of the mark to be of one type that can be compared.
func (e *env) checkMark(y *ast.CycleClause) error {
	if y.Value == nil {
		y.Value, y.Default = &ast.Bool{Pos: y.Pos, Value: true}, &ast.Bool{Pos: y.Pos}
		return nil
	}
	b := &binder{env: e, clause: clause{name: "CYCLE"}}
	v, err := b.list([]ast.Expr{y.Value, y.Default})
	if err != nil {
		return err
	}
	t, err := fn.CommonType("CYCLE", exprTypes(v))
	if err != nil {
		return e.at(y.Default.Position(), err)
	}
	return e.at(y.Value.Position(), comparable(t))
}

func (t *traversal) column(parts ...string) ast.Expr { return &ast.ColumnRef{Pos: t.pos, Parts: parts} }

// row is ROW(…) of columns of the row that is being made.
func (t *traversal) row(before []ast.Expr, by []ast.Ident) ast.Expr {
	r := &ast.Row{Pos: t.pos, Explicit: true, Elems: before}
	for _, c := range by {
		r.Elems = append(r.Elems, t.column(c.Name))
	}
	return r
}

func (t *traversal) add(name string, first, step ast.Expr) {
	t.added, t.first, t.step = append(t.added, name), append(t.first, first), append(t.step, step)
}

// way is the rows on the way in a column.
func (t *traversal) way(name string, by []ast.Ident) {
	last := t.row(nil, by)
	call := &ast.Call{Pos: t.pos, Name: ast.Name{Pos: t.pos, Schema: "pg_catalog", Name: "array_append"}, Args: []ast.Expr{t.column(name), last}}
	t.add(name, &ast.Array{Pos: t.pos, Elems: []ast.Expr{last}}, call)
}

func (t *traversal) search() {
	s := t.c.Search
	switch {
	case s == nil:
	case s.Breadth:
		deeper := &ast.Binary{Pos: t.pos, Op: ast.Operator{Pos: t.pos, Name: "+"}, Left: t.column(depthColumn), Right: &ast.Number{Pos: t.pos, Text: "1"}}
		t.add(s.Set.Name, t.row([]ast.Expr{t.zero()}, s.Columns), t.row([]ast.Expr{deeper}, s.Columns))
	default:
		t.way(s.Set.Name, s.Columns)
	}
}

func (t *traversal) zero() ast.Expr {
	return &ast.Cast{Pos: t.pos, Expr: &ast.Number{Pos: t.pos, Text: "0"}, Type: &ast.TypeName{Pos: t.pos, Name: "int8"}}
}

func (t *traversal) cycle() {
	if y := t.c.Cycle; y != nil {
		seen := &ast.Quantified{Pos: t.pos, Expr: t.row(nil, y.Columns), Op: ast.Operator{Pos: t.pos, Name: "="}, Array: t.column(y.Path.Name)}
		t.add(y.Mark.Name, t.mark(&ast.Bool{Pos: t.pos}), t.mark(seen))
		t.way(y.Path.Name, y.Columns)
	}
	if s := t.c.Search; s != nil && s.Breadth {
		deeper := &ast.Binary{Pos: t.pos, Op: ast.Operator{Pos: t.pos, Name: "+"}, Left: t.column(depthColumn), Right: &ast.Number{Pos: t.pos, Text: "1"}}
		t.add(depthColumn, t.zero(), deeper)
	}
}

// mark is the mark of a row that was there before, or was not: both of one type.
func (t *traversal) mark(seen ast.Expr) ast.Expr {
	y := t.c.Cycle
	return &ast.Case{Pos: t.pos, Whens: []*ast.When{{Pos: t.pos, Cond: seen, Result: y.Value}}, Else: y.Default}
}

// written is the query with the columns in both terms.
func (t *traversal) written(body *ast.SetOp, right *ast.Select) *ast.CTE {
	inner := *right
	inner.Targets = slices.Clone(right.Targets)
	for _, name := range t.added {
		inner.Targets = append(inner.Targets, &ast.Target{Pos: t.pos, Expr: t.column(t.from, name)})
	}
	if y := t.c.Cycle; y != nil {
		var stop ast.Expr = &ast.Binary{Pos: t.pos, Op: ast.Operator{Pos: t.pos, Name: "<>"}, Left: t.column(t.from, y.Mark.Name), Right: y.Value}
		if inner.Where != nil {
			stop = &ast.And{Pos: t.pos, Args: []ast.Expr{inner.Where, stop}}
		}
		inner.Where = stop
	}
	union := *body
	union.Left = t.around(body.Left, t.names, t.first)
	union.Right = t.around(&inner, slices.Concat(t.names, t.added), t.step)
	q := *t.c.Query
	q.Body = &union
	out := *t.c
	out.Query, out.Search, out.Cycle, out.Columns = &q, nil, nil, nil
	for _, name := range slices.Concat(t.names, t.added) {
		out.Columns = append(out.Columns, ast.Ident{Pos: t.pos, Name: name})
	}
	return &out
}

// around is SELECT names, more FROM (term) term(columns).
func (t *traversal) around(term ast.QueryBody, columns []string, more []ast.Expr) ast.QueryBody {
	d := &ast.Derived{Pos: t.pos, Query: &ast.Query{Pos: t.pos, Body: term}, Alias: ast.Alias{Pos: t.pos, Name: "*term*"}}
	for _, name := range columns {
		d.Alias.Columns = append(d.Alias.Columns, ast.Ident{Pos: t.pos, Name: name})
	}
	s := &ast.Select{Pos: t.pos, From: []ast.TableExpr{d}}
	for _, name := range t.names {
		s.Targets = append(s.Targets, &ast.Target{Pos: t.pos, Expr: t.column(name)})
	}
	for _, x := range more {
		s.Targets = append(s.Targets, &ast.Target{Pos: t.pos, Expr: x})
	}
	return s
}
