package trees

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The bits of a decision_type.
const (
	lgbCategorical = 1
	lgbDefaultLeft = 2
	lgbZeroMissing = 4 // of the two bits above them: 1, missing is what is about zero
	lgbNaNMissing  = 8 // 2, missing is NaN
)

// tree reads a tree.
func (p *lightGBM) tree(s section) error {
	if kind := s["is_linear"]; kind != "" && kind != "0" {
		return fmt.Errorf("trees with linear models in their leaves (linear_tree) are not supported")
	}
	values, err := floats(s["leaf_value"])
	if err != nil || len(values) == 0 {
		return fmt.Errorf("leaf_value: %w", orEmpty(err))
	}
	if n := strconv.Itoa(len(values)); s["num_leaves"] != n {
		return fmt.Errorf("%s values for %s leaves", n, s["num_leaves"])
	}
	out := len(p.forest.trees) % p.iteration
	splits := len(values) - 1
	if 2*splits >= p.forest.limit {
		return fmt.Errorf("trees of more than %d nodes", p.forest.limit)
	}
	if splits == 0 {
		return p.forest.add([]branch{{left: -1, value: values[0], cover: 1}}, out)
	}
	branches := make([]branch, splits+len(values))
	if err := p.splits(s, branches[:splits]); err != nil {
		return err
	}
	covers, _ := floats(s["leaf_count"])
	for i, v := range values {
		branches[splits+i] = branch{left: -1, value: v, cover: at(covers, i)}
	}
	covers, _ = floats(s["internal_count"])
	for i := range splits {
		branches[i].cover = at(covers, i)
	}
	return p.forest.add(branches, out)
}

// splits reads the nodes of a tree that are no leaves.
func (p *lightGBM) splits(s section, to []branch) error {
	columns := map[string][]float64{}
	for _, key := range []string{"split_feature", "threshold", "decision_type", "left_child", "right_child"} {
		numbers, err := floats(s[key])
		if err != nil || len(numbers) != len(to) {
			return fmt.Errorf("%s: %d numbers for %d splits", key, len(numbers), len(to))
		}
		columns[key] = numbers
	}
	sets, err := lightGBMSets(s)
	if err != nil {
		return err
	}
	for i := range to {
		input := columns["split_feature"][i]
		if !(input >= 0 && input < float64(len(p.categories))) {
			return fmt.Errorf("split of the feature %v, which is none of %d", input, len(p.categories))
		}
		left, err := child(columns["left_child"][i], len(to))
		if err != nil {
			return err
		}
		right, err := child(columns["right_child"][i], len(to))
		if err != nil {
			return err
		}
		if to[i], err = p.split(int(input), columns["threshold"][i], uint8(columns["decision_type"][i]), sets); err != nil {
			return err
		}
		if to[i].slot&ofSet != 0 {
			left, right = right, left // LightGBM's members go left
		}
		to[i].left, to[i].right = left, right
	}
	return nil
}

// child is the place of a node: of a leaf ^n, behind all splits.
func child(n float64, splits int) (int32, error) {
	switch at := int32(n); {
	case float64(at) != n || at >= int32(splits) || ^at > int32(splits):
		return 0, fmt.Errorf("child %v of a tree of %d splits", n, splits)
	case at < 0:
		return int32(splits) + ^at, nil
	default:
		return at, nil
	}
}

// split is one without its children.
func (p *lightGBM) split(input int, threshold float64, decision uint8, sets []set) (branch, error) {
	if decision&lgbCategorical != 0 {
		if at := int(threshold); threshold >= 0 && at < len(sets) {
			p.categories[input] = true
			return p.forest.member(p.model.slots.of(slot{input: input, code: true, only: anyCode}), sets[at], 0, 0), nil
		}
		return branch{}, fmt.Errorf("set %v of %d", threshold, len(sets))
	}
	if math.IsNaN(threshold) {
		return branch{}, fmt.Errorf("threshold that is no number")
	}
	s := slot{input: input, only: anyCode, missing: asRight}
	if decision&lgbDefaultLeft != 0 {
		s.missing = asLeft
	}
	switch decision & (lgbZeroMissing | lgbNaNMissing) {
	case lgbZeroMissing:
		s.zero = true
	case lgbNaNMissing:
	default:
		s.missing = asZero
	}
	return number(p.model.slots.of(s), ordered(threshold), 0, 0), nil
}

// lightGBMSets reads a tree's sets: words of 32 bits, and where each set begins among them.
func lightGBMSets(s section) ([]set, error) {
	bounds, err := floats(s["cat_boundaries"])
	if err != nil {
		return nil, fmt.Errorf("cat_boundaries: %w", err)
	}
	words, err := floats(s["cat_threshold"])
	if err != nil {
		return nil, fmt.Errorf("cat_threshold: %w", err)
	}
	var sets []set
	for i := 1; i < len(bounds); i++ {
		from, to := bounds[i-1], bounds[i]
		if !(from >= 0 && from <= to && to <= float64(len(words))) {
			return nil, fmt.Errorf("set of the words %v to %v of %d", from, to, len(words))
		}
		s := make(set, (int(to)-int(from)+1)/2)
		for k, w := range words[int(from):int(to)] {
			s[k/2] |= uint64(uint32(w)) << (k % 2 * 32)
		}
		sets = append(sets, s)
	}
	return sets, nil
}

// floats are the numbers of a text, with a blank between them.
func floats(text string) ([]float64, error) {
	all := make([]float64, 0, strings.Count(text, " ")+1)
	for word := range strings.FieldsSeq(text) {
		v, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number", word)
		}
		all = append(all, v)
	}
	return all, nil
}

func at(numbers []float64, i int) float64 {
	if i < len(numbers) {
		return numbers[i]
	}
	return 0
}

func orEmpty(err error) error {
	if err == nil {
		return fmt.Errorf("there is none")
	}
	return err
}
