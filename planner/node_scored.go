package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// Scored adds columns to each row that are computed when it comes, with whichever version of a model
// is the current one then, and are withdrawn as they were.
type Scored struct {
	Input Node
	Exprs []expr.Expr
	Names []string
	// By are columns on which rows differ that are remembered apart; nil: the rows only come, and
	// nothing is remembered.
	By []int
}

// remembers is the word of a Scored with By in a stored plan.
const remembers = "remembers"

var _ = nodeText("scored", 1, func(r *reader) Node {
	s, in := &Scored{}, types(r.input(0))
	for range r.count() {
		s.Names = append(s.Names, r.quoted())
		s.Exprs = append(s.Exprs, r.expr(in))
	}
	if r.word() == remembers {
		s.By = append([]int{}, r.ints(len(in))...)
	}
	return s.WithInputs(r.inputs...)
})

func (s *Scored) String() string {
	l := newLine("scored").number(int64(len(s.Exprs)))
	for i, x := range s.Exprs {
		l.quoted(s.Names[i]).expr(x)
	}
	if s.By == nil {
		return l.word("forgets").Builder.String()
	}
	return l.word(remembers).ints(s.By).Builder.String()
}

func (s *Scored) Schema() []col.Column {
	out := slices.Clone(s.Input.Schema())
	for i, x := range s.Exprs {
		out = append(out, col.Column{Name: s.Names[i], Type: x.Type()})
	}
	return out
}

func (s *Scored) Inputs() []Node                { return []Node{s.Input} }
func (s *Scored) WithInputs(in ...Node) Node    { return &Scored{in[0], s.Exprs, s.Names, s.By} }
func (s *Scored) exprs() []expr.Expr            { return s.Exprs }
func (s *Scored) withExprs(xs []expr.Expr) Node { return &Scored{s.Input, xs, s.Names, s.By} }
func (s *Scored) historic(*env) bool            { return true }

// meets brings equal rows together where they are remembered.
func (s *Scored) meets() [][]int {
	if s.By == nil {
		return nil
	}
	return [][]int{s.By}
}

func (s *Scored) derive(in []Properties) Properties {
	return in[0].mapped(func(c int) []int { return []int{c} })
}

func (s *Scored) keeps([]Properties) state {
	if s.By == nil {
		return state{}
	}
	return state{what: "what came out for each row"}
}

func (s *Scored) describe() string {
	var parts []string
	for i, x := range s.Exprs {
		parts = append(parts, displayExpr(x, s.Input.Schema())+" AS "+s.Names[i])
	}
	return "Score when a row comes: " + strings.Join(parts, ", ")
}

func (s *Scored) needs(need []bool) [][]bool {
	below := slices.Clone(need[:len(s.Input.Schema())])
	for _, x := range s.Exprs {
		mark(below, columnsOf(x)...)
	}
	return [][]bool{below}
}

func (s *Scored) pruned(_ []bool, in []Node, at [][]int) (Node, []int) {
	n := &Scored{Input: in[0], Exprs: moveAll(s.Exprs, at[0]), Names: s.Names}
	out := slices.Clone(at[0])
	for i := range s.Exprs {
		out = append(out, len(in[0].Schema())+i)
	}
	return n, out
}

func (s *Scored) closing(c *closer) (Node, error) { return c.inputs(s) }

// Build adds the operator.
func (s *Scored) Build(b *Builder, in []exec.Ref) exec.Ref {
	return b.Scored(in[0], s.Exprs, s.By != nil)
}

// scoreForward has what asks the current version of a model computed when a row comes, by nodes
// that later rules leave where they are.
func scoreForward(root Node) (Node, error) {
	var failed error
	out := rewrite(root, func(n Node) Node {
		if !slices.ContainsFunc(n.exprs(), forwards) {
			return n
		}
		switch n := n.(type) {
		case *Project:
			return n.forward()
		case *Filter:
			return n.forward()
		}
		failed = pgerr.Unsupported("a model that is scored there in a view WITH (on_model_change = 'forward')").
			WithHint("Score it in the select list or the WHERE of a subquery.")
		return n
	})
	return out, failed
}

// forwards reports whether an expression asks a current version.
func forwards(x expr.Expr) bool {
	return slices.ContainsFunc(expr.Scores(x), func(s *expr.Score) bool { return s.Version == 0 })
}

// forward computes the whole expressions that ask below, so that what keeps a model from being asked
// still does.
func (p *Project) forward() Node {
	s, width := &Scored{Input: p.Input}, len(p.Input.Schema())
	out := &Project{Input: s, Names: p.Names}
	for i, x := range p.Exprs {
		if forwards(x) {
			s.Exprs, s.Names = append(s.Exprs, x), append(s.Names, p.Names[i])
			x = expr.NewColumn(width+len(s.Exprs)-1, x.Type())
		}
		out.Exprs = append(out.Exprs, x)
	}
	return out
}

// forward asks the conditions before the first that asks a model first, and the others of what they
// let through.
func (f *Filter) forward() Node {
	first, width := slices.IndexFunc(f.Preds, forwards), len(f.Input.Schema())
	s := &Scored{Input: filtered(f.Input, f.Preds[:first]), Exprs: []expr.Expr{and(f.Preds[first:])}, Names: []string{"passes"}}
	return columnsProject(&Filter{Input: s, Preds: []expr.Expr{expr.NewColumn(width, col.Bool)}}, identity(width))
}

// remembered says which rows are remembered apart, where rows may go.
func remembered(root Node) Node {
	known := properties(root)
	return rewrite2(root, func(old, n Node) Node {
		s, ok := n.(*Scored)
		if !ok || known[old.Inputs()[0]].AppendOnly {
			return n
		}
		out := *s
		out.By = []int{}
		if key, ok := known[old.Inputs()[0]].key(); ok && len(key) > 0 {
			out.By = key
			return &out
		}
		for i, c := range s.Input.Schema() {
			if !c.Type.Is(col.JSON) {
				out.By = append(out.By, i)
			}
		}
		return &out
	})
}
