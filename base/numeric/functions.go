package numeric

import (
	"math"
	"math/big"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/pgerr"
)

// Sqrt sets d to the square root of a. 2201F for negative a.
func Sqrt(d, a *apd.Decimal) error {
	if isNaN(a) {
		setNaN(d)
		return nil
	}
	if Sign(a) < 0 {
		return pgerr.New(pgerr.InvalidArgumentForPower, "cannot take square root of a negative number")
	}
	if isInf(a) {
		setInf(d, false)
		return nil
	}
	w, _ := nbase(a)
	return sqrtScale(d, a, clampScale(minSignificant-((w+1)*4/2-1), a))
}

// sqrtScale is the root of a finite value that is not negative, rounded to a scale.
func sqrtScale(d, a *apd.Decimal, scale int32) error {
	// Two digits more than asked decide the rounding, for a root is no exact half.
	t := new(apd.Decimal).Set(a)
	shift := 2*(scale+1) + t.Exponent
	if shift >= 0 {
		t.Coeff.Mul(&t.Coeff, tenTo(shift))
	} else {
		t.Coeff.Quo(&t.Coeff, tenTo(-shift))
	}
	t.Coeff.Sqrt(&t.Coeff)
	t.Exponent = -(scale + 1)
	rescale(t, scale, roundHalf)
	d.Set(t)
	return finish(d)
}

// approx is the double nearest to a finite value, infinite where it is out of range.
func approx(d *apd.Decimal) float64 {
	n := digitCount(&d.Coeff)
	if n == 0 {
		return 0
	}
	lead := leadingDigits(&d.Coeff, n, min(n, 17))
	f := float64(lead) * math.Pow(10, float64(n-min(n, 17)+int(d.Exponent)))
	if d.Negative {
		f = -f
	}
	return f
}

// maxResultScale bounds the decimal exponents that exp and power try.
const maxResultScale = 2000

const log10e = 0.434294481903252

// Exp sets d to e^a. 22003 if it is out of range.
func Exp(d, a *apd.Decimal) error {
	switch {
	case isNaN(a):
		setNaN(d)
		return nil
	case isInf(a):
		if a.Negative {
			SetInt64(d, 0, 0)
		} else {
			setInf(d, false)
		}
		return nil
	}
	val := approx(a) * log10e
	val = min(max(val, -maxResultScale), maxResultScale)
	return expScale(d, a, clampScale(minSignificant-int(val), a))
}

func expScale(d, a *apd.Decimal, scale int32) error {
	val := approx(a)
	if math.Abs(val) >= maxResultScale*3 {
		if val > 0 {
			return errOverflow()
		}
		SetInt64(d, 0, scale)
		return nil
	}
	prec := bitsFor(int(scale)+int(max(val*log10e, 0))) + 64
	fromFloat(d, expFloat(toFloatPrec(a, prec), prec), scale)
	return finish(d)
}

// lnWeight estimates the decimal weight of ln(a) for a > 0 as PostgreSQL does.
func lnWeight(a *apd.Decimal) int {
	var x apd.Decimal
	if Compare(a, pointNine) >= 0 && Compare(a, onePointOne) <= 0 {
		if Sub(&x, a, one) != nil || x.Coeff.Sign() == 0 {
			return 0
		}
		w, first := nbase(&x)
		return w*4 + int(math.Log10(float64(first)))
	}
	w, _ := nbase(a)
	n := digitCount(&a.Coeff)
	if n == 0 {
		return 0
	}
	lead := n + int(a.Exponent) - 4*w // digits of the first base-10000 digit
	digits, weight := float64(leadingDigits(&a.Coeff, n, lead+4)), 4*w-4
	ln := math.Log(digits) + float64(weight)*math.Ln10
	return int(math.Log10(math.Abs(ln)))
}

var (
	one         = apd.New(1, 0)
	ten         = apd.New(10, 0)
	pointNine   = apd.New(9, -1)
	onePointOne = apd.New(11, -1)
)

func errLogarithm(sign int) error {
	if sign == 0 {
		return pgerr.New(pgerr.InvalidArgumentForLogarithm, "cannot take logarithm of zero")
	}
	return pgerr.New(pgerr.InvalidArgumentForLogarithm, "cannot take logarithm of a negative number")
}

// Ln sets d to the natural logarithm of a. 2201E for a ≤ 0.
func Ln(d, a *apd.Decimal) error {
	if isNaN(a) {
		setNaN(d)
		return nil
	}
	if s := Sign(a); s <= 0 {
		return errLogarithm(s)
	}
	if isInf(a) {
		setInf(d, false)
		return nil
	}
	lnScale(d, a, clampScale(minSignificant-lnWeight(a), a))
	return finish(d)
}

func lnScale(d, a *apd.Decimal, scale int32) {
	prec := bitsFor(int(scale)) + 96
	fromFloat(d, lnFloat(toFloatPrec(a, prec), prec), scale)
}

// Log10 sets d to the logarithm of a to base 10. 2201E for a ≤ 0.
func Log10(d, a *apd.Decimal) error { return Log(d, ten, a) }

// Log sets d to the logarithm of a to the base. 2201E for arguments ≤ 0, 22012 for base 1.
func Log(d, base, a *apd.Decimal) error {
	if isNaN(base) || isNaN(a) {
		setNaN(d)
		return nil
	}
	sb, sa := Sign(base), Sign(a)
	switch {
	case !finite2(base, a) && (sb < 0 || sa < 0):
		return errLogarithm(-1)
	case sb <= 0:
		return errLogarithm(sb)
	case sa <= 0:
		return errLogarithm(sa)
	case isInf(base) && isInf(a):
		setNaN(d)
		return nil
	case isInf(base):
		SetInt64(d, 0, 0)
		return nil
	case isInf(a):
		setInf(d, false)
		return nil
	case Compare(base, one) == 0:
		return errDivisionByZero()
	}
	wb, wa := lnWeight(base), lnWeight(a)
	scale := clampScale(minSignificant-(wa-wb), base, a)
	// Both need the relative precision of the quotient; a logarithm near zero more, for
	// its argument is near one.
	digits := max(0, int(scale)+wa-wb) + 20
	precA, precB := bitsFor(digits+max(0, -wa))+96, bitsFor(digits+max(0, -wb))+96
	la := lnFloat(toFloatPrec(a, precA), precA)
	lb := lnFloat(toFloatPrec(base, precB), precB)
	la.SetPrec(max(precA, precB) + 64)
	fromFloat(d, la.Quo(la, lb), scale)
	return finish(d)
}

// bitsFor is the number of bits that n decimal digits need.
func bitsFor(n int) uint { return uint(max(n, 0))*3322/1000 + 8 }

// toFloatPrec converts a finite value with the given precision.
func toFloatPrec(d *apd.Decimal, prec uint) *big.Float {
	f := new(big.Float).SetPrec(prec).SetInt(d.Coeff.MathBigInt())
	if d.Exponent < 0 {
		f.Quo(f, new(big.Float).SetPrec(prec).SetInt(tenTo(-d.Exponent).MathBigInt()))
	}
	if d.Negative {
		f.Neg(f)
	}
	return f
}

// fromFloat rounds f half away from zero to the scale.
func fromFloat(d *apd.Decimal, f *big.Float, scale int32) {
	exact := new(big.Float).SetPrec(f.Prec() + bitsFor(int(scale)) + 64)
	exact.Mul(f, new(big.Float).SetInt(tenTo(scale).MathBigInt()))
	neg := exact.Sign() < 0
	exact.Abs(exact)
	exact.Add(exact, big.NewFloat(0.5))
	n, _ := exact.Int(nil)
	d.Coeff.SetMathBigInt(n)
	d.Form, d.Exponent = apd.Finite, -scale
	d.Negative = neg && n.Sign() != 0
}

// expFloat is e^x: x is halved until the Taylor series is short, then the sum squared.
func expFloat(x *big.Float, prec uint) *big.Float {
	halvings := int(math.Sqrt(float64(prec))) / 2
	if e := x.MantExp(nil); e > 0 {
		halvings += e
	}
	work := prec + uint(halvings)*2 + 32
	y := new(big.Float).SetPrec(work).SetMantExp(x, -halvings)
	sum := new(big.Float).SetPrec(work).SetInt64(1)
	term := new(big.Float).SetPrec(work).SetInt64(1)
	for i := int64(1); ; i++ {
		term.Mul(term, y)
		term.Quo(term, new(big.Float).SetInt64(i))
		if term.Sign() == 0 || term.MantExp(nil) < -int(work) {
			break
		}
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// lnFloat is ln(x) for x > 0: ln(m) + k ln(2) with m near 1, roots of m until the
// series of the inverse hyperbolic tangent is short.
func lnFloat(x *big.Float, prec uint) *big.Float {
	work := prec + 64
	m := new(big.Float).SetPrec(work)
	k := x.MantExp(m) // m in [0.5, 1)
	m.SetPrec(work)
	if m.Cmp(big.NewFloat(math.Sqrt2/2)) < 0 {
		m.SetMantExp(m, 1)
		k--
	}
	roots := 0
	goal := -int(math.Sqrt(float64(work))) / 3
	off := new(big.Float).SetPrec(work)
	for off.Sub(m, big.NewFloat(1)); off.Sign() != 0 && off.MantExp(nil) > goal; off.Sub(m, big.NewFloat(1)) {
		m.Sqrt(m)
		roots++
	}
	den := new(big.Float).SetPrec(work).Add(m, big.NewFloat(1))
	ln := atanh(off.Quo(off, den), work)
	ln.SetMantExp(ln, roots+1)
	if k != 0 {
		ln2 := ln2Float(work)
		ln.Add(ln, ln2.Mul(ln2, new(big.Float).SetInt64(int64(k))))
	}
	return ln
}

// ln2Float is 2 atanh(1/3), in fixed point: each term costs two divisions by a word.
func ln2Float(work uint) *big.Float {
	term := new(big.Int).Lsh(big.NewInt(2), work+64)
	term.Quo(term, big.NewInt(3))
	sum, part, nine, n := new(big.Int), new(big.Int), big.NewInt(9), new(big.Int)
	for i := int64(1); term.Sign() != 0; i += 2 {
		sum.Add(sum, part.Quo(term, n.SetInt64(i)))
		term.Quo(term, nine)
	}
	f := new(big.Float).SetPrec(work + 64).SetInt(sum)
	return f.SetMantExp(f, -int(work+64))
}

// atanh is z + z³/3 + z⁵/5 …
func atanh(z *big.Float, work uint) *big.Float {
	sum := new(big.Float).SetPrec(work).Set(z)
	if z.Sign() == 0 {
		return sum
	}
	square := new(big.Float).SetPrec(work).Mul(z, z)
	power := new(big.Float).SetPrec(work).Set(z)
	term := new(big.Float).SetPrec(work)
	for i := int64(3); ; i += 2 {
		power.Mul(power, square)
		term.Quo(power, new(big.Float).SetInt64(i))
		if term.Sign() == 0 || term.MantExp(nil) < sum.MantExp(nil)-int(work) {
			return sum
		}
		sum.Add(sum, term)
	}
}
