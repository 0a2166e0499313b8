package fn

import (
	"math"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
)

const widens, narrows = "Widens a number.", "Narrows a number."

var (
	_ = cast("int2 int4", Implicit, widens, widen[int32, int32], IsTotal)
	_ = cast("int2 int8", Implicit, widens, widen[int32, int64], IsTotal)
	_ = cast("int4 int8", Implicit, widens, widen[int32, int64], IsTotal)
	_ = cast("int2 float4", Implicit, widens, widen[int32, float32], IsTotal)
	_ = cast("int4 float4", Implicit, widens, widen[int32, float32], IsTotal)
	_ = cast("int8 float4", Implicit, widens, widen[int64, float32], IsTotal)
	_ = cast("int2 float8", Implicit, widens, widen[int32, float64], IsTotal)
	_ = cast("int4 float8", Implicit, widens, widen[int32, float64], IsTotal)
	_ = cast("int8 float8", Implicit, widens, widen[int64, float64], IsTotal)
	_ = cast("float4 float8", Implicit, widens, widen[float32, float64], IsTotal)
	_ = cast("int2 numeric", Implicit, widens, intToNumeric[int32], IsTotal)
	_ = cast("int4 numeric", Implicit, widens, intToNumeric[int32], IsTotal)
	_ = cast("int8 numeric", Implicit, widens, intToNumeric[int64], IsTotal)

	_ = cast("int4 int2", Assignment, narrows, row1e(func(x int32) (int32, error) { return toInt16(int64(x)) }), Fallible)
	_ = cast("int8 int2", Assignment, narrows, row1e(toInt16), Fallible)
	_ = cast("int8 int4", Assignment, narrows, row1e(toInt32), Fallible)
	_ = cast("float4 int2", Assignment, narrows, row1e(func(x float32) (int32, error) { return floatToInt[int32](float64(x), 1<<15, errInt2) }), Fallible)
	_ = cast("float4 int4", Assignment, narrows, row1e(func(x float32) (int32, error) { return floatToInt[int32](float64(x), 1<<31, errInt4) }), Fallible)
	_ = cast("float4 int8", Assignment, narrows, row1e(func(x float32) (int64, error) { return floatToInt[int64](float64(x), 1<<63, errInt8) }), Fallible)
	_ = cast("float8 int2", Assignment, narrows, row1e(func(x float64) (int32, error) { return floatToInt[int32](x, 1<<15, errInt2) }), Fallible)
	_ = cast("float8 int4", Assignment, narrows, row1e(func(x float64) (int32, error) { return floatToInt[int32](x, 1<<31, errInt4) }), Fallible)
	_ = cast("float8 int8", Assignment, narrows, row1e(func(x float64) (int64, error) { return floatToInt[int64](x, 1<<63, errInt8) }), Fallible)
	_ = cast("float8 float4", Assignment, narrows, row1e(func(x float64) (float32, error) { return checked(float32(x), math.IsInf(x, 0), x == 0) }), Fallible)
	_ = cast("float4 numeric", Assignment, "Makes a numeric of the shortest digits.", floatToNumeric(numeric.SetFloat32))
	_ = cast("float8 numeric", Assignment, "Makes a numeric of the shortest digits.", floatToNumeric(numeric.SetFloat64))
	_ = cast("numeric int2", Assignment, narrows, row1e(func(d dec) (int32, error) { x, err := numeric.ToInt16(d); return int32(x), err }), Fallible)
	_ = cast("numeric int4", Assignment, narrows, row1e(func(d dec) (int32, error) { return numeric.ToInt32(d) }), Fallible)
	_ = cast("numeric int8", Assignment, narrows, numericToInt8, Fallible)
	_ = cast("numeric float4", Implicit, "The nearest float.", row1e(func(d dec) (float32, error) { return numeric.ToFloat32(d) }), Fallible)
	_ = cast("numeric float8", Implicit, "The nearest float.", numericToFloat8, Fallible)

	_ = cast("int4 bool", Explicit, "Tells whether the number is not zero.", row1(func(x int32) bool { return x != 0 }))
	_ = cast("bool int4", Explicit, "1 for true, 0 for false.", row1(func(b bool) int32 { return int32(b2i(b)) }))

	_ = cast("int8 oid", Implicit, "Makes an object's number.", row1e(toOid), Fallible)
	_ = cast("int2 oid", Implicit, "Makes an object's number.", row1(same[int32]))
	_ = relabel("int4 oid", Implicit)
	_ = relabel("oid int4", Assignment)
	_ = cast("oid int8", Assignment, "The object's number.", row1(func(x int32) int64 { return int64(uint32(x)) }))
	_ = relabel("oid regclass", Implicit)
	_ = relabel("oid regtype", Implicit)
	_ = relabel("oid regproc", Implicit)
	_ = relabel("oid regnamespace", Implicit)
	_ = relabel("regclass oid", Implicit)
	_ = relabel("regtype oid", Implicit)
	_ = relabel("regproc oid", Implicit)
	_ = relabel("regnamespace oid", Implicit)
	_ = relabel("int4 regclass", Implicit)
	_ = relabel("int4 regtype", Implicit)
	_ = relabel("regclass int4", Assignment)
	_ = relabel("regtype int4", Assignment)

	_ = cast("jsonb bool", Explicit, "The boolean in a JSON value.", row1e(jsonb.CastBool), Fallible)
	_ = cast("jsonb numeric", Explicit, "The number in a JSON value.", fromJSON("numeric", func(d dec) (dec, error) { return d, nil }), Fallible)
	_ = cast("jsonb int2", Explicit, "The number in a JSON value.", fromJSON("smallint", func(d dec) (int32, error) { x, err := numeric.ToInt16(d); return int32(x), err }), Fallible)
	_ = cast("jsonb int4", Explicit, "The number in a JSON value.", fromJSON("integer", func(d dec) (int32, error) { return numeric.ToInt32(d) }), Fallible)
	_ = cast("jsonb int8", Explicit, "The number in a JSON value.", fromJSON("bigint", func(d dec) (int64, error) { return numeric.ToInt64(d) }), Fallible)
	_ = cast("jsonb float4", Explicit, "The number in a JSON value.", fromJSON("real", func(d dec) (float32, error) { return numeric.ToFloat32(d) }), Fallible)
	_ = cast("jsonb float8", Explicit, "The number in a JSON value.", fromJSON("double precision", func(d dec) (float64, error) { return numeric.ToFloat64(d) }), Fallible)

	_ = length(precision, precision)
)

var _ = func() *Scalar {
	s := scalar("retype(anyelement) anyelement", "Gives the same value another modifier of its type.", nil)
	s.Relabel, s.Total = true, true
	return s
}()

var precision = scalar("numeric(numeric) numeric", "Rounds to the type's precision and scale.", numericLength, Fallible)

// widen converts lanes of which every value fits.
func widen[A, B int32 | int64 | float32 | float64](_ *Ctx, a []*col.Vector, _ []uint32, n int, out *col.Vector) {
	x, r := lanes[A](a[0]), lanes[B](out)[:n]
	if mask(a[0], n) == 0 {
		fill(r, B(x[0]))
		return
	}
	x = x[:len(r)]
	for i := range r {
		r[i] = B(x[i])
	}
}

func intToNumeric[A int32 | int64](c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	numericOut(out, col.KindD64, 0, n)
	widen[A, int64](c, a, sel, n, out)
}

func toInt16(x int64) (int32, error) {
	if x != int64(int16(x)) {
		return 0, errInt2
	}
	return int32(x), nil
}

func toInt32(x int64) (int32, error) {
	if x != int64(int32(x)) {
		return 0, errInt4
	}
	return int32(x), nil
}

func toOid(x int64) (int32, error) {
	if x < 0 || x > math.MaxUint32 {
		return 0, pgerr.New(pgerr.NumericValueOutOfRange, "OID out of range")
	}
	return int32(uint32(x)), nil
}

// floatToInt rounds, halves to the even number.
func floatToInt[T int32 | int64](x, half float64, err *pgerr.Error) (T, error) {
	r := math.RoundToEven(x)
	if !(r >= -half && r < half) {
		return 0, err
	}
	return T(r), nil
}

func floatToNumeric[T float32 | float64](set func(d *apd.Decimal, f T) error) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		x := reader[T](a[0], n)
		decimals(c, sel, n, out, func(i int, d *apd.Decimal) error { return set(d, x(i)) })
	}
}

func numericToInt8(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	if a[0].Kind == col.KindD64 && a[0].Scale == 0 {
		m := mask(a[0], n)
		span(sel, n, func(i int) { out.I64[i] = a[0].I64[i&m] })
		return
	}
	row1e(func(d dec) (int64, error) { return numeric.ToInt64(d) })(c, a, sel, n, out)
}

// numericToFloat8 divides small scaled integers: both operands are exact, so the quotient
// is rounded once, as the text of the number would be.
func numericToFloat8(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	v := a[0]
	if v.Kind != col.KindD64 || v.Scale > 15 {
		row1e(func(d dec) (float64, error) { return numeric.ToFloat64(d) })(c, a, sel, n, out)
		return
	}
	m, by := mask(v, n), float64(tens[v.Scale])
	var d apd.Decimal
	span(sel, n, func(i int) {
		x := v.I64[i&m]
		if x > -1<<53 && x < 1<<53 {
			out.F64[i] = float64(x) / by
			return
		}
		numeric.SetInt64(&d, x, v.Scale)
		f, err := numeric.ToFloat64(&d)
		if c.put(out, i, err) {
			out.F64[i] = f
		}
	})
}

func fromJSON[R any](typ string, convert func(d dec) (R, error)) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		x, w := reader[jsonb.Value](a[0], n), writer[R](out)
		var d apd.Decimal
		span(sel, n, func(i int) {
			b, err := jsonb.CastNumber(x(i), typ)
			if err == nil {
				err = numeric.Stored(b, &d)
			}
			if !c.put(out, i, err) {
				return
			}
			if r, err := convert(&d); c.put(out, i, err) {
				w(i, r)
			}
		})
	}
}

// numericLength rounds to numeric(p, s). Scaled integers that already have the scale are
// only held to the precision.
func numericLength(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	v, m := a[0], mask(a[0], n)
	p, s, ok := out.Type.PrecisionScale()
	if ok && v.Kind == col.KindD64 && out.Kind == col.KindD64 && int(v.Scale) <= s && s-int(v.Scale) <= 18 {
		limit := tens[p]
		by := tens[s-int(v.Scale)]
		span(sel, n, func(i int) {
			hi, lo := mulWide(v.I64[i&m], by)
			x := int64(lo)
			out.I64[i] = x
			if hi != x>>63 || x >= limit || x <= -limit {
				c.Fail(out, i, overflow(p, s))
			}
		})
		return
	}
	if ok && out.Kind == col.KindD64 {
		tmp := c.Vec(out.Type)
		each(c, sel, n, out, tmp, func(i int) error {
			var d apd.Decimal
			readDec(&d, v, i&m)
			return typeio.AppendDecimal(tmp, &d)
		})
		return
	}
	decimals(c, sel, n, out, func(i int, d *apd.Decimal) error {
		readDec(d, v, i&m)
		if !ok {
			return nil
		}
		return numeric.ApplyTypmod(d, int32(p), int32(s))
	})
}

func overflow(p, s int) error {
	d := apd.New(1, int32(p)+1) // any value that is too great words the error
	return numeric.ApplyTypmod(d, int32(p), int32(s))
}
