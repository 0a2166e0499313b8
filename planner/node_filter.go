package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// Filter keeps the rows for which every predicate is true.
type Filter struct {
	Input Node
	Preds []expr.Expr // at least one; evaluated in order, each on the rows the ones before let pass
}

var _ = nodeText("filter", 1, func(r *reader) Node {
	f := &Filter{}
	types := types(r.input(0))
	for range r.count() {
		f.Preds = append(f.Preds, r.typed(types, col.Bool))
	}
	return f.WithInputs(r.inputs...)
})

func (f *Filter) String() string {
	l := newLine("filter").number(int64(len(f.Preds)))
	for _, p := range f.Preds {
		l.expr(p)
	}
	return l.Builder.String()
}

func (f *Filter) Schema() []col.Column          { return f.Input.Schema() }
func (f *Filter) Inputs() []Node                { return []Node{f.Input} }
func (f *Filter) WithInputs(in ...Node) Node    { return &Filter{in[0], f.Preds} }
func (f *Filter) exprs() []expr.Expr            { return f.Preds }
func (f *Filter) withExprs(xs []expr.Expr) Node { return &Filter{f.Input, xs} }
func (f *Filter) keeps([]Properties) state      { return state{} }
func (f *Filter) meets() [][]int                { return nil }
func (f *Filter) describe() string              { return "Filter " + conjunction(f.Preds, f.Input.Schema()) }

func (f *Filter) derive(in []Properties) Properties {
	p := in[0]
	p.Rising = nil // the row that comes may be one that does not pass
	return p
}

func (f *Filter) needs(need []bool) [][]bool {
	below := slices.Clone(need)
	for _, p := range f.Preds {
		mark(below, columnsOf(p)...)
	}
	return [][]bool{below}
}

func (f *Filter) pruned(_ []bool, in []Node, at [][]int) (Node, []int) {
	return &Filter{in[0], moveAll(f.Preds, at[0])}, at[0]
}

// Build adds the filter. Predicates narrow each other by AND's order of evaluation.
func (f *Filter) Build(b *Builder, in []exec.Ref) exec.Ref {
	return b.Filter(in[0], and(f.Preds))
}
