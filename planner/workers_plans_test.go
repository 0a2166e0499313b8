package planner

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
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
		m.join, m.join, m.join, m.join, m.keyJoin, m.keyJoin, m.union, m.union, m.setOp, m.single, m.scored, m.window, m.windowGroups, m.hold, m.joinByTime, m.joinByTime, m.session, m.session, m.values, m.temporal, m.joinInTime, m.over, m.over, m.compared, m.rowsFrom}
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

// alone are the nodes of plans that one worker carries out, and those of which none are left when
// a plan is done.
var alone = []string{"dependent", "fixpoint", "given", "returned", "series", "sort"}

// What four workers make of a plan is what one makes of it.
func TestWorkers(t *testing.T) {
	const plans = 400
	silent, met := 0, map[string]bool{}
	for seed := range uint64(plans) {
		m := newPlanMaker(t, seed)
		root := m.plan()
		for _, n := range postorder(root) {
			met[strings.Fields(n.String())[0]] = true
		}
		if sameOnWorkers(t, root, true, plannedFeeds, m.ticks(8)) == 0 {
			silent++
		}
		if t.Failed() {
			t.Fatalf("seed %d\n%s", seed, strings.Join(Explain(root), "\n"))
		}
	}
	for keyword := range nodeParsers {
		if !met[keyword] && !slices.Contains(alone, keyword) {
			t.Errorf("no plan has the node %s", keyword)
		}
	}
	if silent > plans/5 {
		t.Errorf("%d of %d plans have no rows", silent, plans)
	}
}

// Every kind of node that asks for its rows to be together needs it: without an exchange below
// one of each kind, some plan's answer is another.
func TestWorkersNeedExchanges(t *testing.T) {
	missed := map[string]bool{"session": true, "sessiongroups": true, "aggregate": true, "distinct": true, "topn": true, "setop": true, "single": true, "notin": true, "keyjoin": true, "everywhere": true}
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
	case ok && j.Everywhere:
		return "everywhere"
	case !ok:
		return strings.Fields(n.String())[0]
	case j.NotIn:
		return "notin"
	case len(j.LeftKeys) == 0:
		return joinWords[j.Kind] + " keyless"
	}
	return joinWords[j.Kind]
}
