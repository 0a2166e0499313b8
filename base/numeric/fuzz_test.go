package numeric

import (
	"bytes"
	"math"
	"testing"

	"github.com/cockroachdb/apd/v3"
)

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
