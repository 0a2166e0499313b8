package numeric

import (
	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/pgerr"
)

// aligned returns the coefficients of two finite values at their greater scale. They may
// be those of a and b themselves and must not be changed.
func aligned(a, b *apd.Decimal, t *apd.BigInt) (x, y *apd.BigInt, exponent int32) {
	switch {
	case a.Exponent > b.Exponent:
		return t.Mul(&a.Coeff, tenTo(a.Exponent-b.Exponent)), &b.Coeff, b.Exponent
	case a.Exponent < b.Exponent:
		return &a.Coeff, t.Mul(&b.Coeff, tenTo(b.Exponent-a.Exponent)), a.Exponent
	}
	return &a.Coeff, &b.Coeff, a.Exponent
}

func finite2(a, b *apd.Decimal) bool { return a.Form == apd.Finite && b.Form == apd.Finite }

func isNaN(d *apd.Decimal) bool { return d.Form != apd.Finite && d.Form != apd.Infinite }

func isInf(d *apd.Decimal) bool { return d.Form == apd.Infinite }

// Add sets d to a + b, with the greater display scale.
func Add(d, a, b *apd.Decimal) error { return addSigned(d, a, b, b.Negative) }

// Sub sets d to a - b, with the greater display scale.
func Sub(d, a, b *apd.Decimal) error { return addSigned(d, a, b, !b.Negative) }

// addSigned adds b as if its sign were negB.
func addSigned(d, a, b *apd.Decimal, negB bool) error {
	if !finite2(a, b) {
		switch {
		case isNaN(a) || isNaN(b) || isInf(a) && isInf(b) && a.Negative != negB:
			setNaN(d)
		case isInf(a):
			setInf(d, a.Negative)
		default:
			setInf(d, negB)
		}
		return nil
	}
	var t apd.BigInt
	x, y, exp := aligned(a, b, &t)
	neg := a.Negative
	switch {
	case neg == negB:
		d.Coeff.Add(x, y)
	case x.Cmp(y) >= 0:
		d.Coeff.Sub(x, y)
	default:
		d.Coeff.Sub(y, x)
		neg = negB
	}
	d.Form, d.Negative, d.Exponent = apd.Finite, neg, exp
	return finish(d)
}

// Mul sets d to a × b, with the sum of the display scales.
func Mul(d, a, b *apd.Decimal) error {
	neg := a.Negative != b.Negative
	if !finite2(a, b) {
		if isNaN(a) || isNaN(b) || Sign(a) == 0 || Sign(b) == 0 {
			setNaN(d)
		} else {
			setInf(d, neg)
		}
		return nil
	}
	exp := a.Exponent + b.Exponent
	d.Coeff.Mul(&a.Coeff, &b.Coeff)
	d.Form, d.Negative, d.Exponent = apd.Finite, neg, exp
	if exp < -MaxScale {
		rescale(d, MaxScale, roundHalf)
	}
	return finish(d)
}

func errDivisionByZero() error { return pgerr.New(pgerr.DivisionByZero, "division by zero") }

// quoScale sets d to a / b with the given scale, for finite values and b ≠ 0.
func quoScale(d, a, b *apd.Decimal, scale int32, how rounding) {
	neg := a.Negative != b.Negative
	shift := scale + a.Exponent - b.Exponent
	var x, y apd.BigInt
	if shift >= 0 {
		x.Mul(&a.Coeff, tenTo(shift))
		y.Set(&b.Coeff)
	} else {
		x.Set(&a.Coeff)
		y.Mul(&b.Coeff, tenTo(-shift))
	}
	quoRound(&d.Coeff, &x, &y, how)
	d.Form, d.Negative, d.Exponent = apd.Finite, neg, -scale
}

// Div sets d to a / b with the scale that PostgreSQL chooses. 22012 for b = 0.
func Div(d, a, b *apd.Decimal) error {
	if done, err := divSpecial(d, a, b); done {
		return err
	}
	quoScale(d, a, b, divScale(a, b), roundHalf)
	return finish(d)
}

// DivTrunc sets d to the integer part of a / b: the SQL function div. 22012 for b = 0.
func DivTrunc(d, a, b *apd.Decimal) error {
	if done, err := divSpecial(d, a, b); done {
		return err
	}
	quoScale(d, a, b, 0, roundDown)
	return finish(d)
}

func divSpecial(d, a, b *apd.Decimal) (done bool, err error) {
	switch {
	case isNaN(a) || isNaN(b):
		setNaN(d)
	case isInf(a) && isInf(b):
		setNaN(d)
	case isInf(b):
		SetInt64(d, 0, 0)
	case Sign(b) == 0:
		return true, errDivisionByZero()
	case isInf(a):
		setInf(d, a.Negative != b.Negative)
	default:
		return false, nil
	}
	return true, nil
}

// Mod sets d to the remainder of a / b, which has the sign of a. 22012 for b = 0.
func Mod(d, a, b *apd.Decimal) error {
	switch {
	case isNaN(a) || isNaN(b):
		setNaN(d)
		return nil
	case b.Form == apd.Finite && Sign(b) == 0:
		return errDivisionByZero()
	case isInf(a):
		setNaN(d)
		return nil
	case isInf(b):
		d.Set(a)
		return nil
	}
	var t, q apd.BigInt
	neg := a.Negative
	x, y, exp := aligned(a, b, &t)
	var r apd.BigInt
	q.QuoRem(x, y, &r)
	d.Coeff.Set(&r)
	d.Form, d.Negative, d.Exponent = apd.Finite, neg, exp
	return finish(d)
}

// Neg sets d to -a.
func Neg(d, a *apd.Decimal) {
	d.Set(a)
	if !isNaN(d) && Sign(d) != 0 {
		d.Negative = !d.Negative
	}
}

// Abs sets d to |a|.
func Abs(d, a *apd.Decimal) {
	d.Set(a)
	d.Negative = false
}

// SetSign sets d to the sign of a: -1, 0, 1, or NaN.
func SetSign(d, a *apd.Decimal) {
	if isNaN(a) {
		setNaN(d)
		return
	}
	SetInt64(d, int64(Sign(a)), 0)
}
