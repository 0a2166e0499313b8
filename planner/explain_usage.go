package planner

import (
	"fmt"

	"github.com/millracedb/millrace/exec"
)

// used are the lines that say what the operators of a node did with memory and disk, in
// PostgreSQL's words.
func used(u *exec.Usage) (lines []string) {
	if u.Sort != "" {
		s := "Sort Method: " + u.Sort
		if u.Runs > 0 {
			s += fmt.Sprintf("  Disk: %dkB  Runs: %d", kilobytes(u.Disk), u.Runs)
		}
		lines = append(lines, s+fmt.Sprintf("  Memory: %dkB", kilobytes(u.Peak)))
	}
	if u.Batches > 0 {
		s := fmt.Sprintf("Batches: %d  Memory Usage: %dkB", u.Batches, kilobytes(u.Peak))
		if u.Disk > 0 {
			s += fmt.Sprintf("  Disk Usage: %dkB", kilobytes(u.Disk))
		}
		lines = append(lines, s)
	}
	return lines
}

// kilobytes rounds up, as PostgreSQL does.
func kilobytes(n int64) int64 { return (n + 1023) >> 10 }

// jsonUsage is what used tells, by PostgreSQL's keys where it has them.
type jsonUsage struct {
	SortMethod string `json:"Sort Method,omitempty"`
	SortSpace  *int64 `json:"Sort Space Used,omitempty"`
	SortType   string `json:"Sort Space Type,omitempty"`
	Runs       int    `json:"Sort Runs,omitempty"`
	Batches    int    `json:"Batches,omitempty"`
	Peak       *int64 `json:"Peak Memory Usage,omitempty"`
	Disk       *int64 `json:"Disk Usage,omitempty"`
}

func usageOf(u *exec.Usage) (j jsonUsage) {
	peak, disk := kilobytes(u.Peak), kilobytes(u.Disk)
	if u.Sort != "" {
		j.SortMethod, j.SortSpace, j.SortType, j.Runs = u.Sort, &peak, "Memory", u.Runs
		if u.Runs > 0 {
			j.SortSpace, j.SortType = &disk, "Disk"
		}
	}
	if j.Batches = u.Batches; j.Batches > 0 || j.Runs > 0 {
		j.Peak, j.Disk = &peak, &disk
	}
	return j
}
