package pgtext

import (
	"bytes"
	"errors"
	"math"
	mathbits "math/bits"
	"strconv"

	"github.com/millracedb/millrace/base/pgerr"
)

// ParseFloat64 reads a double precision: blanks around, decimal or hexadecimal notation,
// NaN and Infinity in any case.
func ParseFloat64[T Text](s T) (float64, error) { return parseFloat(s, 64, "double precision") }

// ParseFloat32 reads a real as ParseFloat64.
func ParseFloat32[T Text](s T) (float32, error) {
	v, err := parseFloat(s, 32, "real")
	return float32(v), err
}

func trimSpace[T Text](s T) T {
	i, n := 0, len(s)
	for i < n && isSpace(s[i]) {
		i++
	}
	for n > i && isSpace(s[n-1]) {
		n--
	}
	return s[i:n]
}

func parseFloat[T Text](s T, bits int, typ string) (float64, error) {
	t := trimSpace(s)
	if v, ok := shortFloat(t, bits); ok {
		return v, nil
	}
	text := string(t)
	if !plainFloat(text) {
		if v, ok := specialFloat(text); ok {
			return v, nil
		}
		return 0, invalidSyntax(typ, s)
	}
	v, err := strconv.ParseFloat(text, bits)
	if errors.Is(err, strconv.ErrSyntax) && hexFloat(text) {
		v, err = strconv.ParseFloat(text+"p0", bits)
	}
	if errors.Is(err, strconv.ErrSyntax) {
		return 0, invalidSyntax(typ, s)
	}
	if err != nil || v == 0 && significant(text) {
		return 0, pgerr.New(pgerr.NumericValueOutOfRange, `"%s" is out of range for type %s`, text, typ)
	}
	return v, nil
}

// shortFloat reads digits with a point, up to 15 of them, exactly and without allocation.
func shortFloat[T Text](s T, bits int) (float64, bool) {
	if bits != 64 || len(s) == 0 || len(s) > 17 {
		return 0, false
	}
	i, neg := 0, false
	if s[0] == '-' {
		neg, i = true, 1
	}
	var u uint64
	digits, frac, point := 0, 0, false
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			u = u*10 + uint64(c-'0')
			digits++
			if point {
				frac++
			}
		case c == '.' && !point:
			point = true
		default:
			return 0, false
		}
	}
	if digits == 0 || digits > 15 {
		return 0, false
	}
	v := float64(u) / powersOfTen[frac]
	if neg {
		v = -v
	}
	return v, true
}

var powersOfTen = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// plainFloat tells number notation from words: a digit or a point and a digit behind the
// sign, and none of the underscores that Go would take.
func plainFloat(s string) bool {
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	if i < len(s) && s[i] == '.' {
		i++
	}
	if i >= len(s) || s[i] < '0' || s[i] > '9' {
		return false
	}
	for j := range len(s) {
		if s[j] == '_' {
			return false
		}
	}
	return true
}

func hexFloat(s string) bool {
	if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	return len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')
}

// significant reports whether the mantissa has a digit other than zero, so that a result
// of zero is an underflow.
func significant(s string) bool {
	hex := hexFloat(s)
	for i := range len(s) {
		switch c := s[i]; {
		case c == 'x' || c == 'X':
		case !hex && (c == 'e' || c == 'E'), c == 'p' || c == 'P':
			return false
		case c >= '1' && c <= '9', hex && (c|0x20) >= 'a' && (c|0x20) <= 'f':
			return true
		}
	}
	return false
}

func specialFloat(s string) (float64, bool) {
	sign := 1
	word := s
	if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
		word = s[1:]
		if s[0] == '-' {
			sign = -1
		}
	}
	switch {
	case equalFoldASCII(word, "nan"):
		return math.NaN(), true
	case equalFoldASCII(word, "inf"), equalFoldASCII(word, "infinity"):
		return math.Inf(sign), true
	}
	return 0, false
}

func equalFoldASCII(s, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := range len(s) {
		if lowerASCII(s[i]) != lower[i] {
			return false
		}
	}
	return true
}

func lowerASCII(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// AppendFloat64 appends v as PostgreSQL with extra_float_digits = 1: the shortest text
// that reads back as v.
func AppendFloat64(dst []byte, v float64) []byte { return appendFloat(dst, v, 64, 15) }

// AppendFloat32 appends v as AppendFloat64 does, for the narrower type.
func AppendFloat32(dst []byte, v float32) []byte { return appendFloat(dst, float64(v), 32, 6) }

// AppendRounded appends v rounded to so many digits, at least one, as PostgreSQL with
// extra_float_digits below 1: as %g of C prints it.
func AppendRounded(dst []byte, v float64, digits int) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return AppendFloat64(dst, v)
	}
	return strconv.AppendFloat(dst, v, 'g', max(digits, 1), 64)
}

// appendFloat switches to exponents where Ryu's printer in PostgreSQL does: below 1e-4
// and from 10^digits.
func appendFloat(dst []byte, v float64, bits, digits int) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, "NaN"...)
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	case v == 0:
		return strconv.AppendFloat(dst, v, 'f', -1, bits)
	}
	from := len(dst)
	dst = strconv.AppendFloat(dst, v, 'e', -1, bits)
	precision := -1
	if halfway(dst[from:], bits) {
		dst, precision = appendInside(dst[:from], v, bits)
	}
	if e := exponentOf(dst[from:]); e < -4 || e >= digits {
		return dst
	}
	if precision >= 0 {
		precision = max(precision-exponentOf(dst[from:]), 0)
	}
	return strconv.AppendFloat(dst[:from], v, 'f', precision, bits)
}

// halfway reports whether a decimal of the form d.dde±xx lies exactly between two
// neighbouring floats. Go takes such a text for the one of them that it reads back as;
// PostgreSQL does not trust other readers to do so, and prints more digits.
func halfway(s []byte, bits int) bool {
	var digits uint64
	exponent := exponentOf(s)
	point := false
	for _, c := range s {
		if c == 'e' {
			break
		}
		if c == '.' {
			point = true
		} else if c != '-' {
			digits = digits*10 + uint64(c-'0')
			if point {
				exponent--
			}
		}
	}
	// The decimal is digits × 5^exponent × 2^exponent, and halfway if its odd part has
	// one bit more than a float's.
	const most = 27 // the greatest power of 5 in 64 bits
	if exponent < -most || exponent > most {
		return false
	}
	for ; exponent < 0; exponent++ {
		if digits%5 != 0 {
			return false
		}
		digits /= 5
	}
	digits >>= mathbits.TrailingZeros64(digits | 1<<63)
	for ; exponent > 0; exponent-- {
		if digits >= 1<<60 {
			return false
		}
		digits *= 5
	}
	return mathbits.Len64(digits) == halfwayBits(bits)
}

func halfwayBits(bits int) int {
	if bits == 64 {
		return 54
	}
	return 25
}

// appendInside appends the shortest text of v, with an exponent, that is not halfway to a
// neighbour, and returns how many digits it has behind the point.
func appendInside(dst []byte, v float64, bits int) ([]byte, int) {
	from := len(dst)
	for precision := 0; ; precision++ {
		dst = strconv.AppendFloat(dst[:from], v, 'e', precision, bits)
		back, _ := strconv.ParseFloat(string(dst[from:]), bits)
		if back == v && !halfway(trimZeros(dst[from:]), bits) || precision == 17 {
			return dst, precision
		}
	}
}

// trimZeros is d.dd000e±xx without the zeros, in memory of its own.
func trimZeros(s []byte) []byte {
	i := bytes.IndexByte(s, 'e')
	mantissa := bytes.TrimRight(s[:i:i], "0")
	return append(mantissa, s[i:]...)
}

// exponentOf reads the exponent of the text d.dde±xx.
func exponentOf(s []byte) int {
	i := len(s) - 1
	e, unit := 0, 1
	for ; i >= 0 && s[i] >= '0' && s[i] <= '9'; i-- {
		e += int(s[i]-'0') * unit
		unit *= 10
	}
	if i >= 0 && s[i] == '-' {
		return -e
	}
	return e
}
