package exec

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/table"
)

// Inspect runs a function on the tick's goroutine, between two ticks: what belongs to that
// goroutine may be read in it, and every tick that was published before the call has gone
// by. When ctx ends first, its error is returned and f may still run later.
func (e *Engine) Inspect(ctx context.Context, f func()) error {
	x := &entry{task: f, done: make(chan struct{})}
	if err := e.queue.put(ctx, x); err != nil {
		return err
	}
	select {
	case <-x.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TickInfo tells of a tick that has been made.
type TickInfo struct {
	Published
	Commits  uint64 // transactions
	Changes  uint64 // rows of tables and streams that came or went
	Duration time.Duration
}

// keptTicks is how many ticks are remembered.
const keptTicks = 256

// tickHistory remembers the last ticks.
type tickHistory struct {
	mu            sync.Mutex
	ring          [keptTicks]TickInfo
	n             uint64 // ticks written in all
	commits, rows uint64 // the counters at the last tick
}

// note remembers a tick, if one was made since the last call.
func (h *tickHistory) note(e *Engine, d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := e.Newest()
	if h.n > 0 && h.ring[(h.n-1)%keptTicks].Tick == p.Tick {
		return
	}
	commits, rows := e.stats.Commits.Load(), e.stats.Rows.Load()
	if commits == h.commits {
		return
	}
	h.ring[h.n%keptTicks] = TickInfo{Published: p, Commits: commits - h.commits, Changes: rows - h.rows, Duration: d}
	h.n++
	h.commits, h.rows = commits, rows
}

// Ticks are the last ticks since the start, the oldest first. Any goroutine may ask.
func (e *Engine) Ticks() []TickInfo {
	h := &e.history
	h.mu.Lock()
	defer h.mu.Unlock()
	first := uint64(0)
	if h.n > keptTicks {
		first = h.n - keptTicks
	}
	out := make([]TickInfo, 0, h.n-first)
	for i := first; i < h.n; i++ {
		out = append(out, h.ring[i%keptTicks])
	}
	return out
}

// Statistics tells how many rows a relation has now and how their values are spread; nil: there
// is no such relation, or it is out of service. Any goroutine may ask.
func (e *Engine) Statistics(oid uint32) *table.Statistics {
	s, err := e.Store(oid)
	if err != nil {
		return nil
	}
	return s.Statistics(e.Newest().Tick)
}

// Analyze is Statistics that forgets what was known before.
func (e *Engine) Analyze(oid uint32) *table.Statistics {
	s, err := e.Store(oid)
	if err != nil {
		return nil
	}
	s.Forget()
	return s.Statistics(e.Newest().Tick)
}

// StoreInfo tells of a relation's rows. Any goroutine may ask.
type StoreInfo struct {
	OID       uint32
	Name      string
	Bytes     int64
	Timed     bool  // it has a watermark column
	Watermark int64 // NoWatermark: none yet
	Title     string
	// Partitions are a stream's; they are not to be changed.
	Partitions []Partition
}

// Stores tells of all relations, in order of their OIDs.
func (e *Engine) Stores() []StoreInfo {
	var out []StoreInfo
	for _, r := range e.rels.all() {
		n, _ := r.store.Bytes()
		out = append(out, StoreInfo{OID: r.OID, Name: r.Name, Bytes: n, Timed: r.Watermark >= 0, Watermark: r.published.Load(), Title: r.Title})
		if p := r.shown.Load(); p != nil {
			out[len(out)-1].Partitions = *p
		}
	}
	return out
}

// DataflowInfo tells of a standing dataflow.
type DataflowInfo struct {
	OID        uint32 // of its view
	Name       string
	Operators  []OperatorInfo
	StateRows  int64
	StateBytes int64
	Errors     int64        // weight of its rows that could not be computed
	Failure    *pgerr.Error // why it is out of service; nil: it serves
}

// OperatorInfo tells of one operator of a dataflow. The rows are those since the server's
// start; Busy is estimated from every sixteenth step.
type OperatorInfo struct {
	Node       int // of the stored plan; -1: the view's own store
	Name       string
	Key        []int // columns of an arrangement's key
	Arranged   bool
	Shared     bool // the arrangement is shared: its state is counted there
	Readers    int  // operators that it feeds
	RowsIn     uint64
	RowsOut    uint64
	StateRows  int64
	StateBytes int64
	Busy       time.Duration
	// Workers is how many share the operator; the figures above are theirs together. MostIn is
	// the rows that the one with the most of them got.
	Workers int
	MostIn  uint64
}

// Dataflows tells of all standing dataflows, in order of their views' OIDs.
func (e *Engine) Dataflows(ctx context.Context) ([]DataflowInfo, error) {
	var out []DataflowInfo
	err := e.Inspect(ctx, func() {
		for _, r := range e.rels.all() {
			if r.view != nil {
				out = append(out, e.graph.describe(r.view))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (g *Graph) describe(v *view) DataflowInfo {
	f := v.flow
	d := DataflowInfo{OID: f.OID, Name: f.Name, Errors: v.errors.Load(), Failure: f.outOfService.Load()}
	if f.failed != nil {
		return d // its states are gone
	}
	for w, part := range f.all()[:v.parts] {
		part.describe(g.workers()[w], &d)
	}
	return d
}

// describe adds what one worker has of the dataflow.
func (f *Dataflow) describe(g *Graph, d *DataflowInfo) {
	for i, r := range f.nodes {
		n := g.nodes[r]
		if i == len(d.Operators) {
			d.Operators = append(d.Operators, OperatorInfo{Node: n.plan, Name: operatorName(n.op), Arranged: n.arr != nil, Shared: n.arr != nil && n.arr.of != nil, Readers: len(n.ports)})
		}
		x := &d.Operators[i]
		x.RowsIn, x.RowsOut, x.Busy = x.RowsIn+n.rowsIn, x.RowsOut+n.rowsOut, x.Busy+n.busy
		x.Workers, x.MostIn = x.Workers+1, max(x.MostIn, n.rowsIn)
		if n.arr != nil {
			x.Key, x.RowsOut = n.arr.keys, x.RowsIn
		}
	}
	for _, s := range f.states {
		rows, bytes := s.rows(), s.state.Bytes()
		d.StateRows += rows
		d.StateBytes += bytes
		if s.of < len(d.Operators) {
			d.Operators[s.of].StateRows += rows
			d.Operators[s.of].StateBytes += bytes
		}
	}
}

func operatorName(op Operator) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", op), "*exec.")
	name = strings.TrimPrefix(name, "exec.")
	return strings.ToUpper(name[:1]) + name[1:]
}

// stopwatch charges the time of a step to the operators that use it, each its own alone. A
// step that comes after a pause is timed, and one in timedSteps of those that follow each other.
type stopwatch struct {
	on    bool
	each  time.Duration // steps that the timed one counts for
	steps time.Duration // since the one that was timed last
	last  int64         // when that was, by the clock of ticks
	at    *node         // that is charged now
	since time.Time
}

const (
	timedSteps = 16
	timedPause = 1000 // µs
)

// begin decides whether a step is timed. It counts for those before it that were not.
func (w *stopwatch) begin(t Tick) {
	w.steps++
	if w.on = w.steps >= timedSteps || t.now-w.last >= timedPause; w.on {
		w.each, w.steps, w.last = w.steps, 0, t.now
	}
}

// turn charges the time since the last turn, and lets n be charged from now on; it returns
// who was charged before.
func (w *stopwatch) turn(n *node) (before *node) {
	now := time.Now()
	if w.at != nil {
		w.at.busy += w.each * now.Sub(w.since)
	}
	before, w.at, w.since = w.at, n, now
	return before
}
