package numeric

import (
	"testing"

	"github.com/cockroachdb/apd/v3"
)

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
