package exec

import (
	"encoding/binary"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/table"
)

// beginSink lets a sink that has been filled write what it has, and what follows, to its table,
// which goes behind it in the graph with all that stands on it.
func (e *Engine) beginSink(tick uint64, now int64, sink *relation) {
	t, err := e.rels.get(sink.Into)
	if err != nil {
		sink.view.flow.failAll(err)
		return
	}
	e.renumber(t)
	in := e.leadInto(sink, t)
	if err := e.pour(tick, now, sink, t.node, in); err != nil {
		sink.view.flow.failAll(err)
	}
	for _, g := range e.graph.workers() {
		g.nodes[sink.node].op.(*Materialize).store = nil
	}
	sink.store = table.New(e.config(&sink.Relation))
}

// pour writes the rows with which a sink begins, a step at a time.
func (e *Engine) pour(tick uint64, now int64, sink *relation, to Ref, in int) error {
	var held *col.Batch // one behind, so that the last is known
	step := func(last bool) {
		e.graph.Begin(tick, now, last)
		e.graph.deliver(e.graph.nodes[sink.node], &Port{To: to, In: in}, held, false)
		e.graph.Flush()
	}
	for b, err := range sink.store.At(tick, firstN(len(sink.Types)), accessAll) {
		if err != nil {
			return err
		}
		if held != nil {
			step(false)
		}
		d := *b.Compact()
		d.Step, held = false, &d
	}
	if held != nil {
		step(true)
	}
	return nil
}

// leadInto lets a sink's changes come to a table's node, which is behind it, and returns as
// which input.
func (e *Engine) leadInto(sink, t *relation) (in int) {
	for _, g := range e.graph.workers() {
		n := g.nodes[t.node]
		x, is := n.op.(*Intake)
		if !is {
			x = &Intake{store: t.store, key: t.Key, seed: g.Seed, types: t.Types}
			n.op = x
		}
		in = len(n.inputs)
		n.inputs, x.in = append(n.inputs, sink.node), append(x.in, col.NewBatch(t.Types...))
		from := g.nodes[sink.node]
		from.ports, from.fan = append(from.ports, Port{To: t.node, In: in}), nil
	}
	for _, g := range e.graph.workers() {
		g.relevel(e.aboveOf(t.node))
	}
	return in
}

// endSink takes a sink that goes off the node of its table.
func (e *Engine) endSink(sink *relation) {
	t, err := e.rels.get(sink.Into)
	if err != nil {
		return
	}
	for _, g := range e.graph.workers() {
		n := g.nodes[t.node]
		if i := slices.Index(n.inputs, sink.node); i >= 0 {
			n.op.(*Intake).in[i] = nil
		}
	}
}

// sinksOf lists the sinks into a table in order of their creation.
func (e *Engine) sinksOf(t *relation) (out []*relation) {
	for _, r := range e.rels.all() {
		if r.Into == t.OID && r.view != nil {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *relation) int { return int(a.node) - int(b.node) })
	return out
}

// sunkIntoFirst puts the tables into which sinks write before the other relations of a tick,
// what is fed by another one's readers first: all that is written to a table by itself comes
// before what sinks bring.
func (e *Engine) sunkIntoFirst(cs []change) []change {
	sunk := func(c change) bool {
		_, is := e.graph.nodes[c.rel.node].op.(*Intake)
		return is
	}
	slices.SortStableFunc(cs, func(a, b change) int {
		switch x, y := sunk(a), sunk(b); {
		case x && y:
			return int(b.rel.node) - int(a.rel.node)
		case x:
			return -1
		case y:
			return 1
		}
		return 0
	})
	return cs
}

// aboveOf lists a node and all that stand on it, by number.
func (e *Engine) aboveOf(r Ref) []Ref {
	g, out, above := e.graph, []Ref{r}, map[Ref]bool{r: true}
	for id := int(r) + 1; id < len(g.nodes); id++ {
		if slices.ContainsFunc(g.nodes[id].inputs, func(in Ref) bool { return above[in] }) {
			above[Ref(id)] = true
			out = append(out, Ref(id))
		}
	}
	return out
}

// renumber gives a relation's node and all that stand on it new numbers, in their old order.
func (e *Engine) renumber(r *relation) {
	e.renumberAll(e.aboveOf(r.node))
}

// renumberAll gives nodes, of which the list has all that stand on any of them, new numbers.
func (e *Engine) renumberAll(above []Ref) {
	at := map[Ref]Ref{}
	for _, g := range e.graph.workers() {
		at = g.renumber(above)
	}
	for _, x := range e.rels.all() {
		if to, moved := at[x.node]; moved {
			x.node = to
		}
		for parts, relay := range x.relays {
			if to, moved := at[relay]; moved {
				x.relays[parts] = to
			}
		}
	}
	for _, s := range e.shares.list {
		if to, moved := at[s.node]; moved {
			s.node = to
		}
	}
}

// renumber is Engine.renumber for one worker; it tells where each node has gone.
func (g *Graph) renumber(above []Ref) map[Ref]Ref {
	at, flows := map[Ref]Ref{}, map[*Dataflow]bool{}
	g.carry.mixed = true
	for _, old := range above {
		n := g.nodes[old]
		n.id = Ref(len(g.nodes))
		at[old], flows[n.flow] = n.id, true
		g.nodes[old], g.nodes = tombstone, append(g.nodes, n)
	}
	follow := func(r *Ref) {
		if to, moved := at[*r]; moved {
			*r = to
		}
	}
	for _, old := range above {
		n := g.nodes[at[old]]
		for i, in := range n.inputs {
			if from := g.nodes[in]; from != tombstone {
				for p := range from.ports {
					follow(&from.ports[p].To)
				}
			}
			follow(&n.inputs[i])
		}
		for p := range n.ports {
			follow(&n.ports[p].To)
		}
		g.setWake(n, n.wake())
	}
	for flow := range flows {
		for i := range flow.nodes {
			follow(&flow.nodes[i])
		}
	}
	return at
}

// relevel computes the levels of nodes, in order of their numbers, and the timings of the joins
// among them.
func (g *Graph) relevel(nodes []Ref) {
	for _, r := range nodes {
		n := g.nodes[r]
		n.level = 0
		for _, in := range n.inputs {
			n.level = max(n.level, g.nodes[in].level+n.sends())
		}
		g.makeLevel(n.level)
	}
	for _, r := range nodes {
		g.retime(g.nodes[r])
	}
}

// timing is when input in of a join, all of whose inputs are Arranges, serves it. Where another
// is the same one the first is served early, the second late.
func (g *Graph) timing(inputs []Ref, in int) Timing {
	from, when := g.flushes(inputs[in]), Early
	for i, r := range inputs {
		other := g.flushes(r)
		switch {
		case i == in:
		case other == from && i < in:
			return Late
		case other == from:
			return Early
		case g.nodes[other].before(g.nodes[from]):
			when = Late
		}
	}
	return when
}

// retime computes the timings of a join's ports anew.
func (g *Graph) retime(n *node) {
	if len(n.inputs) < 2 || slices.ContainsFunc(n.inputs, func(r Ref) bool { return g.nodes[r].arr == nil }) {
		return
	}
	for in, from := range n.inputs {
		ports := g.nodes[from].ports
		for i := range ports {
			if p := &ports[i]; p.To == n.id && p.In == in && p.When != Plain {
				p.When = g.timing(n.inputs, in)
			}
		}
	}
}

// orderSection holds the numbers of all relations in the order of their nodes, in which a start
// makes them: what is fed by a sink stands behind what feeds it, whenever it was created.
const orderSection = "order"

func (e *Engine) order() (b []byte) {
	list := slices.Clone(e.rels.all())
	slices.SortStableFunc(list, func(x, y *relation) int { return int(x.node) - int(y.node) })
	for _, r := range list {
		b = binary.LittleEndian.AppendUint32(b, r.OID)
	}
	return b
}

// inOrderOf sorts what creates relations by a section that order has written; without one they
// stay as they are, by their numbers.
func inOrderOf(ops []Op, b []byte) {
	at := map[uint32]int{}
	for ; len(b) >= 4; b = b[4:] {
		at[binary.LittleEndian.Uint32(b)] = len(at)
	}
	slices.SortStableFunc(ops, func(x, y Op) int {
		if x.Create == nil || y.Create == nil {
			return 0
		}
		return at[x.Create.OID] - at[y.Create.OID]
	})
}
