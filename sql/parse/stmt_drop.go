package parse

import "github.com/millracedb/millrace/sql/ast"

var (
	_ = statement("drop table", parseDrop(ast.KindTable))
	_ = statement("drop stream", parseDrop(ast.KindStream))
	_ = statement("drop view", parseDrop(ast.KindView))
	_ = statement("drop materialized view", parseDrop(ast.KindMaterializedView))
	_ = statement("drop sink", parseDrop(ast.KindSink))
	_ = statement("drop index", parseDrop(ast.KindIndex))
	_ = statement("drop schema", parseDrop(ast.KindSchema))
)

func parseDrop(kind ast.ObjectKind) form {
	return func(p *parser) ast.Stmt {
		if kind == ast.KindIndex && p.Is("concurrently") {
			p.Refuse(p.Pos(), "CONCURRENTLY", "Leave it away.")
		}
		return &ast.Drop{Pos: p.pos(), Kind: kind, IfExists: p.ifExists(), Names: p.Names(), Cascade: p.cascade()}
	}
}
