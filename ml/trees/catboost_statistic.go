package trees

import (
	"fmt"
	"strconv"
)

// statistics reads the statistics of categories, which splits know by their number behind all
// borders of numbers and all values of categories.
func (p *catboost) statistics(doc any) error {
	info := memberOf(doc, "features_info")
	for _, f := range listOf(info, "float_features") {
		p.before += len(numbersOf(f, "borders"))
	}
	for _, f := range listOf(info, "categorical_features") {
		p.before += len(numbersOf(f, "values"))
	}
	tables := map[string]*table{}
	for i, of := range listOf(info, "ctrs") {
		name := textOf(of, "identifier")
		if tables[name] == nil {
			t, err := p.table(of, memberOf(doc, "ctr_data", name))
			if err != nil {
				return fmt.Errorf("statistic %d: %w", i, err)
			}
			tables[name] = t
			p.model.tables = append(p.model.tables, t)
		}
		s := statistic{table: tables[name], kind: textOf(of, "ctr_type")}
		border := float32(0)
		for key, to := range map[string]*float32{"prior_numerator": &s.numerator, "prior_denomerator": &s.divisor,
			"shift": &s.shift, "scale": &s.scale, "target_border_idx": &border} {
			v, err := field[float64](of, key)
			if err != nil {
				return fmt.Errorf("statistic %d: %w", i, err)
			}
			*to = float32(v)
		}
		s.border = int(border)
		if err := s.check(); err != nil {
			return fmt.Errorf("statistic %d: %w", i, err)
		}
		p.model.statistics = append(p.model.statistics, s)
		for range numbersOf(of, "borders") {
			p.ofSplit = append(p.ofSplit, i)
		}
	}
	return nil
}

// table reads a table: what its combinations are made of, and their numbers behind the hash of each.
func (p *catboost) table(of, data any) (*table, error) {
	t := &table{buckets: map[uint64]int32{}, place: len(p.model.tables)}
	for _, part := range listOf(of, "elements") {
		if err := p.part(t, part); err != nil {
			return nil, err
		}
	}
	if len(t.categories) == 0 {
		return nil, fmt.Errorf("a combination without a category")
	}
	all, _ := memberOf(data, "counter_denominator").(float64)
	t.all = float32(all)
	stride, err := field[float64](data, "hash_stride")
	list := listOf(data, "hash_map")
	if err != nil || !(stride >= 2 && stride < 1<<20) || len(list)%int(stride) != 0 {
		return nil, fmt.Errorf("hash_map of %d numbers, %v for each combination", len(list), stride)
	}
	t.stride = int(stride) - 1
	for i := 0; i < len(list); i += int(stride) {
		text, _ := list[i].(string)
		hash, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("hash_map: hash %q", text)
		}
		t.buckets[hash] = int32(i / int(stride))
		for _, v := range list[i+1 : i+int(stride)] {
			n, _ := v.(float64)
			t.counts = append(t.counts, float32(n))
		}
	}
	return t, nil
}

// part reads one of what combinations are made of.
func (p *catboost) part(t *table, of any) error {
	category, isCategory := memberOf(of, "cat_feature_index").(float64)
	number, isNumber := memberOf(of, "float_feature_index").(float64)
	if isCategory && !(category >= 0 && category < float64(len(p.categories))) || isNumber && !(number >= 0 && number < float64(len(p.floats))) {
		return fmt.Errorf("a combination of a feature that is not there")
	}
	switch kind := textOf(of, "combination_element"); {
	case kind == "cat_feature_value" && isCategory:
		t.categories = append(t.categories, p.categories[int(category)])
	case kind == "cat_feature_exact_value" && isCategory:
		value, err := field[float64](of, "value")
		code, known := p.codes[uint32(int64(value))]
		if err != nil || !known {
			return fmt.Errorf("a combination with the category's value %v, which is not in cat_features_hash", value)
		}
		t.equal = append(t.equal, equal{p.categories[int(category)], int32(code)})
	case kind == "float_feature" && isNumber:
		border, err := field[float64](of, "border")
		if err != nil {
			return err
		}
		t.above = append(t.above, above{p.floats[int(number)].input, float64(float32(border)), p.floats[int(number)].right})
	default:
		return fmt.Errorf("a combination of %q", kind)
	}
	return nil
}
