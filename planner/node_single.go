package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// Single is the one row of a scalar subquery: the input's row, a row of NULLs when there is
// none, and the error 21000 while there is more than one.
type Single struct {
	plain
	Input Node
}

var _ = nodeText("single", 1, func(r *reader) Node {
	return (&Single{}).WithInputs(r.inputs...)
})

func (s *Single) String() string             { return "single" }
func (s *Single) Schema() []col.Column       { return s.Input.Schema() }
func (s *Single) Inputs() []Node             { return []Node{s.Input} }
func (s *Single) WithInputs(in ...Node) Node { return &Single{Input: in[0]} }
func (s *Single) withExprs([]expr.Expr) Node { return s }
func (s *Single) describe() string           { return "Scalar subquery" }
func (s *Single) meets() [][]int             { return wholly(1) }
func (s *Single) derive([]Properties) Properties {
	return Properties{Keys: [][]int{{}}, Partitioned: wholly(1)}
}
func (s *Single) keeps([]Properties) state {
	return state{"the rows of the subquery", "the one row it may have"}
}

func (s *Single) needs(need []bool) [][]bool { return [][]bool{slices.Clone(need)} }

func (s *Single) pruned(_ []bool, in []Node, at [][]int) (Node, []int) {
	return &Single{Input: in[0]}, at[0]
}

// Build adds the operator.
func (s *Single) Build(b *Builder, in []exec.Ref) exec.Ref { return b.Scalar(in[0]) }
