package numeric

import (
	"math"
	"math/big"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/pgerr"
)

// isIntegral reports that a finite value or an infinity is an integer.
func isIntegral(d *apd.Decimal) bool {
	if isNaN(d) {
		return false
	}
	if isInf(d) {
		return true
	}
	n, _ := MinScale(d)
	return n == 0
}

// isOdd reports that an integral finite value is odd.
func isOdd(d *apd.Decimal) bool {
	var t apd.Decimal
	TrimScale(&t, d)
	return t.Exponent == 0 && t.Coeff.Bit(0) == 1
}

// Power sets d to a^b. 2201F for 0 to a negative power and for a negative number to a
// power that is no integer; 22003 out of range.
func Power(d, a, b *apd.Decimal) error {
	if isNaN(a) || isNaN(b) {
		if isNaN(a) && b.Form == apd.Finite && Sign(b) == 0 || isNaN(b) && a.Form == apd.Finite && Compare(a, one) == 0 {
			SetInt64(d, 1, 0)
		} else {
			setNaN(d)
		}
		return nil
	}
	sa, sb := Sign(a), Sign(b)
	if sa == 0 && sb < 0 {
		return pgerr.New(pgerr.InvalidArgumentForPower, "zero raised to a negative power is undefined")
	}
	if sa < 0 && !isIntegral(b) {
		return pgerr.New(pgerr.InvalidArgumentForPower, "a negative number raised to a non-integer power yields a complex result")
	}
	if !finite2(a, b) {
		powerInfinite(d, a, b)
		return nil
	}
	if isIntegral(b) {
		if n, err := ToInt64(b); err == nil && n == int64(int32(n)) {
			return powerInt(d, a, int(n), clampScale(minSignificant, a))
		}
	}
	return powerReal(d, a, b)
}

// powerInfinite follows POSIX's pow where an argument is infinite.
func powerInfinite(d, a, b *apd.Decimal) {
	sa, sb := Sign(a), Sign(b)
	zero := func() { SetInt64(d, 0, 0) }
	switch {
	case a.Form == apd.Finite && Compare(a, one) == 0 || sb == 0:
		SetInt64(d, 1, 0)
	case sa == 0:
		zero()
	case isInf(b):
		big := true
		if a.Form == apd.Finite {
			c := compareMagnitude(a, one)
			if c == 0 {
				SetInt64(d, 1, 0)
				return
			}
			big = c > 0
		}
		if big == (sb > 0) {
			setInf(d, false)
		} else {
			zero()
		}
	case sb < 0:
		zero()
	default:
		setInf(d, sa < 0 && isOdd(b))
	}
}

// powerInt raises to an integer; the result has the given scale.
func powerInt(d, a *apd.Decimal, n int, scale int32) error {
	if n == 0 {
		SetInt64(d, 1, 0)
		rescale(d, scale, roundHalf)
		return nil
	}
	if Sign(a) == 0 {
		SetInt64(d, 0, scale)
		return nil
	}
	neg := a.Negative && n&1 != 0
	digits := digitCount(&a.Coeff)
	lead := min(digits, 17)
	weight := float64(n) * (math.Log10(float64(leadingDigits(&a.Coeff, digits, lead))) + float64(digits-lead+int(a.Exponent)))
	if weight > 3*math.MaxInt16*4 {
		return errOverflow()
	}
	if weight+1 < -float64(scale) || weight+1 < -maxDisplayScale {
		SetInt64(d, 0, scale)
		return nil
	}
	prec := bitsFor(int(scale)+int(max(weight, 0))) + 96
	base := toFloatPrec(a, prec+64)
	base.Abs(base)
	result := new(big.Float).SetPrec(prec + 64).SetInt64(1)
	for m := uint(max(n, -n)); m != 0; m >>= 1 {
		if m&1 != 0 {
			result.Mul(result, base)
		}
		if m > 1 {
			base.Mul(base, base)
		}
	}
	if n < 0 {
		result.Quo(big.NewFloat(1), result)
	}
	fromFloat(d, result, scale)
	d.Negative = neg && d.Coeff.Sign() != 0
	return finish(d)
}

// powerReal is e^(b ln a), with the scales of PostgreSQL's power_var.
func powerReal(d, a, b *apd.Decimal) error {
	if Sign(a) == 0 {
		SetInt64(d, 0, minSignificant)
		return nil
	}
	base := new(apd.Decimal).Set(a)
	neg := base.Negative && isOdd(b)
	base.Negative = false
	weight := lnWeight(base)
	var ln apd.Decimal
	rough := int32(max(8-weight, 0))
	lnScale(&ln, base, rough)
	ln.Coeff.Mul(&ln.Coeff, &b.Coeff)
	ln.Negative, ln.Exponent = ln.Negative != b.Negative, ln.Exponent+b.Exponent
	rescale(&ln, rough, roundHalf) // the scale of the result depends on this rounding
	val := approx(&ln)
	if math.Abs(val) > maxResultScale*3.01 {
		if val > 0 {
			return errOverflow()
		}
		SetInt64(d, 0, maxDisplayScale)
		return nil
	}
	val *= log10e
	scale := clampScale(minSignificant-int(val), a, b)
	// ln needs as many digits as the product has before and behind the point.
	digits := max(int(scale)+int(val), 0) + 16 + max(0, integerDigits(b))
	prec := bitsFor(digits+max(0, -weight)) + 96
	x := lnFloat(toFloatPrec(base, prec), prec)
	x.Mul(x, toFloatPrec(b, prec))
	fromFloat(d, expFloat(x, bitsFor(int(scale)+int(max(val, 0)))+64), scale)
	d.Negative = neg && d.Coeff.Sign() != 0
	return finish(d)
}
