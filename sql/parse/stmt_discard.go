package parse

import (
	"strings"

	"github.com/millracedb/millrace/sql/ast"
)

var (
	_ = statement("discard", parseDiscard)
	_ = statement("flush", parseFlush)
)

func parseDiscard(p *parser) ast.Stmt {
	d := &ast.Discard{Pos: p.pos()}
	if !p.OneOf(0, "all plans sequences temp temporary") {
		p.Fail()
	}
	if d.What = strings.ToUpper(p.Label().Name); d.What == "TEMPORARY" {
		d.What = "TEMP"
	}
	return d
}

func parseFlush(p *parser) ast.Stmt { return &ast.Flush{Pos: p.pos()} }
