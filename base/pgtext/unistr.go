package pgtext

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/pgerr"
)

// AppendUnistr is unistr(s): \XXXX, \+XXXXXX, \uXXXX and \UXXXXXXXX become the character of
// that code point, two surrogates in a row one character, and \\ a backslash.
func AppendUnistr(dst, s []byte) ([]byte, error) {
	out := dst
	high := rune(0) // a high surrogate, which waits for its low one
	for len(s) > 0 {
		r, n := rune(s[0]), 1
		escaped := s[0] == '\\'
		switch {
		case escaped && len(s) > 1 && s[1] == '\\':
			n, escaped = 2, false
		case escaped:
			var err error
			if r, n, err = codePoint(s); err != nil {
				return dst, err
			}
		}
		s = s[n:]
		second := escaped && utf16.IsSurrogate(r) && r >= 0xDC00
		switch {
		case second != (high != 0):
			return dst, errSurrogatePair()
		case second:
			out, high = utf8.AppendRune(out, utf16.DecodeRune(high, r)), 0
		case !escaped:
			out = append(out, byte(r))
		case utf16.IsSurrogate(r):
			high = r
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	if high != 0 {
		return dst, errSurrogatePair()
	}
	return out, nil
}

// codePoint reads the escape at the beginning of s: its code point, and how long it is.
func codePoint(s []byte) (rune, int, error) {
	from, width := 1, 4
	if len(s) > 1 {
		switch s[1] {
		case 'u':
			from = 2
		case '+':
			from, width = 2, 6
		case 'U':
			from, width = 2, 8
		}
	}
	code, ok := uint64(0), len(s) >= from+width
	if ok {
		var err error
		code, err = strconv.ParseUint(string(s[from:from+width]), 16, 32)
		ok = err == nil
	}
	switch {
	case !ok:
		return 0, 0, pgerr.New(pgerr.SyntaxError, "invalid Unicode escape").
			WithHint(`Unicode escapes must be \XXXX, \+XXXXXX, \uXXXX, or \UXXXXXXXX.`)
	case code == 0 || code > utf8.MaxRune:
		return 0, 0, pgerr.New(pgerr.InvalidParameterValue, "invalid Unicode code point: %04X", code)
	}
	return rune(code), from + width, nil
}

func errSurrogatePair() error {
	return pgerr.New(pgerr.SyntaxError, "invalid Unicode surrogate pair")
}
