package numeric

import (
	"math/bits"

	"github.com/cockroachdb/apd/v3"
)

// Int128 is a two's complement integer of 128 bits, low word first as in the memory of
// a little-endian machine. Arithmetic wraps unless the method reports overflow.
type Int128 struct {
	Lo uint64
	Hi int64
}

// MinInt128 and MaxInt128 bound the type.
var (
	MinInt128 = Int128{Hi: -1 << 63}
	MaxInt128 = Int128{Hi: 1<<63 - 1, Lo: 1<<64 - 1}
)

// Int128From extends v.
func Int128From(v int64) Int128 { return Int128{Lo: uint64(v), Hi: v >> 63} }

// Mul64 is the exact product of two int64.
func Mul64(a, b int64) Int128 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	h := int64(hi)
	if a < 0 {
		h -= b
	}
	if b < 0 {
		h -= a
	}
	return Int128{Lo: lo, Hi: h}
}

// IsInt64 reports whether x fits an int64.
func (x Int128) IsInt64() bool { return x.Hi == int64(x.Lo)>>63 }

// Sign is -1, 0 or 1.
func (x Int128) Sign() int {
	if x.Hi < 0 {
		return -1
	}
	if x.Hi == 0 && x.Lo == 0 {
		return 0
	}
	return 1
}

// Cmp compares as numbers: -1, 0 or 1.
func (x Int128) Cmp(y Int128) int {
	switch {
	case x.Hi < y.Hi:
		return -1
	case x.Hi > y.Hi:
		return 1
	case x.Lo < y.Lo:
		return -1
	case x.Lo > y.Lo:
		return 1
	}
	return 0
}

// Add returns x + y; ok is false if it does not fit.
func (x Int128) Add(y Int128) (z Int128, ok bool) {
	lo, c := bits.Add64(x.Lo, y.Lo, 0)
	hi := x.Hi + y.Hi + int64(c)
	ok = (x.Hi^y.Hi) < 0 || (x.Hi^hi) >= 0
	return Int128{lo, hi}, ok
}

// Sub returns x - y; ok is false if it does not fit.
func (x Int128) Sub(y Int128) (z Int128, ok bool) {
	lo, b := bits.Sub64(x.Lo, y.Lo, 0)
	hi := x.Hi - y.Hi - int64(b)
	ok = (x.Hi^y.Hi) >= 0 || (x.Hi^hi) >= 0
	return Int128{lo, hi}, ok
}

// AddInt64 returns x + v; ok is false if it does not fit.
func (x Int128) AddInt64(v int64) (Int128, bool) { return x.Add(Int128From(v)) }

// Neg returns -x, wrapping for [MinInt128].
func (x Int128) Neg() Int128 {
	lo, b := bits.Sub64(0, x.Lo, 0)
	return Int128{lo, -x.Hi - int64(b)}
}

// abs returns the magnitude of x and whether x is negative.
func (x Int128) abs() (hi, lo uint64, neg bool) {
	if x.Hi < 0 {
		x = x.Neg()
		return uint64(x.Hi), x.Lo, true
	}
	return uint64(x.Hi), x.Lo, false
}

// fromMagnitude is the inverse of abs; ok is false if the number does not fit.
func fromMagnitude(hi, lo uint64, neg bool) (Int128, bool) {
	x := Int128{lo, int64(hi)}
	if neg {
		x = x.Neg()
		return x, x.Hi < 0 || hi|lo == 0
	}
	return x, x.Hi >= 0
}

// Mul returns x × v; ok is false if it does not fit.
func (x Int128) Mul(v int64) (Int128, bool) {
	hi, lo, neg := x.abs()
	u := uint64(v)
	if v < 0 {
		u, neg = -u, !neg
	}
	h1, l1 := bits.Mul64(lo, u)
	h2, l2 := bits.Mul64(hi, u)
	h, c := bits.Add64(h1, l2, 0)
	if h2 != 0 || c != 0 {
		return Int128{}, false
	}
	return fromMagnitude(h, l1, neg)
}

// MulPow10 returns x × 10ⁿ for n ≥ 0; ok is false if it does not fit.
func (x Int128) MulPow10(n int32) (Int128, bool) {
	if x == (Int128{}) {
		return x, true
	}
	if n > 38 {
		return Int128{}, false
	}
	ok := true
	for ; n > 18 && ok; n -= 18 {
		x, ok = x.Mul(int64(pow10[18]))
	}
	if !ok {
		return Int128{}, false
	}
	return x.Mul(int64(pow10[n]))
}

// quoRem64 divides the magnitude by d > 0.
func quoRem64(hi, lo, d uint64) (qhi, qlo, r uint64) {
	qhi, r = hi/d, hi%d
	qlo, r = bits.Div64(r, lo, d)
	return qhi, qlo, r
}

// DivPow10 returns x / 10ⁿ for n ≥ 0, rounded half away from zero as PostgreSQL rounds.
func (x Int128) DivPow10(n int32) Int128 {
	hi, lo, neg := x.abs()
	for ; n > 19; n-- {
		// Truncating first keeps the rounding right but for exact halves, which cannot
		// arise from what a later division by ten leaves out.
		hi, lo, _ = quoRem64(hi, lo, 10)
	}
	if n > 0 {
		d := pow10[n]
		var r uint64
		hi, lo, r = quoRem64(hi, lo, d)
		if r >= d-r {
			var c uint64
			lo, c = bits.Add64(lo, 1, 0)
			hi += c
		}
	}
	z, _ := fromMagnitude(hi, lo, neg)
	return z
}

// divExactPow10 returns x / 10ⁿ if the division leaves nothing.
func (x Int128) divExactPow10(n int32) (Int128, bool) {
	hi, lo, neg := x.abs()
	for n > 0 && hi|lo != 0 {
		k := min(n, 19)
		var r uint64
		if hi, lo, r = quoRem64(hi, lo, pow10[k]); r != 0 {
			return Int128{}, false
		}
		n -= k
	}
	return fromMagnitude(hi, lo, neg)
}

// SetInt128 sets d to x × 10^-scale, with that display scale.
func SetInt128(d *apd.Decimal, x Int128, scale int32) {
	hi, lo, neg := x.abs()
	d.Form, d.Negative, d.Exponent = apd.Finite, neg, -scale
	setWords(d, hi, lo)
}

// SetInt64 sets d to v × 10^-scale, with that display scale.
func SetInt64(d *apd.Decimal, v int64, scale int32) {
	d.Form, d.Negative, d.Exponent = apd.Finite, v < 0, -scale
	u := uint64(v)
	if v < 0 {
		u = -u
	}
	d.Coeff.SetUint64(u)
}

// coeffWords returns the coefficient as two words; ok is false if it is wider.
func coeffWords(d *apd.Decimal) (hi, lo uint64, ok bool) {
	b := d.Coeff.Bits()
	switch len(b) {
	case 0:
		return 0, 0, true
	case 1:
		return 0, uint64(b[0]), true
	case 2:
		return uint64(b[1]), uint64(b[0]), true
	}
	return 0, 0, false
}

// ToInt128 returns d × 10^scale if d is finite and that is an integer which fits. It is
// how a value enters a lane of a fixed scale without loss.
func ToInt128(d *apd.Decimal, scale int32) (Int128, bool) {
	if d.Form != apd.Finite {
		return Int128{}, false
	}
	hi, lo, ok := coeffWords(d)
	if !ok {
		return Int128{}, false
	}
	x, ok := fromMagnitude(hi, lo, d.Negative)
	if !ok {
		return Int128{}, false
	}
	if n := scale + d.Exponent; n >= 0 {
		return x.MulPow10(n)
	} else {
		return x.divExactPow10(-n)
	}
}

// shiftLeft returns x × 2ⁿ; ok is false if it does not fit.
func (x Int128) shiftLeft(n int) (Int128, bool) {
	if x == (Int128{}) || n == 0 {
		return x, true
	}
	if n >= 127 {
		return x, false
	}
	var z Int128
	if n >= 64 {
		z = Int128{0, int64(x.Lo << (n - 64))}
	} else {
		z = Int128{x.Lo << n, x.Hi<<n | int64(x.Lo>>(64-n))}
	}
	return z, z.shiftRight(n) == x
}

func (x Int128) shiftRight(n int) Int128 {
	switch {
	case n == 0:
		return x
	case n >= 64:
		return Int128{uint64(x.Hi >> (n - 64)), x.Hi >> 63}
	}
	return Int128{x.Lo>>n | uint64(x.Hi)<<(64-n), x.Hi >> n}
}
