package forest

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
	*Forest
	tree     *tree
	nodes    []node
	covers   []float64
	features []int // by column
	rows     *Rows
	row      int
	phi      []float64 // by feature
	stack    []fork    // the ways of all nodes above the current one, one behind the other
}

// Ways is memory of Contribute that lasts from call to call. The zero value is ready.
type Ways struct{ stack []fork }

// Contribute adds to phi, by feature, what each contributed to what a tree of a grown forest says of a row: features
// are by column. Beside it stands Mean, which no feature contributed, and gives the sum that the tree adds to.
func (f *Forest) Contribute(w *Ways, tree int, r *Rows, row int, features []int, phi []float64) {
	t := &f.trees[tree]
	e := explanation{Forest: f, tree: t, nodes: f.of(t), covers: f.covers[t.cover:], features: features, rows: r, row: row, phi: phi, stack: w.stack[:0]}
	e.visit(0, 0, fork{feature: -1, zero: 1, one: 1})
	w.stack = e.stack[:0]
}

// Out is the sum that a tree adds to.
func (f *Forest) Out(tree int) int { return f.trees[tree].out }

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
	if node := &e.nodes[at]; node.leaf() {
		for i := 1; i < len(way); i++ {
			e.phi[way[i].feature] += unwound(way, i) * (way[i].one - way[i].zero) * e.valueAt(e.tree.value+int(node.key))
		}
	} else {
		e.split(at, way)
	}
	e.stack = e.stack[:top]
}

// split visits both children.
func (e *explanation) split(at uint32, way []fork) {
	node := &e.nodes[at]
	feature := e.features[node.at()]
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
	hot := node.next + e.right(node, e.rows, e.row)
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

// Mean is what a tree of a grown forest says of the training's rows on average.
func (f *Forest) Mean(tree int) (total float64) {
	t := &f.trees[tree]
	shares, covers := make([]float64, t.n), f.covers[t.cover:]
	shares[0] = 1
	for at, n := range f.of(t) {
		if n.leaf() {
			total += shares[at] * f.valueAt(t.value+int(n.key))
		} else if covers[at] > 0 {
			shares[n.next] = shares[at] * covers[n.next] / covers[at]
			shares[n.next+1] = shares[at] * covers[n.next+1] / covers[at]
		}
	}
	return total
}
