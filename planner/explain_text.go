package planner

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/millracedb/millrace/exec"
)

// textForm writes a tree as lines.
type textForm struct {
	ExplainOptions
	m     *Measured // nil: nothing has been measured
	lines []string
}

// text is the tree in lines, with nothing but what the plan says; with options, what they ask
// for.
func (x *explained) text(f *textForm) []string {
	if f == nil {
		f = &textForm{}
	}
	f.print(x, 0)
	return f.lines
}

func (f *textForm) print(x *explained, depth int) {
	indent := strings.Repeat("  ", depth)
	if x.again {
		f.lines = append(f.lines, fmt.Sprintf("%s-> the rows of #%d", indent, x.label))
		return
	}
	label := ""
	if x.label > 0 {
		label = fmt.Sprintf("#%d ", x.label)
	}
	f.lines = append(f.lines, indent+"-> "+label+x.node.describe()+f.figures(x))
	for _, line := range f.details(x) {
		f.lines = append(f.lines, indent+"     "+line)
	}
	for i, in := range x.in {
		if f.m != nil && f.m.divided() && x.sends[i] != "" {
			f.lines = append(f.lines, indent+"  -> "+x.sends[i])
			f.print(in, depth+2)
			continue
		}
		f.print(in, depth+1)
	}
	if x.step != nil {
		f.lines = append(f.lines, indent+"  each round:")
		for _, line := range x.step.text(nil) {
			f.lines = append(f.lines, indent+"    "+line)
		}
	}
}

// figures are what is expected of a node and what a statement has measured, on its line.
func (f *textForm) figures(x *explained) (s string) {
	if f.Costs && x.rows >= 0 {
		s = fmt.Sprintf("  (rows=%.0f width=%.0f)", x.rows, x.width)
	}
	if f.m == nil || f.m.LastSecond != nil {
		return s
	}
	all, _ := f.m.of(x)
	if all == nil {
		return s + " (never executed)"
	}
	return s + " (actual " + f.measured(all, true) + ")"
}

// measured is what a node has done.
func (f *textForm) measured(m *exec.Measure, state bool) string {
	s := fmt.Sprintf("rows=%d in=%d", m.RowsOut, m.RowsIn)
	if m.Lookups > 0 {
		s += fmt.Sprintf(" lookups=%d", m.Lookups)
	}
	if state && f.Buffers && (m.StateRows > 0 || m.StateBytes > 0) {
		s += fmt.Sprintf(" state=%d bytes", m.StateBytes)
	}
	if f.Timing {
		s += fmt.Sprintf(" time=%s ms", milliseconds(m.Busy))
	}
	return s
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.3f", float64(d.Nanoseconds())/1e6)
}

// details are the lines below a node's.
func (f *textForm) details(x *explained) (lines []string) {
	if f.Verbose {
		var columns []string
		for _, c := range x.node.Schema() {
			columns = append(columns, c.Name+" "+c.Type.String())
		}
		lines = append(lines, "gives "+cmp.Or(list(columns), "no columns"))
	}
	if x.keeps.what != "" {
		lines = append(lines, "keeps "+x.keeps.what+"; "+x.keeps.bounded())
	}
	if x.asks != "" {
		lines = append(lines, "asks "+x.asks)
	}
	if all := f.m.ran(x); all != nil && f.Buffers {
		lines = append(lines, used(&all.Usage)...)
	}
	if f.m != nil && f.m.LastSecond != nil {
		if all, last := f.m.of(x); all != nil {
			lines = append(lines, "since the start: "+f.measured(all, true))
			if last != nil {
				lines = append(lines, "in the last second: "+f.measured(last, false))
			}
		}
	}
	return lines
}

// bounded says what bounds a state.
func (s state) bounded() string {
	if s.bound == "" {
		return "nothing bounds it"
	}
	return "bounded by " + s.bound
}

func list(words []string) string { return strings.Join(words, ", ") }
