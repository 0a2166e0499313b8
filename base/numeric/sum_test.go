package numeric

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestSumScaleFalls(t *testing.T) {
	var s FixedSum
	s.Add(Int128From(100), 2, 1)
	s.Add(Int128From(25), 1, 1)
	s.Add(Int128From(100), 2, -1)
	v, scale := s.Total()
	if got := string(AppendScaled128(nil, v, scale)); got != "2.5" {
		t.Errorf("1.00 + 2.5 - 1.00 prints %s", got)
	}
	for _, scale := range []int32{3, 5, 7} {
		if !s.Add(Int128From(1), scale, 1) {
			t.Errorf("scale %d does not fit", scale)
		}
	}
	before := s
	if s.Add(Int128From(1), 9, 1) || s.Add(MaxInt128, 7, 2) || s != before {
		t.Error("a value beyond the form changed it")
	}
}

// TestFloatSums adds and withdraws in another order and compares with exact sums.
func TestFloatSums(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 300 {
		var window FloatSum
		var acc, rest FloatAcc
		exact := new(big.Float).SetPrec(5000)
		fits := true
		var values []float64
		for range 40 {
			f := math.Float64frombits(r.Uint64())
			if round%2 == 0 {
				f = math.Round(r.NormFloat64()*1e6) / 100
			}
			if math.IsNaN(f) || math.IsInf(f, 0) || math.Abs(f) > 1e300 {
				continue
			}
			values = append(values, f)
			exact.Add(exact, new(big.Float).SetFloat64(f))
			acc.Add(f, 3)
			acc.Add(f, -2)
			fits = fits && window.Add(f, 2) && window.Add(f, -1)
		}
		want, _ := exact.Float64()
		if got, _ := acc.Total(); got != want {
			t.Fatalf("accumulator %v, exact %v", got, want)
		}
		if got, _ := window.Total(); fits && got != want || round%2 == 0 && !fits {
			t.Fatalf("window %v (fits %v), exact %v", got, fits, want)
		}
		if fits {
			rest.AddSum(&window)
			if rest != acc {
				t.Fatal("the window holds another sum than the accumulator")
			}
		}
		var back FloatAcc
		if err := back.Read(acc.Append(nil)); err != nil || back != acc {
			t.Fatalf("accumulator does not read back: %v", err)
		}
		for i := range values {
			acc.Add(values[len(values)-1-i], -1)
			if fits && !window.Add(values[i], -1) {
				fits = false
			}
		}
		if acc != (FloatAcc{}) || fits && window != (FloatSum{}) {
			t.Fatal("withdrawing every value leaves something")
		}
	}
}

func TestFloatSumExtremes(t *testing.T) {
	var a FloatAcc
	for _, f := range []float64{1e20, 1, -1e20} {
		a.Add(f, 1)
	}
	if f, _ := a.Total(); f != 1 {
		t.Errorf("1e20 + 1 - 1e20 is %v", f)
	}
	a = FloatAcc{}
	a.Add(math.MaxFloat64, 2)
	if f, over := a.Total(); !over || !math.IsInf(f, 1) {
		t.Errorf("twice the greatest is %v", f)
	}
	a.Add(math.MaxFloat64, -1)
	if f, over := a.Total(); over || f != math.MaxFloat64 {
		t.Errorf("the greatest is %v", f)
	}
	a = FloatAcc{}
	a.Add(5e-324, 1)
	if f, _ := a.Total(); f != 5e-324 {
		t.Errorf("the least is %v", f)
	}
	a.Add(math.NaN(), 1)
	if f, _ := a.Total(); !math.IsNaN(f) {
		t.Errorf("with NaN it is %v", f)
	}
	a.Add(math.NaN(), -1)
	a.Add(math.Inf(-1), 1)
	if f, over := a.Total(); !math.IsInf(f, -1) || over {
		t.Errorf("with -Infinity it is %v", f)
	}
}

func TestCoMoment(t *testing.T) {
	var sx, sxx FloatAcc
	for _, f := range []float64{1e9 + 1, 1e9 + 2, 1e9 + 4} {
		sx.Add(f, 1)
		sxx.AddProduct(f, f, 1)
	}
	if got := CoMoment(3, &sx, &sx, &sxx); math.Abs(got-14.0/3) > 1e-15 {
		t.Errorf("co-moment %v", got)
	}
}
