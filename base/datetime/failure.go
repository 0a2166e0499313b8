package datetime

import "github.com/millracedb/millrace/base/pgerr"

// failure is why text is no date or time; the caller knows the type's name.
type failure uint8

const (
	good failure = iota
	badFormat
	fieldOverflow
	dateOverflow // a month or day: another DateStyle may help
	zoneOverflow
	badZone // with the zone in decoder.zoneName
	noNow   // a text that means the present, where there is none
)

func (f failure) error(typ, text, zone string) error {
	const outOfRange = "date/time field value out of range: \"%s\""
	switch f {
	case fieldOverflow:
		return pgerr.New(pgerr.DatetimeFieldOverflow, outOfRange, text)
	case dateOverflow:
		return pgerr.New(pgerr.DatetimeFieldOverflow, outOfRange, text).
			WithHint("Perhaps you need a different \"datestyle\" setting.")
	case zoneOverflow:
		return pgerr.New(pgerr.InvalidTimeZoneDisplacement, "time zone displacement out of range: \"%s\"", text)
	case noNow:
		return pgerr.New(pgerr.FeatureNotSupported, "the time \"%s\" in a materialized view is not supported", text).
			WithHint("It means another time at every moment. Write the time itself.")
	case badZone:
		return pgerr.New(pgerr.InvalidParameterValue, "time zone \"%s\" not recognized", zone)
	}
	return pgerr.New(pgerr.InvalidDatetimeFormat, "invalid input syntax for type %s: \"%s\"", typ, text)
}

func outOfRange(typ, text string) error {
	return pgerr.New(pgerr.DatetimeFieldOverflow, "%s out of range: \"%s\"", typ, text)
}
