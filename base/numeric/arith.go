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

func errDivisionByZero() error { return pgerr.New(pgerr.DivisionByZero, "division by zero") }

// nbase returns the weight of the first base-10000 digit of a finite value and that
// digit: PostgreSQL chooses result scales by them.
func nbase(d *apd.Decimal) (weight, first int) {
	n := digitCount(&d.Coeff)
	if n == 0 {
		return 0, 0
	}
	whole := n + int(d.Exponent)
	weight = floorDiv(whole-1, 4)
	lead := whole - 4*weight // digits of the first base-10000 digit, 1 to 4
	return weight, int(leadingDigits(&d.Coeff, n, lead))
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// leadingDigits returns the first count digits of x, which has n, padded with zeros;
// count ≤ 18.
func leadingDigits(x *apd.BigInt, n, count int) uint64 {
	if n <= count {
		return x.Uint64() * pow10[count-n]
	}
	if x.IsUint64() {
		return x.Uint64() / pow10[n-count]
	}
	var t apd.BigInt
	return t.Quo(x, tenTo(int32(n-count))).Uint64()
}

const (
	minSignificant  = 16   // digits a quotient or root shows at least
	maxDisplayScale = 1000 // scale that functions choose at most
)

func clampScale(scale int, least ...*apd.Decimal) int32 {
	for _, d := range least {
		scale = max(scale, int(Scale(d)))
	}
	return int32(min(max(scale, 0), maxDisplayScale))
}

// divScale is PostgreSQL's select_div_scale.
func divScale(a, b *apd.Decimal) int32 {
	wa, fa := nbase(a)
	wb, fb := nbase(b)
	return clampScale(minSignificant-4*quotientWeight(wa, fa, wb, fb), a, b)
}

func quotientWeight(wa, fa, wb, fb int) int {
	w := wa - wb
	if fa <= fb {
		w--
	}
	return w
}

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

// GCD sets d to the greatest common divisor, with the greater display scale.
func GCD(d, a, b *apd.Decimal) error {
	if !finite2(a, b) {
		setNaN(d)
		return nil
	}
	var t, g apd.BigInt
	x, y, exp := aligned(a, b, &t)
	g.GCD(nil, nil, x, y)
	d.Coeff.Set(&g)
	d.Form, d.Negative, d.Exponent = apd.Finite, false, exp
	return finish(d)
}

// LCM sets d to the least common multiple, with the greater display scale.
func LCM(d, a, b *apd.Decimal) error {
	if !finite2(a, b) {
		setNaN(d)
		return nil
	}
	var t, g apd.BigInt
	x, y, exp := aligned(a, b, &t)
	if x.Sign() != 0 && y.Sign() != 0 {
		g.GCD(nil, nil, x, y)
		g.Quo(x, &g)
		g.Mul(&g, y)
	}
	d.Coeff.Set(&g)
	d.Form, d.Negative, d.Exponent = apd.Finite, false, exp
	return finish(d)
}

// maxFactorial is the greatest argument whose factorial is in range.
const maxFactorial = 32177

// Factorial sets d to n!. 22003 for a negative or too great n.
func Factorial(d *apd.Decimal, n int64) error {
	if n < 0 {
		return pgerr.New(pgerr.NumericValueOutOfRange, "factorial of a negative number is undefined")
	}
	if n > maxFactorial {
		return errOverflow()
	}
	var t apd.BigInt
	t.MulRange(1, n)
	d.Coeff.Set(&t)
	d.Form, d.Negative, d.Exponent = apd.Finite, false, 0
	return finish(d)
}

// invalidWidthBucketArgument is SQLSTATE 2201G.
const invalidWidthBucketArgument = "2201G"

// WidthBucket is the number of the bucket, among count equal ones between low and high,
// that x falls in: 0 below, count + 1 above. 2201G for bounds that make none.
func WidthBucket(x, low, high *apd.Decimal, count int32) (int32, error) {
	refuse := func(why string) (int32, error) { return 0, pgerr.New(invalidWidthBucketArgument, "%s", why) }
	switch {
	case count <= 0:
		return refuse("count must be greater than zero")
	case isNaN(x) || isNaN(low) || isNaN(high):
		return refuse("operand, lower bound, and upper bound cannot be NaN")
	case isInf(low) || isInf(high):
		return refuse("lower and upper bounds must be finite")
	}
	turn := 1
	switch c := Compare(low, high); {
	case c == 0:
		return refuse("lower bound cannot equal upper bound")
	case c > 0:
		turn = -1
	}
	if Compare(x, low)*turn < 0 {
		return 0, nil
	}
	if Compare(x, high)*turn >= 0 {
		if count == 1<<31-1 {
			return 0, pgerr.New(pgerr.NumericValueOutOfRange, "integer out of range")
		}
		return count + 1, nil
	}
	var over, width, n apd.Decimal
	if err := Sub(&over, x, low); err != nil {
		return 0, err
	}
	if err := Sub(&width, high, low); err != nil {
		return 0, err
	}
	SetInt64(&n, int64(count), 0)
	n.Coeff.Mul(&n.Coeff, &over.Coeff)
	n.Exponent = over.Exponent
	over.Negative, width.Negative = false, false
	quoScale(&n, &n, &width, 0, roundDown)
	return int32(n.Coeff.Int64()) + 1, nil
}
