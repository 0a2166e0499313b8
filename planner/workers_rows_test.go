package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

func (m *planMaker) filter(in Node) Node {
	if c := m.ofType(in, col.Int8); c >= 0 {
		return &Filter{in, []expr.Expr{m.call(">=", column(c, in.Schema()[c]), expr.NewInt8(int64(m.rng.IntN(2))))}}
	}
	c := m.column(in)
	return &Filter{in, []expr.Expr{expr.NewIs(column(c, in.Schema()[c]), expr.IsNotNull)}}
}

func (m *planMaker) project(in Node) Node {
	p := columnsProject(in, m.rng.Perm(len(in.Schema()))[:min(len(in.Schema()), 2+m.rng.IntN(3))])
	if c := m.ofType(in, col.Int8); c >= 0 && m.rng.IntN(2) == 0 {
		p.Exprs, p.Names = append(p.Exprs, m.call("+", column(c, in.Schema()[c]), expr.NewInt8(1))), append(p.Names, "next")
	}
	return p
}

// scored adds what is computed when a row comes, to rows that are remembered unless they only come.
func (m *planMaker) scored(in Node) Node {
	c := m.ofType(in, col.Int8)
	if c < 0 || len(in.Schema()) > 5 {
		return in
	}
	s := &Scored{Input: in, Exprs: []expr.Expr{m.call("/", expr.NewInt8(12), column(c, in.Schema()[c]))}, Names: []string{"of"}}
	return remembered(s)
}

func (m *planMaker) aggregate(in Node) Node {
	a := &Aggregate{Input: in, Group: m.some(in, 3)}
	a.Calls = append(a.Calls, m.aggregateCall("count"))
	if c := m.ofType(in, []col.Type{col.Int8, col.Numeric}[m.rng.IntN(2)]); c >= 0 {
		call := m.aggregateCall("max", in.Schema()[c].Type)
		call.Args = []int{c}
		a.Calls = append(a.Calls, call)
	}
	p := Derive(in)
	a.Final = len(a.carried(p)) > 0 && p.AppendOnly && m.rng.IntN(2) == 0
	return a
}

func (m *planMaker) aggregateCall(name string, of ...col.Type) AggregateCall {
	f, _, err := agg.Resolve(name, of)
	if err != nil {
		m.t.Fatal(err)
	}
	return AggregateCall{AggregateCall: exec.AggregateCall{Agg: f, Filter: -1}, Name: name}
}

func (m *planMaker) distinct(in Node) Node {
	d := &Distinct{Input: in}
	if m.rng.IntN(2) == 0 {
		d.At = m.some(in, 3)
	}
	return d
}

func (m *planMaker) single(in Node) Node { return &Single{Input: in} }

func (m *planMaker) topN(in Node) Node {
	t := &TopN{Input: in, TopNSpec: exec.TopNSpec{Partition: m.some(in, 2), Limit: []int64{1, 2, 3, 70}[m.rng.IntN(4)], Rank: exec.RankKind(m.rng.IntN(3))}}
	t.Order = []exec.OrderBy{{Col: m.column(in)}}
	if t.EmitRank = m.rng.IntN(2) == 0; t.EmitRank {
		t.Rank = "rank"
	}
	return t
}

// alike gives two nodes columns of the same types.
func (m *planMaker) alike(a Node) (Node, Node) {
	b := m.pick()
	var of [2][]int
	for _, c := range m.rng.Perm(len(a.Schema())) {
		if k := m.ofType(b, a.Schema()[c].Type); k >= 0 && len(of[0]) < 3 {
			of[0], of[1] = append(of[0], c), append(of[1], k)
		}
	}
	if len(of[0]) == 0 {
		return a, a
	}
	return columnsProject(a, of[0]), columnsProject(b, of[1])
}

func (m *planMaker) union(in Node) Node {
	a, b := m.alike(in)
	if m.rng.IntN(2) == 0 { // both are placed, perhaps alike
		a, b = m.placedAnew(a), m.placedAnew(b)
	}
	return &Union{In: []Node{a, b}}
}

// placedAnew are the different rows of a node, placed by all its columns in some order.
func (m *planMaker) placedAnew(n Node) Node {
	order := m.rng.Perm(len(n.Schema()))
	back := make([]int, len(order))
	for i, c := range order {
		back[c] = i
	}
	return columnsProject(&Aggregate{Input: n, Group: order}, back)
}

func (m *planMaker) setOp(in Node) Node {
	a, b := m.alike(in)
	return &SetOp{Left: a, Right: b, Kind: exec.SetOpKind(m.rng.IntN(2))}
}

// rowsFrom gives rows those of a short series from one of their columns on, perhaps numbered,
// perhaps as a left join.
func (m *planMaker) rowsFrom(in Node) Node {
	c := m.ofType(in, col.Int8)
	if c < 0 {
		return m.filter(in)
	}
	at := expr.NewColumn(c, col.Int8)
	stop, err := expr.CallOperator(m.c, "+", at, expr.NewInt8(m.rng.Int64N(3)-1))
	if err != nil {
		m.t.Fatal(err)
	}
	series := exec.RowsCall{Fn: fn.SetByID("generate_series(int8,int8,int8)"), Args: []expr.Expr{at, stop, expr.NewInt8(1)}, Columns: []col.Column{{Name: "g", Type: col.Int8}}}
	return &RowsFrom{Input: in, RowsFromSpec: exec.RowsFromSpec{Calls: []exec.RowsCall{series}, Ordinality: m.rng.IntN(2) == 0, Outer: m.rng.IntN(2) == 0}}
}

func (m *planMaker) values(Node) Node {
	v := &Values{Columns: []col.Column{{Name: "va", Type: col.Int8}, {Name: "vb", Type: col.Int8}}}
	for range 1 + m.rng.IntN(3) {
		v.Rows = append(v.Rows, []expr.Expr{expr.NewInt8(m.rng.Int64N(4)), expr.NewNull(col.Int8)})
	}
	return v
}
