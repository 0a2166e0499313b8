package planner

import (
	"math"

	"github.com/millracedb/millrace/exec"
)

// Explain prints a plan as a tree: what each node does, and below it the state that its
// operators keep and what bounds it. A part that is read twice is printed once.
func Explain(root Node) []string { return explain(root, nil).text(nil) }

// explained is a node as EXPLAIN shows it.
type explained struct {
	node   Node
	number int      // in the stored plan
	label  int      // of a node that is read more than once; 0: it is not
	again  bool     // it has been shown, and is only named here
	keeps  state    // what its operators keep
	asks   string   // the models that it asks
	sends  []string // how the rows of each input come from other workers; empty: they do not
	rows   float64  // expected; below 0: nobody knows
	width  float64
	in     []*explained
	step   *explained // what a recursion does each round
}

// explain makes the tree of a plan. x estimates it; nil: nothing does.
func explain(root Node, x *estimator) *explained {
	b := &explainer{known: properties(root), x: x, readers: map[Node]int{}, shown: map[Node]*explained{}, number: map[Node]int{}}
	for i, n := range postorder(root) {
		b.number[n] = i + 1
		for _, in := range n.Inputs() {
			b.readers[in]++
		}
	}
	return b.node(root)
}

type explainer struct {
	known   map[Node]Properties
	x       *estimator
	readers map[Node]int
	shown   map[Node]*explained // of nodes that are read more than once
	number  map[Node]int
}

func (b *explainer) node(n Node) *explained {
	if x := b.shown[n]; x != nil {
		return &explained{node: n, number: x.number, label: x.label, again: true, rows: -1}
	}
	x := &explained{node: n, number: b.number[n], rows: -1}
	if b.readers[n] > 1 {
		if _, scan := n.(*Scan); !scan {
			b.shown[n] = x
			x.label = len(b.shown)
		}
	}
	in := inputProperties(n, b.known)
	x.keeps = n.keeps(in)
	x.sends = make([]string, len(in))
	for i, keys := range exchanges(n, in) {
		x.sends[i] = exchangeText(n.Inputs()[i], keys)
	}
	if b.x != nil {
		x.rows, x.width = b.expected(n)
		x.asks = modelsLine(b.x.e.Catalog, n.exprs())
	}
	for _, below := range n.Inputs() {
		x.in = append(x.in, b.node(below))
	}
	if f, ok := n.(*Fixpoint); ok {
		x.step = explain(f.Step, nil)
	}
	return x
}

// expected is the rows of a node, whole ones, and their bytes.
func (b *explainer) expected(n Node) (rows, width float64) {
	s := b.x.of(n)
	for i, c := range n.Schema() {
		switch v := s.columns[i].values; {
		case v != nil && v.Width > 0:
			width += v.Width
		case c.Type.Kind().IsView():
			width += unknownWidth
		default:
			width += float64(c.Type.Kind().Width())
		}
	}
	if rows = math.Round(s.Rows); s.Rows > 0 {
		rows = max(1, rows)
	}
	return rows, math.Round(width)
}

// unknownWidth is the bytes of a string of which nothing is known, as PostgreSQL has it.
const unknownWidth = 32

// exchangeText says how rows come from other workers; empty: they do not.
func exchangeText(in Node, keys []int) string {
	switch {
	case keys == nil:
		return ""
	case len(keys) == 0:
		return "Gather at one worker"
	case isEverywhere(keys):
		return "Copy to all workers"
	}
	return "Exchange between workers by " + list(names(in.Schema(), keys))
}

// Measured is what has been done by the time that EXPLAIN looked: by a statement from its
// beginning to its end, or by a view since the server's start and in the second before.
type Measured struct {
	All        exec.Measures
	LastSecond exec.Measures // of a view; nil: it is a statement
}

// of is what a node has done.
func (m *Measured) of(x *explained) (all, last *exec.Measure) {
	return m.All[x.number], m.LastSecond[x.number]
}

// ran is what a node of a statement has done; nil: nothing, or it is a view's.
func (m *Measured) ran(x *explained) *exec.Measure {
	if m == nil || m.LastSecond != nil {
		return nil
	}
	return m.All[x.number]
}

// divided reports whether several workers have parts of what was measured.
func (m *Measured) divided() bool {
	for _, x := range m.All {
		if x.Workers > 1 {
			return true
		}
	}
	return false
}
