package planner

import (
	"slices"
	"strconv"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// Sort orders and limits the rows of a query that runs once. A standing plan has none: its
// rows are a set, and its limits are TopN.
type Sort struct {
	Input         Node
	Order         []exec.OrderBy // empty: as they come
	Limit, Offset expr.Expr      // int8 without columns; nil or NULL: all, none
}

var _ = nodeText("sort", 1, func(r *reader) Node {
	s := &Sort{Order: r.order(len(r.input(0)))}
	if r.flag("limit") {
		s.Limit = r.typed(nil, col.Int8)
	}
	if r.flag("offset") {
		s.Offset = r.typed(nil, col.Int8)
	}
	return s.WithInputs(r.inputs...)
})

func (s *Sort) String() string {
	l := newLine("sort").order(s.Order).flag("limit", s.Limit != nil)
	if s.Limit != nil {
		l.expr(s.Limit)
	}
	if l.flag("offset", s.Offset != nil); s.Offset != nil {
		l.expr(s.Offset)
	}
	return l.Builder.String()
}

func (s *Sort) Schema() []col.Column       { return s.Input.Schema() }
func (s *Sort) Inputs() []Node             { return []Node{s.Input} }
func (s *Sort) WithInputs(in ...Node) Node { return &Sort{in[0], s.Order, s.Limit, s.Offset} }
func (s *Sort) meets() [][]int             { return wholly(1) }
func (s *Sort) derive(in []Properties) Properties {
	return Properties{Keys: in[0].Keys, Partitioned: in[0].Partitioned}
}

func (s *Sort) keeps([]Properties) state {
	if len(s.Order) == 0 {
		return state{}
	}
	return state{what: "all rows"}
}

func (s *Sort) exprs() (xs []expr.Expr) {
	for _, x := range []expr.Expr{s.Limit, s.Offset} {
		if x != nil {
			xs = append(xs, x)
		}
	}
	return xs
}

func (s *Sort) withExprs(xs []expr.Expr) Node {
	n := *s
	if s.Limit != nil {
		n.Limit, xs = xs[0], xs[1:]
	}
	if s.Offset != nil {
		n.Offset = xs[0]
	}
	return &n
}

func (s *Sort) describe() string {
	d := "Limit"
	if len(s.Order) > 0 {
		d = "Sort by " + orderText(s.Order, s.Schema())
		if s.Limit != nil {
			d += ", limit"
		}
	}
	if s.Limit != nil {
		d += " " + rowCountText(s.Limit)
	}
	if s.Offset != nil {
		d += " after " + rowCountText(s.Offset)
	}
	return d
}

// rowCountText is a number of rows as people write it.
func rowCountText(x expr.Expr) string {
	if k, ok := x.(*expr.Const); ok && !k.IsNull() {
		return strconv.FormatInt(constInt(k, 0), 10)
	}
	return displayExpr(x, nil)
}

func (s *Sort) needs(need []bool) [][]bool {
	below := slices.Clone(need)
	for _, o := range s.Order {
		below[o.Col] = true
	}
	return [][]bool{below}
}

func (s *Sort) pruned(_ []bool, in []Node, at [][]int) (Node, []int) {
	n := *s
	n.Input, n.Order = in[0], moveOrder(s.Order, at[0])
	return &n, at[0]
}

// Build adds the sort; its limits have been computed by Instantiate.
func (s *Sort) Build(b *Builder, in []exec.Ref) exec.Ref {
	return b.Sort(in[0], s.Order, constInt(s.Limit, -1), constInt(s.Offset, 0))
}
