package exec

import "testing"

// TestWithdraw takes entries back as long as they are in no tick.
func TestWithdraw(t *testing.T) {
	var q queue
	q.init()
	entries := []*entry{{rows: 1, bytes: 10}, {rows: 2, bytes: 20}, {rows: smallRows + 1, bytes: 30}}
	for _, x := range entries {
		if err := q.put(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	if !q.withdraw(entries[1]) || q.withdraw(entries[1]) || !q.withdraw(entries[2]) {
		t.Error("an entry that waits is taken back, once")
	}
	if q.bytes != 10 {
		t.Errorf("%d bytes wait", q.bytes)
	}
	if batch, _ := q.take(true); len(batch) != 1 || batch[0] != entries[0] || q.bytes != 0 {
		t.Errorf("a tick takes %d entries and leaves %d bytes", len(batch), q.bytes)
	}
	if q.withdraw(entries[0]) {
		t.Error("an entry is taken back from its tick")
	}
}
