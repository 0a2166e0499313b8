package planner

import (
	"fmt"
	"strings"
)

// dot is the tree as a graph for Graphviz: rows go upwards, from the relations to the answer. A
// part that is read twice is one node with two arrows.
func (x *explained) dot(head []string, f *textForm) []string {
	d := &dotForm{textForm: f, drawn: map[Node]string{}}
	d.lines = append(d.lines, "digraph plan {", "  rankdir=BT;", `  node [shape=box, fontname="Helvetica"];`)
	if len(head) > 0 {
		d.lines = append(d.lines, "  label="+quoteDot(head)+";", "  labelloc=t;")
	}
	d.draw(x)
	return append(d.lines, "}")
}

type dotForm struct {
	*textForm
	drawn map[Node]string
}

// draw adds a node with all below it and returns its name.
func (d *dotForm) draw(x *explained) string {
	if name := d.drawn[x.node]; name != "" {
		return name
	}
	name := fmt.Sprintf("n%d", len(d.drawn)+1)
	d.drawn[x.node] = name
	label := append([]string{x.node.describe()}, d.details(x)...)
	if s := strings.TrimSpace(d.figures(x)); s != "" {
		label = append(label, s)
	}
	d.lines = append(d.lines, fmt.Sprintf("  %s [label=%s];", name, quoteDot(label)))
	for i, in := range x.in {
		arrow := ""
		if d.m != nil && d.m.divided() && x.sends[i] != "" {
			arrow = " [style=bold, label=" + quoteDot([]string{x.sends[i]}) + "]"
		}
		d.lines = append(d.lines, fmt.Sprintf("  %s -> %s%s;", d.draw(in), name, arrow))
	}
	if x.step != nil {
		m := d.m
		d.m = nil // a round's operators are not measured
		defer func() { d.m = m }()
		d.lines = append(d.lines, fmt.Sprintf("  %s -> %s [style=dashed, label=\"each round\"];", d.draw(x.step), name))
	}
	return name
}

// quoteDot is lines as a quoted string of Graphviz, left-aligned.
func quoteDot(lines []string) string {
	r := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ")
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(r.Replace(l) + `\l`)
	}
	return `"` + b.String() + `"`
}
