package datetime

import (
	"fmt"
	"maps"
	"math/big"
	"strconv"
	"strings"
)

// partText prints as the numeric would print.
func partText(p Part) string {
	switch p.Kind {
	case PartNull:
		return "NULL"
	case PartInfinity:
		return "Infinity"
	case PartNegInfinity:
		return "-Infinity"
	}
	n := new(big.Int).Lsh(big.NewInt(p.Hi), 64)
	n.Add(n, new(big.Int).SetUint64(p.Lo))
	sign := ""
	if n.Sign() < 0 {
		sign = "-"
		n.Neg(n)
	}
	s := n.String()
	if p.Scale == 0 {
		return sign + s
	}
	for len(s) <= int(p.Scale) {
		s = "0" + s
	}
	return sign + s[:len(s)-int(p.Scale)] + "." + s[len(s)-int(p.Scale):]
}

func extracted(p Part, err error) (string, error) { return partText(p), err }

func floats(s string) []float64 {
	var v []float64
	for x := range strings.SplitSeq(s, ",") {
		f, _ := strconv.ParseFloat(x, 64)
		v = append(v, f)
	}
	return v
}

// overTimestamps tests a function of a timestamp and one more argument.
func overTimestamps(tz bool, op func(s *Settings, ts int64, arg string) (string, error)) goldenFunc {
	return func(s *Settings, f []string) (string, error) {
		parse := ParseTimestamp[string]
		if tz {
			parse = ParseTimestamptz[string]
		}
		ts, err := parse(f[0], s)
		if err != nil {
			return "", err
		}
		return op(s, ts, f[1])
	}
}

func swapped(fn goldenFunc) goldenFunc {
	return func(s *Settings, f []string) (string, error) { return fn(s, []string{f[1], f[0]}) }
}

func plusInterval(tz, minus bool) goldenFunc {
	return overTimestamps(tz, func(s *Settings, ts int64, arg string) (string, error) {
		iv, err := ParseInterval(arg, -1, s)
		if err != nil {
			return "", err
		}
		if minus {
			iv = iv.Neg()
		}
		if tz {
			ts, err = AddIntervalZone(ts, iv, s.Zone)
			return string(AppendTimestamptz(nil, ts, s)), err
		}
		ts, err = AddInterval(ts, iv)
		return string(AppendTimestamp(nil, ts, s)), err
	})
}

func twoTimestamps(tz bool, op func(a, b int64) (Interval, error)) goldenFunc {
	return overTimestamps(tz, func(s *Settings, a int64, arg string) (string, error) {
		parse := ParseTimestamp[string]
		if tz {
			parse = ParseTimestamptz[string]
		}
		b, err := parse(arg, s)
		if err != nil {
			return "", err
		}
		if tz {
			a, b = ToLocal(a, s.Zone), ToLocal(b, s.Zone)
		}
		iv, err := op(a, b)
		return string(AppendInterval(nil, iv, s.Interval)), err
	})
}

func overInterval(op func(s *Settings, iv Interval, f []string) (string, error)) goldenFunc {
	return func(s *Settings, f []string) (string, error) {
		iv, err := ParseInterval(f[0], -1, s)
		if err != nil {
			return "", err
		}
		return op(s, iv, f[1:])
	}
}

func intervalToInterval(op func(iv Interval) (Interval, error)) goldenFunc {
	return overInterval(func(s *Settings, iv Interval, _ []string) (string, error) {
		iv, err := op(iv)
		return string(AppendInterval(nil, iv, s.Interval)), err
	})
}

func scaled(op func(iv Interval, x float64) (Interval, error)) goldenFunc {
	return overInterval(func(s *Settings, iv Interval, f []string) (string, error) {
		iv, err := op(iv, floats(f[0])[0])
		return string(AppendInterval(nil, iv, s.Interval)), err
	})
}

func twoIntervals(op func(a, b Interval) (Interval, error)) goldenFunc {
	return overInterval(func(s *Settings, a Interval, f []string) (string, error) {
		b, err := ParseInterval(f[0], -1, s)
		if err != nil {
			return "", err
		}
		iv, err := op(a, b)
		return string(AppendInterval(nil, iv, s.Interval)), err
	})
}

// arithmeticFuncs add, subtract, scale and compare.
var arithmeticFuncs = map[string]goldenFunc{
	"addinterval": plusInterval(false, false), "subinterval": plusInterval(false, true),
	"addintervaltz": plusInterval(true, false), "subintervaltz": plusInterval(true, true),
	"diff": twoTimestamps(false, SubTimestamps), "age": twoTimestamps(false, Age), "agetz": twoTimestamps(true, Age),
	"justifyhours": intervalToInterval(JustifyHours), "justifydays": intervalToInterval(JustifyDays),
	"justifyinterval": intervalToInterval(JustifyInterval), "negate": intervalToInterval(NegInterval),
	"intervaltime": overInterval(func(s *Settings, iv Interval, _ []string) (string, error) {
		return string(AppendTime(nil, iv.ToTimeOfDay())), nil
	}),
	"mulinterval": scaled(MulInterval), "divinterval": scaled(DivInterval),
	"addintervals": twoIntervals(AddIntervals), "subintervals": twoIntervals(SubIntervals),
	"cmpinterval": overInterval(func(s *Settings, a Interval, f []string) (string, error) {
		b, err := ParseInterval(f[0], -1, s)
		return fmt.Sprint(CompareIntervals(a, b)), err
	}),
	"overlaps": func(s *Settings, f []string) (string, error) {
		var d [4]int32
		for i := range d {
			d[i], _ = ParseDate(f[i], s)
		}
		return fmt.Sprint(Overlaps(d[0], d[1], d[2], d[3])), nil
	},
	"adddays": func(s *Settings, f []string) (string, error) {
		d, _ := ParseDate(f[0], s)
		d, err := AddDays(d, int32(floats(f[1])[0]))
		return string(AppendDate(nil, d, s)), err
	},
	"subdays": func(s *Settings, f []string) (string, error) {
		d, _ := ParseDate(f[0], s)
		d, err := SubDays(d, int32(floats(f[1])[0]))
		return string(AppendDate(nil, d, s)), err
	},
	"addtime": func(s *Settings, f []string) (string, error) {
		t, _ := ParseTime(f[0], s)
		iv, err := ParseInterval(f[1], -1, s)
		return string(AppendTime(nil, AddTime(t, iv))), err
	},
	"subtime": func(s *Settings, f []string) (string, error) {
		t, _ := ParseTime(f[0], s)
		iv, err := ParseInterval(f[1], -1, s)
		return string(AppendTime(nil, SubTime(t, iv))), err
	},
}

// fieldFuncs take a value apart or cut it.
var fieldFuncs = map[string]goldenFunc{
	"extract": swapped(overTimestamps(false, func(s *Settings, ts int64, unit string) (string, error) {
		u, known := FindUnit(unit)
		return extracted(ExtractTimestamp(u, unit, known, ts))
	})),
	"part": swapped(overTimestamps(false, func(s *Settings, ts int64, unit string) (string, error) {
		u, known := FindUnit(unit)
		p, err := ExtractTimestamp(u, unit, known, ts)
		if err != nil || p.Kind != PartNumber {
			return partText(p), err
		}
		v, _ := p.Float64()
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	})),
	"extracttz": swapped(overTimestamps(true, func(s *Settings, ts int64, unit string) (string, error) {
		u, known := FindUnit(unit)
		return extracted(ExtractTimestamptz(u, unit, known, ts, s.Zone))
	})),
	"extractdate": func(s *Settings, f []string) (string, error) {
		d, err := ParseDate(f[1], s)
		if err != nil {
			return "", err
		}
		u, known := FindUnit(f[0])
		return extracted(ExtractDate(u, f[0], known, d))
	},
	"extracttime": func(s *Settings, f []string) (string, error) {
		v, err := ParseTime(f[1], s)
		if err != nil {
			return "", err
		}
		u, known := FindUnit(f[0])
		return extracted(ExtractTime(u, f[0], known, v))
	},
	"extractinterval": swapped(overInterval(func(s *Settings, iv Interval, f []string) (string, error) {
		u, known := FindUnit(f[0])
		return extracted(ExtractInterval(u, f[0], known, iv))
	})),
	"trunc": swapped(overTimestamps(false, func(s *Settings, ts int64, unit string) (string, error) {
		u, known := FindUnit(unit)
		ts, err := TruncTimestamp(u, unit, known, ts)
		return string(AppendTimestamp(nil, ts, s)), err
	})),
	"trunctz": swapped(overTimestamps(true, func(s *Settings, ts int64, unit string) (string, error) {
		u, known := FindUnit(unit)
		ts, err := TruncTimestamptz(u, unit, known, ts, s.Zone)
		return string(AppendTimestamptz(nil, ts, s)), err
	})),
	"truncinterval": swapped(overInterval(func(s *Settings, iv Interval, f []string) (string, error) {
		u, known := FindUnit(f[0])
		iv, err := TruncInterval(u, f[0], known, iv)
		return string(AppendInterval(nil, iv, s.Interval)), err
	})),
	"datebin": swapped(overTimestamps(false, func(s *Settings, ts int64, arg string) (string, error) {
		iv, err := ParseInterval(arg, -1, s)
		if err != nil {
			return "", err
		}
		origin, _ := ParseTimestamp("2001-01-01 00:07:00", s)
		ts, err = DateBin(iv, ts, origin)
		return string(AppendTimestamp(nil, ts, s)), err
	})),
}

// zoneFuncs show an instant on the clocks of a zone, and back.
var zoneFuncs = map[string]goldenFunc{
	"attimezone": swapped(overTimestamps(false, func(s *Settings, ts int64, arg string) (string, error) {
		z, err := FindZone(arg)
		if err != nil {
			return "", err
		}
		ts, err = z.FromLocal(ts)
		return string(AppendTimestamptz(nil, ts, s)), err
	})),
	"attimezonetz": swapped(overTimestamps(true, func(s *Settings, ts int64, arg string) (string, error) {
		z, err := FindZone(arg)
		if err != nil {
			return "", err
		}
		ts, err = z.ToLocal(ts)
		return string(AppendTimestamp(nil, ts, s)), err
	})),
}

// makingFuncs make a value of numbers.
var makingFuncs = map[string]goldenFunc{
	"makedate": func(s *Settings, f []string) (string, error) {
		v := floats(f[0])
		d, err := MakeDate(int32(v[0]), int32(v[1]), int32(v[2]))
		return string(AppendDate(nil, d, s)), err
	},
	"maketime": func(s *Settings, f []string) (string, error) {
		v := floats(f[0])
		t, err := MakeTime(int32(v[0]), int32(v[1]), v[2])
		return string(AppendTime(nil, t)), err
	},
	"maketimestamp": func(s *Settings, f []string) (string, error) {
		v := floats(f[0])
		ts, err := MakeTimestamp(int32(v[0]), int32(v[1]), int32(v[2]), int32(v[3]), int32(v[4]), v[5])
		return string(AppendTimestamp(nil, ts, s)), err
	},
	"makeinterval": func(s *Settings, f []string) (string, error) {
		v := floats(f[0])
		iv, err := MakeInterval(int32(v[0]), int32(v[1]), int32(v[2]), int32(v[3]), int32(v[4]), int32(v[5]), v[6])
		return string(AppendInterval(nil, iv, s.Interval)), err
	},
	"fromepoch": func(s *Settings, f []string) (string, error) {
		ts, err := FromEpoch(floats(f[0])[0])
		return string(AppendTimestamptz(nil, ts, s)), err
	},
}

// pictureFuncs write and read by a format.
var pictureFuncs = map[string]goldenFunc{
	"tochar": overTimestamps(true, func(s *Settings, ts int64, f string) (string, error) {
		b, ok := NewPicture(f).AppendTimestamptz(nil, ts, s)
		if !ok {
			return "NULL", nil
		}
		return string(b), nil
	}),
	"tocharinterval": overInterval(func(s *Settings, iv Interval, f []string) (string, error) {
		b, ok, err := NewPicture(f[0]).AppendInterval(nil, iv)
		if !ok && err == nil {
			return "NULL", nil
		}
		return string(b), err
	}),
	"totimestamp": func(s *Settings, f []string) (string, error) {
		ts, err := NewPicture(f[1]).ParseTimestamptz(f[0], s)
		return string(AppendTimestamptz(nil, ts, s)), err
	},
	"todate": func(s *Settings, f []string) (string, error) {
		d, err := NewPicture(f[1]).ParseDate(f[0])
		return string(AppendDate(nil, d, s)), err
	},
}

func init() {
	for _, some := range []map[string]goldenFunc{arithmeticFuncs, fieldFuncs, zoneFuncs, makingFuncs, pictureFuncs} {
		maps.Copy(goldenFuncs, some)
	}
}
