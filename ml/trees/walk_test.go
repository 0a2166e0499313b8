package trees

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkSum is of trees as boosting makes them, which grow where it pays and not evenly.
func BenchmarkSum(b *testing.B) {
	for _, size := range []struct {
		name          string
		trees, leaves int
	}{{"100x32", 100, 32}, {"1000x64", 1000, 64}} {
		b.Run(size.name, func(b *testing.B) {
			const features = 28
			r := rand.New(rand.NewPCG(1, 2))
			f := forest{limit: 1 << 20}
			for range size.trees {
				if err := f.add(grown(r, size.leaves, features), 0); err != nil {
					b.Fatal(err)
				}
			}
			f.packed()
			x, sums := make([]int64, small*block), make([]float64, block)
			for i := range x {
				x[i] = ordered(r.Float64())
			}
			for i := range block {
				x[i] = -1 << 63
			}
			for b.Loop() {
				f.sum(x, block, sums, 1)
			}
			b.ReportMetric(float64(b.N)*block/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// grown is a tree of random splits, each of a random leaf.
func grown(r *rand.Rand, leaves, features int) []branch {
	type span struct{ low, high [32]float64 }
	var all span
	for i := range all.high {
		all.high[i] = 1
	}
	spans, t := []span{all}, []branch{{left: -1, value: r.Float64(), cover: 1}}
	for n := 1; n < leaves; {
		at := r.IntN(len(t))
		if t[at].left >= 0 {
			continue
		}
		n++
		s, by := spans[at], r.IntN(features)
		cut := s.low[by] + (s.high[by]-s.low[by])*(0.3+0.4*r.Float64())
		left, right := s, s
		left.high[by], right.low[by] = cut, cut
		share := (cut - s.low[by]) / (s.high[by] - s.low[by]) * t[at].cover
		t[at] = branch{slot: uint32(by + 1), key: ordered(cut), left: int32(len(t)), right: int32(len(t) + 1), cover: t[at].cover}
		t = append(t, branch{left: -1, value: r.Float64(), cover: share}, branch{left: -1, value: r.Float64(), cover: t[at].cover - share})
		spans = append(spans, left, right)
	}
	return t
}
