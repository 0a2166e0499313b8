package exec

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// addChain counts some columns of two to four nodes joined on one key by a KeyJoin, none of them
// more than twice.
func (f *fuzzer) addChain() {
	if f.streams {
		return // its nodes carry watermarks for what they are joined by
	}
	var in []*fuzzNode
	for range 2 + f.rng.IntN(3) {
		x := f.nodes[f.rng.IntN(len(f.sources))]
		if f.rng.IntN(3) == 0 {
			x = f.pick()
		}
		if len(in) > 0 && f.rng.IntN(4) == 0 {
			x = in[len(in)-1]
		}
		if n := len(slices.DeleteFunc(slices.Clone(in), func(o *fuzzNode) bool { return o != x })); n < 2 && x.width < 5 {
			in = append(in, x)
		}
	}
	if len(in) < 2 {
		return
	}
	s, refs, width, desc := KeyJoinSpec{Keys: make([][]int, len(in))}, make([]Ref, len(in)), 0, "chain"
	keys := 1 + f.rng.IntN(2)
	for i, x := range in {
		for range keys {
			s.Keys[i] = append(s.Keys[i], f.rng.IntN(x.width))
		}
		refs[i], width = f.at(x, s.Keys[i]), width+x.width
		desc += fmt.Sprintf(" (%s) by %v", x.desc, s.Keys[i])
	}
	s.Out = f.rng.Perm(width)[:1+f.rng.IntN(width)]
	f.addCount(f.b.KeyJoin(refs, s), len(s.Out), desc, func() *modelRel {
		all := in[0].model()
		for i, x := range in[1:] {
			all = joinModel(JoinSpec{LeftKeys: s.Keys[0], RightKeys: s.Keys[i+1]}, nil, all, x.model())
		}
		out := newRel(len(s.Out))
		for _, r := range all.sorted() {
			some := make(modelRow, len(s.Out))
			for i, c := range s.Out {
				some[i] = r[c]
			}
			out.add(some, all.weight(r))
		}
		return out
	})
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
