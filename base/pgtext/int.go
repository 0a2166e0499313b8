package pgtext

import (
	"math"

	"github.com/millracedb/millrace/base/pgerr"
)

// Text is what the parsers of this package read.
type Text interface{ ~[]byte | ~string }

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func invalidSyntax[T Text](typ string, s T) error {
	return pgerr.New(pgerr.InvalidTextRepresentation, `invalid input syntax for type %s: "%s"`, typ, string(s))
}

// ParseInt16 reads a smallint: blanks around, one sign, digits.
func ParseInt16[T Text](s T) (int16, error) {
	v, err := parseInt(s, math.MinInt16, math.MaxInt16, "smallint")
	return int16(v), err
}

// ParseInt32 reads an integer as ParseInt16.
func ParseInt32[T Text](s T) (int32, error) {
	v, err := parseInt(s, math.MinInt32, math.MaxInt32, "integer")
	return int32(v), err
}

// ParseInt64 reads a bigint as ParseInt16. It allocates for errors only.
func ParseInt64[T Text](s T) (int64, error) {
	return parseInt(s, math.MinInt64, math.MaxInt64, "bigint")
}

func parseInt[T Text](s T, lo, hi int64, typ string) (int64, error) {
	i, n := 0, len(s)
	for i < n && isSpace(s[i]) {
		i++
	}
	neg := false
	if i < n && (s[i] == '-' || s[i] == '+') {
		neg = s[i] == '-'
		i++
	}
	first := i
	var u uint64
	least := uint64(-(lo + 1)) + 1
	most := max(least, uint64(hi))
	for ; i < n; i++ {
		d := s[i] - '0'
		if d > 9 {
			break
		}
		// PostgreSQL gathers digits on the negative side and sees an overflow there
		// before it looks at what follows.
		if u > most/10 || u*10+uint64(d) > most {
			return 0, outOfRange(typ, s)
		}
		u = u*10 + uint64(d)
	}
	empty := i == first
	for i < n && isSpace(s[i]) {
		i++
	}
	switch {
	case empty || i < n:
		return 0, invalidSyntax(typ, s)
	case neg && u <= least:
		return -int64(u), nil
	case !neg && u <= uint64(hi):
		return int64(u), nil
	}
	return 0, outOfRange(typ, s)
}

func outOfRange[T Text](typ string, s T) error {
	return pgerr.New(pgerr.NumericValueOutOfRange, `value "%s" is out of range for type %s`, string(s), typ)
}

// ParseOID reads an oid: an unsigned 32-bit number; PostgreSQL lets negative ones wrap.
func ParseOID[T Text](s T) (uint32, error) {
	v, err := parseInt(s, math.MinInt32, math.MaxUint32, "oid")
	return uint32(v), err
}
