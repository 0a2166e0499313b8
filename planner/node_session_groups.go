package planner

import (
	"strings"

	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// SessionGroups aggregates sessions of rows that only come, by the partition's columns.
type SessionGroups struct {
	timeGroups
	Gap int64
}

var _ = nodeText("sessiongroups", 1, func(r *reader) Node {
	s := &SessionGroups{Gap: r.number()}
	s.timeGroups = readTimeGroups(r)
	if s.Gap <= 0 {
		r.fail("sessions with a gap of %d", s.Gap)
	}
	return s
})

func (s *SessionGroups) String() string {
	return newLine("sessiongroups").number(s.Gap).word(s.text()).Builder.String()
}

func (s *SessionGroups) spec() exec.SessionSpec {
	return exec.SessionSpec{Time: s.time(), Partition: s.keys(), Gap: s.Gap}
}

func (s *SessionGroups) withExprs([]expr.Expr) Node { return s }
func (s *SessionGroups) WithInputs(in ...Node) Node { return &SessionGroups{s.over(in), s.Gap} }

func (s *SessionGroups) derive(in []Properties) Properties {
	p, width := s.derived(in), s.width()
	p.addKey(append(identity(width), width))
	p.addKey(append(identity(width), width+1))
	if s.timed(in[0]) {
		p.Watermarks = append(p.Watermarks, width+1, width+2)
	}
	return p
}

func (s *SessionGroups) keeps(in []Properties) state {
	return s.kept("a row for each session", in, false) // a late row may make one session of two
}

func (s *SessionGroups) describe() string {
	return s.described("Aggregate s" + strings.TrimPrefix(describeSession(s.Aggregate.Input.Schema(), s.spec()), "S"))
}

func (s *SessionGroups) pruned(need []bool, in []Node, at [][]int) (Node, []int) {
	n, out := s.prunedGroups(need, in, at)
	return &SessionGroups{n, s.Gap}, out
}

func (s *SessionGroups) closing(c *closer) (Node, error) {
	g, err := s.closed(c)
	return &SessionGroups{g, s.Gap}, err
}

func (s *SessionGroups) Build(b *Builder, in []exec.Ref) exec.Ref {
	return b.SessionGroups(in[0], s.spec(), s.calls(), s.Aggregate.Final)
}
