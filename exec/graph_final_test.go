package exec

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
)

// The graph fuzzer's operators that emit once, when a watermark makes rows final, and those
// without inputs or for dataflows that run once.

// addFinal holds rows of a stream, or aggregates them by time, windows or sessions, until the
// watermark has passed them.
func (f *fuzzer) addFinal() {
	i := f.rng.IntN(len(f.sources))
	if !f.timed[i] {
		return
	}
	in := f.nodes[i]
	add := []func(*fuzzNode, func(time int64, reached bool) bool){f.addHold, f.addFinalGroups, f.addFinalSessions}[f.rng.IntN(3)]
	add(in, func(time int64, reached bool) bool {
		return time != null && (time < f.marks[i] || reached && time == f.marks[i])
	})
}

// addHold keeps the rows of a stream until the watermark has passed their time.
func (f *fuzzer) addHold(in *fuzzNode, passed func(int64, bool) bool) {
	f.add(f.b.Hold(in.ref, 0), in.width, "hold "+in.desc, func() *modelRel {
		return in.model().where(func(r modelRow) bool { return passed(r[0], false) })
	})
}

// where are the rows that satisfy a predicate.
func (m *modelRel) where(pred func(modelRow) bool) *modelRel {
	out := newRel(m.width)
	for _, r := range m.sorted() {
		if pred(r) {
			out.add(r, m.weight(r))
		}
	}
	return out
}

// addFinalGroups counts rows by their time or by the end of its windows, and perhaps a column
// beside, once for each group.
func (f *fuzzer) addFinalGroups(in *fuzzNode, passed func(int64, bool) bool) {
	from, at, ends := in.ref, 0, f.rng.IntN(2) == 0
	w := WindowSpec{Slide: f.unit, Size: f.unit * int64(1+f.rng.IntN(3)), Cumulate: f.rng.IntN(3) == 0}
	if ends {
		from, at = f.b.Window(in.ref, w), in.width+1
	}
	s := AggregateSpec{Group: []int{0}, Aggs: []AggregateCall{{Agg: mustAggregate("count", col.Int8), Args: []int{0}, Filter: -1}}, Final: true, Closing: []int{0}}
	cols := []int{at}
	if f.rng.IntN(2) == 0 {
		cols, s.Group = append(cols, f.rng.IntN(in.width)), []int{0, 1}
	}
	exprs := make([]expr.Expr, len(cols))
	for i, c := range cols {
		exprs[i] = expr.NewColumn(c, col.Int8)
	}
	ref := f.aggregate(f.b.Project(from, exprs), s)
	if ends && len(cols) > 1 && w.Sliced() { // of slices
		g := WindowGroupsSpec{WindowSpec: w, Group: cols[1:], Aggs: s.Aggs, Final: true}
		ref = f.b.Project(f.b.WindowGroups(f.placed(f.b.Combine(in.ref, g), g.Group), g), []expr.Expr{expr.NewColumn(2, col.Int8), expr.NewColumn(0, col.Int8), expr.NewColumn(4, col.Int8)})
	}
	f.add(ref, len(cols)+1, fmt.Sprintf("final counts by %v of %s, windows %v %+v", cols, in.desc, ends, w), func() *modelRel {
		some, src := newRel(len(cols)), in.model()
		for _, r := range src.sorted() {
			rows := []modelRow{r}
			if ends {
				rows = windowsModel(w, r)
			}
			for _, x := range rows {
				row := modelRow{}
				for _, c := range cols {
					row = append(row, x[c])
				}
				some.add(row, src.weight(r))
			}
		}
		return aggregateModel(s.Group, []int{0}, []int{0}, some).where(func(r modelRow) bool { return passed(r[0], ends) })
	})
}

// addFinalSessions counts the rows of sessions, once for each.
func (f *fuzzer) addFinalSessions(in *fuzzNode, passed func(int64, bool) bool) {
	s := SessionSpec{Gap: f.unit}
	if in.width > 1 && f.rng.IntN(2) == 0 {
		s.Partition = []int{1}
	}
	keys := len(s.Partition)
	count := []AggregateCall{{Agg: mustAggregate("count", col.Int8), Args: []int{0}, Filter: -1}}
	groups := f.b.SessionGroups(f.at(in, s.Partition), s, count, true)
	var exprs []expr.Expr
	for _, c := range append(firstN(keys+2), keys+3) {
		exprs = append(exprs, expr.NewColumn(c, col.Int8))
	}
	f.add(f.b.Project(groups, exprs), keys+3, fmt.Sprintf("final groups of sessions %+v of %s", s, in.desc), func() *modelRel {
		by := append(slices.Clone(s.Partition), in.width, in.width+1)
		all := aggregateModel(by, []int{0}, []int{0}, sessionsModel(s, in.model()))
		return all.where(func(r modelRow) bool { return passed(r[keys+1], false) })
	})
}

// addValues adds rows that are there from the first step on.
func (f *fuzzer) addValues() {
	rel := newRel(2)
	rows, w := []modelRow{{f.rng.Int64N(4), null}, {f.rng.Int64N(4), f.rng.Int64N(4)}}, []int64{1, 1}
	for _, r := range rows {
		rel.add(r, 1)
	}
	b := batchOf(f.rng, 2, rows, w)
	f.add(f.b.Values(i8s(2), b), 2, fmt.Sprintf("values %v", rows), func() *modelRel { return rel })
}

// addSort puts the rows of a dataflow that runs once in order, and keeps the first.
func (f *fuzzer) addSort() {
	if !f.once {
		return
	}
	in := f.pick()
	s := TopNSpec{Limit: int64(f.rng.IntN(6) - 1), Offset: int64(f.rng.IntN(2))}
	for _, c := range f.rng.Perm(in.width) { // equal rows are the same
		s.Order = append(s.Order, OrderBy{Col: c, Order: col.Order{Desc: f.rng.IntN(2) == 0, NullsFirst: f.rng.IntN(2) == 0}})
	}
	f.add(f.b.Sort(in.ref, s.Order, s.Limit, s.Offset), in.width, fmt.Sprintf("sort %+v of %s", s, in.desc), func() *modelRel { return topModel(s, in.model()) })
}
