package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

func (m *planMaker) window(in Node) Node {
	c := m.ofType(in, col.Timestamp)
	if c < 0 {
		return m.filter(in)
	}
	return &Window{Input: in, WindowSpec: exec.WindowSpec{Time: c, Slide: 2, Size: 2 + 2*m.rng.Int64N(2), Cumulate: m.rng.IntN(3) == 0}}
}

// windowGroups counts rows by columns and by hopping or cumulating windows.
func (m *planMaker) windowGroups(in Node) Node {
	c := m.ofType(in, col.Timestamp)
	if c < 0 {
		return m.filter(in)
	}
	p, keys := Derive(in), m.some(in, 2)
	if slices.ContainsFunc(keys, func(c int) bool { return !col.CanonicalSame(in.Schema()[c].Type) }) {
		keys = nil
	}
	a := &Aggregate{Input: in, Group: append(slices.Clone(keys), c), Calls: []AggregateCall{m.aggregateCall("count")}}
	a.Final = slices.Contains(p.Watermarks, c) && p.AppendOnly && m.rng.IntN(2) == 0
	return &WindowGroups{timeGroups{Aggregate: a}, exec.WindowSpec{Slide: 1 + m.rng.Int64N(2), Size: 4, Cumulate: m.rng.IntN(3) == 0}}
}

// session gives rows their sessions, or counts those of each.
func (m *planMaker) session(in Node) Node {
	c := m.ofType(in, col.Timestamp)
	if c < 0 {
		return m.filter(in)
	}
	s := &Session{Input: in, SessionSpec: exec.SessionSpec{Time: c, Partition: m.some(in, 2), Gap: 1 + m.rng.Int64N(3)}}
	p := Derive(in)
	same := func(c int) bool { return col.CanonicalSame(in.Schema()[c].Type) }
	if m.rng.IntN(2) == 0 || !p.AppendOnly || slices.ContainsFunc(s.Partition, func(c int) bool { return !same(c) }) {
		return s
	}
	a := &Aggregate{Input: in, Group: append(slices.Clone(s.Partition), c), Calls: []AggregateCall{m.aggregateCall("count")}}
	a.Final = slices.Contains(p.Watermarks, c) && m.rng.IntN(2) == 0
	return &SessionGroups{timeGroups{Aggregate: a}, s.Gap}
}

// joinInTime is a temporal join, or one with the nearest row.
func (m *planMaker) joinInTime(left Node) Node {
	right := m.pick()
	j := &Join{Left: left, Right: right, Kind: []exec.JoinKind{exec.Inner, exec.Left}[m.rng.IntN(2)]}
	l := m.column(left)
	if r := m.ofType(right, left.Schema()[l].Type); r >= 0 {
		j.LeftKeys, j.RightKeys = []int{l}, []int{r}
	}
	l = m.column(left)
	if r := m.ofType(right, left.Schema()[l].Type); r >= 0 && m.rng.IntN(2) == 0 {
		j.Nearest = &Nearest{Left: l, Right: r, Op: []string{">", ">=", "<", "<="}[m.rng.IntN(4)], ByBytes: m.rng.IntN(2) == 0}
		if !j.Nearest.ByBytes { // several workers do not know what arrives first: no two rows tie
			by := append(slices.Clone(j.RightKeys), r)
			j.Right, j.Nearest.Right = &Aggregate{Input: right, Group: by}, len(j.RightKeys)
			j.RightKeys = identity(len(j.RightKeys))
		}
	} else if j.Proc = len(j.LeftKeys) > 0; !j.Proc {
		return m.filter(left)
	}
	return j
}

// temporal compares a time with now(), which is the number of the tick.
func (m *planMaker) temporal(in Node) Node {
	c := m.ofType(in, col.Timestamp)
	if c < 0 {
		return m.filter(in)
	}
	now, err := expr.CallNamed(m.c, "localtimestamp")
	if err != nil {
		m.t.Fatal(err)
	}
	t := &Temporal{Input: in}
	for range 1 + m.rng.IntN(2) {
		op, by := []string{">", ">=", "<", "<="}[m.rng.IntN(4)], m.rng.Int64N(5)-2
		pred := m.call(op, column(c, in.Schema()[c]), now).(*expr.Call)
		t.Bounds = append(t.Bounds, temporalBound{Pred: pred, Low: by, High: by})
	}
	return t
}

// hold keeps rows that only come until a watermark has passed them.
func (m *planMaker) hold(in Node) Node {
	p := Derive(in)
	if !p.AppendOnly || p.Late || len(p.Watermarks) == 0 {
		return m.window(in)
	}
	return &Hold{Input: in, Col: p.Watermarks[m.rng.IntN(len(p.Watermarks))]}
}

// joinByTime joins with the stream on their times alone, of which one is no later than the other or
// both are the same.
func (m *planMaker) joinByTime(left Node) Node {
	right := m.nodes[2]
	l := m.ofType(left, col.Timestamp)
	if l < 0 {
		left, l = right, 0
	}
	j := &Join{Left: left, Right: right, Kind: []exec.JoinKind{exec.Inner, exec.Left, exec.Right, exec.Semi, exec.Anti}[m.rng.IntN(5)]}
	x, y := expr.NewColumn(l, col.Timestamp), expr.NewColumn(len(left.Schema()), col.Timestamp)
	for _, op := range [][]string{{"<="}, {">="}, {"<=", ">="}}[m.rng.IntN(3)] {
		j.Residual = append(j.Residual, m.call(op, x, y))
	}
	j.ByTime = j.boundByTime([]Properties{Derive(left), Derive(right)})
	return j
}
