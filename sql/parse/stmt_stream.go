package parse

import "github.com/millracedb/millrace/sql/ast"

var _ = statement("create stream", parseCreateStream)

func parseCreateStream(p *parser) ast.Stmt {
	p.only(false, false)
	s := &ast.CreateStream{Pos: p.pos(), IfNotExists: p.ifNotExists(), Name: p.Name()}
	s.TableBody = p.tableBody(s.Name)
	s.With = p.withOptions()
	return s
}
