package datetime

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
)

// This file is long because reading a date is one machine: fields find their meaning by
// what came before them, as in PostgreSQL's DecodeDateTime, and cut apart they would not be
// understood.

// failure is why text is no date or time; the caller knows the type's name.
type failure uint8

const (
	good failure = iota
	badFormat
	fieldOverflow
	dateOverflow // a month or day: another DateStyle may help
	zoneOverflow
	badZone // with the zone in decoder.zoneName
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
	case badZone:
		return pgerr.New(pgerr.InvalidParameterValue, "time zone \"%s\" not recognized", zone)
	}
	return pgerr.New(pgerr.InvalidDatetimeFormat, "invalid input syntax for type %s: \"%s\"", typ, text)
}

// decoder gathers what the fields of a date and time say. Its rules are those of
// PostgreSQL's DecodeDateTime and DecodeTimeOnly.
type decoder struct {
	set      *Settings
	timeOnly bool
	fields   []field
	i        int // field being decoded

	year, mon, mday, yday   int
	hour                    int64
	min, sec, micros        int
	have                    mask
	got                     mask // what the field at i gave
	prefix                  int  // unit that the last field announced
	textMonth, twoDigits    bool
	julianDay, beforeChrist bool
	ampm                    int
	reserved                int // reservedEpoch, reservedLate, reservedEarly or 0

	east       int            // offset given, seconds
	named      *time.Location // zone given by name
	abbrevZone *time.Location // zone whose history knows abbrev
	abbrev     string
	zoneName   string
}

func decode(text []byte, set *Settings, timeOnly bool) (*decoder, failure) {
	d := &decoder{set: set, timeOnly: timeOnly}
	var ok bool
	if d.fields, ok = cut(text, maxLength); !ok {
		return d, badFormat
	}
	for d.i = range d.fields {
		d.got = 0
		if f := d.field(&d.fields[d.i]); f != good {
			return d, f
		}
		if d.got&d.have != 0 {
			return d, badFormat
		}
		d.have |= d.got
	}
	if d.prefix != 0 {
		return d, badFormat
	}
	if d.reserved != 0 {
		return d, good
	}
	return d, d.finish()
}

func (d *decoder) field(f *field) failure {
	switch f.typ {
	case fieldDate:
		if d.timeOnly {
			return d.dateOfTime(f.text)
		}
		return d.date(f.text)
	case fieldTime:
		if d.prefix != 0 && !d.timeOnly {
			if d.prefix != unitTime {
				return badFormat
			}
			d.prefix = 0
		} else if d.prefix == unitTime {
			d.prefix = 0
		}
		if f := d.clock(f.text, 0); f != good {
			return f
		}
		if !d.timeOnly && d.timeOverflows() {
			return fieldOverflow
		}
		return good
	case fieldZone:
		d.got = hasZone
		return d.offset(f.text)
	case fieldNumber:
		if d.prefix != 0 {
			return d.labelled(f.text)
		}
		if d.timeOnly {
			return d.numberOfTime(f.text)
		}
		return d.number(f.text)
	}
	return d.word(f.text)
}

// date decodes a field with punctuation: a date, or behind one a zone or hhmmss-zone.
func (d *decoder) date(text string) failure {
	switch {
	case d.prefix == unitJulian:
		day, rest, ok := leadingInt32(text)
		if !ok || day < 0 {
			return fieldOverflow
		}
		d.year, d.mon, d.mday = civil(day)
		d.julianDay = true
		d.got = hasDate | hasTime | hasZone
		d.prefix = 0
		return d.offset(rest)
	case d.prefix != 0 || d.have&(hasMonth|hasDay) == hasMonth|hasDay:
		if !isDigit(text[0]) && d.prefix == 0 {
			return d.zone(text)
		}
		if d.prefix != 0 && d.prefix != unitTime || d.have&hasTime == hasTime {
			return badFormat
		}
		d.prefix = 0
		return d.timeAndZone(text, d.have)
	}
	return d.dateFields(text)
}

// dateOfTime is date within the input of a time.
func (d *decoder) dateOfTime(text string) failure {
	last := len(d.fields) - 1
	if d.i == 0 && last > 0 && (d.fields[last].typ == fieldDate || d.fields[1].typ == fieldTime) {
		return d.dateFields(text)
	}
	if !isDigit(text[0]) {
		return d.zone(text)
	}
	if d.have&hasTime == hasTime {
		return badFormat
	}
	return d.timeAndZone(text, d.have|hasDate)
}

func (d *decoder) timeAndZone(text string, have mask) failure {
	i := strings.IndexByte(text, '-')
	if i < 0 {
		return badFormat
	}
	if f := d.offset(text[i:]); f != good {
		return f
	}
	f := d.runTogether(text[:i], have)
	d.got |= hasZone
	return f
}

func (d *decoder) zone(name string) failure {
	d.named = databaseZone(name)
	if d.named == nil {
		d.named = posixZone(strings.ToUpper(name))
	}
	if d.named == nil {
		d.zoneName = name
		return badZone
	}
	d.got = hasZone
	return good
}

// labelled decodes a number that the field before it named.
func (d *decoder) labelled(text string) failure {
	v, rest, ok := leadingInt32(text)
	if !ok {
		return fieldOverflow
	}
	unit := d.prefix
	if rest != "" && (rest[0] != '.' || unit != unitJulian && unit != unitTime && unit != unitSecond) {
		return badFormat
	}
	d.prefix, d.reserved = 0, 0
	switch unit {
	case unitYear:
		d.year, d.got = v, hasYear
	case unitMonth:
		if d.have&hasMonth != 0 && d.have&hasHour != 0 {
			d.min, d.got = v, hasMinute
		} else {
			d.mon, d.got = v, hasMonth
		}
	case unitDay:
		d.mday, d.got = v, hasDay
	case unitHour:
		d.hour, d.got = int64(v), hasHour
	case unitMinute:
		d.min, d.got = v, hasMinute
	case unitSecond:
		d.sec, d.got = v, hasSecond
		if rest != "" {
			d.got = hasAllSeconds
			return d.fraction(rest)
		}
	case unitJulian:
		return d.julian(v, rest)
	case unitTime:
		if f := d.runTogether(text, d.have|hasDate); f != good {
			return f
		}
		if d.got != hasTime {
			return badFormat
		}
	default:
		return badFormat
	}
	return good
}

func (d *decoder) julian(day int, frac string) failure {
	if day < 0 {
		return fieldOverflow
	}
	d.year, d.mon, d.mday = civil(day)
	d.julianDay, d.got = true, hasDate
	if frac == "" {
		return good
	}
	f, ok := parseFraction(frac)
	if !ok {
		return badFormat
	}
	t := int64(f * float64(Day))
	d.hour, d.min, d.sec, d.micros = t/Hour, int(t%Hour/Minute), int(t%Minute/Second), int(t%Second)
	d.got |= hasTime
	return good
}

// number decodes a number that stands alone.
func (d *decoder) number(text string) failure {
	point := strings.IndexByte(text, '.')
	switch {
	case point >= 0 && d.have&hasDate == 0:
		return d.dateFields(text)
	case point > 2:
		return d.runTogether(text, d.have)
	case point < 0 && len(text) >= 6 && (d.have&hasDate == 0 || d.have&hasTime == 0):
		return d.runTogether(text, d.have)
	}
	return d.single(text, d.have)
}

func (d *decoder) numberOfTime(text string) failure {
	point := strings.IndexByte(text, '.')
	last := len(d.fields) - 1
	switch {
	case point >= 0 && d.i == 0 && last > 0 && d.fields[last].typ == fieldDate:
		return d.dateFields(text)
	case point > 2 || point < 0 && len(text) > 4:
		return d.runTogether(text, d.have|hasDate)
	case point >= 0:
		return badFormat
	}
	return d.single(text, d.have|hasDate)
}

// dateFields decodes a date of three parts, or two with a day of the year.
func (d *decoder) dateFields(text string) failure {
	var parts []string
	for i := 0; i < len(text) && len(parts) < maxFields; {
		for i < len(text) && !isAlnum(text[i]) {
			i++
		}
		if i == len(text) {
			return badFormat
		}
		start, is := i, isAlpha
		if isDigit(text[i]) {
			is = isDigit
		}
		for i < len(text) && is(text[i]) {
			i++
		}
		parts = append(parts, text[start:i])
		if i < len(text) {
			i++
		}
	}
	have, total := d.have, mask(0)
	textMonth := false
	for i, p := range parts {
		if !isAlpha(p[0]) {
			continue
		}
		w, ok := words[p]
		if ok && w.class == wordIgnored {
			continue
		}
		if !ok || w.class != wordMonth || have&hasMonth != 0 {
			return badFormat
		}
		d.mon, textMonth, parts[i] = w.val, true, ""
		have, total = have|hasMonth, total|hasMonth
	}
	for _, p := range parts {
		if p == "" {
			continue
		}
		saved := d.textMonth
		d.textMonth = textMonth
		f := d.single(p, have)
		d.textMonth = saved
		if f != good {
			return f
		}
		if have&d.got != 0 {
			return badFormat
		}
		have, total = have|d.got, total|d.got
	}
	d.got = total
	if have&^(hasDayOfYear|hasZone) != hasDate {
		return badFormat
	}
	return good
}

// single decodes one number by what is still missing of the date.
func (d *decoder) single(text string, have mask) failure {
	d.got = 0
	v, rest, ok := leadingInt32(text)
	if !ok {
		return fieldOverflow
	}
	if rest == text {
		return badFormat
	}
	if rest != "" {
		if rest[0] != '.' {
			return badFormat
		}
		if len(text)-len(rest) > 2 {
			return d.runTogether(text, have|hasDate)
		}
		if f := d.fraction(rest); f != good {
			return f
		}
	}
	if len(text) == 3 && have&hasDate == hasYear && v >= 1 && v <= 366 {
		d.got, d.yday = hasDayOfYear|hasMonth|hasDay, v
		return good
	}
	return d.place(text, v, have)
}

func (d *decoder) place(text string, v int, have mask) failure {
	year := func() { d.year, d.got, d.twoDigits = v, hasYear, len(text) <= 2 }
	month := func() { d.mon, d.got = v, hasMonth }
	day := func() { d.mday, d.got = v, hasDay }
	long := len(text) >= 3
	switch have & hasDate {
	case 0:
		switch {
		case long || d.set.Order == YMD:
			year()
		case d.set.Order == DMY:
			day()
		default:
			month()
		}
	case hasYear, hasDay:
		month()
	case hasMonth:
		if d.textMonth && (long || d.set.Order == YMD) {
			year()
		} else {
			day()
		}
	case hasYear | hasMonth:
		if d.textMonth && long && d.twoDigits {
			d.mday, d.got = d.year, hasDay
			d.year, d.twoDigits = v, false
		} else {
			day()
		}
	case hasMonth | hasDay:
		year()
	case hasDate:
		return d.runTogether(text, have)
	default:
		return badFormat
	}
	return good
}

// runTogether decodes yymmdd, hhmmss, hhmm and the like.
func (d *decoder) runTogether(text string, have mask) failure {
	if whole, _, ok := strings.Cut(text, "."); ok {
		if f := d.fraction(text[len(whole):]); f != good {
			return f
		}
		text = whole
	} else if have&hasDate != hasDate && len(text) >= 6 {
		n := len(text)
		d.mday, d.mon, d.year = atoi(text[n-2:]), atoi(text[n-4:n-2]), atoi(text[:n-4])
		if n == 6 {
			d.twoDigits = true
		}
		d.got = hasDate
		return good
	}
	if have&hasTime != hasTime && (len(text) == 6 || len(text) == 4) {
		d.hour, d.min, d.sec = int64(atoi(text[:2])), atoi(text[2:4]), 0
		if len(text) == 6 {
			d.sec = atoi(text[4:])
		}
		d.got = hasTime
		return good
	}
	return badFormat
}

func atoi(s string) int {
	v, _, _ := leadingInt32(s)
	return v
}

// parseFraction reads ".123"; a lone point is zero.
func parseFraction(s string) (float64, bool) {
	if s == "." {
		return 0, true
	}
	f, err := strconv.ParseFloat("0"+s, 64)
	return f, err == nil
}

func (d *decoder) fraction(s string) failure {
	f, ok := parseFraction(s)
	if !ok {
		return badFormat
	}
	d.micros = int(math.RoundToEven(f * 1e6))
	return good
}

// clock decodes hh:mm[:ss[.ffffff]] and mm:ss.ffffff; within a range of MINUTE TO
// SECOND mm:ss too.
func (d *decoder) clock(text string, r Range) failure {
	d.got = hasTime
	hour, rest, ok := leadingInt(text, math.MinInt64, math.MaxInt64)
	if !ok {
		return fieldOverflow
	}
	if rest == "" || rest[0] != ':' {
		return badFormat
	}
	minute, rest, ok := leadingInt32(rest[1:])
	if !ok {
		return fieldOverflow
	}
	sec := 0
	d.micros = 0
	switch {
	case rest == "":
		if r == RangeMinute|RangeSecond {
			if hour != int64(int32(hour)) {
				return fieldOverflow
			}
			hour, minute, sec = 0, int(hour), minute
		}
	case rest[0] == '.':
		if f := d.fraction(rest); f != good {
			return f
		}
		if hour != int64(int32(hour)) {
			return fieldOverflow
		}
		hour, minute, sec = 0, int(hour), minute
	case rest[0] == ':':
		if sec, rest, ok = leadingInt32(rest[1:]); !ok {
			return fieldOverflow
		}
		if rest != "" {
			if rest[0] != '.' {
				return badFormat
			}
			if f := d.fraction(rest); f != good {
				return f
			}
		}
	default:
		return badFormat
	}
	d.hour, d.min, d.sec = hour, minute, sec
	if hour < 0 || minute < 0 || minute > 59 || sec < 0 || sec > 60 || d.micros < 0 || d.micros > 1000000 {
		return fieldOverflow
	}
	return good
}

func (d *decoder) timeOverflows() bool {
	return d.hour < 0 || d.hour > 24 || d.min < 0 || d.min > 59 || d.sec < 0 || d.sec > 60 || d.clockMicros() > Day
}

func (d *decoder) clockMicros() int64 {
	return d.hour*Hour + int64(d.min)*Minute + int64(d.sec)*Second + int64(d.micros)
}

// offset decodes ±hh[[:]mm[:ss]].
func (d *decoder) offset(text string) failure {
	if text == "" || text[0] != '+' && text[0] != '-' {
		return badFormat
	}
	h, rest, ok := leadingInt32(text[1:])
	if !ok {
		return zoneOverflow
	}
	m, s := 0, 0
	switch {
	case rest != "" && rest[0] == ':':
		if m, rest, ok = leadingInt32(rest[1:]); ok && rest != "" && rest[0] == ':' {
			s, rest, ok = leadingInt32(rest[1:])
		}
		if !ok {
			return zoneOverflow
		}
	case rest == "" && len(text) > 3:
		h, m = h/100, h%100
	}
	if h < 0 || h > 15 || m < 0 || m > 59 || s < 0 || s > 59 {
		return zoneOverflow
	}
	d.east = h*3600 + m*60 + s
	if text[0] == '-' {
		d.east = -d.east
	}
	if rest != "" {
		return badFormat
	}
	return good
}

func (d *decoder) word(text string) failure {
	if a, zone, ok := findAbbrev(text); ok {
		switch {
		case zone != nil:
			d.abbrevZone, d.abbrev = zone, strings.ToUpper(text)
		default:
			d.east = a.seconds
		}
		d.got = hasZone
		if a.dst {
			d.got |= hasDaylight
		}
		return good
	}
	w, ok := words[text]
	if !ok {
		if f := d.zone(text); f != good {
			return badFormat
		}
		return good
	}
	switch w.class {
	case wordReserved:
		return d.reservedWord(w.val)
	case wordMonth:
		if d.timeOnly {
			return badFormat
		}
		d.got = hasMonth
		if d.have&hasMonth != 0 && !d.textMonth && d.have&hasDay == 0 && d.mon >= 1 && d.mon <= 31 {
			d.mday, d.got = d.mon, hasDay
		}
		d.textMonth, d.mon = true, w.val
	case wordModifier:
		d.got = hasModifier | hasDaylight
		d.east += w.val
	case wordAMPM:
		d.got, d.ampm = hasAMPM, w.val
	case wordEra:
		d.got, d.beforeChrist = hasEra, w.val == 1
	case wordDay:
		if d.timeOnly {
			return badFormat
		}
		d.got = hasDayOfWeek
	case wordUnit, wordISOTime:
		if d.prefix != 0 || w.class == wordISOTime && !d.timeOnly && d.have&hasDate != hasDate {
			return badFormat
		}
		d.prefix = w.val
	}
	return good
}

func (d *decoder) reservedWord(val int) failure {
	date, t := split(ToLocal(d.set.Now, d.set.zone()))
	setDate := func(date int32) { d.year, d.mon, d.mday = Civil(date) }
	setTime := func(t int64) {
		d.hour, d.min, d.sec, d.micros = t/Hour, int(t%Hour/Minute), int(t%Minute/Second), int(t%Second)
	}
	switch val {
	case reservedNow:
		setTime(t)
		d.got = hasTime
		if !d.timeOnly {
			setDate(date)
			_, d.east = offsetAt(d.set.zone(), d.set.Now)
			d.got = hasDate | hasTime | hasZone
		}
		d.reserved = 0
		return good
	case reservedZulu:
		setTime(0)
		d.reserved = 0
		d.east, d.got = 0, hasTime|hasZone
		return good
	}
	if d.timeOnly {
		return badFormat
	}
	d.got, d.reserved = hasDate, 0
	switch val {
	case reservedYesterday:
		setDate(date - 1)
	case reservedToday:
		setDate(date)
	case reservedTomorrow:
		setDate(date + 1)
	default:
		d.got = hasReserved
		d.reserved = val
	}
	return good
}

// finish checks the whole and finds the offset.
func (d *decoder) finish() failure {
	if f := d.validate(); f != good {
		return f
	}
	if d.ampm != 0 && d.hour > 12 {
		return fieldOverflow
	}
	if d.ampm == am && d.hour == 12 {
		d.hour = 0
	} else if d.ampm == pm && d.hour != 12 {
		d.hour += 12
	}
	if d.timeOnly {
		return d.finishTime()
	}
	if d.have&hasDate != hasDate {
		return badFormat
	}
	if (d.named != nil || d.have&hasZone == 0) && d.have&hasModifier != 0 {
		return badFormat
	}
	return good
}

func (d *decoder) finishTime() failure {
	if d.timeOverflows() {
		return fieldOverflow
	}
	if d.have&hasTime != hasTime || d.named != nil && d.have&hasModifier != 0 {
		return badFormat
	}
	if d.named != nil && d.have&hasDate != hasDate && !oneOffset(d.named) {
		return badFormat
	}
	return good
}

// oneOffset reports that the zone never changed its offset.
func oneOffset(z *time.Location) bool {
	start, end := time.Unix(0, 0).In(z).ZoneBounds()
	return start.IsZero() && end.IsZero()
}

// validate is PostgreSQL's ValidateDate.
func (d *decoder) validate() failure {
	if d.have&hasYear != 0 && !d.julianDay {
		switch {
		case d.beforeChrist:
			if d.year <= 0 {
				return fieldOverflow
			}
			d.year = 1 - d.year
		case d.twoDigits:
			if d.year < 0 {
				return fieldOverflow
			}
			if d.year < 70 {
				d.year += 2000
			} else if d.year < 100 {
				d.year += 1900
			}
		case d.year <= 0:
			return fieldOverflow
		}
	}
	if d.have&hasDayOfYear != 0 {
		d.year, d.mon, d.mday = civil(julian(d.year, 1, 1) + d.yday - 1)
	}
	if d.have&hasMonth != 0 && (d.mon < 1 || d.mon > 12) || d.have&hasDay != 0 && (d.mday < 1 || d.mday > 31) {
		return dateOverflow
	}
	if d.have&hasDate == hasDate && d.mday > daysIn(d.year, d.mon) {
		return fieldOverflow
	}
	return good
}

// dayNumber is the date decoded; ok is false if it is out of the range of dates.
func (d *decoder) dayNumber() (int64, bool) {
	if d.year < -4713 || d.year == -4713 && d.mon < 11 || d.year > 5874898 || d.year == 5874898 && d.mon >= 6 {
		return 0, false
	}
	return int64(julian(d.year, d.mon, d.mday) - epochJulian), true
}

// local is the timestamp decoded, whatever its zone.
func (d *decoder) local() (int64, bool) {
	day, ok := d.dayNumber()
	if !ok || day > int64(EndTimestamp/Day)+1 {
		return 0, false
	}
	return day*Day + d.clockMicros(), true
}

// instant is the timestamptz decoded.
func (d *decoder) instant() (int64, bool) {
	ts, ok := d.local()
	if !ok {
		return 0, false
	}
	switch {
	case d.named != nil:
		return FromLocal(ts, d.named), true
	case d.abbrevZone != nil:
		return NamedZone{zone: d.abbrevZone, abbr: d.abbrev}.fromLocal(ts), true
	case d.have&hasZone == 0:
		return FromLocal(ts, d.set.zone()), true
	}
	return ts - int64(d.east)*Second, true
}

func outOfRange(typ, text string) error {
	return pgerr.New(pgerr.DatetimeFieldOverflow, "%s out of range: \"%s\"", typ, text)
}
