package datetime

import (
	"math"
	"math/big"
	"math/bits"
	"strings"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
)

// Unit is a field of extract, date_part or date_trunc. Units are resolved once, not
// for each row.
type Unit uint8

// FindUnit resolves the name of a unit, in any case; ok is false if there is none.
func FindUnit(name string) (u Unit, ok bool) {
	name = strings.ToLower(name)
	if u := findUnit(name); u != noUnit {
		return Unit(u), true
	}
	w, ok := words[name]
	switch {
	case ok && w.class == wordUnit:
		return Unit(w.val), true
	case ok && w.class == wordReserved && w.val == reservedEpoch:
		return unitEpoch, true
	case ok && w.class == wordReserved:
		return unitReserved, true
	}
	return 0, false
}

func errUnit(name, typ string, known bool) error {
	if known {
		return pgerr.New(pgerr.FeatureNotSupported, "unit \"%s\" not supported for type %s", strings.ToLower(name), typ)
	}
	return pgerr.New(pgerr.InvalidParameterValue, "unit \"%s\" not recognized for type %s", strings.ToLower(name), typ)
}

// PartKind tells whether a [Part] is a number.
type PartKind uint8

// The kinds of parts.
const (
	PartNumber PartKind = iota
	PartNull
	PartInfinity
	PartNegInfinity
)

// Part is what extract answers: a number (Hi·2⁶⁴ + Lo) × 10^-Scale, whose Scale is the
// display scale of the numeric, or an infinity, or NULL.
type Part struct {
	Kind  PartKind
	Hi    int64
	Lo    uint64
	Scale int32
}

func part(v int64, scale int32) Part { return Part{Hi: v >> 63, Lo: uint64(v), Scale: scale} }

// Float64 is what date_part answers; ok is false for NULL.
func (p Part) Float64() (f float64, ok bool) {
	switch p.Kind {
	case PartNull:
		return 0, false
	case PartInfinity:
		return math.Inf(1), true
	case PartNegInfinity:
		return math.Inf(-1), true
	}
	if p.Hi == int64(p.Lo)>>63 {
		f = float64(int64(p.Lo))
		if math.Abs(f) < 1<<53 {
			return f / math.Pow10(int(p.Scale)), true
		}
	}
	n := new(big.Int).Lsh(big.NewInt(p.Hi), 64)
	n.Add(n, new(big.Int).SetUint64(p.Lo))
	q := new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(p.Scale)), nil))
	f, _ = q.Float64()
	return f, true
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// isoWeek is the ISO 8601 year and week of a date.
func isoWeek(d int32) (year, week int) {
	// The week belongs to the year of its Thursday.
	monday := int64(d) - (int64(d) + 5 - 7*floorDiv(int64(d)+5, 7))
	thursday := int32(monday + 3)
	year, _, _ = Civil(thursday)
	return year, int(thursday-DateOf(year, 1, 1))/7 + 1
}

// dayOfWeek is 0 for Sunday.
func dayOfWeek(d int32) int {
	w := (int64(d) + 6) % 7
	if w < 0 {
		w += 7
	}
	return int(w)
}

func century(year int) int64 {
	if year > 0 {
		return int64(year+99) / 100
	}
	return -int64(99-(year-1)) / 100
}

func millennium(year int) int64 {
	if year > 0 {
		return int64(year+999) / 1000
	}
	return -int64(999-(year-1)) / 1000
}

func decade(year int) int64 {
	if year >= 0 {
		return int64(year / 10)
	}
	return -int64((8 - (year - 1)) / 10)
}

// shownYear has no year 0.
func shownYear(year int) int64 {
	if year <= 0 {
		return int64(year - 1)
	}
	return int64(year)
}

// datePart answers the units of the calendar.
func datePart(u Unit, d int32) (Part, bool) {
	year, month, day := Civil(d)
	var v int64
	switch u {
	case unitDay:
		v = int64(day)
	case unitMonth:
		v = int64(month)
	case unitQuarter:
		v = int64((month-1)/3 + 1)
	case unitWeek:
		_, w := isoWeek(d)
		v = int64(w)
	case unitYear:
		v = shownYear(year)
	case unitDecade:
		v = decade(year)
	case unitCentury:
		v = century(year)
	case unitMillennium:
		v = millennium(year)
	case unitISOYear:
		y, _ := isoWeek(d)
		v = shownYear(y)
	case unitDOW:
		v = int64(dayOfWeek(d))
	case unitISODOW:
		v = int64((dayOfWeek(d)+6)%7 + 1)
	case unitDOY:
		v = int64(d-DateOf(year, 1, 1)) + 1
	default:
		return Part{}, false
	}
	return part(v, 0), true
}

// clockPart answers the units of the time of day.
func clockPart(u Unit, t int64) (Part, bool) {
	switch u {
	case unitMicrosecond:
		return part(t%Minute, 0), true
	case unitMillisecond:
		return part(t%Minute, 3), true
	case unitSecond:
		return part(t%Minute, 6), true
	case unitMinute:
		return part(t%Hour/Minute, 0), true
	case unitHour:
		return part(t/Hour, 0), true
	}
	return Part{}, false
}

// infinitePart answers for infinities: those units that grow for ever are infinite.
func infinitePart(u Unit, neg bool) (Part, bool) {
	switch u {
	case unitYear, unitDecade, unitCentury, unitMillennium, unitJulian, unitISOYear, unitEpoch:
		if neg {
			return Part{Kind: PartNegInfinity}, true
		}
		return Part{Kind: PartInfinity}, true
	case unitMicrosecond, unitMillisecond, unitSecond, unitMinute, unitHour, unitDay, unitMonth, unitQuarter, unitWeek,
		unitDOW, unitISODOW, unitDOY:
		return Part{Kind: PartNull}, true
	}
	return Part{}, false
}

// julianPart is the Julian day with the day's fraction, in the scale of numeric's division.
func julianPart(d int32, t int64) Part {
	scale := int32(20)
	switch {
	case t <= 864:
		scale = 28
	case t <= 8640000:
		scale = 24
	}
	// The fraction t / Day by long division: each remainder is below Day.
	hi, lo := uint64(0), uint64(int64(d)+epochJulian)
	r := uint64(t)
	for range scale / 4 {
		r *= 10000
		h, l := bits.Mul64(lo, 10000)
		hi = hi*10000 + h
		var c uint64
		lo, c = bits.Add64(l, r/uint64(Day), 0)
		hi += c
		r %= uint64(Day)
	}
	if r >= uint64(Day)-r {
		var c uint64
		lo, c = bits.Add64(lo, 1, 0)
		hi += c
	}
	return Part{Hi: int64(hi), Lo: lo, Scale: scale}
}

// ExtractDate is extract(unit from date). unit is the name for messages.
func ExtractDate(u Unit, unit string, known bool, d int32) (Part, error) {
	if known && !DateFinite(d) {
		switch u {
		case unitMicrosecond, unitMillisecond, unitSecond, unitMinute, unitHour:
		default:
			if p, ok := infinitePart(u, d < 0); ok {
				return p, nil
			}
		}
		return Part{}, errUnit(unit, "date", known)
	}
	if known {
		switch u {
		case unitJulian:
			return part(int64(d)+epochJulian, 0), nil
		case unitEpoch:
			return part((int64(d)+epochJulian-unixJulian)*86400, 0), nil
		}
		if p, ok := datePart(u, d); ok {
			return p, nil
		}
	}
	return Part{}, errUnit(unit, "date", known)
}

// ExtractTime is extract(unit from time).
func ExtractTime(u Unit, unit string, known bool, t int64) (Part, error) {
	if known {
		if u == unitEpoch {
			return part(t, 6), nil
		}
		if p, ok := clockPart(u, t); ok {
			return p, nil
		}
	}
	return Part{}, errUnit(unit, "time without time zone", known && u != unitReserved)
}

// ExtractTimestamp is extract(unit from timestamp).
func ExtractTimestamp(u Unit, unit string, known bool, ts int64) (Part, error) {
	if known {
		if p, ok := timestampPart(u, ts, ts); ok {
			return p, nil
		}
	}
	return Part{}, errUnit(unit, "timestamp without time zone", known)
}

// timestampPart answers for local clocks and the instant they show.
func timestampPart(u Unit, local, instant int64) (Part, bool) {
	if !Finite(local) {
		switch u {
		case unitTimezone, unitTimezoneHour, unitTimezoneMinute:
			return Part{Kind: PartNull}, true
		}
		return infinitePart(u, local < 0)
	}
	d, t := split(local)
	switch u {
	case unitEpoch:
		return epochPart(instant), true
	case unitJulian:
		return julianPart(d, t), true
	}
	if p, ok := clockPart(u, t); ok {
		return p, true
	}
	return datePart(u, d)
}

func epochPart(ts int64) Part {
	lo, c := bits.Add64(uint64(ts), uint64(unixToEpoch), 0)
	return Part{Hi: ts>>63 + int64(c), Lo: lo, Scale: 6}
}

// ExtractTimestamptz is extract(unit from timestamptz), on the zone's clocks.
func ExtractTimestamptz(u Unit, unit string, known bool, ts int64, zone *time.Location) (Part, error) {
	if known {
		switch u {
		case unitTimezone, unitTimezoneHour, unitTimezoneMinute:
			if !Finite(ts) {
				return Part{Kind: PartNull}, nil
			}
			_, off := offsetAt(zone, ts)
			switch u {
			case unitTimezoneHour:
				off /= 3600
			case unitTimezoneMinute:
				off = off / 60 % 60
			}
			return part(int64(off), 0), nil
		}
		if p, ok := timestampPart(u, ToLocal(ts, zone), ts); ok {
			return p, nil
		}
	}
	return Part{}, errUnit(unit, "timestamp with time zone", known)
}

// ExtractInterval is extract(unit from interval).
func ExtractInterval(u Unit, unit string, known bool, iv Interval) (Part, error) {
	p := splitInterval(iv)
	if !known || u == unitReserved {
		return Part{}, errUnit(unit, "interval", false)
	}
	switch u {
	case unitMicrosecond, unitMillisecond, unitSecond:
		v, _ := clockPart(u, p.sec*Second+p.us)
		return v, nil
	case unitMinute:
		return part(p.min, 0), nil
	case unitHour:
		return part(p.hour, 0), nil
	case unitDay:
		return part(p.mday, 0), nil
	case unitMonth:
		return part(p.mon, 0), nil
	case unitQuarter:
		return part(p.mon/3+1, 0), nil
	case unitYear:
		return part(p.year, 0), nil
	case unitDecade:
		return part(p.year/10, 0), nil
	case unitCentury:
		return part(p.year/100, 0), nil
	case unitMillennium:
		return part(p.year/1000, 0), nil
	case unitEpoch:
		// A year has 365.25 days here, a month 30.
		quarters := 1461*p.year + 120*p.mon + 4*p.mday
		h, l := bits.Mul64(uint64(abs(quarters)), uint64(Day/4))
		if quarters < 0 {
			var b uint64
			l, b = bits.Sub64(0, l, 0)
			h = -h - b
		}
		l, c := bits.Add64(l, uint64(iv.Micros), 0)
		return Part{Hi: int64(h) + iv.Micros>>63 + int64(c), Lo: l, Scale: 6}, nil
	}
	return Part{}, errUnit(unit, "interval", known)
}
