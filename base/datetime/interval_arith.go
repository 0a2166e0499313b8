package datetime

import (
	"math"
	"math/bits"

	"github.com/millracedb/millrace/base/pgerr"
)

// Neg is -iv, wrapping for the least integers as PostgreSQL's subtraction does.
func (iv Interval) Neg() Interval { return Interval{-iv.Months, -iv.Days, -iv.Micros} }

// NegInterval is -iv. 22008 out of range.
func NegInterval(iv Interval) (Interval, error) {
	if iv.Months == math.MinInt32 || iv.Days == math.MinInt32 || iv.Micros == math.MinInt64 {
		return Interval{}, errIntervalRange()
	}
	return iv.Neg(), nil
}

func add32(a, b int32) (int32, bool) {
	s := int64(a) + int64(b)
	return int32(s), s == int64(int32(s))
}

// AddIntervals is a + b, field by field. 22008 out of range.
func AddIntervals(a, b Interval) (Interval, error) {
	months, ok1 := add32(a.Months, b.Months)
	days, ok2 := add32(a.Days, b.Days)
	micros := a.Micros + b.Micros
	if !ok1 || !ok2 || (micros > a.Micros) != (b.Micros > 0) && b.Micros != 0 {
		return Interval{}, errIntervalRange()
	}
	return Interval{months, days, micros}, nil
}

// SubIntervals is a - b, field by field. 22008 out of range.
func SubIntervals(a, b Interval) (Interval, error) {
	months, days := int64(a.Months)-int64(b.Months), int64(a.Days)-int64(b.Days)
	micros := a.Micros - b.Micros
	if months != int64(int32(months)) || days != int64(int32(days)) || (micros < a.Micros) != (b.Micros > 0) && b.Micros != 0 {
		return Interval{}, errIntervalRange()
	}
	return Interval{int32(months), int32(days), micros}, nil
}

// Key is the interval in microseconds, of days of 24 hours and months of 30 days, as a
// two's complement integer of 128 bits: SQL's equality and order of intervals.
func (iv Interval) Key() (hi int64, lo uint64) {
	days := int64(iv.Months)*30 + int64(iv.Days)
	h, l := bits.Mul64(uint64(days), uint64(Day))
	if days < 0 {
		h -= uint64(Day)
	}
	l, c := bits.Add64(l, uint64(iv.Micros), 0)
	return int64(h) + iv.Micros>>63 + int64(c), l
}

// CompareIntervals orders by [Interval.Key].
func CompareIntervals(a, b Interval) int {
	ah, al := a.Key()
	bh, bl := b.Key()
	switch {
	case ah < bh || ah == bh && al < bl:
		return -1
	case ah > bh || al > bl:
		return 1
	}
	return 0
}

// secondsRound rounds to microseconds what should be exact but for the division.
func secondsRound(x float64) float64 { return math.RoundToEven(x*1e6) / 1e6 }

// MulInterval is iv × f; fractions of months become days, of days time. 22008 out of range.
func MulInterval(iv Interval, f float64) (Interval, error) {
	return scaleInterval(float64(iv.Months)*f, float64(iv.Days)*f, float64(iv.Micros)*f)
}

// DivInterval is iv / f. 22012 for f = 0, 22008 out of range.
func DivInterval(iv Interval, f float64) (Interval, error) {
	if f == 0 {
		return Interval{}, pgerr.New(pgerr.DivisionByZero, "division by zero")
	}
	return scaleInterval(float64(iv.Months)/f, float64(iv.Days)/f, float64(iv.Micros)/f)
}

func scaleInterval(months, days, micros float64) (Interval, error) {
	const secondsPerDay = 86400.0
	in32 := func(x float64) bool { return x >= math.MinInt32 && x <= math.MaxInt32 }
	if !in32(months) || !in32(days) {
		return Interval{}, errIntervalRange()
	}
	r := Interval{Months: int32(months), Days: int32(days)}
	moreDays := secondsRound((months - float64(r.Months)) * 30)
	seconds := secondsRound((days - float64(r.Days) + moreDays - math.Trunc(moreDays)) * secondsPerDay)
	whole := int64(r.Days)
	if math.Abs(seconds) >= secondsPerDay {
		whole += int64(seconds / secondsPerDay)
		seconds -= math.Trunc(seconds/secondsPerDay) * secondsPerDay
	}
	whole += int64(moreDays)
	t := math.RoundToEven(micros + float64(seconds*1e6))
	if whole != int64(int32(whole)) || !(t >= math.MinInt64 && t < math.MaxInt64) {
		return Interval{}, errIntervalRange()
	}
	r.Days, r.Micros = int32(whole), int64(t)
	return r, nil
}

// JustifyHours turns 24 hours into a day. 22008 out of range.
func JustifyHours(iv Interval) (Interval, error) {
	var ok bool
	if iv.Days, ok = add32(iv.Days, int32(iv.Micros/Day)); !ok {
		return Interval{}, errIntervalRange()
	}
	iv.Micros %= Day
	iv.sameSignTime()
	return iv, nil
}

func (iv *Interval) sameSignTime() {
	if iv.Days > 0 && iv.Micros < 0 {
		iv.Micros += Day
		iv.Days--
	} else if iv.Days < 0 && iv.Micros > 0 {
		iv.Micros -= Day
		iv.Days++
	}
}

// JustifyDays turns 30 days into a month. 22008 out of range.
func JustifyDays(iv Interval) (Interval, error) {
	var ok bool
	if iv.Months, ok = add32(iv.Months, iv.Days/30); !ok {
		return Interval{}, errIntervalRange()
	}
	if iv.Days %= 30; iv.Months > 0 && iv.Days < 0 {
		iv.Days += 30
		iv.Months--
	} else if iv.Months < 0 && iv.Days > 0 {
		iv.Days -= 30
		iv.Months++
	}
	return iv, nil
}

// JustifyInterval turns hours into days, days into months, and gives all one sign.
func JustifyInterval(iv Interval) (Interval, error) {
	days := int64(iv.Days) + iv.Micros/Day
	iv.Micros %= Day
	months := int64(iv.Months) + days/30
	days %= 30
	if months > 0 && (days < 0 || days == 0 && iv.Micros < 0) {
		days += 30
		months--
	} else if months < 0 && (days > 0 || days == 0 && iv.Micros > 0) {
		days -= 30
		months++
	}
	if months != int64(int32(months)) {
		return Interval{}, errIntervalRange()
	}
	iv.Months, iv.Days = int32(months), int32(days)
	iv.sameSignTime()
	return iv, nil
}
