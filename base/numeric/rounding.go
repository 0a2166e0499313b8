package numeric

import "github.com/cockroachdb/apd/v3"

// rounding says what becomes of the digits that a smaller scale cuts off.
type rounding uint8

const (
	roundHalf rounding = iota // half away from zero
	roundDown                 // toward zero
	roundAway                 // away from zero
)

// rescale changes the number of digits behind the point; scale may be negative, which
// cuts integer digits too and leaves a display scale of 0.
func rescale(d *apd.Decimal, scale int32, how rounding) {
	n := -d.Exponent - scale
	switch {
	case n < 0:
		d.Coeff.Mul(&d.Coeff, tenTo(-n))
	case n > 0 && integerDigits(d)+int(scale) < -1:
		// Nothing that is kept is near any digit.
		away := how == roundAway && d.Coeff.Sign() != 0
		d.Coeff.SetInt64(0)
		if away {
			d.Coeff.SetInt64(1)
		}
	case n > 0:
		quoRound(&d.Coeff, &d.Coeff, tenTo(n), how)
	}
	d.Exponent = -scale
	if scale < 0 {
		d.Coeff.Mul(&d.Coeff, tenTo(-scale))
		d.Exponent = 0
	}
	if d.Coeff.Sign() == 0 {
		d.Negative = false
	}
}

// quoRound sets q to x / y for x ≥ 0, y > 0.
func quoRound(q, x, y *apd.BigInt, how rounding) {
	var r apd.BigInt
	var t apd.BigInt
	t.QuoRem(x, y, &r)
	up := false
	switch how {
	case roundHalf:
		r.Lsh(&r, 1)
		up = r.Cmp(y) >= 0
	case roundAway:
		up = r.Sign() != 0
	}
	if up {
		t.Add(&t, bigPow10[0])
	}
	q.Set(&t)
}

// Ceil sets d to the least integer that is not less than a.
func Ceil(d, a *apd.Decimal) error { return toInteger(d, a, false) }

// Floor sets d to the greatest integer that is not greater than a.
func Floor(d, a *apd.Decimal) error { return toInteger(d, a, true) }

func toInteger(d, a *apd.Decimal, floor bool) error {
	d.Set(a)
	if d.Form != apd.Finite {
		return nil
	}
	how := roundDown
	if d.Negative == floor {
		how = roundAway
	}
	rescale(d, 0, how)
	return finish(d)
}

// Round sets d to a rounded half away from zero to scale digits behind the point; a
// negative scale rounds integer digits.
func Round(d, a *apd.Decimal, scale int32) error { return cut(d, a, scale, roundHalf) }

// Trunc is [Round] toward zero.
func Trunc(d, a *apd.Decimal, scale int32) error { return cut(d, a, scale, roundDown) }

func cut(d, a *apd.Decimal, scale int32, how rounding) error {
	d.Set(a)
	if d.Form != apd.Finite {
		return nil
	}
	rescale(d, min(max(scale, -MaxIntegerDigits-1), MaxScale), how)
	return finish(d)
}

// MinScale is the least display scale that shows d exactly; ok is false for NaN and the
// infinities, where SQL answers NULL.
func MinScale(d *apd.Decimal) (scale int32, ok bool) {
	if d.Form != apd.Finite {
		return 0, false
	}
	var t apd.Decimal
	TrimScale(&t, d)
	return Scale(&t), true
}

// TrimScale sets d to a with its least display scale.
func TrimScale(d, a *apd.Decimal) {
	d.Set(a)
	if d.Form != apd.Finite {
		return
	}
	if d.Coeff.Sign() == 0 {
		d.Exponent = 0
		return
	}
	var q, r apd.BigInt
	// Cutting by halving steps keeps a long tail of zeros cheap.
	for step := int32(1 << 13); step > 0; step /= 2 {
		for -d.Exponent >= step && digitCount(&d.Coeff) > int(step) {
			q.QuoRem(&d.Coeff, tenTo(step), &r)
			if r.Sign() != 0 {
				break
			}
			d.Coeff.Set(&q)
			d.Exponent += step
		}
	}
}
