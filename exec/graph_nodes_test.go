package exec

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// The operators of the graph fuzzer: each adds one of its kind over nodes of the graph, and
// says how the model computes the same.

func (f *fuzzer) addFilter() {
	in, c, k := f.pick(), 0, int64(f.rng.IntN(4))
	c = f.rng.IntN(in.width)
	pred := f.call(">=", expr.NewColumn(c, col.Int8), expr.NewInt8(k))
	f.add(f.b.Filter(in.ref, pred), in.width, fmt.Sprintf("filter %s c%d >= %d", in.desc, c, k), func() *modelRel {
		out := newRel(in.width)
		src := in.model()
		for _, r := range src.sorted() {
			if r[c] != null && r[c] >= k {
				out.add(r, src.weight(r))
			}
		}
		return out
	})
}

func (f *fuzzer) addProject() {
	in := f.pick()
	width := 1 + f.rng.IntN(3)
	cols := make([]int, width)
	exprs := make([]expr.Expr, width)
	plus := make([]int64, width)
	for i := range cols {
		cols[i] = f.rng.IntN(in.width)
		exprs[i] = expr.NewColumn(cols[i], col.Int8)
		if f.rng.IntN(3) == 0 {
			plus[i] = 1
			exprs[i] = f.call("+", exprs[i], expr.NewInt8(1))
		}
	}
	f.add(f.b.Project(in.ref, exprs), width, fmt.Sprintf("project %s %v+%v", in.desc, cols, plus), func() *modelRel {
		out := newRel(width)
		src := in.model()
		for _, r := range src.sorted() {
			row := make(modelRow, width)
			for i, c := range cols {
				row[i] = r[c]
				if r[c] != null {
					row[i] += plus[i]
				}
			}
			out.add(row, src.weight(r))
		}
		return out
	})
}

func (f *fuzzer) addScored() {
	in, remembers := f.pick(), f.rng.IntN(3) > 0
	if in.width > 3 {
		return
	}
	c, from := f.rng.IntN(in.width), in.ref
	if remembers = remembers || !f.b.AppendOnly(in.ref); remembers {
		from = f.at(in, firstN(in.width))
	}
	x := f.call("+", expr.NewColumn(c, col.Int8), expr.NewInt8(1))
	f.add(f.b.Scored(from, []expr.Expr{x}, remembers), in.width+1, fmt.Sprintf("scored %s c%d remembers %v", in.desc, c, remembers), func() *modelRel {
		out, src := newRel(in.width+1), in.model()
		for _, r := range src.sorted() {
			row := append(slices.Clone(r), null)
			if r[c] != null {
				row[in.width] = r[c] + 1
			}
			out.add(row, src.weight(r))
		}
		return out
	})
}

func (f *fuzzer) addUnion() {
	a, b := f.pick(), f.pick()
	if a.width != b.width {
		return
	}
	f.add(f.b.Union(a.ref, b.ref), a.width, fmt.Sprintf("union(%s, %s)", a.desc, b.desc), func() *modelRel {
		out := newRel(a.width)
		for _, in := range []*modelRel{a.model(), b.model()} {
			for _, r := range in.sorted() {
				out.add(r, in.weight(r))
			}
		}
		return out
	})
}

func (f *fuzzer) addSetOp() {
	a, b := f.pick(), f.pick()
	if a.width != b.width {
		b = a
	}
	kind := SetOpKind(f.rng.IntN(2))
	f.add(f.b.SetOp(f.at(a, firstN(a.width)), f.at(b, firstN(b.width)), kind), a.width, fmt.Sprintf("set operation %d (%s, %s)", kind, a.desc, b.desc), func() *modelRel {
		out, left, right := newRel(a.width), a.model(), b.model()
		for _, r := range left.sorted() {
			l, m := left.weight(r), right.weight(r)
			w := min(l, m)
			if kind == ExceptAll {
				w = l - w
			}
			if w > 0 {
				out.add(r, w)
			}
		}
		return out
	})
}

// addRowsFrom gives rows those of one or two series from one of their columns on; as a left
// join, with a condition at times.
func (f *fuzzer) addRowsFrom() {
	in := f.pick()
	c, n, more, outer := f.rng.IntN(in.width), int64(f.rng.IntN(4)-1), f.rng.IntN(2), f.rng.IntN(2) == 0
	if in.width+1+more > 5 {
		return
	}
	series := fn.SetByID("generate_series(int8,int8,int8)")
	at := expr.NewColumn(c, col.Int8)
	calls := []RowsCall{{Fn: series, Columns: []col.Column{{Name: "g", Type: col.Int8}},
		Args: []expr.Expr{at, f.call("+", at, expr.NewInt8(n)), expr.NewInt8(1)}}}
	if more > 0 {
		calls = append(calls, RowsCall{Fn: series, Columns: calls[0].Columns, Args: []expr.Expr{expr.NewInt8(1), expr.NewInt8(2), expr.NewInt8(1)}})
	}
	spec := RowsFromSpec{Calls: calls, Outer: outer}
	if outer && f.rng.IntN(2) == 0 {
		spec.On = []expr.Expr{f.call(">=", expr.NewColumn(in.width, col.Int8), expr.NewInt8(2))}
	}
	f.add(f.b.RowsFrom(in.ref, spec), in.width+1+more, fmt.Sprintf("rows from %s c%d to +%d beside %d outer %v on %d", in.desc, c, n, more, outer, len(spec.On)), func() *modelRel {
		out, src := newRel(in.width+1+more), in.model()
		for _, r := range src.sorted() {
			rows := seriesModel(r[c], n, more > 0, outer, len(spec.On) > 0)
			for _, added := range rows {
				out.add(append(append(modelRow{}, r...), added...), src.weight(r))
			}
		}
		return out
	})
}

// seriesModel is what addRowsFrom adds to a row.
func seriesModel(from, n int64, more, outer, on bool) (rows []modelRow) {
	for k := int64(0); k <= n && from != null; k++ {
		rows = append(rows, modelRow{from + k})
	}
	if more {
		for k := range rows {
			rows[k] = append(rows[k], null)
		}
		for k := range int64(2) {
			if int(k) == len(rows) {
				rows = append(rows, modelRow{null, null})
			}
			rows[k][1] = k + 1
		}
	}
	if on {
		rows = slices.DeleteFunc(rows, func(r modelRow) bool { return r[0] == null || r[0] < 2 })
	}
	if outer && len(rows) == 0 {
		rows = []modelRow{{null}}
		if more {
			rows[0] = append(rows[0], null)
		}
	}
	return rows
}

func (f *fuzzer) addDistinct() {
	in := f.pick()
	f.add(f.b.Distinct(f.at(in, firstN(in.width))), in.width, "distinct "+in.desc, func() *modelRel {
		out := newRel(in.width)
		for _, r := range in.model().sorted() {
			out.add(r, 1)
		}
		return out
	})
}

func (f *fuzzer) addJoin() {
	a, b := f.pick(), f.pick()
	if f.rng.IntN(4) == 0 {
		b = a
	}
	s := JoinSpec{Kind: JoinKind(f.rng.IntN(6)), NullsEqual: f.rng.IntN(4) == 0}
	for range f.rng.IntN(3) {
		s.LeftKeys, s.RightKeys = append(s.LeftKeys, f.rng.IntN(a.width)), append(s.RightKeys, f.rng.IntN(b.width))
	}
	if a.width+b.width > 5 {
		return
	}
	if f.streams {
		s.LeftKeys, s.RightKeys = append([]int{0}, s.LeftKeys...), append([]int{0}, s.RightKeys...)
	}
	var cond func(l, r modelRow) bool
	if f.rng.IntN(3) == 0 {
		i, j := f.rng.IntN(a.width), f.rng.IntN(b.width)
		s.Residual = f.call("<=", expr.NewColumn(i, col.Int8), expr.NewColumn(a.width+j, col.Int8))
		cond = func(l, r modelRow) bool { return l[i] != null && r[j] != null && l[i] <= r[j] }
	}
	width := a.width + b.width
	if s.Kind == Semi || s.Kind == Anti {
		width = a.width
	}
	f.add(f.b.Join(f.at(a, s.LeftKeys), f.at(b, s.RightKeys), s), width, fmt.Sprintf("join kind %d (%s, %s) on %v = %v nulls %v residual %v", s.Kind, a.desc, b.desc, s.LeftKeys, s.RightKeys, s.NullsEqual, cond != nil),
		func() *modelRel { return joinModel(s, cond, a.model(), b.model()) })
}

// addTimedJoin joins by a bound on the times of the pairs: left.i >= right.j + add, and
// often a second one that bounds the other side too.
func (f *fuzzer) addTimedJoin() {
	a, b := f.pickTimed(), f.pickTimed()
	if a.width+b.width > 5 {
		return
	}
	s := JoinSpec{Kind: []JoinKind{Inner, Inner, Left, Right, Full, Semi, Anti}[f.rng.IntN(7)]}
	if f.rng.IntN(4) > 0 {
		s.LeftKeys, s.RightKeys = []int{f.rng.IntN(a.width)}, []int{f.rng.IntN(b.width)}
	}
	var preds []expr.Expr
	for range 1 + f.rng.IntN(2) {
		t := TimeBound{Side: f.rng.IntN(2), Add: int64(f.rng.IntN(5)-2) * f.unit}
		w := [2]int{a.width, b.width}
		if f.rng.IntN(5) == 0 {
			t.Col, t.Other = f.rng.IntN(w[t.Side]), f.rng.IntN(w[1-t.Side])
		}
		first := [2]int{0, a.width}
		less := f.call("+", expr.NewColumn(first[1-t.Side]+t.Other, col.Int8), expr.NewInt8(t.Add))
		preds = append(preds, f.call(">=", expr.NewColumn(first[t.Side]+t.Col, col.Int8), less))
		s.Bounds = append(s.Bounds, t)
	}
	s.Residual = expr.NewAnd(preds...)
	if len(s.LeftKeys) == 0 && s.Kind != Full && f.rng.IntN(2) == 0 { // in order of their times
		for _, t := range s.Bounds {
			r := RangeKey{Left: t.Col, Right: t.Other, Op: ">=", Add: t.Add}
			if t.Side == 1 {
				r = RangeKey{Left: t.Other, Right: t.Col, Op: "<=", Add: -t.Add}
			}
			s.Ranges = append(s.Ranges, r)
		}
	}
	cond := func(l, r modelRow) bool {
		for _, t := range s.Bounds {
			x, y := l, r
			if t.Side == 1 {
				x, y = r, l
			}
			if x[t.Col] == null || y[t.Other] == null || x[t.Col] < y[t.Other]+t.Add {
				return false
			}
		}
		return true
	}
	width := a.width + b.width
	if s.Kind == Semi || s.Kind == Anti {
		width = a.width
	}
	f.add(f.b.Join(f.at(a, s.LeftKeys), f.at(b, s.RightKeys), s), width, fmt.Sprintf("join kind %d (%s, %s) on %v = %v bounds %v ranges %v", s.Kind, a.desc, b.desc, s.LeftKeys, s.RightKeys, s.Bounds, s.Ranges),
		func() *modelRel { return joinModel(s, cond, a.model(), b.model()) })
}

func (f *fuzzer) addNotIn() {
	a, b := f.pick(), f.pick()
	s := JoinSpec{Kind: Anti, NotIn: true, LeftKeys: []int{f.rng.IntN(a.width)}, RightKeys: []int{f.rng.IntN(b.width)}}
	f.add(f.b.Join(f.at(a, nil), f.at(b, nil), s), a.width, fmt.Sprintf("%s not in %s", a.desc, b.desc), func() *modelRel { return notInModel(s, a.model(), b.model()) })
}

// addSingle joins rows with the only row of their key; those with several are errors.
func (f *fuzzer) addSingle() {
	a, b := f.pick(), f.pick()
	if f.rng.IntN(4) == 0 {
		b = a
	}
	if a.width+b.width > 5 {
		return
	}
	s := JoinSpec{Kind: Single, NullsEqual: f.rng.IntN(3) == 0}
	for range f.rng.IntN(3) {
		s.LeftKeys, s.RightKeys = append(s.LeftKeys, f.rng.IntN(a.width)), append(s.RightKeys, f.rng.IntN(b.width))
	}
	f.add(f.b.Join(f.at(a, s.LeftKeys), f.at(b, s.RightKeys), s), a.width+b.width, fmt.Sprintf("%s with the one row of %s on %v = %v nulls %v", a.desc, b.desc, s.LeftKeys, s.RightKeys, s.NullsEqual),
		func() *modelRel { out, _ := singleModel(s, a.model(), b.model()); return out })
	f.faults = append(f.faults, func() int64 { _, n := singleModel(s, a.model(), b.model()); return n })
}

func (f *fuzzer) addTopN() {
	in, partition := f.pick(), []int(nil)
	if f.rng.IntN(2) == 0 {
		partition = []int{f.rng.IntN(in.width)}
		if f.streams && f.rng.IntN(2) == 0 { // by what the watermark passes
			partition = append(partition, 0)
		}
	}
	f.addTopOf(in, partition)
}

// addTopOf adds the first rows of partitions in a random order.
func (f *fuzzer) addTopOf(in *fuzzNode, partition []int) {
	s := TopNSpec{Partition: partition, Limit: int64(f.rng.IntN(6) - 1), Rank: RankKind(f.rng.IntN(3)), EmitRank: in.width < 4 && f.rng.IntN(2) == 0}
	s.Order = []OrderBy{{Col: f.rng.IntN(in.width), Order: col.Order{Desc: f.rng.IntN(2) == 0, NullsFirst: f.rng.IntN(2) == 0}}}
	if s.Rank == RowNumber {
		s.Offset = int64(f.rng.IntN(2))
	}
	width := in.width
	if s.EmitRank {
		width++
		if s.Rank == RowNumber {
			s.Offset = 0
		}
	}
	f.add(f.b.TopN(f.at(in, s.Partition), s), width, fmt.Sprintf("top %+v of %s", s, in.desc), func() *modelRel { return topModel(s, in.model()) })
}

// addRankedCount is a TopN over counts of rows that, often, never go: the greatest first.
func (f *fuzzer) addRankedCount() {
	in := f.pick()
	if f.rng.IntN(4) > 0 {
		in = f.nodes[f.rng.IntN(len(f.sources))]
	}
	a := AggregateSpec{Group: []int{0, f.rng.IntN(in.width)}}
	which, args := []int{0}, []int{f.rng.IntN(in.width)}
	a.Aggs = []AggregateCall{{Agg: mustAggregate("count", col.Int8), Args: args, Filter: -1}}
	counts := f.aggregate(in.ref, a)
	cols := []int{2, 0}
	if f.rng.IntN(2) == 0 {
		cols = []int{1, 2, 0}
	}
	exprs := make([]expr.Expr, len(cols))
	s := TopNSpec{Limit: int64(1 + f.rng.IntN(3)), Rank: RankKind(f.rng.IntN(3))}
	for i, c := range cols {
		exprs[i] = expr.NewColumn(c, col.Int8)
		if c == 2 {
			s.Order = []OrderBy{{Col: i, Order: col.Order{Desc: f.rng.IntN(8) > 0}}}
		} else if f.rng.IntN(3) == 0 {
			s.Partition = append(s.Partition, i)
		}
	}
	model := func() *modelRel {
		out, all := newRel(len(cols)), aggregateModel(a.Group, which, args, in.model())
		for _, r := range all.sorted() {
			row := make(modelRow, len(cols))
			for i, c := range cols {
				row[i] = r[c]
			}
			out.add(row, all.weight(r))
		}
		return topModel(s, out)
	}
	s.Rising = f.b.AppendOnly(in.ref) && s.Order[0].Desc && s.Rank != DenseRank
	f.add(f.b.TopN(f.placed(f.b.Project(counts, exprs), s.Partition), s), len(cols), fmt.Sprintf("top %+v of counts of %s", s, in.desc), model)
}
