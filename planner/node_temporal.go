package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// Temporal keeps the rows for which every comparison with now() is true, at every instant.
type Temporal struct {
	Input  Node
	Bounds []temporalBound // at least one
}

// temporalBound is a comparison of a time of the row, on its left, with one that now() gives.
type temporalBound struct {
	Pred      *expr.Call
	Low, High int64 // as exec.TemporalBound has them, as the others
	Slot      int64
	Origin    int64
	Steps     bool
}

var _ = nodeText("temporal", 1, func(r *reader) Node {
	t := &Temporal{}
	types := types(r.input(0))
	for range r.count() {
		x, ok := r.typed(types, col.Bool).(*expr.Call)
		b := temporalBound{Pred: x, Low: r.number(), High: r.number(), Slot: r.number(), Origin: r.number(), Steps: r.flag("steps")}
		if r.err == nil && (!ok || !isTemporal(x) || b.Low > b.High || b.Low < b.High && b.Slot <= 0) {
			r.fail("a comparison with now()")
		}
		t.Bounds = append(t.Bounds, b)
	}
	return t.WithInputs(r.inputs...)
})

func (t *Temporal) String() string {
	l := newLine("temporal").number(int64(len(t.Bounds)))
	for _, b := range t.Bounds {
		l.expr(b.Pred).number(b.Low).number(b.High).number(b.Slot).number(b.Origin).flag("steps", b.Steps)
	}
	return l.Builder.String()
}

func (t *Temporal) Schema() []col.Column       { return t.Input.Schema() }
func (t *Temporal) Inputs() []Node             { return []Node{t.Input} }
func (t *Temporal) WithInputs(in ...Node) Node { return &Temporal{in[0], t.Bounds} }
func (t *Temporal) describe() string {
	return "Temporal filter " + conjunction(t.exprs(), t.Input.Schema())
}

func (t *Temporal) exprs() []expr.Expr {
	out := make([]expr.Expr, len(t.Bounds))
	for i, b := range t.Bounds {
		out[i] = b.Pred
	}
	return out
}

func (t *Temporal) withExprs(xs []expr.Expr) Node {
	out := &Temporal{t.Input, slices.Clone(t.Bounds)}
	for i, x := range xs {
		out.Bounds[i].Pred = x.(*expr.Call)
	}
	return out
}

// meets: a retraction looks for its row where the row waits.
func (t *Temporal) meets() [][]int { return [][]int{hashable(t.Schema())} }

// hashable is the columns whose values have keys.
func hashable(schema []col.Column) []int {
	out := []int{}
	for i, c := range schema {
		if !c.Type.Is(col.JSON) {
			out = append(out, i)
		}
	}
	return out
}

// derive: rows leave below any watermark, and come below it too.
func (t *Temporal) derive(in []Properties) Properties {
	return Properties{Keys: in[0].Keys, AppendOnly: in[0].AppendOnly && t.onlyComes(), Partitioned: in[0].Partitioned}
}

func (t *Temporal) onlyComes() bool {
	return !slices.ContainsFunc(t.Bounds, func(b temporalBound) bool { return b.until() || b.Low != b.High })
}

// until reports whether a bound holds at first, and not for ever.
func (b temporalBound) until() bool { return b.Pred.Fn.Name[0] == '>' }

func (t *Temporal) keeps([]Properties) state {
	s := state{what: "the rows that time will bring or take, by when"}
	if slices.ContainsFunc(t.Bounds, temporalBound.until) {
		s.bound = "now()"
	}
	return s
}

func (t *Temporal) needs(need []bool) [][]bool {
	below := slices.Clone(need)
	for _, b := range t.Bounds {
		mark(below, columnsOf(b.Pred)...)
	}
	return [][]bool{below}
}

func (t *Temporal) pruned(_ []bool, in []Node, at [][]int) (Node, []int) {
	return t.withExprs(moveAll(t.exprs(), at[0])).WithInputs(in[0]), at[0]
}

// Build adds the operator.
func (t *Temporal) Build(b *Builder, in []exec.Ref) exec.Ref {
	bounds := make([]exec.TemporalBound, len(t.Bounds))
	for i, x := range t.Bounds {
		args, name := x.Pred.Args(), x.Pred.Fn.Name
		bounds[i] = exec.TemporalBound{Row: args[0], Now: args[1], Low: x.Low, High: x.High, Slot: x.Slot, Origin: x.Origin, Steps: x.Steps,
			Until: x.until(), Equal: len(name) == 2}
	}
	return b.Temporal(in[0], bounds, and(t.exprs()))
}
