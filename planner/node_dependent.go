package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// DependentJoin meets each left row with the rows that the right input has for this row: in
// it, an Outer of the frame is a column of the left row. Binding makes one of each correlated
// subquery and LATERAL item; the rule unnest makes ordinary joins of them, and what it leaves
// is refused (R13). Only Inner, Left, Semi, Anti and Single are dependent.
type DependentJoin struct {
	Left, Right Node
	Kind        exec.JoinKind
	Frame       int
	Guard       []expr.Expr // over the left row: it asks for right rows only where these are true (E2)
	On          []expr.Expr // conditions on the pairs, over left ++ right
	pos         int         // in the statement's text; -1: in a view's
	refused     error       // why it is here still
}

var _ = nodeText("dependent", 2, func(r *reader) Node {
	left := types(r.input(0))
	j := &DependentJoin{Kind: exec.JoinKind(r.oneOf(joinWords)), Frame: int(r.count())}
	for range r.count() {
		j.Guard = append(j.Guard, r.typed(left, col.Bool))
	}
	for range r.count() {
		j.On = append(j.On, r.typed(slices.Concat(left, types(r.input(1))), col.Bool))
	}
	return j.WithInputs(r.inputs...)
})

func (j *DependentJoin) String() string {
	l := newLine("dependent").word(joinWords[j.Kind]).number(int64(j.Frame))
	for _, xs := range [][]expr.Expr{j.Guard, j.On} {
		l.number(int64(len(xs)))
		for _, x := range xs {
			l.expr(x)
		}
	}
	return l.Builder.String()
}

func (j *DependentJoin) leftOnly() bool { return j.Kind == exec.Semi || j.Kind == exec.Anti }

func (j *DependentJoin) Schema() []col.Column {
	if j.leftOnly() {
		return j.Left.Schema()
	}
	return slices.Concat(j.Left.Schema(), j.Right.Schema())
}

func (j *DependentJoin) Inputs() []Node { return []Node{j.Left, j.Right} }
func (j *DependentJoin) WithInputs(in ...Node) Node {
	n := *j
	n.Left, n.Right = in[0], in[1]
	return &n
}

func (j *DependentJoin) exprs() []expr.Expr { return slices.Concat(j.Guard, j.On) }
func (j *DependentJoin) withExprs(xs []expr.Expr) Node {
	n := *j
	n.Guard, n.On = xs[:len(j.Guard):len(j.Guard)], xs[len(j.Guard):]
	return &n
}

func (j *DependentJoin) derive([]Properties) Properties { return Properties{} }
func (j *DependentJoin) meets() [][]int                 { return wholly(2) }
func (j *DependentJoin) keeps([]Properties) state       { return state{} }

func (j *DependentJoin) describe() string {
	s := "Dependent " + joinWords[j.Kind] + " join"
	if on := slices.Concat(j.Guard, j.On); len(on) > 0 {
		s += " on " + conjunction(on, (&Join{Left: j.Left, Right: j.Right}).told())
	}
	return strings.TrimSpace(s)
}

// needs: what the right input asks of the left row stands in its expressions, out of sight.
func (j *DependentJoin) needs([]bool) [][]bool {
	return [][]bool{all(len(j.Left.Schema())), all(len(j.Right.Schema()))}
}

func (j *DependentJoin) pruned(need []bool, in []Node, at [][]int) (Node, []int) {
	out := slices.Clone(in)
	for i, x := range in {
		if !slices.Equal(at[i], identity(len(x.Schema()))) {
			out[i] = columnsProject(x, at[i])
		}
	}
	return j.WithInputs(out...), identity(len(need))
}

// Build is a defect: a plan with a dependent join is refused.
func (j *DependentJoin) Build(*Builder, []exec.Ref) exec.Ref {
	panic("planner: a dependent join is built")
}

// pushInto lets conditions on the left rows through: all rows of any kind are left rows.
func (j *DependentJoin) pushInto(p *pusher, preds []expr.Expr) Node {
	width := len(j.Left.Schema())
	pass, stay := split(preds, func(x expr.Expr) bool { return within(x, func(c int) bool { return c < width }) })
	return filtered(j.WithInputs(p.push(j.Left, pass), p.push(j.Right, nil)), stay)
}

// dependsOn reports whether a plan reads the row that frame names; 0: the row of any frame.
func dependsOn(n Node, frame int) bool {
	return slices.ContainsFunc(postorder(n), func(m Node) bool {
		return slices.ContainsFunc(m.exprs(), func(x expr.Expr) bool { return expr.ReadsOuter(x, frame) })
	})
}

// replaceOuter puts what f says in place of the columns of the row that frame names.
func replaceOuter(root Node, frame int, f func(*expr.Outer) expr.Expr) Node {
	return rewrite(root, func(n Node) Node {
		return mapExprs(n, func(x expr.Expr) expr.Expr { return expr.ReplaceOuter(x, frame, f) })
	})
}

// outerColumns lists the columns of the row that frame names which a plan reads, in order of
// their first use.
func outerColumns(root Node, frame int) (out []*expr.Outer) {
	for _, n := range postorder(root) {
		for _, x := range n.exprs() {
			expr.Walk(x, func(x expr.Expr) bool {
				o, ok := x.(*expr.Outer)
				if ok && o.Frame == frame && !slices.ContainsFunc(out, func(p *expr.Outer) bool { return p.Index == o.Index }) {
					out = append(out, o)
				}
				return true
			})
		}
	}
	return out
}

// checkUnnested refuses what the rules have left of dependent joins.
func (e *env) checkUnnested(root Node) error {
	for _, n := range postorder(root) {
		if j, ok := n.(*DependentJoin); ok {
			return e.at(j.pos, j.refused)
		}
	}
	return nil
}
