package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// TopN keeps the first rows of each partition in an order; ties are broken by the rows'
// bytes. It is ORDER BY … LIMIT, and row_number(), rank() or dense_rank() up to a number.
type TopN struct {
	Input Node
	exec.TopNSpec
	Rank string // the name of the rank's column, when EmitRank
}

var rankWords = []string{"row_number", "rank", "dense_rank"}

var _ = nodeText("topn", 1, func(r *reader) Node {
	n := len(r.input(0))
	t := &TopN{Rank: r.quoted(), TopNSpec: exec.TopNSpec{Partition: r.ints(n), Order: r.order(n), Limit: r.number(),
		Offset: r.number(), Rank: exec.RankKind(r.oneOf(rankWords)), EmitRank: r.flag("emit")}}
	return t.WithInputs(r.inputs...)
})

func (t *TopN) String() string {
	return newLine("topn").quoted(t.Rank).ints(t.Partition).order(t.Order).number(t.Limit).number(t.Offset).
		word(rankWords[t.TopNSpec.Rank]).flag("emit", t.EmitRank).Builder.String()
}

func (t *TopN) Schema() []col.Column {
	s := slices.Clone(t.Input.Schema())
	if t.EmitRank {
		s = append(s, col.Column{Name: t.Rank, Type: col.Int8})
	}
	return s
}

func (t *TopN) Inputs() []Node             { return []Node{t.Input} }
func (t *TopN) WithInputs(in ...Node) Node { n := *t; n.Input = in[0]; return &n }
func (t *TopN) exprs() []expr.Expr         { return nil }
func (t *TopN) withExprs([]expr.Expr) Node { return t }
func (t *TopN) meets() [][]int             { return [][]int{t.Partition} }

func (t *TopN) derive(in []Properties) Properties {
	p := Properties{Keys: slices.Clone(in[0].Keys), Closed: in[0].Settled && t.closes(in[0]), Partitioned: in[0].Partitioned}
	p.AppendOnly, p.Late = p.Closed, in[0].Late
	for _, w := range in[0].Watermarks {
		if slices.Contains(t.Partition, w) {
			p.Watermarks = append(p.Watermarks, w)
		}
	}
	if t.TopNSpec.Rank == exec.RowNumber {
		if t.Limit == 1 {
			p.addKey(t.Partition)
		}
		if t.EmitRank {
			p.addKey(append(slices.Clone(t.Partition), len(t.Input.Schema())))
		}
	}
	return p
}

// closes reports whether a partition's rows come in one instant, if they come when the
// watermark has passed them: its column is part of the partition.
func (t *TopN) closes(in Properties) bool { return slices.ContainsFunc(t.Partition, in.carried) }

func (t *TopN) keeps(in []Properties) state {
	s := state{what: "the rows of each partition in order"}
	if len(t.Partition) == 0 {
		s.what = "all rows in order"
	}
	if (in[0].AppendOnly || t.rises(in[0])) && t.Limit >= 0 {
		s.what = fmt.Sprintf("the first %d of each partition", t.Limit+t.Offset)
		if len(t.Partition) == 0 {
			s = state{fmt.Sprintf("the first %d rows", t.Limit+t.Offset), "the limit"}
		}
	}
	if c := closingColumn(in[0], t.Partition, t.Input.Schema()); c >= 0 {
		s.bound = "the watermark of " + t.Input.Schema()[c].Name
	}
	return s
}

// closingColumn is the first of a partition's columns by whose watermark it is forgotten; -1:
// there is none.
func closingColumn(in Properties, partition []int, schema []col.Column) int {
	for _, c := range partition {
		if !in.Late && in.carried(c) && schema[c].Type.Kind() == col.KindI64 {
			return c
		}
	}
	return -1
}

// rises reports whether the rows of the input only move forward, so that none but those that
// are emitted need be remembered.
func (t *TopN) rises(in Properties) bool {
	return in.Rising.forward(t.Partition, t.Order) && t.Limit > 0 && t.Offset == 0 && t.TopNSpec.Rank != exec.DenseRank
}

func (t *TopN) describe() string {
	schema := t.Input.Schema()
	var b strings.Builder
	fmt.Fprintf(&b, "Top %d", t.Limit)
	if t.Limit < 0 {
		b.Reset()
		b.WriteString("Rank")
	}
	if t.Offset > 0 {
		fmt.Fprintf(&b, " after %d", t.Offset)
	}
	if t.TopNSpec.Rank != exec.RowNumber || t.EmitRank {
		fmt.Fprintf(&b, " by %s", rankWords[t.TopNSpec.Rank])
	}
	if len(t.Partition) > 0 {
		fmt.Fprintf(&b, " for each (%s)", strings.Join(names(schema, t.Partition), ", "))
	}
	if len(t.Order) > 0 {
		fmt.Fprintf(&b, " in order of %s", orderText(t.Order, schema))
	}
	if t.EmitRank {
		fmt.Fprintf(&b, " AS %s", t.Rank)
	}
	return b.String()
}

func orderText(order []exec.OrderBy, schema []col.Column) string {
	var parts []string
	for _, o := range order {
		p := schema[o.Col].Name
		if o.Desc {
			p += " DESC"
		}
		if o.NullsFirst != o.Desc {
			p += map[bool]string{true: " NULLS FIRST", false: " NULLS LAST"}[o.NullsFirst]
		}
		parts = append(parts, p)
	}
	return strings.Join(parts, ", ")
}

func (t *TopN) needs(need []bool) [][]bool {
	below := slices.Clone(need[:len(t.Input.Schema())])
	mark(below, t.Partition...)
	for _, o := range t.Order {
		below[o.Col] = true
	}
	return [][]bool{below}
}

// pruned drops columns though ties are broken by a row's bytes: which of the tied rows is
// taken shows in the needed columns alone, and any choice among them is right.
func (t *TopN) pruned(need []bool, in []Node, at [][]int) (Node, []int) {
	n := *t
	in, at = narrow(in, at, t.needs(need))
	n.Input, n.Partition, n.Order = in[0], remapped(t.Partition, at[0]), moveOrder(t.Order, at[0])
	if !t.EmitRank {
		return &n, at[0]
	}
	out := append(slices.Clone(at[0]), -1)
	if n.EmitRank = need[len(need)-1]; n.EmitRank {
		out[len(out)-1] = len(in[0].Schema())
	}
	return &n, out
}

func moveOrder(order []exec.OrderBy, at []int) []exec.OrderBy {
	out := slices.Clone(order)
	for i := range out {
		out[i].Col = at[out[i].Col]
	}
	return out
}

func (t *TopN) Build(b *Builder, in []exec.Ref) exec.Ref {
	s := t.TopNSpec
	s.Unique, s.Rising = b.unique(t.Input), t.rises(b.known[t.Input])
	return b.TopN(in[0], s)
}
