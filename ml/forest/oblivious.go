package forest

import (
	"fmt"
	"math/bits"
)

// MaxLevels is how many levels an oblivious tree may have.
const MaxLevels = 24

// AddOblivious adds a tree that asks all rows of a level the same, from the lowest bit of the leaf's
// number on: what a level answers is a bit of it. values and covers are by leaf, a row of values as wide as
// the tree has sums, from out on.
func (f *Forest) AddOblivious(levels []Split, values, covers []float64, out int) error {
	if len(levels) > MaxLevels {
		return fmt.Errorf("%d levels", len(levels))
	}
	t := tree{form: oblivious, first: len(f.nodes), n: len(levels), leaves: 1 << len(levels), out: out, cover: len(f.covers)}
	if len(values) == 0 || len(values)%t.leaves != 0 || len(covers) != t.leaves {
		return fmt.Errorf("%d values and %d covers for %d leaves", len(values), len(covers), t.leaves)
	}
	if f.Limit -= 2 * len(values); f.Limit < len(f.nodes) {
		return fmt.Errorf("too many nodes")
	}
	for i := range levels {
		split, err := f.split(&levels[i])
		if err != nil {
			return err
		}
		f.nodes = append(f.nodes, split)
	}
	f.leveled = true
	f.covers = append(f.covers, covers...)
	sums, leaf := len(values)/t.leaves, Branch{}
	return f.put(t, func(i int) *Branch {
		leaf.Values = values[i*sums:][:sums]
		return &leaf
	})
}

// Grown is a forest that has for every tree and sum a tree of its own with a node a split, for Contribute; it
// need not be Ready. A forest without oblivious trees is that already.
func (f *Forest) Grown() *Forest {
	is := true
	for i := range f.trees {
		is = is && f.trees[i].form != oblivious && f.trees[i].sums == 1
	}
	if is {
		return f
	}
	g := &Forest{Limit: 1 << 62, sets: f.sets}
	for i := range f.trees {
		t := &f.trees[i]
		for k := range t.sums {
			if t.form == oblivious {
				g.unfold(f, t, k)
			} else {
				g.single(f, t, k)
			}
		}
	}
	return g
}

// single adds one sum of a grown tree.
func (g *Forest) single(f *Forest, t *tree, k int) {
	g.trees = append(g.trees, tree{first: len(g.nodes), n: t.n, leaves: t.leaves, sums: 1, out: t.out + k, cover: len(g.covers), value: len(g.values)})
	g.nodes = append(g.nodes, f.of(t)...)
	g.covers = append(g.covers, f.covers[t.cover:][:t.n]...)
	for leaf := range t.leaves {
		g.values = append(g.values, f.valueAt(t.value+k*t.leaves+leaf))
	}
}

// unfold adds one sum of an oblivious tree, whose root is the last of its splits.
func (g *Forest) unfold(f *Forest, t *tree, k int) {
	splits, nodes := t.leaves-1, 2*t.leaves-1
	u := tree{first: len(g.nodes), n: nodes, leaves: t.leaves, sums: 1, out: t.out + k, cover: len(g.covers), value: len(g.values)}
	g.nodes, g.covers = append(g.nodes, make([]node, nodes)...), append(g.covers, make([]float64, nodes)...)
	for at := nodes - 1; at >= 0; at-- {
		n, cover := &g.nodes[u.first+at], g.covers[u.cover:]
		if leaf := at - splits; leaf >= 0 {
			*n = node{key: uint64(leaf), column: leafColumn}
			cover[at] = f.covers[t.cover+leaf]
			continue
		}
		*n = f.nodes[t.first+t.n-1-levelOf(at)]
		n.next = uint32(2*at + 1)
		cover[at] = cover[2*at+1] + cover[2*at+2]
	}
	for leaf := range t.leaves {
		g.values = append(g.values, f.valueAt(t.value+k*t.leaves+leaf))
	}
	g.trees = append(g.trees, u)
}

// levelOf is how far a node is from the root where those of a level follow those of the one above.
func levelOf(at int) int { return bits.Len(uint(at+1)) - 1 }
