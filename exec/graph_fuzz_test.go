package exec

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/disk"
	"github.com/millracedb/millrace/storage/pool"
)

// fuzzNode is a node of a random graph: what the engine keeps and how the model computes
// it from the model's inputs.
type fuzzNode struct {
	ref   Ref
	width int
	desc  string
	model func() *modelRel
}

// fuzzer makes one random graph and drives it.
type fuzzer struct {
	t       *testing.T
	rng     *rand.Rand
	g       *Graph
	b       *Builder
	flow    *Dataflow
	nodes   []*fuzzNode
	sources []*modelRel
	feeds   []Ref
	grow    []bool  // the source only grows
	timed   []bool  // it carries a watermark in column 0
	marks   []int64 // which is this: what comes is not below it
	seen    []*capture
	streams bool           // all sources have watermarks, and most joins are by them
	unit    int64          // of the values in first columns: 1, or what a pane spans
	once    bool           // the dataflow runs once, as an ad-hoc query does
	errors  atomic.Int64   // the weight of all rows that were reported as errors
	faults  []func() int64 // how many the model of each operator that reports has
	tick    uint64
	now     int64
	timely  bool // what some node holds follows from now alone, in the last step of a tick
}

func testPool(t testing.TB) *pool.Pool {
	p, err := pool.New(pool.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// newFuzzer makes the graph of a seed, for so many workers: what they make of it is one.
func newFuzzer(t *testing.T, seed uint64, once bool, workers int) *fuzzer {
	pcg := rand.NewPCG(seed, 1)
	f := &fuzzer{t: t, rng: rand.New(pcg), once: once, unit: 1}
	f.streams = !once && f.rng.IntN(3) == 0
	if f.rng.IntN(2) == 0 {
		f.unit = 1 << minuteShift
	}
	f.g = NewGraphs(testPool(t), col.Seed{seed, 2}, new(atomic.Uint64), workers, workers)
	t.Cleanup(f.g.Close)
	f.g.ShareRows(1 + f.rng.IntN(2)*6)
	if once && f.rng.IntN(2) == 0 {
		f.g.owner = &pool.Owner{Name: "fuzz", Volatile: true}
		f.g.spill = &spilling{e: &Engine{opt: Options{FS: disk.NewMem(seed)}}, most: f.rng.Int64N(2000), open: map[*tempFile]struct{}{}}
		t.Cleanup(f.g.spill.close)
	}
	if f.rng.IntN(2) == 0 { // small groups are as big ones are
		few, many := f.rng.IntN(3), f.rng.Int64N(3)
		for _, g := range f.g.workers() {
			g.bigGroup, g.manyRows = few, many
		}
	}
	for range 1 + f.rng.IntN(3) {
		f.addSource()
	}
	sources, from := f.nodes, *pcg
	for _, n := range sources {
		f.feeds = append(f.feeds, n.ref)
	}
	var flows []*Dataflow
	for _, g := range f.g.workers() { // each the same
		*pcg, f.nodes, f.faults = from, slices.Clone(sources), nil
		flows = append(flows, f.build(g, workers))
	}
	if f.flow = flows[0]; workers > 1 {
		for _, d := range flows {
			d.parts = flows
		}
	}
	return f
}

// build adds the nodes of one worker.
func (f *fuzzer) build(g *Graph, workers int) *Dataflow {
	flow := NewDataflow(1, "fuzz", !f.once, &pool.Owner{Name: "fuzz"}, f.reported)
	f.b = g.NewBuilder(flow, fn.NewCtx(nil, 0))
	f.b.parts = workers
	for i, n := range f.nodes { // the sources, whose few rows come at one worker
		scattered := *n
		scattered.ref = f.placed(n.ref, []int{n.width - 1})
		f.nodes[i] = &scattered
	}
	for range 2 + f.rng.IntN(7) {
		f.addNode()
	}
	for _, n := range f.nodes {
		c := &capture{into: newRel(n.width), only: f.b.AppendOnly(n.ref), of: f.g.nodes[n.ref]}
		f.seen = append(f.seen, c)
		f.b.Add(c, nil, false, n.ref)
	}
	return flow
}

// at is a node's rows where the hash of columns places them; of none, at the first worker.
func (f *fuzzer) at(n *fuzzNode, cols []int) Ref { return f.placed(n.ref, cols) }

func (f *fuzzer) placed(r Ref, cols []int) Ref { return f.b.Exchange(r, append([]int{}, cols...)) }

// aggregate is an Aggregate of rows that lie anywhere.
func (f *fuzzer) aggregate(in Ref, s AggregateSpec) Ref {
	if len(s.Group) == 0 && f.rng.IntN(2) == 0 {
		return f.b.GlobalAggregate(in, s, func(r Ref) Ref { return f.placed(r, nil) })
	}
	return f.b.Aggregate(f.placed(f.b.Contenders(in, s), s.Group), s)
}

// got is what all workers have of a node, by its place.
func (f *fuzzer) got(k int) *modelRel {
	all := newRel(f.nodes[k].width)
	for ; k < len(f.seen); k += len(f.nodes) {
		for _, r := range f.seen[k].into.sorted() {
			all.add(r, f.seen[k].into.weight(r))
		}
	}
	return all
}

// reported notes the error of a row, which is there while its weight is above zero.
func (f *fuzzer) reported(x *RowFault) error {
	f.errors.Add(x.Weight)
	return nil
}

func (f *fuzzer) addSource() {
	width := 1 + f.rng.IntN(3)
	types := make([]col.Type, width)
	for i := range types {
		types[i] = col.Int8
	}
	rel := newRel(width)
	grow, timed := f.rng.IntN(3) == 0 || f.once, f.streams || f.rng.IntN(2) == 0 && !f.once
	spec := SourceSpec{Types: types, AppendOnly: grow || timed, Watermark: -1}
	if timed {
		spec.Watermark, spec.Promise = 0, f.rng.IntN(4) > 0
	}
	ref := f.g.NewSource(spec)
	f.sources, f.grow, f.timed = append(f.sources, rel), append(f.grow, grow || timed), append(f.timed, timed)
	f.marks = append(f.marks, 0)
	f.nodes = append(f.nodes, &fuzzNode{ref: ref, width: width, desc: fmt.Sprintf("source %d", len(f.sources)-1), model: func() *modelRel { return rel }})
}

func (f *fuzzer) pick() *fuzzNode { return f.nodes[f.rng.IntN(len(f.nodes))] }

// pickTimed picks a source with a watermark, most of the time.
func (f *fuzzer) pickTimed() *fuzzNode {
	if i := f.rng.IntN(len(f.sources)); f.timed[i] {
		return f.nodes[i]
	}
	return f.pick()
}

func (f *fuzzer) add(ref Ref, width int, desc string, model func() *modelRel) {
	f.nodes = append(f.nodes, &fuzzNode{ref: ref, width: width, desc: desc, model: model})
}

// addNode adds a random operator; its makers are in graph_nodes_test.go.
func (f *fuzzer) addNode() {
	kinds := []func(){f.addFilter, f.addProject, f.addScored, f.addUnion, f.addSetOp, f.addDistinct, f.addJoin, f.addJoin, f.addJoin, f.addTimedJoin, f.addTimedJoin, f.addNotIn, f.addSingle, f.addTopN, f.addRankedCount, f.addAggregate, f.addAggregate, f.addFilteredAggregate, f.addWindows, f.addWindowGroups, f.addScalarPair}
	kinds = append(kinds, f.addTemporal, f.addSessions, f.addSessions, f.addRangeJoin, f.addRangeJoin, f.addDynamicFilter, f.addRowsFrom)
	kinds = append(kinds, f.addAsOf, f.addAsOf, f.addTemporalJoin, f.addTemporalJoin)
	kinds = append(kinds, f.addOver, f.addOver, f.addChain, f.addFinal, f.addFinal, f.addValues, f.addSort)
	kinds[f.rng.IntN(len(kinds))]()
}

func (f *fuzzer) call(op string, args ...expr.Expr) expr.Expr {
	e, err := expr.CallOperator(f.b.ctx, op, args...)
	if err != nil {
		f.t.Fatal(err)
	}
	return e
}

// change makes a random change of a source: rows that appear and rows that leave.
func (f *fuzzer) change(i int) (rows []modelRow, w []int64) {
	rel := f.sources[i]
	delta := newRel(rel.width)
	for range f.rng.IntN(6) {
		row := make(modelRow, rel.width)
		for c := range row {
			if row[c] = int64(f.rng.IntN(5)); row[c] == 4 {
				row[c] = null
			} else if c == 0 {
				row[c] = row[c]*f.unit + f.marks[i]
			}
		}
		delta.add(row, int64(1+f.rng.IntN(2)))
	}
	if !f.grow[i] {
		for _, r := range rel.sorted() {
			if f.rng.IntN(3) == 0 {
				delta.add(r, -int64(1+f.rng.IntN(int(rel.weight(r)))))
			}
		}
	}
	for _, r := range delta.sorted() {
		rows, w = append(rows, r), append(w, delta.weight(r))
		rel.add(r, delta.weight(r))
	}
	return rows, w
}

// step runs one step: each source's change in one or several batches.
func (f *fuzzer) step(last bool) {
	f.g.Begin(f.tick, f.now, last)
	if f.tick == 1 {
		f.g.TouchAll(f.flow)
	}
	for i := range f.sources {
		rows, w := f.change(i)
		for len(rows) > 0 {
			n := 1 + f.rng.IntN(len(rows))
			f.g.Feed(f.feeds[i], batchOf(f.rng, f.sources[i].width, rows[:n], w[:n]))
			rows, w = rows[n:], w[n:]
		}
		if last && f.timed[i] {
			f.marks[i] += int64(f.rng.IntN(2+3*(i%2))) * f.unit // every other one lags
			f.g.SetWatermark(f.feeds[i], 0, f.marks[i])
		}
	}
	f.g.Flush()
	if last {
		for _, c := range f.seen {
			c.passed()
		}
	}
}

func (f *fuzzer) check(seed uint64) {
	if f.flow.failed != nil {
		for _, n := range f.nodes {
			f.t.Logf("node %d: %s", n.ref, n.desc)
		}
		f.t.Fatalf("seed %d tick %d: node %d failed: %v\n%s", seed, f.tick, f.flow.failedAt, f.flow.failed, pgerr.From(f.flow.failed).Stack)
	}
	var faults int64
	for _, n := range f.faults {
		faults += n()
	}
	if n := f.errors.Load(); faults != n {
		f.t.Fatalf("seed %d tick %d: %d rows in error, want %d", seed, f.tick, n, faults)
	}
	for k, n := range f.nodes {
		if want, got := n.model(), f.got(k); !want.equal(got) {
			f.t.Fatalf("seed %d tick %d: %s\n got %v\nwant %v", seed, f.tick, n.desc, got, want)
		}
	}
}

// Random graphs of the real operators, with self-joins, diamonds, shared arrangements and
// watermarks, many batches a step and several steps a tick, on one worker and on teams of two
// and four, equal recomputation after every step, and nothing comes below a watermark.
// MILLRACE_GRAPHS sets how many, MILLRACE_SEED where they start.
func TestGraphsEqualRecomputation(t *testing.T) {
	graphs, from := envInt("MILLRACE_GRAPHS", 300), envInt("MILLRACE_SEED", 1)
	for seed := from; seed < from+graphs; seed++ {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			f := newFuzzer(t, uint64(seed), false, []int{1, 1, 1, 2, 1, 1, 1, 4}[seed%8])
			for f.tick = 1; f.tick <= 6; f.tick++ {
				f.now += int64(f.rng.IntN(3)) * f.unit
				steps := 1 + f.rng.IntN(3)
				for s := range steps {
					f.step(s == steps-1)
					if !f.timely || s == steps-1 {
						f.check(uint64(seed))
					}
				}
			}
		})
	}
}

// The same graphs as ad-hoc queries run them, once and in one step: what keeps no state that
// a standing dataflow would keep, and retracts nothing, must come to the same.
func TestGraphsThatRunOnceEqualRecomputation(t *testing.T) {
	graphs, from := envInt("MILLRACE_GRAPHS", 300), envInt("MILLRACE_SEED", 1)
	for seed := from; seed < from+graphs; seed++ {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			f := newFuzzer(t, uint64(seed), true, 1)
			f.tick = 1
			f.step(true)
			f.check(uint64(seed))
		})
	}
}

func envInt(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}
