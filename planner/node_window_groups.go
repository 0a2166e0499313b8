package planner

import (
	"strings"

	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// WindowGroups aggregates hopping or cumulating windows by columns and by slices of time, of
// which the windows are made.
type WindowGroups struct {
	timeGroups
	exec.WindowSpec // its Time is that of the groups
}

var _ = nodeText("windowgroups", 1, func(r *reader) Node {
	w := &WindowGroups{WindowSpec: exec.WindowSpec{Slide: r.number(), Size: r.number(), Offset: r.number(), Cumulate: r.flag("cumulate")}}
	w.timeGroups = readTimeGroups(r)
	if w.Slide <= 0 || w.Cumulate && w.Size%w.Slide != 0 || !w.Sliced() {
		r.fail("window of %d every %d", w.Size, w.Slide)
	}
	return w
})

func (w *WindowGroups) String() string {
	l := newLine("windowgroups").number(w.Slide).number(w.Size).number(w.Offset).flag("cumulate", w.Cumulate)
	return l.word(w.text()).Builder.String()
}

func (w *WindowGroups) withExprs([]expr.Expr) Node { return w }
func (w *WindowGroups) WithInputs(in ...Node) Node { return &WindowGroups{w.over(in), w.WindowSpec} }

func (w *WindowGroups) derive(in []Properties) Properties {
	p, width := w.derived(in), w.width()
	if !w.Cumulate {
		p.addKey(append(identity(width), width))
	}
	p.addKey(append(identity(width), width+1))
	p.addKey(append(identity(width), width+2))
	p.Settled = w.Aggregate.Final && len(p.Watermarks) == 0
	if w.timed(in[0]) {
		p.Watermarks = append(p.Watermarks, width, width+1, width+2)
	}
	if r := w.Aggregate.rising(); r != nil && in[0].AppendOnly {
		p.Rising = &Rising{By: r.By + len(windowColumns) - 1, Fixed: identity(width + len(windowColumns))}
	}
	return p
}

func (w *WindowGroups) keeps(in []Properties) state {
	return w.kept("a counter of each aggregate for each slice of a group's time", in, w.Aggregate.Final)
}

func (w *WindowGroups) describe() string {
	schema := w.Aggregate.Input.Schema()
	by := strings.Join(names(schema, w.keys()), ", ")
	return w.described("Aggregate by " + by + " and " + describeWindow(schema[w.time()].Name, w.WindowSpec))
}

func (w *WindowGroups) pruned(need []bool, in []Node, at [][]int) (Node, []int) {
	n, out := w.prunedGroups(need, in, at)
	return &WindowGroups{n, w.WindowSpec}, out
}

func (w *WindowGroups) closing(c *closer) (Node, error) {
	g, err := w.closed(c)
	return &WindowGroups{g, w.WindowSpec}, err
}

func (w *WindowGroups) spec() exec.WindowGroupsSpec {
	s := exec.WindowGroupsSpec{WindowSpec: w.WindowSpec, Group: w.keys(), Aggs: w.calls(), Final: w.Aggregate.Final}
	s.Time = w.time()
	return s
}

func (w *WindowGroups) Build(b *Builder, in []exec.Ref) exec.Ref {
	s := w.spec()
	s.Most = b.most[w]
	return b.WindowGroups(in[0], s)
}
