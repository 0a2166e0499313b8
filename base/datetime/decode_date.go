package datetime

import "strings"

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
	d.setClock(int64(f * float64(Day)))
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
	parts, ok := dateParts(text)
	if !ok {
		return badFormat
	}
	total, ok := d.namedMonth(parts)
	if !ok {
		return badFormat
	}
	have, textMonth := d.have|total, total != 0
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

// dateParts cuts a date at its punctuation, and where digits and letters meet; ok is
// false if punctuation ends it.
func dateParts(text string) (parts []string, ok bool) {
	for i := 0; i < len(text) && len(parts) < maxFields; {
		for i < len(text) && !isAlnum(text[i]) {
			i++
		}
		if i == len(text) {
			return nil, false
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
	return parts, true
}

// namedMonth decodes the month that is written as a word and blanks its part; ok is false
// for another word, and for a second month.
func (d *decoder) namedMonth(parts []string) (got mask, ok bool) {
	for i, p := range parts {
		if !isAlpha(p[0]) {
			continue
		}
		w, known := words[p]
		if known && w.class == wordIgnored {
			continue
		}
		if !known || w.class != wordMonth || (d.have|got)&hasMonth != 0 {
			return 0, false
		}
		d.mon, parts[i], got = w.val, "", hasMonth
	}
	return got, true
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
