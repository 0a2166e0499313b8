package lex

import (
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
)

const operatorChars = "+-*/<>=~!@#%^&|`?"

func isWordStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
func isDigit(c byte) bool    { return c >= '0' && c <= '9' }
func isWordPart(c byte) bool { return isWordStart(c) || isDigit(c) || c == '$' }
func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'
}

// Lex splits text into tokens. It returns an error only when the text is longer than
// MaxText; all else the scanner refuses is a Bad token.
func Lex(text string) (*Lexed, error) {
	if len(text) > MaxText {
		return nil, pgerr.New(pgerr.ProgramLimitExceeded, "statement is longer than %d bytes", MaxText)
	}
	s := scanner{text: text, tokens: make([]Token, 0, len(text)/4+4)}
	l := &Lexed{Text: text}
	for s.next() {
	}
	if s.err != nil {
		l.err = s.err.pgError(text)
		s.add(Bad, s.err.pos, s.err.end, "")
	} else {
		s.add(End, len(text), len(text), "")
	}
	l.Tokens = s.tokens
	return l, nil
}

func (e *scanError) pgError(text string) *pgerr.Error {
	code := e.code
	if code == "" {
		code = pgerr.SyntaxError
	}
	err := pgerr.New(code, "%s at or near \"%s\"", e.message, text[e.pos:e.end])
	switch {
	case e.plain:
		err = pgerr.New(code, "%s", e.message)
	case e.pos >= len(text):
		err = pgerr.New(code, "%s at end of input", e.message)
	}
	if e.hint != "" {
		err = err.WithHint("%s", e.hint)
	}
	return err.At(text, e.pos)
}

type scanner struct {
	text   string
	at     int
	tokens []Token
	err    *scanError
}

func (s *scanner) add(k Kind, from, to int, text string) {
	s.tokens = append(s.tokens, Token{k, int32(from), int32(to), text})
}

// take adds the token that reaches up to the offset to and goes on behind it.
func (s *scanner) take(k Kind, to int, text string) bool {
	s.add(k, s.at, to, text)
	s.at = to
	return true
}

func (s *scanner) fail(message string, pos, end int) bool {
	s.err = &scanError{message: message, pos: pos, end: min(end, len(s.text))}
	return false
}

// peek returns the byte i places on, 0 behind the end.
func (s *scanner) peek(i int) byte {
	if s.at+i < len(s.text) {
		return s.text[s.at+i]
	}
	return 0
}

// next adds one token and reports whether there may be more.
func (s *scanner) next() bool {
	if !s.skipBlank() || s.at >= len(s.text) {
		return false
	}
	c := s.text[s.at]
	switch {
	case c == '\'':
		return s.stringLiteral(String, 0, false)
	case c == '"':
		return s.quotedWord(0)
	case isWordStart(c):
		return s.word()
	case isDigit(c) || c == '.' && isDigit(s.peek(1)):
		return s.number()
	case c == '$':
		return s.dollar()
	case c == ':' && (s.peek(1) == ':' || s.peek(1) == '='), c == '.' && s.peek(1) == '.':
		return s.take(Punctuation, s.at+2, s.text[s.at:s.at+2])
	case strings.IndexByte("()[],;:.", c) >= 0:
		return s.take(Punctuation, s.at+1, s.text[s.at:s.at+1])
	case strings.IndexByte(operatorChars, c) >= 0:
		return s.operator()
	}
	return s.fail("syntax error", s.at, s.at+1)
}

// word scans a word, or a literal with a letter before its quote.
func (s *scanner) word() bool {
	c, q := s.text[s.at]|0x20, s.peek(1)
	if q == '\'' {
		switch c {
		case 'e':
			return s.stringLiteral(String, 1, true)
		case 'n':
			return s.stringLiteral(String, 1, false)
		case 'b':
			return s.stringLiteral(BitString, 1, false)
		case 'x':
			return s.stringLiteral(HexString, 1, false)
		}
	}
	if c == 'u' && q == '&' && s.peek(2) == '\'' {
		return s.unicode(func() bool { return s.stringLiteral(String, 2, false) })
	}
	if c == 'u' && q == '&' && s.peek(2) == '"' {
		return s.unicode(func() bool { return s.quotedWord(2) })
	}
	end, upper := s.at, false
	for end < len(s.text) && isWordPart(s.text[end]) {
		upper = upper || s.text[end] >= 'A' && s.text[end] <= 'Z'
		end++
	}
	w := s.text[s.at:end]
	if upper {
		w = fold(w)
	}
	return s.take(Word, end, w)
}

// fold lowers the ASCII letters, as PostgreSQL does under UTF-8.
func fold(w string) string {
	b := []byte(w)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// operator takes the longest run of operator characters that PostgreSQL would: it ends
// before a comment, and loses its trailing + and - unless it holds a character that no
// operator of standard SQL has.
func (s *scanner) operator() bool {
	end := s.at
	for end < len(s.text) && strings.IndexByte(operatorChars, s.text[end]) >= 0 {
		if rest := s.text[end:]; end > s.at && (strings.HasPrefix(rest, "--") || strings.HasPrefix(rest, "/*")) {
			break
		}
		end++
	}
	if !strings.ContainsAny(s.text[s.at:end], "~!@#%^&|`?") {
		for end-s.at > 1 && (s.text[end-1] == '+' || s.text[end-1] == '-') {
			end--
		}
	}
	op := s.text[s.at:end]
	if op == "!=" {
		op = "<>"
	}
	if len(op) >= 64 {
		return s.fail("operator too long", s.at, end)
	}
	return s.take(Operator, end, op)
}

// dollar scans a parameter or a dollar-quoted string.
func (s *scanner) dollar() bool {
	end := s.at + 1
	if isDigit(s.peek(1)) {
		for end < len(s.text) && isDigit(s.text[end]) {
			end++
		}
		return s.take(Param, end, s.text[s.at+1:end])
	}
	for end < len(s.text) && isWordPart(s.text[end]) && s.text[end] != '$' {
		end++
	}
	if end >= len(s.text) || s.text[end] != '$' {
		return s.fail("syntax error", s.at, s.at+1)
	}
	tag := s.text[s.at : end+1]
	body := s.text[end+1:]
	n := strings.Index(body, tag)
	if n < 0 {
		return s.fail("unterminated dollar-quoted string", s.at, len(s.text))
	}
	return s.take(String, end+1+n+len(tag), body[:n])
}

// skipBlank moves over white space and comments.
func (s *scanner) skipBlank() bool {
	for s.at < len(s.text) {
		switch {
		case isSpace(s.text[s.at]):
			s.at++
		case strings.HasPrefix(s.text[s.at:], "--"):
			s.skipLine()
		case strings.HasPrefix(s.text[s.at:], "/*"):
			if !s.skipComment() {
				return false
			}
		default:
			return true
		}
	}
	return true
}

func (s *scanner) skipLine() {
	for s.at < len(s.text) && s.text[s.at] != '\n' && s.text[s.at] != '\r' {
		s.at++
	}
}

// skipComment moves over a comment; comments nest.
func (s *scanner) skipComment() bool {
	start, depth := s.at, 0
	for s.at+1 < len(s.text) {
		switch s.text[s.at : s.at+2] {
		case "/*":
			depth++
			s.at += 2
		case "*/":
			depth--
			s.at += 2
			if depth == 0 {
				return true
			}
		default:
			s.at++
		}
	}
	return s.fail("unterminated /* comment", start, len(s.text))
}

// number scans an unsigned number. A letter right behind it is refused.
func (s *scanner) number() bool {
	end, kind := s.at, Integer
	digits := func() {
		for end < len(s.text) && isDigit(s.text[end]) {
			end++
		}
	}
	digits()
	if end < len(s.text) && s.text[end] == '.' && !strings.HasPrefix(s.text[end:], "..") {
		kind = Decimal
		end++
		digits()
	}
	if end < len(s.text) && s.text[end]|0x20 == 'e' {
		exp := end + 1
		if exp < len(s.text) && (s.text[exp] == '+' || s.text[exp] == '-') {
			exp++
		}
		if exp < len(s.text) && isDigit(s.text[exp]) {
			kind, end = Decimal, exp
			digits()
		}
	}
	if end < len(s.text) && isWordStart(s.text[end]) {
		junk := end
		for junk < len(s.text) && isWordPart(s.text[junk]) {
			junk++
		}
		return s.fail("trailing junk after numeric literal", s.at, junk)
	}
	return s.take(kind, end, s.text[s.at:end])
}
