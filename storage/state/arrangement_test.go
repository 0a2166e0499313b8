package state

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// arrModel is an Arrangement beside Go maps: key -> row -> weight.
type arrModel struct {
	t     testing.TB
	l     ArrLayout
	nulls bool
	p     *pool.Pool
	a     *Arrangement
	im    image
	want  map[string]map[string]int64
}

func newArrModel(t testing.TB, l ArrLayout, nulls bool) *arrModel {
	m := &arrModel{t: t, l: l, nulls: nulls, p: testPool(t), im: image{}, want: map[string]map[string]int64{}}
	m.a = NewArrangement(m.p, &pool.Owner{Name: "v"}, l)
	return m
}

// payload makes rows of the layout out of numbers.
func (m *arrModel) payload(ks []uint64) *col.Batch {
	b := col.NewBatch(m.l.Payload...)
	for c := range b.Cols {
		for _, k := range ks {
			value(&b.Cols[c], k>>(8*c%16), m.nulls)
		}
	}
	b.N = len(ks)
	return b
}

func rowIdentity(b *col.Batch, i int) string { return string(col.AppendIdentity(nil, b.Cols, i)) }

// merge adds rows (number of the key, of the row, weight), left out where one would
// take away what is not there or a row comes twice.
func (m *arrModel) merge(r *rand.Rand, n int, keyDomain, rowDomain uint64) {
	var ks, rs []uint64
	var ws []int64
	seen := map[string]bool{}
	for range n {
		k, row, w := r.Uint64N(keyDomain), r.Uint64N(rowDomain), int64(r.IntN(3)+1)
		kv, _ := keyBatch(m.l.Keys, []uint64{k}, m.nulls)
		key, id := identity(kv, 0), rowIdentity(m.payload([]uint64{row}), 0)
		if seen[key+"|"+id] {
			continue
		}
		seen[key+"|"+id] = true
		if have := m.want[key][id]; have > 0 && !m.l.AppendOnly && r.IntN(2) == 0 {
			w = -min(have, w)
		} else if m.l.Unique {
			if w = 1; have > 0 {
				continue
			}
		}
		if m.want[key] == nil {
			m.want[key] = map[string]int64{}
		}
		if m.want[key][id] += w; m.want[key][id] == 0 {
			delete(m.want[key], id)
		}
		if len(m.want[key]) == 0 {
			delete(m.want, key)
		}
		ks, rs, ws = append(ks, k), append(rs, row), append(ws, w)
	}
	m.apply(ks, rs, ws)
}

// apply merges rows by the numbers of their keys and of themselves.
func (m *arrModel) apply(ks, rs []uint64, ws []int64) {
	keys, hash := keyBatch(m.l.Keys, ks, m.nulls)
	b := m.payload(rs)
	b.W = ws
	merge := m.a.Merge
	if m.a.loose {
		merge = m.a.mergeLoose
	}
	if err := merge(keys, hash, b); err != nil {
		m.t.Fatal(err)
	}
}

// replace has rows of some keys make place for others, in either order.
func (m *arrModel) replace(r *rand.Rand, n int, keyDomain, rowDomain uint64) {
	var ks, rs []uint64
	var ws []int64
	for range n {
		k := r.Uint64N(keyDomain)
		kv, _ := keyBatch(m.l.Keys, []uint64{k}, m.nulls)
		key := identity(kv, 0)
		if slices.Contains(ks, k) || m.want[key] == nil {
			continue
		}
		old, now := r.Uint64N(rowDomain), r.Uint64N(rowDomain)
		for range 100 {
			if id := rowIdentity(m.payload([]uint64{old}), 0); m.want[key][id] > 0 {
				break
			}
			old = r.Uint64N(rowDomain)
		}
		was, is := rowIdentity(m.payload([]uint64{old}), 0), rowIdentity(m.payload([]uint64{now}), 0)
		if was == is || m.want[key][was] == 0 || m.l.Unique && m.want[key][is] != 0 {
			continue
		}
		if m.want[key][was]--; m.want[key][was] == 0 {
			delete(m.want[key], was)
		}
		m.want[key][is]++
		ks = append(ks, k, k)
		if r.IntN(2) == 0 {
			rs, ws = append(rs, old, now), append(ws, -1, 1)
		} else {
			rs, ws = append(rs, now, old), append(ws, 1, -1)
		}
	}
	m.apply(ks, rs, ws)
}

// probe checks what a probe hands on for keys, and their weights.
func (m *arrModel) probe(ks []uint64, cols []int) {
	keys, hash := keyBatch(m.l.Keys, ks, m.nulls)
	got := make([]map[string]int64, len(ks))
	err := m.a.Probe(keys, hash, cols, func(left []uint32, rows *col.Batch) error {
		if rows.N != len(left) || rows.N > probeRows {
			m.t.Fatalf("%d rows for %d positions", rows.N, len(left))
		}
		for i, l := range left {
			if got[l] == nil {
				got[l] = map[string]int64{}
			}
			got[l][rowIdentity(rows, i)] += rows.Weight(i)
		}
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	w := make([]int64, len(ks))
	m.a.Weight(w, keys, hash)
	for i := range ks {
		want, sum := m.want[identity(keys, i)], int64(0)
		for _, x := range want {
			sum += x
		}
		if w[i] != sum {
			m.t.Fatalf("key %q weighs %d, want %d", identity(keys, i), w[i], sum)
		}
		if len(cols) == len(m.l.Payload) {
			m.same(got[i], want)
		}
	}
}

func (m *arrModel) same(got, want map[string]int64) {
	m.t.Helper()
	if len(got) != len(want) {
		m.t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for id, w := range want {
		if got[id] != w {
			m.t.Fatalf("row %q weighs %d, want %d", id, got[id], w)
		}
	}
}

// check walks all rows.
func (m *arrModel) check() {
	got, want, n := map[string]int64{}, map[string]int64{}, int64(0)
	for from := RowID(0); from != Absent; {
		var err error
		from, err = m.a.Scan(from, func(rows *col.Batch) error {
			n += int64(rows.N)
			for i := range rows.N {
				got[rowIdentity(rows, i)] += rows.Weight(i)
			}
			return nil
		})
		if err != nil {
			m.t.Fatal(err)
		}
	}
	for _, rows := range m.want {
		for id, w := range rows {
			want[id] += w
		}
	}
	m.same(got, want)
	if n != m.a.Len() || m.a.Keys() != len(m.want) {
		m.t.Fatalf("%d rows of %d keys, Len %d, want %d keys", n, m.a.Keys(), m.a.Len(), len(m.want))
	}
}

func (m *arrModel) deleteKeys(ks []uint64) {
	keys, hash := keyBatch(m.l.Keys, ks, m.nulls)
	for i := range ks {
		delete(m.want, identity(keys, i))
	}
	m.a.DeleteKeys(keys, hash)
}

// withdraw retracts what stands of a row in keys.
func (m *arrModel) withdraw(ks []uint64, row uint64) {
	id := rowIdentity(m.payload([]uint64{row}), 0)
	keys, _ := keyBatch(m.l.Keys, ks, m.nulls)
	for i, k := range ks {
		key := identity(keys, i)
		w := m.want[key][id]
		if w == 0 {
			continue
		}
		one, h := keyBatch(m.l.Keys, []uint64{k}, m.nulls)
		b := m.payload([]uint64{row})
		b.W = []int64{-w}
		if err := m.a.Merge(one, h, b); err != nil {
			m.t.Fatal(err)
		}
		if delete(m.want[key], id); len(m.want[key]) == 0 {
			delete(m.want, key)
		}
	}
}

func (m *arrModel) restart() {
	header := m.a.Header()
	m.im.take(m.p)
	m.p = m.im.load(m.t)
	loose := m.a.loose
	m.a = NewArrangement(m.p, &pool.Owner{Name: "v"}, m.l)
	m.a.loose = loose
	if err := m.a.Restore(header); err != nil {
		m.t.Fatal(err)
	}
	m.p.Sweep()
}

var payloads = [][]col.Type{
	{col.Int8}, {col.Text}, {col.Int4, col.Text, col.Bool}, {col.Numeric, col.Interval, col.Text, col.JSON, col.UUID},
	{col.Float8, col.Float4, col.Date}, {},
}

func all(n int) []int {
	c := make([]int, n)
	for i := range c {
		c[i] = i
	}
	return c
}

func TestArrangementAgainstMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := ArrLayout{
			Keys:       rapid.SampledFrom(keyShapes).Draw(rt, "keys"),
			Payload:    rapid.SampledFrom(payloads).Draw(rt, "payload"),
			Unique:     rapid.Bool().Draw(rt, "unique"),
			AppendOnly: rapid.IntRange(0, 3).Draw(rt, "append only") == 0,
			Counter:    rapid.Bool().Draw(rt, "counter"),
		}
		m := newArrModel(t, l, rapid.Bool().Draw(rt, "nulls"))
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		keyDomain := rapid.SampledFrom([]uint64{1, 40, 1000}).Draw(rt, "key domain")
		rowDomain := rapid.SampledFrom([]uint64{5, 3000}).Draw(rt, "row domain")
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			m.merge(r, r.IntN(300), keyDomain, rowDomain)
			if !l.AppendOnly {
				m.replace(r, r.IntN(200), keyDomain, rowDomain)
			}
			m.probe(numbers(r, 100, keyDomain*2), all(len(l.Payload)))
			m.p.EndStep()
			switch rapid.IntRange(0, 5).Draw(rt, "between") {
			case 0:
				m.a.Header()
				m.im.take(m.p)
			case 1:
				m.restart()
			case 2:
				m.deleteKeys(numbers(r, 30, keyDomain))
			}
		}
		m.check()
		m.p.Close()
	})
}

func TestBigKeysAreListsOfBlocks(t *testing.T) {
	m := newArrModel(t, ArrLayout{Keys: []col.Type{col.Text}, Payload: []col.Type{col.Int8, col.Text}}, false)
	r := rand.New(rand.NewPCG(3, 3))
	for range 12 {
		m.merge(r, 4000, 2, 100_000)
		m.p.EndStep()
	}
	m.restart()
	m.probe([]uint64{0, 1, 2}, []int{0, 1})
	m.probe([]uint64{0, 1}, []int{1})
	for len(m.want) > 0 && m.a.Len() > 100 {
		m.merge(r, 1000, 2, 100_000)
		m.deleteKeys([]uint64{0, 1})
		m.p.EndStep()
	}
	m.check()
}

// Rows of big keys are found, whether or not they share their hash, in one key and in several.
func TestRowsOfBigKeysAreFound(t *testing.T) {
	for _, bits := range []uint64{^uint64(0), 0xff} {
		m := newArrModel(t, ArrLayout{Keys: []col.Type{col.Int8}, Payload: []col.Type{col.Int8, col.Text}, Counter: bits != 0xff}, true)
		m.a.ids.bits = bits
		r := rand.New(rand.NewPCG(7, bits))
		for range 20 {
			m.merge(r, 2000, 3, 3000)
			m.p.EndStep()
			m.a.Maintain()
		}
		m.check()
		if entered := int64(m.a.ids.t.Len()); bits == ^uint64(0) && entered != m.a.Len() || bits == 0xff && entered == 0 {
			t.Fatalf("%d of %d rows are entered", entered, m.a.Len())
		}
		m.restart()
		m.a.ids.bits = bits
		m.merge(r, 2000, 3, 3000)
		m.deleteKeys([]uint64{1})
		m.check()
		for row := range uint64(3000) { // until the last row of each has gone
			m.withdraw([]uint64{0, 1, 2}, row)
			m.p.EndStep()
		}
		m.check()
		if m.a.ids.t.Len() != 0 {
			t.Fatalf("%d rows are entered that are gone", m.a.ids.t.Len())
		}
	}
}

func TestManyKeysGrowIntoShards(t *testing.T) {
	m := newArrModel(t, ArrLayout{Keys: []col.Type{col.Int8}, Payload: []col.Type{col.Int8, col.Int4}}, false)
	r := rand.New(rand.NewPCG(5, 5))
	split := false
	for range 22 {
		m.merge(r, 4096, 1_000_000, 50)
		m.p.EndStep()
		split = m.a.Maintain() || split
	}
	m.restart()
	m.probe(numbers(r, 4096, 1_000_000), []int{0, 1})
	m.check()
	if !split {
		t.Fatalf("%d keys in one shard", m.a.Keys())
	}
}

func TestRetractionOfWhatIsNotThere(t *testing.T) {
	m := newArrModel(t, ArrLayout{Keys: []col.Type{col.Int8}, Payload: []col.Type{col.Text}}, false)
	keys, hash := keyBatch(m.l.Keys, []uint64{1, 1, 2}, false)
	b := m.payload([]uint64{5, 6, 7})
	b.W = []int64{1, -1, 2}
	if err := m.a.Merge(keys, hash, b); err == nil {
		t.Fatal("a row that was never there was retracted")
	}
	w := make([]int64, 3)
	m.a.Weight(w, keys, hash)
	if !slices.Equal(w, []int64{1, 1, 2}) || m.a.Len() != 2 {
		t.Fatalf("weights %v of %d rows after the error", w, m.a.Len())
	}
}

func TestCountersStayWithTheirRows(t *testing.T) {
	m := newArrModel(t, ArrLayout{Keys: []col.Type{col.Int8}, Payload: []col.Type{col.Int8}, Counter: true}, false)
	keys, hash := keyBatch(m.l.Keys, make([]uint64, 50), false)
	ks := make([]uint64, 50)
	counts := make([]int64, 50)
	for i := range ks {
		ks[i], counts[i] = uint64(i), int64(i)*10
	}
	if err := m.a.MergeCounted(keys, hash, m.payload(ks), counts); err != nil {
		t.Fatal(err)
	}
	bump := func(by int64) map[int64]int64 {
		got := map[int64]int64{}
		err := m.a.ProbeForWrite(keys[:1], hash[:1], []int{0}, func(_ []uint32, rows *col.Batch, counters []*int64) error {
			for i, c := range counters {
				*c += by
				got[rows.Cols[0].I64[i]+1000] = *c
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	one := []*col.Vector{keys[0]}
	one[0].N = 1
	m.a.Header()
	m.im.take(m.p)
	bump(1)
	b := m.payload([]uint64{20})
	b.W = []int64{-1}
	if err := m.a.Merge(one, hash[:1], b); err != nil {
		t.Fatal(err)
	}
	m.p.EndStep()
	m.restart()
	got := bump(1)
	for i := range int64(50) {
		if want := i*10 + 2; i != 20 && got[i] != want {
			t.Fatalf("counter of row %d is %d, want %d", i, got[i], want)
		}
	}
	if _, there := got[20]; there || len(got) != 49 {
		t.Fatalf("%d rows", len(got))
	}
}
