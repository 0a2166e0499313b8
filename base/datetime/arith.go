package datetime

import (
	"math"
	"math/bits"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
)

func errTimestampRange() error {
	return pgerr.New(pgerr.DatetimeFieldOverflow, "timestamp out of range")
}

func errDateRange() error { return pgerr.New(pgerr.DatetimeFieldOverflow, "date out of range") }

func checkTimestamp(ts int64, err error) (int64, error) {
	if err == nil && !validTimestamp(ts) {
		err = errTimestampRange()
	}
	if err != nil {
		return 0, err
	}
	return ts, nil
}

// addCalendar adds months, to the last day of a shorter month at most, and days.
func addCalendar(ts int64, months, days int32) (int64, error) {
	date, t := split(ts)
	if months != 0 {
		year, month, day := Civil(date)
		m := int64(month-1) + int64(months)
		y := int64(year) + m/12
		if m %= 12; m < 0 {
			m += 12
			y--
		}
		if y < -4714 || y > 300000 {
			return 0, errTimestampRange()
		}
		date = DateOf(int(y), int(m)+1, min(day, daysIn(int(y), int(m)+1)))
		if !validTimestamp(int64(date)*Day + t) {
			return 0, errTimestampRange()
		}
	}
	d := int64(date) + int64(days)
	if d < int64(MinDate) || d >= EndTimestamp/Day {
		return 0, errTimestampRange()
	}
	return checkTimestamp(d*Day+t, nil)
}

func addMicros(ts, micros int64) (int64, error) {
	sum := ts + micros
	if (sum > ts) != (micros > 0) && micros != 0 {
		return 0, errTimestampRange()
	}
	return checkTimestamp(sum, nil)
}

// AddInterval is timestamp + interval: months first, to the end of a shorter month at
// most, then days, then the time. 22008 out of range.
func AddInterval(ts int64, iv Interval) (int64, error) {
	if !Finite(ts) {
		return ts, nil
	}
	ts, err := addCalendar(ts, iv.Months, iv.Days)
	if err != nil {
		return 0, err
	}
	return addMicros(ts, iv.Micros)
}

// AddIntervalZone is timestamptz + interval: months and days on the zone's clocks, the
// time in real time.
func AddIntervalZone(ts int64, iv Interval, zone *time.Location) (int64, error) {
	if !Finite(ts) {
		return ts, nil
	}
	if iv.Months != 0 || iv.Days != 0 {
		// Each step finds its instant, as a day that the months lead to may lack the hour.
		for _, step := range [2]Interval{{Months: iv.Months}, {Days: iv.Days}} {
			if step == (Interval{}) {
				continue
			}
			local, err := addCalendar(ToLocal(ts, zone), step.Months, step.Days)
			if err != nil {
				return 0, err
			}
			ts = FromLocal(local, zone)
		}
	}
	return addMicros(ts, iv.Micros)
}

// Neg is -iv, wrapping for the least integers as PostgreSQL's subtraction does.
func (iv Interval) Neg() Interval { return Interval{-iv.Months, -iv.Days, -iv.Micros} }

// NegInterval is -iv. 22008 out of range.
func NegInterval(iv Interval) (Interval, error) {
	if iv.Months == math.MinInt32 || iv.Days == math.MinInt32 || iv.Micros == math.MinInt64 {
		return Interval{}, errIntervalRange()
	}
	return iv.Neg(), nil
}

// SubTimestamps is a - b as days and time. 22008 for infinities.
func SubTimestamps(a, b int64) (Interval, error) {
	if !Finite(a) || !Finite(b) {
		return Interval{}, pgerr.New(pgerr.DatetimeFieldOverflow, "cannot subtract infinite timestamps")
	}
	return JustifyHours(Interval{Micros: a - b})
}

// AddDays is date + integer.
func AddDays(d int32, n int32) (int32, error) {
	if !DateFinite(d) {
		return d, nil
	}
	sum := int64(d) + int64(n)
	if !validDate(sum) {
		return 0, errDateRange()
	}
	return int32(sum), nil
}

// SubDays is date - integer.
func SubDays(d int32, n int32) (int32, error) {
	if !DateFinite(d) {
		return d, nil
	}
	diff := int64(d) - int64(n)
	if !validDate(diff) {
		return 0, errDateRange()
	}
	return int32(diff), nil
}

// SubDates is a - b in days. 22008 for infinities.
func SubDates(a, b int32) (int32, error) {
	if !DateFinite(a) || !DateFinite(b) {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "cannot subtract infinite dates")
	}
	return a - b, nil
}

// DateToTimestamp is midnight of the date. 22008 out of the range of timestamps.
func DateToTimestamp(d int32) (int64, error) {
	switch {
	case d == DateInfinity:
		return Infinity, nil
	case d == DateNegInfinity:
		return NegInfinity, nil
	case int64(d) >= EndTimestamp/Day:
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "date out of range for timestamp")
	}
	return int64(d) * Day, nil
}

// DateToTimestamptz is midnight of the date on the zone's clocks.
func DateToTimestamptz(d int32, zone *time.Location) (int64, error) {
	ts, err := DateToTimestamp(d)
	if err != nil {
		return 0, err
	}
	if ts = FromLocal(ts, zone); Finite(ts) && !validTimestamp(ts) {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "date out of range for timestamp")
	}
	return ts, nil
}

// CompareDateTimestamp orders a date against a timestamp, also where the date's midnight
// is beyond the range of timestamps.
func CompareDateTimestamp(d int32, ts int64) int {
	at, err := DateToTimestamp(d)
	if err != nil {
		at = Infinity - 1
	}
	switch {
	case at < ts:
		return -1
	case at > ts:
		return 1
	}
	return 0
}

// TimestampToDate drops the time.
func TimestampToDate(ts int64) int32 {
	switch ts {
	case Infinity:
		return DateInfinity
	case NegInfinity:
		return DateNegInfinity
	}
	d, _ := split(ts)
	return d
}

// TimestampToTime drops the date; ok is false for infinities, where SQL answers NULL.
func TimestampToTime(ts int64) (t int64, ok bool) {
	if !Finite(ts) {
		return 0, false
	}
	_, t = split(ts)
	return t, true
}

// DateTime is date + time.
func DateTime(d int32, t int64) (int64, error) {
	ts, err := DateToTimestamp(d)
	if err != nil || !Finite(ts) {
		return ts, err
	}
	return addMicros(ts, t)
}

// AddTime is time + interval, around the clock; months and days do not count.
func AddTime(t int64, iv Interval) int64 {
	// Both reduced first, for their sum must not overflow.
	return ((t+iv.Micros%Day)%Day + Day) % Day
}

// SubTime is time - interval.
func SubTime(t int64, iv Interval) int64 { return ((t-iv.Micros%Day)%Day + Day) % Day }

// SubTimes is time - time.
func SubTimes(a, b int64) Interval { return Interval{Micros: a - b} }

// ToTimeOfDay is interval::time.
func (iv Interval) ToTimeOfDay() int64 { return (iv.Micros%Day + Day) % Day }

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

// Age is a - b in years, months, days and time, as a calendar counts them. For
// timestamptz both are first shown on the zone's clocks. 22008 for infinities, of which
// PostgreSQL 15 makes an age of some 292,000 years.
func Age(a, b int64) (Interval, error) {
	if !Finite(a) || !Finite(b) {
		return Interval{}, errTimestampRange()
	}
	neg := a < b
	if neg {
		a, b = b, a
	}
	da, ta := split(a)
	db, tb := split(b)
	ya, ma, dayA := Civil(da)
	yb, mb, dayB := Civil(db)
	micros, days, months := ta-tb, dayA-dayB, (ya-yb)*12+ma-mb
	if micros < 0 {
		micros += Day
		days--
	}
	for days < 0 {
		days += daysIn(yb, mb)
		months--
	}
	iv := Interval{int32(months), int32(days), micros}
	if neg {
		iv = iv.Neg()
	}
	return iv, nil
}

// Overlaps is (a, b) OVERLAPS (c, d) for values without NULLs; ends may be swapped.
func Overlaps[T int32 | int64](a, b, c, d T) bool {
	a, b, c, d = min(a, b), max(a, b), min(c, d), max(c, d)
	switch {
	case a > c:
		return a < d
	case a < c:
		return c < b
	}
	return true
}
