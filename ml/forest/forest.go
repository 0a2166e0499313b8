package forest

import (
	"fmt"
	"math"
)

// Block is how many rows go through all trees together.
const Block = 64

// MaxDepth is how many splits may lie between a root and a leaf.
const MaxDepth = 1024

// MaxColumns is how many columns a forest may have.
const MaxColumns = 1 << 30

// Missing is the number of what is missing.
const Missing uint64 = 0

// Ordered is the word of a number, in the order of numbers: one of two zeros, and Missing for NaN.
func Ordered(x float64) uint64 {
	if x != x {
		return Missing
	}
	b := math.Float64bits(x + 0)
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

// Below is the key that divides what is less than x from what is at least x.
func Below(x float64) uint64 { return Ordered(x) - 1 }

// The keys that all numbers are greater than, and none is.
const (
	Always uint64 = 1
	Never  uint64 = math.MaxUint64
)

// Split asks for a column. A row goes right where its number is greater than Key, or, where there
// are Keys, greater than an odd number of them: so the bounds of intervals make a set.
type Split struct {
	Column       uint32
	Key          uint64   // from Always on
	Keys         []uint64 // ascending; kept, not copied
	MissingRight bool
}

// Branch is a node of a tree as a file has it: a split, or a leaf where Left is negative.
type Branch struct {
	Left, Right int32 // places among the tree's branches
	Split       Split
	Value       float64   // of a leaf
	Values      []float64 // of a leaf of a tree that adds to several sums, in place of Value
	Cover       float64   // how many rows of the training came here, by weight
}

// Forest is trees. The zero value with a limit is ready for Add; after Ready it answers.
type Forest struct {
	Limit  int  // of nodes of all trees
	Single bool // values and sums are float32

	trees   []tree
	nodes   []node      // of all trees
	covers  []float64   // beside nodes; of oblivious trees behind each other's leaves
	sets    [][]uint64  // the keys of splits that have several
	values  []float64   // of all leaves, sum by sum, and small more; if Single none
	singles []float32   // if Single
	steps   []step      // of small and oblivious trees
	columns []column    // of the planes of these
	parity  []paritySet // likewise
	width   int         // how many planes there are
	leveled bool        // some trees are oblivious
	asked   int         // one more than the last column that a split asks for
}

// form is how a tree is laid out.
type form uint8

const (
	large form = iota
	small
	oblivious
)

// tree is where a tree's parts are among those of its forest.
type tree struct {
	form      form
	first, n  int // nodes, of an oblivious tree its splits from the lowest bit on
	leaves    int
	step      int // the first of its steps, one a split
	value     int // of leaf 0 for its first sum; leaf by leaf, then those of its next sum
	out, sums int // the first of the sums that it adds to, and how many these are
	cover     int // of node 0; of an oblivious tree of leaf 0
}

// smallLeaves is how many leaves a small tree has at most: as many as a byte tells apart.
const smallLeaves = 256

// node is a split or a leaf, 16 bytes. The children of a split stand side by side.
type node struct {
	key    uint64 // of a split its key, or the place of its set; of a leaf its number
	column uint32 // with flags; of a leaf leafColumn
	next   uint32 // the left child, within the tree
}

// The flags of a node's column, and what a leaf has in its place.
const (
	ofSet        = 1 << 31
	missingRight = 1 << 30
	leafColumn   = math.MaxUint32
)

func (n *node) leaf() bool { return n.column == leafColumn }

// split is a node of it, without children.
func (f *Forest) split(s *Split) (node, error) {
	n := node{key: s.Key, column: s.Column}
	if s.Column >= MaxColumns || s.Keys == nil && s.Key < Always {
		return n, fmt.Errorf("split of the column %d by the key %d", s.Column, s.Key)
	}
	f.asked = max(f.asked, int(s.Column)+1)
	if s.MissingRight {
		n.column |= missingRight
	}
	if s.Keys != nil {
		n.column |= ofSet
		n.key = uint64(len(f.sets))
		f.sets = append(f.sets, s.Keys)
	}
	return n, nil
}

// Add lays out a tree whose root is its first branch, and whose branches all are reached at most
// once: nodes breadth first. Its leaves have values for the sums from out on. leaves are the branches of
// the leaves by their numbers: rows begin in leaf 0, and those that a split sends right are in the next new one.
func (f *Forest) Add(branches []Branch, out int) (leaves []int32, err error) {
	n := len(branches)
	if n == 0 {
		return nil, fmt.Errorf("tree without a node")
	}
	if len(f.nodes)+n > f.Limit {
		return nil, fmt.Errorf("trees of more than %d nodes", f.Limit)
	}
	t := tree{first: len(f.nodes), out: out, cover: len(f.covers)}
	order, number := make([]int32, 1, n), make([]int32, 1, n) // by node its branch, and the leaf that its rows are in so far
	leaves = make([]int32, 1, (n+1)/2)
	for at, level, depth := 0, 1, 0; at < len(order); at++ {
		if at == level {
			if depth, level = depth+1, len(order); depth > MaxDepth {
				return nil, fmt.Errorf("tree of more than %d levels", MaxDepth)
			}
		}
		b := &branches[order[at]]
		f.covers = append(f.covers, b.Cover)
		if b.Left < 0 {
			leaves[number[at]] = order[at]
			f.nodes = append(f.nodes, node{key: uint64(number[at]), column: leafColumn})
			continue
		}
		split, err := f.split(&b.Split)
		if err == nil {
			err = b.children(n, len(order))
		}
		if err != nil {
			return nil, err
		}
		split.next = uint32(len(order))
		f.nodes = append(f.nodes, split)
		order, number = append(order, b.Left, b.Right), append(number, number[at], int32(len(leaves)))
		leaves = append(leaves, 0)
	}
	if t.n, t.leaves = len(order), len(leaves); t.leaves <= smallLeaves {
		t.form = small
	}
	return leaves, f.put(t, func(leaf int) *Branch { return &branches[leaves[leaf]] })
}

// children checks those of a split in a tree of n branches, of which so many are reached already.
func (b *Branch) children(n, reached int) error {
	if int(b.Left) >= n || b.Right < 0 || int(b.Right) >= n {
		return fmt.Errorf("split with a child that is none of the %d nodes", n)
	}
	if reached+2 > n {
		return fmt.Errorf("tree with a node that is the child of two")
	}
	return nil
}

// put adds a tree with the values of its leaves.
func (f *Forest) put(t tree, leaf func(int) *Branch) error {
	t.value = len(f.values) + len(f.singles)
	t.sums = max(1, len(leaf(0).Values))
	for k := range t.sums {
		for i := range t.leaves {
			b := leaf(i)
			v := b.Value
			if len(b.Values) != 0 || t.sums > 1 {
				if len(b.Values) != t.sums {
					return fmt.Errorf("leaves of %d and %d values", t.sums, len(b.Values))
				}
				v = b.Values[k]
			}
			if math.IsNaN(v) {
				return fmt.Errorf("leaf that is no number")
			}
			if f.Single {
				f.singles = append(f.singles, float32(v))
			} else {
				f.values = append(f.values, v)
			}
		}
	}
	f.trees = append(f.trees, t)
	return nil
}

// valueAt is one of them.
func (f *Forest) valueAt(i int) float64 {
	if f.Single {
		return float64(f.singles[i])
	}
	return f.values[i]
}

// Trees is how many there are.
func (f *Forest) Trees() int { return len(f.trees) }

// of is a tree's nodes.
func (f *Forest) of(t *tree) []node { return f.nodes[t.first : t.first+t.n] }

// Cost is about how many nanoseconds a row takes, of a whole block.
func (f *Forest) Cost() float64 {
	total := 0.015*float64(f.width) + 3*float64(len(f.columns))
	for i := range f.parity {
		total += 0.015 * float64(len(f.parity[i].planes))
	}
	for i := range f.trees {
		switch t := &f.trees[i]; t.form {
		case large:
			total += 10 * math.Log2(float64(t.leaves))
		case small:
			total += 0.8 + 0.02*float64(t.leaves)
		case oblivious:
			total += 0.5 + float64(t.sums)
		}
	}
	return total
}
