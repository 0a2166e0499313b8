package numeric

import (
	"bytes"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/apd/v3"
)

var ordered = []string{"-Infinity", "-1e131071", "-1e70", "-12345678901234567890123456789", "-100.5", "-100", "-99.99", "-1.1", "-1", "-0.1", "-0.01", "-1e-70", "-1e-16383",
	"0", "1e-16383", "1e-70", "0.0099", "0.01", "0.0101", "0.1", "0.11", "1", "1.000000000000000000000000000000001", "1.01", "9", "9.5", "10", "99.99", "100", "100.5", "1e30", "1e64", "1e70", "1e131071", "Infinity", "NaN"}

func TestCanonicalOrder(t *testing.T) {
	var last []byte
	for _, s := range ordered {
		c := AppendCanonical(nil, number(t, s))
		if bytes.Compare(last, c) >= 0 || bytes.HasPrefix(c, last) && last != nil {
			t.Errorf("%s: % x does not follow % x", s, c, last)
		}
		last = c
		var d apd.Decimal
		n, err := DecodeCanonical(append(slices.Clone(c), 0x55, 0xAA), &d)
		if err != nil || n != len(c) || Compare(&d, number(t, s)) != 0 {
			t.Errorf("%s reads back as %s, %d bytes of %d: %v", s, String(&d), n, len(c), err)
		}
	}
}

// randomDecimal makes values of all widths, with zeros at both ends.
func randomDecimal(r *rand.Rand) *apd.Decimal {
	d := new(apd.Decimal)
	words := make([]big.Word, r.IntN(4))
	for i := range words {
		words[i] = big.Word(r.Uint64() >> r.IntN(64))
	}
	d.Coeff.SetMathBigInt(new(big.Int).SetBits(words))
	d.Coeff.Mul(&d.Coeff, tenTo(int32(r.IntN(6))))
	d.Exponent = -int32(r.IntN(30))
	d.Negative = r.IntN(2) == 0 && d.Coeff.Sign() != 0
	return d
}

func TestStoredForms(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var last *apd.Decimal
	for range 20000 {
		d := randomDecimal(r)
		stored := AppendStored(nil, d)
		var back apd.Decimal
		if err := Stored(stored, &back); err != nil || String(&back) != String(d) {
			t.Fatalf("%s reads back as %s: %v", String(d), String(&back), err)
		}
		wider := new(apd.Decimal).Set(d)
		rescale(wider, Scale(d)+int32(r.IntN(5)), roundHalf)
		if !bytes.Equal(Canonical(AppendStored(nil, wider)), Canonical(stored)) {
			t.Fatalf("%s and %s have different canonical bytes", String(d), String(wider))
		}
		if x, ok := ToInt128(d, Scale(d)); ok {
			if !bytes.Equal(AppendStoredInt128(nil, x, Scale(d)), stored) || string(AppendScaled128(nil, x, Scale(d))) != String(d) {
				t.Fatalf("the 128-bit forms of %s differ", String(d))
			}
			if x.IsInt64() && (!bytes.Equal(AppendStoredInt(nil, int64(x.Lo), Scale(d)), stored) || string(AppendScaled(nil, int64(x.Lo), Scale(d))) != String(d)) {
				t.Fatalf("the 64-bit forms of %s differ", String(d))
			}
			if !bytes.Equal(AppendBinaryScaled128(nil, x, Scale(d)), AppendBinary(nil, d)) {
				t.Fatalf("the binary forms of %s differ", String(d))
			}
		}
		if last != nil {
			got := bytes.Compare(AppendCanonical(nil, last), AppendCanonical(nil, d))
			if c := Compare(last, d); min(max(c, -1), 1) != got {
				t.Fatalf("%s and %s compare as %d, their bytes as %d", String(last), String(d), c, got)
			}
		}
		last = d
		checkText(t, d)
	}
}

// checkText reads back the text and binary forms.
func checkText(t *testing.T, d *apd.Decimal) {
	t.Helper()
	var back apd.Decimal
	if err := Parse(&back, String(d)); err != nil || String(&back) != String(d) {
		t.Fatalf("%s parses as %s: %v", String(d), String(&back), err)
	}
	if err := ParseBinary(AppendBinary(nil, d), &back); err != nil || String(&back) != String(d) {
		t.Fatalf("%s is %s in binary: %v", String(d), String(&back), err)
	}
	for _, scale := range []int32{0, 2, 9, 30} {
		want := new(apd.Decimal).Set(d)
		rescale(want, scale, roundHalf)
		if v, ok := ParseScaled([]byte(String(d)), scale); ok && string(AppendScaled(nil, v, scale)) != String(want) {
			t.Fatalf("%s at scale %d parses as %d", String(d), scale, v)
		}
		if v, ok := ParseBinaryScaled(AppendBinary(nil, d), scale); ok && string(AppendScaled(nil, v, scale)) != String(want) {
			t.Fatalf("%s at scale %d is %d in binary", String(d), scale, v)
		}
	}
}

func TestParseScaled(t *testing.T) {
	for _, c := range []struct {
		in    string
		scale int32
		v     int64
		ok    bool
	}{
		{"12.345", 2, 1235, true}, {"-12.345", 2, -1235, true}, {"12.344", 2, 1234, true}, {".5", 0, 1, true}, {"7.", 3, 7000, true},
		{"999999999999999999", 0, 999999999999999999, true}, {"1000000000000000000", 0, 0, false}, {"1", 18, 0, false}, {"0.999", 2, 100, true},
		{".", 2, 0, false}, {"", 2, 0, false}, {"-", 2, 0, false}, {"1e2", 2, 0, false}, {"1.2.3", 2, 0, false}, {" 1", 2, 0, false}, {"NaN", 2, 0, false},
	} {
		if v, ok := ParseScaled(c.in, c.scale); ok != c.ok || ok && v != c.v {
			t.Errorf("%q at %d: %d, %v", c.in, c.scale, v, ok)
		}
	}
}

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

func TestInt128(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	bigOf := func(x Int128) *big.Int {
		b := new(big.Int).Lsh(big.NewInt(x.Hi), 64)
		return b.Add(b, new(big.Int).SetUint64(x.Lo))
	}
	fits := func(b *big.Int) bool { return b.Cmp(bigOf(MinInt128)) >= 0 && b.Cmp(bigOf(MaxInt128)) <= 0 }
	check := func(name string, z Int128, ok bool, want *big.Int) {
		if ok != fits(want) || ok && bigOf(z).Cmp(want) != 0 {
			t.Fatalf("%s: %v %v, want %v", name, bigOf(z), ok, want)
		}
	}
	for range 20000 {
		x := Int128{r.Uint64(), int64(r.Uint64()) >> r.IntN(64)}
		y := Int128{r.Uint64() >> r.IntN(64), int64(r.Uint64()) >> r.IntN(64)}
		v := int64(r.Uint64()) >> r.IntN(64)
		z, ok := x.Add(y)
		check("add", z, ok, new(big.Int).Add(bigOf(x), bigOf(y)))
		z, ok = x.Sub(y)
		check("sub", z, ok, new(big.Int).Sub(bigOf(x), bigOf(y)))
		z, ok = x.Mul(v)
		check("mul", z, ok, new(big.Int).Mul(bigOf(x), big.NewInt(v)))
		check("mul64", Mul64(v, int64(y.Lo)), true, new(big.Int).Mul(big.NewInt(v), big.NewInt(int64(y.Lo))))
		n := int32(r.IntN(45))
		z, ok = x.MulPow10(n)
		check("scale up", z, ok, new(big.Int).Mul(bigOf(x), tenTo(n).MathBigInt()))
		var d apd.Decimal
		SetInt128(&d, x, n)
		rescale(&d, 0, roundHalf)
		got, _ := ToInt128(&d, 0)
		if z := x.DivPow10(n); z != got {
			t.Fatalf("%v / 10^%d is %v, want %v", bigOf(x), n, bigOf(z), bigOf(got))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1.50", "-1e-5", "NaN", " Infinity ", "1e131071", "12345678901234567890.1", "."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var d apd.Decimal
		v, ok := ParseScaled(s, 4)
		if err := Parse(&d, s); err != nil {
			if ok {
				t.Fatalf("%q parses scaled only", s)
			}
			return
		}
		if ok {
			want := new(apd.Decimal).Set(&d)
			rescale(want, 4, roundHalf)
			if string(AppendScaled(nil, v, 4)) != String(want) {
				t.Fatalf("%q parses as %d", s, v)
			}
		}
		checkText(t, &d)
	})
}

func FuzzStored(f *testing.F) {
	for _, s := range []string{"1.50", "-0.001", "NaN", "Infinity", "1e100", "0.00"} {
		var d apd.Decimal
		if Parse(&d, s) == nil {
			f.Add(AppendStored(nil, &d))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d apd.Decimal
		if Stored(b, &d) == nil && !bytes.Equal(AppendStored(nil, &d), b) {
			t.Fatalf("% x is a second form of %s", b, String(&d))
		}
	})
}

func FuzzParseBinary(f *testing.F) {
	for _, s := range []string{"1.50", "-0.001", "NaN", "Infinity", "1e100", "0.00"} {
		var d apd.Decimal
		if Parse(&d, s) == nil {
			f.Add(AppendBinary(nil, &d))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d apd.Decimal
		v, ok := ParseBinaryScaled(b, 6)
		if err := ParseBinary(b, &d); err != nil {
			return
		}
		checkText(t, &d)
		if x, fits := ToInt128(&d, 6); ok && (!fits || x != Int128From(v)) {
			t.Fatalf("%s reads as %d scaled", String(&d), v)
		}
	})
}

func FuzzSums(f *testing.F) {
	var s FixedSum
	s.Add(Int128From(7), 2, 1)
	f.Add(s.Append(nil))
	var w WideSum
	w.AddFixed(&s)
	f.Add(w.Append(nil))
	var a FloatAcc
	a.Add(0.1, 5)
	f.Add(a.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s FixedSum
		if s.Read(b) == nil {
			s.Add(Int128From(5), 3, 1)
			s.Total()
		}
		var w WideSum
		if w.Read(b) == nil {
			var d apd.Decimal
			w.Add(number(t, "1.5"), -1)
			_ = w.Total(&d)
			if err := w.Read(w.Append(nil)); err != nil {
				t.Fatal(err)
			}
		}
		var a FloatAcc
		if a.Read(b) == nil {
			a.Total()
			var back FloatAcc
			if err := back.Read(a.Append(nil)); err != nil || back != a {
				t.Fatalf("accumulator does not read back: %v", err)
			}
		}
		var fs FloatSum
		if fs.Read(b) == nil {
			fs.Add(1.5, 1)
			fs.Total()
		}
	})
}

func FuzzPicture(f *testing.F) {
	f.Add("1,234.5-", "9G999D9S")
	f.Add("<5>", "FM9.0PR")
	f.Add("NaN", "RN th")
	f.Fuzz(func(t *testing.T, text, format string) {
		p, err := NewPicture(format)
		if err != nil {
			return
		}
		var d apd.Decimal
		if p.Parse(&d, text) == nil {
			checkText(t, &d)
		}
		for _, s := range []string{"0", "-1234.5", "NaN", "-Infinity", "1e30"} {
			_, _ = p.AppendNumeric(nil, number(t, s))
		}
		p.AppendFloat(nil, -0.5, 32)
		p.AppendFloat(nil, math.NaN(), 64)
	})
}

// TestGreatValues asks for what is near the limits: each is refused or answered at once.
func TestGreatValues(t *testing.T) {
	great, small := number(t, "9e131071"), number(t, "1e-16383")
	near := number(t, "1.0000000001")
	var d apd.Decimal
	for name, op := range binaryFuncs {
		for _, a := range []*apd.Decimal{great, small, near} {
			for _, b := range []*apd.Decimal{great, small, near} {
				if err := op(&d, a, b); err == nil && integerDigits(&d) > MaxIntegerDigits {
					t.Errorf("%s made a value beyond the limits", name)
				}
			}
		}
	}
	for name, op := range unaryFuncs {
		for _, a := range []*apd.Decimal{great, small, near} {
			if err := op(&d, a); err == nil && integerDigits(&d) > MaxIntegerDigits {
				t.Errorf("%s made a value beyond the limits", name)
			}
		}
	}
}

func BenchmarkAppendCanonicalInt(b *testing.B) {
	var buf [32]byte
	b.ReportAllocs()
	for b.Loop() {
		AppendCanonicalInt(buf[:0], 1234567890, 2)
	}
}

func BenchmarkStored(b *testing.B) {
	stored := AppendStoredInt(nil, 1234567890, 2)
	var d apd.Decimal
	b.ReportAllocs()
	for b.Loop() {
		if err := Stored(stored, &d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendScaled(b *testing.B) {
	var buf [32]byte
	b.ReportAllocs()
	for b.Loop() {
		AppendScaled(buf[:0], 1234567890, 2)
	}
}

func BenchmarkParseScaled(b *testing.B) {
	text := []byte("12345678.90")
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := ParseScaled(text, 2); !ok {
			b.Fatal("refused")
		}
	}
}

func BenchmarkAvgScaled(b *testing.B) {
	sum := Int128From(123456789012)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := AvgScaled(sum, 0, 77); !ok {
			b.Fatal("refused")
		}
	}
}

func BenchmarkFixedSum(b *testing.B) {
	var s FixedSum
	b.ReportAllocs()
	for b.Loop() {
		s.Add(Int128From(12345), 2, 1)
	}
}

func BenchmarkFloatSum(b *testing.B) {
	var s FloatSum
	b.ReportAllocs()
	for b.Loop() {
		if !s.Add(0.1, 1) {
			b.Fatal("full")
		}
	}
}
