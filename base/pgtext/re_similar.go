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
	w := similarWriter{out: []byte("^(?:")}
	for len(pattern) > 0 {
		r, n := utf8.DecodeRune(pattern)
		c := pattern[:n]
		pattern = pattern[n:]
		switch {
		case w.escaped:
			if err := w.escapedChar(r, c); err != nil {
				return nil, err
			}
		case r == esc:
			w.escaped = true
		default:
			w.char(r, c)
		}
	}
	return append(w.out, ")$"...), nil
}

type similarWriter struct {
	out        []byte
	separators int
	escaped    bool // the escape was just read
	inBracket  bool
}

func (w *similarWriter) escapedChar(r rune, c []byte) error {
	w.escaped = false
	if r == '"' && !w.inBracket {
		var ok bool
		if w.out, ok = appendSeparator(w.out, w.separators); !ok {
			return pgerr.New("2200C", "SQL regular expression may not contain more than two escape-double-quote separators")
		}
		w.separators++
		return nil
	}
	// Only punctuation needs, and bears, a backslash.
	if len(c) > 1 || !isAlnum(r) {
		w.out = append(w.out, '\\')
	}
	w.out = append(w.out, c...)
	return nil
}

func (w *similarWriter) char(r rune, c []byte) {
	switch {
	case w.inBracket:
		if r == '\\' {
			w.out = append(w.out, '\\')
		}
		w.out = append(w.out, c...)
		w.inBracket = r != ']'
	case r == '[':
		w.out = append(w.out, c...)
		w.inBracket = true
	case r == '%':
		w.out = append(w.out, ".*"...)
	case r == '_':
		w.out = append(w.out, '.')
	case r == '(':
		w.out = append(w.out, "(?:"...)
	case bytes.ContainsRune([]byte(`\.^$`), r):
		w.out = append(append(w.out, '\\'), c...)
	default:
		w.out = append(w.out, c...)
	}
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
