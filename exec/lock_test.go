package exec

import "testing"

// What was held is remembered for those who read before it, up to a bound; beyond it every row
// counts as held.
func TestHeldRows(t *testing.T) {
	h := heldRows{}
	h.add(5, map[lockKey]heldRow{{1, 1}: {5, LockUpdate}, {1, 2}: {5, LockShare}})
	h.add(7, map[lockKey]heldRow{{1, 1}: {7, LockShare}})
	for _, c := range []struct {
		hash     uint64
		snapshot uint64
		mode     LockMode
		excludes bool
	}{
		{1, 4, LockShare, true}, {1, 6, LockUpdate, true}, {1, 7, LockUpdate, false},
		{2, 4, LockShare, false}, {2, 4, LockUpdate, true}, {2, 5, LockUpdate, false}, {3, 0, LockUpdate, false},
	} {
		if got := h.rows[lockKey{1, c.hash}].excludes(&lock{snapshot: c.snapshot, mode: c.mode}); got != c.excludes {
			t.Errorf("%+v: %v", c, got)
		}
	}
	h.forget(5)
	if _, kept := h.rows[lockKey{1, 1}]; !kept || len(h.rows) != 1 {
		t.Errorf("after tick 5 is out of sight: %v", h.rows)
	}
	many := map[lockKey]heldRow{}
	for i := range uint64(mostHeld) {
		many[lockKey{2, i}] = heldRow{9, LockShare}
	}
	h.add(9, many)
	if h.all != 9 || len(h.rows) > mostHeld {
		t.Errorf("%d rows are remembered, all up to tick %d", len(h.rows), h.all)
	}
	h.forget(9)
	if len(h.rows) != 0 {
		t.Errorf("%d rows are left", len(h.rows))
	}
}
