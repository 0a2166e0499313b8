package table

import (
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/col"
)

// texts has a key, two texts and a number beside it.
func texts(rows ...[3]int64) *col.Batch {
	b := col.NewBatch(textTypes...)
	for _, r := range rows { // weight, key, value
		b.Cols[0].AppendI64(r[1])
		b.Cols[1].AppendI64(r[2])
		b.Cols[2].AppendString("a string that has to lie in an arena")
		b.Cols[3].AppendString("short")
		b.Grow(b.N+1, r[0])
	}
	return b
}

var textTypes = []col.Type{col.Int8, col.Int8, col.Text, col.Text}

// A change that cannot be is told apart from one that can, whatever the order of deaths and
// births, and leaves nothing behind.
func TestKeyedChangesThatCannotBe(t *testing.T) {
	s := New(Config{Types: textTypes, Key: []int{0}, Shape: Keyed})
	apply(t, s, 1, texts([3]int64{1, 1, 10}, [3]int64{1, 2, 20}, [3]int64{1, 3, 30}))
	for _, x := range []struct {
		rows [][3]int64
		want string
	}{
		{[][3]int64{{-1, 1, 11}, {1, 1, 12}}, "row to retract"},
		{[][3]int64{{-1, 9, 10}}, "row to retract"},
		{[][3]int64{{-1, 1, 10}, {-1, 1, 10}}, "row to retract"},
		{[][3]int64{{1, 2, 21}}, "lives already"},
		{[][3]int64{{-1, 1, 10}, {1, 1, 11}, {1, 1, 12}}, "key of two new rows"},
		{[][3]int64{{-1, 2, 20}, {-1, 1, 10}, {1, 1, 11}, {1, 2, 21}, {1, 1, 12}}, "key of two new rows"},
		{[][3]int64{{-1, 2, 20}, {1, 4, 11}, {1, 2, 21}, {1, 4, 12}}, "key of two new rows"},
	} {
		if err := s.Apply(2, texts(x.rows...)); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%v: %v", x.rows, err)
		}
	}
	apply(t, s, 2, texts([3]int64{-1, 2, 20}, [3]int64{-1, 1, 10}, [3]int64{1, 4, 40}, [3]int64{1, 1, 11}, [3]int64{1, 2, 21}))
	if n := s.Count(2); n != 4 {
		t.Fatal(n)
	}
	settleAll(s, 2)
	apply(t, s, 3, texts([3]int64{-1, 1, 11}, [3]int64{-1, 3, 30}, [3]int64{-1, 2, 21}, [3]int64{1, 1, 10}))
	settleAll(s, 3)
	if n := len(keysAt(t, s, 3)); n != 2 {
		t.Fatal(n)
	}
	apply(t, s, 4, texts([3]int64{1, 2, 20}, [3]int64{-1, 1, 10}))
	if k := keysAt(t, s, 4); len(k) != 2 {
		t.Fatal(k)
	}
}

// A segment whose rows die is not encoded while they do, and leaves when none is left; what is
// left after a while is encoded.
func TestSegmentsRestWhileTheirRowsDie(t *testing.T) {
	s := New(Config{Types: pairTypes, Key: []int{0}, Shape: Keyed})
	tick := uint64(0)
	write := func(from, n, v int64) {
		tick++
		b := col.NewBatch(pairTypes...)
		add := func(k, v, w int64) {
			b.Cols[0].AppendI64(k)
			b.Cols[1].AppendI64(v)
			b.Grow(b.N+1, w)
		}
		for k := from; k < from+n; k++ {
			if v > 0 {
				add(k, v-1, -1)
			}
			add(k, v, 1)
		}
		apply(t, s, tick, b)
		settleAll(s, tick)
	}
	count := func(of phase) (n int) {
		for _, g := range *s.segs.Load() {
			if g.phase == of {
				n++
			}
		}
		return n
	}
	write(1_000_000, 2*maxRows, 0) // no row dies: encoded at once
	if count(full) > 0 || count(sealed) == 0 {
		t.Fatal(count(full), count(sealed))
	}
	write(0, 40_000, 0) // it closes a segment in which none has died yet
	before := count(sealed)
	for v := range int64(restTicks / 2) {
		write(0, 40_000, v+1)
	}
	if count(full) == 0 || count(sealed) != before {
		t.Fatal(count(full), count(sealed), before)
	}
	for k := range int64(restTicks) {
		write(-1-k, 1, 0)
	}
	if count(full) > 0 || count(sealed) == before {
		t.Fatal(count(full), count(sealed), before)
	}
}
