package planner

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/connect/nexmark"
	"github.com/millracedb/millrace/connect/nexmark/queries"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// planMaker makes random plans: graphs of nodes over two tables and a stream with a watermark,
// of few values, so that rows meet, and of numerics that are equal and not the same.
type planMaker struct {
	t     *testing.T
	rng   *rand.Rand
	c     *fn.Ctx
	nodes []Node
}

var plannedFeeds = map[catalog.OID]feed{
	1: {types: []col.Type{col.Int8, col.Int8, col.Numeric}, watermark: -1},
	2: {types: []col.Type{col.Int8, col.Numeric, col.Int8}, watermark: -1},
	3: {types: []col.Type{col.Timestamp, col.Int8, col.Int8}, grows: true, watermark: 0},
}

func newPlanMaker(t *testing.T, seed uint64) *planMaker {
	m := &planMaker{t: t, rng: rand.New(rand.NewPCG(seed, 3)), c: fn.NewCtx(nil, 0)}
	for oid := catalog.OID(1); oid <= 3; oid++ {
		f := plannedFeeds[oid]
		s := &Scan{Relation: oid, Name: string(rune('q' + oid)), Width: len(f.types), Append: f.grows, Watermark: f.watermark}
		for i, t := range f.types {
			s.Columns = append(s.Columns, ScanColumn{Column: col.Column{Name: s.Name + string(rune('a'+i)), Type: t}, Position: i})
		}
		m.nodes = append(m.nodes, s)
	}
	return m
}

// plan makes a plan of some nodes, the last one on top.
func (m *planMaker) plan() Node {
	makers := []func(Node) Node{m.filter, m.project, m.project, m.aggregate, m.aggregate, m.aggregate, m.distinct, m.topN,
		m.join, m.join, m.join, m.join, m.keyJoin, m.keyJoin, m.union, m.union, m.setOp, m.single, m.window, m.windowGroups, m.session, m.session, m.values, m.temporal, m.joinInTime, m.over, m.over, m.compared, m.rowsFrom}
	for range 3 + m.rng.IntN(6) {
		m.nodes = append(m.nodes, makers[m.rng.IntN(len(makers))](m.pick()))
	}
	return m.nodes[len(m.nodes)-1]
}

// pick picks a node, one of the last more often.
func (m *planMaker) pick() Node {
	last := len(m.nodes) - 1
	return m.nodes[last-min(m.rng.IntN(last+1), m.rng.IntN(last+1))]
}

func (m *planMaker) column(n Node) int { return m.rng.IntN(len(n.Schema())) }

// some picks different columns in any order, at most that many.
func (m *planMaker) some(n Node, most int) []int {
	at := m.rng.Perm(len(n.Schema()))
	return at[:m.rng.IntN(min(most, len(at))+1)]
}

// ofType picks a column of a type; -1: there is none.
func (m *planMaker) ofType(n Node, t col.Type) int {
	for _, c := range m.rng.Perm(len(n.Schema())) {
		if n.Schema()[c].Type == t {
			return c
		}
	}
	return -1
}

func (m *planMaker) call(op string, args ...expr.Expr) expr.Expr {
	x, err := expr.CallOperator(m.c, op, args...)
	if err != nil {
		m.t.Fatal(err)
	}
	return x
}

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

func (m *planMaker) distinct(in Node) Node { return &Distinct{Input: in} }
func (m *planMaker) single(in Node) Node   { return &Single{Input: in} }

func (m *planMaker) topN(in Node) Node {
	t := &TopN{Input: in, TopNSpec: exec.TopNSpec{Partition: m.some(in, 2), Limit: []int64{1, 2, 3, 70}[m.rng.IntN(4)], Rank: exec.RankKind(m.rng.IntN(3))}}
	t.Order = []exec.OrderBy{{Col: m.column(in)}}
	if t.EmitRank = m.rng.IntN(2) == 0; t.EmitRank {
		t.Rank = "rank"
	}
	return t
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

func (m *planMaker) window(in Node) Node {
	c := m.ofType(in, col.Timestamp)
	if c < 0 {
		return m.filter(in)
	}
	return &Window{Input: in, WindowSpec: exec.WindowSpec{Time: c, Slide: 2, Size: 2 + 2*m.rng.Int64N(2), Cumulate: m.rng.IntN(3) == 0}}
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

func (m *planMaker) values(Node) Node {
	v := &Values{Columns: []col.Column{{Name: "va", Type: col.Int8}, {Name: "vb", Type: col.Int8}}}
	for range 1 + m.rng.IntN(3) {
		v.Rows = append(v.Rows, []expr.Expr{expr.NewInt8(m.rng.Int64N(4)), expr.NewNull(col.Int8)})
	}
	return v
}

var plannedNumbers = strings.Fields("1 1.0 1.00 2 2.50 2.5")

// ticks are random changes of the tables and the stream.
func (m *planMaker) ticks(n int) (out []tick) {
	there := map[catalog.OID]*col.Batch{}
	mark := int64(0)
	for range n {
		k := tick{rows: map[catalog.OID]*col.Batch{}}
		for oid := catalog.OID(1); oid <= 3; oid++ {
			old, now := there[oid], col.NewBatch(plannedFeeds[oid].types...)
			change := col.NewBatch(plannedFeeds[oid].types...)
			for i := range rowsOf(old) {
				if oid < 3 && m.rng.IntN(4) == 0 {
					change.AppendRow(old, i, -1)
				} else {
					now.AppendRow(old, i, 1)
				}
			}
			for range m.rng.IntN(6) {
				one := m.row(plannedFeeds[oid].types, mark)
				change.AppendRow(one, 0, 1)
				now.AppendRow(one, 0, 1)
			}
			there[oid], k.rows[oid] = now, change
		}
		mark += m.rng.Int64N(3)
		k.marks = map[catalog.OID]int64{3: mark}
		out = append(out, k)
	}
	return out
}

func rowsOf(b *col.Batch) int {
	if b == nil {
		return 0
	}
	return b.N
}

// row is a random row; its times are not below the watermark.
func (m *planMaker) row(types []col.Type, mark int64) *col.Batch {
	b := col.NewBatch(types...)
	for i, t := range types {
		switch v := &b.Cols[i]; {
		case m.rng.IntN(6) == 0:
			v.AppendNull()
		case t == col.Numeric:
			v.AppendFrom(m.number(), 0)
		case t == col.Timestamp:
			v.AppendI64(mark + m.rng.Int64N(4))
		default:
			v.AppendI64(m.rng.Int64N(4))
		}
	}
	b.Grow(1, 1)
	return b
}

func (m *planMaker) number() *col.Vector {
	x, err := expr.Coerce(m.c, expr.NewUnknown(plannedNumbers[m.rng.IntN(len(plannedNumbers))]), col.Numeric, fn.Explicit)
	if err != nil {
		m.t.Fatal(err)
	}
	return x.(*expr.Const).Value().ToDec()
}

// What four workers make of a plan is what one makes of it.
func TestWorkers(t *testing.T) {
	const plans = 400
	silent := 0
	for seed := range uint64(plans) {
		m := newPlanMaker(t, seed)
		root := m.plan()
		if sameOnWorkers(t, root, true, plannedFeeds, m.ticks(8)) == 0 {
			silent++
		}
		if t.Failed() {
			t.Fatalf("seed %d\n%s", seed, strings.Join(Explain(root), "\n"))
		}
	}
	if silent > plans/5 {
		t.Errorf("%d of %d plans have no rows", silent, plans)
	}
}

// The benchmark's views, with windows that close and rows that are forgotten by their time.
func TestWorkersNexmark(t *testing.T) {
	w := newWorld(t)
	text, err := queries.Text("schema")
	if err != nil {
		t.Fatal(err)
	}
	w.must(text)
	feeds, ticks := w.nexmarkEvents(16, 500)
	for _, q := range queries.Held {
		text, err := queries.Text(q)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(q, func(t *testing.T) {
			view := w.must("CREATE MATERIALIZED VIEW " + q + " AS " + text)[0].Change.View
			if rows := sameOnWorkers(t, view, true, feeds, ticks); rows == 0 {
				t.Error("no row came of the events")
			}
		})
	}
}

// nexmarkEvents are events of the benchmark, two seconds of its time in each tick.
func (w *world) nexmarkEvents(n, each int64) (map[catalog.OID]feed, []tick) {
	feeds, ticks := map[catalog.OID]feed{}, make([]tick, n)
	events := nexmark.New(nexmark.Config{Seed: 1, Rate: each / 2})
	for i := range ticks {
		ticks[i] = tick{rows: map[catalog.OID]*col.Batch{}, marks: map[catalog.OID]int64{}}
		var of [3]*col.Batch
		of[nexmark.Person], of[nexmark.Auction], of[nexmark.Bid] = events.Batches(int64(i)*each, each)
		for kind, b := range of {
			r, err := w.cat.Lookup([]string{"public"}, "", nexmark.Kind(kind).String())
			if err != nil {
				w.t.Fatal(err)
			}
			feeds[r.OID] = feed{types: b.Types(), grows: true, watermark: r.Watermark.Column}
			ticks[i].rows[r.OID], ticks[i].marks[r.OID] = b, events.Watermark(int64(i+1)*each)
		}
	}
	side, err := w.cat.Lookup([]string{"public"}, "", "side_input")
	if err != nil {
		w.t.Fatal(err)
	}
	b := col.NewBatch(col.Int8, col.Varchar)
	for i := range 10_000 {
		b.Cols[0].AppendI64(int64(i))
		b.Cols[1].AppendString(strconv.Itoa(i))
	}
	b.Grow(10_000, 1)
	feeds[side.OID], ticks[0].rows[side.OID] = feed{types: b.Types(), watermark: -1}, b
	return feeds, ticks
}

// Every kind of node that asks for its rows to be together needs it: without an exchange below
// one of each kind, some plan's answer is another.
func TestWorkersNeedExchanges(t *testing.T) {
	missed := map[string]bool{"session": true, "sessiongroups": true, "aggregate": true, "distinct": true, "topn": true, "setop": true, "single": true, "notin": true, "keyjoin": true}
	for _, kind := range joinWords {
		missed[kind], missed[kind+" keyless"] = true, true
	}
	delete(missed, "full keyless") // there is none
	for seed := uint64(0); seed < 2000 && len(missed) > 0; seed++ {
		m := newPlanMaker(t, seed)
		root := m.plan()
		var kinds []string
		known := properties(root)
		for _, n := range postorder(root) {
			for _, by := range exchanges(n, inputProperties(n, known)) {
				if by != nil {
					kinds = append(kinds, needKind(n))
				}
			}
		}
		at := slices.IndexFunc(kinds, func(k string) bool { return missed[k] })
		if at < 0 {
			continue
		}
		ticks := m.ticks(4)
		want, err := newTeam(t, 1, true, plannedFeeds, -1).run(root, ticks)
		if err != nil {
			t.Fatal(err)
		}
		got, err := newTeam(t, 4, true, plannedFeeds, at).run(root, ticks)
		if err != nil || differs(want, got) >= 0 {
			delete(missed, kinds[at])
		}
	}
	for kind := range missed {
		t.Errorf("no plan needs the exchange below %s", kind)
	}
}

func needKind(n Node) string {
	j, ok := n.(*Join)
	switch {
	case !ok:
		return strings.Fields(n.String())[0]
	case j.NotIn:
		return "notin"
	case len(j.LeftKeys) == 0:
		return joinWords[j.Kind] + " keyless"
	}
	return joinWords[j.Kind]
}
