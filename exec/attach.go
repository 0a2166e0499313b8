package exec

import (
	"maps"
	"slices"
)

// attach moves a filled view's nodes into the engine's graphs, with new numbers in their
// old order. Where a shared arrangement stands that serves, the view's own copy is dropped.
func (e *Engine) attach(f *Filled, lasts bool) {
	to := e.adopt(f, lasts)
	for w, g := range e.graph.workers() {
		f.attachTo(g, f.graph.workers()[w], w, to)
	}
	for s, stands := range to {
		switch {
		case stands != s:
			for _, d := range s.parts {
				f.graph.free(d)
			}
		case lasts:
			s.flow.keep()
		}
	}
	f.rel.view.reads = f.src.reads
	f.rel.view.uses = e.use(f.src.reads, lasts)
	f.pin.Release()
}

// attachTo is attach for one worker; to says what stands for each shared arrangement.
func (f *Filled) attachTo(g, from *Graph, w int, to map[*share]*share) {
	at, dropped := map[Ref]Ref{}, map[Ref]bool{}
	flows := []*Dataflow{f.flow.all()[w]}
	moves := map[*share]Ref{} // where an arrangement stands that moves
	for s, stands := range to {
		if stands == s {
			flows, moves[s] = append(flows, s.parts[w]), s.made
			continue
		}
		for _, r := range s.parts[w].nodes {
			dropped[r] = true
		}
		at[s.made] = stands.node
	}
	reads := &Builder{g: g, src: f.src, parts: f.rel.view.parts}
	for _, s := range f.src.feeds {
		at[s.node] = reads.relayed(s.rel)
	}
	for _, n := range from.nodes {
		if _, fed := at[n.id]; fed || dropped[n.id] || n == tombstone {
			continue
		}
		for s, stands := range to {
			if n.arr != nil && n.arr.of != nil && stands != s && n.inputs[0] == s.made {
				n.readInstead(stands, g.nodes[stands.node].arr)
			}
		}
		for i, in := range n.inputs {
			n.inputs[i] = at[in]
		}
		old := n.id
		at[old] = g.add(n)
		g.setWake(n, n.wake())
	}
	for _, old := range slices.Sorted(maps.Keys(at)) {
		now := at[old]
		ports := slices.DeleteFunc(from.nodes[old].ports, func(p Port) bool { return dropped[p.To] })
		for i := range ports {
			ports[i].To = at[ports[i].To]
		}
		if n := g.nodes[now]; n != from.nodes[old] {
			n.ports, n.fan = append(n.ports, ports...), nil
		}
	}
	for _, flow := range flows {
		for i, r := range flow.nodes {
			flow.nodes[i] = at[r]
		}
		flow.g = g
	}
	for s, r := range moves {
		s.node = at[r]
	}
	for _, now := range at {
		g.retime(g.nodes[now])
	}
	f.rel.node, f.rel.top = at[f.root], g.workers()[0].nodes[at[f.root]]
}
