package datetime

import (
	"testing"
	"time"
)

// seeds are the texts that every fuzz target starts from.
var seeds = []string{"2020-01-05 10:20:30.5+02", "Jan 5 2020 3pm", "J2451187", "2020.123", "20200105T102030-05", "now", "infinity",
	"1 year 2 mons -3 days 04:05:06.789", "P1Y2M3DT4H5M6S", "-1-2 3 04:05:06", "@ 1 day ago", "10:20 America/New_York", "<+03>-3", "EST5EDT,M3.2.0,M11.1.0"}

func FuzzTimestamp(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		set := &Settings{}
		for _, set.Order = range []Order{MDY, DMY, YMD} {
			ts, err := ParseTimestamp(text, set)
			if err == nil {
				again, err := ParseTimestamp(AppendTimestamp(nil, ts, set), set)
				if err != nil || again != ts {
					t.Fatalf("%q is %d, prints and reads as %d: %v", text, ts, again, err)
				}
			}
			if tz, err := ParseTimestamptz(text, set); err == nil {
				if again, err := ParseTimestamptz(AppendTimestamptz(nil, tz, set), set); err != nil || again != tz {
					t.Fatalf("%q is %d, prints and reads as %d: %v", text, tz, again, err)
				}
			}
			if d, err := ParseDate(text, set); err == nil {
				if again, err := ParseDate(AppendDate(nil, d, set), set); err != nil || again != d {
					t.Fatalf("%q is %d, prints and reads as %d: %v", text, d, again, err)
				}
			}
			if v, err := ParseTime(text, set); err == nil {
				if again, err := ParseTime(AppendTime(nil, v), set); err != nil || again != v {
					t.Fatalf("%q is %d, prints and reads as %d: %v", text, v, again, err)
				}
			}
		}
	})
}

func FuzzInterval(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for style := IntervalPostgres; style <= IntervalISO8601; style++ {
			set := &Settings{Interval: style}
			iv, err := ParseInterval(text, -1, set)
			if err != nil || iv.Micros == NegInfinity || iv.Days < -1<<30 || iv.Months < -1<<30 {
				continue
			}
			again, err := ParseInterval(AppendInterval(nil, iv, style), -1, set)
			// ISO 8601 text passes through a float64, as in PostgreSQL.
			if style == IntervalISO8601 && (iv.Micros > 1<<50 || iv.Micros < -1<<50) {
				continue
			}
			if err != nil || again != iv {
				t.Fatalf("%q is %v, prints and reads as %v: %v", text, iv, again, err)
			}
		}
	})
}

func FuzzPicture(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, "YYYY-MM-DD HH24:MI:SS.US TZH")
	}
	f.Add("2020-05", "IYYY-IW")
	f.Fuzz(func(t *testing.T, text, format string) {
		p := NewPicture(format)
		set := &Settings{}
		if ts, err := p.ParseTimestamptz(text, set); err == nil {
			p.AppendTimestamptz(nil, ts, set)
		}
		_, _ = p.ParseDate(text)
		_, _, _ = p.AppendInterval(nil, Interval{-13, 5, -Hour})
	})
}

func FuzzZone(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if z, err := LoadZone(name); err == nil {
			for _, ts := range []int64{0, MinTimestamp, EndTimestamp - 1, 700000000 * Second} {
				FromLocal(ToLocal(ts, z), z)
			}
		}
		if z, err := FindZone(name); err == nil {
			_, _ = z.FromLocal(0)
		}
	})
}

func TestFastPathAgrees(t *testing.T) {
	set := &Settings{}
	for _, text := range []string{"2015-07-15 00:00:00", "2015-07-15 23:59:59.123456", "2015-07-15T01:02:03.5", "0001-01-01 00:00:00", "2016-02-29 10:00:00"} {
		fast, ok := ParseISOTimestamp([]byte(text))
		slow, err := ParseTimestamp(text+" ", set)
		if !ok || err != nil || fast != slow {
			t.Errorf("%s: %d (%v) and %d (%v)", text, fast, ok, slow, err)
		}
	}
	for _, text := range []string{"2015-02-29 00:00:00", "2015-07-15 24:00:00", "2015-07-15 00:00:60", "2015-07-15 00:00:00.", "2015-07-15 00:00:00.1234567", "2015-07-15 00:00:00Z", "0000-01-01 00:00:00", "2015-07-15 0a:00:00"} {
		if _, ok := ParseISOTimestamp(text); ok {
			t.Errorf("%s is taken", text)
		}
	}
}

func TestNow(t *testing.T) {
	zone, err := LoadZone("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	set := &Settings{Zone: zone, Now: FromTime(time.Date(2020, 1, 6, 3, 30, 0, 0, time.UTC))}
	for text, want := range map[string]string{"now": "2020-01-05 22:30:00", "today": "2020-01-05 00:00:00", "tomorrow": "2020-01-06 00:00:00",
		"yesterday 10:00": "2020-01-04 10:00:00", "tomorrow noon": ""} {
		ts, err := ParseTimestamp(text, set)
		if got := string(AppendTimestamp(nil, ts, set)); want != "" && got != want || want == "" && err == nil {
			t.Errorf("%s is %s, %v", text, got, err)
		}
	}
	if ts, err := ParseTimestamptz("now", set); err != nil || ts != set.Now {
		t.Errorf("now is %d: %v", ts, err)
	}
}

func TestWindows(t *testing.T) {
	for _, c := range []struct{ ts, width, offset, want int64 }{{25, 10, 0, 20}, {-1, 10, 0, -10}, {-10, 10, 0, -10}, {25, 10, 7, 17}, {25, 10, -3, 17}, {NegInfinity, 10, 0, NegInfinity}} {
		if got := TumbleStart(c.ts, c.width, c.offset); got != c.want {
			t.Errorf("window of %d, width %d, offset %d starts at %d", c.ts, c.width, c.offset, got)
		}
	}
	for ts := int64(-50); ts < 50; ts++ {
		for _, c := range [][2]int64{{5, 20}, {7, 20}, {10, 10}, {10, 3}} {
			var want, got []int64
			for s := int64(-1000); s < 1000; s++ {
				if (s-2)%c[0] == 0 && s <= ts && ts < s+c[1] {
					want = append(want, s)
				}
			}
			first, last := HopStarts(ts, c[0], c[1], 2)
			for s := first; s <= last; s += c[0] {
				got = append(got, s)
			}
			if len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
				t.Fatalf("windows of %d every %d, size %d: %v, want %v", ts, c[0], c[1], got, want)
			}
		}
	}
	if _, err := WindowMicros(Interval{Months: 1}); err == nil {
		t.Error("a window of a month is taken")
	}
}

func BenchmarkParseISOTimestamp(b *testing.B) {
	text := []byte("2015-07-15 00:00:00.123")
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := ParseISOTimestamp(text); !ok {
			b.Fatal("refused")
		}
	}
}

func BenchmarkAppendTimestamp(b *testing.B) {
	set := &Settings{}
	var buf [40]byte
	b.ReportAllocs()
	for b.Loop() {
		AppendTimestamp(buf[:0], 490233600123000, set)
	}
}

func BenchmarkParseTimestampGeneral(b *testing.B) {
	set := &Settings{}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseTimestamp("Jan 5 2020 10:20:30", set); err != nil {
			b.Fatal(err)
		}
	}
}
