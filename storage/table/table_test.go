package table

import (
	"testing"

	"github.com/millracedb/millrace/base/col"
)

func row2(t *testing.T, b *col.Batch, k int64, v string, w int64) {
	t.Helper()
	b.Cols[0].AppendI64(k)
	b.Cols[1].AppendString(v)
	b.Grow(b.N+1, w)
}

func TestKeyedBasics(t *testing.T) {
	s := New(Config{Types: []col.Type{col.Int8, col.Text}, Key: []int{0}, Shape: Keyed})
	b := col.NewBatch(col.Int8, col.Text)
	row2(t, b, 1, "one", 1)
	row2(t, b, 2, "two, which is a long string", 1)
	if err := s.Apply(1, b); err != nil {
		t.Fatal(err)
	}
	b.Reset()
	row2(t, b, 1, "one", -1)
	row2(t, b, 1, "eins", 1)
	if err := s.Apply(2, b); err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(3, b); err == nil {
		t.Fatal("retracting a row that is not there passed")
	}
	k := col.NewVector(col.Int8)
	k.AppendI64(1)
	for tick, want := range map[uint64]string{1: "one", 2: "eins"} {
		d := col.NewBatch(col.Text)
		if _, err := s.Lookup(tick, "", []*col.Vector{k}, []int{1}, d, nil); err != nil || d.N != 1 || d.Cols[0].String(0) != want {
			t.Fatal(tick, d.N, err)
		}
		n := 0
		for b, err := range s.At(tick, []int{0, 1}, Access{}) {
			if err != nil {
				t.Fatal(err)
			}
			n += b.Len()
		}
		if n != 2 || s.Count(tick) != 2 {
			t.Fatal(n, s.Count(tick))
		}
	}
	n := 0
	if err := s.Changes(1, 2, []int{1}, func(tick uint64, b *col.Batch) error { n += b.N; return nil }); err != nil || n != 2 {
		t.Fatal(n, err)
	}
}
