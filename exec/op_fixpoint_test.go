package exec

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/pool"
)

// closure is the pairs of nodes that edges lead between, by a Fixpoint of a join.
func closure(t testing.TB, edges *col.Batch, all, whole bool) *modelRel {
	g := NewGraph(testPool(t), col.Seed{5, 6}, new(atomic.Uint64))
	g.owner = &pool.Owner{Name: "query", Volatile: true}
	flow := NewDataflow(0, "query", false, g.owner, nil)
	defer g.free(flow)
	b := g.NewBuilder(flow, fn.NewCtx(nil, 0))
	src := g.NewSource(SourceSpec{Types: i8s(2), AppendOnly: true, Watermark: -1})
	found := b.Fixpoint(src, []Ref{src}, all, whole, func(s *Builder, rows Ref, beside []Ref) Ref {
		return s.Join(rows, beside[0], JoinSpec{LeftKeys: []int{1}, RightKeys: []int{0}, Out: []int{0, 3}})
	})
	got := newRel(2)
	b.Add(&capture{into: got}, nil, false, found)
	g.Begin(1, 0, true)
	g.TouchAll(flow)
	g.Feed(src, edges)
	g.Flush()
	if flow.Failed() != nil {
		t.Fatal(flow.Failed())
	}
	return got
}

func edgeBatch(edges [][2]int64) *col.Batch {
	b := col.NewBatch(i8s(2)...)
	for _, e := range edges {
		b.Cols[0].AppendI64(e[0])
		b.Cols[1].AppendI64(e[1])
		b.Grow(b.N+1, 1)
	}
	return b
}

// The pairs that a Fixpoint finds are those that loops find: once each in any graph, and as
// often as there are paths in one without cycles.
func TestFixpointEqualsLoops(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for round := range 200 {
		n, all := 2+rng.Int64N(9), round%2 == 0
		paths := make([][]int64, n)
		for i := range paths {
			paths[i] = make([]int64, n)
		}
		var edges [][2]int64
		for range rng.IntN(20) {
			a, b := rng.Int64N(n), rng.Int64N(n)
			if all && a >= b {
				continue // so that there is no cycle
			}
			edges = append(edges, [2]int64{a, b})
			paths[a][b]++
		}
		got, want := closure(t, edgeBatch(edges), all, round%3 == 0), countPaths(paths, all)
		for a := range n {
			for b := range n {
				if w := got.weight(modelRow{a, b}); w != want[a][b] {
					t.Fatalf("edges %v: %d paths from %d to %d, not %d", edges, w, a, b, want[a][b])
				}
			}
		}
	}
}

// countPaths counts the paths between nodes, or says 1 where there is any.
func countPaths(edges [][]int64, all bool) [][]int64 {
	n := len(edges)
	sum := make([][]int64, n)
	last := edges // paths of so many edges
	for i := range sum {
		sum[i] = make([]int64, n)
	}
	for range n {
		next := make([][]int64, n)
		for a := range n {
			next[a] = make([]int64, n)
			for b := range n {
				sum[a][b] += last[a][b]
				for c := range n {
					next[a][c] += last[a][b] * edges[b][c]
				}
			}
			for c := range n {
				if !all {
					next[a][c] = min(next[a][c], 1)
				}
			}
		}
		last = next
	}
	for a := range n {
		for b := range n {
			if !all {
				sum[a][b] = min(sum[a][b], 1)
			}
		}
	}
	return sum
}

// A chain of 1,000 edges has half a million pairs, found in 1,000 rounds.
func BenchmarkFixpoint(b *testing.B) {
	var edges [][2]int64
	for i := range int64(1000) {
		edges = append(edges, [2]int64{i, i + 1})
	}
	batch := edgeBatch(edges)
	for b.Loop() {
		if closure(b, batch, false, false).weight(modelRow{0, 1000}) != 1 {
			b.Fatal("a pair is missing")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/500_500, "ns/row")
}
