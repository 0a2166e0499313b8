package col

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func drawBatch(t *rapid.T) *Batch {
	types := []Type{Bool, Int4, Int8, Float4, Float8, Text, UUID, Interval, NumericType(10, 2), Numeric}
	b := NewBatch(types...)
	n := rapid.IntRange(0, 70).Draw(t, "rows")
	for range n {
		for c := range b.Cols {
			v := &b.Cols[c]
			if rapid.IntRange(0, 4).Draw(t, "null") == 0 {
				v.AppendNull()
				continue
			}
			x := rapid.Int64().Draw(t, "x")
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
	})
}
