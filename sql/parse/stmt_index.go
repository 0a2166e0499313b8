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
	i.Elems = p.indexElems()
	if p.Accept("include") {
		i.Include = p.indexElems()
	}
	if p.OneOf(0, "nulls with tablespace") {
		p.Refuse(p.Pos(), "this clause of CREATE INDEX", "")
	}
	if p.Accept("where") {
		i.Where = tidbcore.Expr(p.Cursor)
	}
	return i
}

// indexElems moves over (column, (expression), …).
func (p *parser) indexElems() []*ast.IndexElem {
	p.NeedMark("(")
	elems := tidbcore.IndexElems(p.Cursor)
	p.NeedMark(")")
	return elems
}
