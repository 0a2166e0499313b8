package planner

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// Fixpoint is WITH RECURSIVE: the rows of the first input, and those that Step makes of them, of
// these, and so on until nothing new comes. It runs once.
type Fixpoint struct {
	plain
	Name string
	In   []Node // where it begins; then what Step reads beside it
	Step Node   // over leaves that are Given
	All  bool   // equal rows are not one: UNION ALL
	// Whole says that what Step makes of rows is no sum of what it makes of each: it begins anew
	// with those of a round.
	Whole bool
	// open, before the rules are done with it, is the leaf of the recursive term, the second input, at
	// which the rows of the round before come.
	open *Given
}

func recurses(n Node) bool {
	_, ok := n.(*Fixpoint)
	return ok
}

// Given is what the Step of a Fixpoint begins from: its rows of the round before (0), or one of
// its inputs.
type Given struct {
	plain
	No      int
	Columns []col.Column
	// reads is a column of the row around the recursion, if the recursion depends on it: so does
	// whatever is made of the rows. nil: it does not.
	reads expr.Expr
}

var _ = nodeText("fixpoint", -1, func(r *reader) Node {
	f := &Fixpoint{Name: r.quoted(), All: r.flag("all"), Whole: r.flag("whole")}
	step, _, err := Parse(r.quoted())
	if err != nil || !slices.Equal(types(step.Schema()), types(r.input(0))) {
		r.fail("the step of a recursion")
		return f
	}
	f.In, f.Step = r.inputs, step
	for _, n := range postorder(step) {
		if g, ok := n.(*Given); ok && (g.No >= len(f.In) || !slices.Equal(types(g.Columns), types(r.input(g.No)))) {
			r.fail("what a recursion is given")
		}
	}
	return f
})

var _ = nodeText("given", 0, func(r *reader) Node {
	g := &Given{No: int(r.count())}
	for range r.count() {
		g.Columns = append(g.Columns, r.column())
	}
	return g
})

func (f *Fixpoint) String() string {
	l := newLine("fixpoint").quoted(f.Name).flag("all", f.All).flag("whole", f.Whole)
	if f.open == nil {
		l.quoted(Text(f.Step))
	}
	return l.Builder.String()
}

func (f *Fixpoint) Schema() []col.Column       { return f.In[0].Schema() }
func (f *Fixpoint) Inputs() []Node             { return f.In }
func (f *Fixpoint) withExprs([]expr.Expr) Node { return f }
func (f *Fixpoint) meets() [][]int             { return wholly(len(f.In)) }

func (f *Fixpoint) WithInputs(in ...Node) Node {
	n := *f
	n.In = in
	return &n
}

func (f *Fixpoint) describe() string {
	if f.All {
		return "Recursion " + f.Name + ": the first rows, and over and over what follows from the last ones"
	}
	return "Recursion " + f.Name + ": the first rows, and over and over the new ones that follow from the last"
}

func (f *Fixpoint) keeps([]Properties) state {
	return state{what: "what the recursion reads, by key, and the rows it has found"}
}

func (f *Fixpoint) derive([]Properties) Properties {
	p := Properties{AppendOnly: true, Partitioned: wholly(1)}
	if !f.All {
		p.addKey(identity(len(f.Schema())))
	}
	return p
}

func (f *Fixpoint) needs([]bool) [][]bool {
	below := make([][]bool, len(f.In))
	for i, n := range f.In {
		below[i] = all(len(n.Schema()))
	}
	return below
}

func (f *Fixpoint) pruned(need []bool, in []Node, at [][]int) (Node, []int) {
	n := &Fixpoint{Name: f.Name, Step: f.Step, All: f.All, Whole: f.Whole, open: f.open}
	for i, x := range in {
		if !slices.Equal(at[i], identity(len(x.Schema()))) {
			x = columnsProject(x, at[i])
		}
		n.In = append(n.In, x)
	}
	return n, identity(len(need))
}

// Build adds the recursion, with its step in graphs of its own.
func (f *Fixpoint) Build(b *Builder, in []exec.Ref) exec.Ref {
	return b.Fixpoint(in[0], in[1:], f.All, f.Whole, func(s *exec.Builder, rows exec.Ref, beside []exec.Ref) exec.Ref {
		return Build(&Builder{Builder: s, given: append([]exec.Ref{rows}, beside...)}, f.Step)
	})
}

func (g *Given) exprs() []expr.Expr {
	if g.reads == nil {
		return nil
	}
	return []expr.Expr{g.reads}
}

func (g *Given) String() string {
	l := newLine("given").number(int64(g.No)).number(int64(len(g.Columns)))
	for _, c := range g.Columns {
		l.column(c)
	}
	return l.Builder.String()
}

func (g *Given) Schema() []col.Column           { return g.Columns }
func (g *Given) Inputs() []Node                 { return nil }
func (g *Given) WithInputs(...Node) Node        { return g }
func (g *Given) withExprs([]expr.Expr) Node     { return g }
func (g *Given) meets() [][]int                 { return nil }
func (g *Given) needs([]bool) [][]bool          { return nil }
func (g *Given) derive([]Properties) Properties { return Properties{Partitioned: wholly(1)} }
func (g *Given) pruned(need []bool, _ []Node, _ [][]int) (Node, []int) {
	return g, identity(len(need))
}

func (g *Given) describe() string {
	if g.No == 0 {
		return "Rows that the last round found"
	}
	return fmt.Sprintf("Input %d of the recursion", g.No+1)
}

// Build takes what is given.
func (g *Given) Build(b *Builder, _ []exec.Ref) exec.Ref { return b.given[g.No] }
