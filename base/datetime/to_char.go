package datetime

import (
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
)

// shown is what to_char writes from.
type shown struct {
	date             int32
	year, mon, mday  int
	wday, yday       int
	hour             int64
	min, sec, micros int
	abbrev           string
	east             int
	interval         bool
}

func shownAt(ts int64) *shown {
	d, t := split(ts)
	v := &shown{date: d, hour: t / Hour, min: int(t % Hour / Minute), sec: int(t % Minute / Second), micros: int(t % Second)}
	v.year, v.mon, v.mday = Civil(d)
	v.wday, v.yday = dayOfWeek(d), int(d-DateOf(v.year, 1, 1))+1
	return v
}

// AppendTimestamp is to_char(timestamp, format). It answers false, for SQL's NULL, for
// infinities and an empty format.
func (p *Picture) AppendTimestamp(dst []byte, ts int64) ([]byte, bool) {
	if !Finite(ts) || p.empty {
		return dst, false
	}
	dst, err := p.append(dst, shownAt(ts))
	return dst, err == nil
}

// Span is the stretch of timestamps around ts, from to before end, that look the same.
func (p *Picture) Span(ts int64) (from, end int64) {
	step := Day
	for i := range p.nodes {
		if n := &p.nodes[i]; n.kind == nodeField {
			step = min(step, spanOf(n.text))
		}
	}
	if !Finite(ts) {
		return ts, ts
	}
	from = ts / step * step
	if from > ts {
		from -= step
	}
	return from, from + step
}

// spanOf is how long a field keeps its value.
func spanOf(keyword string) int64 {
	switch strings.ToUpper(keyword) {
	case "HH", "HH12", "HH24", "AM", "PM", "A.M.", "P.M.":
		return Hour
	case "MI":
		return Minute
	case "SS", "SSSS", "SSSSS":
		return Second
	case "MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "TZ", "OF", "TZH", "TZM":
		return 1
	}
	return Day
}

// AppendTimestamptz is to_char(timestamptz, format) on the clocks of the session's zone.
func (p *Picture) AppendTimestamptz(dst []byte, ts int64, s *Settings) ([]byte, bool) {
	if !Finite(ts) || p.empty {
		return dst, false
	}
	abbrev, east := offsetAt(s.zone(), ts)
	v := shownAt(ts + int64(east)*Second)
	v.abbrev, v.east = abbrev, east
	dst, err := p.append(dst, v)
	return dst, err == nil
}

// AppendInterval is to_char(interval, format). 22007 for fields of a calendar date; false
// for SQL's NULL, for an empty format.
func (p *Picture) AppendInterval(dst []byte, iv Interval) ([]byte, bool, error) {
	if p.empty {
		return dst, false, nil
	}
	i := splitInterval(iv)
	v := &shown{interval: true, year: int(i.year), mon: int(i.mon), mday: int(i.mday), hour: i.hour, min: int(i.min), sec: int(i.sec), micros: int(i.us)}
	v.yday = (v.year*12+v.mon)*30 + v.mday
	dst, err := p.append(dst, v)
	return dst, err == nil, err
}

// padded writes v with leading zeros, the sign taking a place of its own.
func padded(dst []byte, v int64, width int, fill bool) []byte {
	s := strconv.FormatInt(v, 10)
	if v < 0 {
		dst, s = append(dst, '-'), s[1:]
	}
	if !fill {
		for range width - len(s) {
			dst = append(dst, '0')
		}
	}
	return append(dst, s...)
}

// signPlace is padded with a place for the sign of the whole, of which v is a part that
// may be shown without one.
func signPlace(dst []byte, v int64, width int, neg, fill bool) []byte {
	if neg && v >= 0 {
		width++
	}
	return padded(dst, v, width, fill)
}

func appendName(dst []byte, name string, n *node, width int) []byte {
	dst = append(dst, name...)
	if !n.fill && !n.tm {
		for range width - len(name) {
			dst = append(dst, ' ')
		}
	}
	return dst
}

// likeKeyword writes a name in the letters' case of the keyword.
func likeKeyword(keyword, name string) string {
	switch keyword {
	case strings.ToUpper(keyword):
		return strings.ToUpper(name)
	case strings.ToLower(keyword):
		return strings.ToLower(name)
	}
	return name
}

var romanMonths = [12]string{"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"}

func (p *Picture) append(dst []byte, v *shown) ([]byte, error) {
	for i := range p.nodes {
		n := &p.nodes[i]
		if n.kind != nodeField {
			dst = append(dst, n.text...)
			continue
		}
		start := len(dst)
		var ok bool
		if n.numeric {
			dst, ok = v.number(dst, n)
		} else {
			dst, ok = v.name(dst, n)
		}
		if !ok {
			return dst, pgerr.New(pgerr.InvalidDatetimeFormat, "invalid format specification for an interval value").
				WithHint("Intervals are not tied to specific calendar dates.")
		}
		if n.ordinal != "" && n.numeric && len(dst) > start {
			dst = appendOrdinal(dst, dst[start:], n.ordinal)
		}
	}
	return dst, nil
}

func appendOrdinal(dst, digits []byte, like string) []byte {
	s := "TH"
	if n := len(digits); n < 2 || digits[n-2] != '1' {
		switch digits[n-1] {
		case '1':
			s = "ST"
		case '2':
			s = "ND"
		case '3':
			s = "RD"
		}
	}
	if like == "th" {
		s = strings.ToLower(s)
	}
	return append(dst, s...)
}

// name writes a field that is no number; ok is false if an interval has no such field.
func (v *shown) name(dst []byte, n *node) ([]byte, bool) {
	key := strings.ToUpper(n.text)
	switch key {
	case "AM", "PM", "A.M.", "P.M.":
		half := "AM"
		if v.hour%24 >= 12 {
			half = "PM"
		}
		return append(dst, likeKeyword(n.text, dotted(half, key))...), true
	case "FX":
		return dst, true
	case "RM":
		return v.romanMonth(dst, n), true
	}
	if v.interval {
		return dst, false
	}
	switch key {
	case "AD", "BC", "A.D.", "B.C.":
		era := "AD"
		if v.year <= 0 {
			era = "BC"
		}
		dst = append(dst, likeKeyword(n.text, dotted(era, key))...)
	case "MONTH":
		dst = appendName(dst, likeKeyword(n.text, monthNames[v.mon-1]), n, 9)
	case "MON":
		dst = append(dst, likeKeyword(n.text, monthNames[v.mon-1][:3])...)
	case "DAY":
		dst = appendName(dst, likeKeyword(n.text, dayNames[v.wday]), n, 9)
	case "DY":
		dst = append(dst, likeKeyword(n.text, dayNames[v.wday][:3])...)
	default:
		dst = v.zone(dst, n)
	}
	return dst, true
}

func dotted(s, key string) string {
	if key[1] == '.' {
		return s[:1] + "." + s[1:] + "."
	}
	return s
}

func (v *shown) zone(dst []byte, n *node) []byte {
	sign, off := byte('+'), v.east
	if off < 0 {
		sign, off = '-', -off
	}
	switch n.text {
	case "TZ":
		return append(dst, v.abbrev...)
	case "tz":
		return append(dst, strings.ToLower(v.abbrev)...)
	case "TZH":
		return digits2(append(dst, sign), off/3600)
	case "TZM":
		return digits2(dst, off%3600/60)
	}
	dst = padded(append(dst, sign), int64(off/3600), 2, n.fill)
	if off%3600 != 0 {
		dst = digits2(append(dst, ':'), off%3600/60)
	}
	return dst
}

func (v *shown) romanMonth(dst []byte, n *node) []byte {
	month := v.mon
	switch {
	case v.mon == 0 && v.year == 0:
		return dst
	case v.mon == 0 && v.year > 0:
		month = 12
	case v.mon == 0:
		month = 1
	case v.mon < 0:
		month = 13 + v.mon
	}
	return appendName(dst, likeKeyword(n.text, romanMonths[month-1]), n, 4)
}

// shownYear is the year without BC's sign.
func (v *shown) shownYear(year int) int64 {
	if !v.interval && year <= 0 {
		return int64(1 - year)
	}
	return int64(year)
}

// isoYear is the ISO year; an interval's is its fields read as a date.
func (v *shown) isoDate() int32 {
	if v.interval {
		return DateOf(v.year, v.mon, v.mday)
	}
	return v.date
}

func (v *shown) century() int64 {
	switch {
	case v.interval:
		return int64(v.year / 100)
	case v.year > 0:
		return int64((v.year-1)/100 + 1)
	}
	return int64(v.year/100 - 1)
}

// number writes a field that is a number; ok is false if an interval has no such field.
func (v *shown) number(dst []byte, n *node) ([]byte, bool) {
	put := func(x int64, width int) ([]byte, bool) { return padded(dst, x, width, n.fill), true }
	// These count the sign as one of the places.
	narrow := func(x int64, width int, fill bool) ([]byte, bool) {
		if x < 0 {
			width--
		}
		return padded(dst, x, width, fill), true
	}
	whole := func(x int64, width int) ([]byte, bool) { return narrow(x, width, false) }
	switch n.text {
	case "HH", "HH12":
		if v.hour%12 == 0 {
			return signPlace(dst, 12, 2, v.hour < 0, n.fill), true
		}
		return put(v.hour%12, 2)
	case "HH24":
		return put(v.hour, 2)
	case "MI":
		return put(int64(v.min), 2)
	case "SS":
		return put(int64(v.sec), 2)
	case "MS", "FF3":
		return whole(int64(v.micros/1000), 3)
	case "US", "FF6":
		return whole(int64(v.micros), 6)
	case "FF1":
		return whole(int64(v.micros/100000), 1)
	case "FF2":
		return whole(int64(v.micros/10000), 2)
	case "FF4":
		return whole(int64(v.micros/100), 4)
	case "FF5":
		return whole(int64(v.micros/10), 5)
	case "SSSS", "SSSSS":
		return whole(v.hour*3600+int64(v.min)*60+int64(v.sec), 1)
	case "MM":
		return put(int64(v.mon), 2)
	case "DD":
		return narrow(int64(v.mday), 2, n.fill)
	case "DDD":
		return narrow(int64(v.yday), 3, n.fill)
	case "WW":
		return narrow(int64((v.yday-1)/7+1), 2, n.fill)
	case "W":
		return whole(int64((v.mday-1)/7+1), 1)
	case "CC":
		return put(v.century(), 2)
	case "Q":
		if v.mon == 0 {
			return dst, true
		}
		return whole(int64((v.mon-1)/3+1), 1)
	case "J":
		return whole(int64(julian(v.year, v.mon, v.mday)), 1)
	}
	return v.yearNumber(dst, n)
}

func (v *shown) yearNumber(dst []byte, n *node) ([]byte, bool) {
	year := v.shownYear(v.year)
	switch n.text {
	case "D", "ID":
		if v.interval {
			return dst, false
		}
		if n.text == "D" {
			return padded(dst, int64(v.wday+1), 1, false), true
		}
		return padded(dst, int64((v.wday+6)%7+1), 1, false), true
	case "Y,YYY":
		dst = append(appendInt(dst, year/1000), ',')
		if year < 0 && year%1000 != 0 {
			return padded(dst, year%1000, 2, false), true
		}
		return padded(dst, year%1000, 3, false), true
	}
	if n.text[0] == 'I' {
		y, w := isoWeek(v.isoDate())
		switch n.text {
		case "IW":
			return padded(dst, int64(w), 2, n.fill), true
		case "IDDD":
			return padded(dst, int64(w-1)*7+int64((dayOfWeek(v.isoDate())+6)%7+1), 3, n.fill), true
		}
		year = v.shownYear(y)
	}
	width, neg := len(n.text), year < 0
	if width < 4 {
		year %= [4]int64{1, 10, 100, 1000}[width]
	}
	if width == 1 {
		return padded(dst, year, 1, n.fill), true
	}
	return signPlace(dst, year, width, neg, n.fill), true
}
