package datetime

// AppendInterval appends an interval as interval_out prints it.
func AppendInterval(dst []byte, iv Interval, style IntervalStyle) []byte {
	p := splitInterval(iv)
	switch style {
	case IntervalSQLStandard:
		return p.appendSQL(dst)
	case IntervalISO8601:
		return p.appendISO(dst)
	case IntervalPostgresVerbose:
		return p.appendVerbose(dst)
	}
	return p.appendPostgres(dst)
}

// intervalParts are the fields shown: PostgreSQL's struct pg_itm.
type intervalParts struct {
	year, mon, mday    int64
	hour, min, sec, us int64
}

func splitInterval(iv Interval) intervalParts {
	t := iv.Micros
	return intervalParts{
		year: int64(iv.Months / 12), mon: int64(iv.Months % 12), mday: int64(iv.Days),
		hour: t / Hour, min: t % Hour / Minute, sec: t % Minute / Second, us: t % Second,
	}
}

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// appendSeconds writes |sec|.|us|, the seconds with two digits if pad.
func appendSeconds(dst []byte, sec, us int64, pad bool) []byte {
	sec, us = abs(sec), abs(us)
	if pad && sec < 10 {
		dst = append(dst, '0')
	}
	return appendFraction(appendInt(dst, sec), int(us))
}

func appendAbs2(dst []byte, v int64) []byte {
	u := uint64(abs(v))
	if u < 10 {
		dst = append(dst, '0')
	}
	if u > 1<<62 {
		return appendInt(dst, v)
	}
	return appendInt(dst, int64(u))
}

func (p intervalParts) appendHMS(dst []byte) []byte {
	dst = append(appendAbs2(dst, p.hour), ':')
	dst = append(appendAbs2(dst, p.min), ':')
	return appendSeconds(dst, p.sec, p.us, true)
}

func (p intervalParts) negativeTime() bool { return p.hour < 0 || p.min < 0 || p.sec < 0 || p.us < 0 }

func (p intervalParts) hasTime() bool { return p.hour|p.min|p.sec|p.us != 0 }

func (p intervalParts) appendPostgres(dst []byte) []byte {
	first, before := true, false // before: the last part written was negative
	part := func(v int64, unit string) {
		if v == 0 {
			return
		}
		if !first {
			dst = append(dst, ' ')
		}
		if before && v > 0 {
			dst = append(dst, '+')
		}
		dst = append(append(appendInt(dst, v), ' '), unit...)
		if v != 1 {
			dst = append(dst, 's')
		}
		before, first = v < 0, false
	}
	part(p.year, "year")
	part(p.mon, "mon")
	part(p.mday, "day")
	if first || p.hasTime() {
		if !first {
			dst = append(dst, ' ')
		}
		if p.negativeTime() {
			dst = append(dst, '-')
		} else if before {
			dst = append(dst, '+')
		}
		dst = p.appendHMS(dst)
	}
	return dst
}

func (p intervalParts) appendVerbose(dst []byte) []byte {
	dst = append(dst, '@')
	first, before := true, false // before: shown signs are turned, a negative part came first
	part := func(v int64, unit string) {
		if v == 0 {
			return
		}
		if first {
			before = v < 0
			v = abs(v)
		} else if before {
			v = -v
		}
		dst = append(appendInt(append(dst, ' '), v), ' ')
		dst = append(dst, unit...)
		if v != 1 {
			dst = append(dst, 's')
		}
		first = false
	}
	part(p.year, "year")
	part(p.mon, "mon")
	part(p.mday, "day")
	part(p.hour, "hour")
	part(p.min, "min")
	if p.sec != 0 || p.us != 0 {
		dst = append(dst, ' ')
		if p.sec < 0 || p.us < 0 {
			if first {
				before = true
			} else if !before {
				dst = append(dst, '-')
			}
		} else if before {
			dst = append(dst, '-')
		}
		dst = append(appendSeconds(dst, p.sec, p.us, false), " sec"...)
		if abs(p.sec) != 1 || p.us != 0 {
			dst = append(dst, 's')
		}
		first = false
	}
	if first {
		dst = append(dst, " 0"...)
	}
	if before {
		dst = append(dst, " ago"...)
	}
	return dst
}

func (p intervalParts) appendISO(dst []byte) []byte {
	if p == (intervalParts{}) {
		return append(dst, "PT0S"...)
	}
	dst = append(dst, 'P')
	part := func(v int64, unit byte) {
		if v != 0 {
			dst = append(appendInt(dst, v), unit)
		}
	}
	part(p.year, 'Y')
	part(p.mon, 'M')
	part(p.mday, 'D')
	if !p.hasTime() {
		return dst
	}
	dst = append(dst, 'T')
	part(p.hour, 'H')
	part(p.min, 'M')
	if p.sec != 0 || p.us != 0 {
		if p.sec < 0 || p.us < 0 {
			dst = append(dst, '-')
		}
		dst = append(appendSeconds(dst, p.sec, p.us, false), 'S')
	}
	return dst
}

func (p intervalParts) appendSQL(dst []byte) []byte {
	neg := p.year < 0 || p.mon < 0 || p.mday < 0 || p.negativeTime()
	pos := p.year > 0 || p.mon > 0 || p.mday > 0 || p.hour > 0 || p.min > 0 || p.sec > 0 || p.us > 0
	yearMonth := p.year != 0 || p.mon != 0
	day := p.mday != 0
	dayTime := day || p.hasTime()
	switch {
	case !neg && !pos:
		return append(dst, '0')
	case neg && pos || yearMonth && dayTime:
		// Not a value of SQL's: every field shows its sign.
		dst = append(dst, sign(p.year < 0 || p.mon < 0))
		dst = append(appendInt(dst, abs(p.year)), '-')
		dst = append(appendInt(dst, abs(p.mon)), ' ', sign(p.mday < 0))
		dst = append(appendInt(dst, abs(p.mday)), ' ', sign(p.negativeTime()))
		dst = append(appendInt(dst, abs(p.hour)), ':')
		dst = append(appendAbs2(dst, p.min), ':')
		return appendSeconds(dst, p.sec, p.us, true)
	}
	if neg {
		dst = append(dst, '-')
	}
	if yearMonth {
		return appendInt(append(appendInt(dst, abs(p.year)), '-'), abs(p.mon))
	}
	if day {
		dst = append(appendInt(dst, abs(p.mday)), ' ')
	}
	dst = append(appendInt(dst, abs(p.hour)), ':')
	dst = append(appendAbs2(dst, p.min), ':')
	return appendSeconds(dst, p.sec, p.us, true)
}

func sign(neg bool) byte {
	if neg {
		return '-'
	}
	return '+'
}
