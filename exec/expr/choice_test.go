package expr

import (
	"testing"

	"github.com/millracedb/millrace/exec/fn"
)

// TestCaseLookup compares a CASE whose branch is looked up with the same one whose conditions
// are evaluated one after the other.
func TestCaseLookup(t *testing.T) {
	const n = 300
	b := sample(n)
	for name, e := range every(t) {
		found, ok := e.(*Case)
		if !ok || found.lookup == nil {
			continue
		}
		plain := *found
		plain.lookup = nil
		c, d := context(), context()
		got, want := found.Eval(c, b, nil), plain.Eval(d, b, nil)
		taken := map[string]bool{}
		fn.Each(nil, n, func(i int) {
			if x, y := answer(c, got, i), answer(d, want, i); x != y {
				t.Errorf("%s, row %d: %s, want %s", name, i, x, y)
			} else {
				taken[x] = true
			}
		})
		if len(taken) < 3 {
			t.Errorf("%s has the answers %v only", name, taken)
		}
	}
	if every(t)["case of one"].(*Case).lookup == nil {
		t.Error("a CASE of one value and constants is not looked up")
	}
}
