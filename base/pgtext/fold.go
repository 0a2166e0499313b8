package pgtext

import (
	"bytes"
	"encoding/binary"
	"unicode"
	"unicode/utf8"
)

// toLower and toUpper map one character to one, as the C library does: the reason why
// upper('ß') is ß.
func toLower(r rune) rune { return unicode.ToLower(r) }
func toUpper(r rune) rune { return unicode.ToUpper(r) }

// Case is one of the cases of letters.
type Case struct {
	first, last byte // the ASCII letters of the other case
	to          func(rune) rune
}

// Lower and Upper are the cases that lower() and upper() bring letters into.
var (
	Lower = Case{'A', 'Z', toLower}
	Upper = Case{'a', 'z', toUpper}
)

// AppendLower appends lower(s).
func AppendLower(dst, s []byte) []byte { return Lower.Append(dst, s) }

// AppendUpper appends upper(s).
func AppendUpper(dst, s []byte) []byte { return Upper.Append(dst, s) }

// Append appends s in the case.
func (c *Case) Append(dst, s []byte) []byte {
	dst, rest := c.appendASCII(dst, s)
	return appendMapped(dst, rest, c.to)
}

const everyByte = 0x0101010101010101

// ASCII8 reports whether eight bytes are ASCII.
func ASCII8(w uint64) bool { return w&(0x80*everyByte) == 0 }

// Word is eight ASCII bytes in the case.
func (c *Case) Word(w uint64) uint64 {
	from, behind := everyByte*uint64(0x80-c.first), everyByte*uint64(0x7f-c.last)
	return w ^ ((w+from)&^(w+behind)&(0x80*everyByte))>>2
}

// appendASCII appends the ASCII text that s begins with, eight bytes at a time; rest is what it
// leaves.
func (c *Case) appendASCII(dst, s []byte) (out, rest []byte) {
	for len(s) >= 8 {
		w := binary.LittleEndian.Uint64(s)
		if !ASCII8(w) {
			return dst, s
		}
		dst = binary.LittleEndian.AppendUint64(dst, c.Word(w))
		s = s[8:]
	}
	for i, b := range s {
		if b >= utf8.RuneSelf {
			return dst, s[i:]
		}
		if c.first <= b && b <= c.last {
			b ^= 'a' - 'A'
		}
		dst = append(dst, b)
	}
	return dst, nil
}

func appendMapped(dst, s []byte, to func(rune) rune) []byte {
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			dst = append(dst, byte(to(rune(s[i]))))
			i++
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError && n <= 1 {
			dst = append(dst, s[i])
		} else {
			dst = utf8.AppendRune(dst, to(r))
		}
		i += max(n, 1)
	}
	return dst
}

// AppendInitcap appends initcap(s): the first letter of each word in upper case, the
// others in lower case; words are of letters and digits.
func AppendInitcap(dst, s []byte) []byte {
	inWord := false
	return appendMapped(dst, s, func(r rune) rune {
		if inWord {
			r = toLower(r)
		} else {
			r = toUpper(r)
		}
		inWord = isAlnum(r)
		return r
	})
}

// isAlnum is the C library's iswalnum.
func isAlnum(r rune) bool {
	return unicode.In(r, unicode.L, unicode.Nl, unicode.Nd, unicode.Other_Alphabetic)
}

// foldLower is s in lower case, s itself if it is that already.
func foldLower(s []byte) []byte {
	if !bytes.ContainsFunc(s, func(r rune) bool { return toLower(r) != r }) {
		return s
	}
	return AppendLower(make([]byte, 0, len(s)), s)
}
