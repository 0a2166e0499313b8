package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/parse"
)

// RowProgram makes a row to be stored: the columns, then the generated ones, then what is
// checked. Prepare runs it in the session, and Resolve for rows that it makes itself (C1).
type RowProgram struct {
	// Exprs is one expression for each column of the relation, over the program's input, cast
	// for assignment. Those of generated columns and of the hidden row number are NULL.
	Exprs []expr.Expr
	// InOrder says that Exprs are to be computed for one row after the other.
	InOrder bool
	// Generated are computed in their order over the row that Exprs made.
	Generated []Computed
	// NotNull are the columns that must not be NULL; a violation is NotNullViolation's error.
	NotNull []int
	// Checks are over the whole row; one that is false is CheckViolation's error.
	Checks []Check
}

// Computed is a generated column.
type Computed struct {
	Column int
	Expr   expr.Expr // over the row
}

// Check is a CHECK constraint.
type Check struct {
	Name string
	Expr expr.Expr // over the row
}

// NotNullViolation is the error for a NULL in column c of a row; failing is FailingRow's text.
func NotNullViolation(r *catalog.Relation, schema string, c int, failing string) *pgerr.Error {
	err := pgerr.New(pgerr.NotNullViolation, "null value in column %q of relation %q violates not-null constraint", r.Columns[c].Name, r.Name).
		WithDetail("%s", failing)
	err.Schema, err.Table, err.Column = schema, r.Name, r.Columns[c].Name
	return err
}

// CheckViolation is the error for a row that a CHECK refuses.
func CheckViolation(r *catalog.Relation, schema, check, failing string) *pgerr.Error {
	err := pgerr.New(pgerr.CheckViolation, "new row for relation %q violates check constraint %q", r.Name, check).WithDetail("%s", failing)
	err.Schema, err.Table, err.Constraint = schema, r.Name, check
	return err
}

// FailingRow is the detail of a row that a constraint refuses. text prints the value of a
// column, ok false for NULL. Hidden columns are left out.
func FailingRow(r *catalog.Relation, text func(c int) (s string, ok bool)) string {
	const longest = 64 // bytes of a value, as in PostgreSQL
	b := []byte("Failing row contains (")
	first := true
	for i, c := range r.Columns {
		if c.Hidden {
			continue
		}
		if !first {
			b = append(b, ", "...)
		}
		first = false
		s, ok := text(i)
		switch {
		case !ok:
			s = "null"
		case len(s) > longest:
			s = clip(s, longest) + "..."
		}
		b = append(b, s...)
	}
	return string(append(b, ")."...))
}

// clip cuts a string to at most n bytes, not within a character.
func clip(s string, n int) string {
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// tableScope is what the names in a table's own expressions mean.
func (e *env) tableScope(r *catalog.Relation, alias string) *scope {
	s := e.newScan(r)
	cols := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		cols[i] = c.Name
	}
	if alias == "" {
		alias = r.Name
	}
	return newSource(s, &source{alias: alias, real: r.Name}, cols, func(i int) bool { return r.Columns[i].Hidden })
}

// program fills in what a relation says of its rows; exprs are the values of the columns that
// the statement gives, over the program's input, nil where the column's default goes.
func (e *env) program(r *catalog.Relation, exprs []expr.Expr) (*RowProgram, error) {
	p := &RowProgram{Exprs: slices.Clone(exprs)}
	for i, c := range r.Columns {
		if p.Exprs[i] == nil {
			d, err := e.defaultOf(c)
			if err != nil {
				return nil, err
			}
			p.Exprs[i] = d
		}
		if c.NotNull && !c.Hidden {
			p.NotNull = append(p.NotNull, i)
		}
	}
	return p, e.rowChecks(r, p)
}

// folded computes the constant parts of expressions.
func folded(xs []expr.Expr) []expr.Expr {
	c := fn.NewCtx(nil, 0)
	out := make([]expr.Expr, len(xs))
	for i, x := range xs {
		out[i] = fold(c, x)
	}
	return out
}

// rowChecks binds generated columns and CHECKs.
func (e *env) rowChecks(r *catalog.Relation, p *RowProgram) error {
	p.Exprs = folded(p.Exprs)
	p.InOrder = expr.InOrder(p.Exprs...)
	around := e.silent()
	s := around.tableScope(r, "")
	for i, c := range r.Columns {
		if c.Generated == "" {
			continue
		}
		x, err := around.stored(c.Generated, s, clause{name: "column generation expressions"}, c.Type)
		if err != nil {
			return err
		}
		p.Exprs[i] = expr.NewNull(c.Type)
		p.Generated = append(p.Generated, Computed{i, x})
	}
	for _, c := range r.Checks {
		x, err := around.stored(c.Expr, s, clause{name: "check constraints"}, col.Bool)
		if err != nil {
			return err
		}
		p.Checks = append(p.Checks, Check{c.Name, x})
	}
	return nil
}

// silent is e for texts of the catalog, in which positions mean nothing to the client.
func (e *env) silent() *env {
	around := *e.Env
	around.Text = ""
	n := *e
	n.Env = &around
	return &n
}

// stored binds an expression that the catalog keeps, cast to a type.
func (e *env) stored(text string, s *scope, c clause, t col.Type) (expr.Expr, error) {
	bound, err := e.storedExpr(text, s, c)
	if err != nil {
		return nil, err
	}
	return e.coerce(bound, t, fn.Assignment)
}

// storedExpr binds an expression that is kept as text.
func (e *env) storedExpr(text string, s *scope, c clause) (expr.Expr, error) {
	x, err := parse.Expr(text)
	if err != nil {
		return nil, err
	}
	return (&binder{env: e, scope: s, clause: c}).expr(x)
}

const noColumnsInDefault = "cannot use column reference in DEFAULT expression"

// defaultOf is the value of a column that a statement leaves out.
func (e *env) defaultOf(c catalog.Column) (expr.Expr, error) {
	switch {
	case c.Identity != "":
		return e.silent().defaultAs(nextValueOf(c.Sequences[0]), c.Type)
	case c.Default == "":
		return expr.NewNull(c.Type), nil
	}
	return e.silent().defaultAs(c.Default, c.Type)
}

// inDefault is where defaults stand.
var inDefault = clause{name: "DEFAULT expressions", refuse: noColumnsInDefault}

// defaultAs binds a default, cast to a type.
func (e *env) defaultAs(text string, t col.Type) (expr.Expr, error) {
	return e.stored(text, nil, inDefault, t)
}

// assign casts a value for a column.
func (e *env) assign(x expr.Expr, c catalog.Column, pos int) (expr.Expr, error) {
	v, err := e.coerce(x, c.Type, fn.Assignment)
	if err == nil {
		return v, nil
	}
	if pgerr.CodeOf(err) == pgerr.CannotCoerce {
		err = pgerr.New(pgerr.DatatypeMismatch, "column %q is of type %s but expression is of type %s", c.Name, bare(c.Type), bare(x.Type())).
			WithHint("You will need to rewrite or cast the expression.")
	}
	return nil, e.at(pos, err)
}

// targetColumn finds a column that a statement writes.
func (e *env) targetColumn(r *catalog.Relation, id ast.Ident) (int, error) {
	i := r.ColumnIndex(id.Name)
	if i < 0 || r.Columns[i].Hidden {
		return 0, e.at(id.Pos, pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", id.Name, r.Name))
	}
	return i, nil
}

// target finds the relation that a statement writes, and refuses what cannot be written.
func (e *env) target(n ast.Name, verb string) (*catalog.Relation, error) {
	r, err := e.relation(n)
	if err != nil {
		return nil, err
	}
	e.use(r)
	if err := refuseSystem(r); err != nil {
		return nil, err
	}
	switch r.Kind {
	case catalog.Table:
		return r, nil
	case catalog.Stream:
		if verb == "insert into" {
			return r, nil
		}
		err = pgerr.New(pgerr.WrongObjectType, "cannot %s stream %q", verb, r.Name).
			WithHint("Streams are append-only. Use a table for rows that change.")
	case catalog.View:
		err = pgerr.New(pgerr.ObjectNotInPrerequisiteState, "cannot %s view %q", verb, r.Name).
			WithDetail("Views are not updatable.").WithHint("Write to the tables that the view reads.")
	case catalog.Sequence:
		return nil, pgerr.New(pgerr.WrongObjectType, "cannot change sequence %q", r.Name)
	case catalog.MaterializedView:
		return nil, pgerr.New(pgerr.WrongObjectType, "cannot change materialized view %q", r.Name)
	default:
		err = pgerr.New(pgerr.WrongObjectType, "cannot open relation %q", r.Name).WithDetail("This operation is not supported for %s.", map[catalog.Kind]string{catalog.Index: "indexes", catalog.Sink: "sinks"}[r.Kind])
	}
	return nil, e.at(n.Pos, err)
}

// refuseSystem is the error of a statement that would change what belongs to the server.
func refuseSystem(r *catalog.Relation) error {
	if !catalog.IsSystemSchema(r.Schema) {
		return nil
	}
	return pgerr.New(pgerr.InsufficientPrivilege, "permission denied: %q is a system catalog", r.Name)
}
