package datetime

// mondayOf is the date of the Monday of an ISO week.
func mondayOf(year, week int) int64 {
	fourth := DateOf(year, 1, 4)
	return int64(fourth) - int64((dayOfWeek(fourth)+6)%7) + int64(week-1)*7
}

// result puts the fields together as PostgreSQL's do_to_timestamp does.
func (r *reading) result(text string) (*decoder, error) {
	d := &decoder{mon: 1, mday: 1, julianDay: true}
	overflow := func() error { return fieldOverflow.error("timestamp", text, "") }
	if err := r.setTime(d); err != nil {
		return nil, err
	}
	r.setYear(d)
	if big := abs(int64(d.year)); big > 10000000 || abs(int64(r.ww)) > 1e8 || abs(int64(r.w)) > 1e8 || abs(int64(r.ddd)) > 1e8 {
		return nil, overflow()
	}
	if err := r.setDay(d); err != nil {
		return nil, err
	}
	micros := int64(r.ms)*1000 + int64(r.us)
	if d.have != 0 && d.validate() != good {
		return nil, overflow()
	}
	if d.hour < 0 || d.hour >= 24 || d.min < 0 || d.min >= 60 || d.sec < 0 || d.sec >= 60 || micros < 0 || micros >= Second {
		return nil, overflow()
	}
	d.micros = int(micros)
	if r.zoneSign != 0 {
		if r.zoneHour < 0 || r.zoneHour > 15 || r.zoneMin < 0 || r.zoneMin >= 60 {
			return nil, overflow()
		}
		d.east = r.zoneSign * (r.zoneHour*3600 + r.zoneMin*60)
		d.have |= hasZone
	}
	return d, nil
}

func (r *reading) setTime(d *decoder) error {
	if r.ssss != 0 {
		d.hour, d.min, d.sec = int64(r.ssss/3600), r.ssss/60%60, r.ssss%60
	}
	if r.ss != 0 {
		d.sec = r.ss
	}
	if r.mi != 0 {
		d.min = r.mi
	}
	if r.hh != 0 {
		d.hour = int64(r.hh)
	}
	if !r.twelve {
		return nil
	}
	if d.hour < 1 || d.hour > 12 {
		return formatError("", "Use the 24-hour clock, or give an hour between 1 and 12.", "hour \"%d\" is invalid for the 12-hour clock", d.hour)
	}
	if r.pm != 0 && d.hour < 12 {
		d.hour += 12
	} else if r.pm == 0 && d.hour == 12 {
		d.hour = 0
	}
	return nil
}

func (r *reading) setYear(d *decoder) {
	cc := r.cc
	if r.bc != 0 {
		cc = -cc
	}
	switch {
	case r.year != 0 && cc != 0 && r.yearDigits <= 2:
		d.year = r.year % 100
		switch {
		case d.year != 0 && cc >= 0:
			d.year += (cc - 1) * 100
		case d.year != 0:
			d.year = (cc+1)*100 - d.year + 1
		case cc >= 0:
			d.year = cc * 100
		default:
			d.year = cc*100 + 1
		}
	case r.year != 0:
		if d.year = r.year; r.bc != 0 {
			d.year = -d.year
		}
		if d.year < 0 {
			d.year++
		}
	case cc > 0:
		d.year = (cc-1)*100 + 1
	case cc < 0:
		d.year = cc*100 + 1
	default:
		return
	}
	d.have |= hasYear
}

func (r *reading) setDay(d *decoder) error {
	if r.j != 0 {
		d.setDate(int64(r.j) - epochJulian)
	}
	switch {
	case r.ww != 0 && r.calendar == isoWeeks:
		day := mondayOf(d.year, r.ww)
		if r.d > 1 {
			day += int64(r.d - 2)
		} else if r.d == 1 {
			day += 6
		}
		d.setDate(day)
	case r.ww != 0:
		r.ddd = (r.ww-1)*7 + 1
	}
	if r.w != 0 {
		r.dd = (r.w-1)*7 + 1
	}
	if r.dd != 0 {
		d.mday = r.dd
		d.have |= hasDay
	}
	if r.mm != 0 {
		d.mon = r.mm
		d.have |= hasMonth
	}
	if r.ddd == 0 || d.mon > 1 && d.mday > 1 {
		return nil
	}
	return r.setDayOfYear(d)
}

// setDate sets the whole date, in days since 2000-01-01.
func (d *decoder) setDate(date int64) {
	d.year, d.mon, d.mday = civil(int(date) + epochJulian)
	d.have |= hasDate
}

// setDayOfYear finds the month and the day, unless the format gave them.
func (r *reading) setDayOfYear(d *decoder) error {
	if d.year == 0 && r.bc == 0 {
		return formatError("", "", "cannot calculate day of year without year information")
	}
	if r.calendar == isoWeeks {
		d.setDate(mondayOf(d.year, 1) - 1 + int64(r.ddd))
		return nil
	}
	month, day := 1, r.ddd
	for month <= 12 && day > daysIn(d.year, month) {
		day -= daysIn(d.year, month)
		month++
	}
	if d.mon <= 1 {
		d.mon = month
	}
	if d.mday <= 1 {
		d.mday = day
	}
	d.have |= hasMonth | hasDay
	return nil
}
