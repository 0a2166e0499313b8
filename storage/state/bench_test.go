package state

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// The benchmarks are those of the prototype's README: 4,096 rows a batch, nanoseconds a
// row. Tables are loaded before the clock starts.
const benchBatch = 4096

// cpuTime is the processor time of this process: on a shared machine it says more than
// the clock on the wall.
func cpuTime() int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return x
}

func benchKeys(kind string, n int, key func(i int) uint64) []*col.Vector {
	t := map[string][]col.Type{"i64": {col.Int8}, "i32": {col.Int4}, "pair": {col.Int8, col.Int8}, "str": {col.Text}, "mixed": {col.Int4, col.Text}}[kind]
	keys := make([]*col.Vector, len(t))
	for c := range t {
		v := col.NewVector(t[c])
		for i := range n {
			switch k := key(i); v.Kind {
			case col.KindI32:
				v.AppendI32(int32(k))
			case col.KindI64:
				v.AppendI64(int64(mix(k)))
			default:
				v.AppendString(fmt.Sprintf("u%010d", k))
			}
		}
		keys[c] = v
	}
	return keys
}

func BenchmarkGroupBy(b *testing.B) {
	for _, kind := range []string{"i64", "i32", "pair", "str", "mixed"} {
		for _, n := range []int{1e3, 1e5, 1e7} {
			if n == 1e7 && kind != "i64" {
				continue
			}
			b.Run(fmt.Sprintf("%s/%.0e", kind, float64(n)), func(b *testing.B) { groupBy(b, kind, n) })
		}
	}
}

type bench struct {
	tab  *RowTable
	p    *pool.Pool
	at   []unsafe.Pointer
	ids  []RowID
	hash []uint64
}

func newBench(b *testing.B, l Layout) *bench {
	p := testPool(b)
	return &bench{New(p, &pool.Owner{Name: "bench"}, l), p, make([]unsafe.Pointer, benchBatch), make([]RowID, benchBatch), make([]uint64, benchBatch)}
}

// load inserts keys 0 to n.
func (x *bench) load(kind string, n int) {
	for from := 0; from < n; from += benchBatch {
		k := min(benchBatch, n-from)
		keys := benchKeys(kind, k, func(i int) uint64 { return uint64(from + i) })
		seed.Keys(x.hash[:k], keys)
		x.tab.GetOrInsert(x.at, x.ids, keys, x.hash[:k])
		x.p.EndStep()
		x.tab.Maintain()
	}
}

// groupBy is count and sum over random keys of a loaded table; hashing counts.
func groupBy(b *testing.B, kind string, n int) {
	r := rand.New(rand.NewPCG(1, 1))
	x := newBench(b, Layout{Keys: typesOf(benchKeys(kind, 1, func(int) uint64 { return 0 })), Payload: 16})
	x.load(kind, n)
	batches := make([][]*col.Vector, 64)
	for i := range batches {
		batches[i] = benchKeys(kind, benchBatch, func(int) uint64 { return r.Uint64N(uint64(n)) })
	}
	off := uintptr(x.tab.Layout().PayloadAt())
	i, cpu := 0, cpuTime()
	b.ResetTimer()
	for b.Loop() {
		keys := batches[i&63]
		i++
		seed.Keys(x.hash, keys)
		x.tab.GetOrInsert(x.at, x.ids, keys, x.hash)
		for j, a := range x.at {
			acc := (*[2]int64)(unsafe.Add(a, off))
			acc[0]++
			acc[1] += int64(j)
		}
	}
	b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N)/benchBatch, "cpu-ns/row")
	b.ReportMetric(float64(x.tab.Bytes())/float64(x.tab.Len()), "B/key")
}

func typesOf(keys []*col.Vector) []col.Type {
	t := make([]col.Type, len(keys))
	for i, v := range keys {
		t[i] = v.Type
	}
	return t
}

// BenchmarkInsert grows a table to two million keys, splits included.
func BenchmarkInsert(b *testing.B) {
	const n = 500 * benchBatch
	keys := make([][]*col.Vector, n/benchBatch)
	for i := range keys {
		keys[i] = benchKeys("i64", benchBatch, func(j int) uint64 { return uint64(i*benchBatch + j) })
	}
	cpu := cpuTime()
	for b.Loop() {
		x := newBench(b, Layout{Keys: []col.Type{col.Int8}, Payload: 16})
		for _, k := range keys {
			seed.Keys(x.hash, k)
			x.tab.GetOrInsert(x.at, x.ids, k, x.hash)
			x.p.EndStep()
			x.tab.Maintain()
		}
		x.p.Close()
	}
	b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N)/n, "cpu-ns/row")
}

func BenchmarkFindMissing(b *testing.B) {
	x := newBench(b, Layout{Keys: []col.Type{col.Int8}, Payload: 16})
	x.load("i64", 1e5)
	keys := benchKeys("i64", benchBatch, func(i int) uint64 { return uint64(1e6 + i) })
	seed.Keys(x.hash, keys)
	cpu := cpuTime()
	for b.Loop() {
		x.tab.Find(x.at, x.ids, keys, x.hash)
	}
	b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N)/benchBatch, "cpu-ns/row")
}

// arrBench is 1e6 keys of four rows of 16 bytes and a weight, as in the prototype.
type arrBench struct {
	a       *Arrangement
	p       *pool.Pool
	keys    [][]*col.Vector
	hash    [][]uint64
	batches []*col.Batch
}

func newArrBench(b *testing.B, nkeys, perKey int, l ArrLayout) *arrBench {
	p := testPool(b)
	x := &arrBench{a: NewArrangement(p, &pool.Owner{Name: "bench"}, l), p: p}
	r := rand.New(rand.NewPCG(2, 2))
	for range nkeys * perKey / benchBatch {
		k := benchKeys("i64", benchBatch, func(int) uint64 { return r.Uint64N(uint64(nkeys)) })
		h := make([]uint64, benchBatch)
		seed.Keys(h, k)
		rows := col.NewBatch(l.Payload...)
		for c := range rows.Cols {
			for range benchBatch {
				value(&rows.Cols[c], r.Uint64N(1<<40), false)
			}
		}
		rows.N = benchBatch
		x.keys, x.hash, x.batches = append(x.keys, k), append(x.hash, h), append(x.batches, rows)
	}
	return x
}

func (x *arrBench) merge(b *testing.B, w int64) {
	for i, rows := range x.batches {
		rows.W = nil
		if w != 1 {
			rows.W = make([]int64, rows.N)
			for j := range rows.W {
				rows.W[j] = w
			}
		}
		if err := x.a.Merge(x.keys[i], x.hash[i], rows); err != nil {
			b.Fatal(err)
		}
		x.p.EndStep()
		x.a.Maintain()
	}
}

func (x *arrBench) probe(b *testing.B, cols []int) (rows int) {
	for i, k := range x.keys {
		err := x.a.Probe(k, x.hash[i], cols, func(left []uint32, _ *col.Batch) error { rows += len(left); return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
	return rows
}

func perRow(b *testing.B, x *arrBench, cpu int64, unit string) {
	b.ReportMetric(float64(cpu)/float64(b.N)/float64(len(x.batches)*benchBatch), unit)
}

func BenchmarkArrangement(b *testing.B) {
	for _, l := range []struct {
		name string
		l    ArrLayout
	}{
		{"ints", ArrLayout{Keys: []col.Type{col.Int8}, Payload: []col.Type{col.Int8, col.Int8}, Unique: true}},
		{"searched", ArrLayout{Keys: []col.Type{col.Int8}, Payload: []col.Type{col.Int8, col.Int8}}},
		{"text", ArrLayout{Keys: []col.Type{col.Int8}, Payload: []col.Type{col.Int8, col.Text}, Unique: true}},
	} {
		nkeys := 1_000_000
		if l.name == "text" {
			nkeys = 50_000
		}
		x := newArrBench(b, nkeys, 4, l.l)
		b.Run(l.name+"/insert", func(b *testing.B) {
			cpu := cpuTime()
			for b.Loop() {
				x.a.Clear()
				x.p.EndStep()
				x.merge(b, 1)
			}
			perRow(b, x, cpuTime()-cpu, "cpu-ns/row")
			b.ReportMetric(float64(x.a.Bytes())/float64(x.a.Len()), "B/row")
		})
		b.Run(l.name+"/probe", func(b *testing.B) {
			cpu := cpuTime()
			for b.Loop() {
				x.probe(b, []int{0, 1})
			}
			perRow(b, x, cpuTime()-cpu, "cpu-ns/key")
		})
		b.Run(l.name+"/retract", func(b *testing.B) {
			x.a.Clear()
			x.p.EndStep()
			cpu := int64(0)
			for b.Loop() {
				b.StopTimer()
				x.merge(b, 1)
				cpu -= cpuTime()
				b.StartTimer()
				x.merge(b, -1)
				cpu += cpuTime()
			}
			perRow(b, x, cpu, "cpu-ns/row")
		})
		x.p.Close()
	}
}

// Retraction of rows of one key with a million of them.
func BenchmarkRetractFromBigKey(b *testing.B) {
	p := testPool(b)
	a := NewArrangement(p, &pool.Owner{Name: "v"}, ArrLayout{Keys: []col.Type{col.Int8}, Payload: []col.Type{col.Int8, col.Int8}})
	delta := func(from, n int, w int64) ([]*col.Vector, []uint64, *col.Batch) {
		keys, rows := make([]uint64, n), col.NewBatch(a.l.Payload...)
		for i := range n {
			rows.Cols[0].AppendI64(int64(from + i))
			rows.Cols[1].AppendI64(int64(i))
			rows.Grow(i+1, w)
		}
		k, hash := keyBatch(a.l.Keys, keys, false)
		return k, hash, rows
	}
	merge := func(from, n int, w int64) {
		if err := a.Merge(delta(from, n, w)); err != nil {
			b.Fatal(err)
		}
		p.EndStep()
	}
	const all, some = 1 << 20, 1 << 10
	for from := 0; from < all; from += some {
		merge(from, some, 1)
	}
	at := 0
	for b.Loop() {
		merge(at, some, -1)
		merge(at, some, 1)
		at = (at + 37*some) % all
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/some, "ns/row")
}
