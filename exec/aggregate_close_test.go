package exec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/millracedb/millrace/base/col"
)

// Each row has the number of its key, each number the first row with that key, whatever was
// numbered before; keys that are not close, or NULL, have none.
func TestCloseKeysAreNumbered(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	var c closeKeys
	for range 300 {
		n := 8 + r.IntN(2000)
		least := []int64{0, -5, math.MinInt64, math.MaxInt64 - int64(n)/mostClose}[r.IntN(4)]
		v := col.NewVector(col.Int8)
		for range n {
			v.AppendI64(least + r.Int64N(int64(n)/mostClose))
		}
		if !c.numbers(v, n) {
			t.Fatalf("%d keys from %d on are not numbered", n, least)
		}
		first := map[int64]uint32{}
		for i, k := range v.I64[:n] {
			if _, known := first[k]; !known {
				first[k] = uint32(i)
			}
			if c.rows[c.of[i]] != first[k] {
				t.Fatalf("row %d, key %d: its number's first row is %d, not %d", i, k, c.rows[c.of[i]], first[k])
			}
		}
		if len(c.rows) != len(first) {
			t.Fatalf("%d numbers for %d keys", len(c.rows), len(first))
		}
		for _, far := range []int64{least + int64(n), least - int64(n)} {
			v.I64[n/2] = far
			if c.numbers(v, n) {
				t.Fatalf("%d and %d are close", least, far)
			}
		}
		v.I64[n/2] = least
		v.AppendNull()
		if c.numbers(v, n+1) {
			t.Fatal("NULL is close")
		}
	}
}
