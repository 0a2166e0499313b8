package jsonb

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
)

type token uint8

const (
	tokInvalid token = iota
	tokString
	tokNumber
	tokObjectStart
	tokObjectEnd
	tokArrayStart
	tokArrayEnd
	tokComma
	tokColon
	tokTrue
	tokFalse
	tokNull
	tokEnd
)

// lexer splits JSON text into tokens as PostgreSQL's json_lex does, one token ahead of
// the parser, so that the first error found is the same.
type lexer struct {
	in        []byte
	pos       int // behind the current token
	start     int // of the current token; of its bad part after an error
	prevEnd   int // behind the token before
	lineStart int
	line      int
	tok       token
	unescape  bool   // decode strings, which finds errors that json lets pass
	str       []byte // the current string's value if unescape; may alias in or buf
	buf       []byte
}

func newLexer(in []byte, unescape bool) lexer {
	return lexer{in: in, line: 1, unescape: unescape}
}

func (l *lexer) text() []byte { return l.in[l.start:l.pos] }

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

func (l *lexer) skipSpace() int {
	s := l.pos
	for s < len(l.in) {
		switch l.in[s] {
		case '\n':
			l.line++
			l.lineStart = s + 1
		case ' ', '\t', '\r':
		default:
			return s
		}
		s++
	}
	return s
}

// next moves to the next token.
func (l *lexer) next() error {
	s := l.skipSpace()
	l.prevEnd = l.pos
	l.start = s
	if s >= len(l.in) {
		l.pos = s
		l.tok = tokEnd
		return nil
	}
	tok := tokInvalid
	switch l.in[s] {
	case '{':
		tok = tokObjectStart
	case '}':
		tok = tokObjectEnd
	case '[':
		tok = tokArrayStart
	case ']':
		tok = tokArrayEnd
	case ',':
		tok = tokComma
	case ':':
		tok = tokColon
	case '"':
		return l.lexString()
	case '-':
		return l.lexNumber(s + 1)
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return l.lexNumber(s)
	default:
		return l.lexWord()
	}
	l.tok = tok
	l.pos = s + 1
	return nil
}

func (l *lexer) lexWord() error {
	p := l.start
	for p < len(l.in) && isAlphanumeric(l.in[p]) {
		p++
	}
	if p == l.start {
		l.pos = p + 1
		return l.invalidToken()
	}
	l.pos = p
	switch string(l.text()) {
	case "true":
		l.tok = tokTrue
	case "false":
		l.tok = tokFalse
	case "null":
		l.tok = tokNull
	default:
		return l.invalidToken()
	}
	return nil
}

func (l *lexer) digits(s int) int {
	for s < len(l.in) && l.in[s] >= '0' && l.in[s] <= '9' {
		s++
	}
	return s
}

// lexNumber lexes from s, which is behind the sign.
func (l *lexer) lexNumber(s int) error {
	bad := false
	if s < len(l.in) && l.in[s] == '0' {
		s++
	} else {
		e := l.digits(s)
		bad = e == s
		s = e
	}
	if s < len(l.in) && l.in[s] == '.' {
		e := l.digits(s + 1)
		bad = bad || e == s+1
		s = e
	}
	if s < len(l.in) && (l.in[s] == 'e' || l.in[s] == 'E') {
		s++
		if s < len(l.in) && (l.in[s] == '+' || l.in[s] == '-') {
			s++
		}
		e := l.digits(s)
		bad = bad || e == s
		s = e
	}
	for s < len(l.in) && isAlphanumeric(l.in[s]) {
		bad = true
		s++
	}
	l.pos = s
	if bad {
		return l.invalidToken()
	}
	l.tok = tokNumber
	return nil
}

func (l *lexer) lexString() error {
	s := l.start + 1
	for s < len(l.in) {
		switch c := l.in[s]; {
		case c == '"':
			l.str = l.in[l.start+1 : s]
			l.pos = s + 1
			l.tok = tokString
			return nil
		case c == '\\':
			return l.lexEscaped(s)
		case c < ' ':
			return l.mustEscape(s)
		}
		s++
	}
	l.pos = s
	return l.invalidToken()
}

const noSurrogate = -1

// lexEscaped lexes the rest of a string from its first backslash at s.
func (l *lexer) lexEscaped(s int) error {
	l.buf = append(l.buf[:0], l.in[l.start+1:s]...)
	high := rune(noSurrogate)
	for s < len(l.in) {
		c := l.in[s]
		if c == '"' {
			if high != noSurrogate {
				l.pos = s + 1
				return l.syntax("Unicode low surrogate must follow a high surrogate.")
			}
			l.str = l.buf
			l.pos = s + 1
			l.tok = tokString
			return nil
		}
		if c < ' ' {
			return l.mustEscape(s)
		}
		if c != '\\' {
			if high != noSurrogate {
				l.pos = l.charEnd(s)
				return l.syntax("Unicode low surrogate must follow a high surrogate.")
			}
			l.buf = append(l.buf, c)
			s++
			continue
		}
		s++
		if s >= len(l.in) {
			break
		}
		var err error
		if l.in[s] == 'u' {
			s, high, err = l.unicodeEscape(s, high)
		} else {
			s, err = l.charEscape(s, high)
		}
		if err != nil {
			return err
		}
	}
	l.pos = len(l.in)
	return l.invalidToken()
}

func (l *lexer) charEscape(s int, high rune) (int, error) {
	if high != noSurrogate {
		l.pos = l.charEnd(s)
		return s, l.syntax("Unicode low surrogate must follow a high surrogate.")
	}
	c := l.in[s]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	default:
		l.start = s
		l.pos = l.charEnd(s)
		return s, l.syntax(`Escape sequence "\%s" is invalid.`, l.text())
	}
	l.buf = append(l.buf, c)
	return s + 1, nil
}

// unicodeEscape reads \uXXXX with s at the u. It returns the position behind it and the
// high surrogate that now waits for its low one.
func (l *lexer) unicodeEscape(s int, high rune) (int, rune, error) {
	var ch rune
	for range 4 {
		s++
		if s >= len(l.in) {
			l.pos = s
			return s, high, l.invalidToken()
		}
		d := pgtext.HexValue(l.in[s])
		if d < 0 {
			l.pos = l.charEnd(s)
			return s, high, l.syntax(`"\u" must be followed by four hexadecimal digits.`)
		}
		ch = ch<<4 | rune(d)
	}
	s++
	if !l.unescape {
		return s, noSurrogate, nil
	}
	l.pos = s
	switch {
	case ch >= 0xd800 && ch < 0xdc00:
		if high != noSurrogate {
			return s, high, l.syntax("Unicode high surrogate must not follow a high surrogate.")
		}
		return s, ch, nil
	case ch >= 0xdc00 && ch < 0xe000:
		if high == noSurrogate {
			return s, high, l.syntax("Unicode low surrogate must follow a high surrogate.")
		}
		ch = (high-0xd800)<<10 + (ch - 0xdc00) + 0x10000
	case high != noSurrogate:
		return s, high, l.syntax("Unicode low surrogate must follow a high surrogate.")
	case ch == 0:
		err := pgerr.New(pgerr.UntranslatableCharacter, "unsupported Unicode escape sequence").
			WithDetail(`\u0000 cannot be converted to text.`)
		err.Where = l.where()
		return s, high, err
	}
	l.buf = utf8.AppendRune(l.buf, ch)
	return s, noSurrogate, nil
}

func (l *lexer) charEnd(s int) int {
	_, n := utf8.DecodeRune(l.in[s:])
	return s + n
}

func (l *lexer) mustEscape(s int) error {
	l.pos = s
	return l.syntax("Character with value 0x%02x must be escaped.", l.in[s])
}

func (l *lexer) invalidToken() error {
	return l.syntax(`Token "%s" is invalid.`, l.text())
}

// expected is the error for a token that the grammar does not allow here.
func (l *lexer) expected(what string) error {
	if l.tok == tokEnd {
		return l.syntax("The input string ended unexpectedly.")
	}
	return l.syntax(`Expected %s, but found "%s".`, what, l.text())
}

func (l *lexer) syntax(detail string, args ...any) error {
	err := &pgerr.Error{
		Code:    pgerr.InvalidTextRepresentation,
		Message: "invalid input syntax for type json",
		Detail:  fmt.Sprintf(detail, args...),
	}
	err.Where = l.where()
	return err
}

// maxContext is how many bytes of the offending line an error shows at most.
const maxContext = 50

// where shows the line up to the error, cut as PostgreSQL cuts it.
func (l *lexer) where() string {
	start, end := l.lineStart, l.pos
	for end-start >= maxContext {
		start = l.charEnd(start)
	}
	if start-l.lineStart <= 3 {
		start = l.lineStart
	}
	prefix, suffix := "", ""
	if start > l.lineStart {
		prefix = "..."
	}
	if l.tok != tokEnd && end < len(l.in) && l.in[end] != '\n' && l.in[end] != '\r' {
		suffix = "..."
	}
	return "JSON data, line " + strconv.Itoa(l.line) + ": " + prefix + string(l.in[start:end]) + suffix
}
