package trees

import (
	"fmt"
	"math"
	"math/bits"
)

// maxLevels is how many levels an oblivious tree may have: CatBoost grows 16.
const maxLevels = 24

// split reads a split: what is greater than the key goes right.
func (p *catboost) split(of any) (node, error) {
	switch kind := textOf(of, "split_type"); kind {
	case "FloatFeature":
		at, err := field[float64](of, "float_feature_index")
		if err != nil || !(at >= 0 && at < float64(len(p.floats))) {
			return node{}, fmt.Errorf("split of the number %v of %d", at, len(p.floats))
		}
		border, err := field[float64](of, "border")
		if err != nil || math.IsNaN(border) {
			return node{}, fmt.Errorf("split without a border")
		}
		return node{slot: p.model.slots.of(p.floats[int(at)]), key: ordered(float64(float32(border)))}, nil
	case "OneHotFeature":
		at, err := field[float64](of, "cat_feature_index")
		if err != nil || !(at >= 0 && at < float64(len(p.categories))) {
			return node{}, fmt.Errorf("split of the category %v of %d", at, len(p.categories))
		}
		hash, err := field[float64](of, "value")
		code, known := p.codes[uint32(int64(hash))]
		if err != nil || !known {
			return node{}, fmt.Errorf("split of the category's value %v, which is not in cat_features_hash", hash)
		}
		return node{slot: p.model.slots.of(slot{input: p.categories[int(at)], code: true, only: code})}, nil
	case "OnlineCtr":
		index, err := field[float64](of, "split_index")
		if at := int(index) - p.before; err == nil && at >= 0 && at < len(p.ofSplit) {
			border, err := field[float64](of, "border")
			if err != nil || math.IsNaN(border) {
				return node{}, fmt.Errorf("split without a border")
			}
			return node{slot: p.model.slots.of(p.model.statisticSlot(p.ofSplit[at])), key: ordered(float64(float32(border)))}, nil
		}
		return node{}, fmt.Errorf("split of the number %v, of which %d to %d are statistics", index, p.before, p.before+len(p.ofSplit))
	default:
		return node{}, fmt.Errorf("split of the type %q", kind)
	}
}

// oblivious reads trees of the policy SymmetricTree.
func (p *catboost) oblivious(trees []any) error {
	o := &oblivious{outs: len(p.model.base)}
	for i, t := range trees {
		if err := p.obliviousTree(o, t); err != nil {
			return fmt.Errorf("tree %d: %w", i, err)
		}
	}
	p.model.trees = o
	return nil
}

func (p *catboost) obliviousTree(o *oblivious, of any) error {
	splits, values, covers := listOf(of, "splits"), numbersOf(of, "leaf_values"), numbersOf(of, "leaf_weights")
	if len(splits) > maxLevels {
		return fmt.Errorf("%d levels", len(splits))
	}
	t := obliviousTree{split: len(o.splits), depth: len(splits), value: len(o.values), covers: len(o.covers)}
	if len(values) != t.leaves()*o.outs {
		return fmt.Errorf("%d values for %d leaves of %d sums", len(values), t.leaves(), o.outs)
	}
	if p.limit -= 2 * len(values); p.limit < 0 {
		return fmt.Errorf("too many nodes")
	}
	for _, s := range splits {
		n, err := p.split(s)
		if err != nil {
			return err
		}
		o.splits = append(o.splits, n)
	}
	for leaf := range t.leaves() {
		o.covers = append(o.covers, at(covers, leaf))
	}
	o.values = append(o.values, values...)
	o.trees = append(o.trees, t)
	return nil
}

// levelOf is how far a node is from the root where those of a level follow those of the one above.
func levelOf(at int) int { return bits.Len(uint(at+1)) - 1 }

// grown reads trees of the policies Depthwise and Lossguide, one for each of their sums.
func (p *catboost) grown(trees []any) error {
	f := &forest{limit: p.limit}
	for i, t := range trees {
		for out := range p.model.base {
			branches, err := p.branches(nil, t, out)
			if err == nil {
				err = f.add(branches, out)
			}
			if err != nil {
				return fmt.Errorf("tree %d: %w", i, err)
			}
		}
	}
	f.packed()
	p.model.trees = f
	return nil
}

// branches appends a node and all below it.
func (p *catboost) branches(all []branch, of any, out int) ([]branch, error) {
	here := len(all)
	split := memberOf(of, "split")
	if split == nil {
		value, is := memberOf(of, "value").(float64)
		if values := numbersOf(of, "value"); !is && out < len(values) {
			value, is = values[out], true
		}
		if !is {
			return nil, fmt.Errorf("leaf without a value")
		}
		cover, _ := memberOf(of, "weight").(float64)
		return append(all, branch{left: -1, value: value, cover: cover}), nil
	}
	n, err := p.split(split)
	if err != nil {
		return nil, err
	}
	all = append(all, branch{})
	if all, err = p.branches(all, memberOf(of, "left"), out); err != nil {
		return nil, err
	}
	right := len(all)
	if all, err = p.branches(all, memberOf(of, "right"), out); err != nil {
		return nil, err
	}
	all[here] = number(n.slot, n.key, int32(here+1), int32(right))
	all[here].cover = all[here+1].cover + all[right].cover
	return all, nil
}
