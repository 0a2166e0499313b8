package datetime

// Text is what parsers read: they keep nothing of it.
type Text interface{ ~string | ~[]byte }

func two[T Text](s T, i int) int {
	a, b := s[i]-'0', s[i+1]-'0'
	if a > 9 || b > 9 {
		return -1 << 16
	}
	return int(a)*10 + int(b)
}

// ParseISODate reads YYYY-MM-DD and nothing else; ok is false for all other text, which
// [ParseDate] may still accept. It does not allocate.
func ParseISODate[T Text](s T) (date int32, ok bool) {
	if len(s) != 10 {
		return 0, false
	}
	return isoDate(s)
}

func isoDate[T Text](s T) (int32, bool) {
	if s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	year, month, day := two(s, 0)*100+two(s, 2), two(s, 5), two(s, 8)
	if year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	return DateOf(year, month, day), true
}

// ParseISOTimestamp reads YYYY-MM-DD HH:MM:SS[.ffffff], with a T for the blank if the
// writer liked it, and nothing else; ok is false for all other text, which
// [ParseTimestamp] may still accept. It does not allocate.
func ParseISOTimestamp[T Text](s T) (ts int64, ok bool) {
	if len(s) < 19 || len(s) > 26 || s[10] != ' ' && s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	date, ok := isoDate(s)
	h, m, sec := two(s, 11), two(s, 14), two(s, 17)
	if !ok || h < 0 || m < 0 || sec < 0 || h > 23 || m > 59 || sec > 59 {
		return 0, false
	}
	ts = int64(date)*Day + int64(h*3600+m*60+sec)*Second
	if len(s) == 19 {
		return ts, true
	}
	if s[19] != '.' || len(s) == 20 {
		return 0, false
	}
	unit := int64(100000)
	for i := 20; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		ts += int64(c) * unit
		unit /= 10
	}
	return ts, true
}
