package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// CopyPlan is COPY FROM STDIN or TO STDOUT.
type CopyPlan struct {
	From bool
	// Relation is what COPY FROM fills; of COPY TO it is nil.
	Relation *catalog.Relation
	// Columns are the columns of the data: their names and types in order.
	Columns []col.Column
	// Program makes the rows to be stored; its input is a row of the data. nil for COPY TO.
	Program *RowProgram
	// Where keeps rows of the data; over its columns. nil: all.
	Where expr.Expr
	// Query is the source of COPY TO.
	Query *QueryPlan
	// Subscribe is set when COPY (SUBSCRIBE …) TO STDOUT sends changes; Query is nil then.
	Subscribe *ast.Subscribe
	CopyFormat
}

// CopyFormat is how the data is written.
type CopyFormat struct {
	Format      string // "text", "csv" or "binary"
	Delimiter   byte
	Null        string
	Header      string // "", "true" or "match"
	Quote       byte
	Escape      byte
	ForceQuote  []int // of Columns
	ForceNull   []int
	ForceNotNul []int
	CommitEvery int64 // rows a transaction; 0: all in one
}

var _ = statement(func(e *env, s *ast.Copy) (*Plan, error) {
	if s.File != "" || s.Program {
		return nil, e.at(s.Pos, pgerr.Unsupported("COPY with a file or program on the server").WithHint("Use STDIN or STDOUT; psql's \\copy reads and writes files of the client."))
	}
	p := &CopyPlan{From: s.From}
	var err error
	switch {
	case s.From:
		err = e.copyFrom(p, s)
	case s.Query != nil:
		err = e.copyQuery(p, s.Query)
	default:
		err = e.copyTable(p, s)
	}
	if err != nil {
		return nil, err
	}
	return &Plan{Tag: "COPY", Copy: p}, e.copyOptions(p, s.Options)
})

func (e *env) copyFrom(p *CopyPlan, s *ast.Copy) error {
	r, err := e.named(s.Table)
	if err != nil {
		return err
	}
	if err := refuseSystem(r); err != nil {
		return err
	}
	e.use(r)
	switch r.Kind {
	case catalog.Table, catalog.Stream:
	case catalog.View:
		return pgerr.New(pgerr.WrongObjectType, "cannot copy to view %q", r.Name)
	default:
		return pgerr.New(pgerr.WrongObjectType, "cannot copy to %s %q", r.Kind, r.Name)
	}
	p.Relation = r
	exprs := make([]expr.Expr, len(r.Columns))
	columns, err := e.copyColumns(r, s.Columns)
	if err != nil {
		return err
	}
	for i, c := range columns {
		k := r.Columns[c]
		p.Columns = append(p.Columns, col.Column{Name: k.Name, Type: k.Type})
		exprs[c] = expr.NewColumn(i, k.Type)
	}
	if s.Where != nil {
		n := &Values{Columns: p.Columns}
		sc := newSource(n, &source{alias: r.Name, real: r.Name}, names(p.Columns, identity(len(p.Columns))), nil)
		b := &binder{env: e, scope: sc, clause: clause{name: "WHERE", place: "COPY FROM WHERE conditions"}}
		if p.Where, err = b.condition(s.Where); err != nil {
			return err
		}
	}
	p.Program, err = e.program(r, exprs)
	return err
}

// copyColumns are the columns of the data; generated ones are left out unless named, which is
// an error.
func (e *env) copyColumns(r *catalog.Relation, ids []ast.Ident) (out []int, err error) {
	if len(ids) == 0 {
		for i, c := range r.Columns {
			if !c.Hidden && c.Generated == "" {
				out = append(out, i)
			}
		}
		return out, nil
	}
	for _, id := range ids {
		i := r.ColumnIndex(id.Name)
		switch {
		case i < 0 || r.Columns[i].Hidden:
			return nil, pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", id.Name, r.Name)
		case r.Columns[i].Generated != "":
			return nil, pgerr.New(pgerr.InvalidColumnReference, "column %q is a generated column", id.Name).WithDetail("Generated columns cannot be used in COPY.")
		case slices.Contains(out, i):
			return nil, pgerr.New(pgerr.DuplicateColumn, "column %q specified more than once", id.Name)
		}
		out = append(out, i)
	}
	return out, nil
}

// copyTable is COPY t TO: SELECT columns FROM t.
func (e *env) copyTable(p *CopyPlan, s *ast.Copy) error {
	r, err := e.named(s.Table)
	if err != nil {
		return err
	}
	if r.Kind == catalog.View {
		return pgerr.New(pgerr.WrongObjectType, "cannot copy from view %q", r.Name).WithHint("Try the COPY (SELECT ...) TO variant.")
	}
	if r.Kind == catalog.Sequence {
		return pgerr.New(pgerr.WrongObjectType, "cannot copy from sequence %q", r.Name)
	}
	sc, err := e.scan(r, s.Table)
	if err != nil {
		return err
	}
	columns, err := e.copyColumns(r, s.Columns)
	if err != nil {
		return err
	}
	n := columnsProject(sc.node, columns)
	p.Columns = n.Schema()
	root, err := e.finish(n)
	p.Query = &QueryPlan{Root: root, Chain: chainOf(root)}
	return err
}

func (e *env) copyQuery(p *CopyPlan, s ast.Stmt) error {
	if sub, ok := s.(*ast.Subscribe); ok {
		p.Subscribe = sub
		return nil
	}
	q, ok := s.(*ast.Query)
	if !ok {
		return e.at(s.Position(), pgerr.Unsupported("COPY of a statement with RETURNING"))
	}
	root, columns, err := e.adHoc(q)
	if err != nil {
		return err
	}
	p.Columns, p.Query = columns, &QueryPlan{Root: root, Chain: chainOf(root)}
	return nil
}
