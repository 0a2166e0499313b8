package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// SetOp is EXCEPT ALL or INTERSECT ALL. The inputs have equal types; the names are the left
// one's.
type SetOp struct {
	plain
	Left, Right Node
	Kind        exec.SetOpKind
}

var setOps = []string{exec.ExceptAll: "except", exec.IntersectAll: "intersect"}

var _ = nodeText("setop", 2, func(r *reader) Node {
	if !slices.Equal(types(r.input(0)), types(r.input(1))) {
		r.fail("inputs of a set operation differ")
	}
	return &SetOp{Left: r.inputs[0], Right: r.inputs[1], Kind: exec.SetOpKind(r.oneOf(setOps))}
})

func (s *SetOp) String() string             { return newLine("setop").word(setOps[s.Kind]).Builder.String() }
func (s *SetOp) Schema() []col.Column       { return s.Left.Schema() }
func (s *SetOp) withExprs([]expr.Expr) Node { return s }
func (s *SetOp) Inputs() []Node             { return []Node{s.Left, s.Right} }
func (s *SetOp) WithInputs(in ...Node) Node { return &SetOp{Left: in[0], Right: in[1], Kind: s.Kind} }

// meets: a row meets those that are equal to it.
func (s *SetOp) meets() [][]int {
	every := identity(len(s.Schema()))
	return [][]int{every, every}
}

func (s *SetOp) describe() string {
	return map[exec.SetOpKind]string{exec.ExceptAll: "Except all", exec.IntersectAll: "Intersect all"}[s.Kind]
}

// derive: what comes on the right takes rows of EXCEPT ALL away, and either side's change
// may bring an old row back.
func (s *SetOp) derive(in []Properties) Properties {
	p := Properties{Keys: in[0].Keys, Late: in[0].Late || in[1].Late, Partitioned: in[0].Partitioned}
	for _, w := range in[0].Watermarks {
		if slices.Contains(in[1].Watermarks, w) {
			p.Watermarks = append(p.Watermarks, w)
		}
	}
	return p
}

func (s *SetOp) keeps(in []Properties) state {
	out := state{what: "the rows of both inputs"}
	if p := s.derive(in); len(p.Watermarks) > 0 && !p.Late {
		out.bound = "the watermarks of both sides' " + s.Schema()[p.Watermarks[0]].Name
	}
	return out
}

// needs: rows are equal in all columns.
func (s *SetOp) needs(need []bool) [][]bool { return [][]bool{all(len(need)), all(len(need))} }

// pruned brings both inputs back to all their columns.
func (s *SetOp) pruned(need []bool, in []Node, at [][]int) (Node, []int) {
	out := slices.Clone(in)
	for i, x := range in {
		if !slices.Equal(at[i], identity(len(x.Schema()))) {
			out[i] = columnsProject(x, at[i])
		}
	}
	return s.WithInputs(out...), identity(len(need))
}

// Build adds the operator.
func (s *SetOp) Build(b *Builder, in []exec.Ref) exec.Ref { return b.SetOp(in[0], in[1], s.Kind) }
