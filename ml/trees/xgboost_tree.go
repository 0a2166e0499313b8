package trees

import (
	"fmt"
	"math"
	"slices"

	"github.com/millracedb/millrace/ml/forest"
)

// tree reads a tree, which adds to one of the sums.
func (p *xgboost) tree(t any, out int) error {
	if size := textOf(memberOf(t, "tree_param"), "size_leaf_vector"); size != "" && size != "0" && size != "1" {
		return fmt.Errorf("trees whose leaves are vectors (multi_strategy multi_output_tree) are not supported")
	}
	left, right := numbersOf(t, "left_children"), numbersOf(t, "right_children")
	inputs, conditions := numbersOf(t, "split_indices"), numbersOf(t, "split_conditions")
	for _, column := range [][]float64{right, inputs, conditions} {
		if len(column) != len(left) {
			return fmt.Errorf("columns of %d and %d nodes", len(left), len(column))
		}
	}
	sets, err := p.sets(t)
	if err != nil {
		return err
	}
	defaults, covers := p.defaults(t), numbersOf(t, "sum_hessian")
	branches := make([]forest.Branch, len(left))
	for i := range branches {
		if left[i] < 0 {
			branches[i] = forest.Branch{Left: -1, Value: p.leaf(conditions[i]), Cover: at(covers, i)}
			continue
		}
		if !(left[i] < float64(len(left)) && right[i] >= 0 && right[i] < float64(len(left))) {
			return fmt.Errorf("children %v and %v of a tree of %d nodes", left[i], right[i], len(left))
		}
		if !(inputs[i] >= 0 && inputs[i] < float64(len(p.model.coded))) {
			return fmt.Errorf("split of the feature %v, which is none of %d", inputs[i], len(p.model.coded))
		}
		c, split := column{input: int(inputs[i])}, forest.Split{MissingRight: !defaults(i)}
		if split.Keys, c.code = sets[i]; !c.code {
			split.Key = atLeast(conditions[i])
		}
		split.Column = p.model.columns.of(c)
		branches[i] = forest.Branch{Left: int32(left[i]), Right: int32(right[i]), Split: split, Cover: at(covers, i)}
	}
	_, err = p.forest.Add(branches, out)
	return err
}

// atLeast is the key of a split whose left side is what is less than a threshold: what is as
// great goes right, and so does everything where the threshold is no number.
func atLeast(threshold float64) uint64 {
	if math.IsNaN(threshold) {
		return forest.Always
	}
	return forest.Below(float64(float32(threshold)))
}

// defaults says of a node whether missing values go left: JSON has it as booleans or as numbers.
func (p *xgboost) defaults(t any) func(int) bool {
	numbers, list := numbersOf(t, "default_left"), listOf(t, "default_left")
	return func(i int) bool {
		if i < len(list) {
			yes, _ := list[i].(bool)
			return yes
		}
		return at(numbers, i) != 0
	}
}

// maxCategory is the least number that XGBoost takes for no category.
const maxCategory = 1 << 24

// sets are the bounds of those of a tree, by node: lists of categories one behind the other.
func (p *xgboost) sets(t any) (map[int][]uint64, error) {
	all := numbersOf(t, "categories")
	starts, sizes := numbersOf(t, "categories_segments"), numbersOf(t, "categories_sizes")
	sets := map[int][]uint64{}
	for i, node := range numbersOf(t, "categories_nodes") {
		from, n := at(starts, i), at(sizes, i)
		if !(from >= 0 && n >= 0 && from+n <= float64(len(all))) {
			return nil, fmt.Errorf("%v categories from %v on, of %d", n, from, len(all))
		}
		var codes []int
		for _, category := range all[int(from) : int(from)+int(n)] {
			if !(category >= 0 && category < maxCategory) {
				return nil, fmt.Errorf("category %v", category)
			}
			codes = append(codes, int(category))
		}
		slices.Sort(codes)
		sets[int(node)] = members(slices.Values(slices.Compact(codes)))
	}
	return sets, nil
}
