package planner

import (
	"fmt"
	"strings"
)

// Explain prints a plan as a tree: what each node does, and below it the state that its
// operators keep and what bounds it. A part that is read twice is printed once.
func Explain(root Node) []string {
	x := &explainer{known: properties(root), readers: map[Node]int{}, number: map[Node]int{}}
	for _, n := range postorder(root) {
		for _, in := range n.Inputs() {
			x.readers[in]++
		}
	}
	x.print(root, 0)
	return x.lines
}

type explainer struct {
	known   map[Node]Properties
	readers map[Node]int
	number  map[Node]int // of nodes that are read more than once
	lines   []string
}

func (x *explainer) print(n Node, depth int) {
	indent := strings.Repeat("  ", depth)
	if k := x.number[n]; k > 0 {
		x.lines = append(x.lines, fmt.Sprintf("%s-> the rows of #%d", indent, k))
		return
	}
	label := ""
	if x.readers[n] > 1 {
		if _, scan := n.(*Scan); !scan {
			x.number[n] = len(x.number) + 1
			label = fmt.Sprintf("#%d ", x.number[n])
		}
	}
	x.lines = append(x.lines, indent+"-> "+label+n.describe())
	if s := n.keeps(inputProperties(n, x.known)); s.what != "" {
		bound := "nothing bounds it"
		if s.bound != "" {
			bound = "bounded by " + s.bound
		}
		x.lines = append(x.lines, fmt.Sprintf("%s     keeps %s; %s", indent, s.what, bound))
	}
	for _, in := range n.Inputs() {
		x.print(in, depth+1)
	}
	if f, ok := n.(*Fixpoint); ok {
		x.lines = append(x.lines, indent+"  each round:")
		for _, line := range Explain(f.Step) {
			x.lines = append(x.lines, indent+"    "+line)
		}
	}
}
