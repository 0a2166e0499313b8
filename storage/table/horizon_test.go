package table

import (
	"errors"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

func TestRetentionForgetsWholeSegments(t *testing.T) {
	s := New(Config{Types: pairTypes, Shape: Bag, Retention: Retention{Age: 10, Rows: 300}})
	if err := s.CreateIndex("k", []int{0}, false); err != nil {
		t.Fatal(err)
	}
	at := int64(0)
	for tick := uint64(1); tick <= 8; tick++ {
		if err := s.Expire(tick, int64(tick)); err != nil {
			t.Fatal(err)
		}
		var rows [][2]int64
		for range 50 {
			rows = append(rows, [2]int64{at, 0})
			at++
		}
		apply(t, s, tick, pairs(1, rows...))
	}
	if n := s.Count(8); n != 400 {
		t.Fatal(n)
	}
	// The first segment has 64 rows; without it more than 300 are left, without the next not.
	if err := s.Expire(9, 9); err != nil {
		t.Fatal(err)
	}
	if k := keysAt(t, s, 9); len(k) != 336 || k[0] != 64 || s.Count(9) != 336 || s.Count(8) != 400 || len(keysAt(t, s, 8)) != 400 {
		t.Fatal(len(k), k[0], s.Count(9), s.Count(8))
	}
	told := 0
	if err := s.Changes(8, 9, []int{0}, func(uint64, *col.Batch) error { told++; return nil }); err != nil || told != 0 {
		t.Fatal(told, err)
	}
	settleAll(s, 9)
	dst := col.NewBatch(col.Int8)
	if _, err := s.Lookup(9, "k", []*col.Vector{ints(3, 64)}, []int{0}, dst, nil); err != nil || dst.N != 1 {
		t.Fatal(dst.N, err)
	}
	if len(*s.segs.Load()) != 2 {
		t.Fatal(len(*s.segs.Load()))
	}
	if err := s.Expire(10, 100); err != nil || s.Count(10) != 0 {
		t.Fatal(err, s.Count(10))
	}
	apply(t, s, 11, pairs(1, [2]int64{7, 7}))
	if s.Count(11) != 1 {
		t.Fatal(s.Count(11))
	}
}

func TestRetentionByBytes(t *testing.T) {
	s := New(Config{Types: pairTypes, Shape: Bag, Retention: Retention{Bytes: 16 * 100}})
	for tick := uint64(1); tick <= 64; tick++ {
		apply(t, s, tick, pairs(1, [2]int64{1, 1}, [2]int64{2, 2}, [2]int64{3, 3}))
	}
	if err := s.Expire(65, 0); err != nil || s.Count(65) != 192-64 {
		t.Fatal(err, s.Count(65))
	}
}

func TestPinsEndTheOldestReader(t *testing.T) {
	p := NewPins(1000)
	p.Publish(5)
	a := p.Pin()
	p.Publish(6)
	b, x := p.Pin(), p.PinExempt()
	p.Publish(9)
	c, err := p.PinAt(7)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.PinAt(4); !errors.Is(err, ErrSnapshotTooOld) {
		t.Fatal(err)
	}
	if h := p.Evict(func(h uint64) int64 { return int64(9-h) * 300 }); h != 6 || !errors.Is(a.Err(), ErrSnapshotTooOld) || b.Err() != nil || x.Err() != nil || c.Err() != nil {
		t.Fatal(h, a.Err(), b.Err(), x.Err(), c.Err())
	}
	a.Release()
	b.Release()
	if h := p.Evict(func(h uint64) int64 { return 1 << 40 }); h != 6 || c.Err() != nil {
		t.Fatal(h, c.Err())
	}
	c.Release()
	x.Advance(8)
	x.Advance(3)
	if h := p.Horizon(); h != 8 || x.Tick() != 8 {
		t.Fatal(h)
	}
	x.Release()
	x.Release()
	if h := p.Horizon(); h != 9 || p.Published() != 9 {
		t.Fatal(h)
	}
}

func TestReadersBelowTheFloorAreTooOld(t *testing.T) {
	s := counting(t, 100)
	bag := New(Config{Types: pairTypes, Shape: Bag})
	for tick := uint64(1); tick <= 100; tick++ {
		apply(t, bag, tick, pairs(1, [2]int64{1, 1}, [2]int64{2, 2}))
	}
	s.Maintain(100, 80, 0)
	it := 0
	for _, err := range bag.At(50, []int{0, 1}, Access{}) {
		if it++; it == 1 {
			bag.Maintain(100, 80, 0) // the reader was not pinned
			if err != nil {
				t.Fatal(err)
			}
		} else if !errors.Is(err, ErrSnapshotTooOld) {
			t.Fatal(err)
		}
	}
	if it < 2 {
		t.Fatal(it)
	}
	for _, err := range s.At(50, []int{0}, Access{}) {
		if !errors.Is(err, ErrSnapshotTooOld) {
			t.Fatal(err)
		}
	}
	none := func(uint64, *col.Batch) error { return nil }
	if err := s.Changes(79, 90, []int{0}, none); !errors.Is(err, ErrSnapshotTooOld) || pgerr.CodeOf(err) != "72000" {
		t.Fatal(err)
	}
	if err := s.Changes(80, 90, []int{0}, none); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Lookup(79, "", []*col.Vector{ints(1)}, []int{0}, col.NewBatch(col.Int8), nil); !errors.Is(err, ErrSnapshotTooOld) {
		t.Fatal(err)
	}
}

// What a reader took from the index while compaction was still bringing it up to date leads
// to the version for as long as the reader's tick is pinned.
func TestOldPlacesLastAsLongAsTheirReaders(t *testing.T) {
	s := New(Config{Types: pairTypes, Key: []int{0}, Shape: Keyed})
	for part := range int64(mergeRun) {
		var rows [][2]int64
		for k := range int64(300) {
			rows = append(rows, [2]int64{300*part + k, k})
		}
		apply(t, s, 1, pairs(1, rows...))
		s.close()
	}
	apply(t, s, 2, pairs(1, [2]int64{-2, 1}))
	for i := 0; len(s.upkeep.moved) == 0; i++ {
		if i == 100 {
			t.Fatal("small neighbours are not made one")
		}
		s.Maintain(2, 2, 0)
		if s.upkeep.busy {
			s.upkeep.jobs <- <-s.upkeep.jobs
		}
	}
	apply(t, s, 3, pairs(1, [2]int64{-3, 1}))
	to := s.upkeep.moved[0].to
	last := col.NewBatch(col.Int8)
	to.copyRow(int(to.n.Load())-1, []int{0}, last)
	var k keys
	s.ids.prepare(&k, pairTypes, []*col.Vector{&last.Cols[0]}, 1)
	old, _, _ := s.ids.newest(&s.places, &k, 0) // by a reader of tick 3
	if old.no() == to.no {
		t.Fatal("nothing is left to patch")
	}
	for tick := uint64(4); tick <= 6; tick++ {
		apply(t, s, tick, pairs(1, [2]int64{-int64(tick), 1}))
		settleAll(s, min(tick, 3))
	}
	if g, slot := s.places.find(old); g == nil || !s.ids.matches(g, slot, &k, 0) {
		t.Fatal("a reader's place is forgotten")
	}
	settleAll(s, 6)
	if len(s.upkeep.moved) != 0 {
		t.Fatal("places that nobody can name are held")
	}
}

// A segment that has just been opened has no births; it must not hide those before it.
func TestChangesWhileASegmentIsOpened(t *testing.T) {
	s := New(Config{Types: pairTypes, Key: []int{0}, Shape: Keyed})
	apply(t, s, 1, pairs(1, [2]int64{1, 1}))
	s.close()
	s.room()
	n := 0
	err := s.Changes(0, 1, []int{0}, func(_ uint64, b *col.Batch) error { n += b.N; return nil })
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
}
