package exec

import (
	"context"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
)

// Measure is what the operators of one node of a stored plan have done, those of all workers
// together.
type Measure struct {
	RowsIn, RowsOut uint64
	Lookups         uint64 // rows for which a state, its own or that of an input, was asked by key
	StateRows       int64
	StateBytes      int64
	Busy            time.Duration
	Workers         int
	Usage           Usage // of a statement
}

// Measures are those of a plan, by the numbers of its nodes.
type Measures map[int]*Measure

func (m Measures) of(plan int) *Measure {
	if m[plan] == nil {
		m[plan] = &Measure{}
	}
	return m[plan]
}

// Since is what has been done since an earlier look. The states are as they are now.
func (m Measures) Since(before Measures) Measures {
	out := Measures{}
	for plan, now := range m {
		x := *now
		if b := before[plan]; b != nil {
			x.RowsIn, x.RowsOut, x.Lookups, x.Busy = x.RowsIn-b.RowsIn, x.RowsOut-b.RowsOut, x.Lookups-b.Lookups, x.Busy-b.Busy
		}
		out[plan] = &x
	}
	return out
}

// MeasureView measures a materialized view since the server's start. Errors: the view's, when
// it is out of service, and that of ctx.
func (e *Engine) MeasureView(ctx context.Context, oid uint32) (out Measures, err error) {
	r, err := e.rels.get(oid)
	if err == nil {
		err = e.serves(r)
	}
	if err != nil {
		return nil, err
	}
	failed := e.Inspect(ctx, func() {
		if r.view == nil {
			err = pgerr.New(pgerr.WrongObjectType, "%q is not a materialized view", r.Name)
			return
		}
		if err = r.view.flow.failed; err != nil {
			return
		}
		out = Measures{}
		for w, part := range r.view.flow.all()[:r.view.parts] {
			part.measure(e.graph.workers()[w], out)
		}
	})
	if failed != nil {
		return nil, failed
	}
	return out, err
}

// measure adds what one worker has done for the dataflow. What an operator gets of another of
// the same node of the plan does not count as coming in, and only what the last of them emits
// comes out.
func (d *Dataflow) measure(g *Graph, m Measures) {
	stateful := map[Ref]bool{}
	for _, s := range d.states {
		x := m.of(s.node)
		x.StateRows += s.rows()
		x.StateBytes += s.state.Bytes()
		if s.of < len(d.nodes) && g.nodes[d.nodes[s.of]].plan == s.node {
			stateful[d.nodes[s.of]] = true
		}
	}
	last := map[int]*node{}
	for _, r := range d.nodes {
		n := g.nodes[r]
		x := m.of(n.plan)
		x.Busy += n.busy
		if n.arr == nil && n.comesIn(g) {
			x.RowsIn += n.rowsIn
		}
		if n.arr == nil && (stateful[n.id] || n.probes(g)) {
			x.Lookups += n.rowsIn
		}
		if l := last[n.plan]; l == nil || l.id < n.id {
			last[n.plan] = n
		}
	}
	for plan, n := range last {
		m[plan].RowsOut += n.rowsOut
		m[plan].Workers++
		m[plan].Usage = g.used.of(plan)
	}
}

// comesIn reports whether a node gets rows of another node of the plan, or of an Arrange,
// which may be shared by others and counts nowhere itself.
func (n *node) comesIn(g *Graph) bool {
	for _, in := range n.inputs {
		if from := g.nodes[in]; from.plan != n.plan || from.flow != n.flow || from.arr != nil {
			return true
		}
	}
	return false
}

// probes reports whether a node asks the states of Arranges.
func (n *node) probes(g *Graph) bool {
	for _, in := range n.inputs {
		if g.nodes[in].arr != nil {
			return true
		}
	}
	return false
}

// measure tells a query's Measure what has been done: by the operators, and by the scans that
// fed them.
func (q *Query) measure(g *Graph, b *Builder, flow *Dataflow) {
	m := Measures{}
	flow.measure(g, m)
	for _, f := range b.src.feeds {
		if f.flow == flow {
			n := g.nodes[f.node]
			x := m.of(f.plan)
			x.RowsIn, x.RowsOut, x.Busy, x.Workers = x.RowsIn+n.rowsOut, x.RowsOut+n.rowsOut, x.Busy+n.busy, 1
		}
	}
	q.Measure(m)
}
