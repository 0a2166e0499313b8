package exec

import "github.com/millracedb/millrace/base/col"

// relay brings a relation's changes, which come at any worker, to the first few: those that
// have the views made when there were so many workers. Its delta rule is the identity.
type relay struct {
	parts int
	types []col.Type
	step  uint64
	to    int
	out   parcel
}

// Apply keeps the batch for the worker that stands in for this one.
func (x *relay) Apply(t *Tick, _ int, b *col.Batch, _ Emit) error {
	if x.step != t.step {
		x.step, x.to = t.step, t.g.worker%x.parts
		x.out.reset()
		t.g.sent[t.n.level] = append(t.g.sent[t.n.level], t.n.id)
	}
	x.out.send(b, x.types)
	return nil
}

// Flush hands on what the workers have for this one.
func (x *relay) Flush(t *Tick, emit Emit) error {
	return deliver(t.g.parts(t.n), t.n.appendOnly, emit)
}

func (x *relay) parcel(worker int, step uint64) *parcel {
	if x.step != step || worker != x.to {
		return nil
	}
	return &x.out
}

// partsOf is how many workers the relation's changes may come at.
func (e *Engine) partsOf(r *relation) int {
	if r.view != nil {
		return r.view.parts
	}
	return len(e.graph.workers())
}

// relayed is the node by which views of so many parts read a relation: its own, where its
// changes come at no more workers, else a relay above that, made for the first of them. It
// adds to this worker's graph only, for all build alike.
func (b *Builder) relayed(r *relation) Ref {
	if b.parts >= b.src.e.partsOf(r) {
		return r.node
	}
	if r.relays == nil {
		r.relays = map[int]Ref{}
	}
	at, known := r.relays[b.parts]
	if !known {
		at = Ref(len(b.g.nodes))
		r.relays[b.parts] = at
	}
	if int(at) == len(b.g.nodes) {
		b.g.addRelay(r.node, b.parts)
	}
	return at
}

// levelFor is the level at which views of so many parts read a relation. A view that is built
// aside has what it reads there at the same level, so that its nodes flush in the same order.
func (e *Engine) levelFor(r *relation, parts int) int {
	level := 0
	if r.top != nil {
		level = r.top.level
	}
	if parts < e.partsOf(r) {
		level++
	}
	return level
}

// level places a source, which nobody reads yet, at a level.
func (g *Graph) level(r Ref, level int) {
	g.nodes[r].level = level
	g.makeLevel(level)
}

func (g *Graph) addRelay(of Ref, parts int) {
	n := g.nodes[of]
	up := &node{op: &relay{parts: parts, types: n.types}, flow: &Dataflow{standing: true, g: g}, types: n.types, appendOnly: n.appendOnly,
		inputs: []Ref{of}, carries: n.carries, windows: n.windows, promise: n.promise}
	for c := range n.types {
		up.carry = append(up.carry, carry{out: c, col: c})
	}
	to := g.add(up)
	n.ports, n.fan = append(n.ports, Port{To: to}), nil
}
