package col

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// Rows come back from their identity bytes, and order keys are as long as SkipOrderKey says.
func TestReadIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBatch(t)
		got := NewBatch(b.Types()...)
		for i := range b.N {
			id := AppendIdentity(nil, b.Cols, i)
			if rest := ReadIdentity(got.Cols, append(id, 7)); len(rest) != 1 {
				t.Fatalf("%d bytes are left of row %d", len(rest)-1, i)
			}
			got.Grow(i+1, 1)
			if again := AppendIdentity(nil, got.Cols, i); !bytes.Equal(id, again) {
				t.Fatalf("row %d: %x became %x", i, id, again)
			}
			for c := range b.Cols {
				v := &b.Cols[c]
				if v.Type == Numeric {
					continue // its drawn bytes are no number
				}
				o := Order{Desc: rapid.Bool().Draw(t, "desc"), NullsFirst: rapid.Bool().Draw(t, "nulls first")}
				if rest := SkipOrderKey(append(AppendOrderKey(nil, v, i, o), 7), v.Type, o); len(rest) != 1 {
					t.Fatalf("%d bytes are left of column %d, row %d", len(rest)-1, c, i)
				}
			}
		}
	})
}

func TestSkipOrderKeyOfNumerics(t *testing.T) {
	v := NewVector(Numeric)
	v.ResetKind(Numeric, KindD64, 2)
	v.AppendI64(0)
	v.AppendI64(-12345)
	for i := range 2 {
		for _, o := range []Order{{}, {Desc: true}, {NullsFirst: true}} {
			lane := AppendOrderKey(nil, v, i, o)
			if stored := AppendOrderKey(nil, v.ToDec(), i, o); !bytes.Equal(lane, stored) {
				t.Fatalf("order keys of one number differ: %x and %x", lane, stored)
			}
			if rest := SkipOrderKey(append(lane, 7), Numeric, o); len(rest) != 1 {
				t.Fatalf("%d bytes are left", len(rest)-1)
			}
		}
	}
}

func TestSkipOrderKeyOfArrays(t *testing.T) {
	ints, texts := NewVector(Int4), NewVector(Text)
	ints.AppendI32(-1)
	ints.AppendNull()
	ints.AppendI32(255)
	texts.AppendString("")
	texts.AppendString("a\x00\xff")
	texts.AppendNull()
	for _, elems := range []*Vector{ints, texts} {
		typ, _ := elems.Type.Array()
		v := NewVector(typ)
		for n := range 4 {
			shape := Flat(n)
			v.AppendBytes(AppendArray(nil, &shape, elems, 0))
			for _, o := range []Order{{}, {Desc: true}, {NullsFirst: true}} {
				if rest := SkipOrderKey(append(AppendOrderKey(nil, v, n, o), 7, 7), typ, o); len(rest) != 2 {
					t.Errorf("%v of %d elements, %+v: %d bytes are left", typ, n, o, len(rest)-2)
				}
			}
		}
	}
}
