package numeric

import (
	"bytes"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
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

// TestManyDigits reads digits from their halves as from the whole.
func TestManyDigits(t *testing.T) {
	for _, n := range []int{digitsTogether, digitsTogether + 1, 3*digitsTogether + 7, 100_003} {
		text := []byte(strings.Repeat("90210567834", n/11+1))[:n]
		var whole, halves apd.BigInt
		whole.SetString(string(text), 10)
		if setDigits(&halves, text); whole.Cmp(&halves) != 0 {
			t.Errorf("%d digits differ", n)
		}
	}
}
