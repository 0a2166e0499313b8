package parse

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/tidbcore"
)

var (
	_ = statement("prepare", parsePrepare)
	_ = statement("execute", parseExecute)
	_ = statement("deallocate", parseDeallocate)
)

func parsePrepare(p *parser) ast.Stmt {
	if p.Is("transaction") && !p.IsAt(1, "as") && !p.IsMark(1, "(") {
		return p.unsupported("PREPARE TRANSACTION", "")
	}
	s := &ast.Prepare{Pos: p.pos(), Name: p.Ident().Name}
	if p.AcceptMark("(") {
		for {
			s.Types = append(s.Types, tidbcore.TypeName(p.Cursor))
			if !p.AcceptMark(",") {
				break
			}
		}
		p.NeedMark(")")
	}
	p.Need("as")
	from := p.At
	s.Stmt = p.preparable()
	s.Text = p.Range(from)
	return s
}

func parseExecute(p *parser) ast.Stmt {
	s := &ast.Execute{Pos: p.pos(), Name: p.Ident().Name}
	if p.AcceptMark("(") {
		for {
			s.Args = append(s.Args, tidbcore.Expr(p.Cursor))
			if !p.AcceptMark(",") {
				break
			}
		}
		p.NeedMark(")")
	}
	return s
}

func parseDeallocate(p *parser) ast.Stmt {
	if p.Is("prepare") && (p.IsName(1) || p.IsAt(1, "all")) {
		p.At++
	}
	s := &ast.Deallocate{Pos: p.pos()}
	if s.All = p.Accept("all"); !s.All {
		s.Name = p.Ident().Name
	}
	return s
}
