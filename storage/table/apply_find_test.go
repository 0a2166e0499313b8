package table

import (
	"slices"
	"testing"

	"github.com/millracedb/millrace/base/col"
)

// sameTags finds pairs of keys whose hashes have one tag in the index of a store.
func sameTags(s *Store, n int) (pairs [][2]int64) {
	v := col.NewVector(col.Int8)
	for i := range n {
		v.AppendI64(int64(i))
	}
	hash, of := make([]uint64, n), map[uint32]int64{}
	s.cfg.Seed.Keys(hash, []*col.Vector{v})
	for i, h := range hash {
		if first, taken := of[tagOf(h)]; taken {
			pairs = append(pairs, [2]int64{first, int64(i)})
			continue
		}
		of[tagOf(h)] = int64(i)
	}
	return pairs
}

// Keys whose index entries look alike are told apart, however many columns lie beside them.
func TestKeysOfOneTag(t *testing.T) {
	for _, beside := range []int{1, sumsFrom} {
		types := append([]col.Type{col.Int8}, slices.Repeat([]col.Type{col.Int8}, beside)...)
		s := New(Config{Types: types, Key: []int{0}, Shape: Keyed})
		change := func(rows ...[3]int64) *col.Batch { // weight, key, value
			b := col.NewBatch(types...)
			for _, r := range rows {
				b.Cols[0].AppendI64(r[1])
				for c := range beside {
					b.Cols[1+c].AppendI64(r[2])
				}
				b.Grow(b.N+1, r[0])
			}
			return b
		}
		pairs := sameTags(s, 1<<18)
		if len(pairs) == 0 {
			t.Fatal("no two keys have one tag")
		}
		tick := uint64(0)
		for _, p := range pairs {
			x, y := p[0], p[1]
			for _, d := range []*col.Batch{
				change([3]int64{1, x, 1}),
				change([3]int64{1, y, 2}),
				change([3]int64{-1, y, 2}, [3]int64{-1, x, 1}, [3]int64{1, y, 3}, [3]int64{1, x, 4}),
				change([3]int64{-1, x, 4}, [3]int64{1, x, 5}),
				change([3]int64{-1, x, 5}, [3]int64{-1, y, 3}, [3]int64{1, x, 6}),
				change([3]int64{1, y, 7}),
				change([3]int64{-1, y, 7}),
			} {
				tick++
				apply(t, s, tick, d)
			}
			if err := s.Apply(tick+1, change([3]int64{-1, y, 6})); err == nil {
				t.Fatal("a row was ended that is not there")
			}
		}
		if n := s.Count(tick); n != int64(len(pairs)) {
			t.Fatalf("%d rows live, of %d keys", n, len(pairs))
		}
		settleAll(s, tick)
		for _, p := range pairs {
			tick++
			apply(t, s, tick, change([3]int64{-1, p[0], 6}, [3]int64{1, p[1], 8}))
		}
		if n := len(keysAt(t, s, tick)); n != len(pairs) {
			t.Fatalf("%d keys live, of %d", n, len(pairs))
		}
	}
}

// Deaths and births whose keys have one hash without being equal are not paired.
func TestPairsOfOneHash(t *testing.T) {
	v := col.NewVector(col.Int8)
	for _, x := range []int64{1, 2, 2, 1} {
		v.AppendI64(x)
	}
	w := &scratch{dead: []uint32{0, 1}, born: []uint32{2, 3}, entries: []spot{{ref: 11}, {ref: 12}}, found: []Ref{21, 22}}
	w.k.canon, w.k.hash = []*col.Vector{v}, []uint64{5, 5, 5, 5}
	if w.pairUp(false); w.k.alike(&w.pairs) {
		t.Fatal("keys that differ are alike")
	}
	w.pairUp(true)
	if !slices.Equal(w.prev, []Ref{22, 0}) || !slices.Equal(w.makesRoom, []bool{true, false}) || !slices.Equal(w.aloneRows, []uint32{3}) {
		t.Fatal(w.prev, w.makesRoom, w.aloneRows)
	}
	if !w.k.alike(&w.pairs) {
		t.Fatal("keys that are equal are not alike")
	}
}
