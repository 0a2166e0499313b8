package numeric

import (
	"encoding/binary"
	"math/bits"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/pgerr"
)

// The canonical form. A positive number is m × 100^e with 1/100 ≤ m < 1: one head byte
// for e, or a head byte and two more where e is unusual, then the base-100 digits of m:
// twice the digit plus one, and without the plus one for the last. A negative number is
// the complement of the bytes of its magnitude. The last digit is never zero, which
// makes the form unique.
const (
	headNegInf   = 0x01
	headZero     = 0x80
	headLowExp   = 0x90 // then e + 16384, big-endian
	headExp      = 0xC0 // plus e, for e in [minShortExp, maxShortExp]
	headHighExp  = 0xE8 // then e - maxShortExp - 1, big-endian
	headPosInf   = 0xF0
	headNaN      = 0xF8
	minShortExp  = -32
	maxShortExp  = 31
	lowExpBias   = 16384
	scaleTailLen = 2
)

// maxDigitPairs bounds the digits of a decoded value: the integer part, the fraction,
// and a pair cut by the point.
const maxDigitPairs = (MaxIntegerDigits+MaxScale)/2 + 2

func appendHead(dst []byte, e int) []byte {
	switch {
	case e < minShortExp:
		return binary.BigEndian.AppendUint16(append(dst, headLowExp), uint16(e+lowExpBias))
	case e > maxShortExp:
		return binary.BigEndian.AppendUint16(append(dst, headHighExp), uint16(e-maxShortExp-1))
	}
	return append(dst, byte(headExp+e))
}

// appendPairs writes a positive number from its base-100 digits, first one not zero,
// and complements it if neg.
func appendPairs(dst []byte, pairs []byte, e int, neg bool) []byte {
	start := len(dst)
	dst = appendHead(dst, e)
	for len(pairs) > 0 && pairs[len(pairs)-1] == 0 {
		pairs = pairs[:len(pairs)-1]
	}
	for _, p := range pairs {
		dst = append(dst, p*2+1)
	}
	dst[len(dst)-1]--
	if neg {
		for i := start; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	return dst
}

// AppendCanonicalInt appends the canonical bytes of v × 10^-scale; 0 ≤ scale ≤ [MaxScale].
func AppendCanonicalInt(dst []byte, v int64, scale int32) []byte {
	neg, u := v < 0, uint64(v)
	if neg {
		u = -u
	}
	return appendCanonicalWords(dst, 0, u, neg, scale)
}

// AppendCanonicalInt128 is [AppendCanonicalInt] for an [Int128].
func AppendCanonicalInt128(dst []byte, x Int128, scale int32) []byte {
	hi, lo, neg := x.abs()
	return appendCanonicalWords(dst, hi, lo, neg, scale)
}

func appendCanonicalWords(dst []byte, hi, lo uint64, neg bool, scale int32) []byte {
	if hi|lo == 0 {
		return append(dst, headZero)
	}
	var buf [22]byte
	i := len(buf)
	if scale&1 != 0 {
		// Digit pairs are aligned at the point: an odd fraction ends in half a pair.
		var r uint64
		hi, lo, r = quoRem64(hi, lo, 10)
		i--
		buf[i] = byte(r * 10)
		scale++
	}
	for hi != 0 {
		var r uint64
		hi, lo, r = quoRem64(hi, lo, pow10[18])
		for range 9 {
			i--
			buf[i] = byte(r % 100)
			r /= 100
		}
	}
	for lo != 0 {
		i--
		buf[i] = byte(lo % 100)
		lo /= 100
	}
	for buf[i] == 0 {
		i++
	}
	return appendPairs(dst, buf[i:], len(buf)-i-int(scale/2), neg)
}

// AppendCanonical appends the canonical bytes of d.
func AppendCanonical(dst []byte, d *apd.Decimal) []byte {
	switch {
	case d.Form == apd.Infinite && d.Negative:
		return append(dst, headNegInf)
	case d.Form == apd.Infinite:
		return append(dst, headPosInf)
	case d.Form != apd.Finite:
		return append(dst, headNaN)
	}
	if hi, lo, ok := coeffWords(d); ok {
		return appendCanonicalWords(dst, hi, lo, d.Negative, -d.Exponent)
	}
	scale := int(-d.Exponent)
	text := d.Coeff.Append(make([]byte, 1, 64), 10)[1:]
	if scale&1 != 0 {
		text = append(text, '0')
		scale++
	}
	pairs := make([]byte, 0, len(text)/2+1)
	if len(text)&1 != 0 {
		pairs = append(pairs, text[0]-'0')
		text = text[1:]
	}
	for ; len(text) > 0; text = text[2:] {
		pairs = append(pairs, (text[0]-'0')*10+text[1]-'0')
	}
	return appendPairs(dst, pairs, len(pairs)-scale/2, d.Negative)
}

// AppendStored appends the stored form of d: canonical bytes and display scale.
func AppendStored(dst []byte, d *apd.Decimal) []byte {
	dst = AppendCanonical(dst, d)
	return binary.BigEndian.AppendUint16(dst, uint16(Scale(d)))
}

// AppendStoredInt appends the stored form of v × 10^-scale.
func AppendStoredInt(dst []byte, v int64, scale int32) []byte {
	return binary.BigEndian.AppendUint16(AppendCanonicalInt(dst, v, scale), uint16(scale))
}

// AppendStoredInt128 appends the stored form of x × 10^-scale.
func AppendStoredInt128(dst []byte, x Int128, scale int32) []byte {
	return binary.BigEndian.AppendUint16(AppendCanonicalInt128(dst, x, scale), uint16(scale))
}

// Canonical returns the canonical bytes of a stored value, aliasing it. Bytes too short
// to be a stored value are returned as they are.
func Canonical(stored []byte) []byte {
	if len(stored) < 1+scaleTailLen {
		return stored
	}
	return stored[: len(stored)-scaleTailLen : len(stored)-scaleTailLen]
}

func errStored() error {
	return pgerr.New(pgerr.DataCorrupted, "stored numeric value is damaged")
}

// Stored decodes a whole stored value into d. Bytes that no Append function wrote are
// refused with XX001; d is then undefined.
func Stored(b []byte, d *apd.Decimal) error {
	if len(b) < 1+scaleTailLen {
		return errStored()
	}
	scale := int32(binary.BigEndian.Uint16(b[len(b)-scaleTailLen:]))
	n, err := decodeCanonical(b[:len(b)-scaleTailLen], d, scale)
	if err == nil && n != len(b)-scaleTailLen {
		err = errStored()
	}
	return err
}

// DecodeCanonical decodes the canonical bytes at the head of b into d, with the least
// display scale that shows the value, and returns how many bytes they are.
func DecodeCanonical(b []byte, d *apd.Decimal) (n int, err error) {
	return decodeCanonical(b, d, -1)
}

// decodeCanonical decodes with the given display scale, or the least one if it is -1.
func decodeCanonical(b []byte, d *apd.Decimal, scale int32) (int, error) {
	if len(b) == 0 || scale > MaxScale {
		return 0, errStored()
	}
	d.Form, d.Negative, d.Exponent = apd.Finite, false, 0
	d.Coeff.SetUint64(0)
	switch b[0] {
	case headNegInf:
		d.Form, d.Negative = apd.Infinite, true
		return 1, scaleless(scale)
	case headPosInf:
		d.Form = apd.Infinite
		return 1, scaleless(scale)
	case headNaN:
		d.Form = apd.NaN
		return 1, scaleless(scale)
	case headZero:
		d.Exponent = -max(scale, 0)
		return 1, nil
	}
	return decodeFinite(b, d, scale)
}

// scaleless checks the scale of a value that has none.
func scaleless(scale int32) error {
	if scale > 0 {
		return errStored()
	}
	return nil
}

func decodeFinite(b []byte, d *apd.Decimal, scale int32) (int, error) {
	var mask byte
	if b[0] < headZero {
		mask = 0xFF
		d.Negative = true
	}
	e, n, ok := decodeHead(b, mask)
	if !ok {
		return 0, errStored()
	}
	start, last := n, byte(0)
	for {
		if n >= len(b) || n-start > maxDigitPairs {
			return 0, errStored()
		}
		last = b[n] ^ mask
		n++
		if last&1 == 0 {
			break
		}
	}
	digits := b[start:n]
	if first := digits[0] ^ mask; first < 2 || last < 2 || last > 198 {
		return 0, errStored()
	}
	least := int32(2 * (len(digits) - e))
	if last/2%10 == 0 {
		least--
	}
	least = max(least, 0)
	if scale < 0 {
		scale = least
	}
	if scale < least || scale > MaxScale || 2*e > MaxIntegerDigits {
		return 0, errStored()
	}
	d.Exponent = -scale
	return n, setPairs(d, digits, mask, 2*(e-len(digits))+int(scale))
}

func decodeHead(b []byte, mask byte) (e, n int, ok bool) {
	h := b[0] ^ mask
	if e = int(h) - headExp; e >= minShortExp && e <= maxShortExp {
		return e, 1, true
	}
	if len(b) < 3 {
		return 0, 0, false
	}
	v := int(binary.BigEndian.Uint16(b[1:]) ^ (uint16(mask)<<8 | uint16(mask)))
	switch h {
	case headLowExp:
		return v - lowExpBias, 3, v-lowExpBias < minShortExp
	case headHighExp:
		return v + maxShortExp + 1, 3, true
	}
	return 0, 0, false
}

// setPairs sets the coefficient of d to the digits × 10^shift; shift is -1 at least.
func setPairs(d *apd.Decimal, digits []byte, mask byte, shift int) error {
	if 2*len(digits)+max(shift, 0) <= 38 {
		hi, lo := uint64(0), uint64(0)
		for _, c := range digits {
			p := uint64(c^mask) / 2
			if p > 99 {
				return errStored()
			}
			hi, lo = mulAdd(hi, lo, 100, p)
		}
		if shift < 0 {
			hi, lo, _ = quoRem64(hi, lo, 10)
		}
		for ; shift > 0; shift-- {
			hi, lo = mulAdd(hi, lo, 10, 0)
		}
		setWords(d, hi, lo)
		return nil
	}
	text := make([]byte, 0, 2*len(digits)+max(shift, 0))
	for _, c := range digits {
		p := (c ^ mask) / 2
		if p > 99 {
			return errStored()
		}
		text = append(text, '0'+p/10, '0'+p%10)
	}
	if shift < 0 {
		text = text[:len(text)-1]
	}
	for ; shift > 0; shift-- {
		text = append(text, '0')
	}
	setDigits(&d.Coeff, text)
	return nil
}

func mulAdd(hi, lo, m, a uint64) (uint64, uint64) {
	h, l := bits.Mul64(lo, m)
	l, c := bits.Add64(l, a, 0)
	return hi*m + h + c, l
}
