package datetime

import (
	"time"

	"github.com/millracedb/millrace/base/pgerr"
)

// truncate cuts a finite local timestamp down to the unit; ok is false for units that
// date_trunc does not take.
func truncate(u Unit, ts int64) (cut int64, ok bool) {
	date, t := split(ts)
	switch u {
	case unitMicrosecond:
		return ts, true
	case unitMillisecond:
		return ts - t%Millisecond, true
	case unitSecond:
		return ts - t%Second, true
	case unitMinute:
		return ts - t%Minute, true
	case unitHour:
		return ts - t%Hour, true
	}
	year, month, _ := Civil(date)
	switch u {
	case unitDay:
	case unitWeek:
		date -= int32((dayOfWeek(date) + 6) % 7)
	case unitMonth:
		date = DateOf(year, month, 1)
	case unitQuarter:
		date = DateOf(year, (month-1)/3*3+1, 1)
	case unitYear:
		date = DateOf(year, 1, 1)
	case unitDecade:
		date = DateOf(int(decade(year)*10), 1, 1)
	case unitCentury:
		date = DateOf(firstYear(century(year), 100), 1, 1)
	case unitMillennium:
		date = DateOf(firstYear(millennium(year), 1000), 1, 1)
	default:
		return 0, false
	}
	return int64(date) * Day, true
}

// firstYear is the first year of a century or millennium, whose count has no zero.
func firstYear(n int64, size int) int {
	if n > 0 {
		return int(n)*size - size + 1
	}
	return int(n)*size + 1
}

// isSpan reports that the unit is one of intervals: date_trunc knows no others, not even
// by name.
func (u Unit) isSpan() bool {
	switch u {
	case unitJulian, unitDOW, unitDOY, unitISODOW, unitISOYear, unitEpoch, unitReserved:
		return false
	}
	return true
}

// TruncTimestamp is date_trunc(unit, timestamp). unit is the name for messages.
func TruncTimestamp(u Unit, unit string, known bool, ts int64) (int64, error) {
	if !Finite(ts) {
		return ts, nil
	}
	if known {
		if cut, ok := truncate(u, ts); ok {
			return checkTimestamp(cut, nil)
		}
	}
	return 0, errUnit(unit, "timestamp without time zone", known && u.isSpan())
}

// TruncTimestamptz is date_trunc(unit, timestamptz [, zone]).
func TruncTimestamptz(u Unit, unit string, known bool, ts int64, zone *time.Location) (int64, error) {
	if !Finite(ts) {
		return ts, nil
	}
	local := ToLocal(ts, zone)
	cut, ok := truncate(u, local)
	if !known || !ok {
		return 0, errUnit(unit, "timestamp with time zone", known && u.isSpan())
	}
	switch u {
	case unitMicrosecond, unitMillisecond, unitSecond, unitMinute, unitHour:
		return checkTimestamp(ts-(local-cut), nil)
	}
	return checkTimestamp(FromLocal(cut, zone), nil)
}

// TruncInterval is date_trunc(unit, interval).
func TruncInterval(u Unit, unit string, known bool, iv Interval) (Interval, error) {
	if known = known && u.isSpan(); !known {
		return Interval{}, errUnit(unit, "interval", known)
	}
	months := map[Unit]int32{unitMillennium: 12000, unitCentury: 1200, unitDecade: 120, unitYear: 12, unitQuarter: 3, unitMonth: 1}
	if m := months[u]; m != 0 {
		return Interval{Months: iv.Months - iv.Months%m}, nil
	}
	micros := map[Unit]int64{unitHour: Hour, unitMinute: Minute, unitSecond: Second, unitMillisecond: Millisecond, unitMicrosecond: 1}
	switch m := micros[u]; {
	case u == unitDay:
		iv.Micros = 0
		return iv, nil
	case m != 0:
		iv.Micros -= iv.Micros % m
		return iv, nil
	case u == unitWeek:
		e := pgerr.New(pgerr.FeatureNotSupported, "unit \"%s\" not supported for type %s", lower(unit), "interval")
		e.Detail = "Months usually have fractional weeks."
		return Interval{}, e
	}
	return Interval{}, errUnit(unit, "interval", known)
}
