package datetime

import (
	"math"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
)

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

var choices = map[string][]string{
	"AM": {"am", "pm"}, "PM": {"am", "pm"}, "A.M.": {"a.m.", "p.m."}, "P.M.": {"a.m.", "p.m."},
	"AD": {"ad", "bc"}, "BC": {"ad", "bc"}, "A.D.": {"a.d.", "b.c."}, "B.C.": {"a.d.", "b.c."},
	"MONTH": monthNames[:], "DAY": dayNames[:], "MON": short(monthNames[:]), "DY": short(dayNames[:]),
	"RM": {"XII", "XI", "X", "IX", "VIII", "VII", "VI", "V", "IV", "III", "II", "I"},
}

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

func short(names []string) []string {
	s := make([]string, len(names))
	for i, n := range names {
		s[i] = n[:3]
	}
	return s
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

const fixedWidthHint = "If your source string is not fixed-width, try using the \"FM\" modifier."

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

// set stores a field that must not contradict an earlier one.
func (r *reading) set(field *int, v int, n *node) error {
	if *field != 0 && *field != v {
		return formatError("This value contradicts a previous setting for the same field type.", "",
			"conflicting values for \"%s\" field in formatting string", n.text)
	}
	*field = v
	return nil
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

func scaleFraction(taken, width int) int {
	f := 1
	for ; taken < width; taken++ {
		f *= 10
	}
	return f
}

func itoa(v int) string { return string(appendInt(nil, int64(v))) }

func formatError(detail, hint, format string, args ...any) error {
	e := pgerr.New(pgerr.InvalidDatetimeFormat, format, args...)
	e.Detail, e.Hint = detail, hint
	return e
}
