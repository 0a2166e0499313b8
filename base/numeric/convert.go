package numeric

import (
	"math"
	"strconv"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/pgerr"
)

// MakeTypmod packs precision and scale as pg_attribute.atttypmod has them. 22023 for
// what numeric(p, s) may not say.
func MakeTypmod(precision, scale int32) (int32, error) {
	if precision < 1 || precision > MaxPrecision {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "NUMERIC precision %d must be between 1 and %d", precision, MaxPrecision)
	}
	if scale < -1000 || scale > 1000 {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "NUMERIC scale %d must be between -1000 and 1000", scale)
	}
	return precision<<16 | scale&0x7ff + 4, nil
}

// SplitTypmod is the inverse of [MakeTypmod]; ok is false for an unconstrained numeric.
func SplitTypmod(typmod int32) (precision, scale int32, ok bool) {
	if typmod < 4 {
		return 0, 0, false
	}
	typmod -= 4
	return typmod >> 16 & 0xffff, typmod&0x7ff ^ 1024 - 1024, true
}

// ApplyTypmod rounds d to numeric(precision, scale). 22003 if it does not fit.
func ApplyTypmod(d *apd.Decimal, precision, scale int32) error {
	overflow := pgerr.New(pgerr.NumericValueOutOfRange, "numeric field overflow")
	switch d.Form {
	case apd.NaN:
		return nil
	case apd.Infinite:
		overflow.Detail = "A field with precision " + strconv.Itoa(int(precision)) + ", scale " + strconv.Itoa(int(scale)) + " cannot hold an infinite value."
		return overflow
	}
	rescale(d, scale, roundHalf)
	if room := precision - scale; d.Coeff.Sign() != 0 && integerDigits(d) > int(room) {
		limit := "10^" + strconv.Itoa(int(room))
		if room == 0 {
			limit = "1"
		}
		overflow.Detail = "A field with precision " + strconv.Itoa(int(precision)) + ", scale " + strconv.Itoa(int(scale)) +
			" must round to an absolute value less than " + limit + "."
		return overflow
	}
	return finish(d)
}

func toInt(d *apd.Decimal, low, high int64, typ string) (int64, error) {
	switch d.Form {
	case apd.Infinite:
		return 0, pgerr.New(pgerr.FeatureNotSupported, "cannot convert infinity to %s", typ)
	case apd.NaN:
		return 0, pgerr.New(pgerr.FeatureNotSupported, "cannot convert NaN to %s", typ)
	}
	t := d
	if d.Exponent != 0 {
		t = new(apd.Decimal).Set(d)
		rescale(t, 0, roundHalf)
	}
	hi, lo, ok := coeffWords(t)
	x, fits := fromMagnitude(hi, lo, t.Negative)
	if !ok || !fits || !x.IsInt64() || int64(x.Lo) < low || int64(x.Lo) > high {
		return 0, pgerr.New(pgerr.NumericValueOutOfRange, "%s out of range", typ)
	}
	return int64(x.Lo), nil
}

// ToInt64 rounds half away from zero. 22003 beyond the type; 0A000 for NaN and infinities.
func ToInt64(d *apd.Decimal) (int64, error) {
	return toInt(d, math.MinInt64, math.MaxInt64, "bigint")
}

// ToInt32 is [ToInt64] for integer.
func ToInt32(d *apd.Decimal) (int32, error) {
	v, err := toInt(d, math.MinInt32, math.MaxInt32, "integer")
	return int32(v), err
}

// ToInt16 is [ToInt64] for smallint.
func ToInt16(d *apd.Decimal) (int16, error) {
	v, err := toInt(d, math.MinInt16, math.MaxInt16, "smallint")
	return int16(v), err
}

// ToFloat64 is the nearest float8. 22003 if it is out of range, also toward zero.
func ToFloat64(d *apd.Decimal) (float64, error) { return toFloat(d, 64, "double precision") }

// ToFloat32 is the nearest float4. 22003 if it is out of range, also toward zero.
func ToFloat32(d *apd.Decimal) (float32, error) {
	f, err := toFloat(d, 32, "real")
	return float32(f), err
}

func toFloat(d *apd.Decimal, size int, typ string) (float64, error) {
	switch {
	case isNaN(d):
		return math.NaN(), nil
	case isInf(d) && d.Negative:
		return math.Inf(-1), nil
	case isInf(d):
		return math.Inf(1), nil
	}
	text := String(d)
	f, err := strconv.ParseFloat(text, size)
	if err != nil || f == 0 && d.Coeff.Sign() != 0 {
		return 0, pgerr.New(pgerr.NumericValueOutOfRange, "\"%s\" is out of range for type %s", text, typ)
	}
	return f, nil
}

// SetFloat64 sets d to f in 15 significant digits, as the cast from float8 does.
func SetFloat64(d *apd.Decimal, f float64) error { return setFloat(d, f, 15) }

// SetFloat32 sets d to f in 6 significant digits, as the cast from float4 does.
func SetFloat32(d *apd.Decimal, f float32) error { return setFloat(d, float64(f), 6) }

func setFloat(d *apd.Decimal, f float64, digits int) error {
	switch {
	case math.IsNaN(f):
		setNaN(d)
		return nil
	case math.IsInf(f, 0):
		setInf(d, f < 0)
		return nil
	}
	var buf [32]byte
	return Parse(d, strconv.AppendFloat(buf[:0], f, 'g', digits, 64))
}
