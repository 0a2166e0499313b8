package datetime

import (
	"math"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
)

// reading is what the fields of a to_timestamp say, 0 for what they do not, as in
// PostgreSQL's TmFromChar.
type reading struct {
	s        string // what is left
	last     byte   // character before s
	p        *Picture
	fixed    bool // FX
	extra    int  // characters skipped beyond what the format has
	calendar calendar

	twelve                      bool
	pm, bc                      int
	hh, mi, ss, ssss, ms, us    int
	d, dd, ddd, mm, year        int
	cc, j, ww, w, yearDigits    int
	zoneSign, zoneHour, zoneMin int
}

func formatError(detail, hint, format string, args ...any) error {
	e := pgerr.New(pgerr.InvalidDatetimeFormat, format, args...)
	e.Detail, e.Hint = detail, hint
	return e
}

func (r *reading) skip(n int) {
	n = min(n, len(r.s))
	if n > 0 {
		r.last = r.s[n-1]
		r.s = r.s[n:]
	}
}

func (r *reading) skipSpace() (n int) {
	for r.s != "" && isSpace(r.s[0]) {
		r.skip(1)
		n++
	}
	return n
}

func (r *reading) read() error {
	for i := range r.p.nodes {
		if r.s == "" {
			return nil
		}
		n := &r.p.nodes[i]
		if !r.fixed && n.text != "FX" && (n.kind == nodeField || i == 0) {
			r.extra += r.skipSpace()
		}
		if r.s == "" && n.kind != nodeField {
			return nil
		}
		if n.kind != nodeField {
			r.literal(n)
			continue
		}
		if n.calendar != anyCalendar {
			if r.calendar != anyCalendar && r.calendar != n.calendar {
				return formatError("", "Do not mix Gregorian and ISO week date conventions in a formatting template.", "invalid combination of date conventions")
			}
			r.calendar = n.calendar
		}
		if err := r.field(n, i); err != nil {
			return err
		}
		if n.ordinal != "" && n.numeric {
			r.skip(2)
		}
		if !r.fixed {
			r.extra = r.skipSpace()
		}
	}
	return nil
}

// literal passes over the input that text, a blank or a separator of the format stands for.
func (r *reading) literal(n *node) {
	switch {
	case r.fixed:
		r.skip(runeLen(r.s))
	case n.kind == nodeText && r.extra > 0:
		r.extra--
	case n.kind == nodeText:
		r.skip(runeLen(r.s))
	default:
		r.extra--
		if isSpace(r.s[0]) || isPunct(r.s[0]) {
			r.skip(1)
			r.extra++
		}
	}
}

// set stores a field that must not contradict an earlier one.
func (r *reading) set(field *int, v int, n *node) error {
	if *field != 0 && *field != v {
		return formatError("This value contradicts a previous setting for the same field type.", "",
			"conflicting values for \"%s\" field in formatting string", n.text)
	}
	*field = v
	return nil
}

// endsNumber reports that what follows the node cannot be a digit.
func (r *reading) endsNumber(i int) bool {
	if r.p.nodes[i].ordinal != "" || i+1 == len(r.p.nodes) {
		return true
	}
	next := &r.p.nodes[i+1]
	if next.kind == nodeField {
		return !next.numeric && next.text != "TZM"
	}
	return len(next.text) != 1 || !isDigit(next.text[0])
}

const fixedWidthHint = "If your source string is not fixed-width, try using the \"FM\" modifier."

// integer reads a number of width characters, or as many as there are if nothing that
// follows could be a digit; n is how many it took.
func (r *reading) integer(field *int, width, i int) (taken int, err error) {
	n := &r.p.nodes[i]
	r.skipSpace()
	part := r.s[:min(width, len(r.s))]
	before := len(r.s)
	var v int
	var ok bool
	if n.fill || r.endsNumber(i) {
		var rest string
		v, rest, ok = leadingInt32(r.s)
		r.skip(len(r.s) - len(rest))
	} else {
		if len(part) < width {
			e := formatError("", fixedWidthHint, "source string too short for \"%s\" formatting field", n.text)
			e.(*pgerr.Error).Detail = "Field requires " + itoa(width) + " characters, but only " + itoa(len(part)) + " remain."
			return 0, e
		}
		var rest string
		v, rest, ok = leadingInt32(part)
		used := len(part) - len(rest)
		if used > 0 && used < width {
			return 0, formatError("Field requires "+itoa(width)+" characters, but only "+itoa(used)+" could be parsed.", fixedWidthHint,
				"invalid value \"%s\" for \"%s\"", part, n.text)
		}
		r.skip(used)
	}
	if taken = before - len(r.s); taken == 0 {
		return 0, formatError("Value must be an integer.", "", "invalid value \"%s\" for \"%s\"", part, n.text)
	}
	if !ok {
		e := pgerr.New(pgerr.DatetimeFieldOverflow, "value for \"%s\" in source string is out of range", n.text)
		e.Detail = "Value must be in the range " + itoa(math.MinInt32) + " to " + itoa(math.MaxInt32) + "."
		return 0, e
	}
	if field == nil {
		return taken, nil
	}
	return taken, r.set(field, v, n)
}

func itoa(v int) string { return string(appendInt(nil, int64(v))) }

// choice reads one of the words, in any case.
func (r *reading) choice(n *node, words []string) (int, error) {
	for i, w := range words {
		if len(r.s) >= len(w) && strings.EqualFold(r.s[:len(w)], w) {
			r.skip(len(w))
			return i, nil
		}
	}
	got := r.s
	if i := strings.IndexFunc(got, func(c rune) bool { return c < 128 && isSpace(byte(c)) }); i >= 0 {
		got = got[:i]
	}
	return 0, formatError("The given value did not match any of the allowed values for this field.", "",
		"invalid value \"%s\" for \"%s\"", got, n.text)
}

var choices = map[string][]string{
	"AM": {"am", "pm"}, "PM": {"am", "pm"}, "A.M.": {"a.m.", "p.m."}, "P.M.": {"a.m.", "p.m."},
	"AD": {"ad", "bc"}, "BC": {"ad", "bc"}, "A.D.": {"a.d.", "b.c."}, "B.C.": {"a.d.", "b.c."},
	"MONTH": monthNames[:], "DAY": dayNames[:], "MON": short(monthNames[:]), "DY": short(dayNames[:]),
	"RM": {"XII", "XI", "X", "IX", "VIII", "VII", "VI", "V", "IV", "III", "II", "I"},
}

func short(names []string) []string {
	s := make([]string, len(names))
	for i, n := range names {
		s[i] = n[:3]
	}
	return s
}

func (r *reading) field(n *node, i int) error {
	key := strings.ToUpper(n.text)
	if words := choices[key]; words != nil {
		v, err := r.choice(n, words)
		if err != nil {
			return err
		}
		switch key {
		case "AM", "PM", "A.M.", "P.M.":
			r.twelve = true
			return r.set(&r.pm, v, n)
		case "AD", "BC", "A.D.", "B.C.":
			return r.set(&r.bc, v, n)
		case "MONTH", "MON":
			return r.set(&r.mm, v+1, n)
		case "RM":
			return r.set(&r.mm, 12-v, n)
		}
		if err := r.set(&r.d, v, n); err != nil {
			return err
		}
		r.d++
		return nil
	}
	return r.numberField(n, i)
}

// plainFields are numbers as wide as their names, or as given here.
var plainFields = map[string]struct {
	width int
	field func(r *reading) *int
}{
	"HH24": {2, func(r *reading) *int { return &r.hh }}, "MI": {2, func(r *reading) *int { return &r.mi }}, "SS": {2, func(r *reading) *int { return &r.ss }},
	"SSSS": {4, func(r *reading) *int { return &r.ssss }}, "SSSSS": {5, func(r *reading) *int { return &r.ssss }},
	"MM": {2, func(r *reading) *int { return &r.mm }}, "DDD": {3, func(r *reading) *int { return &r.ddd }}, "IDDD": {3, func(r *reading) *int { return &r.ddd }},
	"DD": {2, func(r *reading) *int { return &r.dd }}, "D": {1, func(r *reading) *int { return &r.d }},
	"WW": {2, func(r *reading) *int { return &r.ww }}, "IW": {2, func(r *reading) *int { return &r.ww }}, "W": {1, func(r *reading) *int { return &r.w }},
	"Q": {1, func(*reading) *int { return nil }}, "CC": {2, func(r *reading) *int { return &r.cc }}, "J": {1, func(r *reading) *int { return &r.j }},
}

func (r *reading) numberField(n *node, i int) error {
	if f, ok := plainFields[n.text]; ok {
		_, err := r.integer(f.field(r), f.width, i)
		return err
	}
	switch n.text {
	case "FX":
		r.fixed = true
		return nil
	case "HH", "HH12":
		r.twelve = true
		_, err := r.integer(&r.hh, 2, i)
		return err
	case "MS":
		taken, err := r.integer(&r.ms, 3, i)
		r.ms *= scaleFraction(taken, 3)
		return err
	case "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		width := 6
		if n.text != "US" {
			width = int(n.text[2] - '0')
		}
		taken, err := r.integer(&r.us, width, i)
		r.us *= scaleFraction(taken, 6)
		return err
	case "ID":
		if _, err := r.integer(&r.d, 1, i); err != nil {
			return err
		}
		if r.d++; r.d > 7 {
			r.d = 1
		}
		return nil
	case "TZH":
		return r.zoneHours(i)
	case "TZM":
		if r.zoneSign == 0 {
			r.zoneSign = 1
		}
		_, err := r.integer(&r.zoneMin, 2, i)
		return err
	case "TZ", "tz", "OF":
		return pgerr.New(pgerr.FeatureNotSupported, "formatting field \"%s\" is only supported in to_char", n.text)
	}
	return r.yearField(n, i)
}

func scaleFraction(taken, width int) int {
	f := 1
	for ; taken < width; taken++ {
		f *= 10
	}
	return f
}

func (r *reading) zoneHours(i int) error {
	r.zoneSign = 1
	if r.s != "" && (r.s[0] == '+' || r.s[0] == '-' || r.s[0] == ' ') {
		if r.s[0] == '-' {
			r.zoneSign = -1
		}
		r.skip(1)
	} else if r.extra > 0 && r.last == '-' {
		r.zoneSign = -1
	}
	_, err := r.integer(&r.zoneHour, 2, i)
	return err
}

func (r *reading) yearField(n *node, i int) error {
	if n.text == "Y,YYY" {
		thousands, rest, ok1 := leadingInt32(r.s)
		if rest == r.s || rest == "" || rest[0] != ',' || !ok1 {
			return formatError("", "", "invalid input string for \"Y,YYY\"")
		}
		tail := rest[1:]
		years, rest2, ok2 := leadingInt32(tail[:min(3, len(tail))])
		if len(rest2) == min(3, len(tail)) || !ok2 || thousands > math.MaxInt32/1000-1 || thousands < 0 {
			return formatError("", "", "invalid input string for \"Y,YYY\"")
		}
		r.skip(len(r.s) - len(tail) + min(3, len(tail)) - len(rest2))
		r.yearDigits = 4
		return r.set(&r.year, thousands*1000+years, n)
	}
	width := len(n.text)
	r.yearDigits = width
	var y int
	taken, err := r.integer(&y, width, i)
	if err != nil {
		return err
	}
	if width < 4 && taken < 4 {
		switch {
		case y < 70:
			y += 2000
		case y < 100:
			y += 1900
		case y < 520:
			y += 2000
		case y < 1000:
			y += 1000
		}
	}
	return r.set(&r.year, y, n)
}

// mondayOf is the date of the Monday of an ISO week.
func mondayOf(year, week int) int64 {
	fourth := DateOf(year, 1, 4)
	return int64(fourth) - int64((dayOfWeek(fourth)+6)%7) + int64(week-1)*7
}

// result puts the fields together as PostgreSQL's do_to_timestamp does.
func (r *reading) result(text string) (*decoder, error) {
	d := &decoder{mon: 1, mday: 1, julianDay: true}
	overflow := func() error { return fieldOverflow.error("timestamp", text, "") }
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
	if r.twelve {
		if d.hour < 1 || d.hour > 12 {
			return nil, formatError("", "Use the 24-hour clock, or give an hour between 1 and 12.", "hour \"%d\" is invalid for the 12-hour clock", d.hour)
		}
		if r.pm != 0 && d.hour < 12 {
			d.hour += 12
		} else if r.pm == 0 && d.hour == 12 {
			d.hour = 0
		}
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
	setDate := func(date int64) {
		d.year, d.mon, d.mday = civil(int(date) + epochJulian)
		d.have |= hasDate
	}
	if r.j != 0 {
		setDate(int64(r.j) - epochJulian)
	}
	switch {
	case r.ww != 0 && r.calendar == isoWeeks:
		day := mondayOf(d.year, r.ww)
		if r.d > 1 {
			day += int64(r.d - 2)
		} else if r.d == 1 {
			day += 6
		}
		setDate(day)
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
	if d.year == 0 && r.bc == 0 {
		return formatError("", "", "cannot calculate day of year without year information")
	}
	if r.calendar == isoWeeks {
		setDate(mondayOf(d.year, 1) - 1 + int64(r.ddd))
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

// ParseTimestamptz is to_timestamp(text, format); without a zone in it the session's
// counts. 22007 and 22008 for text that does not fit the format.
func (p *Picture) ParseTimestamptz(text string, s *Settings) (int64, error) {
	r := reading{s: text, p: p}
	if err := r.read(); err != nil {
		return 0, err
	}
	d, err := r.result(text)
	if err != nil {
		return 0, err
	}
	d.set = s
	ts, ok := d.instant()
	if !ok || !validTimestamp(ts) {
		return 0, errTimestampRange()
	}
	return ts, nil
}

// ParseDate is to_date(text, format).
func (p *Picture) ParseDate(text string) (int32, error) {
	r := reading{s: text, p: p}
	if err := r.read(); err != nil {
		return 0, err
	}
	d, err := r.result(text)
	if err != nil {
		return 0, err
	}
	day, ok := d.dayNumber()
	if !ok || !validDate(day) {
		return 0, outOfRange("date", text)
	}
	return int32(day), nil
}
