package pgtext

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgerr"
)

// ASCII is ascii(s): the code point of the first character, 0 for empty text.
func ASCII(s []byte) int32 {
	if len(s) == 0 {
		return 0
	}
	r, n := utf8.DecodeRune(s)
	if r == utf8.RuneError && n == 1 {
		return int32(s[0])
	}
	return r
}

// AppendChr is chr(code).
func AppendChr(dst []byte, code int32) ([]byte, error) {
	switch {
	case code < 0:
		return dst, pgerr.New(pgerr.InvalidParameterValue, "character number must be positive")
	case code == 0:
		return dst, pgerr.New(pgerr.ProgramLimitExceeded, "null character not permitted")
	case code > utf8.MaxRune:
		return dst, pgerr.New(pgerr.ProgramLimitExceeded, "requested character too large for encoding: %d", code)
	case !utf8.ValidRune(code):
		return dst, pgerr.New(pgerr.ProgramLimitExceeded, "requested character not valid for encoding: %d", code)
	}
	return utf8.AppendRune(dst, code), nil
}

// AppendHex is to_hex: v is the bits of an integer as wide as its type.
func AppendHex(dst []byte, v uint64) []byte { return strconv.AppendUint(dst, v, 16) }

// AppendReverse is reverse(s), by characters.
func AppendReverse(dst, s []byte) []byte {
	for len(s) > 0 {
		n := lastCharLen(s)
		dst = append(dst, s[len(s)-n:]...)
		s = s[:len(s)-n]
	}
	return dst
}

// AppendReplace is replace(s, from, to); an empty from replaces nothing.
func AppendReplace(dst, s, from, to []byte) ([]byte, error) {
	if len(from) == 0 {
		return long.Append(dst, s), nil
	}
	if n := bytes.Count(s, from); n > 0 && len(to) > len(from) && n > (MaxTextBytes-len(s))/(len(to)-len(from)) {
		return dst, ErrTooLong()
	}
	for {
		i := bytes.Index(s, from)
		if i < 0 {
			return long.Append(dst, s), nil
		}
		dst = long.Append(long.Append(dst, s[:i]), to)
		s = s[i+len(from):]
	}
}

// AppendTranslate is translate(s, from, to): each character of from becomes the one at
// its place in to, or nothing.
func AppendTranslate(dst, s, from, to []byte) []byte {
	for len(s) > 0 {
		n := charLen(s)
		at := charIndex(from, s[:n])
		if at < 0 {
			dst = append(dst, s[:n]...)
		} else if i := offsetOf(to, at); i < len(to) {
			dst = append(dst, to[i:i+charLen(to[i:])]...)
		}
		s = s[n:]
	}
	return dst
}

// charIndex returns at which place the character c stands in s, or -1.
func charIndex(s, c []byte) int {
	for i := 0; len(s) > 0; i++ {
		n := charLen(s)
		if bytes.Equal(s[:n], c) {
			return i
		}
		s = s[n:]
	}
	return -1
}
