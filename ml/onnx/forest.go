package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
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

// branch is a node of a forest: the row goes left if x[feature] ≤ threshold, else, as with NaN,
// right. A leaf has itself on both sides; of a forest with one target its threshold is the weight.
type branch[T float32 | float64] struct {
	threshold T
	feature   int32
	sides     [2]int32 // left and right
}

// forest is trees made ready. Every mode is a matter of ≤: x ≥ t is −x ≤ −t, whose feature is a
// second row of negated ones; and a strict bound is the next lower number. So a missing value,
// which is ≤ nothing, goes right, and where it shall go with what is ≤, the sides are swapped and
// the comparison is negated.
type forest[T float32 | float64] struct {
	nodes    []branch[T]
	roots    []int32
	depths   []int
	votes    []span // by node, of leaves
	targets  []int32
	weights  []T
	packs    []*pack[T] // by root; nil: the tree is too large for one
	starts   []uint8    // by root, where it is in the pack
	features int        // that a row must have
	negated  bool       // some are compared negated: feature + features
	single   bool       // one vote for target 0 in each leaf
	steps    float64
}

// lowest is the feature that is −∞ in every row. The row's own follow, then the negated ones.
const lowest = 0

type span struct{ from, to int32 }

// deepest is how many splits a row may pass in one tree.
const deepest = 1 << 12

// planter makes a forest of an ensemble.
type planter[T float32 | float64] struct {
	*forest[T]
	e    *ensemble
	seen []bool // splits
}

// grow makes a forest. Targets are below targets.
func grow[T float32 | float64](e *ensemble, targets int) (*forest[T], error) {
	p := planter[T]{&forest[T]{single: targets == 1}, e, make([]bool, len(e.splits))}
	for _, s := range e.splits {
		if s.feature < 0 || s.feature > math.MaxInt16 {
			return nil, fmt.Errorf("there is no feature %d", s.feature)
		}
		p.features = max(p.features, s.feature+1)
	}
	for _, votes := range e.leaves {
		p.single = p.single && len(votes) <= 1
		for _, v := range votes {
			if v.target < 0 || v.target >= targets {
				return nil, fmt.Errorf("there is no target %d", v.target)
			}
		}
	}
	for _, root := range e.roots {
		at, depth, err := p.plant(root, 0)
		if err != nil {
			return nil, err
		}
		p.roots, p.depths = append(p.roots, at), append(p.depths, depth)
		p.steps += float64(depth)
	}
	p.packed()
	return p.forest, nil
}

var errTree = errors.New("its nodes make no trees")

// plant adds what is below a split or leaf, and gives its place and how deep it is.
func (p *planter[T]) plant(at, above int) (place int32, depth int, err error) {
	if at < 0 {
		if ^at >= len(p.e.leaves) {
			return 0, 0, errTree
		}
		return p.leaf(p.e.leaves[^at]), 0, nil
	}
	if at >= len(p.e.splits) || p.seen[at] {
		return 0, 0, errTree
	}
	if above > deepest {
		return 0, 0, fmt.Errorf("a tree is deeper than %d", deepest)
	}
	p.seen[at] = true
	s := &p.e.splits[at]
	// The place of the split is before those of what is below it, which a walk meets next.
	place = p.add(branch[T]{})
	yes, deep, err := p.plant(s.yes, above+1)
	if err != nil {
		return 0, 0, err
	}
	no, deeper, err := p.plant(s.no, above+1)
	if err != nil {
		return 0, 0, err
	}
	return place, max(deep, deeper) + p.compare(place, s, yes, no), nil
}

func (p *planter[T]) add(b branch[T]) int32 {
	p.nodes = append(p.nodes, b)
	p.votes = append(p.votes, span{})
	return int32(len(p.nodes) - 1)
}

func (p *planter[T]) leaf(votes []vote) int32 {
	at := p.add(branch[T]{sides: [2]int32{int32(len(p.nodes)), int32(len(p.nodes))}})
	p.votes[at].from = int32(len(p.targets))
	for _, v := range votes {
		p.targets, p.weights = append(p.targets, int32(v.target)), append(p.weights, T(v.weight))
		p.nodes[at].threshold = T(v.weight)
	}
	p.votes[at].to = int32(len(p.targets))
	return at
}

// compare makes the node at place the comparison of a split, with more nodes where one is too few,
// and gives how many of them a row may pass.
func (p *planter[T]) compare(place int32, s *split, yes, no int32) int {
	if s.mode == equal || s.mode == unequal || s.mode == member {
		return p.among(place, s, yes, no)
	}
	t := T(s.value)
	if s.missing { // the opposite comparison, with the sides swapped
		p.nodes[place] = p.ordered(s.feature, [...]uint8{above, atLeast, below, atMost}[s.mode], t, no, yes)
	} else {
		p.nodes[place] = p.ordered(s.feature, s.mode, t, yes, no)
	}
	return 1
}

// ordered is a branch left for the features that a comparison holds of.
func (p *planter[T]) ordered(feature int, mode uint8, t T, left, right int32) branch[T] {
	if mode == atLeast || mode == above {
		p.negated = true
		feature, t = feature+p.features, -t
	}
	if mode == below || mode == above {
		t = under(t)
	}
	return branch[T]{t, int32(feature) + 1, [2]int32{left, right}}
}

// under is the next lower number.
func under[T float32 | float64](t T) T {
	if u, is := any(t).(float32); is {
		return T(math.Nextafter32(u, float32(math.Inf(-1))))
	}
	return T(math.Nextafter(float64(t), math.Inf(-1)))
}

// among compares with some values, from the least on: x ≤ value leads on to value ≤ x.
func (p *planter[T]) among(place int32, s *split, yes, no int32) int {
	members := s.members
	if s.mode != member {
		members = []float64{s.value}
	}
	if s.mode == unequal {
		yes, no = no, yes
	}
	// A missing value goes right, before any other comparison. It is unequal to every value.
	lost := no
	if s.missing && s.mode != unequal {
		lost = yes
	}
	p.negated = true
	members = slices.Compact(slices.Sorted(slices.Values(members)))
	next, steps := no, 1
	for _, v := range slices.Backward(members) {
		t := T(v)
		hit := p.add(p.ordered(s.feature, atLeast, t, yes, no))
		next = p.add(p.ordered(s.feature, atMost, t, hit, next))
		steps++
	}
	p.nodes[place] = p.ordered(s.feature, atLeast, T(math.Inf(-1)), next, lost)
	return steps + 1
}

// walk adds up the votes of rows, one sum for each: x is as rows makes it.
func (f *forest[T]) walk(x []T, sums []T) {
	stride := f.stride()
	for i, root := range f.roots {
		depth, row := f.depths[i], 0
		if p := f.packs[i]; p != nil {
			for ; row+8 <= len(sums); row += 8 {
				to := (*[8]T)(sums[row:])
				for k, leaf := range p.eight(f.starts[i], x[row*stride:], stride) {
					to[k] += p.keys[leaf]
				}
			}
		}
		for ; row+4 <= len(sums); row += 4 {
			a, b, c, d := f.four(root, depth, x[row*stride:(row+4)*stride], stride)
			sums[row] += f.nodes[a].threshold
			sums[row+1] += f.nodes[b].threshold
			sums[row+2] += f.nodes[c].threshold
			sums[row+3] += f.nodes[d].threshold
		}
		for ; row < len(sums); row++ {
			sums[row] += f.nodes[f.one(root, x[row*stride:(row+1)*stride])].threshold
		}
	}
}

// next is where a row goes, chosen without a jump that a processor could mispredict.
func (b *branch[T]) next(x []T) int32 { return b.sides[beyond(x[b.feature], b.threshold)&1] }

// one is the leaf of a row.
func (f *forest[T]) one(at int32, x []T) int32 {
	for {
		next := f.nodes[at].next(x)
		if next == at {
			return at
		}
		at = next
	}
}

// four are the leaves of four rows, side by side as those of a pack.
func (f *forest[T]) four(root int32, depth int, x []T, stride int) (a, b, c, d int32) {
	nodes := f.nodes
	x0, x1, x2, x3 := x[:stride], x[stride:2*stride], x[2*stride:3*stride], x[3*stride:4*stride]
	a, b, c, d = root, root, root, root
	for level := range depth {
		if level&3 == 3 && nodes[a].sides[0] == a && nodes[b].sides[0] == b && nodes[c].sides[0] == c && nodes[d].sides[0] == d {
			break
		}
		a, b, c, d = nodes[a].next(x0), nodes[b].next(x1), nodes[c].next(x2), nodes[d].next(x3)
	}
	return a, b, c, d
}

// leaves calls visit with each row's votes, tree by tree.
func (f *forest[T]) leaves(x []T, rows int, visit func(row int, targets []int32, weights []T)) {
	stride := f.stride()
	for i, root := range f.roots {
		depth, row := f.depths[i], 0
		see := func(row int, at int32) {
			v := f.votes[at]
			visit(row, f.targets[v.from:v.to], f.weights[v.from:v.to])
		}
		for ; row+4 <= rows; row += 4 {
			a, b, c, d := f.four(root, depth, x[row*stride:(row+4)*stride], stride)
			see(row, a)
			see(row+1, b)
			see(row+2, c)
			see(row+3, d)
		}
		for ; row < rows; row++ {
			see(row, f.one(root, x[row*stride:(row+1)*stride]))
		}
	}
}

// stride is how many features a row has, with lowest and the negated ones.
func (f *forest[T]) stride() int {
	if f.negated {
		return 1 + 2*f.features
	}
	return 1 + f.features
}

// rows gives the features as the nodes count them, and behind the last row some room.
func (f *forest[T]) rows(r *run, t *tensor) ([]T, error) {
	n, cols := t.matrix()
	if cols < f.features {
		return nil, fmt.Errorf("its trees look at %d features, of %d", f.features, cols)
	}
	u, err := r.tensor(t.kind, n*f.stride()+small)
	if err != nil {
		return nil, err
	}
	x, y := data[T](t), data[T](u)
	to := y
	for row := range n {
		to[lowest] = T(math.Inf(-1))
		from := x[row*cols:][:f.features]
		if copy(to[1:], from); f.negated {
			for i, v := range from {
				to[1+f.features+i] = -v
			}
		}
		to = to[f.stride():]
	}
	return y, nil
}
