package agg

import (
	"math/rand/v2"
	"testing"

	"github.com/millracedb/millrace/base/col"
)

// TestScaledSums gives the same numerics as scaled integers and as stored bytes, with
// weights, and wants the same sums and means.
func TestScaledSums(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, id := range []string{"sum(numeric)", "avg(numeric)"} {
		for range 200 {
			h := &memory{}
			ints, bytes := newGroup(ByID(id), h, false), newGroup(ByID(id), h, false)
			scales := 1 + r.IntN(3)
			for range 1 + r.IntN(6) {
				v := &col.Vector{}
				v.ResetKind(col.Numeric, col.KindD64, int32(r.IntN(scales)))
				var w []int64
				for range r.IntN(5) {
					v.AppendI64(r.Int64N(1000) - 500<<(10*r.IntN(6)))
					w = append(w, r.Int64N(4))
				}
				ints.add(v, v, w)
				bytes.add(v.ToDec(), v.ToDec(), w)
			}
			if a, b := ints.result(), bytes.result(); a != b {
				t.Fatalf("%s: %s as integers, %s as bytes", id, a, b)
			}
			sum := newGroup(ByID(id), h, false)
			sum.k.Merge(sum.addresses(1), ints.addresses(1), off)
			sum.k.Merge(sum.addresses(1), bytes.addresses(1), off)
			bytes.k.Merge(bytes.addresses(1), ints.addresses(1), off)
			if a, b := sum.result(), bytes.result(); a != b {
				t.Fatalf("%s merged: %s and %s", id, a, b)
			}
			for _, g := range []*group{ints, bytes, sum} {
				g.k.Release(g.addresses(1), off)
			}
			if len(h.live) > 0 {
				t.Fatalf("%d values stay in the heap", len(h.live))
			}
		}
	}
}
