package planner

import (
	"slices"
	"testing"

	"github.com/millracedb/millrace/exec"
)

// TestUsageIsToldAsPostgreSQLTellsIt has what operators use, by lines and by JSON's keys.
func TestUsageIsToldAsPostgreSQLTellsIt(t *testing.T) {
	for _, c := range []struct {
		used  exec.Usage
		lines []string
		space int64
		disk  bool
	}{
		{exec.Usage{Peak: 5000}, nil, 0, false},
		{exec.Usage{Sort: "quicksort", Peak: 5000}, []string{"Sort Method: quicksort  Memory: 5kB"}, 5, false},
		{exec.Usage{Sort: "external merge", Runs: 3, Disk: 9000, Peak: 5000}, []string{"Sort Method: external merge  Disk: 9kB  Runs: 3  Memory: 5kB"}, 9, true},
		{exec.Usage{Batches: 1, Peak: 1024}, []string{"Batches: 1  Memory Usage: 1kB"}, 0, false},
		{exec.Usage{Batches: 17, Disk: 1, Peak: 1025}, []string{"Batches: 17  Memory Usage: 2kB  Disk Usage: 1kB"}, 0, true},
	} {
		if got := used(&c.used); !slices.Equal(got, c.lines) {
			t.Errorf("%+v: %q", c.used, got)
		}
		j := usageOf(&c.used)
		if j.SortSpace != nil && (*j.SortSpace != c.space || (j.SortType == "Disk") != c.disk) || (j.SortSpace == nil) != (c.used.Sort == "") {
			t.Errorf("%+v: %+v", c.used, j)
		}
		if j.Disk != nil && (*j.Disk > 0) != c.disk || (j.Disk == nil) != (c.used.Batches == 0 && c.used.Runs == 0) {
			t.Errorf("%+v: %+v", c.used, j)
		}
	}
}
