package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// InsertPlan is an INSERT.
type InsertPlan struct {
	Relation *catalog.Relation
	// Source makes the rows; a *Values is INSERT … VALUES, which needs no dataflow (see
	// Values.Rows).
	Source Node
	// Program makes the rows to be stored out of Source's; its input is a row of Source.
	Program *RowProgram
	// Conflict says what a row whose key is there does; nil: it is an error.
	Conflict *ConflictPlan
	// Returning is over the stored row: all columns of the relation. nil: none.
	Returning []expr.Expr
}

// ConflictPlan is ON CONFLICT.
type ConflictPlan struct {
	// Arbiter is the index whose conflicts are meant; 0: any (DO NOTHING only).
	Arbiter catalog.OID
	// Update makes the new row out of the existing row and the row to insert, in this order:
	// column i of the relation is i for the one and len(Columns)+i for the other. nil: DO
	// NOTHING.
	Update *RowProgram
	// Where is over the same input; a row for which it is not true stays as it is. nil: none.
	Where expr.Expr
	// Beside is what the subqueries in both give for such rows, which stands behind their columns;
	// nil: there are none.
	Beside *Beside
}

var _ = statement(func(e *env, s *ast.Insert) (*Plan, error) {
	r, err := e.target(s.Table, "insert into")
	if err != nil {
		return nil, err
	}
	columns, err := e.insertColumns(r, s.Columns)
	if err != nil {
		return nil, err
	}
	p := &InsertPlan{Relation: r}
	in, err := e.with(s.With, e.statementBinding())
	if err != nil {
		return nil, err
	}
	exprs, err := e.insertSource(p, s, columns, in)
	if err != nil {
		return nil, err
	}
	if p.Program, err = e.program(r, exprs); err != nil {
		return nil, err
	}
	if s.OnConflict != nil {
		if p.Conflict, err = e.onConflict(r, s, in); err != nil {
			return nil, err
		}
	}
	if _, rows := p.Source.(*Values); rows {
		p.Source = foldConstants(p.Source) // the other rules have nothing to do
	} else if p.Source, err = e.finish(p.Source); err != nil {
		return nil, err
	}
	plan := &Plan{Tag: "INSERT", Insert: p}
	p.Returning, err = e.returning(plan, e.tableScope(r, s.Alias), s.Returning, in)
	return plan, err
})

// insertColumns are what the source's rows are for.
func (e *env) insertColumns(r *catalog.Relation, places []ast.Place) (out []part, err error) {
	if len(places) == 0 {
		for i, c := range r.Columns {
			if !c.Hidden {
				out = append(out, part{at: i, column: c, typ: c.Type})
			}
		}
		return out, nil
	}
	b := &binder{env: e, clause: clause{name: "INSERT"}}
	for _, place := range places {
		p, err := e.partOf(b, r, place)
		if err != nil {
			return nil, err
		}
		if p.twice(out) {
			return nil, e.at(place.Pos, pgerr.New(pgerr.DuplicateColumn, "column %q specified more than once", place.Name))
		}
		out = append(out, p)
	}
	return out, nil
}

// insertSource binds the rows and returns the value of each column over them.
func (e *env) insertSource(p *InsertPlan, s *ast.Insert, columns []part, in *binding) ([]expr.Expr, error) {
	exprs := make([]expr.Expr, len(p.Relation.Columns))
	if s.Source == nil {
		p.Source = &Values{Rows: [][]expr.Expr{{}}}
		return exprs, nil
	}
	if v, ok := s.Source.Body.(*ast.Values); ok && s.Source.With == nil && len(s.Source.OrderBy) == 0 && s.Source.Limit == nil && s.Source.Offset == nil {
		return exprs, e.insertValues(p, s, v, columns, exprs, in)
	}
	source := *in
	source.untyped, source.top, source.changes = true, true, false
	r, err := e.query(s.Source, &source)
	if err != nil {
		return nil, err
	}
	n := r.visible()
	if err := e.checkWidth(s, columns, r.width, s.Source.Body); err != nil {
		return nil, err
	}
	want := types(n.Schema())
	for i := range want {
		if want[i].Is(col.Unknown) {
			want[i] = columns[i].typ
		}
	}
	if p.Source, err = e.retype(n, want, fn.Assignment, func(i int) int { return targetPos(s.Source, i) }); err != nil {
		return nil, err
	}
	for i, c := range p.Source.Schema() {
		if givesWay(columns[i].column, s.Overriding) {
			continue
		}
		if err := refuseGenerated(columns[i].column, s.Overriding); err != nil {
			return nil, err
		}
		v, err := e.assignTo(columns[i], expr.NewColumn(i, c.Type), targetPos(s.Source, i))
		if err != nil {
			return nil, err
		}
		columns[i].put(exprs, v)
	}
	return exprs, nil
}

// targetPos is the place of a select list's item, for the error of its cast.
func targetPos(q *ast.Query, i int) int {
	if sel, ok := q.Body.(*ast.Select); ok && i < len(sel.Targets) {
		return leftmost(sel.Targets[i].Expr)
	}
	return q.Pos
}

// insertValues binds VALUES: each item takes the type of its column, and DEFAULT its default.
func (e *env) insertValues(p *InsertPlan, s *ast.Insert, v *ast.Values, columns []part, exprs []expr.Expr, in *binding) (err error) {
	b := &binder{env: e, scope: &scope{node: &Values{}}, ctes: in.ctes, clause: clause{name: "VALUES"}, found: &found{}}
	rows := &Values{}
	for _, c := range columns[:min(len(columns), len(v.Rows[0]))] {
		rows.Columns = append(rows.Columns, col.Column{Name: c.column.Name, Type: c.typ})
	}
	for _, row := range v.Rows {
		if len(row) != len(v.Rows[0]) {
			return e.at(row[0].Position(), pgerr.New(pgerr.SyntaxError, "VALUES lists must all be the same length"))
		}
		if err := e.checkWidth(s, columns, len(row), v); err != nil {
			return err
		}
		bound := make([]expr.Expr, len(row))
		for i, x := range row {
			var err error
			if bound[i], err = e.insertValue(b, columns[i], x, s.Overriding); err != nil {
				return err
			}
		}
		rows.Rows = append(rows.Rows, bound)
	}
	for i, c := range rows.Columns {
		columns[i].put(exprs, expr.NewColumn(i, c.Type))
	}
	p.Source = rows
	if len(b.found.subqueries) == 0 {
		return nil
	}
	p.Source, err = b.rowsWithQueries(rows)
	return err
}

func (e *env) insertValue(b *binder, p part, x ast.Expr, overriding string) (expr.Expr, error) {
	if _, ok := x.(*ast.Default); ok || givesWay(p.column, overriding) {
		return e.defaultFor(p)
	}
	if err := refuseGenerated(p.column, overriding); err != nil {
		return nil, err
	}
	bound, err := b.expr(x)
	if err != nil {
		return nil, err
	}
	return e.assignTo(p, bound, leftmost(x))
}

// givesWay reports whether an identity column takes its sequence's value in place of a given one.
func givesWay(c catalog.Column, overriding string) bool {
	return c.Identity != "" && overriding == "USER"
}

func refuseGenerated(c catalog.Column, overriding string) error {
	refused := pgerr.New("428C9", "cannot insert a non-DEFAULT value into column %q", c.Name)
	switch {
	case c.Generated != "":
		return refused.WithDetail("Column %q is a generated column.", c.Name)
	case c.Identity == catalog.IdentityAlways && overriding != "SYSTEM":
		return refused.WithDetail("Column %q is an identity column defined as GENERATED ALWAYS.", c.Name).
			WithHint("Use OVERRIDING SYSTEM VALUE to override.")
	}
	return nil
}

func (e *env) checkWidth(s *ast.Insert, columns []part, width int, body ast.QueryBody) error {
	if width > len(columns) {
		pos := body.Position()
		switch b := body.(type) {
		case *ast.Values:
			pos = b.Rows[0][len(columns)].Position()
		case *ast.Select:
			if len(columns) < len(b.Targets) {
				pos = b.Targets[len(columns)].Expr.Position()
			}
		}
		return e.at(pos, pgerr.New(pgerr.SyntaxError, "INSERT has more expressions than target columns"))
	}
	if len(s.Columns) > width {
		return e.at(s.Columns[width].Pos, pgerr.New(pgerr.SyntaxError, "INSERT has more target columns than expressions"))
	}
	return nil
}

func (e *env) onConflict(r *catalog.Relation, s *ast.Insert, in *binding) (*ConflictPlan, error) {
	oc := s.OnConflict
	p := &ConflictPlan{}
	var err error
	if p.Arbiter, err = e.arbiter(r, oc); err != nil {
		return nil, err
	}
	if oc.DoNothing {
		return p, nil
	}
	if p.Arbiter == 0 {
		return nil, e.at(oc.Pos, pgerr.New(pgerr.SyntaxError, "ON CONFLICT DO UPDATE requires inference specification or constraint name").
			WithHint("For example, ON CONFLICT (column_name)."))
	}
	existing, excluded := e.tableScope(r, s.Alias), e.tableScope(r, "excluded")
	both, err := e.join(existing, excluded, exec.Inner, 0, oc.Pos)
	if err != nil {
		return nil, err
	}
	b := &binder{env: e, scope: both, ctes: in.ctes, clause: clause{name: "UPDATE"}, found: &found{}}
	exprs, err := e.bindSet(b, r, oc.Set)
	if err != nil {
		return nil, err
	}
	if oc.Where != nil {
		b.clause = clause{name: "WHERE"}
		if p.Where, err = b.condition(oc.Where); err != nil {
			return nil, err
		}
	}
	if p.Beside, err = b.beside(both.node.Schema(), append(pointers(exprs), &p.Where)...); err != nil {
		return nil, err
	}
	p.Update = &RowProgram{Exprs: exprs}
	for i, c := range r.Columns {
		if c.NotNull && !c.Hidden {
			p.Update.NotNull = append(p.Update.NotNull, i)
		}
	}
	return p, e.rowChecks(r, p.Update)
}

// arbiter finds the unique index that ON CONFLICT means.
func (e *env) arbiter(r *catalog.Relation, oc *ast.OnConflict) (catalog.OID, error) {
	if oc.Constraint != "" {
		for _, oid := range r.Indexes {
			if ix := e.Catalog.Relation(oid); ix != nil && ix.Name == oc.Constraint && ix.Index.Constraint && ix.Index.Unique {
				return oid, nil
			}
		}
		return 0, pgerr.New(pgerr.UndefinedObject, "constraint %q for table %q does not exist", oc.Constraint, r.Name)
	}
	if len(oc.Target) == 0 {
		return 0, nil
	}
	if oc.TargetWhere != nil {
		return 0, e.at(oc.Pos, pgerr.Unsupported("ON CONFLICT over a partial index"))
	}
	var want []int
	for _, t := range oc.Target {
		ref, ok := t.Expr.(*ast.ColumnRef)
		if !ok {
			return 0, e.at(t.Pos, pgerr.Unsupported("ON CONFLICT over an expression"))
		}
		i := r.ColumnIndex(ref.Parts[0])
		if i < 0 || r.Columns[i].Hidden {
			return 0, e.at(t.Pos, pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", ref.Parts[0]))
		}
		if !slices.Contains(want, i) {
			want = append(want, i)
		}
	}
	slices.Sort(want)
	for _, oid := range r.Indexes {
		if ix := e.Catalog.Relation(oid); ix != nil && ix.Index.Unique && slices.Equal(slices.Sorted(slices.Values(ix.Index.Columns)), want) {
			return oid, nil
		}
	}
	return 0, pgerr.New(pgerr.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
}
