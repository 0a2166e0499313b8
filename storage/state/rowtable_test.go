package state

import (
	"testing"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

func testPool(t testing.TB) *pool.Pool {
	t.Helper()
	p, err := pool.New(pool.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

var seed = col.Seed{0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93}

func TestCountsOfIntegers(t *testing.T) {
	p := testPool(t)
	tab := New(p, &pool.Owner{Name: "v"}, Layout{Keys: []col.Type{col.Int8}, Payload: 8})
	want := map[int64]int64{}
	at, ids, hash := make([]unsafe.Pointer, 4096), make([]RowID, 4096), make([]uint64, 4096)
	x := uint64(1)
	for range 100 {
		v := col.NewVector(col.Int8)
		for range 4096 {
			x = x*6364136223846793005 + 1442695040888963407
			k := int64(x >> 40 % 200000)
			v.AppendI64(k)
			want[k]++
		}
		keys := []*col.Vector{v}
		seed.Keys(hash, keys)
		tab.GetOrInsert(at, ids, keys, hash)
		for _, r := range at {
			*(*int64)(unsafe.Add(r, tab.Layout().PayloadAt()))++
		}
		p.EndStep()
		tab.Maintain()
	}
	if tab.Len() != len(want) {
		t.Fatalf("%d rows, want %d", tab.Len(), len(want))
	}
	n := 0
	v := col.NewVector(col.Int8)
	for from := RowID(0); from != Absent; {
		var k int
		k, from = tab.Scan(from, ids)
		tab.KeyVectors([]*col.Vector{v}, ids[:k])
		for i, id := range ids[:k] {
			if got := *(*int64)(unsafe.Add(tab.Row(id), tab.Layout().PayloadAt())); got != want[v.I64[i]] {
				t.Fatalf("key %d: %d, want %d", v.I64[i], got, want[v.I64[i]])
			}
		}
		n += k
	}
	if n != len(want) || len(tab.sh) != 16 {
		t.Fatalf("%d rows scanned in %d shards, want %d in 16", n, len(tab.sh), len(want))
	}
}
