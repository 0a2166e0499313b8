package forest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// grown is a tree of random splits, each of a random leaf: as boosting makes them, which grow where it pays.
func grown(r *rand.Rand, leaves, columns int) []Branch {
	t := []Branch{{Left: -1, Value: r.Float64(), Cover: 1}}
	for n := 1; n < leaves; {
		at := r.IntN(len(t))
		if t[at].Left >= 0 {
			continue
		}
		n++
		share := t[at].Cover * r.Float64()
		leaf := Branch{Left: -1, Value: r.Float64(), Cover: share}
		rest := Branch{Left: -1, Value: float64(float32(r.NormFloat64())), Cover: t[at].Cover - share}
		s := Split{Column: uint32(r.IntN(columns)), Key: Ordered(r.NormFloat64()), MissingRight: r.IntN(2) == 0}
		t[at] = Branch{Left: int32(len(t)), Right: int32(len(t) + 1), Split: s, Cover: t[at].Cover}
		t = append(t, leaf, rest)
	}
	return t
}

// with makes some splits those of sets, and some of no number at all.
func with(r *rand.Rand, t []Branch) []Branch {
	for i := range t {
		switch s := &t[i].Split; r.IntN(8) {
		case 0:
			s.Keys = []uint64{}
			for range r.IntN(6) {
				s.Keys = append(s.Keys, Ordered(r.NormFloat64()))
			}
			slices.Sort(s.Keys)
		case 1:
			s.Key = []uint64{Always, Never, Ordered(0), Below(0), Ordered(math.Inf(1)), Below(math.Inf(-1))}[r.IntN(6)]
		}
	}
	return t
}

// right is what a split means.
func (s *Split) right(x float64) bool {
	if x != x {
		return s.MissingRight
	}
	if s.Keys == nil {
		return Ordered(x) > s.Key
	}
	n := 0
	for _, k := range s.Keys {
		if Ordered(x) > k {
			n++
		}
	}
	return n%2 == 1
}

// place is the leaf in which a row ends, among the branches.
func place(t []Branch, row []float64) int32 {
	at := int32(0)
	for t[at].Left >= 0 {
		if t[at].Split.right(row[t[at].Split.Column]) {
			at = t[at].Right
		} else {
			at = t[at].Left
		}
	}
	return at
}

// sample is rows of numbers among which are missing ones and extremes.
func sample(r *rand.Rand, rows, columns int) [][]float64 {
	all := make([][]float64, rows)
	for i := range all {
		all[i] = make([]float64, columns)
		for c := range all[i] {
			if all[i][c] = r.NormFloat64(); r.IntN(6) == 0 {
				all[i][c] = []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1)}[r.IntN(5)]
			}
		}
	}
	return all
}

// ask puts a block into a forest.
func ask(f *Forest, r *Rows, rows [][]float64) {
	f.Begin(r, len(rows), len(rows[0]))
	for i, row := range rows {
		for c, v := range row {
			r.Column(c)[i] = Ordered(v)
		}
	}
	f.Ask(r)
}

// Rows end in the leaf to which the splits lead one after the other, in trees of every size and form, whatever
// the splits ask and however many rows a block has.
func TestLeaves(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, leaves := range []int{1, 2, 3, 7, 8, 9, 31, 32, 33, 64, 65, 130, 255, 256, 257, 1000} {
		const columns, trees = 5, 6
		f := &Forest{Limit: 1 << 20, Single: leaves%2 == 1}
		var all [][]Branch
		var order [][]int32
		for range trees {
			b := with(r, grown(r, leaves, columns))
			l, err := f.Add(b, 0)
			if err != nil {
				t.Fatal(err)
			}
			all, order = append(all, b), append(order, l)
		}
		f.Ready()
		var rows Rows
		for _, n := range []int{64, 1, 13, 2, 3, 64} {
			x := sample(r, n, columns)
			ask(f, &rows, x)
			var want [Block]float64
			for i := range trees {
				got := f.Leaves(&rows, i)
				for row := range x {
					at := place(all[i], x[row])
					if order[i][got[row]] != at {
						t.Fatalf("%d leaves, tree %d: row %v ends at %d, wanted %d", leaves, i, x[row], order[i][got[row]], at)
					}
					if want[row] += all[i][at].Value; f.Single {
						want[row] = float64(float32(want[row]-all[i][at].Value) + float32(all[i][at].Value))
					}
				}
			}
			sums := summed(f, &rows)
			if !slices.Equal(sums[:n], want[:n]) {
				t.Fatalf("%d leaves: sums %v, wanted %v", leaves, sums[:n], want[:n])
			}
		}
	}
}

// summed are the sums of a forest.
func summed(f *Forest, r *Rows) []float64 {
	out := 0
	for _, t := range f.trees {
		out = max(out, t.out+t.sums)
	}
	sums, singles := make([]float64, out*Block), make([]float32, out*Block)
	if !f.Single {
		f.Sum(r, sums)
		return sums
	}
	f.SumSingle(r, singles)
	for i, v := range singles {
		sums[i] = float64(v)
	}
	return sums
}

// An oblivious tree answers as the grown trees that it unfolds to, of which there is one for each of its sums.
func TestOblivious(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, depth := range []int{0, 1, 6, 8, 9, 11} {
		const columns, sums = 4, 3
		f := &Forest{Limit: 1 << 20}
		levels, values, covers := make([]Split, depth), make([]float64, sums<<depth), make([]float64, 1<<depth)
		for i := range levels {
			levels[i] = with(r, grown(r, 2, columns))[0].Split
		}
		for i := range values {
			values[i] = r.Float64()
		}
		if err := f.AddOblivious(levels, values, covers, 1); err != nil {
			t.Fatal(err)
		}
		f.Ready()
		x := sample(r, Block, columns)
		var rows Rows
		ask(f, &rows, x)
		got, g := summed(f, &rows), f.Grown()
		g.Ready()
		ask(g, &rows, x)
		if want := summed(g, &rows); !slices.Equal(got, want) {
			t.Fatalf("depth %d: %v, grown %v", depth, got, want)
		}
		for i, row := range x {
			leaf := 0
			for level := range levels {
				if levels[level].right(row[levels[level].Column]) {
					leaf |= 1 << level
				}
			}
			for k := range sums {
				if got[(1+k)*Block+i] != values[leaf*sums+k] {
					t.Fatalf("depth %d: row %v has %v, wanted leaf %d", depth, row, got[(1+k)*Block+i], leaf)
				}
			}
		}
	}
}

// Leaves may have a value for each of several sums; contributions add up to what the tree says of the row.
func TestContributions(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	f := &Forest{Limit: 1 << 20}
	for _, leaves := range []int{5, 40} {
		b := with(r, grown(r, leaves, 4))
		for i := range b {
			b[i].Values = []float64{r.Float64(), r.Float64()}
		}
		if _, err := f.Add(b, 0); err != nil {
			t.Fatal(err)
		}
	}
	f.Ready()
	g, x := f.Grown(), sample(r, 20, 4)
	var rows Rows
	ask(f, &rows, x)
	want := summed(f, &rows)
	for row := range x {
		var got [2]float64
		for i := range g.Trees() {
			var ways Ways
			var phi [4]float64
			g.Contribute(&ways, i, &rows, row, []int{0, 1, 2, 3}, phi[:])
			got[g.Out(i)] += g.Mean(i) + phi[0] + phi[1] + phi[2] + phi[3]
		}
		for k := range got {
			if math.Abs(got[k]-want[k*Block+row]) > 1e-12 {
				t.Errorf("row %d, sum %d: %v, wanted %v", row, k, got[k], want[k*Block+row])
			}
		}
	}
}

// BenchmarkSum answers a block whose columns are there.
func BenchmarkSum(b *testing.B) {
	for _, size := range []struct{ trees, leaves, rows int }{{100, 32, 64}, {1000, 64, 64}, {100, 256, 64}, {100, 2000, 64}, {100, 32, 1}, {100, 32, 3}, {1000, 64, 1}, {1000, 64, 3}} {
		b.Run(fmt.Sprintf("%dx%d/%d", size.trees, size.leaves, size.rows), func(b *testing.B) {
			const columns = 28
			r := rand.New(rand.NewPCG(1, 2))
			f := &Forest{Limit: 1 << 20}
			for range size.trees {
				if _, err := f.Add(grown(r, size.leaves, columns), 0); err != nil {
					b.Fatal(err)
				}
			}
			f.Ready()
			var rows Rows
			var sums [Block]float64
			x := make([][Block]uint64, 64*columns) // enough that no branch can be learnt
			for i := range x {
				for k := range x[i] {
					x[i][k] = Ordered(r.NormFloat64())
				}
			}
			f.Begin(&rows, size.rows, columns)
			for n := 0; b.Loop(); n++ {
				for c := range columns {
					*rows.Column(c) = x[n%64*columns+c]
				}
				f.Ask(&rows)
				f.Sum(&rows, sums[:])
			}
			b.ReportMetric(float64(b.N)*float64(size.rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
