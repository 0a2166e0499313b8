package datetime

// ParseDate reads a date in any form that PostgreSQL takes. 22007 for other text, 22008
// out of range.
func ParseDate[T Text](text T, s *Settings) (int32, error) {
	if d, ok := ParseISODate(text); ok {
		return d, nil
	}
	d, f := decode([]byte(text), s, false)
	if f != good {
		return 0, f.error("date", string(text), d.zoneName)
	}
	switch d.reserved {
	case reservedEpoch:
		return int32(unixJulian - epochJulian), nil
	case reservedLate:
		return DateInfinity, nil
	case reservedEarly:
		return DateNegInfinity, nil
	}
	day, ok := d.dayNumber()
	if !ok || !validDate(day) {
		return 0, outOfRange("date", string(text))
	}
	return int32(day), nil
}

// ParseTimestamp reads a timestamp in any form that PostgreSQL takes; a zone in it is
// ignored.
func ParseTimestamp[T Text](text T, s *Settings) (int64, error) {
	if ts, ok := ParseISOTimestamp(text); ok {
		return ts, nil
	}
	d, f := decode([]byte(text), s, false)
	if f != good {
		return 0, f.error("timestamp", string(text), d.zoneName)
	}
	if ts, ok := d.special(); ok {
		return ts, nil
	}
	ts, ok := d.local()
	if !ok || !validTimestamp(ts) {
		return 0, outOfRange("timestamp", string(text))
	}
	return ts, nil
}

// ParseTimestamptz reads a timestamptz in any form that PostgreSQL takes; without a zone
// in it the session's counts.
func ParseTimestamptz[T Text](text T, s *Settings) (int64, error) {
	if ts, ok := ParseISOTimestamp(text); ok {
		return FromLocal(ts, s.zone()), nil
	}
	d, f := decode([]byte(text), s, false)
	if f != good {
		return 0, f.error("timestamp with time zone", string(text), d.zoneName)
	}
	if ts, ok := d.special(); ok {
		return ts, nil
	}
	ts, ok := d.instant()
	if !ok || !validTimestamp(ts) {
		return 0, outOfRange("timestamp", string(text))
	}
	return ts, nil
}

func (d *decoder) special() (int64, bool) {
	switch d.reserved {
	case reservedEpoch:
		return -unixToEpoch, true
	case reservedLate:
		return Infinity, true
	case reservedEarly:
		return NegInfinity, true
	}
	return 0, false
}

// ParseTime reads a time in any form that PostgreSQL takes; a zone in it is ignored.
func ParseTime[T Text](text T, s *Settings) (int64, error) {
	d, f := decode([]byte(text), s, true)
	if f != good {
		return 0, f.error("time", string(text), d.zoneName)
	}
	return d.clockMicros(), nil
}
