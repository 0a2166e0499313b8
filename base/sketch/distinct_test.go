package sketch

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The estimate is within four standard errors of the truth, from one value to millions, and
// does not depend on how the values were divided, or on how often each came.
func TestEstimate(t *testing.T) {
	for _, n := range []int{0, 1, 2, 10, 100, 500, 1000, 2000, 3000, 5000, 10_000, 100_000, 2_000_000} {
		rnd := rand.New(rand.NewPCG(1, uint64(n)))
		var whole Distinct
		var parts [3]Distinct
		for i := range n {
			h := rnd.Uint64()
			whole.Add(h)
			parts[i%3].Add(h)
			parts[(i+1)%3].Add(h)
		}
		for i := 1; i < 3; i++ {
			parts[0].Merge(&parts[i])
		}
		if parts[0] != whole {
			t.Errorf("%d values in three parts are not what they are in one", n)
		}
		if got := whole.Estimate(); math.Abs(got-float64(n)) > 4*0.0325*float64(n)+0.5 {
			t.Errorf("%d values are taken for %.0f", n, got)
		}
	}
}

func TestExtremeHashes(t *testing.T) {
	var d Distinct
	d.Add(0)
	d.Add(math.MaxUint64)
	if got := d.Estimate(); math.Abs(got-2) > 0.1 {
		t.Errorf("the least hash and the greatest are taken for %.2f", got)
	}
	for i := range d {
		d[i] = ranks
	}
	if got := d.Estimate(); !(got > 1e18) {
		t.Errorf("full registers are taken for %.0f", got)
	}
}

func TestEncoded(t *testing.T) {
	for _, n := range []int{0, 1, 200, 400, 100_000} {
		rnd := rand.New(rand.NewPCG(2, uint64(n)))
		var d, back Distinct
		for range n {
			d.Add(rnd.Uint64())
		}
		b := d.AppendTo([]byte{9})
		rest, ok := back.Decode(append(b[1:], 7))
		if !ok || back != d || len(rest) != 1 || rest[0] != 7 {
			t.Errorf("%d values do not come back", n)
		}
		for cut := range min(len(b)-1, 40) {
			if _, ok := back.Decode(b[1 : 1+cut]); ok && cut < len(b)-1 {
				t.Errorf("%d of %d bytes are taken for a whole", cut, len(b)-1)
			}
		}
	}
	if _, ok := new(Distinct).Decode([]byte{1, 0, 0, 0, ranks + 1}); ok {
		t.Error("a rank that no hash has is taken")
	}
}
