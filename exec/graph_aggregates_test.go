package exec

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
)

// fuzzedAggregates are those of addFilteredAggregate, the fourth with DISTINCT, and
// fuzzedDirect the types of their direct arguments.
var (
	fuzzedAggregates = []string{"count", "min", "max", "count", "bit_or", "bit_xor", "any_value", "mode", "percentile_disc", "rank", "dense_rank"}
	fuzzedDirect     = []col.Type{8: col.Float8, 9: col.Int8, 10: col.Int8}
)

// collectedOne is one of the others over some rows: of all values in order.
func collectedOne(name string, arg int, rows []modelRow, in *modelRel) int64 {
	var values []int64
	for _, r := range rows {
		if r[arg] != null {
			values = append(values, slices.Repeat([]int64{r[arg]}, int(in.weight(r)))...)
		}
	}
	slices.Sort(values)
	rank, dense, or, xor := int64(1), int64(1), int64(0), int64(0)
	often, times := int64(0), 0
	for i, v := range values {
		or, xor = or|v, xor^v
		if v < 2 {
			rank++
			if i == 0 || values[i-1] != v {
				dense++
			}
		}
		if n := len(slices.DeleteFunc(slices.Clone(values), func(x int64) bool { return x != v })); n > times {
			often, times = v, n
		}
	}
	switch {
	case name == "rank":
		return rank
	case name == "dense_rank":
		return dense
	case len(values) == 0:
		return null
	}
	return map[string]int64{"bit_or": or, "bit_xor": xor, "any_value": values[0], "mode": often, "percentile_disc": values[(len(values)-1)/2]}[name]
}

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
	var args, which []int
	for range 1 + f.rng.IntN(4) {
		k, c := f.rng.IntN(len(fuzzedAggregates)), over[f.rng.IntN(len(over))]
		call := AggregateCall{Args: []int{c}, Filter: -1, Distinct: k == 3}
		call.Agg = mustAggregate(fuzzedAggregates[k], append(slices.Repeat([]col.Type{fuzzedDirect[k]}, min(int(fuzzedDirect[k].OID), 1)), col.Int8)...)
		if f.rng.IntN(3) > 0 {
			call.Filter = in.width + f.rng.IntN(2)
		}
		if how := call.Agg.Collecting; how != nil {
			call.Ret = col.Int8
			if how.WithinGroup {
				call.Order = []OrderBy{{Col: c}}
			}
			switch fuzzedDirect[k] {
			case col.Int8:
				call.Direct = []expr.Expr{expr.NewInt8(2)}
			case col.Float8:
				half := col.NewVector(col.Float8)
				half.AppendF64(0.5)
				call.Direct = []expr.Expr{expr.NewConst(half)}
			}
		}
		s.Aggs = append(s.Aggs, call)
		args, which = append(args, c), append(which, k)
	}
	ref := f.aggregate(f.b.Project(in.ref, exprs), s)
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
			if which[i] < 4 {
				row = append(row, aggregateOne(which[i], args[i], passed, rel))
			} else {
				row = append(row, collectedOne(fuzzedAggregates[which[i]], args[i], passed, rel))
			}
		}
		out.add(row, 1)
	}
	return out
}
