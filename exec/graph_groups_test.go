package exec

import (
	"fmt"

	"github.com/millracedb/millrace/base/col"
)

func (f *fuzzer) addAggregate() {
	in := f.pick()
	s := AggregateSpec{}
	for range f.rng.IntN(3) {
		s.Group = append(s.Group, f.rng.IntN(in.width))
	}
	names := []string{"count", "min", "max", "count"}
	distinct := []bool{false, false, false, true}
	var args []int
	var which []int
	for range 1 + f.rng.IntN(3) {
		k, c := f.rng.IntN(len(names)), f.rng.IntN(in.width)
		s.Aggs = append(s.Aggs, AggregateCall{Agg: mustAggregate(names[k], col.Int8), Args: []int{c}, Filter: -1, Distinct: distinct[k]})
		args, which = append(args, c), append(which, k)
	}
	width := len(s.Group) + len(s.Aggs)
	f.add(f.aggregate(in.ref, s), width, fmt.Sprintf("aggregate %v by %v of %s", which, s.Group, in.desc), func() *modelRel {
		return aggregateModel(s.Group, which, args, in.model())
	})
}

func aggregateModel(group, which, args []int, in *modelRel) *modelRel {
	out := newRel(len(group) + len(which))
	type state struct {
		key  modelRow
		rows []modelRow
	}
	groups := map[string]*state{}
	if len(group) == 0 {
		groups[modelRow{}.key()] = &state{key: modelRow{}}
	}
	for _, r := range in.sorted() {
		k := modelRow{}
		for _, g := range group {
			k = append(k, r[g])
		}
		if groups[k.key()] == nil {
			groups[k.key()] = &state{key: k}
		}
		groups[k.key()].rows = append(groups[k.key()].rows, r)
	}
	for _, s := range groups {
		row := append(modelRow{}, s.key...)
		for i, k := range which {
			row = append(row, aggregateOne(k, args[i], s.rows, in))
		}
		out.add(row, 1)
	}
	return out
}

func aggregateOne(which, arg int, rows []modelRow, in *modelRel) int64 {
	count, least, most := int64(0), null, null
	seen := map[int64]bool{}
	for _, r := range rows {
		x := r[arg]
		if x == null {
			continue
		}
		count += in.weight(r)
		seen[x] = true
		if least == null || x < least {
			least = x
		}
		if most == null || x > most {
			most = x
		}
	}
	return []int64{count, least, most, int64(len(seen))}[which]
}

// addScalarPair joins a relation with a one-row aggregate of another through Scalar.
func (f *fuzzer) addScalarPair() {
	a, b := f.pick(), f.pick()
	if a.width > 3 {
		return
	}
	c := f.rng.IntN(b.width)
	one := f.aggregate(b.ref, AggregateSpec{Aggs: []AggregateCall{{Agg: mustAggregate("max", col.Int8), Args: []int{c}, Filter: -1}}})
	ref := f.b.Join(f.at(a, nil), f.b.Scalar(one), JoinSpec{Kind: Inner})
	f.add(ref, a.width+1, fmt.Sprintf("%s with max(%d) of %s", a.desc, c, b.desc), func() *modelRel {
		return joinModel(JoinSpec{Kind: Inner}, nil, a.model(), aggregateModel(nil, []int{2}, []int{c}, b.model()))
	})
}
