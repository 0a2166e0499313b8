package pgtext

import (
	"bytes"

	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgerr"
)

// MaxTextBytes is the longest text that a function makes.
const MaxTextBytes = 1<<30 - 5

// ErrTooLong refuses a longer one.
func ErrTooLong() error {
	return pgerr.New(pgerr.ProgramLimitExceeded, "requested length too large")
}

// repeatPiece is about how many bytes repeat copies at a time.
const repeatPiece = 1 << 20

// AppendRepeat is repeat(s, n).
func AppendRepeat(dst, s []byte, n int) ([]byte, error) {
	if n <= 0 || len(s) == 0 {
		return dst, nil
	}
	if n > MaxTextBytes/len(s) {
		return dst, ErrTooLong()
	}
	from, to := len(dst), len(dst)+n*len(s)
	dst = long.Append(long.Grow(dst, n*len(s)), s)
	for len(dst) < to { // what is there, once more, as long as that lies near
		n := len(dst) - from
		if n > repeatPiece {
			n = repeatPiece / len(s) * len(s)
		}
		dst = long.Append(dst, dst[from:from+min(max(n, len(s)), to-len(dst))])
	}
	return dst, nil
}

// AppendLpad is lpad(s, n, fill).
func AppendLpad(dst, s []byte, n int, fill []byte) ([]byte, error) {
	return appendPadded(dst, s, n, fill, true)
}

// AppendRpad is rpad(s, n, fill).
func AppendRpad(dst, s []byte, n int, fill []byte) ([]byte, error) {
	return appendPadded(dst, s, n, fill, false)
}

func appendPadded(dst, s []byte, n int, fill []byte, left bool) ([]byte, error) {
	n = max(n, 0)
	length := Length(s)
	if length >= n || len(fill) == 0 {
		return long.Append(dst, s[:offsetOf(s, n)]), nil
	}
	missing := n - length
	if n > MaxTextBytes/4 {
		return dst, ErrTooLong()
	}
	if !left {
		dst = long.Append(dst, s)
	}
	chars := Length(fill)
	for ; missing >= chars; missing -= chars {
		dst = long.Append(dst, fill)
	}
	dst = append(dst, fill[:offsetOf(fill, missing)]...)
	if left {
		dst = long.Append(dst, s)
	}
	return dst, nil
}

// Ltrim is ltrim(s, chars); the result aliases s.
func Ltrim(s, chars []byte) []byte {
	for len(s) > 0 {
		n := charLen(s)
		if !hasChar(chars, s[:n]) {
			break
		}
		s = s[n:]
	}
	return s
}

// Rtrim is rtrim(s, chars); the result aliases s.
func Rtrim(s, chars []byte) []byte {
	for len(s) > 0 {
		n := lastCharLen(s)
		if !hasChar(chars, s[len(s)-n:]) {
			break
		}
		s = s[:len(s)-n]
	}
	return s
}

// Btrim is btrim(s, chars); the result aliases s.
func Btrim(s, chars []byte) []byte { return Rtrim(Ltrim(s, chars), chars) }

// hasChar reports whether c, one character, is among chars.
func hasChar(chars, c []byte) bool {
	if len(c) == 1 {
		return bytes.IndexByte(chars, c[0]) >= 0
	}
	return bytes.Contains(chars, c)
}
