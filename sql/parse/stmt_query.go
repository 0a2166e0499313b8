package parse

import (
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
	switch verb := p.behindWith(); {
	case p.OneOf(verb, "insert update delete"):
		return tidbcore.Change(p.Cursor)
	case p.IsAt(verb, "merge"):
		return p.unsupported("MERGE", "Use INSERT … ON CONFLICT DO UPDATE.")
	}
	return tidbcore.Query(p.Cursor)
}

// behindWith returns how many places on the statement behind a WITH clause starts, or
// some place before it when the clause is wrong.
func (p *parser) behindWith() int {
	i := 1
	if p.IsAt(i, "recursive") {
		i++
	}
	for {
		i++ // the name
		if p.IsMark(i, "(") {
			if i = p.behind(i); i < 0 {
				return 0
			}
		}
		for p.OneOf(i, "as not materialized") {
			i++
		}
		if !p.IsMark(i, "(") {
			return 0
		}
		if i = p.behind(i); i < 0 {
			return 0
		}
		if !p.IsMark(i, ",") {
			return i
		}
		i++
	}
}

// behind returns the place behind the bracket that closes the one i places on, -1 without
// one.
func (p *parser) behind(i int) int {
	end := p.Close(i)
	if end < 0 {
		return -1
	}
	return end - p.At + 1
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
