package numeric

import (
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/pgerr"
)

// Text is what parsers read: they keep nothing of it.
type Text interface{ ~string | ~[]byte }

func errSyntax[T Text](s T) error {
	return pgerr.New(pgerr.InvalidTextRepresentation, "invalid input syntax for type numeric: \"%s\"", string(s))
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isDigit(c byte) bool { return c-'0' <= 9 }

func trim[T Text](s T) T {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// literal is the shape of a decimal literal: digits, point, exponent.
type literal[T Text] struct {
	neg    bool
	whole  T
	frac   T
	exp    int64
	tooBig bool // the exponent alone is beyond any limit
}

// scan cuts a trimmed literal; ok is false if it is none.
func scan[T Text](s T) (l literal[T], ok bool) {
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		l.neg = s[0] == '-'
		s = s[1:]
	}
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	l.whole, s = s[:i], s[i:]
	if len(s) > 0 && s[0] == '.' {
		s = s[1:]
		i = 0
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		l.frac, s = s[:i], s[i:]
	}
	if len(l.whole)+len(l.frac) == 0 {
		return l, false
	}
	if len(s) == 0 {
		return l, true
	}
	if s[0]|0x20 != 'e' {
		return l, false
	}
	return l, l.scanExponent(s[1:])
}

func (l *literal[T]) scanExponent(s T) bool {
	neg := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	if len(s) == 0 {
		return false
	}
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
		if l.exp = l.exp*10 + int64(s[i]-'0'); l.exp > 1<<30 {
			l.exp, l.tooBig = 1<<30, true
		}
	}
	if neg {
		l.exp = -l.exp
	}
	return true
}

// Parse reads a numeric as numeric_in does: surrounding blanks, exponents, NaN and
// Infinity in any case. 22P02 for other text, 22003 beyond the limits.
func Parse[T Text](d *apd.Decimal, s T) error {
	t := trim(s)
	l, ok := scan(t)
	if !ok {
		if !special(d, t) {
			return errSyntax(s)
		}
		return nil
	}
	if l.tooBig {
		return errOverflow()
	}
	scale := max(int64(len(l.frac))-l.exp, 0)
	if scale > MaxScale {
		return errOverflow()
	}
	for len(l.whole) > 0 && l.whole[0] == '0' {
		l.whole = l.whole[1:]
	}
	if int64(len(l.whole))+min(l.exp, 0) > MaxIntegerDigits {
		return errOverflow()
	}
	d.Form, d.Negative, d.Exponent = apd.Finite, l.neg, -int32(scale)
	if len(l.whole)+len(l.frac) <= 19 {
		var u uint64
		for i := range len(l.whole) {
			u = u*10 + uint64(l.whole[i]-'0')
		}
		for i := range len(l.frac) {
			u = u*10 + uint64(l.frac[i]-'0')
		}
		d.Coeff.SetUint64(u)
	} else {
		setDigits(&d.Coeff, []byte(string(l.whole)+string(l.frac)))
	}
	if zeros := scale - int64(len(l.frac)) + l.exp; zeros > 0 && d.Coeff.Sign() != 0 {
		if zeros > MaxIntegerDigits {
			return errOverflow()
		}
		d.Coeff.Mul(&d.Coeff, tenTo(int32(zeros)))
	}
	return finish(d)
}

func special[T Text](d *apd.Decimal, s T) bool {
	if len(s) > 9 {
		return false
	}
	name := string(s)
	if strings.EqualFold(name, "nan") {
		setNaN(d)
		return true
	}
	neg := false
	if name != "" && (name[0] == '-' || name[0] == '+') {
		neg = name[0] == '-'
		name = name[1:]
	}
	if strings.EqualFold(name, "infinity") || strings.EqualFold(name, "inf") {
		setInf(d, neg)
		return true
	}
	return false
}

// ParseScaled reads a plain literal into v × 10^-scale, rounding half away from zero,
// without allocation. It answers only for what is common: at most 18 digits after
// scaling, no exponent, not a special value; ok is false for all else, and the caller
// then asks [Parse], which also knows the error.
func ParseScaled[T Text](s T, scale int32) (v int64, ok bool) {
	i, neg := 0, false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		i = 1
	}
	frac, kept, seen := int32(-1), int32(0), 0 // frac: digits behind the point, -1 before it
	for ; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			if s[i] != '.' || frac >= 0 {
				return 0, false
			}
			frac = 0
			continue
		}
		seen++
		if frac >= 0 {
			if frac++; frac > scale {
				if frac == scale+1 && c >= 5 {
					v++
				}
				continue
			}
		}
		v = v*10 + int64(c)
		kept++
	}
	missing := scale - min(max(frac, 0), scale)
	if seen == 0 || scale < 0 || kept+missing > 18 {
		return 0, false
	}
	v *= int64(pow10[missing])
	if neg {
		v = -v
	}
	return v, true
}

// Append appends the text of d as numeric_out prints it.
func Append(dst []byte, d *apd.Decimal) []byte {
	switch {
	case d.Form == apd.Infinite && d.Negative:
		return append(dst, "-Infinity"...)
	case d.Form == apd.Infinite:
		return append(dst, "Infinity"...)
	case d.Form != apd.Finite:
		return append(dst, "NaN"...)
	}
	if hi, lo, ok := coeffWords(d); ok {
		return appendWords(dst, hi, lo, d.Negative, -d.Exponent)
	}
	if d.Negative {
		dst = append(dst, '-')
	}
	start := len(dst)
	dst = d.Coeff.Append(dst, 10)
	scale := int(-d.Exponent)
	if scale == 0 {
		return dst
	}
	if n := len(dst) - start; n <= scale {
		// Leading zeros: make room for them in front of the digits.
		pad := scale + 1 - n
		for range pad {
			dst = append(dst, '0')
		}
		copy(dst[start+pad:], dst[start:start+n])
		for i := range pad {
			dst[start+i] = '0'
		}
	}
	dst = append(dst, 0)
	point := len(dst) - 1 - scale
	copy(dst[point+1:], dst[point:])
	dst[point] = '.'
	return dst
}

// String is the text of d.
func String(d *apd.Decimal) string { return string(Append(nil, d)) }

// AppendScaled appends the text of v × 10^-scale, without allocation but for dst.
func AppendScaled(dst []byte, v int64, scale int32) []byte {
	u := uint64(v)
	if v < 0 {
		u = -u
	}
	return appendWords(dst, 0, u, v < 0, scale)
}

// AppendScaled128 appends the text of x × 10^-scale, without allocation but for dst.
func AppendScaled128(dst []byte, x Int128, scale int32) []byte {
	hi, lo, neg := x.abs()
	return appendWords(dst, hi, lo, neg, scale)
}

func appendWords(dst []byte, hi, lo uint64, neg bool, scale int32) []byte {
	var buf [40]byte
	i := len(buf)
	for hi != 0 {
		var r uint64
		hi, lo, r = quoRem64(hi, lo, pow10[18])
		for range 18 {
			i--
			buf[i] = byte('0' + r%10)
			r /= 10
		}
	}
	for lo != 0 {
		i--
		buf[i] = byte('0' + lo%10)
		lo /= 10
	}
	for i < len(buf) && buf[i] == '0' {
		i++
	}
	if neg && i < len(buf) {
		dst = append(dst, '-')
	}
	digits, whole := buf[i:], len(buf)-i-int(scale)
	if whole <= 0 {
		dst = append(dst, '0')
	} else {
		dst = append(dst, digits[:whole]...)
		digits = digits[whole:]
	}
	if scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	for ; whole < 0; whole++ {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}
