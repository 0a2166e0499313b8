package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// Union is the rows of all its inputs (UNION ALL). The inputs have equal types; the names are
// the first one's.
type Union struct {
	plain
	In []Node
}

var _ = nodeText("union", -1, func(r *reader) Node {
	first := types(r.input(0))
	for i := range r.inputs {
		if !slices.Equal(types(r.input(i)), first) {
			r.fail("inputs of a union differ")
		}
	}
	return &Union{In: r.inputs}
})

func (u *Union) String() string             { return "union" }
func (u *Union) Schema() []col.Column       { return u.In[0].Schema() }
func (u *Union) withExprs([]expr.Expr) Node { return u }
func (u *Union) Inputs() []Node             { return u.In }
func (u *Union) WithInputs(in ...Node) Node { return &Union{In: in} }
func (u *Union) meets() [][]int             { return nil }
func (u *Union) describe() string           { return "Union all" }

func (u *Union) derive(in []Properties) Properties {
	p := Properties{AppendOnly: true, Closed: true, Watermarks: in[0].Watermarks, Partitioned: in[0].Partitioned}
	for _, x := range in {
		p.AppendOnly = p.AppendOnly && x.AppendOnly
		p.Closed, p.Late = p.Closed && x.Closed, p.Late || x.Late
		p.Watermarks = slices.DeleteFunc(slices.Clone(p.Watermarks), func(w int) bool { return !slices.Contains(x.Watermarks, w) })
		p.Partitioned = slices.DeleteFunc(slices.Clone(p.Partitioned), func(by []int) bool { return !x.placedBy(by) })
	}
	return p
}

func (u *Union) needs(need []bool) [][]bool {
	below := make([][]bool, len(u.In))
	for i := range u.In {
		below[i] = slices.Clone(need)
	}
	return below
}

// pruned brings every input to the same columns.
func (u *Union) pruned(need []bool, in []Node, at [][]int) (Node, []int) {
	var keep []int
	out := make([]int, len(need))
	for i, n := range need {
		out[i] = -1
		if n {
			out[i] = len(keep)
			keep = append(keep, i)
		}
	}
	n := &Union{In: slices.Clone(in)}
	for i, x := range in {
		if places := remapped(keep, at[i]); !slices.Equal(places, identity(len(x.Schema()))) {
			n.In[i] = columnsProject(x, places)
		}
	}
	return n, out
}

func (u *Union) Build(b *Builder, in []exec.Ref) exec.Ref { return b.Union(in...) }
