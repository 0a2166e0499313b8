package datetime

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
