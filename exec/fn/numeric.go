package fn

import (
	"math"
	"math/bits"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/numeric"
)

// maxLaneScale is the greatest scale that results are kept as scaled integers at.
const maxLaneScale = 18

// numericOut gives a numeric result its form, keeping the NULLs of the arguments.
func numericOut(out *col.Vector, k col.Kind, scale int32, n int) {
	valid := out.Valid
	out.ResetKind(out.Type, k, scale)
	out.Resize(n)
	out.Valid = valid
	if k.IsView() {
		clear(out.Str)
	}
}

// scaled reports whether all arguments are scaled integers.
func scaled(a ...*col.Vector) bool {
	for _, v := range a {
		if v.Kind != col.KindD64 {
			return false
		}
	}
	return true
}

// decimal1 and decimal2 compute single values in the general form.
func decimal1(f func(d, a *apd.Decimal) error) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		decimals(c, sel, n, out, func(i int, d *apd.Decimal) error {
			readDec(d, a[0], i&mask(a[0], n))
			return f(d, d)
		})
	}
}

func decimal2(f func(d, a, b *apd.Decimal) error) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		var y apd.Decimal
		mx, my := mask(a[0], n), mask(a[1], n)
		decimals(c, sel, n, out, func(i int, d *apd.Decimal) error {
			readDec(d, a[0], i&mx)
			readDec(&y, a[1], i&my)
			return f(d, d, &y)
		})
	}
}

// decimals fills out from f, which sets d for lane i.
func decimals(c *Ctx, sel []uint32, n int, out *col.Vector, f func(i int, d *apd.Decimal) error) {
	numericOut(out, col.KindDec, 0, n)
	var d apd.Decimal
	span(sel, n, func(i int) {
		err := f(i, &d)
		if c.put(out, i, err) {
			c.buf = numeric.AppendStored(c.buf[:0], &d)
			out.SetBytes(i, c.buf)
		}
	})
}

// withLanes tries the loop over scaled integers, and computes single values where that
// loop does not apply or overflows. sel and out.Valid tell which lanes count.
func withLanes(loop func(a []*col.Vector, sel []uint32, n int, out *col.Vector) bool, general Kernel) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		if scaled(a...) && loop(a, sel, n, out) {
			return
		}
		general(c, a, sel, n, out)
	}
}

// addLanes adds, or subtracts, integers of one or two scales.
func addLanes(minus bool) func(a []*col.Vector, sel []uint32, n int, out *col.Vector) bool {
	return func(a []*col.Vector, sel []uint32, n int, out *col.Vector) bool {
		scale := max(a[0].Scale, a[1].Scale)
		dx, dy := scale-a[0].Scale, scale-a[1].Scale
		if max(dx, dy) > 18 || scale > maxLaneScale {
			return false
		}
		numericOut(out, col.KindD64, scale, n)
		x, y, mx, my, r := a[0].I64, a[1].I64, mask(a[0], n), mask(a[1], n), out.I64[:n]
		px, py := tens[dx], tens[dy]
		if minus {
			py = -py
		}
		if sel == nil && dx == 0 && dy == 0 {
			return addDense(r, x, y, mx, my, py)
		}
		ok := true
		span(sel, n, func(i int) {
			hx, lx := mulWide(x[i&mx], px)
			hy, ly := mulWide(y[i&my], py)
			lo, carry := bits.Add64(lx, ly, 0)
			hi := hx + hy + int64(carry)
			r[i] = int64(lo)
			ok = ok && hi == int64(lo)>>63
		})
		return ok
	}
}

// addDense adds lanes of one scale; sign is 1 or -1.
func addDense(r, x, y []int64, mx, my int, sign int64) bool {
	over := int64(0)
	if sign > 0 {
		for i := range r {
			p, q := x[i&mx], y[i&my]
			s := p + q
			r[i] = s
			over |= (p ^ s) & (q ^ s)
		}
		return over >= 0
	}
	for i := range r {
		p, q := x[i&mx], y[i&my]
		s := p - q
		r[i] = s
		over |= (p ^ q) & (p ^ s)
	}
	return over >= 0
}

// mulWide is the product in two words.
func mulWide(x, y int64) (hi int64, lo uint64) {
	h, lo := bits.Mul64(uint64(x), uint64(y))
	return int64(h) - x>>63&y - y>>63&x, lo
}

func mulLanes(a []*col.Vector, sel []uint32, n int, out *col.Vector) bool {
	scale := a[0].Scale + a[1].Scale
	if scale > maxLaneScale {
		return false
	}
	numericOut(out, col.KindD64, scale, n)
	x, y, mx, my, r := a[0].I64, a[1].I64, mask(a[0], n), mask(a[1], n), out.I64[:n]
	if sel == nil {
		return mulDense(r, x, y, mx, my)
	}
	ok := true
	for _, i := range sel {
		hi, lo := mulWide(x[int(i)&mx], y[int(i)&my])
		r[i] = int64(lo)
		ok = ok && hi == int64(lo)>>63
	}
	return ok
}

func mulDense(r, x, y []int64, mx, my int) bool {
	over := int64(0)
	if my == 0 {
		c := y[0]
		x = x[:len(r)]
		for i := range r {
			hi, lo := mulWide(x[i], c)
			r[i] = int64(lo)
			over |= hi ^ int64(lo)>>63
		}
		return over == 0
	}
	for i := range r {
		hi, lo := mulWide(x[i&mx], y[i&my])
		r[i] = int64(lo)
		over |= hi ^ int64(lo)>>63
	}
	return over == 0
}

func infallible(f func(d, a *apd.Decimal)) func(d, a *apd.Decimal) error {
	return func(d, a *apd.Decimal) error { f(d, a); return nil }
}

var (
	_ = scalar("+(numeric, numeric) numeric", "Adds.", withLanes(addLanes(false), decimal2(numeric.Add)), Fallible, Scans)
	_ = scalar("-(numeric, numeric) numeric", "Subtracts.", withLanes(addLanes(true), decimal2(numeric.Sub)), Fallible, Scans)
	_ = scalar("*(numeric, numeric) numeric", "Multiplies.", withLanes(mulLanes, decimal2(numeric.Mul)), Fallible, Scans)
	_ = scalar("/(numeric, numeric) numeric", "Divides.", decimal2(numeric.Div), Fallible, Scans)
	_ = scalar("%(numeric, numeric) numeric", "The remainder of a division, with the sign of the first.", decimal2(numeric.Mod), Fallible, Scans)
	_ = scalar("mod(numeric, numeric) numeric", "The remainder of a division, with the sign of the first.", decimal2(numeric.Mod), Fallible, Scans)
	_ = scalar("div(numeric, numeric) numeric", "The whole part of a quotient.", decimal2(numeric.DivTrunc), Fallible, Scans)
	_ = scalar("-(numeric) numeric", "Negates.", decimal1(infallible(numeric.Neg)), Scans)
	_ = scalar("+(numeric) numeric", "The value itself.", decimal1(infallible(func(d, a *apd.Decimal) { d.Set(a) })), Scans)
	_ = scalar("@(numeric) numeric", "The absolute value.", decimal1(infallible(numeric.Abs)), Scans)
	_ = scalar("abs(numeric) numeric", "The absolute value.", decimal1(infallible(numeric.Abs)), Scans)
	_ = scalar("sign(numeric) numeric", "-1, 0 or 1, as the number is negative, zero or positive.", decimal1(infallible(numeric.SetSign)), Scans)
	_ = scalar("ceil(numeric) numeric", "The least whole number that is not less.", decimal1(numeric.Ceil), Fallible, Scans)
	_ = scalar("ceiling(numeric) numeric", "The least whole number that is not less.", decimal1(numeric.Ceil), Fallible, Scans)
	_ = scalar("floor(numeric) numeric", "The greatest whole number that is not greater.", decimal1(numeric.Floor), Fallible, Scans)
	_ = scalar("round(numeric) numeric", "The nearest whole number; halves go away from zero.", decimal1(func(d, a *apd.Decimal) error { return numeric.Round(d, a, 0) }), Fallible, Scans)
	_ = scalar("trunc(numeric) numeric", "Cuts the fraction.", decimal1(func(d, a *apd.Decimal) error { return numeric.Trunc(d, a, 0) }), Fallible, Scans)
	_ = scalar("round(numeric, int4) numeric", "Rounds to a number of digits behind the point; halves go away from zero.", digits(numeric.Round), Fallible, Scans)
	_ = scalar("trunc(numeric, int4) numeric", "Cuts after a number of digits behind the point.", digits(numeric.Trunc), Fallible, Scans)
	_ = scalar("sqrt(numeric) numeric", "The square root.", decimal1(numeric.Sqrt), Fallible, Scans)
	_ = scalar("exp(numeric) numeric", "e raised to a power.", decimal1(numeric.Exp), Fallible, Weighs(powerWeight))
	_ = scalar("ln(numeric) numeric", "The natural logarithm.", decimal1(numeric.Ln), Fallible, Scans)
	_ = scalar("log(numeric) numeric", "The logarithm to base 10.", decimal1(numeric.Log10), Fallible, Scans)
	_ = scalar("log10(numeric) numeric", "The logarithm to base 10.", decimal1(numeric.Log10), Fallible, Scans)
	_ = scalar("log(numeric, numeric) numeric", "The logarithm of the second to the base of the first.", decimal2(numeric.Log), Fallible, Scans)
	_ = scalar("power(numeric, numeric) numeric", "The first raised to the power of the second.", decimal2(numeric.Power), Fallible, Weighs(powerWeight))
	_ = scalar("pow(numeric, numeric) numeric", "The first raised to the power of the second.", decimal2(numeric.Power), Fallible, Weighs(powerWeight))
	_ = scalar("^(numeric, numeric) numeric", "The first raised to the power of the second.", decimal2(numeric.Power), Fallible, Weighs(powerWeight))
	_ = scalar("gcd(numeric, numeric) numeric", "The greatest common divisor.", decimal2(numeric.GCD), Fallible, Scans)
	_ = scalar("lcm(numeric, numeric) numeric", "The least common multiple.", decimal2(numeric.LCM), Fallible, Scans)
	_ = scalar("trim_scale(numeric) numeric", "The same number without zeros at the end of its fraction.", decimal1(infallible(numeric.TrimScale)), Scans)
	_ = scalar("scale(numeric) int4", "The number of digits behind the point.", row1e(func(d dec) (int32, error) {
		if d.Form != apd.Finite {
			return 0, errNull
		}
		return numeric.Scale(d), nil
	}))
	_ = scalar("min_scale(numeric) int4", "The least number of digits behind the point that shows the number exactly.", row1e(func(d dec) (int32, error) {
		s, ok := numeric.MinScale(d)
		if !ok {
			return 0, errNull
		}
		return s, nil
	}))
	_ = scalar("factorial(int8) numeric", "The product of the whole numbers from 1 on.", func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		m := mask(a[0], n)
		decimals(c, sel, n, out, func(i int, d *apd.Decimal) error { return numeric.Factorial(d, a[0].I64[i&m]) })
	}, Fallible, Weighs(func(a []*col.Vector, i, n int) int { return int(min(uint64(a[0].I64[i&mask(a[0], n)]), 1<<15)) << 5 }))
	_ = scalar("width_bucket(numeric, numeric, numeric, int4) int4", "The number of the bucket, of so many equal ones, into which a value falls.", func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		x, low, high, count := reader[dec](a[0], n), reader[dec](a[1], n), reader[dec](a[2], n), reader[int32](a[3], n)
		span(sel, n, func(i int) {
			b, err := numeric.WidthBucket(x(i), low(i), high(i), count(i))
			if c.put(out, i, err) {
				out.I32[i] = b
			}
		})
	}, Fallible)
)

// powerWeight is the weight of the power, or of e's, that has as many digits as the exponent tells.
func powerWeight(a []*col.Vector, i, n int) int {
	by := a[len(a)-1]
	if i &= mask(by, n); by.Null(i) {
		return 0
	}
	var d apd.Decimal
	readDec(&d, by, i)
	exponent, err := numeric.ToFloat64(&d)
	if err != nil || !(math.Abs(exponent) > 1<<10) {
		return 0
	}
	bytes := min(math.Abs(exponent), numeric.MaxIntegerDigits) / 2
	return int(bytes * bytes / longNumeric)
}

// digits is round or trunc to a number of digits.
func digits(f func(d, a *apd.Decimal, scale int32) error) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		mx, my := mask(a[0], n), mask(a[1], n)
		decimals(c, sel, n, out, func(i int, d *apd.Decimal) error {
			readDec(d, a[0], i&mx)
			return f(d, d, a[1].I32[i&my])
		})
	}
}
