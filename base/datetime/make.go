package datetime

import (
	"math"
	"strconv"

	"github.com/millracedb/millrace/base/pgerr"
)

// MakeDate is make_date; negative years are BC. 22008 for what is no date.
func MakeDate(year, month, day int32) (int32, error) {
	y := int64(year)
	if y < 0 {
		y++
	}
	if year == 0 || month < 1 || month > 12 || day < 1 || int(day) > daysIn(int(y), int(month)) {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "date field value out of range: %d-%02d-%02d", year, month, day)
	}
	if y < -4713 || y > 5874898 {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "date out of range: %d-%02d-%02d", y, month, day)
	}
	d := int64(julian(int(y), int(month), int(day)) - epochJulian)
	if !validDate(d) {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "date out of range: %d-%02d-%02d", y, month, day)
	}
	return int32(d), nil
}

func makeClock(hour, min int32, sec float64) (int64, bool) {
	if hour < 0 || hour > 24 || min < 0 || min > 59 || !(sec >= 0 && sec <= 60) {
		return 0, false
	}
	us := int64(math.RoundToEven(sec * 1e6))
	t := int64(hour)*Hour + int64(min)*Minute + us
	return t, t <= Day
}

// MakeTime is make_time. 22008 for what is no time.
func MakeTime(hour, min int32, sec float64) (int64, error) {
	t, ok := makeClock(hour, min, sec)
	if !ok {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "time field value out of range: %d:%02d:%s", hour, min, secondsText(sec))
	}
	return t, nil
}

// secondsText prints as PostgreSQL's messages do: %02g.
func secondsText(sec float64) string {
	switch {
	case math.IsNaN(sec):
		return "NaN"
	case math.IsInf(sec, 0):
		return "Infinity"
	}
	s := strconv.FormatFloat(sec, 'g', 6, 64)
	if len(s) < 2 {
		s = "0" + s
	}
	return s
}

// MakeTimestamp is make_timestamp. 22008 for what is none.
func MakeTimestamp(year, month, day, hour, min int32, sec float64) (int64, error) {
	y := int64(year)
	if y < 0 {
		y++
	}
	if year == 0 || month < 1 || month > 12 || day < 1 || int(day) > daysIn(int(y), int(month)) {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "date field value out of range: %d-%02d-%02d", year, month, day)
	}
	t, ok := makeClock(hour, min, sec)
	outside := y < -4713 || y > 5874898
	if !outside && !ok {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "time field value out of range: %d:%02d:%s", hour, min, secondsText(sec))
	}
	if outside {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "date out of range: %d-%02d-%02d", y, month, day)
	}
	ts := Infinity
	if y < 300000 {
		ts = int64(DateOf(int(y), int(month), int(day)))*Day + t
	}
	if !validTimestamp(ts) {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "timestamp out of range: %d-%02d-%02d %d:%02d:%s", year, month, day, hour, min, secondsText(sec))
	}
	return ts, nil
}

// MakeInterval is make_interval. 22008 out of range.
func MakeInterval(years, months, weeks, days, hours, mins int32, secs float64) (Interval, error) {
	if math.IsNaN(secs) || math.IsInf(secs, 0) {
		return Interval{}, errIntervalRange()
	}
	m := int64(years)*12 + int64(months)
	d := int64(weeks)*7 + int64(days)
	us := math.RoundToEven(secs * 1e6)
	total := float64(hours)*3.6e9 + float64(mins)*6e7 + us
	if m != int64(int32(m)) || d != int64(int32(d)) || math.Abs(total) >= math.MaxInt64 {
		return Interval{}, errIntervalRange()
	}
	return Interval{int32(m), int32(d), int64(hours)*Hour + int64(mins)*Minute + int64(us)}, nil
}

// FromEpoch is to_timestamp(float8): seconds since 1970. 22008 out of range.
func FromEpoch(sec float64) (int64, error) {
	switch {
	case math.IsInf(sec, 1):
		return Infinity, nil
	case math.IsInf(sec, -1):
		return NegInfinity, nil
	}
	if math.IsNaN(sec) {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "timestamp cannot be NaN")
	}
	const shift = float64((epochJulian - unixJulian) * 86400)
	if sec < float64(-epochJulian+(epochJulian-unixJulian))*86400 || sec >= float64(109203528-unixJulian)*86400 {
		return 0, errEpochRange(sec)
	}
	ts := int64(math.RoundToEven((sec - shift) * 1e6))
	if !validTimestamp(ts) {
		return 0, errEpochRange(sec)
	}
	return ts, nil
}

func errEpochRange(sec float64) error {
	return pgerr.New(pgerr.DatetimeFieldOverflow, "timestamp out of range: \"%s\"", strconv.FormatFloat(sec, 'g', 6, 64))
}
