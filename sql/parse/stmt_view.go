package parse

import "github.com/millracedb/millrace/sql/ast"

var (
	_ = statement("create view", parseCreateView)
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
