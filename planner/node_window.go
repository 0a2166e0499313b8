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

// Window gives each row the tumbling, hopping or cumulating windows that its time lies in:
// window_start, window_end and window_time stand behind the input's columns.
type Window struct {
	plain
	Input Node
	exec.WindowSpec
}

var (
	_ = nodeText("window", 1, func(r *reader) Node { return readWindow(r, false) })
	_ = nodeText("cumulate", 1, func(r *reader) Node { return readWindow(r, true) })
)

func readWindow(r *reader, cumulate bool) Node {
	w := &Window{WindowSpec: exec.WindowSpec{Time: r.index(len(r.input(0))), Slide: r.number(), Size: r.number(), Offset: r.number(), Cumulate: cumulate}}
	if w.Slide <= 0 || w.Size <= 0 || cumulate && w.Size%w.Slide != 0 || r.err == nil && r.input(0)[w.Time].Type.Kind() != col.KindI64 {
		r.fail("window of %d every %d", w.Size, w.Slide)
	}
	return w.WithInputs(r.inputs...)
}

func (w *Window) String() string {
	keyword := "window"
	if w.Cumulate {
		keyword = "cumulate"
	}
	return newLine(keyword).number(int64(w.Time)).number(w.Slide).number(w.Size).number(w.Offset).Builder.String()
}

var windowColumns = [...]string{"window_start", "window_end", "window_time"}

func (w *Window) Schema() []col.Column { return windowSchema(w.Input, w.Time) }

// windowSchema is an input's columns and those of the windows of its time column.
func windowSchema(in Node, ts int) []col.Column {
	s := slices.Clone(in.Schema())
	for _, n := range windowColumns {
		s = append(s, col.Column{Name: n, Type: s[ts].Type})
	}
	return s
}

func (w *Window) withExprs([]expr.Expr) Node { return w }
func (w *Window) Inputs() []Node             { return []Node{w.Input} }
func (w *Window) WithInputs(in ...Node) Node { n := *w; n.Input = in[0]; return &n }
func (w *Window) meets() [][]int             { return nil }

func (w *Window) derive(in []Properties) Properties {
	p := Properties{AppendOnly: in[0].AppendOnly, Late: in[0].Late, Watermarks: slices.Clone(in[0].Watermarks), Partitioned: in[0].Partitioned}
	width := len(w.Input.Schema())
	for _, k := range in[0].Keys {
		if w.Slide != w.Size {
			k = append(slices.Clone(k), width+1)
		}
		p.addKey(k)
	}
	if slices.Contains(in[0].Watermarks, w.Time) {
		p.Watermarks = append(p.Watermarks, width, width+1, width+2)
	}
	return p
}

func (w *Window) describe() string {
	text := describeWindow(w.Input.Schema()[w.Time].Name, w.WindowSpec)
	return strings.ToUpper(text[:1]) + text[1:]
}

// describeWindow names the windows of a time column.
func describeWindow(ts string, w exec.WindowSpec) string {
	size, slide := time.Duration(w.Size)*time.Microsecond, time.Duration(w.Slide)*time.Microsecond
	s := fmt.Sprintf("tumble %s by %v", ts, size)
	if w.Cumulate {
		s = fmt.Sprintf("cumulate %s up to %v in steps of %v", ts, size, slide)
	} else if w.Slide != w.Size {
		s = fmt.Sprintf("hop %s by %v every %v", ts, size, slide)
	}
	if w.Offset != 0 {
		s += fmt.Sprintf(" from %v", time.Duration(w.Offset)*time.Microsecond)
	}
	return s
}

func (w *Window) needs(need []bool) [][]bool {
	return [][]bool{mark(slices.Clone(need[:len(w.Input.Schema())]), w.Time)}
}

// pruned keeps the three window columns: they cost nothing, and which of them a reader needs
// is left to what stands above.
func (w *Window) pruned(_ []bool, in []Node, at [][]int) (Node, []int) {
	n := &Window{Input: in[0], WindowSpec: w.WindowSpec}
	n.Time = at[0][w.Time]
	left := len(in[0].Schema())
	return n, append(slices.Clone(at[0]), left, left+1, left+2)
}

func (w *Window) Build(b *Builder, in []exec.Ref) exec.Ref { return b.Window(in[0], w.WindowSpec) }
