package exec

import (
	"fmt"

	"github.com/millracedb/millrace/base/col"
)

// addChain counts the rows of three sources, perhaps the same, joined on one key, whose column
// the second join takes from either of those before. Somebody may read the first join, too.
func (f *fuzzer) addChain() {
	if f.streams {
		return // its sources carry watermarks for what they are joined by
	}
	source := func() *fuzzNode { return f.nodes[f.rng.IntN(len(f.sources))] }
	at := source()
	keys := []int{f.rng.IntN(at.width)} // of what is joined so far, columns that are equal
	ref, width, model, desc := at.ref, at.width, at.model, at.desc
	for n := range 2 {
		with := source()
		if f.rng.IntN(3) == 0 {
			with = at
		}
		key := f.rng.IntN(with.width)
		s := JoinSpec{LeftKeys: []int{keys[f.rng.IntN(len(keys))]}, RightKeys: []int{key}, NullsEqual: f.rng.IntN(8) == 0}
		left, was := model, width
		ref, width = f.b.Join(f.placed(ref, s.LeftKeys), f.at(with, s.RightKeys), s), width+with.width
		model = func() *modelRel { return joinModel(s, nil, left(), with.model()) }
		keys = append(keys, was+key)
		desc = fmt.Sprintf("%s, %s on %v = %v nulls %v", desc, with.desc, s.LeftKeys, s.RightKeys, s.NullsEqual)
		if n == 1 || f.rng.IntN(4) == 0 {
			f.addCount(ref, width, "chain "+desc, model)
		}
	}
}

// addCount counts a column by two others: few rows of what may be many.
func (f *fuzzer) addCount(in Ref, width int, desc string, model func() *modelRel) {
	s := AggregateSpec{Group: []int{f.rng.IntN(width), f.rng.IntN(width)}}
	arg := f.rng.IntN(width)
	s.Aggs = []AggregateCall{{Agg: mustAggregate("count", col.Int8), Args: []int{arg}, Filter: -1}}
	f.add(f.b.Aggregate(f.placed(in, s.Group), s), 3, fmt.Sprintf("count of %d by %v of %s", arg, s.Group, desc), func() *modelRel {
		return aggregateModel(s.Group, []int{0}, []int{arg}, model())
	})
}
