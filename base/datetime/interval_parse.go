package datetime

import (
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
)

// This file is long because the three notations of an interval (words, ISO 8601, standard
// SQL) share their fields, their rounding and their limits.

// Range is the fields of an interval type such as DAY TO SECOND, by the bits of
// PostgreSQL's typmod.
type Range uint16

// The fields of a [Range].
const (
	RangeMonth  Range = 1 << 1
	RangeYear   Range = 1 << 2
	RangeDay    Range = 1 << 3
	RangeHour   Range = 1 << 10
	RangeMinute Range = 1 << 11
	RangeSecond Range = 1 << 12
	FullRange   Range = 0x7FFF
)

// NoPrecision is the precision of an interval type without one.
const NoPrecision = 0xFFFF

// IntervalTypmod packs a range and a precision (0 to 6 or [NoPrecision]) as
// pg_attribute.atttypmod has them.
func IntervalTypmod(r Range, precision int32) int32 { return int32(r)<<16 | precision&0xFFFF }

// SplitIntervalTypmod is the inverse; -1 gives the full range and no precision.
func SplitIntervalTypmod(typmod int32) (r Range, precision int32) {
	if typmod < 0 {
		return FullRange, NoPrecision
	}
	return Range(typmod >> 16 & 0x7FFF), typmod & 0xFFFF
}

// gathered is an interval while its fields are added up.
type gathered struct {
	micros              int64
	days, months, years int32
	overflow            bool
}

func (g *gathered) addMicros(v int64, frac float64, unit int64) {
	hi, lo := bits.Mul64(uint64(abs(v)), uint64(unit))
	if hi != 0 || lo > math.MaxInt64 || v == math.MinInt64 {
		g.overflow = true
		return
	}
	p := int64(lo)
	if v < 0 {
		p = -p
	}
	g.plusMicros(p)
	g.fraction(frac, unit)
}

func (g *gathered) plusMicros(p int64) {
	sum := g.micros + p
	if (sum > g.micros) != (p > 0) && p != 0 {
		g.overflow = true
		return
	}
	g.micros = sum
}

// fraction adds a fraction of a unit in whole microseconds.
func (g *gathered) fraction(f float64, unit int64) {
	if f == 0 {
		return
	}
	f *= float64(unit)
	us := int64(f)
	f -= float64(us)
	if f > 0.5 {
		us++
	} else if f < -0.5 {
		us--
	}
	g.plusMicros(us)
}

func (g *gathered) add32(field *int32, v, scale int64) {
	if v != int64(int32(v)) {
		g.overflow = true
		return
	}
	sum := int64(*field) + v*scale
	if v*scale != int64(int32(v*scale)) || sum != int64(int32(sum)) {
		g.overflow = true
		return
	}
	*field = int32(sum)
}

func (g *gathered) addDays(v int64, frac float64, scale int64) {
	g.add32(&g.days, v, scale)
	if frac != 0 {
		f := frac * float64(scale)
		whole := int64(f)
		g.add32(&g.days, whole, 1)
		g.fraction(f-float64(whole), Day)
	}
}

func (g *gathered) addMonths(v int64, frac float64) {
	g.add32(&g.months, v, 1)
	if frac != 0 {
		f := frac * 30
		whole := int64(f)
		g.add32(&g.days, whole, 1)
		g.fraction(f-float64(whole), Day)
	}
}

func (g *gathered) addYears(v int64, frac float64, scale int64) {
	g.add32(&g.years, v, scale)
	g.add32(&g.months, int64(math.RoundToEven(frac*float64(scale)*12)), 1)
}

// intervalUnits are the units that a number may have, and what they mark as given.
var intervalUnits = map[int]struct {
	has mask
	add func(g *gathered, v int64, frac float64)
}{
	unitMicrosecond: {hasMicrosecond, func(g *gathered, v int64, f float64) { g.addMicros(v, f, 1) }},
	unitMillisecond: {hasMillisecond, func(g *gathered, v int64, f float64) { g.addMicros(v, f, 1000) }},
	unitSecond:      {hasSecond, func(g *gathered, v int64, f float64) { g.addMicros(v, f, Second) }},
	unitMinute:      {hasMinute, func(g *gathered, v int64, f float64) { g.addMicros(v, f, Minute) }},
	unitHour:        {hasHour, func(g *gathered, v int64, f float64) { g.addMicros(v, f, Hour) }},
	unitDay:         {hasDay, func(g *gathered, v int64, f float64) { g.add32(&g.days, v, 1); g.fraction(f, Day) }},
	unitWeek:        {hasWeek, func(g *gathered, v int64, f float64) { g.addDays(v, f, 7) }},
	unitMonth:       {hasMonth, func(g *gathered, v int64, f float64) { g.addMonths(v, f) }},
	unitYear:        {hasYear, func(g *gathered, v int64, f float64) { g.addYears(v, f, 1) }},
	unitDecade:      {hasDecade, func(g *gathered, v int64, f float64) { g.addYears(v, f, 10) }},
	unitCentury:     {hasCentury, func(g *gathered, v int64, f float64) { g.addYears(v, f, 100) }},
	unitMillennium:  {hasMillennium, func(g *gathered, v int64, f float64) { g.addYears(v, f, 1000) }},
}

// rightmost is the unit of a last number without one, by the range.
func rightmost(r Range) int {
	switch {
	case r == FullRange || r&RangeSecond != 0:
		return unitSecond
	case r&RangeMinute != 0:
		return unitMinute
	case r&RangeHour != 0:
		return unitHour
	case r&RangeDay != 0:
		return unitDay
	case r&RangeMonth != 0:
		return unitMonth
	case r&RangeYear != 0:
		return unitYear
	}
	return unitSecond
}

// intervalDecoder reads fields from the right, since units follow their numbers. Its
// rules are those of PostgreSQL's DecodeInterval.
type intervalDecoder struct {
	gathered
	r         Range
	unit      int
	allMinus  bool // sql_standard: the first sign counts for all
	ago       bool
	have, got mask
}

func decodeInterval(text []byte, r Range, style IntervalStyle) (g gathered, f failure) {
	fields, ok := cut(text, 256)
	if !ok {
		return g, badFormat
	}
	d := intervalDecoder{r: r}
	if style == IntervalSQLStandard && len(fields) > 0 && fields[0].text[0] == '-' {
		d.allMinus = true
		for _, f := range fields[1:] {
			if f.text[0] == '-' || f.text[0] == '+' {
				d.allMinus = false
			}
		}
	}
	for i := len(fields) - 1; i >= 0; i-- {
		d.got = 0
		if f := d.field(fields[i]); f != good {
			return g, f
		}
		if d.overflow {
			return g, fieldOverflow
		}
		if d.got&d.have != 0 {
			return g, badFormat
		}
		d.have |= d.got
	}
	if d.have == 0 {
		return g, badFormat
	}
	if d.ago {
		if d.micros == math.MinInt64 || d.days == math.MinInt32 || d.months == math.MinInt32 || d.years == math.MinInt32 {
			return g, fieldOverflow
		}
		d.micros, d.days, d.months, d.years = -d.micros, -d.days, -d.months, -d.years
	}
	return d.gathered, good
}

func (d *intervalDecoder) field(f field) failure {
	switch f.typ {
	case fieldTime:
		return d.clock(f.text, false)
	case fieldZone:
		if strings.IndexByte(f.text[1:], ':') >= 0 && d.clock(f.text[1:], f.text[0] == '-') == good {
			return good
		}
		d.got = 0
		return d.number(f.text)
	case fieldDate, fieldNumber:
		return d.number(f.text)
	}
	if f.text == "ago" {
		d.ago = true
		d.unit = unitEpoch // which no number can have: "1 ago" is refused
		return good
	}
	if d.unit = findUnit(f.text); d.unit == noUnit {
		return badFormat
	}
	return good
}

func (d *intervalDecoder) clock(text string, minus bool) failure {
	var c decoder
	if f := c.clock(text, d.r); f != good {
		return f
	}
	if c.hour > math.MaxInt64/Hour {
		return fieldOverflow
	}
	t := c.hour * Hour
	rest := int64(c.min)*Minute + int64(c.sec)*Second + int64(c.micros)
	if t > math.MaxInt64-rest {
		return fieldOverflow
	}
	if t += rest; minus || d.allMinus {
		t = -t
	}
	d.micros, d.got, d.unit = t, hasTime, unitDay
	return good
}

func (d *intervalDecoder) number(text string) failure {
	if d.unit == noUnit {
		d.unit = rightmost(d.r)
	}
	v, rest, ok := leadingInt(text, math.MinInt64, math.MaxInt64)
	if !ok {
		return fieldOverflow
	}
	frac := 0.0
	switch {
	case rest != "" && rest[0] == '-':
		months, tail, ok := leadingInt32(rest[1:])
		if !ok || months < 0 || months >= 12 {
			return fieldOverflow
		}
		if tail != "" {
			return badFormat
		}
		d.unit = unitMonth
		if text[0] == '-' {
			months = -months
		}
		if v > math.MaxInt64/12-1 || v < math.MinInt64/12+1 {
			return fieldOverflow
		}
		v = v*12 + int64(months)
	case rest != "" && rest[0] == '.':
		if frac, ok = parseFraction(rest); !ok {
			return badFormat
		}
		if text[0] == '-' {
			frac = -frac
		}
	case rest != "":
		return badFormat
	}
	if d.allMinus {
		v, frac = -abs(v), -math.Abs(frac)
	}
	u, ok := intervalUnits[d.unit]
	if !ok {
		return badFormat
	}
	u.add(&d.gathered, v, frac)
	d.got = u.has
	if d.unit == unitSecond && frac != 0 {
		d.got = hasAllSeconds
	}
	if d.unit == unitHour {
		d.unit = unitDay
	}
	return good
}

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
	for _, u := range []int64{Minute, Second} {
		if unit == 0 {
			return true, good
		}
		if unit != ':' {
			return false, badFormat
		}
		if v, frac, _, f = r.number(); f != good {
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

func errIntervalRange() error {
	return pgerr.New(pgerr.DatetimeFieldOverflow, "interval out of range")
}

// ParseInterval reads an interval in any form that PostgreSQL takes and rounds it to the
// typmod (-1: none), which also names the unit of a number without one. 22007 for other
// text, 22015 for a field and 22008 for a whole out of range.
func ParseInterval[T Text](text T, typmod int32, s *Settings) (Interval, error) {
	r, _ := SplitIntervalTypmod(typmod)
	g, f := decodeInterval([]byte(text), r, s.Interval)
	if f == badFormat {
		g, f = decodeISOInterval(string(text))
	}
	switch f {
	case good:
	case fieldOverflow, dateOverflow:
		return Interval{}, pgerr.New(pgerr.IntervalFieldOverflow, "interval field value out of range: \"%s\"", string(text))
	default:
		return Interval{}, f.error("interval", string(text), "")
	}
	months := int64(g.years)*12 + int64(g.months)
	if months != int64(int32(months)) {
		return Interval{}, errIntervalRange()
	}
	return ApplyIntervalTypmod(Interval{int32(months), g.days, g.micros}, typmod)
}

// ApplyIntervalTypmod drops the fields below the range and rounds to the precision.
func ApplyIntervalTypmod(iv Interval, typmod int32) (Interval, error) {
	r, precision := SplitIntervalTypmod(typmod)
	if r != FullRange {
		iv = iv.cut(r)
	}
	if precision == NoPrecision {
		return iv, nil
	}
	if precision > 6 {
		return iv, pgerr.New(pgerr.InvalidParameterValue, "interval(%d) precision must be between %d and %d", precision, 0, 6)
	}
	unit := precisionUnit[precision]
	if iv.Micros > math.MaxInt64-unit/2 || iv.Micros < math.MinInt64+unit/2 {
		return iv, errIntervalRange()
	}
	iv.Micros = roundTo(iv.Micros, unit)
	return iv, nil
}

func (iv Interval) cut(r Range) Interval {
	switch {
	case r&RangeSecond != 0:
	case r&RangeMinute != 0:
		iv.Micros -= iv.Micros % Minute
	case r&RangeHour != 0:
		iv.Micros -= iv.Micros % Hour
	case r&RangeDay != 0:
		iv.Micros = 0
	case r&RangeMonth != 0:
		iv.Days, iv.Micros = 0, 0
	case r&RangeYear != 0:
		iv = Interval{Months: iv.Months - iv.Months%12}
	}
	return iv
}

var precisionUnit = [7]int64{1000000, 100000, 10000, 1000, 100, 10, 1}

// roundTo rounds half away from zero to a multiple of unit.
func roundTo(v, unit int64) int64 {
	half := unit / 2
	if v < 0 {
		half = -half
	}
	return (v + half) / unit * unit
}

// CheckPrecision refuses a typmod of time or timestamp types that is not -1 or 0 to 6;
// the server lowers a greater one to 6 before it asks, as PostgreSQL does.
func CheckPrecision(typ string, precision int32) error {
	if precision < -1 || precision > 6 {
		return pgerr.New(pgerr.InvalidParameterValue, "%s(%d) precision must be between %d and %d", typ, precision, 0, 6)
	}
	return nil
}

// RoundTime rounds a time or a timestamp to a precision of 0 to 6 digits; -1 keeps it,
// and infinities stay.
func RoundTime(v int64, precision int32) int64 {
	if precision < 0 || precision >= 6 || !Finite(v) {
		return v
	}
	return roundTo(v, precisionUnit[precision])
}
