package exec

import (
	"testing"
	"time"
)

// Steps that come alone are timed each by itself, of many at once one counts for those before it:
// whatever their pace, the timed ones count for all.
func TestTimedStepsCountForAll(t *testing.T) {
	for _, c := range []struct {
		name  string
		pause int64 // µs between steps
		timed int
	}{{"alone", 5000, 161}, {"every half millisecond", 500, 81}, {"in one tick", 0, 11}} {
		var w stopwatch
		timed, counted := 0, time.Duration(0)
		for i := range int64(161) {
			if w.begin(Tick{now: 1_000_000 + i*c.pause}); w.on {
				timed, counted = timed+1, counted+w.each
			}
		}
		if timed != c.timed || counted != 161 {
			t.Errorf("%s: %d steps are timed and count for %d, not %d for 161", c.name, timed, counted, c.timed)
		}
	}
}
