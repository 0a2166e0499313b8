package datetime

import "github.com/millracedb/millrace/base/pgerr"

// This file is long because the three notations of an interval (words, ISO 8601, standard
// SQL) share their fields, their rounding and their limits.

// ParseInterval reads an interval in any form that PostgreSQL takes and rounds it to the
// typmod (-1: none), which also names the unit of a number without one. 22007 for other
// text, 22015 for a field and 22008 for a whole out of range.
func ParseInterval[T Text](text T, typmod int32, s *Settings) (Interval, error) {
	r, _ := SplitIntervalTypmod(typmod)
	g, f := decodeInterval([]byte(text), r, s.Interval)
	if f == badFormat {
		g, f = decodeISOInterval(string(text))
	}
	switch f {
	case good:
	case fieldOverflow, dateOverflow:
		return Interval{}, pgerr.New(pgerr.IntervalFieldOverflow, "interval field value out of range: \"%s\"", string(text))
	default:
		return Interval{}, f.error("interval", string(text), "")
	}
	months := int64(g.years)*12 + int64(g.months)
	if months != int64(int32(months)) {
		return Interval{}, errIntervalRange()
	}
	return ApplyIntervalTypmod(Interval{int32(months), g.days, g.micros}, typmod)
}
