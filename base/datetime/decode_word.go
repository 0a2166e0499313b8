package datetime

import "strings"

func (d *decoder) word(text string) failure {
	if d.abbreviation(text) {
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

// abbreviation decodes the abbreviation of a zone; false if the word is none.
func (d *decoder) abbreviation(text string) bool {
	a, zone, ok := findAbbrev(text)
	if !ok {
		return false
	}
	if zone != nil {
		d.abbrevZone, d.abbrev = zone, strings.ToUpper(text)
	} else {
		d.east = a.seconds
	}
	if d.got = hasZone; a.dst {
		d.got |= hasDaylight
	}
	return true
}

func (d *decoder) reservedWord(val int) failure {
	switch val {
	case reservedNow, reservedToday, reservedTomorrow, reservedYesterday:
		if d.set.Timeless {
			return noNow
		}
		if d.set.Dated != nil {
			*d.set.Dated = true
		}
	}
	date, t := split(ToLocal(d.set.Now, d.set.zone()))
	setDate := func(date int32) { d.year, d.mon, d.mday = Civil(date) }
	switch val {
	case reservedNow:
		d.setClock(t)
		d.got = hasTime
		if !d.timeOnly {
			setDate(date)
			_, d.east = offsetAt(d.set.zone(), d.set.Now)
			d.got = hasDate | hasTime | hasZone
		}
		d.reserved = 0
		return good
	case reservedZulu:
		d.setClock(0)
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
