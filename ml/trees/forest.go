package trees

import (
	"fmt"
	"math"
)

// maxDepth is how many splits may lie between a root and a leaf.
const maxDepth = 1024

// leafSlot is the slot of leaves: it holds the least number, which is greater than no key.
const leafSlot = 0

// ofSet marks the slot of a split that asks whether a category is in a set.
const ofSet = 1 << 31

// node is a split or a leaf, 16 bytes. The children of a split stand side by side.
type node struct {
	key  int64  // of a split what its slot is compared with, or the place of its set; of a leaf its number's bits
	slot uint32 // with ofSet or without
	next uint32 // the left child, within the tree; of a leaf itself
}

// tree is where a tree's nodes are among those of its forest: breadth first, the root first.
type tree struct {
	first, n int
	out      int   // the sum that it adds to
	depth    int   // the longest way from the root to a leaf, in splits
	simple   bool  // few nodes, no sets, few slots
	pack     *pack // of a simple tree, where it stands, and its root there
	root     uint8
}

// set is a set of categories: codes below the number of its bits.
type set []uint64

// The codes of what is no category: they are in no set and in every set.
const (
	inNone int64 = -1
	inAll  int64 = -2
)

// has is 1 or 0.
func (s set) has(code int64) uint32 {
	if code < 0 {
		return uint32(code)&1 ^ 1
	}
	if word := uint64(code) / 64; word < uint64(len(s)) {
		return uint32(s[word] >> (uint64(code) % 64) & 1)
	}
	return 0
}

// forest is trees whose splits each have a slot of their own.
type forest struct {
	trees  []tree
	nodes  []node    // of all trees
	covers []float64 // beside nodes
	sets   []set
	limit  int  // of nodes
	single bool // sums are float32
}

// branch is a node as a format's parser gives it: a split, or a leaf where left is negative.
type branch struct {
	left, right int32 // places among the tree's branches
	slot        uint32
	key         int64
	value       float64 // of a leaf
	cover       float64 // how many rows of the training came here, by weight
}

// number is a split of a number.
func number(slot uint32, key int64, left, right int32) branch {
	return branch{slot: slot, key: key, left: left, right: right}
}

// member is a split by a set, of which members go right.
func (f *forest) member(slot uint32, s set, left, right int32) branch {
	f.sets = append(f.sets, s)
	return branch{slot: slot | ofSet, key: int64(len(f.sets) - 1), left: left, right: right}
}

// add lays out a tree whose root is its first branch, and whose branches all are reached at most once.
func (f *forest) add(branches []branch, out int) error {
	n := len(branches)
	if n == 0 {
		return fmt.Errorf("tree without a node")
	}
	if len(f.nodes)+n > f.limit {
		return fmt.Errorf("trees of more than %d nodes", f.limit)
	}
	t := tree{first: len(f.nodes), out: out, simple: true}
	order, level := make([]int32, 1, n), 1
	for at := 0; at < len(order); at++ {
		if at == level {
			if t.depth, level = t.depth+1, len(order); t.depth > maxDepth {
				return fmt.Errorf("tree of more than %d levels", maxDepth)
			}
		}
		b := &branches[order[at]]
		f.covers = append(f.covers, b.cover)
		if b.left < 0 {
			if math.IsNaN(b.value) {
				return fmt.Errorf("leaf that is no number")
			}
			f.nodes = append(f.nodes, node{key: int64(math.Float64bits(b.value)), slot: leafSlot, next: uint32(at)})
			continue
		}
		if int(b.left) >= n || b.right < 0 || int(b.right) >= n {
			return fmt.Errorf("split with a child that is none of the %d nodes", n)
		}
		if len(order)+2 > n {
			return fmt.Errorf("tree with a node that is the child of two")
		}
		f.nodes = append(f.nodes, node{key: b.key, slot: b.slot, next: uint32(len(order))})
		t.simple = t.simple && b.slot < small
		order = append(order, b.left, b.right)
	}
	t.n = len(order)
	t.simple = t.simple && t.n <= small
	f.trees = append(f.trees, t)
	return nil
}

// of is a tree's nodes.
func (f *forest) of(t *tree) []node { return f.nodes[t.first : t.first+t.n] }

// leaf is the number of a leaf.
func (n *node) leaf() float64 { return math.Float64frombits(uint64(n.key)) }
