package datetime

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/tests/reference"
)

func outcome(text string, err error) string {
	if err == nil {
		return text
	}
	var e *pgerr.Error
	if !errors.As(err, &e) {
		return "not a client error: " + err.Error()
	}
	text = e.Code + ": " + e.Message
	if e.Hint != "" {
		text += " / " + e.Hint
	}
	return text
}

// settings reads DateStyle|TimeZone|IntervalStyle.
func settings(t *testing.T, s string) *Settings {
	t.Helper()
	set := &Settings{Zone: time.UTC, Now: 700000000 * Second}
	if s == "-" {
		return set
	}
	f := strings.Split(s, "|")
	style, order, _ := strings.Cut(f[0], ", ")
	set.Style = map[string]Style{"ISO": ISO, "SQL": SQL, "Postgres": Postgres, "German": German}[style]
	set.Order = map[string]Order{"MDY": MDY, "DMY": DMY, "YMD": YMD}[order]
	set.Interval = map[string]IntervalStyle{"postgres": IntervalPostgres, "postgres_verbose": IntervalPostgresVerbose,
		"sql_standard": IntervalSQLStandard, "iso_8601": IntervalISO8601}[f[2]]
	z, err := LoadZone(f[1])
	if err != nil {
		t.Fatal(err)
	}
	set.Zone = z
	return set
}

// typmodOf reads "day to second(3)".
func typmodOf(s string) int32 {
	precision := int32(NoPrecision)
	if r, p, ok := strings.Cut(s, "("); ok {
		n, _ := strconv.Atoi(strings.TrimSuffix(p, ")"))
		s, precision = r, int32(n)
	}
	names := []string{"year", "month", "day", "hour", "minute", "second"}
	bits := []Range{RangeYear, RangeMonth, RangeDay, RangeHour, RangeMinute, RangeSecond}
	r := FullRange
	if from, to, ok := strings.Cut(s, " to "); s != "" {
		r = 0
		if !ok {
			to = from
		}
		in := false
		for i, n := range names {
			in = in || n == from
			if in {
				r |= bits[i]
			}
			in = in && n != to
		}
	}
	return IntervalTypmod(r, precision)
}

type goldenFunc func(s *Settings, f []string) (string, error)

var goldenFuncs = map[string]goldenFunc{
	"date": func(s *Settings, f []string) (string, error) {
		d, err := ParseDate(f[0], s)
		return string(AppendDate(nil, d, s)), err
	},
	"timestamp": func(s *Settings, f []string) (string, error) {
		ts, err := ParseTimestamp([]byte(f[0]), s)
		return string(AppendTimestamp(nil, ts, s)), err
	},
	"timestamptz": func(s *Settings, f []string) (string, error) {
		ts, err := ParseTimestamptz(f[0], s)
		return string(AppendTimestamptz(nil, ts, s)), err
	},
	"time": func(s *Settings, f []string) (string, error) {
		v, err := ParseTime(f[0], s)
		return string(AppendTime(nil, v)), err
	},
	"interval": func(s *Settings, f []string) (string, error) {
		iv, err := ParseInterval(f[0], -1, s)
		return string(AppendInterval(nil, iv, s.Interval)), err
	},
	"intervalrange": func(s *Settings, f []string) (string, error) {
		iv, err := ParseInterval(f[0], typmodOf(f[1]), s)
		return string(AppendInterval(nil, iv, s.Interval)), err
	},
	"timestampprecision": func(s *Settings, f []string) (string, error) {
		ts, err := ParseTimestamp(f[0], s)
		p, _ := strconv.Atoi(f[1])
		return string(AppendTimestamp(nil, RoundTime(ts, int32(p)), s)), err
	},
}

// TestGolden compares with the answers of PostgreSQL 15 in testdata/golden.txt.
func TestGolden(t *testing.T) {
	reference.Golden(t, func(f []string) string {
		fn := goldenFuncs[f[0]]
		if fn == nil {
			t.Fatalf("unknown function %s", f[0])
		}
		return outcome(fn(settings(t, f[1]), f[2:]))
	})
}
