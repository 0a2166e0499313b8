package numeric

import (
	"encoding/binary"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/pgerr"
)

// PostgreSQL's limits.
const (
	MaxPrecision     = 1000   // of a declared numeric(p, s)
	MaxScale         = 16383  // display scale of any value
	MaxIntegerDigits = 131072 // before the point
)

// pow10 holds the powers of ten that fit a uint64.
var pow10 = [20]uint64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
}

var bigPow10 = func() (t [128]*apd.BigInt) {
	t[0] = apd.NewBigInt(1)
	for i := 1; i < len(t); i++ {
		t[i] = new(apd.BigInt).Mul(t[i-1], apd.NewBigInt(10))
	}
	return t
}()

// tenTo returns 10ⁿ, n ≥ 0; the result is shared and must not be changed.
func tenTo(n int32) *apd.BigInt {
	if int(n) < len(bigPow10) {
		return bigPow10[n]
	}
	return new(apd.BigInt).Exp(bigPow10[1], apd.NewBigInt(int64(n)), nil)
}

// digitsTogether is how many digits are read in time that is the square of their number.
const digitsTogether = 4096

// setDigits sets c to the number that decimal digits tell: of many, from their halves.
func setDigits(c *apd.BigInt, text []byte) {
	if len(text) <= digitsTogether {
		c.SetString(string(text), 10)
		return
	}
	var low apd.BigInt
	half := len(text) / 2
	setDigits(c, text[:half])
	setDigits(&low, text[half:])
	c.Mul(c, tenTo(int32(len(text)-half)))
	c.Add(c, &low)
}

func setWords(d *apd.Decimal, hi, lo uint64) {
	if hi == 0 {
		d.Coeff.SetUint64(lo)
		return
	}
	var b [16]byte // SetBytes keeps two words inline; SetBits would move them to the heap
	binary.BigEndian.PutUint64(b[:8], hi)
	binary.BigEndian.PutUint64(b[8:], lo)
	d.Coeff.SetBytes(b[:])
}

func setNaN(d *apd.Decimal) {
	d.Form, d.Negative, d.Exponent = apd.NaN, false, 0
	d.Coeff.SetUint64(0)
}

func setInf(d *apd.Decimal, neg bool) {
	d.Form, d.Negative, d.Exponent = apd.Infinite, neg, 0
	d.Coeff.SetUint64(0)
}

// Scale is the display scale of d: digits shown behind the point; 0 for NaN and the
// infinities.
func Scale(d *apd.Decimal) int32 {
	if d.Form != apd.Finite {
		return 0
	}
	return -d.Exponent
}

// Sign is -1, 0 or 1, and 0 for NaN.
func Sign(d *apd.Decimal) int {
	switch {
	case d.Form == apd.NaN || d.Form == apd.Finite && d.Coeff.Sign() == 0:
		return 0
	case d.Negative:
		return -1
	}
	return 1
}

// rank orders the special values around the finite ones.
func rank(d *apd.Decimal) int {
	switch {
	case d.Form == apd.Finite:
		return 1
	case d.Form == apd.Infinite && d.Negative:
		return 0
	case d.Form == apd.Infinite:
		return 2
	}
	return 3
}

// Compare orders as PostgreSQL does: -Infinity least, NaN greatest and equal to itself.
func Compare(a, b *apd.Decimal) int {
	ra, rb := rank(a), rank(b)
	if ra != 1 || rb != 1 {
		return ra - rb
	}
	sa, sb := Sign(a), Sign(b)
	if sa != sb {
		return sa - sb
	}
	return sa * compareMagnitude(a, b)
}

func compareMagnitude(a, b *apd.Decimal) int {
	if a.Exponent == b.Exponent {
		return a.Coeff.Cmp(&b.Coeff)
	}
	var t apd.BigInt
	if a.Exponent > b.Exponent {
		return t.Mul(&a.Coeff, tenTo(a.Exponent-b.Exponent)).Cmp(&b.Coeff)
	}
	return a.Coeff.Cmp(t.Mul(&b.Coeff, tenTo(b.Exponent-a.Exponent)))
}

func errOverflow() error {
	return pgerr.New(pgerr.NumericValueOutOfRange, "value overflows numeric format")
}

// finish checks the limits of a finite result and clears the sign of zero.
func finish(d *apd.Decimal) error {
	if d.Coeff.Sign() == 0 {
		d.Negative = false
	}
	if -d.Exponent > MaxScale {
		return errOverflow()
	}
	if d.Coeff.BitLen() > (MaxIntegerDigits-int(d.Exponent))*3 && integerDigits(d) > MaxIntegerDigits {
		return errOverflow()
	}
	return nil
}

// integerDigits counts the digits before the point without leading zeros; it is not
// positive for numbers below one.
func integerDigits(d *apd.Decimal) int {
	return digitCount(&d.Coeff) + int(d.Exponent)
}

// digitCount is the number of decimal digits of x, 0 for zero.
func digitCount(x *apd.BigInt) int {
	n := x.BitLen()
	if n == 0 {
		return 0
	}
	// 1233/4096 is just above log10(2) for short numbers; long ones need more digits of it.
	est := int((int64(n)*30103 - 30103) / 100000)
	if n > 4096 {
		est = int(float64(n-1) * 0.30102999566398120)
	}
	for x.CmpAbs(tenTo(int32(est))) >= 0 {
		est++
	}
	return est
}
