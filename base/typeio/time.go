package typeio

import (
	"encoding/binary"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
)

// defaults stand for missing settings.
var defaults = datetime.Settings{}

func settled(s *settings) *settings {
	if s == nil {
		return &defaults
	}
	return s
}

func outOfRange(what string) error {
	return pgerr.New(pgerr.DatetimeFieldOverflow, "%s out of range", what)
}

var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, s *settings) []byte {
		return datetime.AppendDate(dst, v.I32[i], settled(s))
	},
	func(v *col.Vector, text []byte, s *settings) error {
		d, ok := datetime.ParseISODate(text)
		if !ok {
			var err error
			if d, err = datetime.ParseDate(text, settled(s)); err != nil {
				return err
			}
		}
		v.AppendI32(d)
		return nil
	},
	binaryI32,
	func(v *col.Vector, b []byte) error {
		if len(b) != 4 {
			return errBinary()
		}
		d := int32(be.Uint32(b))
		if datetime.DateFinite(d) && (d < datetime.MinDate || d >= datetime.EndDate) {
			return outOfRange("date")
		}
		v.AppendI32(d)
		return nil
	},
}, col.OIDDate)

var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, _ *settings) []byte { return datetime.AppendTime(dst, v.I64[i]) },
	func(v *col.Vector, text []byte, s *settings) error {
		t, err := datetime.ParseTime(text, settled(s))
		if err == nil {
			v.AppendI64(datetime.RoundTime(t, v.Type.Mod))
		}
		return err
	},
	binaryI64,
	func(v *col.Vector, b []byte) error {
		if len(b) != 8 {
			return errBinary()
		}
		t := int64(be.Uint64(b))
		if t < 0 || t > datetime.Day {
			return outOfRange("time")
		}
		v.AppendI64(datetime.RoundTime(t, v.Type.Mod))
		return nil
	},
}, col.OIDTime)

func parseBinaryTimestamp(v *col.Vector, b []byte) error {
	if len(b) != 8 {
		return errBinary()
	}
	t := int64(be.Uint64(b))
	if datetime.Finite(t) && (t < datetime.MinTimestamp || t >= datetime.EndTimestamp) {
		return outOfRange("timestamp")
	}
	v.AppendI64(datetime.RoundTime(t, v.Type.Mod))
	return nil
}

var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, s *settings) []byte {
		return datetime.AppendTimestamp(dst, v.I64[i], settled(s))
	},
	func(v *col.Vector, text []byte, s *settings) error {
		t, ok := datetime.ParseISOTimestamp(text)
		if !ok {
			var err error
			if t, err = datetime.ParseTimestamp(text, settled(s)); err != nil {
				return err
			}
		}
		v.AppendI64(datetime.RoundTime(t, v.Type.Mod))
		return nil
	},
	binaryI64, parseBinaryTimestamp,
}, col.OIDTimestamp)

var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, s *settings) []byte {
		return datetime.AppendTimestamptz(dst, v.I64[i], settled(s))
	},
	func(v *col.Vector, text []byte, s *settings) error {
		t, ok := isoTimestamptz(text)
		if !ok {
			var err error
			if t, err = datetime.ParseTimestamptz(text, settled(s)); err != nil {
				return err
			}
		}
		v.AppendI64(datetime.RoundTime(t, v.Type.Mod))
		return nil
	},
	binaryI64, parseBinaryTimestamp,
}, col.OIDTimestamptz)

// isoTimestamptz reads an ISO timestamp that ends in Z or in an offset of hours, or hours
// and minutes, without allocation; ok is false for all other text.
func isoTimestamptz(text []byte) (t int64, ok bool) {
	n := len(text)
	offset, cut := int64(0), 0
	digit := func(i int) bool { return text[n-i]-'0' <= 9 }
	number := func(i int) int64 { return int64(text[n-i]-'0')*10 + int64(text[n-i+1]-'0') }
	switch {
	case n < 20:
		return 0, false
	case text[n-1] == 'Z':
		cut = 1
	case (text[n-3] == '+' || text[n-3] == '-') && digit(2) && digit(1):
		cut, offset = 3, number(2)*60
	case (text[n-6] == '+' || text[n-6] == '-') && digit(5) && digit(4) && text[n-3] == ':' && digit(2) && digit(1):
		cut, offset = 6, number(5)*60+number(2)
		if number(2) > 59 {
			return 0, false
		}
	}
	if cut == 0 || offset > 15*60 {
		return 0, false
	}
	if text[n-cut] == '+' {
		offset = -offset
	}
	t, ok = datetime.ParseISOTimestamp(text[:n-cut])
	return t + offset*datetime.Minute, ok
}

// Interval is the interval in lane i of a KindIv vector.
func Interval(v *col.Vector, i int) datetime.Interval {
	months, days, us := col.IntervalParts(v.Wide[i])
	return datetime.Interval{Months: months, Days: days, Micros: us}
}

func appendInterval(v *col.Vector, iv datetime.Interval) {
	v.AppendWide(col.IntervalLane(iv.Months, iv.Days, iv.Micros))
}

var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, s *settings) []byte {
		return datetime.AppendInterval(dst, Interval(v, i), settled(s).Interval)
	},
	func(v *col.Vector, text []byte, s *settings) error {
		iv, err := datetime.ParseInterval(text, v.Type.Mod, settled(s))
		if err == nil {
			appendInterval(v, iv)
		}
		return err
	},
	func(dst []byte, v *col.Vector, i int) []byte {
		iv := Interval(v, i)
		dst = be.AppendUint64(dst, uint64(iv.Micros))
		dst = be.AppendUint32(dst, uint32(iv.Days))
		return be.AppendUint32(dst, uint32(iv.Months))
	},
	func(v *col.Vector, b []byte) error {
		if len(b) != 16 {
			return errBinary()
		}
		iv := datetime.Interval{Micros: int64(binary.BigEndian.Uint64(b)), Days: int32(be.Uint32(b[8:])), Months: int32(be.Uint32(b[12:]))}
		iv, err := datetime.ApplyIntervalTypmod(iv, v.Type.Mod)
		if err == nil {
			appendInterval(v, iv)
		}
		return err
	},
}, col.OIDInterval)
