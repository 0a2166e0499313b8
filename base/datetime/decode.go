package datetime

import "time"

// decoder gathers what the fields of a date and time say. Its rules are those of
// PostgreSQL's DecodeDateTime and DecodeTimeOnly: a field finds its meaning by what came
// before it, which have, prefix and textMonth remember.
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
