package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// Distinct keeps one of the rows that are equal in every column, NULLs being equal.
type Distinct struct {
	plain
	Input    Node
	At       []int   // columns by which the reader wants the rows placed; nil: by all
	expected float64 // different rows; 0: nobody knows
}

var _ = nodeText("distinct", 1, func(r *reader) Node {
	return (&Distinct{}).WithInputs(r.inputs...)
})

var _ = nodeText("placeddistinct", 1, func(r *reader) Node {
	return (&Distinct{At: r.ints(len(r.input(0)))}).WithInputs(r.inputs...)
})

func (d *Distinct) String() string {
	if d.At == nil {
		return "distinct"
	}
	return newLine("placeddistinct").ints(d.At).Builder.String()
}

func (d *Distinct) Schema() []col.Column       { return d.Input.Schema() }
func (d *Distinct) withExprs([]expr.Expr) Node { return d }
func (d *Distinct) Inputs() []Node             { return []Node{d.Input} }
func (d *Distinct) WithInputs(in ...Node) Node { n := *d; n.Input = in[0]; return &n }

func (d *Distinct) describe() string {
	if d.At == nil {
		return "Distinct"
	}
	return "Distinct, placed by " + list(names(d.Schema(), d.At))
}

func (d *Distinct) meets() [][]int {
	if d.At != nil {
		return [][]int{d.At}
	}
	return [][]int{identity(len(d.Schema()))}
}

func (d *Distinct) derive(in []Properties) Properties {
	p := Properties{AppendOnly: in[0].AppendOnly, Keys: in[0].Keys, Closed: in[0].Closed, Watermarks: in[0].Watermarks, Late: in[0].Late, Partitioned: in[0].Partitioned}
	p.addKey(identity(len(d.Schema())))
	return p
}

func (d *Distinct) keeps(in []Properties) state {
	s := state{what: "one row for each different row"}
	if len(in[0].Watermarks) > 0 && !in[0].Late {
		s.bound = "the watermark of " + d.Schema()[in[0].Watermarks[0]].Name
	}
	return s
}

func (d *Distinct) needs(need []bool) [][]bool { return [][]bool{all(len(need))} }

func (d *Distinct) pruned(_ []bool, in []Node, at [][]int) (Node, []int) {
	return &Distinct{Input: in[0], At: remapped(d.At, at[0])}, at[0]
}

// Build adds the operator.
func (d *Distinct) Build(b *Builder, in []exec.Ref) exec.Ref {
	return b.Aggregate(in[0], exec.AggregateSpec{Group: identity(len(d.Schema())), Expected: d.expected})
}
