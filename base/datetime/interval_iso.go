package datetime

import (
	"math"
	"strconv"
)

// isoReader reads ISO 8601 durations, after PostgreSQL's DecodeISO8601Interval.
type isoReader struct {
	gathered
	s string
}

// number reads a decimal; digits is the length of its integer part.
func (r *isoReader) number() (v int64, frac float64, digits int, f failure) {
	i := 0
	if r.s == "" || !isDigit(r.s[0]) && r.s[0] != '-' && r.s[0] != '.' {
		return 0, 0, 0, badFormat
	}
	if r.s[0] == '-' {
		i++
	}
	start := i
	for i < len(r.s) && isDigit(r.s[i]) {
		i++
	}
	digits = i - start
	seen := digits
	if i < len(r.s) && r.s[i] == '.' {
		for i++; i < len(r.s) && isDigit(r.s[i]); i++ {
			seen++
		}
	}
	if seen == 0 {
		return 0, 0, 0, badFormat
	}
	if i < len(r.s) && r.s[i]|0x20 == 'e' {
		j := i + 1
		if j < len(r.s) && (r.s[j] == '-' || r.s[j] == '+') {
			j++
		}
		if j < len(r.s) && isDigit(r.s[j]) {
			for i = j; i < len(r.s) && isDigit(r.s[i]); i++ {
			}
		}
	}
	x, err := strconv.ParseFloat(r.s[:i], 64)
	r.s = r.s[i:]
	if err != nil || math.Abs(x) > 1e15 {
		return 0, 0, 0, fieldOverflow
	}
	whole := math.Trunc(x)
	return int64(whole), x - whole, digits, good
}

func (r *isoReader) next() byte {
	if r.s == "" {
		return 0
	}
	c := r.s[0]
	r.s = r.s[1:]
	return c
}

func decodeISOInterval(text string) (gathered, failure) {
	r := isoReader{s: text}
	if len(text) < 2 || text[0] != 'P' {
		return r.gathered, badFormat
	}
	r.s = text[1:]
	inDate, first := true, true
	for r.s != "" {
		if r.s[0] == 'T' {
			r.s = r.s[1:]
			inDate, first = false, true
			continue
		}
		var done bool
		var f failure
		if inDate {
			inDate, done, f = r.datePart(first)
			first = !inDate
		} else {
			done, f = r.timePart(first)
			first = false
		}
		if r.overflow {
			return r.gathered, fieldOverflow
		}
		if f != good || done {
			return r.gathered, f
		}
	}
	return r.gathered, good
}

// datePart reads a number and its unit before the T, or the alternative form of all.
func (r *isoReader) datePart(first bool) (inDate, done bool, f failure) {
	v, frac, digits, f := r.number()
	if f != good {
		return true, false, f
	}
	switch unit := r.next(); unit {
	case 'Y':
		r.addYears(v, frac, 1)
	case 'M':
		r.addMonths(v, frac)
	case 'W':
		r.addDays(v, frac, 7)
	case 'D':
		r.add32(&r.days, v, 1)
		r.fraction(frac, Day)
	case 0, 'T':
		if digits == 8 && first {
			r.addYears(v/10000, 0, 1)
			r.addMonths(v/100%100, 0)
			r.add32(&r.days, v%100, 1)
			r.fraction(frac, Day)
			return false, unit == 0, good
		}
		if !first {
			return true, false, badFormat
		}
		r.addYears(v, frac, 1)
		return false, unit == 0, good
	case '-':
		if !first {
			return true, false, badFormat
		}
		r.addYears(v, frac, 1)
		return r.alternativeDate()
	default:
		return true, false, badFormat
	}
	return true, false, good
}

// alternativeDate reads months and days of PYYYY-MM-DD.
func (r *isoReader) alternativeDate() (inDate, done bool, f failure) {
	v, frac, _, f := r.number()
	if f != good {
		return true, false, f
	}
	r.addMonths(v, frac)
	switch r.next() {
	case 0:
		return true, true, good
	case 'T':
		return false, false, good
	case '-':
	default:
		return true, false, badFormat
	}
	if v, frac, _, f = r.number(); f != good {
		return true, false, f
	}
	r.add32(&r.days, v, 1)
	r.fraction(frac, Day)
	switch r.next() {
	case 0:
		return true, true, good
	case 'T':
		return false, false, good
	}
	return true, false, badFormat
}

// timePart reads a number and its unit behind the T, or the alternative form of all.
func (r *isoReader) timePart(first bool) (done bool, f failure) {
	v, frac, digits, f := r.number()
	if f != good {
		return false, f
	}
	unit := r.next()
	switch unit {
	case 'H':
		r.addMicros(v, frac, Hour)
		return false, good
	case 'M':
		r.addMicros(v, frac, Minute)
		return false, good
	case 'S':
		r.addMicros(v, frac, Second)
		return false, good
	case 0, ':':
	default:
		return false, badFormat
	}
	if unit == 0 && digits == 6 && first {
		r.addMicros(v/10000, 0, Hour)
		r.addMicros(v/100%100, 0, Minute)
		r.addMicros(v%100, 0, Second)
		r.fraction(frac, 1)
		return true, good
	}
	if !first {
		return false, badFormat
	}
	r.addMicros(v, frac, Hour)
	return r.alternativeTime(unit)
}

// alternativeTime reads minutes and seconds of hh:mm:ss, behind the character that ended
// the hours, to the end of the text.
func (r *isoReader) alternativeTime(unit byte) (done bool, f failure) {
	for _, u := range []int64{Minute, Second} {
		if unit == 0 {
			return true, good
		}
		if unit != ':' {
			return false, badFormat
		}
		v, frac, _, f := r.number()
		if f != good {
			return false, f
		}
		r.addMicros(v, frac, u)
		unit = r.next()
	}
	if unit != 0 {
		return false, badFormat
	}
	return true, good
}
