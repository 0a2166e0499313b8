package planner

import (
	"slices"

	"github.com/millracedb/millrace/exec"
)

// fewEverywhere lets the rows of a stream stay at the workers where they come when they are
// joined with few others: all workers get those, instead of every row changing workers.
func fewEverywhere(root Node) Node {
	known := properties(root)
	return rewrite2(root, func(old, n Node) Node {
		j, ok := old.(*Join)
		if !ok || !j.canBeEverywhere(known[j.Left], known[j.Right]) || !few(j.Right) {
			return n
		}
		changed := *n.(*Join)
		changed.Everywhere = true
		return &changed
	})
}

// canBeEverywhere reports whether what a left row meets follows from the left row and all right
// ones, and whether a left row goes, if ever, where it came: one that lies where no column says
// might go at another worker.
func (j *Join) canBeEverywhere(l, r Properties) bool {
	plain := !j.Ordered && !j.timed() && !j.ByTime && !j.NotIn
	return plain && j.Kind != exec.Right && j.Kind != exec.Full &&
		(l.AppendOnly || len(l.Partitioned) > 0) && !l.placedBy(nil) && !r.placedBy(j.RightKeys)
}

// few reports whether a tick brings few rows, however many it reads: those of groupings by
// windows alone, or of all rows as one group.
func few(n Node) bool {
	switch n := n.(type) {
	case *Project:
		return few(n.Input)
	case *Filter:
		return few(n.Input)
	case *Hold:
		return few(n.Input)
	case *Aggregate:
		return n.byWindowsAlone()
	}
	return false
}

func (a *Aggregate) byWindowsAlone() bool {
	f := newFusing(a)
	w, ok := f.below.(*Window)
	return !slices.ContainsFunc(a.Group, func(g int) bool {
		return !ok || columnIndex(f.exprs[g]) < len(w.Input.Schema())
	})
}
