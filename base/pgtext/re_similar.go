package pgtext

import (
	"bytes"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/pgerr"
)

// CompileSimilar compiles a pattern of SIMILAR TO, whose match is of the whole text, and
// of substring(s similar pattern escape e), which is Substring of the result. escape is
// one character or empty for none; SIMILAR TO without ESCAPE uses a backslash. 22025 for
// a longer escape, 2200C for a third separator.
func CompileSimilar(pattern, escape []byte) (*Regexp, error) {
	are, err := similarToARE(pattern, escape)
	if err != nil {
		return nil, err
	}
	return CompileRegexp(are, RegexpFlags{})
}

// similarToARE writes an SQL pattern as an advanced regular expression, as PostgreSQL's
// similar_escape does.
func similarToARE(pattern, escape []byte) ([]byte, error) {
	esc, n := utf8.DecodeRune(escape)
	if n != len(escape) {
		return nil, errEscape()
	}
	if n == 0 {
		esc = -1
	}
	out := []byte("^(?:")
	separators := 0
	escaped, inBracket := false, false
	for len(pattern) > 0 {
		r, n := utf8.DecodeRune(pattern)
		c := pattern[:n]
		pattern = pattern[n:]
		switch {
		case escaped && r == '"' && !inBracket:
			var ok bool
			if out, ok = appendSeparator(out, separators); !ok {
				return nil, pgerr.New("2200C", "SQL regular expression may not contain more than two escape-double-quote separators")
			}
			separators++
			escaped = false
		case escaped:
			// Only punctuation needs, and bears, a backslash.
			if n > 1 || !isAlnum(r) {
				out = append(out, '\\')
			}
			out = append(out, c...)
			escaped = false
		case r == esc:
			escaped = true
		case inBracket:
			if r == '\\' {
				out = append(out, '\\')
			}
			out = append(out, c...)
			inBracket = r != ']'
		case r == '[':
			out = append(out, c...)
			inBracket = true
		case r == '%':
			out = append(out, ".*"...)
		case r == '_':
			out = append(out, '.')
		case r == '(':
			out = append(out, "(?:"...)
		case bytes.ContainsRune([]byte(`\.^$`), r):
			out = append(append(out, '\\'), c...)
		default:
			out = append(out, c...)
		}
	}
	return append(out, ")$"...), nil
}

// appendSeparator ends one of the three parts: the first takes as little as it can.
func appendSeparator(dst []byte, before int) ([]byte, bool) {
	switch before {
	case 0:
		return append(dst, "){1,1}?("...), true
	case 1:
		return append(dst, "){1,1}(?:"...), true
	}
	return dst, false
}

func errEscape() error {
	return pgerr.New(pgerr.InvalidEscapeSequence, "invalid escape string").
		WithHint("Escape string must be empty or one character.")
}
