package parse

import "github.com/millracedb/millrace/sql/ast"

var _ = statement("create schema", parseCreateSchema)

func parseCreateSchema(p *parser) ast.Stmt {
	p.only(false, false)
	s := &ast.CreateSchema{Pos: p.pos(), IfNotExists: p.ifNotExists()}
	if !p.Is("authorization") {
		s.Name = p.Ident()
	}
	if p.Accept("authorization") {
		owner := p.Ident()
		s.Owner = owner.Name
		if s.Name.Name == "" {
			s.Name = owner
		}
	}
	if p.OneOf(0, "create grant") {
		p.Refuse(p.Pos(), "making objects in CREATE SCHEMA", "Create them by statements of their own.")
	}
	return s
}
