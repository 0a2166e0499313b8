package main

import (
	"strings"
	"testing"

	"github.com/millracedb/millrace/server/config"
)

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		args        string
		environ     string
		status      int
		out, errors string
	}{
		{"version", "", 0, "Millrace " + version, ""},
		{"--help", "", 0, "Commands:", ""},
		{"serve --help", "", 0, "--max-connections=N", ""},
		{"", "", 80, "", "expected one of"},
		{"nonsense", "", 80, "", "unexpected argument nonsense"},
		{"serve --workers 65", "", 1, "", "invalid value for --workers: 65 is not a number of workers"},
		{"serve", "MILLRACE_SYNC=perhaps", 1, "", `invalid value for MILLRACE_SYNC: "perhaps" is neither on nor off`},
		{"serve --password x", "", 80, "", "unknown flag --password"},
		{"demo nothing", "", 80, "", "must be one of"},
		{"demo flights --speed=-1", "", 1, "", "--speed must not be negative"},
		{"sql -c x -f y", "", 1, "", "-c and -f exclude each other"},
		{"sql -c x postgres://127.0.0.1:1/x?connect_timeout=5", "", 2, "", "failed to connect"},
	} {
		out, errs := &strings.Builder{}, &strings.Builder{}
		status := run(&process{In: strings.NewReader(""), Out: out, Err: errs, Environ: []string{c.environ}}, strings.Fields(c.args))
		if status != c.status || !strings.Contains(out.String(), c.out) || !strings.Contains(errs.String(), c.errors) {
			t.Errorf("%q: status %d\nout %s\nerr %s", c.args, status, out, errs)
		}
	}
}

// Every setting but the password has a flag, and a flag that was given reaches it.
func TestFlagsAreTheSettings(t *testing.T) {
	given := &serveCmd{Data: "1", Listen: "2", HTTP: "3", Memory: "4", Sync: "5", Workers: "6", MaxConnections: "7", User: "8", LogLevel: "9", LogFormat: "10", ModelFolders: "11", ModelMaxBytes: "12"}
	flags := given.flags()
	for _, s := range config.Settings() {
		if _, ok := flags[s.Key]; ok == (s.Key == "password") {
			t.Errorf("setting %s has a flag: %t", s.Key, ok)
		}
		delete(flags, s.Key)
	}
	if len(flags) > 0 {
		t.Errorf("flags of no setting: %v", flags)
	}
	if flags := (&serveCmd{}).flags(); len(flags) > 0 {
		t.Errorf("not given, but there: %v", flags)
	}
}

func TestHeapLimit(t *testing.T) {
	for _, c := range []struct{ budget, outside, want int64 }{{800, 0, 800}, {800, 300, 500}, {800, 790, 100}, {800, 2000, 100}} {
		if got := heapLimit(c.budget, c.outside); got != c.want {
			t.Errorf("heapLimit(%d, %d) = %d, want %d", c.budget, c.outside, got, c.want)
		}
	}
}

func TestGrowth(t *testing.T) {
	for _, c := range []struct {
		live   uint64
		budget int64
		want   int
	}{
		{0, 1 << 30, heapPercent},
		{1 << 10, 1 << 30, heapFloor >> 20 * 100}, // next to nothing lives
		{8 << 20, 1 << 30, 1200},
		{48 << 20, 1 << 30, heapPercent},
		{1 << 30, 8 << 30, heapPercent},
		{8 << 20, 256 << 20, 400}, // an eighth of a small budget
		{32 << 20, 256 << 20, heapPercent},
		{8 << 20, 0, 1200}, // no budget
	} {
		if got := growth(c.live, c.budget); got != c.want {
			t.Errorf("growth(%d, %d) = %d, want %d", c.live, c.budget, got, c.want)
		}
	}
}
