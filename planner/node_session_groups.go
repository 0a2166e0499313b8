package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// SessionGroups aggregates sessions of rows that only come. The output is the partition's
// columns, window_start, window_end, window_time, then the aggregates.
type SessionGroups struct {
	plain
	Aggregate *Aggregate // by the partition's columns, then the time
	Gap       int64
}

var _ = nodeText("sessiongroups", 1, func(r *reader) Node {
	s := &SessionGroups{Gap: r.number()}
	s.Aggregate, _ = readAggregate(r).(*Aggregate)
	if s.Gap <= 0 || r.err == nil && (len(s.Aggregate.Group) == 0 || s.Aggregate.Schema()[s.width()].Type.Kind() != col.KindI64) {
		r.fail("sessions with a gap of %d", s.Gap)
	}
	return s
})

func (s *SessionGroups) String() string {
	_, groups, _ := strings.Cut(s.Aggregate.String(), " ")
	return newLine("sessiongroups").number(s.Gap).word(groups).Builder.String()
}

// width is the number of the partition's columns.
func (s *SessionGroups) width() int { return len(s.Aggregate.Group) - 1 }

func (s *SessionGroups) spec() exec.SessionSpec {
	return exec.SessionSpec{Time: s.Aggregate.Group[s.width()], Partition: s.Aggregate.Group[:s.width()], Gap: s.Gap}
}

func (s *SessionGroups) Schema() []col.Column {
	groups := s.Aggregate.Schema()
	out := slices.Clone(groups[:s.width()])
	for _, n := range windowColumns {
		out = append(out, col.Column{Name: n, Type: groups[s.width()].Type})
	}
	return append(out, groups[s.width()+1:]...)
}

func (s *SessionGroups) withExprs([]expr.Expr) Node { return s }
func (s *SessionGroups) Inputs() []Node             { return s.Aggregate.Inputs() }
func (s *SessionGroups) meets() [][]int             { return [][]int{s.spec().Partition} }

func (s *SessionGroups) WithInputs(in ...Node) Node {
	return &SessionGroups{Aggregate: s.Aggregate.WithInputs(in...).(*Aggregate), Gap: s.Gap}
}

func (s *SessionGroups) derive(in []Properties) Properties {
	final, width := s.Aggregate.Final, s.width()
	p := Properties{AppendOnly: final, Closed: final, Late: in[0].Late && !final}
	p.addKey(append(identity(width), width))
	p.addKey(append(identity(width), width+1))
	for i, c := range s.spec().Partition {
		if slices.Contains(in[0].Watermarks, c) {
			p.Watermarks = append(p.Watermarks, i)
		}
	}
	if slices.Contains(in[0].Watermarks, s.spec().Time) {
		p.Watermarks = append(p.Watermarks, width+1, width+2)
	}
	p.Partitioned = mappedSets(in[0].Partitioned, func(c int) []int {
		if i := slices.Index(s.spec().Partition, c); i >= 0 {
			return []int{i}
		}
		return nil
	})
	return p
}

func (s *SessionGroups) keeps(in []Properties) state {
	out := state{what: "a row for each session"}
	if slices.Contains(in[0].Watermarks, s.spec().Time) && (s.Aggregate.Final || !in[0].Late) {
		out.bound = "the watermark of " + s.Aggregate.Input.Schema()[s.spec().Time].Name
	}
	return out
}

func (s *SessionGroups) describe() string {
	text := "Aggregate s" + strings.TrimPrefix(describeSession(s.Aggregate.Input.Schema(), s.spec()), "S")
	if _, calls, ok := strings.Cut(s.Aggregate.describe(), ": "); ok {
		return text + ": " + calls
	}
	if s.Aggregate.Final {
		text += ", emitted on window close"
	}
	return text
}

// grouped turns what concerns the output into what concerns the aggregate's: its time stands
// for the three columns of the window.
func (s *SessionGroups) grouped(need []bool) []bool {
	out := append(slices.Clone(need[:s.width()]), true)
	return append(out, need[s.width()+len(windowColumns):]...)
}

func (s *SessionGroups) needs(need []bool) [][]bool { return s.Aggregate.needs(s.grouped(need)) }

func (s *SessionGroups) pruned(need []bool, in []Node, at [][]int) (Node, []int) {
	n, places := s.Aggregate.pruned(s.grouped(need), in, at)
	out := identity(s.width() + len(windowColumns))
	for _, p := range places[s.width()+1:] {
		if p >= 0 {
			p += len(windowColumns) - 1
		}
		out = append(out, p)
	}
	return &SessionGroups{Aggregate: n.(*Aggregate), Gap: s.Gap}, out
}

func (s *SessionGroups) Build(b *Builder, in []exec.Ref) exec.Ref {
	var calls []exec.AggregateCall
	for _, c := range s.Aggregate.Calls {
		calls = append(calls, c.AggregateCall)
	}
	return b.SessionGroups(in[0], s.spec(), calls, s.Aggregate.Final)
}
