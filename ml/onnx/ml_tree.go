package onnx

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/millracedb/millrace/ml/forest"
)

// trees is an operator of trees: an ensemble, and how its votes are counted.
type trees struct {
	targets int
	bases   []float64 // by target, or none
	how     string    // aggregate_function
	single  *grove[float32]
	double  func() (*grove[float64], error)
}

// plantAll makes the trees ready, for inputs of float32 at once and for others when one is met.
func (t *trees) plantAll(e *ensemble) (err error) {
	switch t.how {
	case "SUM", "AVERAGE", "MIN", "MAX":
	default:
		return fmt.Errorf("there is no aggregate_function %q", t.how)
	}
	if len(t.bases) != 0 && len(t.bases) != t.targets {
		return fmt.Errorf("it has %d base values for %d targets", len(t.bases), t.targets)
	}
	summed := t.how == "SUM" || t.how == "AVERAGE"
	t.double = sync.OnceValues(func() (*grove[float64], error) { return grow[float64](e, t.targets, summed) })
	t.single, err = grow[float32](e, t.targets, summed)
	return err
}

// scores are the votes for each target, with the base values: a tensor of rows × targets, of the
// kind of the input, where integers are float32.
func (t *trees) scores(r *run, x *tensor) (*tensor, error) {
	if x.kind != double {
		x, err := cast(r, x, single)
		if err != nil {
			return nil, err
		}
		return count(r, t, t.single, x)
	}
	f, err := t.double()
	if err != nil {
		return nil, err
	}
	return count(r, t, f, x)
}

// count lets a forest vote.
func count[T float32 | float64](r *run, t *trees, g *grove[T], x *tensor) (*tensor, error) {
	n, wide := x.matrix()
	if wide < g.least {
		return nil, fmt.Errorf("its trees look at %d features, of %d", g.least, wide)
	}
	if err := r.spend(float64(n) * (g.forest.Cost() + 5*float64(len(g.leaves)))); err != nil {
		return nil, err
	}
	u, err := r.tensor(x.kind, n, t.targets)
	if err != nil {
		return nil, err
	}
	block, err := r.tensor(x.kind, t.targets*forest.Block)
	if err != nil {
		return nil, err
	}
	sums := data[T](u)
	switch features := data[T](x); {
	case g.summed:
		g.sum(&r.rows, features, wide, sums, data[T](block), t.targets)
	case t.how == "MIN":
		foremost(r, g, features, wide, sums, t.targets, T(math.Inf(1)), func(a, b T) T { return min(a, b) })
	case t.how == "MAX":
		foremost(r, g, features, wide, sums, t.targets, T(math.Inf(-1)), func(a, b T) T { return max(a, b) })
	default:
		clear(sums)
		g.visit(&r.rows, features, wide, sums, t.targets, func(sums []T, votes []vote) {
			for _, v := range votes {
				sums[v.target] += T(v.weight)
			}
		})
	}
	for i := range sums {
		if t.how == "AVERAGE" {
			sums[i] /= T(max(g.forest.Trees(), 1))
		}
		if t.bases != nil {
			sums[i] += T(t.bases[i%t.targets])
		}
	}
	return u, nil
}

// foremost keeps of the votes the least or the greatest: of is that of two, and none what is neither. Without a vote
// it is 0.
func foremost[T float32 | float64](r *run, g *grove[T], features []T, wide int, sums []T, targets int, none T, of func(a, b T) T) {
	for i := range sums {
		sums[i] = none
	}
	g.visit(&r.rows, features, wide, sums, targets, func(sums []T, votes []vote) {
		for _, v := range votes {
			sums[v.target] = of(sums[v.target], T(v.weight))
		}
	})
	for i, v := range sums {
		if v == none {
			sums[i] = 0
		}
	}
}

// numbersOf is a list of floats that may be an attribute of its own or a tensor.
func numbersOf(n *node, name string) (list []float64) {
	for _, v := range n.attr(name).floats {
		list = append(list, float64(v))
	}
	for _, a := range []*attribute{n.attr(name + "_as_tensor"), n.attr(name)} {
		if a.t != nil {
			list = a.t.d
			for _, v := range a.t.f {
				list = append(list, float64(v))
			}
		}
	}
	return list
}

var modes = map[string]uint8{"BRANCH_LEQ": atMost, "BRANCH_LT": below, "BRANCH_GTE": atLeast, "BRANCH_GT": above,
	"BRANCH_EQ": equal, "BRANCH_NEQ": unequal}

// ensembleOf reads the trees of TreeEnsembleRegressor and TreeEnsembleClassifier, whose votes have
// names that begin with target or class.
func ensembleOf(n *node, votes string) (*ensemble, error) {
	tree, id := n.attr("nodes_treeids").ints, n.attr("nodes_nodeids").ints
	feature, mode := n.attr("nodes_featureids").ints, n.attr("nodes_modes").strings
	yes, no := n.attr("nodes_truenodeids").ints, n.attr("nodes_falsenodeids").ints
	value, missing := numbersOf(n, "nodes_values"), n.attr("nodes_missing_value_tracks_true").ints
	count := len(id)
	for _, have := range []int{len(tree), len(feature), len(mode), len(yes), len(no), len(value)} {
		if have != count {
			return nil, errors.New("the lists of its nodes are not of one length")
		}
	}
	if missing != nil && len(missing) != count {
		return nil, errors.New("the lists of its nodes are not of one length")
	}
	e := &ensemble{}
	places := make(map[[2]int64]int, count) // of splits, and of leaves as ^number
	for i := range count {
		key := [2]int64{tree[i], id[i]}
		if _, twice := places[key]; twice {
			return nil, fmt.Errorf("its tree %d has two nodes %d", tree[i], id[i])
		}
		if mode[i] == "LEAF" {
			places[key] = ^len(e.leaves)
			e.leaves = append(e.leaves, nil)
			continue
		}
		m, known := modes[mode[i]]
		if !known {
			return nil, fmt.Errorf("there is no mode %q", mode[i])
		}
		places[key] = len(e.splits)
		s := split{mode: m, feature: int(feature[i]), value: value[i], missing: missing != nil && missing[i] != 0}
		e.splits = append(e.splits, s)
	}
	child := make(map[[2]int64]bool, count)
	for i := range count {
		at := places[[2]int64{tree[i], id[i]}]
		if at < 0 {
			continue
		}
		for side, to := range map[*int]int64{&e.splits[at].yes: yes[i], &e.splits[at].no: no[i]} {
			place, known := places[[2]int64{tree[i], to}]
			if !known {
				return nil, errTree
			}
			*side = place
			child[[2]int64{tree[i], to}] = true
		}
	}
	for i := range count {
		if key := [2]int64{tree[i], id[i]}; !child[key] {
			e.roots = append(e.roots, places[key])
		}
	}
	return e, e.readVotes(n, votes, places)
}

// readVotes gives the leaves their votes.
func (e *ensemble) readVotes(n *node, name string, places map[[2]int64]int) error {
	tree, id := n.attr(name+"_treeids").ints, n.attr(name+"_nodeids").ints
	target, weight := n.attr(name+"_ids").ints, numbersOf(n, name+"_weights")
	for i := range id {
		if len(tree) != len(id) || len(target) != len(id) || len(weight) != len(id) {
			return errors.New("the lists of its votes are not of one length")
		}
		at, known := places[[2]int64{tree[i], id[i]}]
		if !known || at >= 0 {
			return errors.New("a vote is of no leaf")
		}
		if target[i] < 0 || target[i] > math.MaxInt32 {
			return fmt.Errorf("there is no target %d", target[i])
		}
		e.leaves[^at] = append(e.leaves[^at], vote{int(target[i]), weight[i]})
	}
	return nil
}

var _ = operator("ai.onnx.ml.TreeEnsembleRegressor", 1, 1, func(n *node) (function, error) {
	e, err := ensembleOf(n, "target")
	if err != nil {
		return nil, err
	}
	t := &trees{targets: int(n.int("n_targets", 1)), how: n.str("aggregate_function", "SUM"), bases: numbersOf(n, "base_values")}
	return t.regressor(e, n.str("post_transform", "NONE"), false)
})

// regressor answers the scores, as float32 or in the kind of the input.
func (t *trees) regressor(e *ensemble, post string, keep bool) (function, error) {
	after, known := transforms[post]
	if !known || t.targets < 1 || t.targets > math.MaxInt16 {
		return nil, fmt.Errorf("it has %d targets and the post_transform %q", t.targets, post)
	}
	err := t.plantAll(e)
	return func(r *run, in []*tensor) (*tensor, error) {
		u, err := t.scores(r, in[0])
		if err != nil {
			return nil, err
		}
		v, err := cast(r, u, single)
		if err != nil || after == nil && keep {
			return u, err
		}
		if after != nil {
			rows(v.f, v.f, t.targets, after)
		}
		if keep {
			return cast(r, v, u.kind)
		}
		return v, nil
	}, err
}

// TreeEnsembleClassifier with two classes and votes for one of them only has a single score: the
// second class's probability if no vote is negative, else one above or below 0.
var _ = register("ai.onnx.ml.TreeEnsembleClassifier", schema{1, 1, 2, func(n *node) (kernel, error) {
	c, err := classifierOf(n)
	if err != nil {
		return nil, err
	}
	e, err := ensembleOf(n, "class")
	if err != nil {
		return nil, err
	}
	t := &trees{targets: c.classes(), how: "SUM", bases: numbersOf(n, "base_values")}
	one, positive := -1, true
	for _, votes := range e.leaves {
		for _, v := range votes {
			if positive = positive && v.weight >= 0; one < 0 {
				one = v.target
			} else if one != v.target {
				one = many
			}
		}
	}
	if t.targets == 2 && one != many {
		c.positive, t.targets = positive, 1
		for _, votes := range e.leaves {
			for i := range votes {
				votes[i].target = 0
			}
		}
		if len(t.bases) == 2 {
			t.bases = t.bases[1:]
		}
	}
	err = t.plantAll(e)
	return func(r *run, in, out []*tensor) error {
		u, err := t.scores(r, in[0])
		if err != nil {
			return err
		}
		if u, err = cast(r, u, single); err != nil {
			return err
		}
		return c.answer(r, u.f, t.targets, out)
	}, err
}})

// TreeEnsemble is the operator of both since version 5 of the domain.
var _ = operator("ai.onnx.ml.TreeEnsemble", 1, 1, func(n *node) (function, error) {
	e, err := ensembleFive(n)
	if err != nil {
		return nil, err
	}
	hows, posts := []string{"AVERAGE", "SUM", "MIN", "MAX"}, []string{"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"}
	how, post := n.int("aggregate_function", 1), n.int("post_transform", 0)
	if how < 0 || how >= int64(len(hows)) || post < 0 || post >= int64(len(posts)) {
		return nil, fmt.Errorf("there is no aggregate_function %d or no post_transform %d", how, post)
	}
	t := &trees{targets: int(n.int("n_targets", 1)), how: hows[how]}
	return t.regressor(e, posts[post], true)
})

func ensembleFive(n *node) (*ensemble, error) {
	feature, value, missing := n.attr("nodes_featureids").ints, numbersOf(n, "nodes_splits"), n.attr("nodes_missing_value_tracks_true").ints
	yes, no := n.attr("nodes_truenodeids").ints, n.attr("nodes_falsenodeids").ints
	yesLeaf, noLeaf := n.attr("nodes_trueleafs").ints, n.attr("nodes_falseleafs").ints
	var mode []int64
	if t := n.attr("nodes_modes").t; t != nil {
		mode = t.i
	}
	for _, have := range []int{len(value), len(mode), len(yes), len(no), len(yesLeaf), len(noLeaf)} {
		if have != len(feature) || missing != nil && len(missing) != have {
			return nil, errors.New("the lists of its nodes are not of one length")
		}
	}
	members := numbersOf(n, "membership_values")
	side := func(to, leaf int64) int {
		if to = max(min(to, math.MaxInt32), 0); leaf != 0 {
			return ^int(to)
		}
		return int(to)
	}
	e := &ensemble{}
	for i := range feature {
		if mode[i] < 0 || mode[i] > int64(member) {
			return nil, fmt.Errorf("there is no mode %d", mode[i])
		}
		s := split{mode: uint8(mode[i]), feature: int(feature[i]), value: value[i], missing: missing != nil && missing[i] != 0,
			yes: side(yes[i], yesLeaf[i]), no: side(no[i], noLeaf[i])}
		if s.mode == member { // its values end with a NaN
			for len(members) > 0 && members[0] == members[0] {
				s.members, members = append(s.members, members[0]), members[1:]
			}
			members = members[min(1, len(members)):]
		}
		e.splits = append(e.splits, s)
	}
	for _, root := range n.attr("tree_roots").ints {
		e.roots = append(e.roots, side(root, 0))
	}
	target, weight := n.attr("leaf_targetids").ints, numbersOf(n, "leaf_weights")
	if len(target) != len(weight) {
		return nil, errors.New("the lists of its leaves are not of one length")
	}
	for i := range target {
		if target[i] < 0 || target[i] > math.MaxInt32 {
			return nil, fmt.Errorf("there is no target %d", target[i])
		}
		e.leaves = append(e.leaves, []vote{{int(target[i]), weight[i]}})
	}
	return e, nil
}
