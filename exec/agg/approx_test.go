package agg

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// The estimate is within five standard errors, 1.04/64 each, from one value to many, and does
// not depend on how the values come.
func TestApproxCountDistinct(t *testing.T) {
	a := ByID("approx_count_distinct(any)")
	for _, n := range []int{0, 1, 10, 100, 200, 300, 1000, 10000, 200000} {
		v := col.NewVector(col.Int8)
		for i := range n {
			v.AppendI64(int64(i) * 7919)
		}
		h := &memory{}
		whole, left, right := newGroup(a, h, true), newGroup(a, h, true), newGroup(a, h, true)
		whole.add(v, v, nil)
		got, _ := strconv.ParseFloat(whole.result(), 64)
		if off := math.Abs(got - float64(n)); off > 5*1.04/64*float64(n) {
			t.Errorf("%d values: about %v", n, got)
		}
		for from := n; from > 0; from -= min(from, 777) { // from the end, each part into one of two
			part := col.NewVector(col.Int8)
			for i := max(from-777, 0); i < from; i++ {
				part.AppendI64(v.I64[i])
				part.AppendI64(v.I64[i])
			}
			[]*group{left, right}[from%2].add(part, part, nil)
		}
		left.k.Merge(left.addresses(1), right.addresses(1), off)
		if x := left.result(); x != whole.result() {
			t.Errorf("%d values: %s, in parts %s", n, whole.result(), x)
		}
	}
}

// Whatever came and went, the answer is within the error of the value at the place, and that of
// the rows that are left.
func TestApproxPercentile(t *testing.T) {
	a := ByID("approx_percentile(float8,float8,float8)")
	r := rand.New(rand.NewPCG(5, 6))
	for _, e := range []float64{0.1, 0.01, 0.001} {
		for _, p := range []float64{0, 0.25, 0.5, 0.99, 1} {
			h := &memory{}
			g, fresh := newGroup(a, h, false), newGroup(a, h, false)
			var left []float64
			add := func(g *group, x float64, w int64) {
				args := []*col.Vector{col.NewVector(col.Float8), col.NewVector(col.Float8), col.NewVector(col.Float8)}
				for i, f := range []float64{x, p, e} {
					args[i].AppendF64(f)
				}
				g.k.Update(fn.NewCtx(nil, 0), g.addresses(1), off, args, []int64{w})
			}
			for range 300 {
				x := math.Exp(r.NormFloat64()*10) * []float64{-1, 0, 1, 1}[r.IntN(4)]
				add(g, x, 1)
				if r.IntN(3) == 0 {
					add(g, x, -1)
				} else {
					left = append(left, x)
					add(fresh, x, 1)
				}
			}
			slices.Sort(left)
			want := left[max(int(math.Ceil(p*float64(len(left))))-1, 0)]
			got, err := strconv.ParseFloat(g.result(), 64)
			if err != nil || math.Abs(got-want) > e*math.Abs(want)*(1+1e-9) {
				t.Errorf("%v of error %v: %v, exactly %v", p, e, g.result(), want)
			}
			if g.result() != fresh.result() {
				t.Errorf("%v of error %v: %s, of the rows that are left %s", p, e, g.result(), fresh.result())
			}
			for _, x := range left {
				add(g, x, -1)
			}
			if g.result() != "NULL" || len(h.live) > 1 {
				t.Errorf("nothing is left, but %s and %d values in the heap", g.result(), len(h.live))
			}
		}
	}
}
