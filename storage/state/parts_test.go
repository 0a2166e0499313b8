package state

import (
	"errors"
	"testing"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// TestArrangementInParts merges and finds more rows than are taken at a time, in an arrangement that
// asks between parts and in one that does not.
func TestArrangementInParts(t *testing.T) {
	p := testPool(t)
	l := ArrLayout{Keys: []col.Type{col.Int8, col.Text}, Payload: []col.Type{col.Int8, col.Text}, Counter: true}
	whole, parts := NewArrangement(p, &pool.Owner{Name: "whole"}, l), NewArrangement(p, &pool.Owner{Name: "parts"}, l)
	asked := 0
	parts.MayEnd(func() { asked++ })

	const n = 3*partRows + 100
	rows, keys := col.NewBatch(l.Payload...), []*col.Vector{col.NewVector(col.Int8), col.NewVector(col.Text)}
	counts := make([]int64, n)
	for i := range n {
		k := int64(i) * 7919 % (n / 2)
		for c := range keys {
			appendNumber(keys[c], k)
			appendNumber(&rows.Cols[c], int64(i))
		}
		rows.Grow(rows.N+1, int64(i%3+1))
		counts[i] = int64(i % 5)
	}
	hash := make([]uint64, n)
	seed := col.Seed{1, 2}
	seed.Keys(hash, keys)
	for _, a := range []*Arrangement{whole, parts} {
		if err := a.MergeCounted(keys, hash, rows, counts); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 4 {
		t.Errorf("a merge of %d rows asked %d times", n, asked)
	}
	if w, g := weights(whole, keys, hash), weights(parts, keys, hash); w != g {
		t.Errorf("weights add up to %d in parts, and %d at once", g, w)
	}
	want, got := found(t, whole, keys, hash), found(t, parts, keys, hash)
	if len(want) < n {
		t.Errorf("only %d rows are found", len(want))
	}
	for x, w := range want {
		if got[x] != w {
			t.Fatalf("key %d has row %d %d times in parts, and %d times at once", x.key, x.row, got[x], w)
		}
	}

	ended := errors.New("ended")
	parts.MayEnd(func() { panic(ended) })
	func() {
		defer func() {
			if r := recover(); r != ended {
				t.Errorf("a probe that may end panics with %v", r)
			}
		}()
		_ = found(t, parts, keys, hash)
	}()
	parts.Clear()
}

// rowAt is a row's key by its position, and its first column.
type rowAt struct {
	key uint32
	row int64
}

func found(t *testing.T, a *Arrangement, keys []*col.Vector, hash []uint64) map[rowAt]int64 {
	all := map[rowAt]int64{}
	err := a.Probe(keys, hash, []int{0}, func(left []uint32, rows *col.Batch) error {
		for i, k := range left {
			all[rowAt{k, rows.Cols[0].I64[i]}] += rows.Weight(i)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// weights is a sum of the weights of keys, each times its position.
func weights(a *Arrangement, keys []*col.Vector, hash []uint64) (sum int64) {
	w := make([]int64, len(hash))
	a.Weight(w, keys, hash)
	for i, x := range w {
		sum += x * int64(i+1)
	}
	return sum
}

func appendNumber(v *col.Vector, x int64) {
	if v.Type.Is(col.Int8) {
		v.AppendI64(x)
		return
	}
	v.AppendString("a text of some length, number " + string(rune('a'+x%26)) + string(rune('a'+x/26%26)))
}

// TestExpectMayEnd has a table that makes much room ask meanwhile, and end when it is told to.
func TestExpectMayEnd(t *testing.T) {
	p := testPool(t)
	l := Layout{Keys: []col.Type{col.Int8}}
	key := col.NewVector(col.Int8)
	key.AppendI64(7)
	one := func(mayEnd func()) *RowTable {
		table := New(p, &pool.Owner{Name: "v"}, l)
		table.Expect(1<<20, mayEnd)
		table.GetOrInsert(make([]unsafe.Pointer, 1), make([]RowID, 1), []*col.Vector{key}, []uint64{42})
		return table
	}
	asked := 0
	if table := one(func() { asked++ }); table.Len() != 1 || asked < shards {
		t.Errorf("%d rows in a table that asked %d times", table.Len(), asked)
	}
	defer func() {
		if recover() != "ended" {
			t.Error("a table that may end is made to its end")
		}
	}()
	one(func() { panic("ended") })
}
