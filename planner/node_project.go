package planner

import (
	"slices"

	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// Project computes columns from each row.
type Project struct {
	Input Node
	Exprs []expr.Expr
	Names []string
}

var _ = nodeText("project", 1, func(r *reader) Node {
	p := &Project{}
	types := types(r.input(0))
	for range r.count() {
		p.Names = append(p.Names, r.quoted())
		p.Exprs = append(p.Exprs, r.expr(types))
	}
	return p.WithInputs(r.inputs...)
})

func (p *Project) String() string {
	l := newLine("project").number(int64(len(p.Exprs)))
	for i, x := range p.Exprs {
		l.quoted(p.Names[i]).expr(x)
	}
	return l.Builder.String()
}

func (p *Project) Schema() []col.Column {
	out := make([]col.Column, len(p.Exprs))
	for i, x := range p.Exprs {
		out[i] = col.Column{Name: p.Names[i], Type: x.Type()}
	}
	return out
}

func (p *Project) Inputs() []Node                { return []Node{p.Input} }
func (p *Project) WithInputs(in ...Node) Node    { return &Project{in[0], p.Exprs, p.Names} }
func (p *Project) exprs() []expr.Expr            { return p.Exprs }
func (p *Project) withExprs(xs []expr.Expr) Node { return &Project{p.Input, xs, p.Names} }
func (p *Project) keeps([]Properties) state      { return state{} }
func (p *Project) meets() [][]int                { return nil }

func (p *Project) derive(in []Properties) Properties {
	places := func(c int) (at []int) {
		for i, x := range p.Exprs {
			if isColumn(x, c) {
				at = append(at, i)
			}
		}
		return at
	}
	out := in[0].mapped(places)
	if !slices.ContainsFunc(p.Exprs, fallible) { // an error would take a row away
		out.Rising = in[0].Rising.mapped(places)
	}
	return out
}

func (p *Project) describe() string {
	var parts []string
	schema := p.Input.Schema()
	for i, x := range p.Exprs {
		text := displayExpr(x, schema)
		if c, ok := x.(*expr.Column); !ok || schema[c.Index].Name != p.Names[i] {
			text += " AS " + p.Names[i]
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return "Project no columns"
	}
	return "Project " + strings.Join(parts, ", ")
}

func (p *Project) needs(need []bool) [][]bool {
	below := make([]bool, len(p.Input.Schema()))
	for i, x := range p.Exprs {
		need[i] = need[i] || expr.Counts(x) // it takes values, whether somebody reads them or not
		if need[i] {
			mark(below, columnsOf(x)...)
		}
	}
	return [][]bool{below}
}

func (p *Project) pruned(need []bool, in []Node, at [][]int) (Node, []int) {
	out := make([]int, len(p.Exprs))
	n := &Project{Input: in[0]}
	for i, x := range p.Exprs {
		out[i] = -1
		if need[i] {
			out[i] = len(n.Exprs)
			n.Exprs, n.Names = append(n.Exprs, move(x, at[0])), append(n.Names, p.Names[i])
		}
	}
	return n, out
}

// Build adds the projection, or nothing when it changes nothing.
func (p *Project) Build(b *Builder, in []exec.Ref) exec.Ref {
	if p.isIdentity() {
		return in[0]
	}
	return b.Project(in[0], p.Exprs)
}

// isIdentity reports whether the output is the input, names aside.
func (p *Project) isIdentity() bool {
	for i, x := range p.Exprs {
		if !isColumn(x, i) {
			return false
		}
	}
	return len(p.Exprs) == len(p.Input.Schema())
}

// columnsProject picks columns of a node.
func columnsProject(n Node, at []int) *Project {
	schema := n.Schema()
	p := &Project{Input: n}
	for _, c := range at {
		p.Exprs = append(p.Exprs, column(c, schema[c]))
		p.Names = append(p.Names, schema[c].Name)
	}
	return p
}
