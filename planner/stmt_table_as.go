package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// TableAsPlan is CREATE TABLE … AS: a table, and the rows that it begins with. Both are part of
// one transaction.
type TableAsPlan struct {
	Change *ChangePlan
	Insert *InsertPlan // nil: WITH NO DATA
}

var _ = statement(func(e *env, s *ast.CreateTableAs) (*Plan, error) {
	const tag = "CREATE TABLE AS"
	if len(s.With) > 0 {
		return nil, e.at(s.With[0].Pos, pgerr.New(pgerr.InvalidParameterValue, "unrecognized parameter %q", s.With[0].Name))
	}
	e.temp = s.Temp
	r, exists, err := e.newRelation(s.Name, catalog.Table, s.IfNotExists)
	if err != nil || exists {
		return e.change().done(tag), err
	}
	if err := atCommit(r, s.OnCommit); err != nil {
		return nil, err
	}
	root, columns, err := e.adHoc(s.Query)
	if err != nil {
		return nil, err
	}
	if r.Columns, err = e.viewColumns(columns, s.Columns, "TABLE"); err != nil {
		return nil, err
	}
	in := &InsertPlan{Relation: r, Source: root, Program: &RowProgram{}}
	for i, c := range r.Columns {
		if t, _ := c.Type.Info(); t.Category == 'P' {
			return nil, pgerr.New(pgerr.InvalidTableDefinition, "column %q has pseudo-type %s", c.Name, bare(c.Type))
		}
		in.Program.Exprs = append(in.Program.Exprs, expr.NewColumn(i, c.Type))
	}
	r.Columns = append(r.Columns, catalog.Column{Name: catalog.RowID, Type: col.Int8, Attnum: int16(len(r.Columns) + 1), NotNull: true, Hidden: true})
	in.Program.Exprs = append(in.Program.Exprs, expr.NewNull(col.Int8))
	c := e.change()
	c.create(r)
	p := c.done(tag)
	if p.TableAs, p.Change = (&TableAsPlan{Change: p.Change}), nil; !s.NoData {
		p.Tag, p.TableAs.Insert = "SELECT", in
	}
	return p, nil
})

// selectInto is SELECT … INTO as the CREATE TABLE … AS that it is; nil: the query has no INTO where it may stand.
func selectInto(q *ast.Query) *ast.CreateTableAs {
	body, into := ast.WithoutInto(q.Body)
	if into == nil {
		return nil
	}
	rows := *q
	rows.Body = body
	return &ast.CreateTableAs{Pos: into.Pos, Temp: into.Temp, Name: into.Name, Query: &rows}
}
