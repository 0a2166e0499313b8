package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// Hold keeps rows until the watermark of a column has passed them: what comes out never comes
// before, in that column, what has come out already.
type Hold struct {
	plain
	Input Node
	Col   int
}

var _ = nodeText("hold", 1, func(r *reader) Node {
	h := &Hold{Col: r.index(len(r.input(0)))}
	return h.WithInputs(r.inputs...)
})

func (h *Hold) String() string             { return newLine("hold").number(int64(h.Col)).Builder.String() }
func (h *Hold) Schema() []col.Column       { return h.Input.Schema() }
func (h *Hold) Inputs() []Node             { return []Node{h.Input} }
func (h *Hold) WithInputs(in ...Node) Node { return &Hold{Input: in[0], Col: h.Col} }
func (h *Hold) withExprs([]expr.Expr) Node { return h }
func (h *Hold) meets() [][]int             { return nil }
func (h *Hold) historic(*env) bool         { return true }

func (h *Hold) derive(in []Properties) Properties {
	return Properties{Keys: in[0].Keys, AppendOnly: true, Closed: true, Settled: true, Watermarks: []int{h.Col}, Partitioned: in[0].Partitioned}
}

func (h *Hold) keeps([]Properties) state {
	return state{"the rows that may have others before them", "the watermark of " + h.Schema()[h.Col].Name}
}

func (h *Hold) describe() string { return "Hold until the watermark of " + h.Schema()[h.Col].Name }

func (h *Hold) needs(need []bool) [][]bool { return [][]bool{mark(slices.Clone(need), h.Col)} }

func (h *Hold) pruned(_ []bool, in []Node, at [][]int) (Node, []int) {
	return &Hold{Input: in[0], Col: at[0][h.Col]}, at[0]
}

// Build adds the operator.
func (h *Hold) Build(b *Builder, in []exec.Ref) exec.Ref { return b.Hold(in[0], h.Col) }

// held returns a node's rows as they come behind each other in a column that carries a
// watermark: rows that only come wait for it, others must be final when they come.
func (c *closer) held(n Node, column int) (Node, error) {
	if p := c.known[n]; !p.AppendOnly || !slices.Contains(p.Watermarks, column) {
		out, err := c.close(n)
		if err != nil {
			return nil, err
		}
		n = out
	}
	switch p := Derive(n); {
	case !slices.Contains(p.Watermarks, column):
		return nil, c.refuse(n)
	case p.Settled:
		return n, nil
	}
	return &Hold{Input: n, Col: column}, nil
}
