package datetime

import (
	"math"
	"time"
)

// Microseconds.
const (
	Millisecond int64 = 1000
	Second            = 1000 * Millisecond
	Minute            = 60 * Second
	Hour              = 60 * Minute
	Day               = 24 * Hour
)

// Infinities and limits. A finite date lies in [MinDate, EndDate), a finite timestamp
// in [MinTimestamp, EndTimestamp).
const (
	DateNegInfinity = int32(math.MinInt32)
	DateInfinity    = int32(math.MaxInt32)
	NegInfinity     = int64(math.MinInt64)
	Infinity        = int64(math.MaxInt64)

	epochJulian  = 2451545 // Julian day of 2000-01-01
	unixJulian   = 2440588 // Julian day of 1970-01-01
	unixToEpoch  = int64(epochJulian-unixJulian) * Day
	MinDate      = int32(-epochJulian)             // 4714-11-24 BC
	EndDate      = int32(2147483494 - epochJulian) // 5874898-06-03
	MinTimestamp = -int64(epochJulian) * Day
	EndTimestamp = int64(109203528-epochJulian) * Day // 294277-01-01
	maxTime      = Day
)

// Order says which field of an all-number date comes first.
type Order uint8

// The orders of DateStyle.
const (
	MDY Order = iota
	DMY
	YMD
)

// Style is the output style of DateStyle.
type Style uint8

// The styles of DateStyle.
const (
	ISO Style = iota
	SQL
	Postgres
	German
)

// IntervalStyle is the output style of intervals.
type IntervalStyle uint8

// The interval styles.
const (
	IntervalPostgres IntervalStyle = iota
	IntervalPostgresVerbose
	IntervalSQLStandard
	IntervalISO8601
)

// Settings is what a session decides about the text of values, above all of times. The zero value
// is UTC, ISO, MDY, at 2000-01-01, and floats that read back the same. It is a value: copy it freely.
type Settings struct {
	Zone     *time.Location // nil: UTC
	Order    Order
	Style    Style
	Interval IntervalStyle
	Now      int64 // timestamptz of 'now'
	Dated    *bool // set when a value is read that depends on Now; nil: nobody asks
	Timeless bool  // there is no Now: a text that means it is refused
	// FewerDigits, if it is above 0, has floats rounded: to 16 digits less so many, those of
	// float4 to 7 less as many.
	FewerDigits int
}

func (s *Settings) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// Interval is PostgreSQL's interval; the three parts have signs of their own.
type Interval struct {
	Months int32
	Days   int32
	Micros int64
}

// DateFinite reports that d is neither infinity.
func DateFinite(d int32) bool { return d != DateInfinity && d != DateNegInfinity }

// Finite reports that the timestamp is neither infinity.
func Finite(ts int64) bool { return ts != Infinity && ts != NegInfinity }

func validDate(d int64) bool { return d >= int64(MinDate) && d < int64(EndDate) }

func validTimestamp(ts int64) bool { return ts >= MinTimestamp && ts < EndTimestamp }

// julian is the Julian day of a Gregorian date; year 0 is 1 BC. Source: PostgreSQL's
// date2j, exact for years from -4713 to 5874898.
func julian(year, month, day int) int {
	if month > 2 {
		month++
		year += 4800
	} else {
		month += 13
		year += 4799
	}
	century := year / 100
	j := year*365 - 32167
	j += year/4 - century + century/4
	return j + 7834*month/256 + day
}

// civil is the inverse of [julian]. Source: PostgreSQL's j2date.
func civil(jd int) (year, month, day int) {
	j := uint32(jd) + 32044
	quad := j / 146097
	extra := (j-quad*146097)*4 + 3
	j += 60 + quad*3 + extra/146097
	quad = j / 1461
	j -= quad * 1461
	y := j * 4 / 1461
	if y != 0 {
		j = (j + 305) % 365
	} else {
		j = (j + 306) % 366
	}
	j += 123
	y += quad * 4
	quad = j * 2141 / 65536
	return int(y) - 4800, int((quad+10)%12) + 1, int(j - 7834*quad/256)
}

// DateOf returns the date of a year (0 is 1 BC), month and day that exist.
func DateOf(year, month, day int) int32 { return int32(julian(year, month, day) - epochJulian) }

// Civil splits a finite date; year 0 is 1 BC.
func Civil(date int32) (year, month, day int) { return civil(int(date) + epochJulian) }

// split separates a timestamp into the date and the time of day.
func split(ts int64) (date int32, micros int64) {
	d := ts / Day
	t := ts - d*Day
	if t < 0 {
		t += Day
		d--
	}
	return int32(d), t
}

func isLeap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

var monthDays = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func daysIn(year, month int) int {
	if month == 2 && isLeap(year) {
		return 29
	}
	return monthDays[month]
}

// FromTime converts a Go time to a timestamptz, dropping nanoseconds.
func FromTime(t time.Time) int64 { return t.UnixMicro() - unixToEpoch }

// ToTime converts a finite timestamptz to a Go time in UTC.
func ToTime(ts int64) time.Time { return time.UnixMicro(ts + unixToEpoch).UTC() }
