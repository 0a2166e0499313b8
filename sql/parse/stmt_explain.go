package parse

import (
	"github.com/millracedb/millrace/sql/ast"
)

var _ = statement("explain", parseExplain)

func parseExplain(p *parser) ast.Stmt {
	e := &ast.Explain{Pos: p.pos()}
	if p.IsMark(0, "(") && p.IsLabel(1) && !p.OneOf(1, "select values table with") {
		e.Options = p.optionList()
	} else {
		if p.OneOf(0, "analyze analyse") {
			e.Options = append(e.Options, &ast.Option{Pos: p.Pos(), Name: "analyze"})
			p.Label()
		}
		if p.OneOf(0, "verbose") {
			e.Options = append(e.Options, &ast.Option{Pos: p.Pos(), Name: p.Label().Name})
		}
	}
	if p.Accept("materialized") {
		p.Need("view")
		e.View = p.Name()
		return e
	}
	if !p.IsMark(0, "(") && !p.OneOf(0, "select values table with insert update delete merge create declare execute subscribe refresh") {
		p.Fail()
	}
	e.Stmt = p.nested()
	return e
}
