package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/examples/flights"
)

func TestHoursOfTheExample(t *testing.T) {
	hours, err := readHours(flights.Files)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for i, h := range hours {
		total += h.flights
		if i > 0 && hours[i-1].time >= h.time {
			t.Fatalf("hour %s after %s", h.time, hours[i-1].time)
		}
		for row := range strings.Lines(h.rows) {
			if !strings.HasSuffix(row, ","+h.time+"\n") {
				t.Fatalf("in %s: %s", h.time, row)
			}
		}
	}
	if len(hours) != 589 || total != 27_004 || hours[0].time != "2013-01-01T10:00:00Z" {
		t.Errorf("%d hours from %s, %d flights", len(hours), hours[0].time, total)
	}
}

func TestReadHours(t *testing.T) {
	file := func(text string) fs.FS { return fstest.MapFS{"flights.csv": {Data: []byte(text)}} }
	hours, err := readHours(file("id,time_hour\n1,b\n2,a\n3,b\n"))
	if err != nil || !slices.Equal(hours, []hour{{"a", "2,a\n", 1}, {"b", "1,b\n3,b\n", 2}}) {
		t.Errorf("%+v, %v", hours, err)
	}
	for text, want := range map[string]string{
		"":                       "no header",
		"id\n1\n":                "no column named time_hour",
		"id,time_hour\n":         "no rows",
		"id,time_hour\n1,a\n2\n": "a line without time_hour: 2",
	} {
		if _, err := readHours(file(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
	if _, err := readHours(fstest.MapFS{}); err == nil {
		t.Error("no file, no error")
	}
	if _, err := readHours(fstest.MapFS{"flights.csv.gz": {Data: []byte("not gzip")}}); err == nil {
		t.Error("no gzip, no error")
	}
}

func TestViewsOfTheExample(t *testing.T) {
	var texts []string
	for _, name := range []string{"views.sql", "scores.sql", "checks.sql"} {
		text, err := fs.ReadFile(flights.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	names := []string{}
	for _, v := range append(readViews(texts[0], texts[2]), readViews(texts[1], texts[2])...) {
		names = append(names, v.name)
		scores := v.name == "scores" // compared with the model asked in another way
		if strings.Contains(v.query, "EMIT") || !strings.Contains(v.query, "SELECT") || scores && !strings.Contains(v.query, "'delay@1'") {
			t.Errorf("%s is compared with\n%s", v.name, v.query)
		}
	}
	want := []string{"departures", "carriers", "delay_by_weather", "knock_on", "worst_destinations", "finished_hours",
		"scores", "score_buckets", "running_auc", "calibration"}
	if !slices.Equal(names, want) {
		t.Errorf("views %q", names)
	}
	for _, p := range panels {
		if !slices.ContainsFunc(want, func(name string) bool { return strings.Contains(p.query, "FROM "+name+" ") }) {
			t.Errorf("panel %q asks no view", p.title)
		}
	}
}

func TestDifference(t *testing.T) {
	a, b := contents{"a", "b", "b", "d"}, contents{"b", "c", "d", "d"}
	if got := difference(a, b); !slices.Equal(got, contents{"a", "b"}) {
		t.Errorf("a without b: %q", got)
	}
	if got := difference(b, a); !slices.Equal(got, contents{"c", "d"}) {
		t.Errorf("b without a: %q", got)
	}
	if got := difference(a, a); len(got) != 0 {
		t.Errorf("a without a: %q", got)
	}
}

func TestChanges(t *testing.T) {
	out := &strings.Builder{}
	d := &demo{process: &process{Out: out}, views: []standing{{name: "same"}, {name: "other"}}}
	if !d.changes([]contents{{"x"}, {"1 | a"}}, []contents{{"x"}, {"1 | b"}}) {
		t.Error("no change seen")
	}
	if got, want := out.String(), "  other\n    - 1 | a\n    + 1 | b\n"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if d.changes([]contents{{"x"}, {}}, []contents{{"x"}, {}}) {
		t.Error("a change where none is")
	}
}

func TestSmallTexts(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 27004: "27,004", 1234567: "1,234,567"} {
		if got := group(n); got != want {
			t.Errorf("group(%d) = %q", n, got)
		}
	}
	if got := bar(50, 10); got != "█████░░░░░  50 %" {
		t.Errorf("bar %q", got)
	}
	if got := cut("日本語", 4); got != "日本" {
		t.Errorf("cut %q", got)
	}
	if got := beside([]string{"abcdef", "x"}, []string{"1", "2", "3"}, 6); !slices.Equal(got, []string{"abcd  1", "x     2", "      3"}) {
		t.Errorf("beside %q", got)
	}
}

// answers are what the views say, one row each.
func answers() []*pgconn.Result {
	all := make([]*pgconn.Result, len(panels))
	for i := range all {
		all[i] = &pgconn.Result{
			FieldDescriptions: []pgconn.FieldDescription{{Name: "the_name", DataTypeOID: 25}, {Name: "n", DataTypeOID: 20}},
			Rows:              [][][]byte{{[]byte("row of " + panels[i].title), []byte("7")}},
		}
	}
	return all
}

func TestFrame(t *testing.T) {
	s := &screen{process: &process{}, hours: []hour{{"2013-01-01T10:00:00Z", "", 6}, {"2013-01-02T00:00:00Z", "", 6}}, total: 12}
	s.sent(0, 1234*time.Microsecond)
	if !s.newDay(0) || !s.newDay(1) || s.percent() != 50 {
		t.Errorf("percent %d", s.percent())
	}
	line := s.line(answers())
	if unknown := (&pgconn.Result{}); s.auc(unknown) != "none yet" {
		t.Errorf("an AUC of nothing is %q", s.auc(unknown))
	}
	want := "2013-01-01 10:00 UTC        6 flights  50 %   worst carrier: row of worst carriers 7   " +
		"worst destination: row of worst destinations right now 7   model's AUC: 7   commit 1.2ms"
	if line != want {
		t.Errorf("line %q\nwant %q", line, want)
	}
	first, second := s.frame(answers(), 140, 50), s.frame(answers(), 80, 10)
	if !strings.HasPrefix(first, "\x1b[J2013-01-01 10:00 UTC   6 flights") {
		t.Errorf("first drawing begins %q", first[:min(60, len(first))])
	}
	if n := strings.Count(first, "\n"); !strings.HasPrefix(second, "\x1b["+group(int64(n))+"A\r\x1b[J") {
		t.Errorf("second drawing begins %q after %d lines", second[:min(20, len(second))], n)
	}
	if n := strings.Count(second, "\n"); n != 9 {
		t.Errorf("%d lines on a terminal of 10", n)
	}
	for line := range strings.Lines(first) {
		if runesWidth([]rune(strings.TrimSuffix(line, "\n"))) > 140+len("\x1b[J") {
			t.Errorf("too wide: %q", line)
		}
	}
	if strings.Contains(first, "the_name") || !strings.Contains(first, "WORST CARRIERS") {
		t.Error("titles and names are not written for people")
	}
}

// TestDemo is the whole showing, on a server of its own.
func TestDemo(t *testing.T) {
	out, errs := &strings.Builder{}, &strings.Builder{}
	t.Setenv("TMPDIR", t.TempDir())
	status := run(&process{Out: out, Err: errs}, []string{"demo", "flights", "--once", "--speed", "0"})
	if status != 0 || errs.Len() > 0 {
		t.Errorf("status %d, errors %q", status, errs)
	}
	for _, want := range []string{
		"schema.sql: 4 tables and a stream. 16 airlines. 1,458 airports. 3,322 planes. 2,226 weather.\n",
		"views.sql: 6 materialized views, running.\n",
		"scores.sql: 4 materialized views, running.\n",
		"model's AUC: 0.8981",
		"\n    - 26398 | 6001 | 0.8981\n    + 26398 | 6001 | 0.8982\n",
		"\n    and 22 more\n",
		"2013-02-01 04:00 UTC   27,004 flights 100 %",
		"\n    + United Express (ExpressJet) | 4171 | 182 | 25.2\n",
		"  finished_hours       yes, all 587 rows\n",
		"  scores               yes, all 26,483 rows\n",
		"  running_auc          yes, all 1 rows\n",
		"Every view equals its query.\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the demo did not say %q", want)
		}
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "millrace-flights-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	if t.Failed() {
		t.Log(out)
	}
}
