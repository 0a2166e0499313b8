package trees

import (
	"sync"

	"github.com/millracedb/millrace/ml"
)

// fork is a feature on the way from the root to a node, once however often it was split by: the
// share of the training's rows that its splits let through, whether they let the row through
// (1 or 0), and the sum of the weights of the subsets of the way that are of this size.
type fork struct {
	feature   int
	zero, one float64
	weight    float64
}

// explanation computes Shapley values of one tree and row, where what a feature is without is
// what the training's rows in the tree say of it: algorithm 2 of Lundberg, Erion and Lee,
// "Consistent Individualized Feature Attribution for Tree Ensembles" (2018), O(leaves · depth²).
type explanation struct {
	forest *forest
	nodes  []node
	covers []float64
	inputs []slot // of slots, from 1 on
	x      []int64
	phi    []float64 // by input
	stack  []fork    // the ways of all nodes above the current one, one behind the other
}

// visit goes on from a node whose way so far stands at the end of the stack, n long, and gains next.
func (e *explanation) visit(at uint32, n int, next fork) {
	if next.zero == 0 && next.one == 0 {
		return // nobody comes here
	}
	top := len(e.stack)
	e.stack = append(e.stack, e.stack[top-n:]...)
	e.stack = append(e.stack, next)
	way := e.stack[top:]
	extend(way)
	if node := &e.nodes[at]; node.slot == leafSlot {
		for i := 1; i < len(way); i++ {
			e.phi[way[i].feature] += unwound(way, i) * (way[i].one - way[i].zero) * node.leaf()
		}
	} else {
		e.split(at, way)
	}
	e.stack = e.stack[:top]
}

// split visits both children.
func (e *explanation) split(at uint32, way []fork) {
	node := &e.nodes[at]
	feature := e.inputs[node.slot&^ofSet-1].input
	before := fork{feature: feature, zero: 1, one: 1}
	for i := 1; i < len(way); i++ {
		if way[i].feature == feature {
			before = way[i]
			unwind(way, i)
			e.stack = e.stack[:len(e.stack)-1]
			way = way[:len(way)-1]
			break
		}
	}
	hot := node.next + e.forest.right(node, e.x)
	cold := 2*node.next + 1 - hot
	for _, child := range []uint32{hot, cold} {
		share := 0.0
		if e.covers[at] > 0 {
			share = e.covers[child] / e.covers[at]
		}
		one := 0.0
		if child == hot {
			one = before.one
		}
		e.visit(child, len(way), fork{feature: feature, zero: before.zero * share, one: one})
	}
}

// extend sets the weights of a way that has just gained its last fork.
func extend(way []fork) {
	d := len(way) - 1
	last := &way[d]
	if last.weight = 0; d == 0 {
		last.weight = 1
	}
	for i := d - 1; i >= 0; i-- {
		way[i+1].weight += last.one * way[i].weight * float64(i+1) / float64(d+1)
		way[i].weight = last.zero * way[i].weight * float64(d-i) / float64(d+1)
	}
}

// unwind takes a fork out of a way, as if it had never been extended by it; the last is then void.
func unwind(way []fork, at int) {
	d := len(way) - 1
	zero, one, next := way[at].zero, way[at].one, way[d].weight
	for i := d - 1; i >= 0; i-- {
		if one != 0 {
			here := way[i].weight
			way[i].weight = next * float64(d+1) / (float64(i+1) * one)
			next = here - way[i].weight*zero*float64(d-i)/float64(d+1)
		} else {
			way[i].weight = way[i].weight * float64(d+1) / (zero * float64(d-i))
		}
	}
	for i := at; i < d; i++ {
		way[i].feature, way[i].zero, way[i].one = way[i+1].feature, way[i+1].zero, way[i+1].one
	}
}

// unwound is the sum of the weights of a way without one of its forks.
func unwound(way []fork, at int) (total float64) {
	d := len(way) - 1
	zero, one, next := way[at].zero, way[at].one, way[d].weight
	for i := d - 1; i >= 0; i-- {
		if one != 0 {
			w := next * float64(d+1) / (float64(i+1) * one)
			total += w
			next = way[i].weight - w*zero*float64(d-i)/float64(d+1)
		} else {
			total += way[i].weight * float64(d+1) / (zero * float64(d-i))
		}
	}
	return total
}

// explained is what Explain needs beside what Predict does, made when it is first asked.
type explained struct {
	once   sync.Once
	forest *forest
	means  []float64 // by tree: what it says of the training's rows on average
}

func (m *model) explained() *explained {
	e := &m.explain
	e.once.Do(func() {
		e.forest = m.trees.paths()
		for i := range e.forest.trees {
			e.means = append(e.means, e.forest.mean(&e.forest.trees[i]))
		}
	})
	return e
}

// mean is what a tree says of the training's rows on average.
func (f *forest) mean(t *tree) float64 {
	shares := make([]float64, t.n)
	shares[0] = 1
	total := 0.0
	for at, n := range f.of(t) {
		if n.slot == leafSlot {
			total += shares[at] * n.leaf()
			continue
		}
		if covers := f.covers[t.first:]; covers[at] > 0 {
			shares[n.next] = shares[at] * covers[n.next] / covers[at]
			shares[n.next+1] = shares[at] * covers[n.next+1] / covers[at]
		}
	}
	return total
}

// Explain says what each feature contributed.
func (m *model) Explain(s *ml.Scratch, in *ml.Batch, out []float64, bad *ml.Faults) {
	first := len(bad.Rows)
	codes, own, all := m.encode(s, in, bad), m.memory(s), m.explained()
	one := len(m.coded) + 1
	width := one * len(m.base)
	for from := 0; from < in.Rows; from += block {
		n := min(block, in.Rows-from)
		m.fill(own, in, codes, from, n)
		for r := range n {
			row := out[(from+r)*width:][:width]
			m.explainRow(row, own.slots[r:], all, own)
		}
	}
	m.spoil(out, width, bad.Rows[first:])
}

// explainRow is Explain of the row whose slots are x.
func (m *model) explainRow(out []float64, x []int64, all *explained, own *memory) {
	clear(out)
	one := len(m.coded) + 1
	features := len(m.coded) + len(m.combined)
	if n := features * len(m.base); len(own.phi) < n {
		own.phi = make([]float64, n)
	}
	clear(own.phi)
	e := explanation{forest: all.forest, inputs: m.slots.all, x: x, stack: own.stack[:0]}
	for i := range all.forest.trees {
		t := &all.forest.trees[i]
		e.nodes, e.covers, e.phi = e.forest.of(t), e.forest.covers[t.first:], own.phi[t.out*features:][:features]
		e.visit(0, 0, fork{feature: -1, zero: 1, one: 1})
		out[t.out*one+one-1] += all.means[i]
	}
	own.stack = e.stack[:0]
	for i := range m.base {
		row, phi := out[i*one:][:one], own.phi[i*features:][:features]
		for k, v := range phi[:len(m.coded)] {
			row[k] += v * m.scale
		}
		for k, inputs := range m.combined { // each has an equal share, as in CatBoost
			for _, input := range inputs {
				row[input] += phi[len(m.coded)+k] * m.scale / float64(len(inputs))
			}
		}
		row[one-1] = (row[one-1] + m.base[i]) * m.scale
	}
}
