package pgtext

import (
	"strings"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/pgerr"
)

// ValidateUTF8 reports, with 22021 and PostgreSQL's list of bytes, whether s may be text:
// UTF-8 without NUL.
func ValidateUTF8(s []byte) error {
	for i := 0; i < len(s); {
		if c := s[i]; c != 0 && c < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		if s[i] == 0 || r == utf8.RuneError && n <= 1 {
			return invalidUTF8(s[i:])
		}
		i += n
	}
	return nil
}

func invalidUTF8(s []byte) error {
	var b strings.Builder
	for i, c := range s[:min(sequenceLength(s[0]), len(s))] {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("0x")
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return pgerr.New(pgerr.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8": %s`, b.String())
}

const hexDigits = "0123456789abcdef"

// sequenceLength is how many bytes the first one announces, as pg_utf_mblen counts.
func sequenceLength(c byte) int {
	switch {
	case c&0xe0 == 0xc0:
		return 2
	case c&0xf0 == 0xe0:
		return 3
	case c&0xf8 == 0xf0:
		return 4
	}
	return 1
}

// Length is the number of characters of s (length, char_length).
func Length(s []byte) int { return utf8.RuneCount(s) }

// MaxNameBytes is the longest identifier.
const MaxNameBytes = 63

// TruncateName cuts an identifier to MaxNameBytes at a character boundary; it aliases s.
func TruncateName[T Text](s T) T { return clipBytes(s, MaxNameBytes) }

// clipBytes cuts s to at most n bytes before a character.
func clipBytes[T Text](s T, n int) T {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// offsetOf returns the byte offset of character n of s, len(s) beyond its end.
func offsetOf(s []byte, n int) int {
	i := 0
	for ; n > 0 && i < len(s); n-- {
		i += charLen(s[i:])
	}
	return i
}

func charLen(s []byte) int {
	if s[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRune(s)
	return n
}

// HexValue is what a hexadecimal digit stands for; -1: c is none.
func HexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
