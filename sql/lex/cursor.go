package lex

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

// Cursor is a place in a list of tokens. Its Need and Fail methods give up by panicking
// with a [Bailout], which [Catch] turns into an error; so a parser reads like the grammar.
// A Cursor belongs to one goroutine.
type Cursor struct {
	*Lexed
	At int // index of the token that is next
}

// Bailout carries the error of a parser that has given up up to Catch.
type Bailout struct{ Err *pgerr.Error }

// Catch, deferred, stores the error of a Bailout in err; other panics go on.
func Catch(err *error) {
	if r := recover(); r != nil {
		b, ok := r.(Bailout)
		if !ok {
			panic(r)
		}
		*err = b.Err
	}
}

// Peek returns the token i places on; behind the last it is the last.
func (c *Cursor) Peek(i int) *Token { return &c.Tokens[min(c.At+i, len(c.Tokens)-1)] }

// Pos returns the byte offset of the next token.
func (c *Cursor) Pos() int { return int(c.Peek(0).Pos) }

// AtEnd reports whether the statement ends here, at a semicolon or with the text.
func (c *Cursor) AtEnd() bool { return c.AtEndAt(0) }

// Is reports whether the next tokens are these unquoted words.
func (c *Cursor) Is(words ...string) bool { return c.IsAt(0, words...) }

// IsAt is Is for the tokens i places on.
func (c *Cursor) IsAt(i int, words ...string) bool {
	for k, w := range words {
		if t := c.Peek(i + k); t.Kind != Word || t.Text != w {
			return false
		}
	}
	return true
}

// OneOf reports whether the token i places on is one of the words, which stand in one
// string with single blanks between them.
func (c *Cursor) OneOf(i int, words string) bool {
	t := c.Peek(i)
	if t.Kind != Word {
		return false
	}
	for w := range strings.SplitSeq(words, " ") {
		if w == t.Text {
			return true
		}
	}
	return false
}

// Accept moves over the words if they are next.
func (c *Cursor) Accept(words ...string) bool {
	if !c.Is(words...) {
		return false
	}
	c.At += len(words)
	return true
}

// Need moves over the words, which must be next.
func (c *Cursor) Need(words ...string) {
	for _, w := range words {
		if !c.Accept(w) {
			c.Fail()
		}
	}
}

// IsMark reports whether the token i places on is the mark or operator.
func (c *Cursor) IsMark(i int, mark string) bool {
	t := c.Peek(i)
	return (t.Kind == Punctuation || t.Kind == Operator) && t.Text == mark
}

// AcceptMark moves over the mark if it is next.
func (c *Cursor) AcceptMark(mark string) bool {
	if !c.IsMark(0, mark) {
		return false
	}
	c.At++
	return true
}

// NeedMark moves over the mark, which must be next.
func (c *Cursor) NeedMark(mark string) {
	if !c.AcceptMark(mark) {
		c.Fail()
	}
}

// IsName reports whether the token i places on can name a column or a relation: any
// quoted word, and any other that is not reserved.
func (c *Cursor) IsName(i int) bool {
	t := c.Peek(i)
	return t.Kind == QuotedWord || t.Kind == Word && ast.KeywordClass(t.Text) <= ast.ColName
}

// IsReserved reports whether the token i places on is a reserved word.
func (c *Cursor) IsReserved(i int) bool {
	t := c.Peek(i)
	return t.Kind == Word && ast.KeywordClass(t.Text) == ast.Reserved
}

// IsLabel reports whether the token i places on is any word.
func (c *Cursor) IsLabel(i int) bool {
	k := c.Peek(i).Kind
	return k == Word || k == QuotedWord
}

// Ident moves over a name, as of a column or a relation.
func (c *Cursor) Ident() ast.Ident {
	if !c.IsName(0) {
		c.Fail()
	}
	return c.take()
}

// Label moves over any word, as behind AS or a dot.
func (c *Cursor) Label() ast.Ident {
	if !c.IsLabel(0) {
		c.Fail()
	}
	return c.take()
}

func (c *Cursor) take() ast.Ident {
	t := c.Peek(0)
	c.At++
	return ast.Ident{Pos: int(t.Pos), Name: t.Text}
}

// Idents moves over names with commas between them.
func (c *Cursor) Idents() []ast.Ident {
	ids := []ast.Ident{c.Ident()}
	for c.AcceptMark(",") {
		ids = append(ids, c.Ident())
	}
	return ids
}

// Name moves over the name of a relation, with its schema if there is one.
func (c *Cursor) Name() ast.Name {
	first := c.Ident()
	n := ast.Name{Pos: first.Pos, Name: first.Name}
	for dots := 0; c.AcceptMark("."); dots++ {
		if dots == 2 {
			c.FailWith(pgerr.New(pgerr.SyntaxError, "improper qualified name (too many dotted names): %s",
				strings.Join([]string{n.Catalog, n.Schema, n.Name, c.Peek(0).Text}, ".")), n.Pos)
		}
		n.Catalog, n.Schema, n.Name = n.Schema, n.Name, c.Label().Name
	}
	return n
}

// Names moves over names of relations with commas between them.
func (c *Cursor) Names() []ast.Name {
	names := []ast.Name{c.Name()}
	for c.AcceptMark(",") {
		names = append(names, c.Name())
	}
	return names
}

// String moves over a string literal, which must be next, and returns its value.
func (c *Cursor) String() string {
	if c.Peek(0).Kind != String {
		c.Fail()
	}
	c.At++
	return c.Peek(-1).Text
}

// Int moves over an unsigned integer of at most 32 bits, which must be next.
func (c *Cursor) Int() int {
	t := c.Peek(0)
	if t.Kind != Integer {
		c.Fail()
	}
	n, err := strconv.ParseInt(t.Text, 10, 32)
	if err != nil {
		c.Fail()
	}
	c.At++
	return int(n)
}

// Range returns the text from the token with index from up to the cursor.
func (c *Cursor) Range(from int) string {
	if from >= c.At {
		return ""
	}
	return c.Text[c.Tokens[from].Pos:c.Tokens[c.At-1].End]
}

// Close returns the index of the bracket that closes the one i places on, -1 without one.
func (c *Cursor) Close(i int) int {
	if c.match == nil {
		c.pair()
	}
	return int(c.match[min(c.At+i, len(c.Tokens)-1)])
}

// pair finds the other half of every bracket.
func (l *Lexed) pair() {
	l.match = make([]int32, len(l.Tokens))
	var open []int
	for i, t := range l.Tokens {
		l.match[i] = -1
		if t.Kind != Punctuation {
			continue
		}
		switch t.Text {
		case "(", "[":
			open = append(open, i)
		case ")", "]":
			if n := len(open) - 1; n >= 0 && (l.Tokens[open[n]].Text == "(") == (t.Text == ")") {
				l.match[open[n]], l.match[i] = int32(i), int32(open[n])
				open = open[:n]
			}
		case ";":
			open = open[:0]
		}
	}
}

// Fail gives up at the next token with PostgreSQL's syntax error.
func (c *Cursor) Fail() { c.FailAt(0) }

// FailAt gives up at the token i places on.
func (c *Cursor) FailAt(i int) {
	t := c.Peek(i)
	if t.Kind == Bad {
		panic(Bailout{c.err})
	}
	msg := "syntax error at end of input"
	if t.Kind != End {
		msg = fmt.Sprintf("syntax error at or near \"%s\"", c.Text[t.Pos:t.End])
	}
	c.FailWith(pgerr.New(pgerr.SyntaxError, "%s", msg), int(t.Pos))
}

// FailWith gives up with err, pointing at the byte offset pos, or nowhere if it is
// negative.
func (c *Cursor) FailWith(err *pgerr.Error, pos int) {
	if pos >= 0 {
		err = err.At(c.Text, pos)
	}
	panic(Bailout{err})
}

// Refuse gives up because this release lacks what stands at the byte offset pos.
func (c *Cursor) Refuse(pos int, feature, hint string) {
	err := pgerr.Unsupported("%s", feature)
	if hint != "" {
		err = err.WithHint("%s", hint)
	}
	c.FailWith(err, pos)
}

// AtEndAt is AtEnd for the token i places on.
func (c *Cursor) AtEndAt(i int) bool {
	t := c.Peek(i)
	return t.Kind == End || t.Kind == Punctuation && t.Text == ";"
}

// Skip moves over any one token of the statement.
func (c *Cursor) Skip() {
	if c.AtEnd() || c.Peek(0).Kind == Bad {
		c.Fail()
	}
	c.At++
}
