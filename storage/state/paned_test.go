package state

import (
	"math/rand/v2"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// Panes by a key's time hold what one arrangement would hold, of the rows whose time has not
// expired, over restarts; what expires gives its memory back.
func TestPanedAgainstArrangement(t *testing.T) {
	p, im := testPool(t), &image{}
	l := ArrLayout{Keys: []col.Type{col.Int8, col.Timestamp}, Payload: []col.Type{col.Text}}
	o := &pool.Owner{Name: "test"}
	paned, whole := NewPaned(p, o, l, 1, 2), NewArrangement(testPool(t), o, l)
	r := rand.New(rand.NewPCG(1, 7))
	before := int64(0)
	seed := col.Seed{1, 2}
	for step := range 200 {
		b := col.NewBatch(append(append([]col.Type(nil), l.Keys...), l.Payload...)...)
		for range 1 + r.IntN(20) {
			b.Cols[0].AppendI64(r.Int64N(4))
			if r.IntN(9) == 0 {
				b.Cols[1].AppendNull()
			} else {
				b.Cols[1].AppendI64(before + r.Int64N(12))
			}
			b.Cols[2].AppendString([]string{"", "short", "longer than what lies in a view"}[r.IntN(3)])
			b.Grow(b.N+1, 1)
		}
		keys := []*col.Vector{&b.Cols[0], &b.Cols[1]}
		hash := make([]uint64, b.N)
		seed.Keys(hash, keys)
		rows := &col.Batch{N: b.N, Cols: b.Cols[2:]}
		for _, s := range []interface {
			Merge([]*col.Vector, []uint64, *col.Batch) error
		}{paned, whole} {
			if err := s.Merge(keys, hash, rows); err != nil {
				t.Fatal(err)
			}
		}
		samePaned(t, paned, whole, keys, hash, before)
		if r.IntN(2) == 0 { // what came goes again
			gone := *rows
			gone.W = make([]int64, rows.N)
			for i := range gone.W {
				gone.W[i] = -1
			}
			if err := paned.Merge(keys, hash, &gone); err != nil {
				t.Fatal(err)
			}
			if err := whole.Merge(keys, hash, &gone); err != nil {
				t.Fatal(err)
			}
			samePaned(t, paned, whole, keys, hash, before)
		}
		before += r.Int64N(3)
		paned.Expire(before)
		p.EndStep()
		if step%50 == 49 {
			head := paned.Header()
			im.take(p)
			p = im.load(t)
			paned = NewPaned(p, &pool.Owner{Name: "again"}, l, 1, 2)
			if err := paned.Restore(head); err != nil {
				t.Fatal(err)
			}
			p.Sweep()
		}
	}
	if n := len(paned.ids); n > 6 {
		t.Errorf("%d panes stand", n)
	}
	if err := new(Paned).Restore([]byte("x")); err == nil {
		t.Error("a damaged header is taken")
	}
}

// samePaned compares the weights and rows of keys that have not expired.
func samePaned(t *testing.T, paned *Paned, whole *Arrangement, keys []*col.Vector, hash []uint64, before int64) {
	t.Helper()
	n := len(hash)
	a, b := make([]int64, n), make([]int64, n)
	paned.Weight(a, keys, hash)
	whole.Weight(b, keys, hash)
	counts := func(s interface {
		Probe([]*col.Vector, []uint64, []int, func([]uint32, *col.Batch) error) error
	}) []int64 {
		out := make([]int64, n)
		err := s.Probe(keys, hash, []int{0}, func(left []uint32, rows *col.Batch) error {
			for i, l := range left {
				out[l] += rows.Weight(i) * int64(1+len(rows.Cols[0].Bytes(i)))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	x, y := counts(paned), counts(whole)
	for i := range n {
		if keys[1].Null(i) || keys[1].I64[i] >= before {
			if a[i] != b[i] || x[i] != y[i] {
				t.Fatalf("row %d: weight %d, rows %d in panes; %d, %d in one arrangement", i, a[i], x[i], b[i], y[i])
			}
		}
	}
}
