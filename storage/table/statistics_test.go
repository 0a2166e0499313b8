package table

import (
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/millracedb/millrace/base/col"
)

// spread is rows of a unique number, one of 1000 numbers of which every second is 7, a float
// that is mostly NULL, and a text of four.
var spreadTypes = []col.Type{col.Int8, col.Int4, col.Float8, col.Text}

func spread(from, n int, w int64) *col.Batch {
	b := col.NewBatch(spreadTypes...)
	for i := from; i < from+n; i++ {
		b.Cols[0].AppendI64(int64(i))
		if i%2 == 0 {
			b.Cols[1].AppendI32(7)
		} else {
			b.Cols[1].AppendI32(int32(i*7919%1000) + 100)
		}
		if i%10 == 0 {
			b.Cols[2].AppendF64(float64(i))
		} else {
			b.Cols[2].AppendNull()
		}
		b.Cols[3].AppendString([]string{"north", "east", "south", "west"}[i%4])
		b.Grow(b.N+1, w)
	}
	return b
}

// fillSpread applies n rows, a thousand a tick.
func fillSpread(t *testing.T, s *Store, tick uint64, from, n int, w int64) uint64 {
	t.Helper()
	for at := 0; at < n; at += 1000 {
		tick++
		if err := s.Apply(tick, spread(from+at, min(1000, n-at), w)); err != nil {
			t.Fatal(err)
		}
	}
	return tick
}

func about(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if math.Abs(got-want) > by*want {
		t.Errorf("%s: %.4f, not about %.4f", what, got, want)
	}
}

// checkSpread holds what is known of n rows to the truth.
func checkSpread(t *testing.T, x *Statistics, n float64) {
	t.Helper()
	about(t, "rows", x.Rows, n, 0)
	about(t, "different numbers", x.Column(0).Distinct, n, 0.1)
	about(t, "half of n below", x.Column(0).Below(col.AppendOrderKey(nil, ints(int64(n/2)), 0, col.Order{})), 0.5, 0.1)
	few := x.Column(1)
	about(t, "different numbers of 501", few.Distinct, 501, 0.1)
	about(t, "share of 7", few.Equal(vectorOf(7), 0), 0.5, 0.1)
	about(t, "share of another", few.Equal(vectorOf(107), 0), 0.001, 0.25)
	about(t, "NULLs", x.Column(2).Nulls, 0.9, 0.02)
	about(t, "different floats", x.Column(2).Distinct, n/10, 0.1)
	texts := x.Column(3)
	about(t, "different texts", texts.Distinct, 4, 0.05)
	if texts.Common.N != 4 || texts.Ends.String(0) != "east" || texts.Ends.String(1) != "west" {
		t.Errorf("texts: %d are common, from %s to %s", texts.Common.N, texts.Ends.String(0), texts.Ends.String(1))
	}
	about(t, "share of north", texts.Shares[0], 0.25, 0.1)
	about(t, "bytes of a text", texts.Width, 4.5, 0.03)
}

func vectorOf(x int32) *col.Vector {
	v := col.NewVector(col.Int4)
	v.AppendI32(x)
	return v
}

// What is known of the rows is right while they lie in an open segment, when they are sealed,
// after a restart, and when they have been deleted in part, or all.
func TestStatistics(t *testing.T) {
	const n = 100_000
	s := New(Config{Types: spreadTypes, Shape: Keyed, Key: []int{0}})
	tick := fillSpread(t, s, 0, 0, n, 1)
	checkSpread(t, s.Statistics(tick), n)
	s.known.Store(nil)
	settleAll(s, tick)
	checkSpread(t, s.Statistics(tick), n)

	again := New(Config{Types: spreadTypes, Shape: Keyed, Key: []int{0}})
	state, blobs := saveAll(s, tick)
	if err := again.Restore(state, func(id uint64) ([]byte, error) { return blobs[id], nil }); err != nil {
		t.Fatal(err)
	}
	checkSpread(t, again.Statistics(tick), n)

	tick = fillSpread(t, s, tick, 20_000, n-20_000, -1)
	settleAll(s, tick)
	checkSpread(t, s.Statistics(tick), 20_000)
	tick = fillSpread(t, s, tick, 0, 20_000, -1)
	if x := s.Statistics(tick); x.Rows != 0 || x.Column(0).Distinct != 0 {
		t.Errorf("of no rows: %.0f rows, %.0f different", x.Rows, x.Column(0).Distinct)
	}
}

// Deaths that have not been swept yet never make more values than there are rows.
func TestStatisticsOfUpdates(t *testing.T) {
	s := New(Config{Types: pairTypes, Shape: Keyed, Key: []int{0}})
	tick := uint64(0)
	for round := range int64(40) {
		for k := range int64(100) {
			tick++
			b := pairs(1, [2]int64{k, 100*round + k})
			if round > 0 {
				b = pairs(-1, [2]int64{k, 100*(round-1) + k})
				b.AppendBatch(pairs(1, [2]int64{k, 100*round + k}))
			}
			if err := s.Apply(tick, b); err != nil {
				t.Fatal(err)
			}
		}
	}
	x := s.Statistics(tick)
	if x.Rows != 100 || x.Column(1).Distinct > 100 || x.Column(0).Distinct > 100 {
		t.Errorf("%.0f rows have %.0f and %.0f different values", x.Rows, x.Column(0).Distinct, x.Column(1).Distinct)
	}
}

// Statistics of small stores follow every change; of large ones, one in sixteen.
func TestStatisticsAreKept(t *testing.T) {
	s := New(Config{Types: spreadTypes, Shape: Bag})
	tick := fillSpread(t, s, 0, 0, 500, 1)
	first := s.Statistics(tick)
	tick = fillSpread(t, s, tick, 500, 1, 1)
	if s.Statistics(tick) == first {
		t.Error("one row more of 500 is not seen")
	}
	tick = fillSpread(t, s, tick, 501, 9_499, 1)
	first = s.Statistics(tick)
	tick = fillSpread(t, s, tick, 10_000, 500, 1)
	if s.Statistics(tick) != first {
		t.Error("500 rows more of 10,000 are looked at again")
	}
	tick = fillSpread(t, s, tick, 10_500, 500, 1)
	if s.Statistics(tick) == first {
		t.Error("1,000 rows more of 10,000 are not seen")
	}
}

// Sessions ask, as of what has been published, while ticks write, seal and compact.
func TestStatisticsBesideTicks(t *testing.T) {
	s := New(Config{Types: spreadTypes, Shape: Keyed, Key: []int{0}})
	var published atomic.Uint64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			for c := range spreadTypes {
				s.Statistics(published.Load()).Column(c)
			}
			if s.Statistics(published.Load()).Rows == 9_000 {
				return
			}
		}
	}()
	tick := uint64(0)
	for round := range 10 {
		tick = fillSpread(t, s, tick, 1000*round, 1000, 1)
		published.Store(tick)
		settleAll(s, tick)
	}
	tick = fillSpread(t, s, tick, 0, 1000, -1)
	published.Store(tick)
	settleAll(s, tick)
	<-done
}

// Every type that a column can have is looked at and kept.
func TestStatisticsOfTypes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	s := New(Config{Types: modelTypes, Shape: Bag})
	for tick := range uint64(200) {
		b := modelBatch()
		randomRow(rnd, rnd.Int64N(50)).add(b, 1)
		if err := s.Apply(tick+1, b); err != nil {
			t.Fatal(err)
		}
	}
	open := s.Statistics(200)
	state, blobs := saveAll(s, 200)
	again := New(Config{Types: modelTypes, Shape: Bag})
	if err := again.Restore(state, func(id uint64) ([]byte, error) { return blobs[id], nil }); err != nil {
		t.Fatal(err)
	}
	for c := range modelTypes {
		a, b := open.Column(c), again.Statistics(200).Column(c)
		if a.Distinct != b.Distinct || a.Nulls != b.Nulls || len(a.Shares) != len(b.Shares) {
			t.Errorf("%s: %v different values before a restart, %v after", modelTypes[c], a, b)
		}
	}
}

// saveAll is what a checkpoint holds of a store.
func saveAll(s *Store, horizon uint64) (state []byte, blobs map[uint64][]byte) {
	blobs = map[uint64][]byte{}
	for _, r := range s.Segments(horizon) {
		blobs[r.ID] = r.Encode(nil)
	}
	return blobs[0], blobs
}
