package exec

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
)

// addWindows counts rows by windows of their first column, and often by a column beside it,
// and of each window may keep those counted most.
func (f *fuzzer) addWindows() {
	in := f.pickTimed()
	w := WindowSpec{Slide: f.unit, Size: f.unit * int64(1+f.rng.IntN(4)), Cumulate: f.rng.IntN(3) == 0}
	var cols []int // of the windowed rows: key, start, end
	if f.rng.IntN(4) > 0 {
		cols = append(cols, f.rng.IntN(in.width))
	}
	if cols = append(cols, in.width); f.rng.IntN(3) == 0 {
		cols = append(cols, in.width+1)
	}
	f.rng.Shuffle(len(cols), func(i, k int) { cols[i], cols[k] = cols[k], cols[i] })
	a := AggregateSpec{Aggs: []AggregateCall{{Agg: mustAggregate("count", col.Int8), Args: []int{0}, Filter: -1}}}
	exprs := make([]expr.Expr, len(cols))
	for i, c := range cols {
		exprs[i], a.Group = expr.NewColumn(c, col.Int8), append(a.Group, i)
	}
	counts := f.aggregate(f.b.Project(f.b.Window(in.ref, w), exprs), a)
	model := func() *modelRel {
		out := newRel(len(cols))
		src := in.model()
		for _, r := range src.sorted() {
			for _, x := range windowsModel(w, r) {
				row := make(modelRow, len(cols))
				for i, c := range cols {
					row[i] = x[c]
				}
				out.add(row, src.weight(r))
			}
		}
		return aggregateModel(a.Group, []int{0}, []int{0}, out)
	}
	if f.rng.IntN(2) == 0 {
		f.add(counts, len(cols)+1, fmt.Sprintf("counts by windows %+v, %v of %s", w, cols, in.desc), model)
		return
	}
	s := TopNSpec{Partition: []int{f.rng.IntN(len(cols))}, Order: []OrderBy{{Col: len(cols), Order: col.Order{Desc: true}}}, Limit: 1, Rank: RankKind(f.rng.IntN(3))}
	s.Rising = f.b.AppendOnly(in.ref) && s.Rank != DenseRank
	f.add(f.b.TopN(f.placed(counts, s.Partition), s), len(cols)+1, fmt.Sprintf("top %+v by windows %+v, %v of %s", s, w, cols, in.desc), func() *modelRel { return topModel(s, model()) })
}

// addWindowGroups aggregates the slices of hopping and cumulating windows of the first column.
func (f *fuzzer) addWindowGroups() {
	in := f.pickTimed()
	w := WindowSpec{Slide: f.unit, Size: f.unit * int64(2+f.rng.IntN(12)), Cumulate: f.rng.IntN(3) == 0}
	if !w.Cumulate && f.rng.IntN(3) == 0 {
		w.Slide *= 2 // windows of slices that are half a slide, or two
	}
	if !w.Sliced() || w.Cumulate && w.Size/w.Slide > maxSlices {
		return
	}
	s := WindowGroupsSpec{WindowSpec: w, Group: []int{f.rng.IntN(in.width)}}
	a := AggregateSpec{Group: append(slices.Clone(s.Group), in.width, in.width+1)}
	which, args := []int{0}, []int{f.rng.IntN(in.width)}
	if f.b.AppendOnly(in.ref) {
		which, args = append(which, 2), append(args, f.rng.IntN(in.width))
	}
	for i, k := range which {
		s.Aggs = append(s.Aggs, AggregateCall{Agg: mustAggregate([]string{"count", "min", "max"}[k], col.Int8), Args: args[i : i+1], Filter: -1})
	}
	exprs := make([]expr.Expr, 3+len(which))
	for i := range exprs {
		exprs[i] = expr.NewColumn(i+max(0, min(1, i-2)), col.Int8) // but for window_time
	}
	groups := f.b.Project(f.b.WindowGroups(f.placed(f.b.Combine(in.ref, s), s.Group), s), exprs)
	f.add(groups, len(exprs), fmt.Sprintf("groups %v by %v and windows %+v of %s", which, s.Group, w, in.desc), func() *modelRel {
		rows, src := newRel(in.width+2), in.model()
		for _, r := range src.sorted() {
			for _, x := range windowsModel(w, r) {
				rows.add(x, src.weight(r))
			}
		}
		return aggregateModel(a.Group, which, args, rows)
	})
}

// windowsModel is a row with the start and end of each window that its first column lies in.
func windowsModel(w WindowSpec, r modelRow) (rows []modelRow) {
	if r[0] == null {
		return []modelRow{append(slices.Clone(r), null, null)}
	}
	if w.Cumulate {
		start := floorTo(r[0], w.Size)
		for end := floorTo(r[0], w.Slide) + w.Slide; end <= start+w.Size; end += w.Slide {
			rows = append(rows, append(slices.Clone(r), start, end))
		}
		return rows
	}
	for start := floorTo(r[0], w.Slide); start > r[0]-w.Size; start -= w.Slide {
		rows = append(rows, append(slices.Clone(r), start, start+w.Size))
	}
	return rows
}

// addSessions gives rows their sessions, by their first column, or counts the rows of each.
func (f *fuzzer) addSessions() {
	in := f.pickTimed()
	s := SessionSpec{Gap: f.unit * int64(1+f.rng.IntN(2)) / int64(1+f.rng.IntN(2))}
	if s.Gap == 0 {
		s.Gap = 1
	}
	for c := 1; c < in.width && len(s.Partition) < 2; c++ {
		if f.rng.IntN(2) == 0 {
			s.Partition = append(s.Partition, c)
		}
	}
	count := AggregateSpec{Group: append(slices.Clone(s.Partition), in.width, in.width+1)}
	which := []int{0, 1}
	c := f.rng.IntN(in.width)
	for _, k := range which {
		name := []string{"count", "min"}[k]
		count.Aggs = append(count.Aggs, AggregateCall{Agg: mustAggregate(name, col.Int8), Args: []int{c}, Filter: -1})
	}
	model := func() *modelRel { return sessionsModel(s, in.model()) }
	desc := fmt.Sprintf("sessions %+v of %s", s, in.desc)
	counted := func() *modelRel { return aggregateModel(count.Group, which, []int{c, c}, model()) }
	width := len(s.Partition) + 2
	pick := func(ref Ref, cols []int) Ref {
		exprs := make([]expr.Expr, len(cols))
		for i, c := range cols {
			exprs[i] = expr.NewColumn(c, col.Int8)
		}
		return f.b.Project(ref, exprs)
	}
	switch {
	case f.b.AppendOnly(in.ref) && f.rng.IntN(3) > 0:
		groups := f.b.SessionGroups(f.at(in, s.Partition), s, count.Aggs, false)
		f.add(pick(groups, append(firstN(width), width+1, width+2)), width+2, "groups of "+desc, counted)
	case f.rng.IntN(2) == 0:
		f.add(f.aggregate(f.b.Session(f.at(in, s.Partition), s), count), width+2, "aggregates of "+desc, counted)
	default:
		f.add(pick(f.b.Session(f.at(in, s.Partition), s), firstN(in.width+2)), in.width+2, desc, model)
	}
}

// sessionsModel is the rows with the start and end of their sessions.
func sessionsModel(s SessionSpec, in *modelRel) *modelRel {
	out := newRel(in.width + 2)
	parts := map[string][]modelRow{}
	for _, r := range in.sorted() {
		if r[s.Time] == null {
			out.add(append(slices.Clone(r), null, null), in.weight(r))
			continue
		}
		k := modelRow{}
		for _, p := range s.Partition {
			k = append(k, r[p])
		}
		parts[k.key()] = append(parts[k.key()], r)
	}
	for _, rows := range parts {
		slices.SortFunc(rows, func(a, b modelRow) int { return cmp.Compare(a[s.Time], b[s.Time]) })
		for from := 0; from < len(rows); {
			to := from + 1
			for to < len(rows) && rows[to][s.Time]-rows[to-1][s.Time] <= s.Gap {
				to++
			}
			for _, r := range rows[from:to] {
				out.add(append(slices.Clone(r), rows[from][s.Time], rows[to-1][s.Time]+s.Gap), in.weight(r))
			}
			from = to
		}
	}
	return out
}
