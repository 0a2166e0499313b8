package datetime

import (
	"math"
	"strconv"
)

// clock decodes hh:mm[:ss[.ffffff]] and mm:ss.ffffff; within a range of MINUTE TO
// SECOND mm:ss too.
func (d *decoder) clock(text string, r Range) failure {
	d.got = hasTime
	hour, rest, ok := leadingInt(text, math.MinInt64, math.MaxInt64)
	if !ok {
		return fieldOverflow
	}
	if rest == "" || rest[0] != ':' {
		return badFormat
	}
	minute, rest, ok := leadingInt32(rest[1:])
	if !ok {
		return fieldOverflow
	}
	sec := 0
	d.micros = 0
	switch {
	case rest == "" && r != RangeMinute|RangeSecond:
	case rest == "" || rest[0] == '.': // what was read were minutes and seconds
		if rest != "" {
			if f := d.fraction(rest); f != good {
				return f
			}
		}
		if hour != int64(int32(hour)) {
			return fieldOverflow
		}
		hour, minute, sec = 0, int(hour), minute
	case rest[0] == ':':
		var f failure
		if sec, f = d.seconds(rest[1:]); f != good {
			return f
		}
	default:
		return badFormat
	}
	d.hour, d.min, d.sec = hour, minute, sec
	if hour < 0 || minute < 0 || minute > 59 || sec < 0 || sec > 60 || d.micros < 0 || d.micros > 1000000 {
		return fieldOverflow
	}
	return good
}

// parseFraction reads ".123"; a lone point is zero.
func parseFraction(s string) (float64, bool) {
	if s == "." {
		return 0, true
	}
	f, err := strconv.ParseFloat("0"+s, 64)
	return f, err == nil
}

func (d *decoder) fraction(s string) failure {
	f, ok := parseFraction(s)
	if !ok {
		return badFormat
	}
	d.micros = int(math.RoundToEven(f * 1e6))
	return good
}

// seconds decodes ss[.ffffff], the fraction into micros.
func (d *decoder) seconds(text string) (int, failure) {
	sec, rest, ok := leadingInt32(text)
	switch {
	case !ok:
		return 0, fieldOverflow
	case rest == "":
		return sec, good
	case rest[0] != '.':
		return 0, badFormat
	}
	return sec, d.fraction(rest)
}

func (d *decoder) timeOverflows() bool {
	return d.hour < 0 || d.hour > 24 || d.min < 0 || d.min > 59 || d.sec < 0 || d.sec > 60 || d.clockMicros() > Day
}

func (d *decoder) clockMicros() int64 {
	return d.hour*Hour + int64(d.min)*Minute + int64(d.sec)*Second + int64(d.micros)
}

// setClock is the inverse of clockMicros.
func (d *decoder) setClock(t int64) {
	d.hour, d.min, d.sec, d.micros = t/Hour, int(t%Hour/Minute), int(t%Minute/Second), int(t%Second)
}

// offset decodes ±hh[[:]mm[:ss]].
func (d *decoder) offset(text string) failure {
	if text == "" || text[0] != '+' && text[0] != '-' {
		return badFormat
	}
	h, rest, ok := leadingInt32(text[1:])
	if !ok {
		return zoneOverflow
	}
	m, s := 0, 0
	switch {
	case rest != "" && rest[0] == ':':
		if m, rest, ok = leadingInt32(rest[1:]); ok && rest != "" && rest[0] == ':' {
			s, rest, ok = leadingInt32(rest[1:])
		}
		if !ok {
			return zoneOverflow
		}
	case rest == "" && len(text) > 3:
		h, m = h/100, h%100
	}
	if h < 0 || h > 15 || m < 0 || m > 59 || s < 0 || s > 59 {
		return zoneOverflow
	}
	d.east = h*3600 + m*60 + s
	if text[0] == '-' {
		d.east = -d.east
	}
	if rest != "" {
		return badFormat
	}
	return good
}
