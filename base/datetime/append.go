package datetime

func digits2(dst []byte, v int) []byte { return append(dst, byte('0'+v/10), byte('0'+v%10)) }

func appendYear(dst []byte, y int) []byte {
	if y >= 10000 {
		return appendInt(dst, int64(y))
	}
	return digits2(digits2(dst, y/100), y%100)
}

func appendInt(dst []byte, v int64) []byte {
	var buf [20]byte
	i, u := len(buf), uint64(v)
	if v < 0 {
		u = -u
	}
	for {
		i--
		buf[i] = byte('0' + u%10)
		if u /= 10; u == 0 {
			break
		}
	}
	if v < 0 {
		dst = append(dst, '-')
	}
	return append(dst, buf[i:]...)
}

// appendFraction writes .ffffff without trailing zeros, nothing for zero.
func appendFraction(dst []byte, micros int) []byte {
	if micros == 0 {
		return dst
	}
	dst = append(dst, '.')
	for d := 100000; micros != 0; d /= 10 {
		dst = append(dst, byte('0'+micros/d))
		micros %= d
	}
	return dst
}

func appendClock(dst []byte, t int64) []byte {
	s := int(t / Second)
	dst = append(digits2(dst, s/3600), ':')
	dst = append(digits2(dst, s/60%60), ':')
	return appendFraction(digits2(dst, s%60), int(t%Second))
}

// AppendTime appends a time as time_out prints it.
func AppendTime(dst []byte, t int64) []byte { return appendClock(dst, t) }

// displayYear turns year 0 and less into years BC.
func displayYear(y int) (int, bool) {
	if y <= 0 {
		return 1 - y, true
	}
	return y, false
}

// AppendDate appends a date as date_out prints it in the session's DateStyle.
func AppendDate(dst []byte, d int32, s *Settings) []byte {
	switch d {
	case DateInfinity:
		return append(dst, "infinity"...)
	case DateNegInfinity:
		return append(dst, "-infinity"...)
	}
	year, month, day := Civil(d)
	y, bc := displayYear(year)
	switch {
	case s.Style == ISO:
		dst = appendYear(dst, y)
		dst = digits2(append(dst, '-'), month)
		dst = digits2(append(dst, '-'), day)
	case s.Style == German:
		dst = digits2(dst, day)
		dst = digits2(append(dst, '.'), month)
		dst = appendYear(append(dst, '.'), y)
	default:
		sep := byte('/')
		if s.Style == Postgres {
			sep = '-'
		}
		a, b := month, day
		if s.Order == DMY {
			a, b = day, month
		}
		dst = append(digits2(dst, a), sep)
		dst = append(digits2(dst, b), sep)
		dst = appendYear(dst, y)
	}
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

// AppendTimestamp appends a timestamp as timestamp_out prints it in the session's
// DateStyle.
func AppendTimestamp(dst []byte, ts int64, s *Settings) []byte {
	return appendTimestamp(dst, ts, s, false, "", 0)
}

// AppendTimestamptz appends a timestamptz on the clocks of the session's zone.
func AppendTimestamptz(dst []byte, ts int64, s *Settings) []byte {
	if !Finite(ts) {
		return appendTimestamp(dst, ts, s, false, "", 0)
	}
	abbrev, off := offsetAt(s.zone(), ts)
	return appendTimestamp(dst, ts+int64(off)*Second, s, true, abbrev, off)
}

func appendTimestamp(dst []byte, ts int64, s *Settings, tz bool, abbrev string, off int) []byte {
	switch ts {
	case Infinity:
		return append(dst, "infinity"...)
	case NegInfinity:
		return append(dst, "-infinity"...)
	}
	date, t := split(ts)
	if s.Style == ISO {
		return appendISO(dst, date, t, tz, off)
	}
	year, month, day := Civil(date)
	y, bc := displayYear(year)
	if s.Style == Postgres {
		dst = append(dst, dayNames[(int(date)+epochJulian+1)%7][:3]...)
		dst = append(dst, ' ')
		if s.Order == DMY {
			dst = append(append(digits2(dst, day), ' '), monthNames[month-1][:3]...)
		} else {
			dst = digits2(append(append(dst, monthNames[month-1][:3]...), ' '), day)
		}
		dst = appendClock(append(dst, ' '), t)
		dst = appendYear(append(dst, ' '), y)
	} else {
		sep, a, b := byte('/'), month, day
		if s.Style == German {
			sep = '.'
		}
		if s.Style == German || s.Order == DMY {
			a, b = day, month
		}
		dst = append(digits2(dst, a), sep)
		dst = append(digits2(dst, b), sep)
		dst = appendClock(append(appendYear(dst, y), ' '), t)
	}
	if tz {
		dst = append(append(dst, ' '), abbrev...)
	}
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

func appendISO(dst []byte, date int32, t int64, tz bool, off int) []byte {
	year, month, day := Civil(date)
	y, bc := displayYear(year)
	dst = appendYear(dst, y)
	dst = digits2(append(dst, '-'), month)
	dst = digits2(append(dst, '-'), day)
	dst = appendClock(append(dst, ' '), t)
	if tz {
		dst = appendOffset(dst, off)
	}
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

// appendOffset writes +hh, +hh:mm or +hh:mm:ss.
func appendOffset(dst []byte, off int) []byte {
	sign := byte('+')
	if off < 0 {
		sign, off = '-', -off
	}
	dst = digits2(append(dst, sign), off/3600)
	if off%3600 != 0 {
		dst = digits2(append(dst, ':'), off/60%60)
	}
	if off%60 != 0 {
		dst = digits2(append(dst, ':'), off%60)
	}
	return dst
}

var monthNames = [12]string{"January", "February", "March", "April", "May", "June", "July",
	"August", "September", "October", "November", "December"}

var dayNames = [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
