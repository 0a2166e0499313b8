package col

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A vector under random appends, gathers and unions holds what a plain slice would.
func TestStringVectorsHoldWhatWasAppended(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := NewVector(Text)
		var want []string
		n := rapid.IntRange(0, 60).Draw(t, "n")
		for range n {
			switch rapid.IntRange(0, 3).Draw(t, "op") {
			case 0:
				s := strings.Repeat("x", rapid.IntRange(0, 40).Draw(t, "len")) + fmt.Sprint(len(want))
				v.AppendString(s)
				want = append(want, s)
			case 1:
				v.AppendNull()
				want = append(want, "NULL")
			case 2:
				other := NewVector(Text)
				s := strings.Repeat("long ", rapid.IntRange(0, 9).Draw(t, "words"))
				other.AppendString("skipped, and longer than a view")
				other.AppendString(s)
				other.AppendNull()
				v.Gather(other, []uint32{1, 2, 1})
				want = append(want, s, "NULL", s)
			case 3:
				other := NewVector(Text)
				s := strings.Repeat("union ", rapid.IntRange(0, 9).Draw(t, "words"))
				other.AppendString(s)
				v.AppendAll(other)
				want = append(want, s)
			}
		}
		check := func() {
			v.Check(len(want))
			for i, w := range want {
				got := "NULL"
				if !v.Null(i) {
					got = v.String(i)
				}
				if got != w {
					t.Fatalf("value %d: got %q, want %q", i, got, w)
				}
			}
		}
		check()
		v.Own()
		check()
	})
}

func TestCompactKeepsWeightsAndHashes(t *testing.T) {
	b := NewBatch(Int8, Text)
	for i := range 10 {
		b.Cols[0].AppendI64(int64(i))
		b.Cols[1].AppendString(strings.Repeat("s", i*3))
		b.Grow(i+1, int64(i%3-1))
	}
	b.Sel = []uint32{2, 5, 9}
	d := b.Compact()
	for i, r := range b.Sel {
		if d.Cols[0].I64[i] != int64(r) || d.Weight(i) != b.Weight(int(r)) || d.Cols[1].String(i) != b.Cols[1].String(int(r)) {
			t.Fatalf("row %d differs after Compact", r)
		}
	}
}

// Values that SQL calls equal have one canonical form, one hash and one order key, in
// whatever form they travel; identity keeps them apart.
func TestCanonicalFormsMeet(t *testing.T) {
	var seed = Seed{1, 2}
	d := Vector{}
	d.ResetKind(Numeric, KindD64, 2)
	d.AppendI64(150) // 1.50
	e := Vector{}
	e.ResetKind(Numeric, KindD64, 1)
	e.AppendI64(15) // 1.5
	f := NewVector(Float8)
	f.AppendF64(math.Copysign(0, -1))
	g := NewVector(Float8)
	g.AppendF64(0)
	iv := NewVector(Interval)
	iv.AppendWide(IntervalLane(1, 0, 0))
	iw := NewVector(Interval)
	iw.AppendWide(IntervalLane(0, 29, 86400*1000000))
	c := NewVector(Bpchar)
	c.AppendString("ab ")
	h := NewVector(Bpchar)
	h.AppendString("ab")
	for _, p := range [][2]*Vector{{&d, &e}, {d.ToDec(), &e}, {f, g}, {iv, iw}, {c, h}} {
		x, y := CanonicalOf(p[0]), CanonicalOf(p[1])
		if !EqualAt(x, 0, y, 0) {
			t.Errorf("%v: canonical forms differ", p[0].Type)
		}
		hx, hy := make([]uint64, 1), make([]uint64, 1)
		seed.Keys(hx, []*Vector{x})
		seed.Keys(hy, []*Vector{y})
		if hx[0] != hy[0] {
			t.Errorf("%v: hashes differ", p[0].Type)
		}
		if !bytes.Equal(AppendOrderKey(nil, p[0], 0, Order{}), AppendOrderKey(nil, p[1], 0, Order{})) {
			t.Errorf("%v: order keys differ", p[0].Type)
		}
		if bytes.Equal(AppendIdentity(nil, []Vector{*p[0]}, 0), AppendIdentity(nil, []Vector{*p[1]}, 0)) && !EqualAt(p[0].ToDec(), 0, p[1].ToDec(), 0) {
			t.Errorf("%v: identities meet", p[0].Type)
		}
	}
}

func TestIntervalOrder(t *testing.T) {
	lanes := [][2]uint64{
		IntervalLane(-178000000, 0, 0), IntervalLane(0, -1, 0), IntervalLane(0, 0, -1), IntervalLane(0, 0, 0), IntervalLane(0, 0, 1),
		IntervalLane(0, 1, -1), IntervalLane(0, 1, 0), IntervalLane(1, -1, 0), IntervalLane(1, 0, 0), IntervalLane(178000000, 0, math.MaxInt64),
	}
	for i := 1; i < len(lanes); i++ {
		a, b := IntervalOrder(lanes[i-1]), IntervalOrder(lanes[i])
		if a[0] > b[0] || a[0] == b[0] && a[1] >= b[1] {
			t.Errorf("interval %d does not sort before %d", i-1, i)
		}
	}
}

// The hash is part of the formats: these numbers may never change.
func TestHashIsFixed(t *testing.T) {
	s := Seed{0x0123456789abcdef, 0xfedcba9876543210}
	v := NewVector(Int8)
	v.AppendI64(42)
	v.AppendNull()
	out := make([]uint64, 2)
	s.Keys(out, []*Vector{v})
	got := fmt.Sprintf("%016x %016x %016x %016x", out[0], out[1], s.Bytes([]byte("millrace")), s.Bytes([]byte(strings.Repeat("millrace", 9))))
	const want = "f6d09d267fa2b6f0 2d358dccaa6c78a5 a0923c3f240d85c2 55c14f2ac473d70f"
	if got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}

func TestSelBits(t *testing.T) {
	a, b := make([]uint64, 3), make([]uint64, 3)
	var want []uint32
	for i := range 150 {
		putBit(a, i, i%3 == 0)
		putBit(b, i, i%2 == 0)
		if i%6 == 0 {
			want = append(want, uint32(i))
		}
	}
	if got := SelBits(nil, 150, a, b); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("got %v", got)
	}
	if got := CountBits(a, 100); got != 34 {
		t.Fatalf("CountBits = %d", got)
	}
}

// What AppendBatch takes from a batch that does not last, it copies.
func TestAppendBatchCopiesWhatDoesNotLast(t *testing.T) {
	src := NewBatch(Text)
	src.Cols[0].AppendString("a string longer than a view")
	src.Grow(1, 1)
	dst := NewBatch(Text)
	dst.AppendBatch(src)
	src.Reset()
	src.Cols[0].AppendString("XXXXXXXXXXXXXXXXXXXXXXXXXXXXXX")
	src.Grow(1, 1)
	dst.AppendBatch(src)
	src.Reset()
	src.Cols[0].AppendString("YYYYYYYYYYYYYYYYYYYYYYYYYYYYYY")
	if got := dst.Cols[0].String(0); got != "a string longer than a view" {
		t.Fatalf("first row: %q", got)
	}
	if got := dst.Cols[0].String(1); got != "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXX" {
		t.Fatalf("second row: %q", got)
	}
}

// The fast paths of the hash agree with the general one.
func TestHashPathsAgree(t *testing.T) {
	s := Seed{3, 4}
	for _, typ := range []Type{Int4, Int8, Text, Timestamp, NumericType(10, 2)} {
		v := NewVector(typ)
		for i := range 20 {
			switch v.Kind {
			case KindI32:
				v.AppendI32(int32(i - 7))
			case KindStr:
				v.AppendString(strings.Repeat("k", i))
			default:
				v.AppendI64(int64(i) - 7)
			}
		}
		for _, more := range []bool{false, true} {
			a, b := make([]uint64, v.N), make([]uint64, v.N)
			for i := range a {
				a[i], b[i] = uint64(i), uint64(i)
			}
			s.one(a, v, more)
			s.general(b, v, more)
			if fmt.Sprint(a) != fmt.Sprint(b) {
				t.Errorf("%v, more %v: the paths differ", typ, more)
			}
		}
	}
}
