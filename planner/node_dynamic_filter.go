package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// DynamicFilter keeps the rows whose column compares with a bound that moves: the one column
// of Bound, which has one row at most.
type DynamicFilter struct {
	plain
	Input, Bound Node
	exec.DynamicFilterSpec
}

var filterOps = []string{"=", "<>", "<", "<=", ">", ">="}

var _ = nodeText("dynamicfilter", 2, func(r *reader) Node {
	f := &DynamicFilter{}
	f.Col, f.Op, f.Not = r.index(len(r.input(0))), filterOps[r.oneOf(filterOps)], r.flag("not")
	if b := r.input(1); len(b) != 1 || f.Col < len(r.input(0)) && !b[0].Type.Is(r.input(0)[f.Col].Type) {
		r.fail("the bound of a dynamic filter")
	}
	return f.WithInputs(r.inputs...)
})

func (f *DynamicFilter) String() string {
	return newLine("dynamicfilter").number(int64(f.Col)).word(f.Op).flag("not", f.Not).Builder.String()
}

func (f *DynamicFilter) Schema() []col.Column { return f.Input.Schema() }
func (f *DynamicFilter) Inputs() []Node       { return []Node{f.Input, f.Bound} }
func (f *DynamicFilter) WithInputs(in ...Node) Node {
	n := *f
	n.Input, n.Bound = in[0], in[1]
	return &n
}
func (f *DynamicFilter) withExprs([]expr.Expr) Node { return f }
func (f *DynamicFilter) meets() [][]int             { return wholly(2) }

func (f *DynamicFilter) derive(in []Properties) Properties {
	return Properties{Keys: in[0].Keys, Late: in[0].Late || in[1].Late, Partitioned: in[0].Partitioned}
}

func (f *DynamicFilter) keeps([]Properties) state {
	return state{what: "the rows in order of " + f.Input.Schema()[f.Col].Name + ", and the bound"}
}

func (f *DynamicFilter) describe() string {
	text := f.Input.Schema()[f.Col].Name + " " + f.Op + " " + f.Bound.Schema()[0].Name
	if f.Not {
		text = "(" + text + ") IS NOT TRUE"
	}
	return "Dynamic filter " + text
}

func (f *DynamicFilter) needs(need []bool) [][]bool {
	return [][]bool{mark(slices.Clone(need), f.Col), {true}}
}

func (f *DynamicFilter) pruned(_ []bool, in []Node, at [][]int) (Node, []int) {
	n := *f
	n.Input, n.Col = in[0], at[0][f.Col]
	if n.Bound = in[1]; len(in[1].Schema()) != 1 {
		n.Bound = columnsProject(in[1], at[1])
	}
	return &n, at[0]
}

// Build adds the operator.
func (f *DynamicFilter) Build(b *Builder, in []exec.Ref) exec.Ref {
	return b.DynamicFilter(in[0], in[1], f.DynamicFilterSpec)
}
