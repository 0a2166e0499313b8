package exec

import (
	"cmp"
	"slices"
)

// carriers is the nodes to which watermarks are carried: those that close something by them, and
// those on the way there. Of any other node nobody asks for its watermark, so that views that close
// nothing cost nothing when it moves.
type carriers struct {
	nodes []*node // in number order
	known int     // nodes of the graph that have been looked at
	gone  bool    // some are in the graph no more
	mixed bool    // some have other numbers
	from  []*node // the sources whose watermark moved in this step
}

// find looks at the nodes that have come to the graph, and brings the watermarks of those up to date to
// which they are carried from now on.
func (c *carriers) find(g *Graph) {
	if c.known == len(g.nodes) && !c.gone {
		return
	}
	if c.gone {
		c.nodes = slices.DeleteFunc(c.nodes, func(n *node) bool { return g.nodes[n.id] != n })
	}
	before := len(c.nodes)
	for _, n := range g.nodes[c.known:] {
		if n.closes || n.leads == g {
			c.lead(g, n)
		}
	}
	for _, n := range c.nodes[before:] {
		n.carryOver(g)
	}
	if c.mixed {
		slices.SortFunc(c.nodes, func(a, b *node) int { return cmp.Compare(a.id, b.id) })
	}
	c.known, c.gone, c.mixed = len(g.nodes), false, false
}

// lead has watermarks carried to a node, and before it to its inputs.
func (c *carriers) lead(g *Graph, n *node) {
	is := n.leads == g
	n.leads = g
	for _, in := range n.inputs {
		if below := g.nodes[in]; below.leads != g {
			c.lead(g, below)
		}
	}
	if !is && (n.closes || len(n.carry) > 0) {
		c.mixed = c.mixed || len(c.nodes) > 0 && c.nodes[len(c.nodes)-1].id > n.id
		c.nodes = append(c.nodes, n)
	}
}

// carryWatermarks lets the sources' watermarks travel up the graph, in number order, and
// wakes the nodes that close something by them.
func (g *Graph) carryWatermarks() {
	g.carry.find(g)
	for _, n := range g.carry.nodes {
		if !slices.ContainsFunc(n.inputs, func(in Ref) bool { return g.nodes[in].moved }) {
			continue
		}
		if n.closes {
			for _, w := range g.workers() {
				w.touch(w.nodes[n.id])
			}
		}
		n.moved = n.carryOver(g)
	}
	for _, n := range g.carry.nodes {
		n.moved = false
	}
	for _, n := range g.carry.from {
		n.moved = false
	}
	g.carry.from = g.carry.from[:0]
}

func (n *node) carryOver(g *Graph) (moved bool) {
	for o := range n.types {
		least, found := int64(1<<63-1), false
		for _, c := range n.carry {
			if c.out != o {
				continue
			}
			w := g.nodes[n.inputs[c.in]].watermark(c.col)
			if w != NoWatermark && c.f != nil {
				w = c.f(w)
			}
			least, found = min(least, w), true
		}
		if found && n.setWatermark(o, least) {
			moved = true
		}
	}
	return moved
}
