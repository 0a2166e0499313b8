package parse

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
	"github.com/millracedb/millrace/sql/tidbcore"
)

// Statement is one statement of a text.
type Statement struct {
	Text   string // without white space around it and without its semicolon
	Offset int    // of Text in the whole text, in bytes
	Tree   ast.Stmt
}

// Statements parses the statements of a text, which semicolons separate; empty ones are
// left out. An error is a *pgerr.Error whose position counts in the whole text.
func Statements(text string) (all []Statement, err error) {
	defer lex.Catch(&err)
	l, err := lex.Lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{Cursor: &lex.Cursor{Lexed: l}}
	for {
		for p.AcceptMark(";") {
		}
		if p.Peek(0).Kind == lex.End {
			return all, nil
		}
		from := p.At
		s := Statement{Offset: p.Pos()}
		p.checkLength()
		s.Tree = p.stmt()
		if !p.AtEnd() {
			p.Fail()
		}
		s.Text = p.Range(from)
		all = append(all, s)
	}
}

// One parses a text of at most one statement. The tree of an empty text is nil. An error
// is a *pgerr.Error.
func One(text string) (Statement, error) {
	all, err := Statements(text)
	switch {
	case err != nil:
		return Statement{}, err
	case len(all) == 0:
		return Statement{}, nil
	case len(all) > 1:
		return Statement{}, pgerr.New(pgerr.SyntaxError, "cannot insert multiple commands into a prepared statement")
	}
	return all[0], nil
}

// Expr parses a text that is one expression, as stored ones are. An error is a
// *pgerr.Error.
func Expr(text string) (x ast.Expr, err error) {
	defer lex.Catch(&err)
	l, err := lex.Lex(text)
	if err != nil {
		return nil, err
	}
	c := &lex.Cursor{Lexed: l}
	x = tidbcore.Expr(c)
	if c.Peek(0).Kind != lex.End {
		c.Fail()
	}
	return x, nil
}

// Type parses a text that is the name of a type, as in 'int4'::regtype. An error is a
// *pgerr.Error.
func Type(text string) (t *ast.TypeName, err error) {
	defer lex.Catch(&err)
	l, err := lex.Lex(text)
	if err != nil {
		return nil, err
	}
	c := &lex.Cursor{Lexed: l}
	t = tidbcore.TypeName(c)
	if c.Peek(0).Kind != lex.End {
		c.Fail()
	}
	return t, nil
}

// parser is a cursor with what the words of CREATE before the kind said.
type parser struct {
	*lex.Cursor
	start     int // index of the statement's first token
	kind      int // of CREATE: index of the token that names the kind of the object
	orReplace bool
	temp      bool
	unique    bool
}

// checkLength refuses a statement other than INSERT that is longer than a program writes.
func (p *parser) checkLength() {
	if len(p.Text)-p.Pos() <= lex.MaxQueryText || p.OneOf(0, "insert") {
		return
	}
	i := 0
	for k := p.Peek(i); k.Kind != lex.End && k.Kind != lex.Bad && !p.IsMark(i, ";"); k = p.Peek(i) {
		i++
	}
	if int(p.Peek(i).Pos)-p.Pos() > lex.MaxQueryText {
		p.FailWith(pgerr.New(pgerr.ProgramLimitExceeded, "statement is longer than %d bytes", lex.MaxQueryText), p.Pos())
	}
}

// stmt parses the statement at the cursor.
func (p *parser) stmt() ast.Stmt {
	p.start = p.At
	p.orReplace, p.temp, p.unique = false, false, false
	if p.IsMark(0, "(") {
		return tidbcore.Query(p.Cursor)
	}
	return p.find()(p)
}

// pos returns the byte offset of the statement.
func (p *parser) pos() int { return int(p.Tokens[p.start].Pos) }

// ifNotExists moves over IF NOT EXISTS.
func (p *parser) ifNotExists() bool {
	if !p.Is("if", "not") {
		return false
	}
	p.At += 2
	p.Need("exists")
	return true
}

// ifExists moves over IF EXISTS.
func (p *parser) ifExists() bool {
	if !p.Is("if", "exists") {
		return false
	}
	p.At += 2
	return true
}

// cascade moves over CASCADE or RESTRICT.
func (p *parser) cascade() bool {
	if p.Accept("cascade") {
		return true
	}
	p.Accept("restrict")
	return false
}

// columns moves over (a, b), if it is there.
func (p *parser) columns() []ast.Ident {
	if !p.AcceptMark("(") {
		return nil
	}
	ids := p.Idents()
	p.NeedMark(")")
	return ids
}

// parenExpr moves over ( expr ).
func (p *parser) parenExpr() ast.Expr {
	p.NeedMark("(")
	x := tidbcore.Expr(p.Cursor)
	p.NeedMark(")")
	return x
}
