package col

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func drawBatch(t *rapid.T) *Batch {
	types := []Type{Bool, Int4, Int8, Float4, Float8, Text, UUID, Interval, NumericType(10, 2), Numeric}
	b := NewBatch(types...)
	n := rapid.IntRange(0, 70).Draw(t, "rows")
	spread := rapid.SampledFrom([]int64{0, 1 << 7, 1 << 15, 1 << 31, 1 << 62}).Draw(t, "spread")
	lo := rapid.Int64Range(math.MinInt64, math.MaxInt64-spread).Draw(t, "least")
	hi := lo + spread
	for range n {
		for c := range b.Cols {
			v := &b.Cols[c]
			if rapid.IntRange(0, 4).Draw(t, "null") == 0 {
				v.AppendNull()
				continue
			}
			x := rapid.Int64Range(lo, hi).Draw(t, "x")
			switch v.Kind {
			case KindBit:
				v.AppendBool(x&1 == 1)
			case KindI32:
				v.AppendI32(int32(x))
			case KindI64, KindD64:
				v.AppendI64(x)
			case KindF32:
				v.AppendF32(float32(x))
			case KindF64:
				v.AppendF64(float64(x))
			case KindIv, KindU128:
				v.AppendWide([2]uint64{uint64(x), uint64(x) >> 3})
			default:
				v.AppendBytes(bytes.Repeat([]byte{byte(x)}, int(uint64(x)%40)))
			}
		}
		b.Grow(b.N+1, rapid.Int64Range(-2, 2).Draw(t, "w"))
	}
	return b
}

func TestBatchCodecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBatch(t)
		enc := AppendBatchTo(nil, b)
		if size := EncodedSize(b); size != int64(len(enc)) {
			t.Fatalf("%d bytes, %d were announced", len(enc), size)
		}
		d, rest, err := DecodeBatch(append(enc, 7))
		if err != nil || len(rest) != 1 {
			t.Fatalf("rest %d, error %v", len(rest), err)
		}
		for c := range b.Cols {
			d.Cols[c].Check(b.N)
			for i := range b.N {
				if !EqualAt(&b.Cols[c], i, &d.Cols[c], i) {
					t.Fatalf("column %d row %d differs", c, i)
				}
			}
		}
		for i := range b.N {
			if b.Weight(i) != d.Weight(i) {
				t.Fatalf("weight %d differs", i)
			}
		}
	})
}

// A large batch leaves in pieces, of which none is much larger than a piece or a value.
func TestEncodeBatchInPieces(t *testing.T) {
	b := NewBatch(Int8, Int4, Float8, UUID, Text, Bool)
	for i := range 20000 {
		b.Cols[0].AppendI64(int64(i) << 20)
		b.Cols[1].AppendI32(int32(i))
		b.Cols[2].AppendF64(float64(i))
		b.Cols[3].AppendWide([2]uint64{uint64(i), 1})
		b.Cols[4].AppendBytes(bytes.Repeat([]byte{'a' + byte(i%26)}, i%50))
		b.Cols[5].AppendNull()
	}
	b.Cols[4].SetBytes(7, bytes.Repeat([]byte("long"), 1<<18))
	b.Grow(20000, 3)
	want := AppendBatchTo(nil, b)
	var got []byte
	pieces := 0
	buf, err := EncodeBatch(nil, b, func(p []byte) error {
		if pieces++; len(p) > 2*pieceBytes && len(p) < 1<<20 || len(p) > 1<<20+pieceBytes {
			t.Errorf("a piece of %d bytes", len(p))
		}
		got = append(got, p...)
		return nil
	})
	if err != nil || !bytes.Equal(got, want) || EncodedSize(b) != int64(len(want)) {
		t.Fatalf("%d bytes in %d pieces, want %d, announced %d, error %v", len(got), pieces, len(want), EncodedSize(b), err)
	}
	refused := errors.New("refused")
	calls := 0
	if _, err := EncodeBatch(buf, b, func([]byte) error { calls++; return refused }); !errors.Is(err, refused) || calls != 1 {
		t.Fatalf("error %v after %d calls", err, calls)
	}
}

func FuzzDecodeBatch(f *testing.F) {
	b := NewBatch(Int8, Text, Bool)
	b.Cols[0].AppendI64(1)
	b.Cols[1].AppendString("a string longer than a view")
	b.Cols[2].AppendNull()
	b.Grow(1, -1)
	f.Add(AppendBatchTo(nil, b))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, src []byte) {
		b, _, err := DecodeBatch(src)
		if err != nil {
			return
		}
		for c := range b.Cols {
			b.Cols[c].Check(b.N)
		}
		if enc := AppendBatchTo(nil, b); EncodedSize(b) != int64(len(enc)) {
			t.Fatalf("%d bytes, %d were announced", len(enc), EncodedSize(b))
		}
	})
}
