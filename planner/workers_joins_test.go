package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// keyJoin joins up to four nodes, none more than twice, on columns of the types of the first one's.
func (m *planMaker) keyJoin(first Node) Node {
	k, width := &KeyJoin{In: []Node{first}, Keys: [][]int{{m.column(first)}}}, len(first.Schema())
	if m.rng.IntN(3) == 0 {
		k.Keys[0] = append(k.Keys[0], m.column(first))
	}
	for range 2 + m.rng.IntN(2) {
		in, keys := m.pick(), make([]int, len(k.Keys[0]))
		for i, c := range k.Keys[0] {
			keys[i] = m.ofType(in, first.Schema()[c].Type)
		}
		n := &KeyJoin{In: append(slices.Clone(k.In), in), Keys: append(slices.Clone(k.Keys), keys)}
		if !slices.Contains(keys, -1) && n.canBe() {
			k, width = n, width+len(in.Schema())
		}
	}
	if len(k.In) == 1 {
		return m.filter(first)
	}
	k.Out = m.rng.Perm(width)[:1+m.rng.IntN(min(width, 4))]
	return k
}

func (m *planMaker) join(left Node) Node {
	right := m.pick()
	j := &Join{Left: left, Right: right, Kind: exec.JoinKind(m.rng.IntN(len(joinWords)))}
	for range m.rng.IntN(4) {
		l := m.column(left)
		if r := m.ofType(right, left.Schema()[l].Type); r >= 0 {
			j.LeftKeys, j.RightKeys = append(j.LeftKeys, l), append(j.RightKeys, r)
		}
	}
	if len(j.LeftKeys) == 0 && j.Kind == exec.Full {
		j.Kind = exec.Left
	}
	j.NotIn = j.Kind == exec.Anti && len(j.LeftKeys) == 1 && m.rng.IntN(2) == 0
	j.NullsEqual = len(j.LeftKeys) > 0 && !j.NotIn && m.rng.IntN(4) == 0
	if !j.NotIn && j.Kind != exec.Single && m.rng.IntN(3) == 0 {
		t := []col.Type{col.Int8, col.Timestamp}[m.rng.IntN(2)]
		if l, r := m.ofType(left, t), m.ofType(right, t); l >= 0 && r >= 0 {
			j.Residual = []expr.Expr{m.call("<=", expr.NewColumn(l, t), expr.NewColumn(len(left.Schema())+r, t))}
			j.Ordered = !j.NullsEqual && m.rng.IntN(2) == 0
		}
	}
	j.ByTime = !j.Ordered && m.rng.IntN(3) > 0 && j.boundByTime([]Properties{Derive(left), Derive(right)})
	if width := len(j.full()); width > 3 {
		j.Out = m.rng.Perm(width)[:2+m.rng.IntN(3)]
	}
	j.Everywhere = m.rng.IntN(3) > 0 && j.canBeEverywhere(Derive(left), Derive(right))
	return j
}

// compared compares a column with the first value of another node.
func (m *planMaker) compared(in Node) Node {
	c := m.column(in)
	from := m.pick()
	k := m.ofType(from, in.Schema()[c].Type)
	if k < 0 {
		return in
	}
	first := &TopN{Input: columnsProject(from, []int{k}), TopNSpec: exec.TopNSpec{Order: []exec.OrderBy{{Col: 0}}, Limit: 1}}
	return &DynamicFilter{Input: in, Bound: first, DynamicFilterSpec: exec.DynamicFilterSpec{Col: c, Op: filterOps[m.rng.IntN(len(filterOps))], Not: m.rng.IntN(3) == 0}}
}
