package pgtext

import (
	"bytes"
	"math"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgerr"
)

func lastCharLen(s []byte) int {
	_, n := utf8.DecodeLastRune(s)
	return n
}

func errSubstring() error {
	return pgerr.New(pgerr.SubstringError, "negative substring length not allowed")
}

// Substr is substr(s, start): from the 1-based character start on. It aliases s.
func Substr(s []byte, start int) []byte {
	return s[offsetOf(s, max(start-1, 0)):]
}

// SubstrLen is substr(s, start, n), 22011 for a negative n. It aliases s.
func SubstrLen(s []byte, start, n int) ([]byte, error) {
	from, to, err := substrRange(start, n)
	if err != nil {
		return nil, err
	}
	s = s[offsetOf(s, from):]
	return s[:offsetOf(s, to-from)], nil
}

// ByteSubstr is substr of bytea: start and n count bytes. It aliases b.
func ByteSubstr(b []byte, start, n int) ([]byte, error) {
	from, to, err := substrRange(start, n)
	if err != nil {
		return nil, err
	}
	from = min(from, len(b))
	return b[from:min(max(to, from), len(b))], nil
}

// substrRange turns a 1-based start and a length into 0-based bounds, from ≤ to.
func substrRange(start, n int) (from, to int, err error) {
	if n < 0 {
		return 0, 0, errSubstring()
	}
	end := math.MaxInt32
	if start < math.MaxInt32-n {
		end = start + n
	}
	from = max(start-1, 0)
	return from, max(end-1, from), nil
}

// Left is left(s, n): the first n characters, or all but the last -n. It aliases s.
func Left(s []byte, n int) []byte {
	if n < 0 {
		n = max(Length(s)+n, 0)
	}
	return s[:offsetOf(s, n)]
}

// Right is right(s, n): the last n characters, or all but the first -n. It aliases s. The
// least int4 has no opposite there and cuts nothing off in PostgreSQL.
func Right(s []byte, n int) []byte {
	if n == math.MinInt32 {
		return s
	}
	if n < 0 {
		n = -n
	} else {
		n = max(Length(s)-n, 0)
	}
	return s[offsetOf(s, n):]
}

// Strpos is strpos(s, sub): the 1-based character position of sub in s, 0 if it is not
// there, 1 for an empty sub.
func Strpos(s, sub []byte) int {
	i := bytes.Index(s, sub)
	if i < 0 {
		return 0
	}
	return Length(s[:i]) + 1
}

// AppendOverlay is overlay(s placing with from start for n): 22011 for a start below one.
func AppendOverlay(dst, s, with []byte, start, n int) ([]byte, error) {
	if start <= 0 {
		return dst, errSubstring()
	}
	if start+n > math.MaxInt32 || start+n < math.MinInt32 {
		return dst, pgerr.New(pgerr.NumericValueOutOfRange, "integer out of range")
	}
	dst = long.Append(dst, s[:offsetOf(s, start-1)])
	dst = long.Append(dst, with)
	return long.Append(dst, Substr(s, start+n)), nil
}

// SplitPart is split_part(s, delimiter, n): field n, from the end if negative; 22023 for
// zero. It aliases s.
func SplitPart(s, delimiter []byte, n int) ([]byte, error) {
	if n == 0 {
		return nil, pgerr.New(pgerr.InvalidParameterValue, "field position must not be zero")
	}
	if len(s) == 0 {
		return nil, nil
	}
	if len(delimiter) == 0 {
		if n == 1 || n == -1 {
			return s, nil
		}
		return nil, nil
	}
	if n < 0 {
		n = bytes.Count(s, delimiter) + 2 + n
	}
	for ; n > 0; n-- {
		field, rest, found := bytes.Cut(s, delimiter)
		if n == 1 {
			return field, nil
		}
		if !found {
			break
		}
		s = rest
	}
	return nil, nil
}

// StringToArray is string_to_array(s, delimiter, null): the fields of s, which alias it;
// a nil delimiter splits into characters, an empty one not at all; fields equal to null
// become nil, an SQL NULL, if null is not nil.
func StringToArray(s, delimiter, null []byte) [][]byte {
	if len(s) == 0 {
		return [][]byte{}
	}
	var fields [][]byte
	switch {
	case delimiter == nil:
		for rest := s; len(rest) > 0; {
			n := charLen(rest)
			fields = append(fields, rest[:n:n])
			rest = rest[n:]
		}
	case len(delimiter) == 0:
		fields = [][]byte{s}
	default:
		fields = bytes.Split(s, delimiter)
	}
	if null != nil {
		for i, f := range fields {
			if bytes.Equal(f, null) {
				fields[i] = nil
			}
		}
	}
	return fields
}

// StartsWith is starts_with and the operator ^@.
func StartsWith(s, prefix []byte) bool { return bytes.HasPrefix(s, prefix) }
