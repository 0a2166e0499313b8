package parse

import "github.com/millracedb/millrace/sql/ast"

var _ = statement("truncate", parseTruncate)

func parseTruncate(p *parser) ast.Stmt {
	t := &ast.Truncate{Pos: p.pos()}
	p.Accept("table")
	for {
		p.Accept("only")
		t.Tables = append(t.Tables, p.Name())
		p.AcceptMark("*")
		if !p.AcceptMark(",") {
			break
		}
	}
	if p.Accept("restart") {
		p.Need("identity")
		t.RestartIdentity = true
	} else if p.Accept("continue") {
		p.Need("identity")
	}
	t.Cascade = p.cascade()
	return t
}
