package parse

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/tidbcore"
)

var (
	_ = statement("select", parseQuery)
	_ = statement("values", parseQuery)
	_ = statement("table", parseQuery)
	_ = statement("with", parseWith)
)

func parseQuery(p *parser) ast.Stmt {
	p.At--
	return tidbcore.Query(p.Cursor)
}

// parseWith looks behind the common table expressions for the statement they belong to.
func parseWith(p *parser) ast.Stmt {
	p.At--
	switch verb := tidbcore.BehindWith(p.Cursor); {
	case p.OneOf(verb, "insert update delete"):
		return tidbcore.Change(p.Cursor)
	case p.IsAt(verb, "merge") && p.IsAt(1, "recursive") && !p.IsAt(2, "as"):
		p.FailWith(pgerr.New(pgerr.SyntaxError, "WITH RECURSIVE is not supported for MERGE statement"), -1)
	case p.IsAt(verb, "merge"):
		return p.unsupported("MERGE", "Use INSERT … ON CONFLICT DO UPDATE.")
	}
	return tidbcore.Query(p.Cursor)
}

// query moves over a query and returns it with its text.
func (p *parser) query() (*ast.Query, string) {
	from := p.At
	q := tidbcore.Query(p.Cursor)
	return q, p.Range(from)
}

// preparable moves over a query, INSERT, UPDATE or DELETE.
func (p *parser) preparable() ast.Stmt {
	if !p.IsMark(0, "(") && !p.OneOf(0, "select values table with insert update delete merge") {
		p.Fail()
	}
	return p.nested()
}

// nested parses a statement inside another.
func (p *parser) nested() ast.Stmt {
	inner := &parser{Cursor: p.Cursor}
	s := inner.stmt()
	if u, ok := s.(*ast.Unsupported); ok {
		p.Refuse(u.Pos, u.Feature, u.Hint)
	}
	return s
}
