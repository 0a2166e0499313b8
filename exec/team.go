package exec

import (
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// team is the graphs of several workers: of one structure, numbered alike, each with the part
// of every state whose hashes its worker owns (P1). A step goes through them level by level: a
// level is what lies above as many exchanges, and between two levels all wait for all. The
// goroutine that owns the tick carries a small step through one graph after another, without
// changing goroutines; of a big step every worker gets a range of the rows, and a goroutine
// flushes it. No answer depends on which it was.
type team struct {
	graphs  []*Graph
	runners int  // goroutines that share a big step, this one included
	share   int  // the rows of a big step
	busy    bool // there is no processor that a big step leaves to others

	fed  []fed
	rows int // fed in this step

	barrier  barrier
	cold     [][]byte // memory that the runners fault in with this step
	started  bool     // the other runners wait for a step
	closed   bool
	stored   atomic.Bool // a store has a change of this step
	stores   [][]Ref     // that the step changes, as each runner finds them
	troubles []trouble   // by runner
	after    func()      // at the end of each step; nil: nothing
}

// MaxWorkers is the most workers that a database can have: a hash has so many places.
const MaxWorkers = 64

// fed is a batch for a source, which lasts for the step.
type fed struct {
	source Ref
	batch  *col.Batch
}

// trouble is a view whose store did not take its change.
type trouble struct {
	flow *Dataflow
	node *node
	err  error
}

// shareRows is the rows from which a step is worth the barriers of several goroutines.
const shareRows = 1024

// NewGraphs is NewGraph for several workers: the graph of the first, which stands for all.
// They share the work of big steps among at most so many goroutines.
func NewGraphs(p *pool.Pool, seed col.Seed, steps *atomic.Uint64, workers, runners int) *Graph {
	first := NewGraph(p, seed, steps)
	if workers <= 1 {
		return first
	}
	t := &team{graphs: []*Graph{first}, runners: max(1, min(runners, workers)), share: shareRows}
	for w := 1; w < workers; w++ {
		g := NewGraph(p, seed, steps)
		g.worker = w
		t.graphs = append(t.graphs, g)
	}
	for _, g := range t.graphs {
		g.team = t
	}
	t.barrier.of(t.runners)
	t.busy = runtime.GOMAXPROCS(0) <= t.runners
	t.stores = make([][]Ref, t.runners)
	t.troubles = make([]trouble, t.runners)
	return first
}

// workers are the graphs of all workers, the first one's first.
func (g *Graph) workers() []*Graph {
	if g.team != nil {
		return g.team.graphs
	}
	return []*Graph{g}
}

// ShareRows sets the rows from which on a step is shared among goroutines; 0: as it is best.
func (g *Graph) ShareRows(n int) {
	if g.team != nil && n > 0 {
		g.team.share = n
	}
}

// Awaken has the goroutines that share big steps look out for one, since so many rows are about to
// come: to be woken takes them as long as a small step.
func (g *Graph) Awaken(rows int) {
	if t := g.team; t != nil && t.started && rows >= t.share {
		t.barrier.call()
	}
}

// Close ends the goroutines of a graph of several workers.
func (g *Graph) Close() {
	if g.team == nil || !g.team.started {
		return
	}
	g.team.started, g.team.closed = false, true
	g.team.barrier.wait(0)
}

func (t *team) begin(tick Tick) {
	for _, g := range t.graphs {
		g.begin(tick)
		for l := range g.sent {
			g.sent[l] = g.sent[l][:0]
		}
		g.kept = g.kept[:0]
	}
	t.fed, t.rows = t.fed[:0], 0
}

func (t *team) feed(source Ref, b *col.Batch) {
	t.fed = append(t.fed, fed{source, b})
	t.rows += b.Len()
	if t.started && t.rows >= t.share {
		t.barrier.call()
	}
}

// flush takes the step through all graphs.
func (t *team) flush() {
	for _, g := range t.graphs {
		g.wakeInLast()
	}
	if t.rows >= t.share && t.runners > 1 {
		t.together()
	} else {
		for _, f := range t.fed {
			g := t.graphs[0]
			g.hand(g.nodes[f.source], f.batch)
		}
		for level := 0; level < t.levels(); level++ {
			for _, g := range t.graphs {
				g.receive(level)
				g.flushLevel(level)
			}
		}
		for _, r := range t.changed(0) {
			t.store(r, 0)
		}
	}
	t.spread()
	for _, g := range t.graphs {
		g.end()
	}
	if t.after != nil {
		t.after()
	}
}

func (t *team) levels() int { return len(t.graphs[0].touched) }

// receive touches the exchanges of a level that have rows for this worker.
func (g *Graph) receive(level int) {
	for _, from := range g.team.graphs {
		for _, r := range from.sent[level] {
			g.touch(g.nodes[r])
		}
	}
}

// together takes a big step through the graphs on several goroutines.
func (t *team) together() {
	if !t.started {
		t.started, t.closed = true, false
		for r := 1; r < t.runners; r++ {
			go t.serve(r)
		}
	}
	if t.cold = nil; t.busy {
		t.cold = t.graphs[0].Pool.Cold(t.runners)
	}
	t.stored.Store(false)
	t.barrier.wait(patience)
	t.run(0)
}

// serve runs a runner's part of one big step after another, until the team is closed.
func (t *team) serve(runner int) {
	debugFaults()
	for {
		if t.barrier.wait(idle); t.closed {
			return
		}
		t.run(runner)
	}
}

// run is one goroutine's part of a big step: the graphs of its workers, and then some of the
// stores.
func (t *team) run(runner int) {
	for i := runner; i < len(t.cold); i += t.runners {
		pool.FaultIn(t.cold[i])
	}
	for level := range t.levels() { // which may change as soon as all have come to the last barrier
		for w := runner; w < len(t.graphs); w += t.runners {
			g := t.graphs[w]
			if level == 0 {
				t.deal(g)
			}
			g.receive(level)
			g.flushLevel(level)
			if len(g.kept) > 0 {
				t.stored.Store(true)
			}
		}
		t.barrier.wait(patience)
	}
	if !t.stored.Load() {
		return // nobody has anything to wait for
	}
	stores := t.changed(runner)
	for i := runner; i < len(stores); i += t.runners {
		t.store(stores[i], runner)
	}
	t.barrier.wait(patience)
}

// deal hands a worker its range of the step's rows: of all batches one after another, as if
// they were one. What is read in the order of the senders is so in the order of arrival.
func (t *team) deal(g *Graph) {
	n := len(t.graphs)
	first, last := t.rows*g.worker/n, t.rows*(g.worker+1)/n
	at := 0
	for _, f := range t.fed {
		rows := f.batch.Len()
		from, to := cut(first-at, rows), cut(last-at, rows)
		if g.worker == n-1 {
			to = rows
		}
		if from < to {
			g.hand(g.nodes[f.source], f.batch.Range(from, to))
		}
		at += rows
	}
}

// cut is a position in so many rows where bitmaps can be cut.
func cut(at, rows int) int {
	if at >= rows {
		return rows
	}
	return max(at, 0) &^ 63
}

// changed lists the stores that the step changes; each runner finds the same.
func (t *team) changed(runner int) []Ref {
	stores := t.stores[runner][:0]
	for _, g := range t.graphs {
		stores = append(stores, g.kept...)
	}
	slices.Sort(stores)
	t.stores[runner] = slices.Compact(stores)
	return t.stores[runner]
}

// store gives a view's store what all workers have of its change, in their order.
func (t *team) store(r Ref, runner int) {
	var first *Materialize
	var at *node
	var parts []*col.Batch
	for _, g := range t.graphs {
		n := g.nodes[r]
		if n.flow.failed != nil {
			return
		}
		if m := n.op.(*Materialize); m.kept != nil && m.step == g.t.step {
			parts = append(parts, m.kept)
			if first == nil {
				first, at = m, n
			}
		}
	}
	err := guard(func() error { return first.keep(t.graphs[0].t.number, parts, at.appendOnly) })
	if err != nil && t.troubles[runner].err == nil {
		t.troubles[runner] = trouble{at.flow, at, err}
	}
}

// spread puts a dataflow out of service at all workers that failed at one.
func (t *team) spread() {
	for i, x := range t.troubles {
		if x.err != nil {
			x.flow.fail(x.node, x.err)
			t.troubles[i] = trouble{}
		}
	}
	for _, g := range t.graphs {
		for _, d := range g.broken {
			d.failAll(d.failed)
		}
	}
}
