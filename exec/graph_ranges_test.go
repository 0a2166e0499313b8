package exec

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
)

var rangeOps = []string{"<", "<=", ">", ">="}

// compared is SQL's comparison of two values, as a condition.
func compared(op string, x, y int64) bool {
	if x == null || y == null {
		return false
	}
	switch op {
	case "<":
		return x < y
	case "<=":
		return x <= y
	case ">":
		return x > y
	case ">=":
		return x >= y
	case "<>":
		return x != y
	}
	return x == y
}

// addRangeJoin joins by one inequality or more, and often by a key beside.
func (f *fuzzer) addRangeJoin() {
	a, b := f.pick(), f.pick()
	if a.width+b.width > 5 {
		return
	}
	s := JoinSpec{Kind: JoinKind(f.rng.IntN(6)), NullsEqual: f.rng.IntN(4) == 0}
	if f.rng.IntN(3) == 0 {
		s.LeftKeys, s.RightKeys = []int{f.rng.IntN(a.width)}, []int{f.rng.IntN(b.width)}
	}
	var preds []expr.Expr
	for range 1 + f.rng.IntN(3) {
		r := RangeKey{Left: f.rng.IntN(a.width), Right: f.rng.IntN(b.width), Op: rangeOps[f.rng.IntN(4)]}
		s.Ranges = append(s.Ranges, r)
		preds = append(preds, f.call(r.Op, expr.NewColumn(r.Left, col.Int8), expr.NewColumn(a.width+r.Right, col.Int8)))
	}
	s.Residual = expr.NewAnd(preds...)
	cond := func(l, r modelRow) bool {
		return !slices.ContainsFunc(s.Ranges, func(x RangeKey) bool { return !compared(x.Op, l[x.Left], r[x.Right]) })
	}
	width := a.width + b.width
	if s.Kind == Semi || s.Kind == Anti {
		width = a.width
	}
	f.add(f.b.Join(f.at(a, s.LeftKeys), f.at(b, s.RightKeys), s), width, fmt.Sprintf("join kind %d (%s, %s) on %v = %v nulls %v ranges %v", s.Kind, a.desc, b.desc, s.LeftKeys, s.RightKeys, s.NullsEqual, s.Ranges),
		func() *modelRel { return joinModel(s, cond, a.model(), b.model()) })
}

// addDynamicFilter compares a column with the first value of another relation, if it has any.
func (f *fuzzer) addDynamicFilter() {
	a, b := f.pick(), f.pick()
	s := DynamicFilterSpec{Col: f.rng.IntN(a.width), Op: append(rangeOps, "=", "<>")[f.rng.IntN(6)], Not: f.rng.IntN(3) == 0}
	c := f.rng.IntN(b.width)
	top := TopNSpec{Order: []OrderBy{{Col: 0, Order: col.Order{Desc: f.rng.IntN(2) == 0}}}, Limit: 1}
	one := f.b.TopN(f.placed(f.b.Project(b.ref, []expr.Expr{expr.NewColumn(c, col.Int8)}), nil), top)
	f.add(f.b.DynamicFilter(f.at(a, nil), one, s), a.width, fmt.Sprintf("%s where c%d %s first c%d of %s, not %v", a.desc, s.Col, s.Op, c, b.desc, s.Not), func() *modelRel {
		values, out := newRel(1), newRel(a.width)
		src := b.model()
		for _, r := range src.sorted() {
			values.add(modelRow{r[c]}, src.weight(r))
		}
		bound := null
		for _, r := range topModel(top, values).sorted() {
			bound = r[0]
		}
		in := a.model()
		for _, r := range in.sorted() {
			if compared(s.Op, r[s.Col], bound) != s.Not {
				out.add(r, in.weight(r))
			}
		}
		return out
	})
}
