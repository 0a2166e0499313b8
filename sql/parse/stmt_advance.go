package parse

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/tidbcore"
)

var _ = statement("advance watermark", parseAdvance)

func parseAdvance(p *parser) ast.Stmt {
	a := &ast.AdvanceWatermark{Pos: p.pos()}
	p.Need("for")
	a.Stream = p.Name()
	p.Need("to")
	a.To = tidbcore.Expr(p.Cursor)
	return a
}
