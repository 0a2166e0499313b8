package datetime

// fieldType is what the tokenizer takes a field of a date, time or interval for.
type fieldType uint8

const (
	fieldNumber fieldType = iota
	fieldString
	fieldDate
	fieldTime
	fieldZone // a sign and digits: a zone, or a signed number of an interval
	fieldSpecial
)

type field struct {
	text string // lower case
	typ  fieldType
}

const (
	maxFields = 25
	maxLength = 153 // of all fields, with an end mark for each
)

func isDigit(c byte) bool { return c-'0' <= 9 }

func isAlpha(c byte) bool { return (c|0x20)-'a' < 26 }

func isAlnum(c byte) bool { return isDigit(c) || isAlpha(c) }

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isPunct(c byte) bool { return c > ' ' && c < 0x7f && !isAlnum(c) }

// scanner cuts text into fields; out collects the fields' bytes in lower case.
type scanner struct {
	in  []byte
	pos int
	out []byte
}

func (s *scanner) peek() byte {
	if s.pos < len(s.in) {
		return s.in[s.pos]
	}
	return 0
}

func (s *scanner) take() {
	c := s.in[s.pos]
	if c-'A' < 26 {
		c |= 0x20
	}
	s.out = append(s.out, c)
	s.pos++
}

func (s *scanner) takeWhile(ok func(byte) bool) {
	for s.pos < len(s.in) && ok(s.in[s.pos]) {
		s.take()
	}
}

// cut separates text into fields by the rules of PostgreSQL's ParseDateTime; ok is
// false if a character fits nowhere or there is too much.
func cut(text []byte, limit int) (fields []field, ok bool) {
	s := scanner{in: text, out: make([]byte, 0, 64)}
	fields = make([]field, 0, 8)
	used := 0
	for s.pos < len(s.in) {
		c := s.peek()
		if isSpace(c) {
			s.pos++
			continue
		}
		if len(fields) >= maxFields {
			return nil, false
		}
		s.out = s.out[:0]
		var typ fieldType
		switch {
		case isDigit(c):
			typ = s.number()
		case c == '.':
			s.take()
			s.takeWhile(isDigit)
			typ = fieldNumber
		case isAlpha(c):
			typ = s.word()
		case c == '+' || c == '-':
			if typ, ok = s.signed(); !ok {
				return nil, false
			}
		case isPunct(c):
			s.pos++
			continue
		default:
			return nil, false
		}
		if used += len(s.out) + 1; used > limit {
			return nil, false
		}
		fields = append(fields, field{string(s.out), typ})
	}
	return fields, true
}

func (s *scanner) number() fieldType {
	s.takeWhile(isDigit)
	delim := s.peek()
	switch delim {
	case ':':
		s.takeWhile(func(c byte) bool { return isDigit(c) || c == ':' || c == '.' })
		return fieldTime
	case '-', '/', '.':
	default:
		return fieldNumber
	}
	s.take()
	if !isDigit(s.peek()) {
		s.takeWhile(func(c byte) bool { return isAlnum(c) || c == delim })
		return fieldDate
	}
	s.takeWhile(isDigit)
	if s.peek() == delim {
		s.takeWhile(func(c byte) bool { return isDigit(c) || c == delim })
		return fieldDate
	}
	if delim == '.' {
		return fieldNumber
	}
	return fieldDate
}

// word reads a word, or a date or zone name that starts with one.
func (s *scanner) word() fieldType {
	s.takeWhile(isAlpha)
	c := s.peek()
	name := c == '-' || c == '/' || c == '.'
	if c == '+' || isDigit(c) {
		_, known := words[string(s.out)]
		name = !known
	}
	if !name {
		return fieldString
	}
	s.takeWhile(func(c byte) bool {
		return isAlnum(c) || c == '+' || c == '-' || c == '/' || c == '_' || c == '.' || c == ':'
	})
	return fieldDate
}

func (s *scanner) signed() (fieldType, bool) {
	s.take()
	for isSpace(s.peek()) {
		s.pos++
	}
	switch c := s.peek(); {
	case isDigit(c):
		s.takeWhile(func(c byte) bool { return isDigit(c) || c == ':' || c == '.' || c == '-' })
		return fieldZone, true
	case isAlpha(c):
		s.takeWhile(isAlpha)
		return fieldSpecial, true
	}
	return 0, false
}

// mask is a set of the kinds of information that fields gave.
type mask uint32

const (
	hasMonth mask = 1 << iota
	hasYear
	hasDay
	hasZone
	hasDaylight
	hasModifier
	hasAMPM
	hasHour
	hasMinute
	hasSecond
	hasMillisecond
	hasMicrosecond
	hasDayOfYear
	hasDayOfWeek
	hasEra
	hasWeek
	hasDecade
	hasCentury
	hasMillennium
	hasReserved

	hasAllSeconds = hasSecond | hasMillisecond | hasMicrosecond
	hasDate       = hasYear | hasMonth | hasDay
	hasTime       = hasHour | hasMinute | hasAllSeconds
)

// class says what a word does.
type class uint8

const (
	wordIgnored class = iota
	wordReserved
	wordMonth
	wordModifier
	wordAMPM
	wordEra
	wordDay
	wordUnit
	wordISOTime
)

// Units and reserved words.
const (
	noUnit = iota
	unitMicrosecond
	unitMillisecond
	unitSecond
	unitMinute
	unitHour
	unitDay
	unitWeek
	unitMonth
	unitQuarter
	unitYear
	unitDecade
	unitCentury
	unitMillennium
	unitJulian
	unitTime
	unitDOW
	unitDOY
	unitISODOW
	unitISOYear
	unitTimezone
	unitTimezoneHour
	unitTimezoneMinute
	unitEpoch
	unitReserved // a word such as now: a name, but of no unit
	reservedNow
	reservedYesterday
	reservedToday
	reservedTomorrow
	reservedZulu
	reservedEpoch
	reservedLate
	reservedEarly
)

type word struct {
	class class
	val   int
}

const (
	am = iota + 1
	pm
)

// words are the keywords of dates and times, in lower case.
var words = func() map[string]word {
	m := map[string]word{
		"-infinity": {wordReserved, reservedEarly}, "infinity": {wordReserved, reservedLate},
		"ad": {wordEra, 0}, "bc": {wordEra, 1}, "am": {wordAMPM, am}, "pm": {wordAMPM, pm},
		"allballs": {wordReserved, reservedZulu}, "epoch": {wordReserved, reservedEpoch},
		"now": {wordReserved, reservedNow}, "today": {wordReserved, reservedToday},
		"tomorrow": {wordReserved, reservedTomorrow}, "yesterday": {wordReserved, reservedYesterday},
		"at": {}, "on": {}, "dst": {wordModifier, 3600}, "t": {wordISOTime, unitTime},
		"d": {wordUnit, unitDay}, "h": {wordUnit, unitHour}, "m": {wordUnit, unitMonth}, "mm": {wordUnit, unitMinute},
		"s": {wordUnit, unitSecond}, "y": {wordUnit, unitYear}, "dow": {wordUnit, unitDOW}, "doy": {wordUnit, unitDOY},
		"isodow": {wordUnit, unitISODOW}, "isoyear": {wordUnit, unitISOYear},
		"j": {wordUnit, unitJulian}, "jd": {wordUnit, unitJulian}, "julian": {wordUnit, unitJulian},
		"sept": {wordMonth, 9}, "tues": {wordDay, 2}, "weds": {wordDay, 3}, "thur": {wordDay, 4}, "thurs": {wordDay, 4},
	}
	for i, name := range monthNames {
		m[lower(name)], m[lower(name[:3])] = word{wordMonth, i + 1}, word{wordMonth, i + 1}
	}
	for i, name := range dayNames {
		m[lower(name)], m[lower(name[:3])] = word{wordDay, i}, word{wordDay, i}
	}
	return m
}()

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c-'A' < 26 {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// units are the units of intervals, in lower case and cut after ten letters.
var units = map[string]int{
	"c": unitCentury, "cent": unitCentury, "centuries": unitCentury, "century": unitCentury,
	"d": unitDay, "day": unitDay, "days": unitDay, "dec": unitDecade, "decade": unitDecade, "decades": unitDecade, "decs": unitDecade,
	"h": unitHour, "hour": unitHour, "hours": unitHour, "hr": unitHour, "hrs": unitHour,
	"m": unitMinute, "min": unitMinute, "mins": unitMinute, "minute": unitMinute, "minutes": unitMinute,
	"microsecon": unitMicrosecond, "us": unitMicrosecond, "usec": unitMicrosecond, "usecond": unitMicrosecond, "useconds": unitMicrosecond, "usecs": unitMicrosecond,
	"mil": unitMillennium, "mils": unitMillennium, "millennia": unitMillennium, "millennium": unitMillennium,
	"millisecon": unitMillisecond, "ms": unitMillisecond, "msec": unitMillisecond, "msecs": unitMillisecond, "msecond": unitMillisecond, "mseconds": unitMillisecond,
	"mon": unitMonth, "mons": unitMonth, "month": unitMonth, "months": unitMonth,
	"qtr": unitQuarter, "quarter": unitQuarter,
	"s": unitSecond, "sec": unitSecond, "second": unitSecond, "seconds": unitSecond, "secs": unitSecond,
	"timezone": unitTimezone, "timezone_h": unitTimezoneHour, "timezone_m": unitTimezoneMinute,
	"w": unitWeek, "week": unitWeek, "weeks": unitWeek, "y": unitYear, "year": unitYear, "years": unitYear, "yr": unitYear, "yrs": unitYear,
}

// findUnit looks a unit up as PostgreSQL does, by its first ten letters.
func findUnit(name string) int { return units[name[:min(len(name), 10)]] }

// leadingInt reads the digits, with a sign, at the head of s: C's strtol. No digits
// leave rest = s.
func leadingInt(s string, low, high int64) (v int64, rest string, ok bool) {
	i, neg := 0, false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		i = 1
	}
	start := i
	ok = true
	for ; i < len(s) && isDigit(s[i]); i++ {
		c := int64(s[i] - '0')
		switch {
		case neg && v >= (low+c)/10:
			v = v*10 - c
		case !neg && v <= (high-c)/10:
			v = v*10 + c
		default:
			ok = false
		}
	}
	if i == start {
		return 0, s, true
	}
	return v, s[i:], ok
}

func leadingInt32(s string) (v int, rest string, ok bool) {
	n, rest, ok := leadingInt(s, -1<<31, 1<<31-1)
	return int(n), rest, ok
}
