package parse

import "github.com/millracedb/millrace/sql/ast"

var _ = statement("create sink", parseCreateSink)

const sinkHint = "Use CREATE SINK … INTO a table, or SUBSCRIBE."

func parseCreateSink(p *parser) ast.Stmt {
	p.only(false, false)
	s := &ast.CreateSink{Pos: p.pos(), IfNotExists: p.ifNotExists(), Name: p.Name()}
	if !p.Accept("into") {
		p.Refuse(p.Pos(), "a sink out of the database", sinkHint)
	}
	s.Into, s.Columns = p.Name(), p.columns()
	if p.Accept("from") {
		s.From = p.Name()
		s.QueryText = "SELECT * FROM " + s.From.String()
		s.Query = wholeRelation(s.From)
	} else {
		p.Need("as")
		if p.Is("changelog") {
			p.Refuse(p.Pos(), "a sink AS CHANGELOG", "")
		}
		s.Query, s.QueryText = p.query()
	}
	if p.Is("emit") {
		p.Refuse(p.Pos(), "EMIT in CREATE SINK", "Make a materialized view EMIT ON WINDOW CLOSE and the sink FROM it.")
	}
	if p.Is("with") {
		p.Refuse(p.Pos(), "WITH in CREATE SINK … INTO", "")
	}
	return s
}

// wholeRelation is SELECT * FROM name.
func wholeRelation(name ast.Name) *ast.Query {
	body := &ast.Select{Pos: name.Pos, Targets: []*ast.Target{{Pos: name.Pos, Expr: &ast.Star{Pos: name.Pos}}},
		From: []ast.TableExpr{&ast.Table{Pos: name.Pos, Name: name}}}
	return &ast.Query{Pos: name.Pos, Body: body}
}
