package parse

import "github.com/millracedb/millrace/sql/ast"

var (
	_ = statement("analyze", parseAnalyze)
	_ = statement("analyse", parseAnalyze)
)

func parseAnalyze(p *parser) ast.Stmt {
	a := &ast.Analyze{Pos: p.pos()}
	if p.IsMark(0, "(") {
		a.Options = p.optionList()
	} else if p.OneOf(0, "verbose") {
		a.Options = append(a.Options, &ast.Option{Pos: p.Pos(), Name: p.Label().Name})
	}
	if p.AtEnd() {
		return a
	}
	for {
		t := ast.AnalyzeTable{Name: p.Name()}
		if p.IsMark(0, "(") {
			t.Columns = p.columns()
		}
		a.Tables = append(a.Tables, t)
		if !p.AcceptMark(",") {
			return a
		}
	}
}
