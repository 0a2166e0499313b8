package table

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// settleAll keeps house until nothing is left to do.
func settleAll(s *Store, tick uint64) {
	for idle := 0; idle < 3; idle++ {
		for s.Maintain(tick, tick, time.Minute) {
		}
		if s.upkeep.busy {
			f := <-s.upkeep.jobs
			s.upkeep.jobs <- f
			idle = 0
		}
	}
}

func ints(vals ...int64) *col.Vector {
	v := col.NewVector(col.Int8)
	for _, x := range vals {
		v.AppendI64(x)
	}
	return v
}

func pairs(w int64, rows ...[2]int64) *col.Batch {
	b := col.NewBatch(col.Int8, col.Int8)
	for _, r := range rows {
		b.Cols[0].AppendI64(r[0])
		b.Cols[1].AppendI64(r[1])
		b.Grow(b.N+1, w)
	}
	return b
}

var pairTypes = []col.Type{col.Int8, col.Int8}

func keysAt(t *testing.T, s *Store, tick uint64) (keys []int64) {
	t.Helper()
	for b, err := range s.At(tick, []int{0}, Access{}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Len() {
			keys = append(keys, b.Cols[0].I64[b.Row(i)])
		}
	}
	return keys
}

func apply(t *testing.T, s *Store, tick uint64, b *col.Batch) {
	t.Helper()
	if err := s.Apply(tick, b); err != nil {
		t.Fatal(err)
	}
}

// counting fills a store with rows that change again and again.
func counting(t *testing.T, ticks uint64) *Store {
	s := New(Config{Types: pairTypes, Key: []int{0}, Shape: Keyed})
	for tick := uint64(1); tick <= ticks; tick++ {
		b := col.NewBatch(pairTypes...)
		for k := range int64(10) {
			if tick > 1 {
				b.Cols[0].AppendI64(k)
				b.Cols[1].AppendI64(int64(tick) - 1)
				b.Grow(b.N+1, -1)
			}
			b.Cols[0].AppendI64(k)
			b.Cols[1].AppendI64(int64(tick))
			b.Grow(b.N+1, 1)
		}
		apply(t, s, tick, b)
	}
	return s
}

func TestDeadVersionsGiveTheirMemoryBack(t *testing.T) {
	s := counting(t, 20000)
	before, kept := s.Bytes()
	if kept == 0 || s.Kept(20000) != 0 {
		t.Fatal(kept, s.Kept(20000))
	}
	settleAll(s, 20000)
	for tick := uint64(20001); tick < 20100; tick++ {
		apply(t, s, tick, pairs(1, [2]int64{int64(tick), 0}))
		settleAll(s, tick)
	}
	after, kept := s.Bytes()
	if after > before/20 || kept != 0 || s.Count(20099) != 109 || len(keysAt(t, s, 20099)) != 109 {
		t.Fatalf("%d bytes of %d are left, %d kept, %d rows", after, before, kept, s.Count(20099))
	}
	if len(s.upkeep.moved) > 1 || len(s.unfolded) > 2 || len(s.prevs) > 2 {
		t.Fatal(len(s.upkeep.moved), len(s.unfolded), len(s.prevs))
	}
}

func TestFoldedDeaths(t *testing.T) {
	s := New(Config{Types: pairTypes, Key: []int{0}, Shape: Keyed})
	var rows, odd [][2]int64
	var want []int64
	for i := range int64(1000) {
		rows = append(rows, [2]int64{i, i})
		if i%3 == 1 {
			odd = append(odd, [2]int64{i, i})
		} else {
			want = append(want, i)
		}
	}
	apply(t, s, 1, pairs(1, rows...))
	apply(t, s, 2, pairs(-1, odd...))
	if !s.Pending() {
		t.Fatal("nothing to do after deaths")
	}
	settleAll(s, 50)
	if s.Pending() {
		t.Fatal("something to do when all is done")
	}
	for _, g := range *s.segs.Load() {
		if g.dead.pages.Load() != nil || g.dead.settled.Load() == nil {
			t.Fatal("deaths were not folded")
		}
	}
	if got := keysAt(t, s, 50); !slices.Equal(got, want) || s.Count(50) != int64(len(want)) {
		t.Fatal(got)
	}
	// A death beside folded ones, then a restart with both.
	apply(t, s, 51, pairs(-1, [2]int64{0, 0}))
	parts := s.Segments(50)
	again := New(s.cfg)
	blobs := map[uint64][]byte{}
	for _, p := range parts {
		blobs[p.ID] = p.Encode(nil)
	}
	if err := again.Restore(blobs[0], func(id uint64) ([]byte, error) { return blobs[id], nil }); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Store{s, again} {
		if got := keysAt(t, s, 51); !slices.Equal(got, want[1:]) {
			t.Fatal(got)
		}
		if got := keysAt(t, s, 50); !slices.Equal(got, want) {
			t.Fatal(got)
		}
	}
	if _, err := again.Lookup(49, "", []*col.Vector{ints(2)}, []int{0}, col.NewBatch(col.Int8), nil); !errors.Is(err, ErrSnapshotTooOld) {
		t.Fatal(err)
	}
}

func TestUniqueIndexOnDuplicates(t *testing.T) {
	s := New(Config{Types: pairTypes, Key: []int{0}, Shape: Keyed})
	b := pairs(1, [2]int64{1, 5}, [2]int64{2, 6}, [2]int64{3, 0}, [2]int64{4, 0})
	b.Cols[1].SetNull(2)
	b.Cols[1].SetNull(3)
	apply(t, s, 1, b)
	if err := s.CreateIndex("u", []int{1}, true); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateIndex("u", []int{1}, true); pgerr.CodeOf(err) != pgerr.DuplicateTable {
		t.Fatal(err)
	}
	if got := s.Indexes(); len(got) != 1 || got[0].Name != "u" || !got[0].Unique {
		t.Fatal(got)
	}
	s.DropIndex("u")
	apply(t, s, 2, pairs(1, [2]int64{5, 6}))
	if err := s.CreateIndex("u", []int{1}, true); pgerr.CodeOf(err) != pgerr.UniqueViolation || len(s.Indexes()) != 0 {
		t.Fatal(err)
	}
	if _, err := s.Lookup(2, "u", []*col.Vector{ints(1)}, []int{0}, col.NewBatch(col.Int8), nil); err == nil {
		t.Fatal("a dropped index was read")
	}
}

func TestKeysMeetBySQLEquality(t *testing.T) {
	types := []col.Type{col.Numeric, col.Float8, {OID: col.OIDBpchar, Mod: 8}, col.Interval}
	for c := range types {
		s := New(Config{Types: types, Key: []int{c}, Shape: Keyed})
		b, other := col.NewBatch(types...), col.NewBatch(types...)
		for _, x := range []struct {
			b     *col.Batch
			scale int32
			dec   int64
			f     float64
			text  string
			iv    [2]uint64
		}{{b, 1, 25, 0, "ab  ", col.IntervalLane(1, 0, 0)}, {other, 2, 250, negativeZero(), "ab", col.IntervalLane(0, 30, 0)}} {
			x.b.Cols[0].ResetKind(col.Numeric, col.KindD64, x.scale)
			x.b.Cols[0].AppendI64(x.dec)
			x.b.Cols[1].AppendF64(x.f)
			x.b.Cols[2].AppendString(x.text)
			x.b.Cols[3].AppendWide(x.iv)
			x.b.Grow(1, 1)
		}
		apply(t, s, 1, b)
		if err := s.Apply(2, other); err == nil {
			t.Fatalf("column %d: an equal key was let in", c)
		}
		for range 2 {
			dst := col.NewBatch(types...)
			if _, err := s.Lookup(1, "", []*col.Vector{&other.Cols[c]}, []int{0, 1, 2, 3}, dst, nil); err != nil || dst.N != 1 || dst.Cols[2].String(0) != "ab  " {
				t.Fatalf("column %d: %d rows, %v", c, dst.N, err)
			}
			s.close()
			settleAll(s, 1)
		}
	}
}

func negativeZero() float64 { return math.Copysign(0, -1) }

func TestPruningByRange(t *testing.T) {
	s := New(Config{Types: pairTypes, Shape: Bag})
	for tick := uint64(1); tick <= 4; tick++ {
		var rows [][2]int64
		for i := range int64(64) {
			rows = append(rows, [2]int64{int64(tick)*1000 + i, i})
		}
		apply(t, s, tick, pairs(1, rows...))
		s.close()
	}
	settleAll(s, 4)
	key := func(x int64) []byte { return col.AppendOrderKey(nil, ints(x), 0, col.Order{}) }
	for _, c := range []struct {
		min, max []byte
		want     int
	}{{key(2010), key(2020), 64}, {key(2010), nil, 192}, {nil, key(999), 0}, {key(1063), key(2000), 128}, {nil, nil, 256}} {
		n := 0
		for b, err := range s.At(4, []int{0}, Access{Ranges: []Range{{0, c.min, c.max}}}) {
			if err != nil {
				t.Fatal(err)
			}
			n += b.Len()
		}
		if n != c.want {
			t.Errorf("%d rows, want %d", n, c.want)
		}
	}
}

func TestChangesStopAtAnError(t *testing.T) {
	s := counting(t, 5)
	stop := errors.New("enough")
	n := 0
	err := s.Changes(0, 5, []int{0}, func(tick uint64, _ *col.Batch) error {
		if n++; tick == 3 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || n != 3 {
		t.Fatal(n, err)
	}
}

func TestLongStringsCloseASegment(t *testing.T) {
	s := New(Config{Types: []col.Type{col.Text}, Shape: Bag})
	long := strings.Repeat("x", 8<<20)
	for tick := uint64(1); tick <= 20; tick++ {
		b := col.NewBatch(col.Text)
		b.Cols[0].AppendString(fmt.Sprint(tick) + long)
		b.Grow(1, 1)
		apply(t, s, tick, b)
	}
	if n := len(*s.segs.Load()); n < 2 {
		t.Fatal(n)
	}
	s.close()
	before, _ := s.Bytes()
	settleAll(s, 20)
	after, _ := s.Bytes()
	if after > before/4 {
		t.Fatalf("%d bytes of %d are left", after, before)
	}
	n := 0
	for b, err := range s.At(20, []int{0}, Access{}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			if n++; b.Cols[0].String(i) != fmt.Sprint(n)+long {
				t.Fatal(n)
			}
		}
	}
	if n != 20 {
		t.Fatal(n)
	}
}

func TestTruncationIsToldNet(t *testing.T) {
	for shape, want := range map[Shape][][3]int64{
		Keyed:    {{1, 1, -1}, {1, 7, 1}, {3, 3, -1}, {4, 4, 1}},
		Multiset: {{1, 1, -1}, {1, 7, 1}, {2, 2, 1}, {3, 3, -1}, {4, 4, 1}},
	} {
		s := New(Config{Types: pairTypes, Key: []int{0}, Shape: shape})
		apply(t, s, 1, pairs(1, [2]int64{1, 1}, [2]int64{2, 2}, [2]int64{3, 3}))
		if err := s.Truncate(2); err != nil {
			t.Fatal(err)
		}
		apply(t, s, 2, pairs(1, [2]int64{1, 7}, [2]int64{2, 2}, [2]int64{4, 4}))
		if shape == Multiset {
			apply(t, s, 2, pairs(1, [2]int64{2, 2}))
		}
		var got [][3]int64
		if err := s.Changes(1, 2, []int{0, 1}, func(_ uint64, b *col.Batch) error {
			for i := range b.N {
				got = append(got, [3]int64{b.Cols[0].I64[i], b.Cols[1].I64[i], b.Weight(i)})
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, func(a, b [3]int64) int { return slices.Compare(a[:], b[:]) })
		if !slices.Equal(got, want) {
			t.Errorf("shape %d: %v", shape, got)
		}
	}
}

// TestManyStepsAreToldNet has rows go and come back within a tick.
func TestManyStepsAreToldNet(t *testing.T) {
	s := New(Config{Types: pairTypes, Key: []int{0}, Shape: Keyed})
	apply(t, s, 1, pairs(1, [2]int64{1, 1}, [2]int64{2, 2}, [2]int64{3, 3}))
	for _, b := range []*col.Batch{
		pairs(-1, [2]int64{1, 1}, [2]int64{2, 2}, [2]int64{3, 3}),
		pairs(1, [2]int64{1, 9}, [2]int64{2, 2}), pairs(-1, [2]int64{1, 9}, [2]int64{2, 2}),
		pairs(1, [2]int64{1, 1}, [2]int64{2, 8}),
	} {
		apply(t, s, 2, b)
	}
	got := map[[3]int64]int{}
	if err := s.Changes(1, 2, []int{0, 1}, func(_ uint64, b *col.Batch) error {
		for i := range b.N {
			got[[3]int64{b.Cols[0].I64[i], b.Cols[1].I64[i], b.Weight(i)}]++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[[3]int64{2, 2, -1}] != 1 || got[[3]int64{2, 8, 1}] != 1 || got[[3]int64{3, 3, -1}] != 1 {
		t.Fatal(got)
	}
	apply(t, s, 3, pairs(-1, [2]int64{1, 1}, [2]int64{2, 8}))
	if s.Count(3) != 0 || s.Count(2) != 2 || s.Count(1) != 3 {
		t.Fatal(s.Count(3), s.Count(2), s.Count(1))
	}
}

func TestIndexScanInBatches(t *testing.T) {
	s := New(Config{Types: pairTypes, Shape: Bag})
	if err := s.CreateIndex("k", []int{0}, false); err != nil {
		t.Fatal(err)
	}
	var rows [][2]int64
	for i := range int64(10000) {
		rows = append(rows, [2]int64{i % 2, i})
	}
	apply(t, s, 1, pairs(1, rows...))
	next := int64(1)
	for b, err := range s.At(1, []int{1}, Access{Index: "k", Keys: []*col.Vector{ints(1)}}) {
		if err != nil || b.N > col.BatchRows {
			t.Fatal(b.N, err)
		}
		for _, x := range b.Cols[0].I64[:b.N] {
			if x != next {
				t.Fatal(x, next)
			}
			next += 2
		}
	}
	if next != 10001 {
		t.Fatal(next)
	}
	for _, err := range s.At(1, []int{1}, Access{Index: "none", Keys: []*col.Vector{ints(1)}}) {
		if err == nil {
			t.Fatal("an index that is not there was read")
		}
	}
}
