package table

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/col"
)

// narrow is n rows of (int8, int4, float8).
func narrow(n int, from int64) *col.Batch {
	b := col.NewBatch(col.Int8, col.Int4, col.Float8)
	for i := range n {
		b.Cols[0].AppendI64(from + int64(i))
		b.Cols[1].AppendI32(int32(i % 100))
		b.Cols[2].AppendF64(float64(i) / 4)
		b.Grow(b.N+1, 1)
	}
	return b
}

var narrowTypes = []col.Type{col.Int8, col.Int4, col.Float8}

func perRow(b *testing.B, rows int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}

func BenchmarkBagAppend(b *testing.B) {
	s := New(Config{Types: narrowTypes, Shape: Bag})
	d := narrow(4096, 0)
	tick := uint64(0)
	for b.Loop() {
		tick++
		if err := s.Apply(tick, d); err != nil {
			b.Fatal(err)
		}
		if tick%256 == 0 { // keeps the memory of the benchmark bounded
			b.StopTimer()
			s = New(Config{Types: narrowTypes, Shape: Bag})
			b.StartTimer()
		}
	}
	perRow(b, 4096)
}

func keyed(n int) *Store {
	s := New(Config{Types: narrowTypes, Key: []int{0}, Shape: Keyed})
	for at := 0; at < n; at += 4096 {
		if err := s.Apply(1, narrow(min(4096, n-at), int64(at))); err != nil {
			panic(err)
		}
	}
	return s
}

func BenchmarkKeyedInsert(b *testing.B) {
	s := keyed(1)
	at := int64(1)
	tick := uint64(1)
	for b.Loop() {
		b.StopTimer()
		d := narrow(4096, at)
		b.StartTimer()
		at += 4096
		tick++
		if err := s.Apply(tick, d); err != nil {
			b.Fatal(err)
		}
	}
	perRow(b, 4096)
}

// BenchmarkKeyedUpdate changes random rows of a million, 1000 a tick, and keeps house.
func BenchmarkKeyedUpdate(b *testing.B) {
	const rows = 1 << 20
	s := keyed(rows)
	f := make([]float64, rows)
	c := make([]int32, rows)
	for i := range rows {
		c[i], f[i] = int32(i%4096%100), float64(i%4096)/4
	}
	r := rand.New(rand.NewPCG(1, 2))
	tick := uint64(1)
	var upkeep time.Duration
	for b.Loop() {
		b.StopTimer()
		tick++
		d := col.NewBatch(narrowTypes...)
		seen := map[int64]bool{}
		for len(seen) < 1000 {
			k := r.Int64N(rows)
			if seen[k] {
				continue
			}
			seen[k] = true
			for _, w := range [2]int64{-1, 1} {
				d.Cols[0].AppendI64(k)
				d.Cols[1].AppendI32(c[k])
				d.Cols[2].AppendF64(f[k])
				d.Grow(d.N+1, w)
				f[k]++
			}
			f[k]--
		}
		b.StartTimer()
		if err := s.Apply(tick, d); err != nil {
			b.Fatal(err)
		}
		from := time.Now()
		s.Maintain(tick, tick, time.Millisecond)
		upkeep += time.Since(from)
	}
	perRow(b, 2000)
	b.ReportMetric(float64(upkeep.Nanoseconds())/float64(b.N*2000), "upkeep-ns/row")
}

func sealAll(s *Store, tick uint64) {
	s.close()
	for range 1000 {
		s.Maintain(tick, tick, time.Second)
		if s.upkeep.busy {
			f := <-s.upkeep.jobs
			s.upkeep.jobs <- f
		}
	}
}

func BenchmarkPointRead(b *testing.B) {
	for _, sealed := range []bool{false, true} {
		b.Run(fmt.Sprint("sealed=", sealed), func(b *testing.B) {
			types := []col.Type{col.Int8, col.Text, col.Int4}
			s := New(Config{Types: types, Key: []int{0}, Shape: Keyed})
			d := col.NewBatch(types...)
			for i := range 100000 {
				d.Cols[0].AppendI64(int64(i))
				d.Cols[1].AppendString(fmt.Sprint("customer number ", i, " of the benchmark"))
				d.Cols[2].AppendI32(int32(i % 7))
				d.Grow(d.N+1, 1)
			}
			if err := s.Apply(1, d); err != nil {
				b.Fatal(err)
			}
			if sealed {
				sealAll(s, 2)
			}
			k := col.NewVector(col.Int8)
			k.AppendI64(0)
			keys, cols := []*col.Vector{k}, []int{0, 1, 2}
			dst := col.NewBatch(types...)
			var left []uint32
			b.ReportAllocs()
			i := int64(0)
			for b.Loop() {
				i = (i + 7919) % 100000
				k.I64[0] = i
				dst.Reset()
				var err error
				if left, err = s.Lookup(2, "", keys, cols, dst, left[:0]); err != nil || dst.N != 1 {
					b.Fatal(dst.N, err)
				}
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	for _, sealed := range []bool{false, true} {
		b.Run(fmt.Sprint("sealed=", sealed), func(b *testing.B) {
			const rows = 1 << 19
			s := New(Config{Types: narrowTypes, Shape: Bag})
			for at := 0; at < rows; at += 4096 {
				if err := s.Apply(1, narrow(4096, int64(at))); err != nil {
					b.Fatal(err)
				}
			}
			if sealed {
				sealAll(s, 1)
			}
			bytes, _ := s.Bytes()
			for b.Loop() {
				n := 0
				for d, err := range s.At(1, []int{0, 1, 2}, Access{}) {
					if err != nil {
						b.Fatal(err)
					}
					n += d.Len()
				}
				if n != rows {
					b.Fatal(n)
				}
			}
			perRow(b, rows)
			b.ReportMetric(float64(bytes)/rows, "B/row")
		})
	}
}

// BenchmarkSmallTick is one row updated and published, with its upkeep.
func BenchmarkSmallTick(b *testing.B) {
	s := keyed(10000)
	d := col.NewBatch(narrowTypes...)
	tick := uint64(1)
	f := float64(7) / 4
	b.ReportAllocs()
	for b.Loop() {
		tick++
		d.Reset()
		for _, w := range [2]int64{-1, 1} {
			d.Cols[0].AppendI64(7)
			d.Cols[1].AppendI32(7)
			d.Cols[2].AppendF64(f)
			d.Grow(d.N+1, w)
			f++
		}
		f--
		if err := s.Apply(tick, d); err != nil {
			b.Fatal(err)
		}
		s.Maintain(tick, tick, time.Millisecond)
	}
}

// counted is a view that counts by person and window. A window lasts six ticks, in each of
// which it hears of nine persons in ten, by groups of a hundred.
type counted struct{ counts [1000]int64 }

// changes are the view's changes of a tick: the old rows, and then the new ones.
func (c *counted) changes(tick int64) *col.Batch {
	b := col.NewBatch(col.Int8, col.Int8, col.Timestamptz, col.Timestamptz)
	window := tick / 6
	if tick%6 == 0 {
		clear(c.counts[:])
	}
	for _, w := range []int64{-1, 1} {
		for p := range int64(len(c.counts)) {
			if p/100 == tick%6 || w < 0 && c.counts[p] == 0 {
				continue
			}
			if w > 0 {
				c.counts[p]++
			}
			for i, x := range []int64{p + 100*window, c.counts[p], window * 1e7, (window + 1) * 1e7} {
				b.Cols[i].AppendI64(x)
			}
			b.Grow(b.N+1, w)
		}
	}
	b.Consolidated = true
	return b
}

// BenchmarkKeyedWindows changes the rows of the latest window, and keeps house.
func BenchmarkKeyedWindows(b *testing.B) {
	types := []col.Type{col.Int8, col.Int8, col.Timestamptz, col.Timestamptz}
	s := New(Config{Types: types, Key: []int{0, 2, 3}, Shape: Keyed})
	changed := benchChanges(b, s, new(counted).changes)
	perRow(b, changed/b.N)
}

// ranked is a view of wide rows, a third of which change in a tick.
type ranked struct{ counts [12000]int64 }

func (c *ranked) changes(tick int64) *col.Batch {
	b := col.NewBatch(rankedTypes...)
	for _, w := range []int64{-1, 1} {
		for k := range c.counts {
			if k*7919%12000%3 != int(tick)%3 || w < 0 && c.counts[k] == 0 {
				continue
			}
			if w > 0 {
				c.counts[k]++
			}
			b.Cols[0].AppendString(fmt.Sprint("channel-", k*7919%12000))
			b.Cols[1].AppendString("2026-11-22")
			for i := 2; i < len(b.Cols); i++ {
				b.Cols[i].AppendI64(c.counts[k] * int64(i))
			}
			b.Grow(b.N+1, w)
		}
	}
	b.Consolidated = true
	return b
}

var rankedTypes = append([]col.Type{col.Text, col.Text}, slices.Repeat([]col.Type{col.Int8}, 13)...)

// BenchmarkKeyedWide changes wide rows with a key of two strings, and keeps house.
func BenchmarkKeyedWide(b *testing.B) {
	s := New(Config{Types: rankedTypes, Key: []int{0, 1}, Shape: Keyed})
	changed := benchChanges(b, s, new(ranked).changes)
	perRow(b, changed/b.N)
}

// benchChanges applies the changes of a tick after the other and reports what upkeep takes of
// the time. It returns the rows changed.
func benchChanges(b *testing.B, s *Store, changes func(tick int64) *col.Batch) (rows int) {
	var upkeep time.Duration
	tick := int64(0)
	for b.Loop() {
		b.StopTimer()
		d := changes(tick)
		b.StartTimer()
		tick++
		rows += d.N
		if err := s.Apply(uint64(tick), d); err != nil {
			b.Fatal(err)
		}
		from := time.Now()
		if s.Pending() {
			s.Maintain(uint64(tick), uint64(tick), time.Millisecond)
		}
		upkeep += time.Since(from)
	}
	b.ReportMetric(float64(upkeep.Nanoseconds())/float64(rows), "upkeep-ns/row")
	return rows
}
