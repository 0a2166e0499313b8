package lex

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/pgerr"
)

var unterminated = map[Kind]string{
	String: "unterminated quoted string", BitString: "unterminated bit string literal",
	HexString: "unterminated hexadecimal string literal",
}

// stringLiteral scans a literal whose quote stands skip bytes on, and its continuations:
// literals that only white space with a line break parts are one.
func (s *scanner) stringLiteral(k Kind, skip int, escapes bool) bool {
	start := s.at
	quote := s.at + skip
	var value string
	for first := true; ; first = false {
		part, end, ok := s.part(quote, escapes, start, k)
		if !ok {
			return false
		}
		if first {
			value = part
		} else {
			value += part
		}
		next, more := s.continuation(end)
		if !more {
			if bad := notUTF8(value); escapes && bad >= 0 {
				s.err = &scanError{code: pgerr.CharacterNotInRepertoire, plain: true, pos: start, end: end,
					message: fmt.Sprintf("invalid byte sequence for encoding \"UTF8\": 0x%02x", value[bad])}
				return false
			}
			return s.take(k, end, value)
		}
		quote = next
	}
}

// notUTF8 returns the index of the first byte that no text may hold, -1 without one.
func notUTF8(value string) int {
	for i := 0; i < len(value); {
		r, n := utf8.DecodeRuneInString(value[i:])
		if r == 0 || r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// part scans one '…' and returns its value and the offset behind it.
func (s *scanner) part(quote int, escapes bool, start int, k Kind) (string, int, bool) {
	if escapes {
		return s.escaped(quote, start)
	}
	value, end := until(s.text, quote+1, '\'')
	if end < 0 {
		return "", 0, s.fail(unterminated[k], start, len(s.text))
	}
	return value, end, true
}

// continuation looks for white space with a line break and a quote behind it.
func (s *scanner) continuation(at int) (quote int, ok bool) {
	newline := false
	for at < len(s.text) && (isSpace(s.text[at]) || newline && strings.HasPrefix(s.text[at:], "--")) {
		if s.text[at] == '-' {
			for at < len(s.text) && s.text[at] != '\n' && s.text[at] != '\r' {
				at++
			}
			continue
		}
		newline = newline || s.text[at] == '\n' || s.text[at] == '\r'
		at++
	}
	return at, newline && at < len(s.text) && s.text[at] == '\''
}

// until reads up to the closing quote, a doubled quote being one. end is -1 without one.
func until(text string, at int, quote byte) (value string, end int) {
	start, doubled := at, false
	for at < len(text) {
		n := strings.IndexByte(text[at:], quote)
		if n < 0 {
			return "", -1
		}
		at += n + 1
		if at >= len(text) || text[at] != quote {
			value = text[start : at-1]
			if doubled {
				q := string(quote)
				value = strings.ReplaceAll(value, q+q, q)
			}
			return value, at
		}
		doubled = true
		at++
	}
	return "", -1
}

// quotedWord scans "name", the quote standing skip bytes on.
func (s *scanner) quotedWord(skip int) bool {
	value, end := until(s.text, s.at+skip+1, '"')
	switch {
	case end < 0:
		return s.fail("unterminated quoted identifier", s.at, len(s.text))
	case value == "":
		return s.fail("zero-length delimited identifier", s.at, end)
	}
	return s.take(QuotedWord, end, value)
}

var simpleEscapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f', 'v': '\v'}

// escaped scans E'…' from its quote.
func (s *scanner) escaped(quote, start int) (string, int, bool) {
	var b strings.Builder
	for i := quote + 1; i < len(s.text); {
		c := s.text[i]
		switch {
		case c == '\'' && i+1 < len(s.text) && s.text[i+1] == '\'':
			b.WriteByte('\'')
			i += 2
		case c == '\'':
			return b.String(), i + 1, true
		case c == '\\' && i+1 < len(s.text):
			n, ok := s.escape(&b, i)
			if !ok {
				return "", 0, false
			}
			i += n
		default:
			b.WriteByte(c)
			i++
		}
	}
	return "", 0, s.fail(unterminated[String], start, len(s.text))
}

// escape appends what the backslash at offset i means and returns its length.
func (s *scanner) escape(b *strings.Builder, i int) (int, bool) {
	c := s.text[i+1]
	switch {
	case c >= '0' && c <= '7':
		n := s.digits(i+1, 3, 8)
		v, _ := strconv.ParseUint(s.text[i+1:i+1+n], 8, 16)
		b.WriteByte(byte(v))
		return 1 + n, true
	case c == 'x':
		n := s.digits(i+2, 2, 16)
		if n == 0 {
			b.WriteByte('x')
			return 2, true
		}
		v, _ := strconv.ParseUint(s.text[i+2:i+2+n], 16, 8)
		b.WriteByte(byte(v))
		return 2 + n, true
	case c == 'u' || c == 'U':
		return s.unicodeEscape(b, i)
	}
	if v, ok := simpleEscapes[c]; ok {
		c = v
	}
	b.WriteByte(c)
	return 2, true
}

// digits counts the digits of the base from offset i on, at most limit.
func (s *scanner) digits(i, limit, base int) int {
	n := 0
	for n < limit && i+n < len(s.text) {
		if _, err := strconv.ParseUint(s.text[i+n:i+n+1], base, 8); err != nil {
			break
		}
		n++
	}
	return n
}

// unicodeEscape appends \uXXXX or \UXXXXXXXX at offset i; two surrogates make one rune.
func (s *scanner) unicodeEscape(b *strings.Builder, i int) (int, bool) {
	read := func(i int) (rune, int) {
		width := 4
		if s.text[i+1] == 'U' {
			width = 8
		}
		if s.digits(i+2, width, 16) < width {
			return -1, 0
		}
		v, _ := strconv.ParseUint(s.text[i+2:i+2+width], 16, 32)
		return rune(min(v, utf8.MaxRune+1)), width + 2
	}
	r, n := read(i)
	if n == 0 {
		s.err = &scanError{code: pgerr.InvalidEscapeSequence, message: "invalid Unicode escape", pos: i,
			end: min(i+2, len(s.text)), plain: true, hint: `Unicode escapes must be \uXXXX or \UXXXXXXXX.`}
		return 0, false
	}
	if high := r; high >= 0xD800 && high < 0xDC00 {
		r = -1
		if j := i + n; j+1 < len(s.text) && s.text[j] == '\\' && s.text[j+1]|0x20 == 'u' {
			if low, m := read(j); low >= 0xDC00 && low < 0xE000 {
				r, n = 0x10000+(high-0xD800)<<10+(low-0xDC00), n+m
			}
		}
		if r < 0 {
			return 0, s.fail("invalid Unicode surrogate pair", i, i+n)
		}
	}
	if r == 0 || !utf8.ValidRune(r) {
		return 0, s.fail("invalid Unicode escape value", i, i+n)
	}
	b.WriteRune(r)
	return n, true
}

// unicode scans a U&'…' or U&"…", with its UESCAPE if there is one.
func (s *scanner) unicode(scan func() bool) bool {
	if !scan() {
		return false
	}
	t := &s.tokens[len(s.tokens)-1]
	escape := byte('\\')
	back := s.at
	if !s.skipBlank() {
		return false
	}
	if rest := s.text[s.at:]; len(rest) >= 7 && fold(rest[:7]) == "uescape" && (len(rest) == 7 || !isWordPart(rest[7])) {
		s.at += 7
		if !s.skipBlank() {
			return false
		}
		c := s.peek(1)
		if s.peek(0) != '\'' || s.peek(2) != '\'' {
			return s.fail("UESCAPE must be followed by a simple string literal", s.at, s.at+1)
		}
		if strings.IndexByte("0123456789abcdefABCDEF+'\" \t\n\r\f", c) >= 0 {
			return s.fail("invalid Unicode escape character", s.at, s.at+3)
		}
		escape, back = c, s.at+3
		t.End = int32(back)
	}
	s.at = back
	value, ok := s.resolve(t.Text, escape, int(t.Pos)+len("U&'"))
	if t.Text = value; !ok {
		s.tokens = s.tokens[:len(s.tokens)-1]
	}
	return ok
}

// resolve replaces \XXXX and \+XXXXXX in v, whose first byte stands at offset pos.
func (s *scanner) resolve(v string, escape byte, pos int) (string, bool) {
	var b strings.Builder
	fail := func(i int, message, hint string) (string, bool) {
		at := min(pos+i, len(s.text))
		s.err = &scanError{message: message, pos: at, end: at, plain: true, hint: hint}
		return "", false
	}
	const form = `Unicode escapes must be \XXXX or \+XXXXXX.`
	for i := 0; i < len(v); {
		if v[i] != escape {
			b.WriteByte(v[i])
			i++
			continue
		}
		if i+1 < len(v) && v[i+1] == escape {
			b.WriteByte(escape)
			i += 2
			continue
		}
		start := i
		i++
		width := 4
		if i < len(v) && v[i] == '+' {
			width = 6
			i++
		}
		if i+width > len(v) {
			return fail(start, "invalid Unicode escape", form)
		}
		r, err := strconv.ParseUint(v[i:i+width], 16, 32)
		if err != nil {
			return fail(start, "invalid Unicode escape", form)
		}
		if r == 0 || !utf8.ValidRune(rune(r)) {
			return fail(start, "invalid Unicode escape value", "")
		}
		b.WriteRune(rune(r))
		i += width
	}
	return b.String(), true
}
