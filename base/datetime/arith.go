package datetime

import (
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
