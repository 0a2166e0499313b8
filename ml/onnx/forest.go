package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/millracedb/millrace/ml/forest"
)

// How a split compares: as TreeEnsemble numbers its modes.
const (
	atMost uint8 = iota
	below
	atLeast
	above
	equal
	unequal
	member
)

// split is a node of a tree as files have it: the row goes to yes if the comparison of its feature
// with value holds, or the feature is missing and missing says so; else to no.
type split struct {
	mode    uint8
	missing bool
	feature int
	value   float64
	members []float64 // of member
	yes, no int       // splits, or leaves as ^number
}

// vote is what a leaf adds to a target.
type vote struct {
	target int
	weight float64
}

// ensemble is trees as files have them.
type ensemble struct {
	splits []split
	leaves [][]vote
	roots  []int // as split.yes
}

// grove is an ensemble made ready.
type grove[T float32 | float64] struct {
	forest   forest.Forest
	features []int // by column
	least    int   // features that a row must have
	// summed: the leaves of every tree vote for the same run of targets, and the forest adds them up. If not,
	// leaves are the ensemble's, by tree and number.
	summed bool
	leaves [][]int32
	votes  [][]vote
}

var errTree = errors.New("its nodes make no trees")

// grow makes an ensemble ready. Targets are below targets; if summed is false, the forest need not add up votes.
func grow[T float32 | float64](e *ensemble, targets int, summed bool) (*grove[T], error) {
	_, single := any(T(0)).(float32)
	g := &grove[T]{forest: forest.Forest{Limit: math.MaxInt32, Single: single}, summed: summed, votes: e.leaves}
	for _, votes := range e.leaves {
		for _, v := range votes {
			if v.target < 0 || v.target >= targets {
				return nil, fmt.Errorf("there is no target %d", v.target)
			}
		}
	}
	columns, err := g.columns(e)
	if err != nil {
		return nil, err
	}
	all, err := e.trees()
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		g.summed = g.summed && e.run(t)
	}
	for _, t := range all {
		branches := make([]forest.Branch, len(t))
		for i, n := range t {
			if branches[i].Left, branches[i].Right = n.left, n.right; n.left < 0 {
				g.leaf(&branches[i], e.leaves[n.at])
				continue
			}
			s := &e.splits[n.at]
			branches[i].Split = asked[T](s, columns[s.feature])
		}
		if err := g.add(t, branches); err != nil {
			return nil, err
		}
	}
	g.forest.Ready()
	return g, nil
}

// columns gives every feature that a split asks for a column.
func (g *grove[T]) columns(e *ensemble) (map[int]uint32, error) {
	columns := map[int]uint32{}
	for _, s := range e.splits {
		if s.feature < 0 || s.feature > math.MaxInt16 {
			return nil, fmt.Errorf("there is no feature %d", s.feature)
		}
		if _, has := columns[s.feature]; !has {
			columns[s.feature] = uint32(len(g.features))
			g.features, g.least = append(g.features, s.feature), max(g.least, s.feature+1)
		}
	}
	return columns, nil
}

// part is a node of a tree: a split, or a leaf, where left is negative.
type part struct {
	at          int // among the ensemble's splits or leaves
	left, right int32
}

// trees are the nodes of every tree, the root first.
func (e *ensemble) trees() ([][]part, error) {
	seen := make([]bool, len(e.splits))
	var all [][]part
	for _, root := range e.roots {
		t, order := []part(nil), []int{root}
		for i := 0; i < len(order); i++ {
			at := order[i]
			if at < 0 {
				if ^at >= len(e.leaves) {
					return nil, errTree
				}
				t = append(t, part{at: ^at, left: -1})
				continue
			}
			if at >= len(e.splits) || seen[at] {
				return nil, errTree
			}
			seen[at] = true
			s := &e.splits[at]
			left, right := int32(len(order)), int32(len(order)+1)
			order = append(order, s.yes, s.no)
			if !s.yesLeft() {
				left, right = right, left
			}
			t = append(t, part{at, left, right})
		}
		all = append(all, t)
	}
	return all, nil
}

// run says whether all leaves of a tree vote for the same targets, one behind the other.
func (e *ensemble) run(t []part) bool {
	var first []vote
	for _, n := range t {
		if n.left >= 0 {
			continue
		}
		votes := e.leaves[n.at]
		if len(votes) == 0 || first != nil && len(first) != len(votes) {
			return false
		}
		if first == nil {
			first = votes
		}
		for i, v := range votes {
			if v.target != first[0].target+i {
				return false
			}
		}
	}
	return true
}

// leaf gives a leaf its votes.
func (g *grove[T]) leaf(b *forest.Branch, votes []vote) {
	if !g.summed {
		return
	}
	for _, v := range votes {
		b.Values = append(b.Values, float64(T(v.weight)))
	}
}

// add adds a tree.
func (g *grove[T]) add(t []part, branches []forest.Branch) error {
	first := slices.IndexFunc(t, func(n part) bool { return n.left < 0 })
	out := 0
	if g.summed {
		out = g.votes[t[first].at][0].target
	}
	leaves, err := g.forest.Add(branches, out)
	if err != nil || g.summed {
		return err
	}
	for i, branch := range leaves {
		leaves[i] = int32(t[branch].at)
	}
	g.leaves = append(g.leaves, leaves)
	return nil
}

// yesLeft says on which side a split of a forest has the rows that a comparison holds of: what is greater goes
// right, and so does a member of a set.
func (s *split) yesLeft() bool { return s.mode == atMost || s.mode == below || s.mode == unequal }

// asked is what a split asks a column. Nothing compares with NaN: such a row goes to yes only if it shall, and is
// unequal to every value.
func asked[T float32 | float64](s *split, column uint32) forest.Split {
	missing := s.missing || s.mode == unequal
	to := forest.Split{Column: column, MissingRight: missing != s.yesLeft()}
	t := float64(T(s.value))
	switch nan := t != t; {
	case s.mode == member:
		to.Keys = intervals[T](s.members)
	case s.mode == equal || s.mode == unequal:
		to.Keys = intervals[T]([]float64{s.value})
	case nan && s.yesLeft():
		to.Key = forest.Always
	case nan:
		to.Key = forest.Never
	case s.mode == below || s.mode == atLeast:
		to.Key = forest.Below(t)
	default:
		to.Key = forest.Ordered(t)
	}
	return to
}

// intervals are the bounds of a set of numbers.
func intervals[T float32 | float64](members []float64) []uint64 {
	keys := []uint64{}
	for _, v := range members {
		if t := float64(T(v)); t == t {
			keys = append(keys, forest.Ordered(t))
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	bounds := make([]uint64, 0, 2*len(keys))
	for _, k := range keys {
		bounds = append(bounds, k-1, k)
	}
	return bounds
}

// ask puts a block of rows, which are wide numbers each, to the forest.
func (g *grove[T]) ask(r *forest.Rows, x []T, rows, wide int) {
	g.forest.Begin(r, rows, len(g.features))
	for i, feature := range g.features {
		to, from := r.Column(i)[:rows], x[feature:]
		for row := range to {
			to[row] = forest.Ordered(float64(from[row*wide]))
		}
	}
	g.forest.Ask(r)
}

// sum sets the sums of all rows for each of the targets: block has room for a block's.
func (g *grove[T]) sum(r *forest.Rows, x []T, wide int, sums, block []T, targets int) {
	rows := len(sums) / targets
	for from := 0; from < rows; from += forest.Block {
		n := min(forest.Block, rows-from)
		g.ask(r, x[from*wide:], n, wide)
		clear(block)
		switch block := any(block).(type) {
		case []float32:
			g.forest.SumSingle(r, block)
		case []float64:
			g.forest.Sum(r, block)
		}
		for k := range targets {
			to := sums[from*targets+k:]
			for row, v := range block[k*forest.Block:][:n] {
				to[row*targets] = v
			}
		}
	}
}

// visit calls see with the sums of each row and the votes for them, tree by tree.
func (g *grove[T]) visit(r *forest.Rows, x []T, wide int, sums []T, targets int, see func(sums []T, votes []vote)) {
	rows := len(sums) / targets
	for from := 0; from < rows; from += forest.Block {
		n := min(forest.Block, rows-from)
		g.ask(r, x[from*wide:], n, wide)
		for i, leaves := range g.leaves {
			for row, leaf := range g.forest.Leaves(r, i)[:n] {
				see(sums[(from+row)*targets:][:targets], g.votes[leaves[leaf]])
			}
		}
	}
}
