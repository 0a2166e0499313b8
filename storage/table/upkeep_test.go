package table

import (
	"testing"
	"time"
)

// A store is listed while there is something to maintain, and no longer.
func TestUpkeep(t *testing.T) {
	var u Upkeep
	quiet, busy := pairStore(), pairStore()
	u.Take(quiet)
	u.Take(busy)
	u.Maintain(0, 0, time.Second)
	if len(u.stores) != 0 {
		t.Fatalf("%d stores are listed, and nothing has changed", len(u.stores))
	}
	apply(t, busy, 1, pairs(1, [2]int64{1, 1}, [2]int64{2, 2}))
	apply(t, busy, 2, pairs(-1, [2]int64{1, 1}))
	if len(u.stores) != 1 || u.stores[0] != busy {
		t.Fatalf("%d stores are listed, not the one that changed", len(u.stores))
	}
	u.Maintain(2, 1, time.Second)
	if kept := u.Kept(1); kept == 0 || len(u.stores) != 1 {
		t.Fatalf("a row that a reader may still see is gone: %d bytes kept, %d stores listed", kept, len(u.stores))
	}
	for range 100 { // until the background is done
		u.Maintain(2, 2, time.Second)
	}
	if kept := u.Kept(2); kept != 0 {
		t.Fatalf("%d bytes are kept for nobody", kept)
	}
	u.Take(quiet)
	u.Forget(quiet)
	apply(t, quiet, 3, pairs(1, [2]int64{1, 1}))
	for _, s := range u.stores {
		if s == quiet {
			t.Fatal("a forgotten store is listed")
		}
	}
}

func pairStore() *Store { return New(Config{Types: pairTypes, Key: []int{0}, Shape: Keyed}) }
