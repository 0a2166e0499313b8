package datetime

import (
	"math"

	"github.com/millracedb/millrace/base/pgerr"
)

// Range is the fields of an interval type such as DAY TO SECOND, by the bits of
// PostgreSQL's typmod.
type Range uint16

// The fields of a [Range].
const (
	RangeMonth  Range = 1 << 1
	RangeYear   Range = 1 << 2
	RangeDay    Range = 1 << 3
	RangeHour   Range = 1 << 10
	RangeMinute Range = 1 << 11
	RangeSecond Range = 1 << 12
	FullRange   Range = 0x7FFF
)

// NoPrecision is the precision of an interval type without one.
const NoPrecision = 0xFFFF

// IntervalTypmod packs a range and a precision (0 to 6 or [NoPrecision]) as
// pg_attribute.atttypmod has them.
func IntervalTypmod(r Range, precision int32) int32 { return int32(r)<<16 | precision&0xFFFF }

// SplitIntervalTypmod is the inverse; -1 gives the full range and no precision.
func SplitIntervalTypmod(typmod int32) (r Range, precision int32) {
	if typmod < 0 {
		return FullRange, NoPrecision
	}
	return Range(typmod >> 16 & 0x7FFF), typmod & 0xFFFF
}

// ApplyIntervalTypmod drops the fields below the range and rounds to the precision.
func ApplyIntervalTypmod(iv Interval, typmod int32) (Interval, error) {
	r, precision := SplitIntervalTypmod(typmod)
	if r != FullRange {
		iv = iv.cut(r)
	}
	if precision == NoPrecision {
		return iv, nil
	}
	if precision > 6 {
		return iv, pgerr.New(pgerr.InvalidParameterValue, "interval(%d) precision must be between %d and %d", precision, 0, 6)
	}
	unit := precisionUnit[precision]
	if iv.Micros > math.MaxInt64-unit/2 || iv.Micros < math.MinInt64+unit/2 {
		return iv, errIntervalRange()
	}
	iv.Micros = roundTo(iv.Micros, unit)
	return iv, nil
}

func (iv Interval) cut(r Range) Interval {
	switch {
	case r&RangeSecond != 0:
	case r&RangeMinute != 0:
		iv.Micros -= iv.Micros % Minute
	case r&RangeHour != 0:
		iv.Micros -= iv.Micros % Hour
	case r&RangeDay != 0:
		iv.Micros = 0
	case r&RangeMonth != 0:
		iv.Days, iv.Micros = 0, 0
	case r&RangeYear != 0:
		iv = Interval{Months: iv.Months - iv.Months%12}
	}
	return iv
}

var precisionUnit = [7]int64{1000000, 100000, 10000, 1000, 100, 10, 1}

// roundTo rounds half away from zero to a multiple of unit.
func roundTo(v, unit int64) int64 {
	half := unit / 2
	if v < 0 {
		half = -half
	}
	return (v + half) / unit * unit
}

// CheckPrecision refuses a typmod of time or timestamp types that is not -1 or 0 to 6;
// the server lowers a greater one to 6 before it asks, as PostgreSQL does.
func CheckPrecision(typ string, precision int32) error {
	if precision < -1 || precision > 6 {
		return pgerr.New(pgerr.InvalidParameterValue, "%s(%d) precision must be between %d and %d", typ, precision, 0, 6)
	}
	return nil
}

// RoundTime rounds a time or a timestamp to a precision of 0 to 6 digits; -1 keeps it,
// and infinities stay.
func RoundTime(v int64, precision int32) int64 {
	if precision < 0 || precision >= 6 || !Finite(v) {
		return v
	}
	return roundTo(v, precisionUnit[precision])
}
