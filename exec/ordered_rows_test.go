package exec

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/pool"
)

// pairRow is a row of the test: group, text of the order (descending), number.
type pairRow struct {
	group int64
	text  string
	n     int64
}

func comparePairs(a, b pairRow) int {
	return cmp.Or(cmp.Compare(a.group, b.group), -cmp.Compare(a.text, b.text), cmp.Compare(a.n, b.n))
}

func pairBatch(rows []pairRow, w []int64) *col.Batch {
	b := col.NewBatch(col.Int8, col.Text, col.Int8)
	for i, r := range rows {
		b.Cols[0].AppendI64(r.group)
		b.Cols[1].AppendString(r.text)
		b.Cols[2].AppendI64(r.n)
		b.Grow(i+1, w[i])
	}
	return b
}

func pairAt(b *col.Batch, i int) pairRow {
	return pairRow{b.Cols[0].I64[i], b.Cols[1].String(i), b.Cols[2].I64[i]}
}

// Rows in order are where a sorted list has them: walked both ways, counted and by place.
func TestOrderedRowsAgainstAList(t *testing.T) {
	g := NewGraph(testPool(t), col.Seed{1, 2}, new(atomic.Uint64))
	b := g.NewBuilder(NewDataflow(1, "v", true, &pool.Owner{Name: "v"}, nil), fn.NewCtx(nil, 0))
	o := b.newOrderedRows(orderedSpec{Types: []col.Type{col.Int8, col.Text, col.Int8}, Group: []int{0},
		Order: []OrderBy{{Col: 1, Order: col.Order{Desc: true}}}, Extra: 2})
	rng := rand.New(rand.NewPCG(3, 4))
	want := map[pairRow]int64{}
	for range 60 {
		var rows []pairRow
		var w []int64
		for range rng.IntN(50) {
			r := pairRow{rng.Int64N(4), fmt.Sprintf("%c\x00%d", 'a'+rng.IntN(6), rng.IntN(3)), rng.Int64N(4)}
			if slices.Contains(rows, r) {
				continue
			}
			x := rng.Int64N(3)
			if want[r] > 0 && rng.IntN(2) == 0 {
				x = -want[r]
			}
			rows, w = append(rows, r), append(w, x)
			if want[r] += x; want[r] == 0 {
				delete(want, r)
			}
		}
		d := pairBatch(rows, w)
		k := o.keysOf(d)
		for i := range d.N {
			prefix := o.appendGroup(nil, []*col.Vector{&d.Cols[0]}, i)
			if !bytes.Equal(k.prefix(i), prefix) || !bytes.Equal(k.place(i), o.appendPlace(prefix, []*col.Vector{&d.Cols[1]}, i)) || !bytes.Equal(k.place(i), o.place(k.key(i))) {
				t.Fatalf("row %d: place %x of group %x", i, k.place(i), k.prefix(i))
			}
		}
		if err := o.merge(d, k); err != nil {
			t.Fatal(err)
		}
		for group := range int64(4) {
			checkGroup(t, rng, o, group, want)
		}
	}
}

func checkGroup(t *testing.T, rng *rand.Rand, o *orderedRows, group int64, want map[pairRow]int64) {
	t.Helper()
	var rows []pairRow
	total := int64(0)
	for r, w := range want {
		if r.group == group {
			rows, total = append(rows, r), total+w
		}
	}
	slices.SortFunc(rows, comparePairs)
	one := pairBatch([]pairRow{{group, "c\x001", 2}}, []int64{1})
	prefix := o.appendGroup(nil, []*col.Vector{&one.Cols[0]}, 0)
	var got []pairRow
	if err := o.walk(o.first(prefix), nil, func(b *col.Batch) error {
		for i := range b.N {
			if r := pairAt(b, i); want[r] != b.Weight(i) {
				t.Fatalf("%v weighs %d, want %d", r, b.Weight(i), want[r])
			}
			got = append(got, pairAt(b, i))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, rows) {
		t.Fatalf("group %d: %v, want %v", group, got, rows)
	}
	back := col.NewBatch(o.spec.Types...)
	for c := o.last(prefix); c.valid(); c.Prev() {
		o.read(back, &c, 1)
		c.setExtra([]byte{1, byte(back.N)})
	}
	if back.N != len(rows) || back.N > 0 && pairAt(back, 0) != rows[len(rows)-1] {
		t.Fatalf("group %d has %d rows backwards, want %d", group, back.N, len(rows))
	}
	if w := o.weight(prefix, afterPlace(nil, prefix)); w != total {
		t.Fatalf("group %d weighs %d, want %d", group, w, total)
	}
	// All that sorts before ("c\x001"), which stands in the order descending.
	at, before := o.appendPlace(slices.Clone(prefix), []*col.Vector{&one.Cols[1]}, 0), int64(0)
	for _, r := range rows {
		if r.text > "c\x001" {
			before += want[r]
		}
	}
	if w := o.weight(prefix, at); w != before {
		t.Fatalf("group %d: %d before the place, want %d", group, w, before)
	}
	if c := o.first(prefix); c.valid() && c.extra()[1] != byte(len(rows)) {
		t.Fatalf("the first row's own bytes are %v", c.extra())
	}
	if total == 0 {
		return
	}
	n := rng.Int64N(total)
	c, within := o.at(prefix, n)
	one.Reset()
	o.read(one, &c, 1)
	i := slices.Index(rows, pairAt(one, 0))
	for _, r := range rows[:i] {
		n -= want[r]
	}
	if !c.valid() || n != within || n < 0 || n >= want[rows[i]] {
		t.Fatalf("group %d: the row at a place is %v and %d of it, want %d", group, rows[i], within, n)
	}
	if _, ok := want[pairAt(one, 0)]; !ok || len(o.place(c.Key())) <= len(prefix) {
		t.Fatalf("%v is no row", pairAt(one, 0))
	}
}
