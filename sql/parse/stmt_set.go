package parse

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

var (
	_ = statement("set", parseSet)
	_ = statement("reset", parseReset)
)

func parseSet(p *parser) ast.Stmt {
	s := &ast.Set{Pos: p.pos()}
	switch {
	case p.Is("session", "characteristics"):
		p.At += 2
		p.Need("as", "transaction")
		return &ast.SetTransaction{Pos: s.Pos, Session: true, Modes: p.txnModes(true)}
	case p.Is("session", "authorization"), p.Is("local", "session"):
		return p.unsupported("SET SESSION AUTHORIZATION", "")
	case p.Is("constraints"):
		return p.unsupported("SET CONSTRAINTS", "")
	case p.Is("session") && !p.IsMark(1, "=") && !p.IsAt(1, "to"):
		s.Scope = ast.ScopeSession
		p.At++
	case p.Is("local") && !p.IsMark(1, "=") && !p.IsAt(1, "to"):
		s.Scope = ast.ScopeLocal
		p.At++
	}
	if p.Is("transaction") && !p.IsMark(1, "=") && !p.IsAt(1, "to") {
		p.At++
		if p.Is("snapshot") {
			return p.unsupported("SET TRANSACTION SNAPSHOT", "")
		}
		return &ast.SetTransaction{Pos: s.Pos, Modes: p.txnModes(true)}
	}
	return p.set(s)
}

// set moves over a setting and its value.
func (p *parser) set(s *ast.Set) ast.Stmt {
	switch {
	case p.Accept("time", "zone"):
		s.Name = "timezone"
		if p.Is("interval") {
			p.Refuse(p.Pos(), "SET TIME ZONE INTERVAL", "Use SET TIME ZONE '+02:00'.")
		}
		if s.Default = p.Accept("local") || p.Accept("default"); !s.Default {
			s.Values = []ast.SetValue{p.setValue()}
		}
		return s
	case p.Accept("schema"):
		s.Name = "search_path"
		s.Values = []ast.SetValue{{Pos: p.Pos(), Kind: ast.OptionString, Text: p.String()}}
		return s
	case p.Accept("names"):
		s.Name = "client_encoding"
		if s.Default = p.AtEnd() || p.Accept("default"); !s.Default {
			s.Values = []ast.SetValue{{Pos: p.Pos(), Kind: ast.OptionString, Text: p.String()}}
		}
		return s
	case p.Is("role") && !p.IsMark(1, "=") && !p.IsAt(1, "to"):
		return p.unsupported("SET ROLE", "")
	}
	s.Name = p.settingName()
	if !p.AcceptMark("=") && !p.Accept("to") {
		p.Fail()
	}
	if s.Default = p.Accept("default"); s.Default {
		return s
	}
	for {
		s.Values = append(s.Values, p.setValue())
		if !p.AcceptMark(",") {
			return s
		}
	}
}

// settingName moves over a setting's name, which may be dotted.
func (p *parser) settingName() string {
	name := p.Ident().Name
	for p.AcceptMark(".") {
		name += "." + p.Ident().Name
	}
	return name
}

// setting moves over what SHOW and RESET call a setting.
func (p *parser) setting() string {
	switch {
	case p.Accept("time", "zone"):
		return "timezone"
	case p.Accept("transaction", "isolation", "level"):
		return "transaction_isolation"
	case p.Accept("session", "authorization"):
		return "session_authorization"
	}
	return p.settingName()
}

// setValue moves over one value of SET.
func (p *parser) setValue() ast.SetValue {
	t := p.Peek(0)
	v := ast.SetValue{Pos: p.Pos()}
	switch {
	case t.Kind == lex.String:
		v.Kind, v.Text = ast.OptionString, p.String()
	case p.OneOf(0, "true false on"), t.Kind == lex.QuotedWord,
		t.Kind == lex.Word && !p.IsReserved(0):
		v.Kind, v.Text = ast.OptionWord, t.Text
		p.At++
	default:
		v.Kind, v.Text = ast.OptionNumber, p.number()
	}
	return v
}

func parseReset(p *parser) ast.Stmt {
	r := &ast.Reset{Pos: p.pos()}
	if r.All = p.Accept("all"); !r.All {
		r.Name = p.setting()
	}
	return r
}
