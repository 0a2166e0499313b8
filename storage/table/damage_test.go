package table

import (
	"math/rand/v2"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// damage changes some bytes behind the head, and sometimes cuts the end off.
func damage(r *rand.Rand, b []byte) []byte {
	c := append([]byte(nil), b...)
	for range 1 + r.IntN(3) {
		c[blobHead+r.IntN(len(c)-blobHead)] = byte(r.IntN(256))
	}
	if r.IntN(4) == 0 {
		c = c[:r.IntN(len(c))]
	}
	return resum(c)
}

// TestDamageBehindTheChecksum tries what a checksum would refuse: the store must refuse it
// too, or hold something that can be read, and never panic.
func TestDamageBehindTheChecksum(t *testing.T) {
	s := wideStore(t, 200)
	s.close()
	settleAll(s, 1)
	if err := s.CreateIndex("t", []int{1, 3}, false); err != nil {
		t.Fatal(err)
	}
	d := col.NewBatch(wideTypes...)
	for b := range s.At(1, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Access{}) {
		for i := range 30 {
			d.AppendRow(b, i, -1)
		}
		break
	}
	if err := s.Apply(2, d); err != nil {
		t.Fatal(err)
	}
	d.W = nil
	if err := s.Apply(3, d); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	good, bad := 0, 0
	for n := range 1500 {
		blobs := map[uint64][]byte{}
		for _, p := range s.Segments(uint64(n % 4)) {
			blobs[p.ID] = p.Encode(nil)
		}
		victim := uint64(n % 3 % 2) // the state or the first segment
		blobs[victim] = damage(r, blobs[victim])
		again := New(s.cfg)
		if err := again.Restore(blobs[0], func(id uint64) ([]byte, error) { return blobs[id], nil }); err != nil {
			if c := pgerr.CodeOf(err); c != pgerr.DataCorrupted {
				t.Fatal(c, err)
			}
			bad++
			continue
		}
		good++
		contents(again, again.tick)
		if err := again.Changes(again.floor.Load(), again.tick, []int{0, 1}, func(uint64, *col.Batch) error { return nil }); err != nil {
			t.Fatal(err)
		}
		for again.Maintain(again.tick, again.tick, 1<<30) {
		}
		contents(again, again.tick)
	}
	if good == 0 || bad == 0 {
		t.Fatal(good, bad)
	}
}
