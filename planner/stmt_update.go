package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// UpdatePlan is an UPDATE.
type UpdatePlan struct {
	Relation *catalog.Relation
	// Source makes a row for each row to change: all columns of the relation as they are,
	// then the columns of FROM. A row that FROM meets several times counts once: the first.
	Source Node
	// Point is set when the rows are found by key and nothing but the row decides: Resolve
	// runs the statement whole (C2). Source does the same.
	Point *Point
	// Program makes the new row out of a row of Source; for Point out of the old row.
	Program *RowProgram
	// Set lists the columns that the statement writes.
	Set []int
	// Returning is over the new row, then the columns of FROM; nil: none.
	Returning []expr.Expr
}

// Point finds rows by key.
type Point struct {
	Index  catalog.OID
	Keys   [][]expr.Expr // as in Access
	Filter []expr.Expr   // what else must hold, over all columns of the relation
}

var _ = statement(func(e *env, s *ast.Update) (*Plan, error) {
	if s.CurrentOf != "" {
		return nil, e.at(s.Pos, pgerr.Unsupported("WHERE CURRENT OF"))
	}
	r, err := e.target(s.Table.Name, "update")
	if err != nil {
		return nil, err
	}
	in, err := e.with(s.With, e.statementBinding())
	if err != nil {
		return nil, err
	}
	scope, err := e.writeScope(r, s.Table, s.From, in.naming(s))
	if err != nil {
		return nil, err
	}
	p := &UpdatePlan{Relation: r}
	width := len(r.Columns)
	set := *scope // SET sees the columns of all items; subqueries join to the filtered rows
	if s.Where != nil {
		if set.node, err = e.filter(scope, s.Where, in, clause{name: "WHERE"}); err != nil {
			return nil, err
		}
	}
	exprs, n, err := e.updateSet(r, s.Set, &set, in)
	if err != nil {
		return nil, err
	}
	for _, a := range s.Set {
		for _, id := range a.Columns {
			if c := r.ColumnIndex(id.Name); !slices.Contains(p.Set, c) {
				p.Set = append(p.Set, c)
			}
		}
	}
	p.Program = &RowProgram{Exprs: exprs}
	for i, c := range r.Columns {
		if c.NotNull && !c.Hidden {
			p.Program.NotNull = append(p.Program.NotNull, i)
		}
	}
	if err := e.rowChecks(r, p.Program); err != nil {
		return nil, err
	}
	plan := &Plan{Tag: "UPDATE", Update: p}
	if p.Returning, err = e.returning(plan, &set, s.Returning, in); err != nil {
		return nil, err
	}
	if plan.ReturningBeside == nil {
		var lists [][]expr.Expr
		n, lists = narrowFrom(n, width, p.Program.Exprs, p.Returning)
		p.Program.Exprs, p.Returning = lists[0], lists[1]
	}
	if p.Source, err = e.finish(n); err != nil {
		return nil, err
	}
	p.Point = pointOf(p.Source, width)
	return plan, nil
})

// narrowFrom drops the columns behind a relation's own, those of FROM and USING, that no
// expression of the lists reads.
func narrowFrom(n Node, width int, lists ...[]expr.Expr) (Node, [][]expr.Expr) {
	total := len(n.Schema())
	need := make([]bool, total)
	for _, xs := range lists {
		for _, x := range xs {
			mark(need, columnsOf(x)...)
		}
	}
	keep, at := identity(width), make([]int, total)
	for c := range total {
		at[c] = c
		if c >= width && need[c] {
			at[c] = len(keep)
			keep = append(keep, c)
		}
	}
	if len(keep) == total {
		return n, lists
	}
	out := make([][]expr.Expr, len(lists))
	for i, xs := range lists {
		if xs != nil {
			out[i] = moveAll(xs, at)
		}
	}
	return columnsProject(n, keep), out
}

// writeScope is the rows of the relation to change, joined with FROM or USING.
func (e *env) writeScope(r *catalog.Relation, t *ast.Table, from []ast.TableExpr, in *binding) (*scope, error) {
	s := e.tableScope(r, t.Alias.Name)
	if t.Alias.Name == "" {
		s.sources[0].schema = e.Catalog.Schema(r.Schema).Name
	}
	s.sources[0].key = r.PrimaryKey
	if len(from) == 0 {
		return s, nil
	}
	other, err := e.from(from, &binding{ctes: in.ctes, named: in.named})
	if err != nil {
		return nil, err
	}
	return e.join(s, other, exec.Inner, 0, t.Pos)
}

// updateSet binds SET and joins the subqueries in it to the rows.
func (e *env) updateSet(r *catalog.Relation, set []*ast.Assign, s *scope, in *binding) ([]expr.Expr, Node, error) {
	b := &binder{env: e, scope: s, ctes: in.ctes, clause: clause{name: "UPDATE"}, found: &found{}}
	exprs, err := e.bindSet(b, r, set)
	if err != nil {
		return nil, nil, err
	}
	n, err := b.attach(s.node, pointers(exprs)...)
	return exprs, n, err
}

// bindSet returns the value of every column: what SET says, else the old one.
func (e *env) bindSet(b *binder, r *catalog.Relation, set []*ast.Assign) ([]expr.Expr, error) {
	exprs := make([]expr.Expr, len(r.Columns))
	for i, c := range r.Columns {
		exprs[i] = expr.NewColumn(i, c.Type)
	}
	var seen []part
	for _, a := range set {
		values, bound, err := b.setValues(a)
		if err != nil {
			return nil, err
		}
		for i, place := range a.Columns {
			p, err := e.partOf(b, r, place)
			if err != nil {
				return nil, err
			}
			if p.twice(seen) {
				return nil, pgerr.New(pgerr.SyntaxError, "multiple assignments to same column %q", place.Name)
			}
			seen = append(seen, p)
			var v expr.Expr
			if bound != nil {
				v, err = e.assignedTo(p, bound[i], targetPos(a.Value.(*ast.Subquery).Query, i))
			} else {
				v, err = e.setValue(b, p, values[i])
			}
			if err != nil {
				return nil, err
			}
			p.put(exprs, v)
		}
	}
	return exprs, nil
}

// setValues are what an item of SET assigns to its columns: values to be bound for them, or the
// columns of the one row of a subquery.
func (b *binder) setValues(a *ast.Assign) (values []ast.Expr, bound []expr.Expr, err error) {
	var width int
	switch x := a.Value.(type) {
	case *ast.Row:
		if !a.Multi {
			return []ast.Expr{x}, nil, nil
		}
		values, width = x.Elems, len(x.Elems)
	case *ast.Subquery:
		if !a.Multi {
			return []ast.Expr{x}, nil, nil
		}
		if values = rowSelected(x.Query); values != nil {
			width = len(values)
			break
		}
		row, err := b.subqueryRow(x)
		if err != nil {
			return nil, nil, err
		}
		bound, width = row.fields, len(row.fields)
	default:
		if a.Multi {
			return nil, nil, b.env.at(x.Position(), pgerr.New(pgerr.FeatureNotSupported, "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression"))
		}
		return []ast.Expr{x}, nil, nil
	}
	if width != len(a.Columns) {
		return nil, nil, b.env.at(a.Value.Position(), pgerr.New(pgerr.SyntaxError, "number of columns does not match number of values"))
	}
	return values, bound, nil
}

// rowSelected is the select list of a query that is nothing else, and so the same as a ROW; nil: it is more.
func rowSelected(q *ast.Query) (values []ast.Expr) {
	sel, ok := q.Body.(*ast.Select)
	if !ok || q.With != nil || q.Limit != nil || q.Offset != nil || len(q.OrderBy) > 0 || sel.Distinct || len(sel.DistinctOn) > 0 ||
		sel.Where != nil || len(sel.GroupBy) > 0 || sel.Having != nil || len(sel.From) > 0 {
		return nil
	}
	for _, t := range sel.Targets {
		if !oneValue(t.Expr) {
			return nil
		}
		values = append(values, t.Expr)
	}
	return values
}

// oneValue reports whether an expression in a select list neither stands for several columns nor makes
// rows or groups, whatever functions are called.
func oneValue(x ast.Expr) bool {
	one := true
	ast.Walk(x, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Star, *ast.Call, *ast.Subquery:
			one = false
		}
		return one
	})
	return one
}

func (e *env) setValue(b *binder, p part, x ast.Expr) (expr.Expr, error) {
	if _, isDefault := x.(*ast.Default); isDefault {
		return e.defaultFor(p)
	}
	if err := refuseSet(p); err != nil {
		return nil, err
	}
	v, err := b.expr(x)
	if err != nil {
		return nil, err
	}
	return e.assignTo(p, v, leftmost(x))
}

// assignedTo is setValue for what is bound already.
func (e *env) assignedTo(p part, v expr.Expr, pos int) (expr.Expr, error) {
	if err := refuseSet(p); err != nil {
		return nil, err
	}
	return e.assignTo(p, v, pos)
}

func refuseSet(p part) error {
	c := p.column
	refused := pgerr.New("428C9", "column %q can only be updated to DEFAULT", c.Name)
	switch {
	case c.Generated != "":
		return refused.WithDetail("Column %q is a generated column.", c.Name)
	case c.Identity == catalog.IdentityAlways:
		return refused.WithDetail("Column %q is an identity column defined as GENERATED ALWAYS.", c.Name)
	}
	return nil
}

// pointOf reads the plan of the rows to change as a look-up by key; nil: it is none.
func pointOf(n Node, width int) *Point {
	c := chainOf(n)
	if c == nil || !c.Scan.Access.IsPoint() || c.Limit != nil || c.Offset != nil || len(c.Exprs) != width {
		return nil
	}
	at := make([]int, len(c.Scan.Columns))
	for i, sc := range c.Scan.Columns {
		at[i] = sc.Position
	}
	return &Point{Index: c.Scan.Access.Index, Keys: c.Scan.Access.Keys, Filter: moveAll(c.Filter, at)}
}
