package parse

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/tidbcore"
)

var _ = statement("create index", parseCreateIndex)

func parseCreateIndex(p *parser) ast.Stmt {
	p.only(false, false)
	i := &ast.CreateIndex{Pos: p.pos(), Unique: p.unique}
	if p.Is("concurrently") {
		p.Refuse(p.Pos(), "CONCURRENTLY", "Leave it away.")
	}
	i.IfNotExists = p.ifNotExists()
	if i.IfNotExists || !p.Is("on") {
		i.Name = p.Ident()
	}
	p.Need("on")
	p.Accept("only")
	i.Table = p.Name()
	if p.Accept("using") {
		i.Method = p.Ident().Name
	}
	p.NeedMark("(")
	i.Elems = tidbcore.IndexElems(p.Cursor)
	p.NeedMark(")")
	if p.Accept("include") {
		if !p.IsMark(0, "(") {
			p.Fail()
		}
		i.Include = p.columns()
	}
	if p.OneOf(0, "nulls with tablespace") {
		p.Refuse(p.Pos(), "this clause of CREATE INDEX", "")
	}
	if p.Accept("where") {
		i.Where = tidbcore.Expr(p.Cursor)
	}
	return i
}
