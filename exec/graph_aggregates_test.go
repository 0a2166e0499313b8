package exec

import (
	"fmt"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
)

// addFilteredAggregate is an Aggregate whose calls have FILTERs, some of them the same, over
// few different arguments, often DISTINCT.
func (f *fuzzer) addFilteredAggregate() {
	in := f.pick()
	s := AggregateSpec{}
	for range f.rng.IntN(3) {
		s.Group = append(s.Group, f.rng.IntN(in.width))
	}
	over := []int{f.rng.IntN(in.width), f.rng.IntN(in.width)}
	var exprs []expr.Expr
	for c := range in.width {
		exprs = append(exprs, expr.NewColumn(c, col.Int8))
	}
	for k := range 2 {
		exprs = append(exprs, f.call(">=", expr.NewColumn(over[k], col.Int8), expr.NewInt8(int64(1+k))))
	}
	names := []string{"count", "min", "max", "count"}
	var args, which []int
	for range 1 + f.rng.IntN(4) {
		k, c := f.rng.IntN(len(names)), over[f.rng.IntN(len(over))]
		filter := -1
		if f.rng.IntN(3) > 0 {
			filter = in.width + f.rng.IntN(2)
		}
		s.Aggs = append(s.Aggs, AggregateCall{Agg: mustAggregate(names[k], col.Int8), Args: []int{c}, Filter: filter, Distinct: k == 3})
		args, which = append(args, c), append(which, k)
	}
	ref := f.b.Aggregate(f.b.Project(in.ref, exprs), s)
	f.add(ref, len(s.Group)+len(s.Aggs), fmt.Sprintf("aggregate %+v by %v of %s", s.Aggs, s.Group, in.desc), func() *modelRel {
		return filteredModel(s, over, args, which, in)
	})
}

func filteredModel(s AggregateSpec, over, args, which []int, in *fuzzNode) *modelRel {
	rel := in.model()
	groups, keys := map[string][]modelRow{}, map[string]modelRow{}
	if len(s.Group) == 0 {
		groups[modelRow{}.key()], keys[modelRow{}.key()] = nil, modelRow{}
	}
	for _, r := range rel.sorted() {
		key := modelRow{}
		for _, g := range s.Group {
			key = append(key, r[g])
		}
		groups[key.key()], keys[key.key()] = append(groups[key.key()], r), key
	}
	out := newRel(len(s.Group) + len(s.Aggs))
	for id, rows := range groups {
		row := append(modelRow{}, keys[id]...)
		for i, a := range s.Aggs {
			var passed []modelRow
			for _, r := range rows {
				if k := a.Filter - in.width; k < 0 || r[over[k]] != null && r[over[k]] >= int64(1+k) {
					passed = append(passed, r)
				}
			}
			row = append(row, aggregateOne(which[i], args[i], passed, rel))
		}
		out.add(row, 1)
	}
	return out
}
