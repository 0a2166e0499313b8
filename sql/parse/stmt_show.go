package parse

import (
	"strings"

	"github.com/millracedb/millrace/sql/ast"
)

var (
	_ = statement("show", parseShow)
	_ = statement("show create", parseShowCreate)
	_ = statement("describe", parseDescribe)
	_ = showObjects("tables", "streams", "views", "materialized views", "indexes", "schemas", "jobs", "sinks",
		"sources", "users", "columns", "functions", "models")
)

// showObjects registers SHOW of kinds of objects.
func showObjects(kinds ...string) (last form) {
	for _, kind := range kinds {
		last = statement("show "+kind, func(p *parser) ast.Stmt {
			s := &ast.ShowObjects{Pos: p.pos(), What: strings.ToUpper(kind)}
			if p.Accept("from") || p.Accept("in") {
				s.From = p.Name()
			}
			return s
		})
	}
	return last
}

func parseShow(p *parser) ast.Stmt {
	s := &ast.Show{Pos: p.pos()}
	if s.All = p.Accept("all"); !s.All {
		s.Name = p.setting()
	}
	return s
}

func parseShowCreate(p *parser) ast.Stmt {
	s := &ast.ShowCreate{Pos: p.pos()}
	for _, kind := range []ast.ObjectKind{ast.KindTable, ast.KindStream, ast.KindView, ast.KindMaterializedView, ast.KindSink, ast.KindIndex, ast.KindModel, ast.KindSequence} {
		if p.Accept(strings.Fields(strings.ToLower(string(kind)))...) {
			s.Kind, s.Name = kind, p.Name()
			return s
		}
	}
	p.Fail()
	return nil
}

func parseDescribe(p *parser) ast.Stmt { return &ast.Describe{Pos: p.pos(), Name: p.Name()} }
