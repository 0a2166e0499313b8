package parse

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/tidbcore"
)

var _ = statement("subscribe", parseSubscribe)

func parseSubscribe(p *parser) ast.Stmt {
	s := &ast.Subscribe{Pos: p.pos()}
	p.Accept("to")
	if p.AcceptMark("(") {
		s.Query = tidbcore.Query(p.Cursor)
		p.NeedMark(")")
	} else {
		s.Relation = p.Name()
	}
	for {
		switch {
		case s.Options == nil && p.Is("with"):
			if s.Options = p.withOptions(); s.Options == nil {
				p.FailAt(1)
			}
		case s.AsOf == nil && p.Is("as"):
			p.Need("as", "of")
			s.AsOf = tidbcore.Expr(p.Cursor)
		default:
			return s
		}
	}
}
