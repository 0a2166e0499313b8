package exec

import (
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/pool"
	"github.com/millracedb/millrace/storage/state"
)

// Dataflow is the nodes that keep one view, or that answer one query. It fails as a
// whole: a defect of one operator takes all of it, and what stands on it, out of service.
type Dataflow struct {
	OID      uint32
	Name     string
	key      string // begins the names of its states
	standing bool   // kept; else it runs once
	g        *Graph
	parts    []*Dataflow // those of all workers, by worker; nil: it is the only one
	nodes    []Ref
	owner    *pool.Owner
	states   []namedState
	failed   error
	out      bool // taken out of service
	busy     bool // flushed since the last upkeep
	failedAt Ref
	// outOfService is failed as sessions see it.
	outOfService atomic.Pointer[pgerr.Error]
	report       func(*RowFault) error // of rows that cannot be computed
	unborn       bool                  // its first step has not been flushed
}

// Failed is why the dataflow is out of service; nil while it serves.
func (d *Dataflow) Failed() error { return d.failed }

func (d *Dataflow) fail(n *node, err error) {
	if d.failed == nil {
		d.failed, d.failedAt = err, n.id
		if d.g != nil {
			d.g.failures++
			d.g.broken = append(d.g.broken, d)
		}
		d.outOfService.Store(pgerr.From(err))
	}
}

// all are the parts of the dataflow that the workers have, by worker.
func (d *Dataflow) all() []*Dataflow {
	if d.parts != nil {
		return d.parts
	}
	return []*Dataflow{d}
}

// failAll puts the dataflow out of service at every worker.
func (d *Dataflow) failAll(err error) {
	for _, p := range d.all() {
		if p.failed == nil {
			p.fail(&node{id: -1}, err)
		}
	}
}

// RowFault is a row that an operator could not compute.
type RowFault struct {
	View   uint32
	Node   int // of the stored plan
	Err    *pgerr.Error
	Batch  *col.Batch
	Row    int
	Weight int64
}

func (d *Dataflow) rowError(n *node, b *col.Batch, row int, err *pgerr.Error) error {
	if d.report == nil {
		return err
	}
	return d.report(&RowFault{View: d.OID, Node: n.plan, Err: err, Batch: b, Row: row, Weight: b.Weight(row)})
}

// saved is a state as a checkpoint sees it.
type saved interface {
	Header() []byte
	Restore([]byte) error
	Bytes() int64
	Maintain() bool
	Clear()
	Keep()
}

// namedState is a state under the name that a checkpoint keeps it by: view, node of the
// stored plan, slot.
type namedState struct {
	name  string
	node  int
	of    int // place among the dataflow's nodes of the operator it belongs to
	state saved
	rows  func() int64
}

// keep gives a state its name. It belongs to the operator that is added next.
func (b *Builder) keep(s saved, rows func() int64) {
	name := fmt.Sprintf("%s/%d/%d", b.flow.key, b.plan, b.slot)
	if b.g.worker > 0 {
		name += fmt.Sprintf("/%d", b.g.worker)
	}
	b.slot++
	b.flow.states = append(b.flow.states, namedState{name, b.plan, len(b.flow.nodes), s, rows})
}

func (b *Builder) newTable(l state.Layout) *state.RowTable {
	t := state.New(b.g.Pool, b.flow.owner, l)
	b.keep(t, func() int64 { return int64(t.Len()) })
	return t
}

func (b *Builder) newArrangement(l state.ArrLayout) *state.Arrangement {
	a := state.NewArrangement(b.g.Pool, b.flow.owner, l)
	if b.g.work != nil {
		a.MayEnd(b.g.mayEnd)
	}
	b.keep(a, a.Len)
	return a
}

func (b *Builder) newGenerations(l state.ArrLayout, time int) *state.Generations {
	s := state.NewGenerations(b.g.Pool, b.flow.owner, l, time, b.g.Seed)
	b.keep(s, s.Len)
	return s
}

func (b *Builder) newPaned(l state.ArrLayout, key int, shift uint) *state.Paned {
	s := state.NewPaned(b.g.Pool, b.flow.owner, l, key, shift)
	b.keep(s, s.Len)
	return s
}

func (b *Builder) newPanes(l state.Layout) *state.Panes {
	p := state.NewPanes(b.g.Pool, b.flow.owner, l)
	b.keep(p, func() int64 { return int64(p.Len()) })
	return p
}

// newCtx makes the evaluation context of one operator: with the settings of the dataflow,
// and scratch memory of its own.
func (b *Builder) newCtx() *fn.Ctx {
	c := fn.NewCtx(b.ctx.Settings, b.ctx.Now)
	c.Params, c.Host, c.Done, c.Models = b.ctx.Params, b.ctx.Host, b.ctx.Done, b.ctx.Models
	if b.g.owner != nil {
		c.Spend = b.g.spend
	}
	return c
}

// NewBuilder starts a dataflow in the graph. ctx gives the settings, parameters and the
// time that its expressions see; a standing dataflow takes the time from the tick.
func (g *Graph) NewBuilder(d *Dataflow, ctx *fn.Ctx) *Builder {
	d.unborn, d.g = g.worker == 0, g
	return &Builder{g: g, flow: d, ctx: ctx, once: !d.standing, parts: 1, arr: map[arrangeKey]Ref{}}
}

// NewDataflow describes a dataflow: a standing one reports rows that cannot be computed
// to report, one that runs once ends with the first.
func NewDataflow(oid uint32, name string, standing bool, owner *pool.Owner, report func(*RowFault) error) *Dataflow {
	return &Dataflow{OID: oid, Name: name, key: strconv.Itoa(int(oid)), standing: standing, owner: owner, report: report, failedAt: -1}
}

// Standing builds a standing dataflow by hand: build adds the part of each worker, one like
// the other.
func (g *Graph) Standing(oid uint32, name string, owner *pool.Owner, ctx *fn.Ctx, build func(*Builder)) *Dataflow {
	var parts []*Dataflow
	for _, of := range g.workers() {
		d := NewDataflow(oid, name, true, owner, nil)
		parts = append(parts, d)
		b := of.NewBuilder(d, ctx)
		b.parts = len(g.workers())
		build(b)
	}
	if len(parts) > 1 {
		for _, d := range parts {
			d.parts = parts
		}
	}
	return parts[0]
}

// Forgive has a dataflow that was built by hand leave out the rows that it cannot compute.
func (d *Dataflow) Forgive() {
	d.reportTo(func(int) func(*RowFault) error { return func(*RowFault) error { return nil } })
}

// sourceNode stands for a relation's changes in a graph: whoever owns the relation feeds
// it.
type sourceNode struct{ linear }

// Apply is never called: a source has no input.
func (sourceNode) Apply(*Tick, int, *col.Batch, Emit) error { return nil }

// SourceSpec describes a relation as a source of changes.
type SourceSpec struct {
	Types      []col.Type
	AppendOnly bool
	Watermark  int  // column that carries the watermark; -1: none
	Promise    bool // no late row ever comes: state below the watermark may be dropped
}

// NewSource adds a source node to the graphs of all workers, which belongs to no dataflow.
func (g *Graph) NewSource(s SourceSpec) (r Ref) {
	for _, w := range g.workers() {
		r = w.newSource(s)
	}
	return r
}

func (g *Graph) newSource(s SourceSpec) Ref {
	n := &node{op: sourceNode{}, flow: &Dataflow{standing: true}, types: s.Types, appendOnly: s.AppendOnly}
	n.carries = make([]bool, len(s.Types))
	if s.Watermark >= 0 {
		n.carries[s.Watermark] = true
		n.promise = s.Promise
	}
	return g.add(n)
}

// markWindow says that a node's column holds windows' bounds.
func (b *Builder) markWindow(r Ref, c int) {
	n := b.g.nodes[r]
	for len(n.windows) < len(n.types) {
		n.windows = append(n.windows, false)
	}
	n.windows[c] = true
}

// windowed reports whether a node's column holds windows' bounds.
func (b *Builder) windowed(r Ref, c int) bool {
	n := b.g.nodes[r]
	return c < len(n.windows) && n.windows[c]
}

// carried reports whether a node's column carries a watermark.
func (b *Builder) carried(r Ref, c int) bool {
	n := b.g.nodes[r]
	return c < len(n.carries) && n.carries[c]
}

// keep makes the states of a dataflow ones that checkpoints hold.
func (d *Dataflow) keep() {
	for _, p := range d.all() {
		for _, s := range p.states {
			s.state.Keep()
		}
	}
	d.g.Pool.Attach(d.owner)
}

// free gives the states of a dataflow back.
func (g *Graph) free(d *Dataflow) {
	for _, p := range d.all() {
		for _, s := range p.states {
			s.state.Clear()
		}
	}
	g.Pool.Forget(d.owner)
}
