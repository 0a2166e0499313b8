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

// AppendLower appends lower(s).
func AppendLower(dst, s []byte) []byte {
	dst, rest := appendOtherCase(dst, s, 'A', 'Z')
	return appendMapped(dst, rest, toLower)
}

// AppendUpper appends upper(s).
func AppendUpper(dst, s []byte) []byte {
	dst, rest := appendOtherCase(dst, s, 'a', 'z')
	return appendMapped(dst, rest, toUpper)
}

// appendOtherCase appends the ASCII text that s begins with, its letters from first to last in
// the other case, eight bytes at a time; rest is what it leaves.
func appendOtherCase(dst, s []byte, first, last byte) (out, rest []byte) {
	const ones = 0x0101010101010101
	from, behind := ones*uint64(0x80-first), ones*uint64(0x7f-last)
	for len(s) >= 8 {
		w := binary.LittleEndian.Uint64(s)
		if w&(0x80*ones) != 0 {
			return dst, s
		}
		w ^= ((w + from) &^ (w + behind) & (0x80 * ones)) >> 2
		dst = binary.LittleEndian.AppendUint64(dst, w)
		s = s[8:]
	}
	for i, c := range s {
		if c >= utf8.RuneSelf {
			return dst, s[i:]
		}
		if first <= c && c <= last {
			c ^= 'a' - 'A'
		}
		dst = append(dst, c)
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
