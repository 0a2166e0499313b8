package numeric

import (
	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/pgerr"
)

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
