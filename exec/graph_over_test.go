package exec

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
)

// overCall is a call of the fuzzer: the operator's, and how the model computes it from a
// partition's rows in order, with the frame's rows of row i.
type overCall struct {
	call  over.Call
	frame overFrame
	value func(p *overPart, i int, frame []int) int64
}

// overFrame is a frame as the model knows it: a range's offsets count by the order's value.
type overFrame struct {
	over.Frame
	startBy, endBy int64
}

// overPart is a partition's rows in order, each as often as it weighs.
type overPart struct {
	groups []int64 // of each row, once they are sorted
	rows   []modelRow
	peers  func(x, y modelRow) int
	order  []OrderBy
}

// addOver adds one to three window functions, with random frames, over one order.
func (f *fuzzer) addOver() {
	in := f.pick()
	if in.width > 3 {
		return
	}
	s := OverSpec{}
	if f.streams && f.rng.IntN(2) == 0 { // in the order in which rows come, or closed by it
		if f.rng.IntN(3) == 0 {
			s.Partition = append(s.Partition, 0)
		} else {
			s.Order = append(s.Order, OrderBy{})
		}
	}
	f.addOverOf(in, s)
}

// addOverOf adds one or two window functions over an order, to which it adds, and returns the
// operator.
func (f *fuzzer) addOverOf(in *fuzzNode, s OverSpec) Ref {
	for range f.rng.IntN(3) {
		s.Partition = append(s.Partition, f.rng.IntN(in.width))
	}
	for range f.rng.IntN(3) {
		s.Order = append(s.Order, OrderBy{Col: f.rng.IntN(in.width), Order: col.Order{Desc: f.rng.IntN(2) == 0, NullsFirst: f.rng.IntN(2) == 0}})
	}
	exprs := make([]expr.Expr, in.width)
	for i := range exprs {
		exprs[i] = expr.NewColumn(i, col.Int8)
	}
	var calls []overCall
	for range 1 + f.rng.IntN(2) {
		fr := f.randomFrame(s.Order, &exprs)
		calls = append(calls, f.randomCall(in.width, fr))
		s.Calls = append(s.Calls, calls[len(calls)-1].call)
	}
	ref := f.b.Over(f.placed(f.b.Project(in.ref, exprs), s.Partition), s)
	var outs []expr.Expr
	for i := range in.width {
		outs = append(outs, expr.NewColumn(i, col.Int8))
	}
	desc := fmt.Sprintf("window by %v order %v of %s:", s.Partition, s.Order, in.desc)
	for i, c := range s.Calls {
		x, err := expr.Coerce(f.b.ctx, expr.NewColumn(len(exprs)+i, c.Ret), col.Int8, fn.Explicit)
		if err != nil {
			f.t.Fatal(err)
		}
		outs = append(outs, x)
		desc += fmt.Sprintf(" %s(%v, %d) filter %d over %+v", c.ID(), c.Args, c.N, c.Filter, calls[i].frame)
	}
	f.add(f.b.Project(ref, outs), len(outs), desc, func() *modelRel { return overModel(s, calls, in.model()) })
	return ref
}

// randomFrame makes a frame, and the columns of a range's bounds behind the others.
func (f *fuzzer) randomFrame(order []OrderBy, exprs *[]expr.Expr) (fr overFrame) {
	fr.Mode, fr.Exclude = over.Mode(f.rng.IntN(3)), over.Exclusion(f.rng.IntN(6))
	if fr.Exclude > over.ExcludeTies {
		fr.Exclude = over.NoOthers
	}
	kinds := []over.BoundKind{over.BoundKind(f.rng.IntN(5)), over.BoundKind(f.rng.IntN(5))}
	slices.Sort(kinds)
	if kinds[0] == over.UnboundedFollowing {
		kinds[0] = over.CurrentRow
	}
	if kinds[1] == over.UnboundedPreceding {
		kinds[1] = over.CurrentRow
	}
	if f.rng.IntN(3) == 0 {
		kinds = []over.BoundKind{over.UnboundedPreceding, over.CurrentRow}
	}
	fr.Start.Kind, fr.End.Kind = kinds[0], kinds[1]
	fr.Start.N, fr.End.N = int64(f.rng.IntN(4)), int64(f.rng.IntN(4))
	if fr.Mode != over.Range {
		return fr
	}
	for _, x := range []struct {
		b  *over.Bound
		by *int64
	}{{&fr.Start, &fr.startBy}, {&fr.End, &fr.endBy}} {
		if x.b.Kind != over.Preceding && x.b.Kind != over.Following {
			continue
		}
		if len(order) != 1 {
			x.b.Kind = over.CurrentRow
			continue
		}
		*x.by = x.b.N * f.unit
		if (x.b.Kind == over.Preceding) != order[0].Desc {
			*x.by = -*x.by
		}
		x.b.Col, fr.Key, fr.By = len(*exprs), order[0].Col, order[0].Order
		*exprs = append(*exprs, f.call("+", expr.NewColumn(order[0].Col, col.Int8), expr.NewInt8(*x.by)))
	}
	return fr
}

func windowFunction(name string, types ...col.Type) *over.Function {
	x, _, err := over.Resolve(name, types)
	if err != nil {
		panic(err)
	}
	return x
}

// randomCall makes a call over a frame.
func (f *fuzzer) randomCall(width int, fr overFrame) overCall {
	c, n := f.rng.IntN(width), int64(1+f.rng.IntN(3))
	x := overCall{frame: fr, call: over.Call{Args: []int{c}, N: n, Filter: -1, Frame: fr.Frame, Ret: col.Int8}}
	function := func(name string, types ...col.Type) { x.call.Func = windowFunction(name, types...) }
	aggregate := func(name string, value func(rows []modelRow) int64) {
		var a *agg.Aggregate = mustAggregate(name, col.Int8)
		x.call.Agg, x.call.Ret = a, a.Ret
		x.value = func(p *overPart, _ int, frame []int) int64 {
			var rows []modelRow
			for _, k := range frame {
				if p.rows[k][c] != null {
					rows = append(rows, p.rows[k])
				}
			}
			return value(rows)
		}
	}
	pick := func(of func(p *overPart, i int, frame []int) int) {
		x.value = func(p *overPart, i int, frame []int) int64 {
			if k := of(p, i, frame); k >= 0 && k < len(p.rows) {
				return p.rows[k][c]
			}
			return null
		}
	}
	switch f.rng.IntN(14) {
	case 0:
		x.call.Args = nil
		function("row_number")
		x.value = func(_ *overPart, i int, _ []int) int64 { return int64(i) + 1 }
	case 1, 2:
		x.call.Args = nil
		name := []string{"rank", "dense_rank"}[f.rng.IntN(2)]
		function(name)
		x.value = func(p *overPart, i int, _ []int) int64 { return p.rank(i, name == "dense_rank") }
	case 3:
		x.call.Args, x.call.Ret = []int{-1}, col.Int4
		function("ntile", col.Int4)
		x.value = func(p *overPart, i int, _ []int) int64 { return ntileModel(i, len(p.rows), int(n)) }
	case 4:
		x.call.Args = append(x.call.Args, -1)
		function("lag", col.Int8, col.Int4)
		pick(func(_ *overPart, i int, _ []int) int { return i - int(n) })
	case 5:
		function("lead", col.Int8)
		pick(func(_ *overPart, i int, _ []int) int { return i + 1 })
	case 6:
		function("first_value", col.Int8)
		pick(func(_ *overPart, _ int, frame []int) int { return frameRow(frame, 0) })
	case 7:
		function("last_value", col.Int8)
		pick(func(_ *overPart, _ int, frame []int) int { return frameRow(frame, len(frame)-1) })
	case 8:
		x.call.Args = append(x.call.Args, -1)
		function("nth_value", col.Int8, col.Int4)
		pick(func(_ *overPart, _ int, frame []int) int { return frameRow(frame, int(n)-1) })
	case 9, 10:
		aggregate("count", func(rows []modelRow) int64 { return int64(len(rows)) })
	case 11:
		aggregate("max", func(rows []modelRow) int64 {
			most := int64(null)
			for _, r := range rows {
				if most == null || r[c] > most {
					most = r[c]
				}
			}
			return most
		})
	default:
		aggregate("sum", func(rows []modelRow) int64 {
			if len(rows) == 0 {
				return null
			}
			sum := int64(0)
			for _, r := range rows {
				sum += r[c]
			}
			return sum
		})
	}
	return x
}

func frameRow(frame []int, k int) int {
	if k < 0 || k >= len(frame) {
		return -1
	}
	return frame[k]
}

func ntileModel(i, n, k int) int64 {
	for b, at := 1, 0; ; b++ {
		if at += n / k; b <= n%k {
			at++
		}
		if i < at {
			return int64(b)
		}
	}
}

func (p *overPart) rank(i int, dense bool) int64 {
	rank := int64(1)
	for k := range i {
		if tied := p.peers(p.rows[k], p.rows[i]) == 0; !tied && (!dense || p.peers(p.rows[k], p.rows[k+1]) != 0) {
			rank++
		}
	}
	return rank
}

// group is rank(i, true), found once for all rows.
func (p *overPart) group(i int) int64 {
	for k := len(p.groups); k < len(p.rows); k++ {
		p.groups = append(p.groups, p.rank(k, true))
	}
	return p.groups[i]
}

// frameOf lists the rows of row i's frame, by trying each.
func (p *overPart) frameOf(f overFrame, i int) (rows []int) {
	for k := range p.rows {
		if p.inside(f, f.Start, f.startBy, i, k, 1) && p.inside(f, f.End, f.endBy, i, k, -1) && !p.excluded(f.Exclude, i, k) {
			rows = append(rows, k)
		}
	}
	return rows
}

// inside reports whether row k is not before a bound of row i's frame; with side -1, not behind.
func (p *overPart) inside(f overFrame, b over.Bound, by int64, i, k, side int) bool {
	n := 0
	switch b.Kind {
	case over.UnboundedPreceding, over.UnboundedFollowing:
		return true
	case over.Preceding:
		n = -int(b.N)
	case over.Following:
		n = int(b.N)
	}
	switch {
	case f.Mode == over.ByRow:
		return (k-(i+n))*side >= 0
	case f.Mode == over.Range && n == 0 && b.Kind == over.CurrentRow:
		return p.peers(p.rows[k], p.rows[i])*side >= 0
	case f.Mode == over.Range:
		edge := slices.Clone(p.rows[i])
		if c := p.order[0].Col; edge[c] != null {
			edge[c] += by
		}
		return p.peers(p.rows[k], edge)*side >= 0
	}
	return (int(p.group(k)-p.group(i))-n)*side >= 0
}

func (p *overPart) excluded(x over.Exclusion, i, k int) bool {
	switch x {
	case over.ExcludeCurrentRow:
		return i == k
	case over.ExcludeGroup:
		return p.peers(p.rows[i], p.rows[k]) == 0
	case over.ExcludeTies:
		return i != k && p.peers(p.rows[i], p.rows[k]) == 0
	}
	return false
}

func overModel(s OverSpec, calls []overCall, in *modelRel) *modelRel {
	out := newRel(in.width + len(calls))
	parts := map[string]*overPart{}
	for _, r := range in.sorted() {
		var k modelRow
		for _, p := range s.Partition {
			k = append(k, r[p])
		}
		p := parts[k.key()]
		if p == nil {
			p = &overPart{peers: peersModel(s.Order), order: s.Order}
			parts[k.key()] = p
		}
		for range in.weight(r) {
			p.rows = append(p.rows, r)
		}
	}
	for _, p := range parts {
		slices.SortStableFunc(p.rows, func(x, y modelRow) int {
			if c := p.peers(x, y); c != 0 {
				return c
			}
			return slices.CompareFunc(x, y, identityCompare)
		})
		for i, r := range p.rows {
			row := slices.Clone(r)
			for _, c := range calls {
				row = append(row, c.value(p, i, p.frameOf(c.frame, i)))
			}
			out.add(row, 1)
		}
	}
	return out
}
