package planner

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// Session gives each row the session window that its time lies in: window_start, window_end
// and window_time stand behind the input's columns.
type Session struct {
	plain
	Input Node
	exec.SessionSpec
}

var _ = nodeText("session", 1, func(r *reader) Node {
	n := len(r.input(0))
	s := &Session{SessionSpec: exec.SessionSpec{Time: r.index(n), Partition: r.ints(n), Gap: r.number()}}
	checkSession(r, s.SessionSpec)
	return s.WithInputs(r.inputs...)
})

func checkSession(r *reader, s exec.SessionSpec) {
	if s.Gap <= 0 || r.err == nil && r.input(0)[s.Time].Type.Kind() != col.KindI64 {
		r.fail("session with a gap of %d", s.Gap)
	}
}

func (s *Session) String() string {
	return newLine("session").number(int64(s.Time)).ints(s.Partition).number(s.Gap).Builder.String()
}

func (s *Session) Schema() []col.Column       { return windowSchema(s.Input, s.Time) }
func (s *Session) withExprs([]expr.Expr) Node { return s }
func (s *Session) Inputs() []Node             { return []Node{s.Input} }
func (s *Session) WithInputs(in ...Node) Node { n := *s; n.Input = in[0]; return &n }
func (s *Session) meets() [][]int             { return [][]int{s.Partition} }
func (s *Session) needs(need []bool) [][]bool {
	below := mark(slices.Clone(need[:len(s.Input.Schema())]), s.Time)
	return [][]bool{mark(below, s.Partition...)}
}

// derive: a row's session may change as long as another row can reach it, whenever it came, so
// that of the row's own columns only those of the partition carry a watermark.
func (s *Session) derive(in []Properties) Properties {
	p := Properties{Late: in[0].Late, Partitioned: in[0].Partitioned, Keys: in[0].Keys}
	for _, w := range in[0].Watermarks {
		if slices.Contains(s.Partition, w) {
			p.Watermarks = append(p.Watermarks, w)
		}
	}
	if width := len(s.Input.Schema()); slices.Contains(in[0].Watermarks, s.Time) {
		p.Watermarks = append(p.Watermarks, width+1, width+2)
	}
	return p
}

func (s *Session) keeps(in []Properties) state {
	out := state{what: "the rows in order of their times"}
	if slices.Contains(in[0].Watermarks, s.Time) && !in[0].Late {
		out.bound = "the watermark of " + s.Input.Schema()[s.Time].Name
	}
	return out
}

func (s *Session) describe() string { return describeSession(s.Input.Schema(), s.SessionSpec) }

func describeSession(in []col.Column, s exec.SessionSpec) string {
	text := fmt.Sprintf("Session %s with gaps of %v", in[s.Time].Name, time.Duration(s.Gap)*time.Microsecond)
	if len(s.Partition) > 0 {
		text += " for each (" + strings.Join(names(in, s.Partition), ", ") + ")"
	}
	return text
}

// pruned keeps the three window columns.
func (s *Session) pruned(_ []bool, in []Node, at [][]int) (Node, []int) {
	n := *s
	n.Input, n.Time, n.Partition = in[0], at[0][s.Time], remapped(s.Partition, at[0])
	left := len(in[0].Schema())
	return &n, append(slices.Clone(at[0]), left, left+1, left+2)
}

func (s *Session) Build(b *Builder, in []exec.Ref) exec.Ref {
	return b.Session(in[0], s.SessionSpec)
}
