package datetime

import (
	"math"
	"strings"
)

// intervalUnits are the units that a number may have, and what they mark as given.
var intervalUnits = map[int]struct {
	has mask
	add func(g *gathered, v int64, frac float64)
}{
	unitMicrosecond: {hasMicrosecond, func(g *gathered, v int64, f float64) { g.addMicros(v, f, 1) }},
	unitMillisecond: {hasMillisecond, func(g *gathered, v int64, f float64) { g.addMicros(v, f, 1000) }},
	unitSecond:      {hasSecond, func(g *gathered, v int64, f float64) { g.addMicros(v, f, Second) }},
	unitMinute:      {hasMinute, func(g *gathered, v int64, f float64) { g.addMicros(v, f, Minute) }},
	unitHour:        {hasHour, func(g *gathered, v int64, f float64) { g.addMicros(v, f, Hour) }},
	unitDay:         {hasDay, func(g *gathered, v int64, f float64) { g.add32(&g.days, v, 1); g.fraction(f, Day) }},
	unitWeek:        {hasWeek, func(g *gathered, v int64, f float64) { g.addDays(v, f, 7) }},
	unitMonth:       {hasMonth, func(g *gathered, v int64, f float64) { g.addMonths(v, f) }},
	unitYear:        {hasYear, func(g *gathered, v int64, f float64) { g.addYears(v, f, 1) }},
	unitDecade:      {hasDecade, func(g *gathered, v int64, f float64) { g.addYears(v, f, 10) }},
	unitCentury:     {hasCentury, func(g *gathered, v int64, f float64) { g.addYears(v, f, 100) }},
	unitMillennium:  {hasMillennium, func(g *gathered, v int64, f float64) { g.addYears(v, f, 1000) }},
}

// rightmost is the unit of a last number without one, by the range.
func rightmost(r Range) int {
	switch {
	case r == FullRange || r&RangeSecond != 0:
		return unitSecond
	case r&RangeMinute != 0:
		return unitMinute
	case r&RangeHour != 0:
		return unitHour
	case r&RangeDay != 0:
		return unitDay
	case r&RangeMonth != 0:
		return unitMonth
	case r&RangeYear != 0:
		return unitYear
	}
	return unitSecond
}

// intervalDecoder reads fields from the right, since units follow their numbers. Its
// rules are those of PostgreSQL's DecodeInterval.
type intervalDecoder struct {
	gathered
	r         Range
	unit      int
	allMinus  bool // sql_standard: the first sign counts for all
	ago       bool
	have, got mask
}

func decodeInterval(text []byte, r Range, style IntervalStyle) (g gathered, f failure) {
	fields, ok := cut(text, 256)
	if !ok {
		return g, badFormat
	}
	d := intervalDecoder{r: r}
	if style == IntervalSQLStandard && len(fields) > 0 && fields[0].text[0] == '-' {
		d.allMinus = true
		for _, f := range fields[1:] {
			if f.text[0] == '-' || f.text[0] == '+' {
				d.allMinus = false
			}
		}
	}
	for i := len(fields) - 1; i >= 0; i-- {
		d.got = 0
		if f := d.field(fields[i]); f != good {
			return g, f
		}
		if d.overflow {
			return g, fieldOverflow
		}
		if d.got&d.have != 0 {
			return g, badFormat
		}
		d.have |= d.got
	}
	if d.have == 0 {
		return g, badFormat
	}
	if d.ago {
		if d.micros == math.MinInt64 || d.days == math.MinInt32 || d.months == math.MinInt32 || d.years == math.MinInt32 {
			return g, fieldOverflow
		}
		d.micros, d.days, d.months, d.years = -d.micros, -d.days, -d.months, -d.years
	}
	return d.gathered, good
}

func (d *intervalDecoder) field(f field) failure {
	switch f.typ {
	case fieldTime:
		return d.clock(f.text, false)
	case fieldZone:
		if strings.IndexByte(f.text[1:], ':') >= 0 && d.clock(f.text[1:], f.text[0] == '-') == good {
			return good
		}
		d.got = 0
		return d.number(f.text)
	case fieldDate, fieldNumber:
		return d.number(f.text)
	}
	if f.text == "ago" {
		d.ago = true
		d.unit = unitEpoch // which no number can have: "1 ago" is refused
		return good
	}
	if d.unit = findUnit(f.text); d.unit == noUnit {
		return badFormat
	}
	return good
}

func (d *intervalDecoder) clock(text string, minus bool) failure {
	var c decoder
	if f := c.clock(text, d.r); f != good {
		return f
	}
	if c.hour > math.MaxInt64/Hour {
		return fieldOverflow
	}
	t := c.hour * Hour
	rest := int64(c.min)*Minute + int64(c.sec)*Second + int64(c.micros)
	if t > math.MaxInt64-rest {
		return fieldOverflow
	}
	if t += rest; minus || d.allMinus {
		t = -t
	}
	d.micros, d.got, d.unit = t, hasTime, unitDay
	return good
}

func (d *intervalDecoder) number(text string) failure {
	if d.unit == noUnit {
		d.unit = rightmost(d.r)
	}
	v, rest, ok := leadingInt(text, math.MinInt64, math.MaxInt64)
	if !ok {
		return fieldOverflow
	}
	frac := 0.0
	switch {
	case rest != "" && rest[0] == '-':
		var f failure
		if v, f = yearsAndMonths(v, text[0] == '-', rest[1:]); f != good {
			return f
		}
		d.unit = unitMonth
	case rest != "" && rest[0] == '.':
		if frac, ok = parseFraction(rest); !ok {
			return badFormat
		}
		if text[0] == '-' {
			frac = -frac
		}
	case rest != "":
		return badFormat
	}
	if d.allMinus {
		v, frac = -abs(v), -math.Abs(frac)
	}
	u, ok := intervalUnits[d.unit]
	if !ok {
		return badFormat
	}
	u.add(&d.gathered, v, frac)
	d.got = u.has
	if d.unit == unitSecond && frac != 0 {
		d.got = hasAllSeconds
	}
	if d.unit == unitHour {
		d.unit = unitDay
	}
	return good
}

// yearsAndMonths is the months of standard SQL's years-months, whose sign is before the
// years.
func yearsAndMonths(years int64, minus bool, text string) (int64, failure) {
	months, rest, ok := leadingInt32(text)
	switch {
	case !ok || months < 0 || months >= 12:
		return 0, fieldOverflow
	case rest != "":
		return 0, badFormat
	case years > math.MaxInt64/12-1 || years < math.MinInt64/12+1:
		return 0, fieldOverflow
	}
	if minus {
		months = -months
	}
	return years*12 + int64(months), good
}
