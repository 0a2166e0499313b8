package trees

import (
	"fmt"
	"math"
	"slices"

	"github.com/millracedb/millrace/ml/forest"
)

// split reads a split: what is greater than the key goes right.
func (p *catboost) split(of any) (forest.Split, error) {
	switch kind := textOf(of, "split_type"); kind {
	case "FloatFeature":
		at, err := field[float64](of, "float_feature_index")
		if err != nil || !(at >= 0 && at < float64(len(p.floats))) {
			return forest.Split{}, fmt.Errorf("split of the number %v of %d", at, len(p.floats))
		}
		border, err := field[float64](of, "border")
		if err != nil || math.IsNaN(border) {
			return forest.Split{}, fmt.Errorf("split without a border")
		}
		return p.number(column{input: p.floats[int(at)].input}, border, p.floats[int(at)].right), nil
	case "OneHotFeature":
		at, err := field[float64](of, "cat_feature_index")
		if err != nil || !(at >= 0 && at < float64(len(p.categories))) {
			return forest.Split{}, fmt.Errorf("split of the category %v of %d", at, len(p.categories))
		}
		hash, err := field[float64](of, "value")
		code, known := p.codes[uint32(int64(hash))]
		if err != nil || !known {
			return forest.Split{}, fmt.Errorf("split of the category's value %v, which is not in cat_features_hash", hash)
		}
		return forest.Split{Column: p.model.columns.of(column{input: p.categories[int(at)], code: true}), Keys: members(slices.Values([]int{int(code)}))}, nil
	case "OnlineCtr":
		index, err := field[float64](of, "split_index")
		if at := int(index) - p.before; err == nil && at >= 0 && at < len(p.ofSplit) {
			border, err := field[float64](of, "border")
			if err != nil || math.IsNaN(border) {
				return forest.Split{}, fmt.Errorf("split without a border")
			}
			return p.number(p.model.statistic(p.ofSplit[at]), border, false), nil
		}
		return forest.Split{}, fmt.Errorf("split of the number %v, of which %d to %d are statistics", index, p.before, p.before+len(p.ofSplit))
	default:
		return forest.Split{}, fmt.Errorf("split of the type %q", kind)
	}
}

// number is a split of a number.
func (p *catboost) number(c column, border float64, right bool) forest.Split {
	return forest.Split{Column: p.model.columns.of(c), Key: forest.Ordered(float64(float32(border))), MissingRight: right}
}

// oblivious reads trees of the policy SymmetricTree.
func (p *catboost) oblivious(trees []any) error {
	for i, t := range trees {
		if err := p.obliviousTree(t); err != nil {
			return fmt.Errorf("tree %d: %w", i, err)
		}
	}
	return nil
}

func (p *catboost) obliviousTree(of any) error {
	splits, values, weights := listOf(of, "splits"), numbersOf(of, "leaf_values"), numbersOf(of, "leaf_weights")
	if len(splits) > forest.MaxLevels {
		return fmt.Errorf("%d levels", len(splits))
	}
	leaves := 1 << len(splits)
	if len(values) != leaves*len(p.model.base) {
		return fmt.Errorf("%d values for %d leaves of %d sums", len(values), leaves, len(p.model.base))
	}
	levels, covers := make([]forest.Split, len(splits)), make([]float64, leaves)
	for i := range levels {
		var err error
		if levels[i], err = p.split(splits[i]); err != nil {
			return err
		}
	}
	copy(covers, weights)
	return p.forest.AddOblivious(levels, values, covers, 0)
}

// grown reads trees of the policies Depthwise and Lossguide, one for each of their sums.
func (p *catboost) grown(trees []any) error {
	for i, t := range trees {
		for out := range p.model.base {
			branches, err := p.branches(nil, t, out)
			if err == nil {
				_, err = p.forest.Add(branches, out)
			}
			if err != nil {
				return fmt.Errorf("tree %d: %w", i, err)
			}
		}
	}
	return nil
}

// branches appends a node and all below it.
func (p *catboost) branches(all []forest.Branch, of any, out int) ([]forest.Branch, error) {
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
		return append(all, forest.Branch{Left: -1, Value: value, Cover: cover}), nil
	}
	asked, err := p.split(split)
	if err != nil {
		return nil, err
	}
	all = append(all, forest.Branch{})
	if all, err = p.branches(all, memberOf(of, "left"), out); err != nil {
		return nil, err
	}
	right := len(all)
	if all, err = p.branches(all, memberOf(of, "right"), out); err != nil {
		return nil, err
	}
	all[here] = forest.Branch{Left: int32(here + 1), Right: int32(right), Split: asked, Cover: all[here+1].Cover + all[right].Cover}
	return all, nil
}
