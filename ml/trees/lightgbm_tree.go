package trees

import (
	"fmt"
	"iter"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/ml/forest"
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
	out := p.forest.Trees() % p.iteration
	splits := len(values) - 1
	if 2*splits >= p.forest.Limit {
		return fmt.Errorf("trees of more than %d nodes", p.forest.Limit)
	}
	if splits == 0 {
		_, err := p.forest.Add([]forest.Branch{{Left: -1, Value: values[0], Cover: 1}}, out)
		return err
	}
	branches := make([]forest.Branch, splits+len(values))
	if err := p.splits(s, branches[:splits]); err != nil {
		return err
	}
	covers, _ := floats(s["leaf_count"])
	for i, v := range values {
		branches[splits+i] = forest.Branch{Left: -1, Value: v, Cover: at(covers, i)}
	}
	covers, _ = floats(s["internal_count"])
	for i := range splits {
		branches[i].Cover = at(covers, i)
	}
	_, err = p.forest.Add(branches, out)
	return err
}

// splits reads the nodes of a tree that are no leaves.
func (p *lightGBM) splits(s section, to []forest.Branch) error {
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
		if to[i].Split, err = p.split(int(input), columns["threshold"][i], uint8(columns["decision_type"][i]), sets); err != nil {
			return err
		}
		if to[i].Split.Keys != nil {
			left, right = right, left // LightGBM's members go left
		}
		to[i].Left, to[i].Right = left, right
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

// split reads what a split asks.
func (p *lightGBM) split(input int, threshold float64, decision uint8, sets [][]uint64) (forest.Split, error) {
	if decision&lgbCategorical != 0 {
		if at := int(threshold); threshold >= 0 && at < len(sets) {
			p.categories[input] = true
			return forest.Split{Column: p.model.columns.of(column{input: input, code: true}), Keys: sets[at]}, nil
		}
		return forest.Split{}, fmt.Errorf("set %v of %d", threshold, len(sets))
	}
	if math.IsNaN(threshold) {
		return forest.Split{}, fmt.Errorf("threshold that is no number")
	}
	c := column{input: input}
	switch decision & (lgbZeroMissing | lgbNaNMissing) {
	case lgbZeroMissing:
		c.zero = true
	case lgbNaNMissing:
	default:
		c.full = true
	}
	right := decision&lgbDefaultLeft == 0
	return forest.Split{Column: p.model.columns.of(c), Key: forest.Ordered(threshold), MissingRight: right && !c.full}, nil
}

// lightGBMSets reads the bounds of a tree's sets: words of 32 bits, and where each set begins among them.
func lightGBMSets(s section) ([][]uint64, error) {
	begins, err := floats(s["cat_boundaries"])
	if err != nil {
		return nil, fmt.Errorf("cat_boundaries: %w", err)
	}
	words, err := floats(s["cat_threshold"])
	if err != nil {
		return nil, fmt.Errorf("cat_threshold: %w", err)
	}
	var sets [][]uint64
	for i := 1; i < len(begins); i++ {
		from, to := begins[i-1], begins[i]
		if !(from >= 0 && from <= to && to <= float64(len(words))) {
			return nil, fmt.Errorf("set of the words %v to %v of %d", from, to, len(words))
		}
		sets = append(sets, members(lightGBMSet(words[int(from):int(to)])))
	}
	return sets, nil
}

// lightGBMSet is the codes whose bits are set.
func lightGBMSet(words []float64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range words {
			for rest := uint32(w); rest != 0; rest &= rest - 1 {
				if !yield(32*i + bits.TrailingZeros32(rest)) {
					return
				}
			}
		}
	}
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
