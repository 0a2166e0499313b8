package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRead(t *testing.T) {
	out := "OpenJDK 64-Bit Server VM warning: events=1\nflink version=2.3.0 events=300 seconds=1.5 cpu_seconds=2.000 rss_mb=7\n"
	f, err := read(out, "flink")
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.measure()
	if want := (measure{Events: 300, Seconds: 1.5, CPU: 2}); err != nil || m != want {
		t.Errorf("%+v, %v", m, err)
	}
	if perCPU(m) != 150 || perSecond(m) != 200 {
		t.Errorf("%v per CPU second, %v per second", perCPU(m), perSecond(m))
	}
	if _, err := read(out, "feldera"); err == nil || !strings.Contains(err.Error(), "no line of feldera") {
		t.Errorf("a line that is not there: %v", err)
	}
	for _, f := range []figures{
		{"events": "1", "seconds": "1"},
		{"events": "1", "seconds": "1", "cpu_seconds": "x"},
		{"events": "1", "seconds": "1", "cpu_seconds": "0.000"}, // infinitely fast
		{"events": "1", "seconds": "-0.1", "cpu_seconds": "1"},  // the quarter took longer than the whole
	} {
		if m, err := f.measure(); err == nil {
			t.Errorf("%v is %+v", f, m)
		}
	}
}

func TestAgree(t *testing.T) {
	a, b := answer{"A", "5", "ff"}, answer{"B", "5", "ff"}
	if err := agree([]answer{a, b}); err != nil {
		t.Error(err)
	}
	for _, other := range []answer{{"B", "5", "fe"}, {"B", "6", "ff"}, {"B", "", ""}} {
		if agree([]answer{a, b, other}) == nil {
			t.Errorf("%v agrees with %v", a, other)
		}
	}
	if agree([]answer{{"A", "", ""}}) == nil {
		t.Error("no digest is no answer")
	}
}

// records are two queries, one of them without Feldera.
func records() []*record {
	at := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	own := []measure{{8e6, 4, 1}, {8e6, 1, 2}, {8e6, 2, 4}}
	return []*record{
		{Query: "q0", Events: 2_000_000, Rate: 10_000, At: at, Load: "0.10", Repeats: 3, Pinned: true,
			Measures: map[string][]measure{"millrace": own, "flink": {{1e6, 1, 4}}}},
		{Query: "q4", Events: 400_000, Rate: 10_000, At: at, Load: "9.00", Repeats: 1,
			Measures: map[string][]measure{"millrace": {{3e8, 1, 2}}, "flink": {{1e6, 1, 3}}, "feldera": {{1e6, 1, 2}}}},
	}
}

func TestTable(t *testing.T) {
	want := `| query | events | Millrace | Flink | Feldera | Millrace ÷ Flink | Millrace ÷ Feldera | runs | load | measured |
|---|---|---|---|---|---|---|---|---|---|
| q0 | 2 M | 4.00 | 0.250 |  | 16.0 |  | 3 | 0.10 | 2026-01-02 03:04 |
| q4 * | 0.4 M | 150 | 0.333 | 0.500 | 450 | 300 | 1 | 9.00, not pinned | 2026-01-02 03:04 |
`
	if got := table(records(), perCPU); got != want {
		t.Errorf("%s\ninstead of\n%s", got, want)
	}
	text := section(records(), "CPU")
	for _, part := range []string{"CPU, ", "| q0 | 2 M | 4.00 | 1.00 |  | 4.00 |", "| q4 * | 0.4 M | 300 |"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in %s", part, text)
		}
	}
}

// A run goes on where the one before it ended.
func TestKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kept.json")
	k, err := load(file)
	if err != nil {
		t.Fatal(err)
	}
	all := records()
	for _, r := range []*record{all[1], all[0], {Query: "q4", Events: 1, Measures: all[1].Measures}, all[1]} {
		if err := k.keep(r); err != nil {
			t.Fatal(err)
		}
	}
	if k, err = load(file); err != nil || len(k.Records) != 2 || table(k.Records, perCPU) != table(all, perCPU) {
		t.Fatalf("%v\n%s", err, table(k.Records, perCPU))
	}
	three := &rig{}
	if err := three.choose("millrace,flink,feldera"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		query string
		ev    events
		on    []*engine
		want  bool
	}{
		{"q4", events{400_000, 10_000}, three.engines, true},
		{"q0", events{2_000_000, 10_000}, three.engines[:2], true},
		{"q0", events{2_000_000, 10_000}, three.engines, false},
		{"q4", events{400_001, 10_000}, three.engines, false},
		{"q4", events{400_000, 1_000}, three.engines, false},
		{"q5", events{400_000, 10_000}, three.engines, false},
	} {
		if got := k.has(c.query, c.ev, c.on); got != c.want {
			t.Errorf("%s %+v on %d: %t", c.query, c.ev, len(c.on), got)
		}
	}
	if err := os.WriteFile(file, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := load(file); err == nil {
		t.Error("half a file was read")
	}
	if err := three.choose("millrace,oracle"); err == nil || !strings.Contains(err.Error(), "flink-rocksdb") {
		t.Errorf("an engine that is not there: %v", err)
	}
}

// The rigs have what the program asks them for.
func TestRigs(t *testing.T) {
	t.Chdir("../..")
	for _, e := range engines[1:] {
		if v := pinnedIn(e.pinnedIn); strings.Count(v, ".") != 2 {
			t.Errorf("%s pins the version %q", e.pinnedIn, v)
		}
	}
	circuits, err := os.ReadFile("bench/rivals/feldera/src/queries.rs")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queries {
		if !strings.Contains(string(circuits), `"`+q+`" => (`) {
			t.Errorf("Feldera has no circuit of %s", q)
		}
		if _, err := os.Stat(flinkSQL(q)); err != nil {
			t.Error(err)
		}
	}
	if err := anchored(); err != nil {
		t.Error(err)
	}
}
