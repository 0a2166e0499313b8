package parse

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

var (
	_ = statement("create view", parseCreateView)
	_ = statement("create recursive view", parseCreateRecursiveView)
	_ = statement("create materialized view", parseCreateMaterializedView)
)

func parseCreateView(p *parser) ast.Stmt {
	p.only(true, true)
	v := &ast.CreateView{Pos: p.pos(), OrReplace: p.orReplace, Temp: p.temp, IfNotExists: p.ifNotExists(), Name: p.Name(),
		Columns: p.columns(), With: p.withOptions()}
	p.Need("as")
	v.Query, v.QueryText = p.query()
	if p.Is("with") && p.OneOf(1, "check cascaded local") {
		p.Refuse(p.Pos(), "WITH CHECK OPTION", "")
	}
	if p.Is("emit") {
		p.Refuse(p.Pos(), "EMIT in CREATE VIEW", "Use CREATE MATERIALIZED VIEW.")
	}
	return v
}

// parseCreateRecursiveView moves over a view whose query may read the view itself: it is the view
// of SELECT columns FROM name after WITH RECURSIVE name (columns) AS (query).
func parseCreateRecursiveView(p *parser) ast.Stmt {
	p.only(true, true)
	v := &ast.CreateView{Pos: p.pos(), OrReplace: p.orReplace, Temp: p.temp, Name: p.Name()}
	if v.Columns = p.columns(); v.Columns == nil {
		p.Fail()
	}
	v.With = p.withOptions()
	p.Need("as")
	q, _ := p.query()
	if p.Is("with") {
		p.FailWith(pgerr.New(pgerr.FeatureNotSupported, "WITH CHECK OPTION not supported on recursive views"), p.Pos())
	}
	self := ast.Name{Pos: v.Name.Pos, Name: v.Name.Name}
	read := &ast.Select{Pos: q.Pos, From: []ast.TableExpr{&ast.Table{Pos: q.Pos, Name: self}}}
	for _, c := range v.Columns {
		read.Targets = append(read.Targets, &ast.Target{Pos: c.Pos, Expr: &ast.ColumnRef{Pos: c.Pos, Parts: []string{c.Name}}})
	}
	with := &ast.With{Pos: q.Pos, Recursive: true, CTEs: []*ast.CTE{{Pos: self.Pos, Name: self.Name, Columns: v.Columns, Query: q}}}
	v.Query = &ast.Query{Pos: q.Pos, With: with, Body: read}
	v.QueryText = v.Query.String()
	return v
}

func parseCreateMaterializedView(p *parser) ast.Stmt {
	p.only(true, false)
	v := &ast.CreateMaterializedView{Pos: p.pos(), OrReplace: p.orReplace, IfNotExists: p.ifNotExists(), Name: p.Name(),
		Columns: p.columns()}
	if p.OneOf(0, "using tablespace") {
		p.Refuse(p.Pos(), "this clause of CREATE MATERIALIZED VIEW", "")
	}
	v.With = p.withOptions()
	p.Need("as")
	v.Query, v.QueryText = p.query()
	if p.Is("with") && p.OneOf(1, "data no") {
		if p.IsAt(1, "no") {
			p.Refuse(p.Pos(), "WITH NO DATA", "A materialized view is always up to date.")
		}
		p.At += 2
	}
	if p.Accept("emit") {
		if p.OneOf(0, "changes after") {
			p.Refuse(p.Pos(), "this EMIT", "Use EMIT ON WINDOW CLOSE, or leave it away: changes are emitted at once.")
		}
		p.Need("on", "window", "close")
		v.EmitOnWindowClose = true
	}
	return v
}
