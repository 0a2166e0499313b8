package table

import (
	"errors"
	"slices"
	"testing"

	"github.com/millracedb/millrace/base/col"
)

// A Bag that keeps nothing holds rows for those who follow it before they come, and for nobody else.
func TestPassingRows(t *testing.T) {
	s := New(Config{Types: pairTypes, Shape: Bag, Retention: Retention{None: true}})
	told := func(from, to uint64) (ticks []uint64, err error) {
		err = s.Changes(from, to, []int{0}, func(tick uint64, b *col.Batch) error {
			if b.N != 2 || b.Cols[0].I64[0] != int64(tick) {
				t.Errorf("tick %d brings %d rows of %d", tick, b.N, b.Cols[0].I64[0])
			}
			ticks = append(ticks, tick)
			return nil
		})
		return ticks, err
	}
	come := func(tick uint64) {
		apply(t, s, tick, pairs(1, [2]int64{int64(tick), 0}, [2]int64{int64(tick), 1}))
		if n := s.Count(tick); n != 0 || len(keysAt(t, s, tick)) > 0 {
			t.Errorf("%d rows are kept of tick %d", n, tick)
		}
	}
	come(1)
	come(2)
	if s.Passed() != 2 || len(*s.segs.Load()) > 0 {
		t.Errorf("tick 2 is held with %d segments, though nobody follows; passed: %d", len(*s.segs.Load()), s.Passed())
	}
	s.Follow() // from tick 2 on
	come(3)
	come(4)
	if s.Passed() != 2 {
		t.Errorf("tick %d has passed, though somebody follows", s.Passed())
	}
	if ticks, err := told(2, 4); err != nil || !slices.Equal(ticks, []uint64{3, 4}) {
		t.Error(ticks, err)
	}
	if _, err := told(1, 4); !errors.Is(err, ErrSnapshotTooOld) {
		t.Errorf("changes of ticks that were not held: %v", err)
	}
	settleAll(s, 3)
	if ticks, err := told(3, 4); err != nil || !slices.Equal(ticks, []uint64{4}) {
		t.Error(ticks, err)
	}
	settleAll(s, 4)
	if n := len(*s.segs.Load()); n > 0 {
		t.Errorf("%d segments stay, though all have been told them", n)
	}
	s.Unfollow()
	come(5)
	if s.Passed() != 5 {
		t.Error(s.Passed())
	}
}
