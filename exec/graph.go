package exec

import (
	"context"
	"fmt"
	"math/bits"
	"sync/atomic"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// Port leads a node's output to input In of node To.
type Port struct {
	To   Ref
	In   int
	When Timing
	Only *ConstKey // the rows that concern the consumer; nil: all
	Off  bool      // its consumer is out of service
}

// Timing says when an Arrange serves a port.
type Timing uint8

// Timings: Plain ports belong to operators; the others see the arrangement before or
// after the step's change is merged into it.
const (
	Plain Timing = iota
	Early
	Late
)

type carry struct {
	out, in, col int
	f            func(int64) int64
}

type node struct {
	id         Ref
	level      int // how many exchanges lie on the longest way from a source to it
	op         Operator
	arr        *Arrange // nil, or the same as op
	flow       *Dataflow
	inputs     []Ref
	ports      []Port
	fan        *fanOut // nil: few ports, or they have changed
	types      []col.Type
	appendOnly bool
	plan       int // of the stored plan, for errors
	carry      []carry
	carries    []bool  // columns that carry a watermark
	windows    []bool  // of them, those that hold windows' bounds: few values
	promise    bool    // and no row below it comes
	marks      []int64 // watermark of each output column; nil: none
	looksUp    bool    // reads input 1 as it is at the end of the tick
	apart      bool    // all rows that it emits in a step differ, and what replaces a row comes in its batch
	inParts    bool    // takes an Arrange's change of a step in parts
	first      []Ref   // the inputs that it wants complete before the others
	closes     bool    // wants Flush when a watermark moves
	wakeAt     *int64  // wants Flush then, µs; nil: never
	full       bool    // of a dataflow that runs once: no more rows change what comes out
	moved      bool
	leads      *Graph // where it closes something, or is on the way to a node that does

	tick  Tick // of the call under way
	out   Emit // what it emits through in the graph outOf; nil: it has not been made
	outOf *Graph

	rowsIn, rowsOut uint64 // since the start
	busy            time.Duration
}

func (n *node) watermark(c int) int64 {
	if c >= len(n.marks) {
		return NoWatermark
	}
	return n.marks[c]
}

func (n *node) setWatermark(c int, w int64) bool {
	if w == NoWatermark {
		return false
	}
	for len(n.marks) < len(n.types) {
		n.marks = append(n.marks, NoWatermark)
	}
	if w <= n.marks[c] {
		return false
	}
	n.marks[c] = w
	return true
}

// Graph is the numbered nodes through which steps go. It belongs to the goroutine that
// owns the tick.
type Graph struct {
	Seed col.Seed
	Pool *pool.Pool

	team   *team // the graphs of all workers, in step with this one; nil: it is alone
	worker int   // whose it is

	nodes   []*node
	touched [][]uint64  // by level: bitset of nodes to flush
	at      *node       // that flushes now; nil: none
	sent    [][]Ref     // by level: the exchanges that have rows for it, from this worker
	inbox   []part      // what an exchange that flushes has got
	kept    []Ref       // the Materializes with a change of this step
	unborn  []*Dataflow // whose first step this is
	moved   bool        // a source's watermark moved in this step
	carry   carriers
	wakes   wakeUps
	rest    map[Ref]bool // sources that later steps of the tick feed; nil: that is not known

	bigGroup int         // rows of a group that are read again, before they move to an ordered state
	manyRows int64       // first rows of a partition that are read again; of more its rows lie in order
	failures int         // of its dataflows, so far
	broken   []*Dataflow // those that failed since the end of the step before
	t        Tick
	steps    *atomic.Uint64  // the database's counter
	owner    *pool.Owner     // of a private graph's states
	owners   []*pool.Owner   // of the arrangements made in it to be shared
	stop     context.Context // ends a private graph's dataflow; nil: nothing does
	work     *stopper        // asks stop
	raise    string          // how a private graph's statement gets more memory
	spill    *spilling       // where a private graph's operators write rows; nil: nowhere
	used     usages          // what a private graph's operators use
	done     []bool          // by node of a private graph: its output is complete
	watch    stopwatch
	busy     []*Dataflow // with nodes that flushed since the last upkeep
	heads    []*heads    // that have batches of this step
}

// NewGraph returns an empty graph whose states live in the pool, and which draws the
// numbers of its steps from a counter.
func NewGraph(p *pool.Pool, seed col.Seed, steps *atomic.Uint64) *Graph {
	return &Graph{Pool: p, Seed: seed, steps: steps, bigGroup: bigGroup, manyRows: manyRows}
}

func (g *Graph) add(n *node) Ref {
	n.id = Ref(len(g.nodes))
	if a, ok := n.op.(*Arrange); ok {
		n.arr = a
	}
	for _, in := range n.inputs {
		n.level = max(n.level, g.nodes[in].level+n.sends())
	}
	g.nodes = append(g.nodes, n)
	g.makeLevel(n.level)
	return n.id
}

// makeLevel makes room for all nodes there are in what is known of a level.
func (g *Graph) makeLevel(level int) {
	for len(g.touched) <= level {
		g.touched, g.sent = append(g.touched, nil), append(g.sent, nil)
	}
	for l := &g.touched[level]; len(*l)*64 < len(g.nodes); {
		*l = append(*l, 0)
	}
}

func (g *Graph) touch(n *node) { g.touched[n.level][n.id>>6] |= 1 << (n.id & 63) }

// before reports whether node n flushes before node o in every step: a worker flushes what
// lies below an exchange before what it gets of it, and of one level the lower number first.
func (n *node) before(o *node) bool {
	return n.level < o.level || n.level == o.level && n.id < o.id
}

// emitter returns what node n emits through: it serves its plain ports. A view that is built
// aside comes to another graph later.
func (g *Graph) emitter(n *node) Emit {
	if n.outOf != g {
		n.outOf, n.out = g, func(b *col.Batch) error {
			if b.Len() == 0 {
				return nil
			}
			n.rowsOut += uint64(b.Len())
			g.hand(n, b)
			if g.stop != nil && g.stop.Err() != nil {
				n.flow.fail(n, canceled(g.stop))
			}
			return n.flow.failed // nobody waits for what would follow
		}
	}
	return n.out
}

// deliver hands a batch to a port's consumer, guarded: a consumer that fails is taken out
// of service and everybody else goes on.
func (g *Graph) deliver(from *node, p *Port, b *col.Batch, merged bool) {
	to := g.nodes[p.To]
	if p.Off || to.flow.failed != nil {
		return
	}
	if at := g.at; at != nil && at != from && !at.before(to) {
		panic(fmt.Sprintf("exec: node %d got a batch after its own flush", p.To))
	}
	g.touch(to)
	t := g.tickOf(to)
	t.merged = merged
	to.rowsIn += uint64(b.Len())
	if g.watch.on {
		defer g.watch.turn(g.watch.turn(to))
	}
	if err := to.apply(t, p.In, b, to.emit(g)); err != nil {
		to.flow.fail(to, err)
	}
}

func (n *node) emit(g *Graph) Emit {
	if n.arr != nil {
		return nil
	}
	return g.emitter(n)
}

// Begin starts a step of a tick. Steps are numbered by the graph and never repeat. It is, like
// the methods below, for the first worker's graph, and concerns those of all.
func (g *Graph) Begin(tick uint64, now int64, last bool) {
	t := Tick{number: tick, now: now, step: g.steps.Add(1), last: last}
	g.carry.find(g)
	if g.team != nil {
		g.team.begin(t)
		return
	}
	g.begin(t)
}

func (g *Graph) begin(t Tick) {
	t.g = g
	g.t = t
	g.rest = nil
	if g.owner == nil {
		g.watch.begin(t)
	}
}

// Feed hands a batch of changes to a source node.
func (g *Graph) Feed(source Ref, b *col.Batch) {
	if g.team != nil && b.Step {
		g.team.feed(source, b)
		return
	}
	g.nodes[source].rowsOut += uint64(b.Len())
	g.hand(g.nodes[source], b)
}

// SetWatermark raises the watermark of a source's column.
func (g *Graph) SetWatermark(source Ref, column int, w int64) {
	if g.nodes[source].setWatermark(column, w) {
		g.nodes[source].moved, g.moved = true, true
		g.carry.from = append(g.carry.from, g.nodes[source])
	}
}

// Flush completes the step: touched nodes flush in their order, watermarks travel in the
// tick's last step, and what the step freed is given back.
func (g *Graph) Flush() {
	if g.t.last && g.moved {
		g.carryWatermarks()
		g.moved = false
	}
	if g.team != nil {
		g.team.flush()
	} else {
		g.wakeInLast()
		for level := range g.touched {
			g.flushLevel(level)
		}
		g.end()
	}
	if g.owner != nil {
		g.Pool.EndStepOf(g.owner)
		for _, o := range g.owners {
			g.Pool.EndStepOf(o)
		}
	} else {
		g.Pool.EndStep()
	}
}

func (g *Graph) wakeInLast() {
	if g.t.last {
		g.wakeDue(g.t.now)
	}
}

// flushLevel flushes the touched nodes of a level, in order of their numbers.
func (g *Graph) flushLevel(level int) {
	touched := g.touched[level]
	for w := range touched {
		for touched[w] != 0 {
			r := Ref(w<<6 + bits.TrailingZeros64(touched[w]))
			touched[w] &= touched[w] - 1
			g.flush(g.nodes[r])
		}
	}
	g.at = nil
}

func (g *Graph) end() {
	for _, d := range g.unborn {
		d.unborn = false
	}
	g.unborn, g.broken = g.unborn[:0], g.broken[:0]
	for _, h := range g.heads {
		h.release()
	}
	g.heads = g.heads[:0]
}

func (g *Graph) flush(n *node) {
	if n.flow.failed != nil {
		return
	}
	g.at = n
	if !n.flow.busy {
		n.flow.busy = true
		g.busy = append(g.busy, n.flow)
	}
	t := g.tickOf(n)
	if g.watch.on {
		defer g.watch.turn(g.watch.turn(n))
	}
	if err := n.flush(t, g); err != nil {
		n.flow.fail(n, err)
	}
}

// wanted reports whether a node's rows still change anything.
func (g *Graph) wanted(n *node) bool {
	for _, p := range n.ports {
		if to := g.nodes[p.To]; !to.full && g.wanted(to) {
			return true
		}
	}
	return len(n.ports) == 0
}

// reads reports whether a node stands on one of some sources.
func (g *Graph) reads(r Ref, sources map[Ref]bool) bool {
	if sources[r] {
		return true
	}
	for _, in := range g.nodes[r].inputs {
		if g.reads(in, sources) {
			return true
		}
	}
	return false
}

// TouchAll has every node of a dataflow flush in this step, the first of its life.
func (g *Graph) TouchAll(d *Dataflow) {
	g.unborn = append(g.unborn, d)
	for w, part := range d.all() {
		of := g.workers()[w]
		for _, r := range part.nodes {
			of.touch(of.nodes[r])
		}
	}
}
