package fn

import (
	"math"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

var (
	errOver    = pgerr.New(pgerr.NumericValueOutOfRange, "value out of range: overflow")
	errUnder   = pgerr.New(pgerr.NumericValueOutOfRange, "value out of range: underflow")
	errInput   = pgerr.New(pgerr.NumericValueOutOfRange, "input is out of range")
	errSqrt    = pgerr.New(pgerr.InvalidArgumentForPower, "cannot take square root of a negative number")
	errLogZero = pgerr.New(pgerr.InvalidArgumentForLogarithm, "cannot take logarithm of zero")
	errLogNeg  = pgerr.New(pgerr.InvalidArgumentForLogarithm, "cannot take logarithm of a negative number")
	errPowZero = pgerr.New(pgerr.InvalidArgumentForPower, "zero raised to a negative power is undefined")
	errComplex = pgerr.New(pgerr.InvalidArgumentForPower, "a negative number raised to a non-integer power yields a complex result")
)

// floatTypes are registered together: both widths, and the mixed forms, which compute in
// float8.
var _ = floatOperators("+", "Adds.", addFloats[float32], addFloats[float64], func(x, y float64) (float64, error) {
	return checked(x+y, math.IsInf(x, 0) || math.IsInf(y, 0), true)
})
var _ = floatOperators("-", "Subtracts.", subFloats[float32], subFloats[float64], func(x, y float64) (float64, error) {
	return checked(x-y, math.IsInf(x, 0) || math.IsInf(y, 0), true)
})
var _ = floatOperators("*", "Multiplies.", mulFloats[float32], mulFloats[float64], multiplied[float64])
var _ = floatOperators("/", "Divides.", row2e(divided[float32]), row2e(divided[float64]), divided[float64])

func floatOperators(symbol, doc string, k4, k8 Kernel, mixed func(x, y float64) (float64, error)) struct{} {
	scalar(symbol+"(float4, float4) float4", doc, k4, Fallible)
	scalar(symbol+"(float8, float8) float8", doc, k8, Fallible)
	scalar(symbol+"(float4, float8) float8", doc, row2e(func(x float32, y float64) (float64, error) { return mixed(float64(x), y) }), Fallible)
	scalar(symbol+"(float8, float4) float8", doc, row2e(func(x float64, y float32) (float64, error) { return mixed(x, float64(y)) }), Fallible)
	return struct{}{}
}

// checked refuses an infinity that no operand was, and a zero that should not be one.
func checked[T float32 | float64](r T, infinite, zero bool) (T, error) {
	switch {
	case math.IsInf(float64(r), 0) && !infinite:
		return 0, errOver
	case r == 0 && !zero:
		return 0, errUnder
	}
	return r, nil
}

func multiplied[T float32 | float64](x, y T) (T, error) {
	return checked(x*y, math.IsInf(float64(x), 0) || math.IsInf(float64(y), 0), x == 0 || y == 0)
}

func divided[T float32 | float64](x, y T) (T, error) {
	if y == 0 && x == x {
		return 0, errZero
	}
	return checked(x/y, math.IsInf(float64(x), 0), x == 0 || math.IsInf(float64(y), 0))
}

func addFloats[T float32 | float64](c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	x, y, r := lanes[T](a[0]), lanes[T](a[1]), lanes[T](out)[:n]
	mx, my := mask(a[0], n), mask(a[1], n)
	infinite := T(0)
	for i := range r {
		r[i] = x[i&mx] + y[i&my]
		infinite += r[i] - r[i] // NaN when the sum is not finite
	}
	if infinite != 0 {
		recheckFloats(c, sel, n, out, func(i int) (T, error) {
			p, q := x[i&mx], y[i&my]
			return checked(p+q, math.IsInf(float64(p), 0) || math.IsInf(float64(q), 0), true)
		})
	}
}

func subFloats[T float32 | float64](c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	x, y, r := lanes[T](a[0]), lanes[T](a[1]), lanes[T](out)[:n]
	mx, my := mask(a[0], n), mask(a[1], n)
	infinite := T(0)
	for i := range r {
		r[i] = x[i&mx] - y[i&my]
		infinite += r[i] - r[i]
	}
	if infinite != 0 {
		recheckFloats(c, sel, n, out, func(i int) (T, error) {
			p, q := x[i&mx], y[i&my]
			return checked(p-q, math.IsInf(float64(p), 0) || math.IsInf(float64(q), 0), true)
		})
	}
}

func mulFloats[T float32 | float64](c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	x, y, r := lanes[T](a[0]), lanes[T](a[1]), lanes[T](out)[:n]
	mx, my := mask(a[0], n), mask(a[1], n)
	odd := false
	for i := range r {
		r[i] = x[i&mx] * y[i&my]
		odd = odd || r[i] == 0 || r[i]-r[i] != 0
	}
	if odd {
		recheckFloats(c, sel, n, out, func(i int) (T, error) { return multiplied(x[i&mx], y[i&my]) })
	}
}

// recheckFloats asks f about the lanes whose result is zero or not finite.
func recheckFloats[T float32 | float64](c *Ctx, sel []uint32, n int, out *col.Vector, f func(i int) (T, error)) {
	r := lanes[T](out)
	span(sel, n, func(i int) {
		if r[i] != 0 && r[i]-r[i] == 0 {
			return
		}
		if _, err := f(i); err != nil {
			c.Fail(out, i, err)
		}
	})
}

func negate[T float32 | float64](x T) T { return -x }

func absFloat[T float32 | float64](x T) T { return T(math.Abs(float64(x))) }

func finite(f func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) { return checked(f(x), math.IsInf(x, 0), true) }
}

// angle refuses infinities, which have no sine.
func angle(f func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		if math.IsInf(x, 0) {
			return 0, errInput
		}
		return f(x), nil
	}
}

// areaCosine refuses what no hyperbolic cosine is.
func areaCosine(x float64) (float64, error) {
	if x < 1 {
		return 0, errInput
	}
	return math.Acosh(x), nil
}

// within refuses arguments outside of -1 to 1.
func within(f func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		if x < -1 || x > 1 {
			return 0, errInput
		}
		return f(x), nil
	}
}

func logarithm(f func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		switch {
		case x == 0:
			return 0, errLogZero
		case x < 0:
			return 0, errLogNeg
		}
		return f(x), nil
	}
}

func power(x, y float64) (float64, error) {
	switch {
	case math.IsNaN(x) && y == 0 || x == 1 && math.IsNaN(y):
		return 1, nil
	case math.IsNaN(x) || math.IsNaN(y):
		return math.NaN(), nil
	case x == 0 && y < 0:
		return 0, errPowZero
	case x < 0 && math.Floor(y) != y && !math.IsInf(x, 0):
		return 0, errComplex
	}
	r := math.Pow(x, y)
	return checked(r, math.IsInf(x, 0) || math.IsInf(y, 0), x == 0 || math.IsInf(x, 0) || math.IsInf(y, 0))
}

func signOf(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0 // of no number too, as PostgreSQL has it
}

func exp(x float64) (float64, error) {
	return checked(math.Exp(x), math.IsInf(x, 1), math.IsInf(x, -1))
}

func squareRoot(x float64) (float64, error) {
	if x < 0 {
		return 0, errSqrt
	}
	return math.Sqrt(x), nil
}

const degree = math.Pi / 180

// degrees makes a function of an angle in degrees, exact where the answer is.
func degrees(f func(float64) float64, exact map[float64]float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		if math.IsInf(x, 0) {
			return 0, errInput
		}
		x = math.Mod(x, 360) // exactly, before radians are not
		if r, ok := exact[math.Mod(x+360, 360)]; ok {
			return r, nil
		}
		return f(x * degree), nil
	}
}

var (
	sines   = map[float64]float64{0: 0, 30: 0.5, 90: 1, 150: 0.5, 180: 0, 210: -0.5, 270: -1, 330: -0.5}
	cosines = map[float64]float64{0: 1, 60: 0.5, 90: 0, 120: -0.5, 180: -1, 240: -0.5, 270: 0, 300: 0.5}
	tangent = map[float64]float64{0: 0, 45: 1, 135: -1, 180: 0, 225: 1, 315: -1}
)

var (
	_ = scalar("-(float4) float4", "Negates.", row1(negate[float32]))
	_ = scalar("-(float8) float8", "Negates.", row1(negate[float64]))
	_ = scalar("+(float4) float4", "The value itself.", row1(same[float32]))
	_ = scalar("+(float8) float8", "The value itself.", row1(same[float64]))
	_ = scalar("@(float4) float4", "The absolute value.", row1(absFloat[float32]))
	_ = scalar("@(float8) float8", "The absolute value.", row1(absFloat[float64]))
	_ = scalar("abs(float4) float4", "The absolute value.", row1(absFloat[float32]))
	_ = scalar("abs(float8) float8", "The absolute value.", row1(absFloat[float64]))
	_ = scalar("ceil(float8) float8", "The least whole number that is not less.", row1(math.Ceil))
	_ = scalar("ceiling(float8) float8", "The least whole number that is not less.", row1(math.Ceil))
	_ = scalar("floor(float8) float8", "The greatest whole number that is not greater.", row1(math.Floor))
	_ = scalar("round(float8) float8", "The nearest whole number; halves go to the even one.", row1(math.RoundToEven))
	_ = scalar("trunc(float8) float8", "Cuts the fraction.", row1(math.Trunc))
	_ = scalar("sign(float8) float8", "-1, 0 or 1, as the number is negative, zero or positive.", row1(signOf))
	_ = scalar("sqrt(float8) float8", "The square root.", row1e(squareRoot), Fallible)
	_ = scalar("|/(float8) float8", "The square root.", row1e(squareRoot), Fallible)
	_ = scalar("cbrt(float8) float8", "The cube root.", row1(math.Cbrt))
	_ = scalar("||/(float8) float8", "The cube root.", row1(math.Cbrt))
	_ = scalar("exp(float8) float8", "e raised to a power.", row1e(exp), Fallible)
	_ = scalar("ln(float8) float8", "The natural logarithm.", row1e(logarithm(math.Log)), Fallible)
	_ = scalar("log(float8) float8", "The logarithm to base 10.", row1e(logarithm(math.Log10)), Fallible)
	_ = scalar("log10(float8) float8", "The logarithm to base 10.", row1e(logarithm(math.Log10)), Fallible)
	_ = scalar("power(float8, float8) float8", "The first raised to the power of the second.", row2e(power), Fallible)
	_ = scalar("pow(float8, float8) float8", "The first raised to the power of the second.", row2e(power), Fallible)
	_ = scalar("^(float8, float8) float8", "The first raised to the power of the second.", row2e(power), Fallible)
	_ = scalar("pi() float8", "The ratio of a circle's circumference to its diameter.", row0(func(*Ctx) float64 { return math.Pi }))
	_ = scalar("degrees(float8) float8", "Radians to degrees.", row1e(finite(func(x float64) float64 { return x / degree })), Fallible)
	_ = scalar("radians(float8) float8", "Degrees to radians.", row1(func(x float64) float64 { return x * degree }))
	_ = scalar("sin(float8) float8", "Sine of an angle in radians.", row1e(angle(math.Sin)), Fallible)
	_ = scalar("cos(float8) float8", "Cosine of an angle in radians.", row1e(angle(math.Cos)), Fallible)
	_ = scalar("tan(float8) float8", "Tangent of an angle in radians.", row1e(angle(math.Tan)), Fallible)
	_ = scalar("cot(float8) float8", "Cotangent of an angle in radians.", row1e(angle(func(x float64) float64 { return 1 / math.Tan(x) })), Fallible)
	_ = scalar("asin(float8) float8", "Inverse sine, in radians.", row1e(within(math.Asin)), Fallible)
	_ = scalar("acos(float8) float8", "Inverse cosine, in radians.", row1e(within(math.Acos)), Fallible)
	_ = scalar("atan(float8) float8", "Inverse tangent, in radians.", row1(math.Atan))
	_ = scalar("atan2(float8, float8) float8", "Inverse tangent of a quotient, in radians.", row2(math.Atan2))
	_ = scalar("sinh(float8) float8", "Hyperbolic sine.", row1(math.Sinh))
	_ = scalar("cosh(float8) float8", "Hyperbolic cosine.", row1(math.Cosh))
	_ = scalar("tanh(float8) float8", "Hyperbolic tangent.", row1(math.Tanh))
	_ = scalar("asinh(float8) float8", "Inverse hyperbolic sine.", row1(math.Asinh))
	_ = scalar("acosh(float8) float8", "Inverse hyperbolic cosine.", row1e(areaCosine), Fallible)
	_ = scalar("atanh(float8) float8", "Inverse hyperbolic tangent.", row1e(within(math.Atanh)), Fallible)
	_ = scalar("sind(float8) float8", "Sine of an angle in degrees.", row1e(degrees(math.Sin, sines)), Fallible)
	_ = scalar("cosd(float8) float8", "Cosine of an angle in degrees.", row1e(degrees(math.Cos, cosines)), Fallible)
	_ = scalar("tand(float8) float8", "Tangent of an angle in degrees.", row1e(degrees(math.Tan, tangent)), Fallible)
	_ = scalar("_frame_bound(float8, float8, bool) float8", "Where a window's RANGE ends: the sum; when it could be anything, infinity, above or below as the last argument says.", row3e(frameBound))
	_ = scalar("_frame_offset_fits(bool, bool, text) bool", "True: a window's computed offset is a number and not negative.", frameOffsetFits, NonStrict, Fallible, Inner)
)

// frameOffsetFits refuses an offset that is NULL, by the first argument, or no number of rows or
// distance, by the second. The third says which bound it is of: starting or ending, of a range if it
// says that too.
func frameOffsetFits(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	null, bad, what := reader[bool](a[0], n), reader[bool](a[1], n), reader[bs](a[2], n)
	span(sel, n, func(i int) {
		var err error
		bound, isRange := strings.CutSuffix(string(what(i)), " range")
		switch {
		case null(i):
			err = pgerr.New(pgerr.NullValueNotAllowed, "frame %s offset must not be null", bound)
		case a[1].Null(i&mask(a[1], n)) || !bad(i):
		case isRange:
			err = pgerr.New(pgerr.InvalidPrecedingOrFollowing, "invalid preceding or following size in window function")
		default:
			err = pgerr.New(pgerr.InvalidPrecedingOrFollowing, "frame %s offset must not be negative", bound)
		}
		if c.put(out, i, err) {
			out.SetBool(i, true)
		}
	})
}

// frameBound adds without overflow: infinity less infinity bounds nothing, which is above
// all for an upper bound and below all for a lower one.
func frameBound(base, offset float64, upper bool) (float64, error) {
	switch {
	case !math.IsInf(base, 0) || !math.IsInf(offset, 0) || base == offset:
		return base + offset, nil
	case upper:
		return math.Inf(1), nil
	}
	return math.Inf(-1), nil
}
