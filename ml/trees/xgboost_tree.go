package trees

import (
	"fmt"
	"math"
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
	branches := make([]branch, len(left))
	for i := range branches {
		if left[i] < 0 {
			branches[i] = branch{left: -1, value: p.leaf(conditions[i]), cover: at(covers, i)}
			continue
		}
		if !(left[i] < float64(len(left)) && right[i] >= 0 && right[i] < float64(len(left))) {
			return fmt.Errorf("children %v and %v of a tree of %d nodes", left[i], right[i], len(left))
		}
		if !(inputs[i] >= 0 && inputs[i] < float64(len(p.model.coded))) {
			return fmt.Errorf("split of the feature %v, which is none of %d", inputs[i], len(p.model.coded))
		}
		s := slot{input: int(inputs[i]), only: anyCode, missing: asRight}
		if defaults(i) {
			s.missing = asLeft
		}
		if set, is := sets[i]; is {
			s.code = true
			branches[i] = p.forest.member(p.model.slots.of(s), set, int32(left[i]), int32(right[i]))
		} else {
			branches[i] = number(p.model.slots.of(s), atLeast(conditions[i]), int32(left[i]), int32(right[i]))
		}
		branches[i].cover = at(covers, i)
	}
	return p.forest.add(branches, out)
}

// atLeast is the key of a split whose left side is what is less than a threshold: what is as
// great goes right, and so does everything where the threshold is no number.
func atLeast(threshold float64) int64 {
	if math.IsNaN(threshold) {
		return math.MinInt64
	}
	return ordered(float64(float32(threshold))) - 1
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

// setWords is how many words the sets of a small file may have.
const setWords = 1 << 21

// sets are those of a tree, by node: lists of categories one behind the other.
func (p *xgboost) sets(t any) (map[int]set, error) {
	all := numbersOf(t, "categories")
	starts, sizes := numbersOf(t, "categories_segments"), numbersOf(t, "categories_sizes")
	sets := map[int]set{}
	for i, node := range numbersOf(t, "categories_nodes") {
		from, n := at(starts, i), at(sizes, i)
		if !(from >= 0 && n >= 0 && from+n <= float64(len(all))) {
			return nil, fmt.Errorf("%v categories from %v on, of %d", n, from, len(all))
		}
		var s set
		for _, category := range all[int(from) : int(from)+int(n)] {
			if !(category >= 0 && category < maxCategory) {
				return nil, fmt.Errorf("category %v", category)
			}
			word := int(category) / 64
			if grown := word + 1 - len(s); grown > 0 {
				s = append(s, make(set, grown)...)
				if p.words += grown; p.words > setWords {
					return nil, fmt.Errorf("sets of more than %d words", setWords)
				}
			}
			s[word] |= 1 << (int(category) % 64)
		}
		sets[int(node)] = s
	}
	return sets, nil
}
