package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
)

// timeGroups is a grouping by columns and by the windows of a time, whose nodes never give a
// row its windows. The output is the columns, window_start, window_end, window_time, then the
// aggregates.
type timeGroups struct {
	plain
	Aggregate *Aggregate // by the columns, then the time
}

func readTimeGroups(r *reader) timeGroups {
	g := timeGroups{}
	g.Aggregate, _ = readAggregate(r).(*Aggregate)
	if r.err == nil && (len(g.Aggregate.Group) == 0 || g.Aggregate.Schema()[g.width()].Type.Kind() != col.KindI64) {
		r.fail("groups by windows of no time")
	}
	return g
}

// text is the grouping in a stored plan, without its keyword.
func (g timeGroups) text() string {
	_, groups, _ := strings.Cut(g.Aggregate.String(), " ")
	return groups
}

// width is the number of the columns beside the windows'.
func (g timeGroups) width() int { return len(g.Aggregate.Group) - 1 }

// keys are those columns, and time that of the windows.
func (g timeGroups) keys() []int { return g.Aggregate.Group[:g.width()] }
func (g timeGroups) time() int   { return g.Aggregate.Group[g.width()] }

func (g timeGroups) calls() []exec.AggregateCall {
	var calls []exec.AggregateCall
	for _, c := range g.Aggregate.Calls {
		calls = append(calls, c.AggregateCall)
	}
	return calls
}

func (g timeGroups) Schema() []col.Column {
	groups := g.Aggregate.Schema()
	out := slices.Clone(groups[:g.width()])
	for _, n := range windowColumns {
		out = append(out, col.Column{Name: n, Type: groups[g.width()].Type})
	}
	return append(out, groups[g.width()+1:]...)
}

func (g timeGroups) Inputs() []Node { return g.Aggregate.Inputs() }
func (g timeGroups) meets() [][]int { return [][]int{g.keys()} }

func (g timeGroups) over(in []Node) timeGroups {
	return timeGroups{Aggregate: g.Aggregate.WithInputs(in...).(*Aggregate)}
}

// derived is what holds of the output but for the windows' columns. What comes once comes when
// these are passed; then a time beside them may lie below its own watermark.
func (g timeGroups) derived(in []Properties) Properties {
	final := g.Aggregate.Final
	p := Properties{AppendOnly: final, Closed: final, Late: in[0].Late && !final}
	for i, c := range g.keys() {
		if slices.Contains(in[0].Watermarks, c) && !final {
			p.Watermarks = append(p.Watermarks, i)
		}
	}
	p.Partitioned = mappedSets(in[0].Partitioned, func(c int) []int {
		if i := slices.Index(g.keys(), c); i >= 0 {
			return []int{i}
		}
		return nil
	})
	return p
}

func (g timeGroups) timed(in Properties) bool { return slices.Contains(in.Watermarks, g.time()) }

// kept is what is remembered, bounded by the watermark of the time where it has one and late
// rows, if there are any, are left out.
func (g timeGroups) kept(what string, in []Properties, leavesOut bool) state {
	out := state{what: what}
	if g.timed(in[0]) && (leavesOut || !in[0].Late) {
		out.bound = "the watermark of " + g.Aggregate.Input.Schema()[g.time()].Name
	}
	return out
}

// described is the line of EXPLAIN behind what it says of the windows.
func (g timeGroups) described(text string) string {
	if _, calls, ok := strings.Cut(g.Aggregate.describe(), ": "); ok {
		return text + ": " + calls
	}
	if g.Aggregate.Final {
		text += ", emitted on window close"
	}
	return text
}

// grouped turns what concerns the output into what concerns the aggregate's: its time stands
// for the three columns of the window.
func (g timeGroups) grouped(need []bool) []bool {
	out := append(slices.Clone(need[:g.width()]), true)
	return append(out, need[g.width()+len(windowColumns):]...)
}

func (g timeGroups) needs(need []bool) [][]bool { return g.Aggregate.needs(g.grouped(need)) }

func (g timeGroups) prunedGroups(need []bool, in []Node, at [][]int) (timeGroups, []int) {
	n, places := g.Aggregate.pruned(g.grouped(need), in, at)
	out := identity(g.width() + len(windowColumns))
	for _, p := range places[g.width()+1:] {
		if p >= 0 {
			p += len(windowColumns) - 1
		}
		out = append(out, p)
	}
	return timeGroups{Aggregate: n.(*Aggregate)}, out
}

func (g timeGroups) estimate(_ *estimator, in []Estimate) Estimate {
	return Estimate{Rows: in[0].groups(g.Aggregate.Group)}
}

func (g timeGroups) historic(*env) bool { return g.Aggregate.Final }

// closed is the grouping that emits a group once.
func (g timeGroups) closed(c *closer) (timeGroups, error) {
	if !g.timed(c.known[g.Aggregate.Input]) {
		return g, errNoWindow
	}
	final := *g.Aggregate
	final.Final = true
	return timeGroups{Aggregate: &final}, nil
}
