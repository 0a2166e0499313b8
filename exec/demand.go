package exec

import "slices"

// demand runs the one step of a private graph in the order in which its nodes are needed,
// from the last node down: what a join builds on is complete before the first row of its
// other side is read, so that those rows stream through it and none of them is kept. An
// Arrange still flushes after those of lower number that it meets, as the timings of ports ask.
type demand struct {
	g     *Graph
	feeds map[Ref]feed // by node; those that were not read yet
	read  func(f feed) error
	fail  func() error // why the dataflow cannot go on; nil: it can
}

// begin forgets what was complete.
func (d *demand) begin() { d.g.done = make([]bool, len(d.g.nodes)) }

// run completes all nodes, the last one first.
func (d *demand) run() error {
	for r := len(d.g.nodes) - 1; r >= 0; r-- {
		if err := d.complete(Ref(r)); err != nil {
			return err
		}
	}
	return nil
}

// complete has node r emit all that it will.
func (d *demand) complete(r Ref) error {
	if d.g.done[r] {
		return nil
	}
	n := d.g.nodes[r]
	if n.arr != nil {
		if err := d.open(n); err != nil {
			return err
		}
	}
	inputs := slices.Clone(n.inputs)
	slices.Sort(inputs)
	if err := d.completeAll(append(slices.Clone(n.first), inputs...)); err != nil {
		return err
	}
	if f, ok := d.feeds[r]; ok {
		delete(d.feeds, r)
		if err := d.read(f); err != nil {
			return err
		}
	}
	d.g.flushNow(n)
	d.g.done[r] = true
	return d.fail()
}

// open completes what an Arrange's rows meet, and lets them stream if they may.
func (d *demand) open(n *node) error {
	err := d.completeAll(d.met(n))
	n.arr.open = n.streams(d.g)
	return err
}

func (d *demand) completeAll(nodes []Ref) error {
	for _, r := range nodes {
		if err := d.complete(r); err != nil {
			return err
		}
	}
	return nil
}

// met lists the Arranges of lower number that an Arrange's rows meet.
func (d *demand) met(n *node) (out []Ref) {
	for _, p := range n.ports {
		for _, other := range d.g.nodes[p.To].inputs {
			if other < n.id {
				out = append(out, other)
			}
		}
	}
	return out
}

// streams reports whether an Arrange, all that its rows meet being complete, may hand them on
// as they come: nobody probes its own state, and its readers take a step's change in parts.
func (n *node) streams(g *Graph) bool {
	for _, p := range n.ports {
		if p.When != Late || !g.nodes[p.To].inParts {
			return false
		}
	}
	return !n.arr.merge && n.appendOnly
}

// flushNow flushes a node if it was touched, ahead of the rest of its step.
func (g *Graph) flushNow(n *node) {
	word, bit := &g.touched[n.level][n.id>>6], uint64(1)<<(n.id&63)
	if *word&bit != 0 {
		*word &^= bit
		g.flush(n)
		g.at = nil
	}
}
