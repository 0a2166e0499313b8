package exec

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
)

// The graph fuzzer's filters and joins in time.

// addTemporal keeps rows while, until or from when now() plus a constant has reached a column.
func (f *fuzzer) addTemporal() {
	in := f.pick()
	now, err := expr.CallNamed(f.b.ctx, "now")
	if err != nil {
		f.t.Fatal(err)
	}
	var bounds []TemporalBound
	var cols []int
	for range 1 + f.rng.IntN(2) {
		c, shift := f.rng.IntN(in.width), int64(f.rng.IntN(5)-2)*f.unit
		cols = append(cols, c)
		bounds = append(bounds, TemporalBound{Row: expr.NewColumn(c, col.Int8), Now: now, Low: shift, High: shift, Until: f.rng.IntN(2) == 0, Equal: f.rng.IntN(2) == 0})
		if f.rng.IntN(3) == 0 { // nothing is known of how now() lies
			bounds[len(bounds)-1] = TemporalBound{Row: expr.NewColumn(c, col.Int8), Now: now, Low: -2 * f.unit, High: f.unit, Slot: 3, Until: f.rng.IntN(2) == 0}
		}
	}
	holds := func(r modelRow) bool {
		for i, x := range bounds {
			at := f.now
			if x.Low == x.High {
				at += x.Low
			}
			v := r[cols[i]]
			before := at < v || x.Equal == x.Until && at == v
			if v == null || before != x.Until {
				return false
			}
		}
		return true
	}
	f.timely = true
	var pred expr.Expr
	if f.once { // now is 0, and a filter serves
		var preds []expr.Expr
		for i, x := range bounds {
			shift := x.Low
			if x.Low != x.High {
				shift = 0
			}
			op := map[[2]bool]string{{true, true}: ">=", {true, false}: ">", {false, true}: "<=", {false, false}: "<"}[[2]bool{x.Until, x.Equal}]
			preds = append(preds, f.call(op, expr.NewColumn(cols[i], col.Int8), expr.NewInt8(shift)))
		}
		pred = expr.NewAnd(preds...)
	}
	f.add(f.b.Temporal(in.ref, bounds, pred), in.width, fmt.Sprintf("temporal %+v of %s", bounds, in.desc), func() *modelRel {
		out, src := newRel(in.width), in.model()
		for _, r := range src.sorted() {
			if holds(r) {
				out.add(r, src.weight(r))
			}
		}
		return out
	})
}

// addAsOf meets each left row with the nearest right row of its key.
func (f *fuzzer) addAsOf() {
	a, b := f.pickTimed(), f.pickTimed()
	if f.rng.IntN(4) == 0 {
		b = a
	}
	if a.width+b.width > 5 {
		return
	}
	s := AsOfSpec{Forward: f.rng.IntN(3) == 0, Strict: f.rng.IntN(2) == 0, Outer: f.rng.IntN(2) == 0}
	if f.rng.IntN(4) == 0 {
		s.LeftTime, s.RightTime = f.rng.IntN(a.width), f.rng.IntN(b.width)
	}
	for range f.rng.IntN(2) {
		s.LeftKeys, s.RightKeys = append(s.LeftKeys, f.rng.IntN(a.width)), append(s.RightKeys, f.rng.IntN(b.width))
	}
	if s.Arrival = f.rng.IntN(2) == 0; s.Arrival { // what arrives first is not to be seen here: no two rows tie
		b = f.different(b, append(slices.Clone(s.RightKeys), s.RightTime))
		s.RightTime, s.RightKeys = len(s.RightKeys), firstN(len(s.RightKeys))
	}
	f.add(f.b.AsOf(f.at(a, s.LeftKeys), f.at(b, s.RightKeys), s), a.width+b.width, fmt.Sprintf("as of %+v (%s, %s)", s, a.desc, b.desc), func() *modelRel { return asOfModel(s, a.model(), b.model()) })
}

// different is the different values of columns.
func (f *fuzzer) different(in *fuzzNode, cols []int) *fuzzNode {
	s := AggregateSpec{Group: cols}
	return &fuzzNode{ref: f.b.Aggregate(f.placed(in.ref, cols), s), width: len(cols), desc: fmt.Sprintf("different %v of %s", cols, in.desc),
		model: func() *modelRel { return aggregateModel(cols, nil, nil, in.model()) }}
}

// asOfModel looks at every pair.
func asOfModel(s AsOfSpec, a, b *modelRel) *modelRel {
	out := newRel(a.width + b.width)
	for _, l := range a.sorted() {
		var best modelRow
		for _, r := range b.sorted() {
			x, y := l[s.LeftTime], r[s.RightTime]
			meets := x != null && y != null && (x != y || !s.Strict) && (x == y || s.Forward == (y > x))
			for i, k := range s.LeftKeys {
				meets = meets && l[k] != null && l[k] == r[s.RightKeys[i]]
			}
			if !meets {
				continue
			}
			nearer := best == nil || s.Forward == (y < best[s.RightTime]) && y != best[s.RightTime]
			if nearer || y == best[s.RightTime] && slices.CompareFunc(r, best, identityCompare) > 0 {
				best = r
			}
		}
		if best == nil && s.Outer {
			best = nulls(b.width)
		}
		if best != nil {
			out.add(slices.Concat(l, best), a.weight(l))
		}
	}
	return out
}

// addTemporalJoin meets left rows with the right ones of the tick in which they came.
func (f *fuzzer) addTemporalJoin() {
	a, b := f.pick(), f.pick()
	if a.width+b.width > 5 {
		return
	}
	s := JoinSpec{Kind: []JoinKind{Inner, Left}[f.rng.IntN(2)], LeftKeys: []int{f.rng.IntN(a.width)}, RightKeys: []int{f.rng.IntN(b.width)}}
	var cond func(l, r modelRow) bool
	if f.rng.IntN(3) == 0 {
		i, k := f.rng.IntN(a.width), f.rng.IntN(b.width)
		s.Residual = f.call("<=", expr.NewColumn(i, col.Int8), expr.NewColumn(a.width+k, col.Int8))
		cond = func(l, r modelRow) bool { return l[i] != null && r[k] != null && l[i] <= r[k] }
	}
	f.timely = true
	m := &lookups{spec: s, cond: cond, width: a.width + b.width, before: newRel(a.width), made: map[string][]lookup{}}
	f.add(f.b.TemporalJoin(f.at(a, s.LeftKeys), f.at(b, s.RightKeys), s), a.width+b.width, fmt.Sprintf("temporal join %v residual %v (%s, %s)", s.Kind, cond != nil, a.desc, b.desc), func() *modelRel {
		return m.upTo(f.tick, a.model(), b.model())
	})
}

// lookups is what a temporal join has found for each left row, the last time last.
type lookups struct {
	spec   JoinSpec
	cond   func(l, r modelRow) bool
	width  int
	tick   uint64
	before *modelRel
	made   map[string][]lookup
}

type lookup struct {
	n     int64     // of equal left rows
	found *modelRel // for one of them
}

// upTo takes over what the left side's change to a tick finds, once a tick.
func (m *lookups) upTo(tick uint64, left, right *modelRel) *modelRel {
	delta := newRel(left.width)
	if m.tick != tick {
		m.tick = tick
		for _, r := range left.sorted() {
			delta.add(r, left.weight(r))
		}
		for _, r := range m.before.sorted() {
			delta.add(r, -m.before.weight(r))
		}
	}
	for _, r := range delta.sorted() {
		k, n := r.key(), delta.weight(r)
		m.before.add(r, n)
		if n > 0 {
			one := newRel(left.width)
			one.add(r, 1)
			m.made[k] = append(m.made[k], lookup{n, joinModel(m.spec, m.cond, one, right)})
		}
		for n < 0 {
			last := &m.made[k][len(m.made[k])-1]
			if last.n+n <= 0 {
				n += last.n
				m.made[k] = m.made[k][:len(m.made[k])-1]
			} else {
				last.n, n = last.n+n, 0
			}
		}
	}
	out := newRel(m.width)
	for _, all := range m.made {
		for _, x := range all {
			for _, r := range x.found.sorted() {
				out.add(r, x.n*x.found.weight(r))
			}
		}
	}
	return out
}
