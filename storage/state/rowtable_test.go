package state

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// tableModel is a RowTable beside a Go map. The payload is a count and a Ref to bytes.
type tableModel struct {
	t     testing.TB
	types []col.Type
	nulls bool
	p     *pool.Pool
	tab   *RowTable
	im    image
	want  map[string]int64
}

func newTableModel(t testing.TB, types []col.Type, nulls bool) *tableModel {
	m := &tableModel{t: t, types: types, nulls: nulls, p: testPool(t), im: image{}, want: map[string]int64{}}
	m.tab = New(m.p, &pool.Owner{Name: "v"}, m.layout())
	return m
}

func (m *tableModel) layout() Layout { return Layout{Keys: m.types, Payload: 16} }

func (m *tableModel) count(r unsafe.Pointer) *int64 {
	return (*int64)(unsafe.Add(r, m.tab.Layout().PayloadAt()))
}

func (m *tableModel) note(r unsafe.Pointer) *Ref {
	return (*Ref)(unsafe.Add(r, m.tab.Layout().PayloadAt()+8))
}

// add counts keys up.
func (m *tableModel) add(ks []uint64) {
	keys, hash := keyBatch(m.types, ks, m.nulls)
	at, ids := make([]unsafe.Pointer, len(ks)), make([]RowID, len(ks))
	before := len(m.want)
	n := m.tab.GetOrInsert(at, ids, keys, hash)
	for i, r := range at {
		*m.count(r)++
		id := identity(keys, i)
		m.want[id]++
		if m.tab.Row(ids[i]) != r {
			m.t.Fatalf("id %d leads elsewhere than its address", ids[i])
		}
		m.tab.Heap().Free(*m.note(r))
		ref, err := m.tab.Heap().Put([]byte(id))
		if err != nil {
			m.t.Fatal(err)
		}
		*m.note(r) = ref
	}
	if n != len(m.want)-before {
		m.t.Fatalf("%d rows inserted, want %d", n, len(m.want)-before)
	}
}

// remove deletes keys that are there.
func (m *tableModel) remove(ks []uint64) {
	keys, hash := keyBatch(m.types, ks, m.nulls)
	at, ids := make([]unsafe.Pointer, len(ks)), make([]RowID, len(ks))
	m.tab.FindForWrite(at, ids, keys, hash)
	var dead []RowID
	var deadHash []uint64
	seen := map[RowID]bool{}
	for i, r := range at {
		if r == nil || seen[ids[i]] {
			continue
		}
		seen[ids[i]] = true
		m.tab.Heap().Free(*m.note(r))
		dead, deadHash = append(dead, ids[i]), append(deadHash, hash[i])
		delete(m.want, identity(keys, i))
	}
	m.tab.Delete(dead, deadHash)
}

// find checks keys against the model.
func (m *tableModel) find(ks []uint64) {
	keys, hash := keyBatch(m.types, ks, m.nulls)
	at, ids := make([]unsafe.Pointer, len(ks)), make([]RowID, len(ks))
	m.tab.Find(at, ids, keys, hash)
	for i, r := range at {
		want, ok := m.want[identity(keys, i)]
		switch {
		case ok != (r != nil) || ok != (ids[i] != Absent):
			m.t.Fatalf("key %q: found %v, want %v", identity(keys, i), r != nil, ok)
		case ok && *m.count(r) != want:
			m.t.Fatalf("key %q: %d, want %d", identity(keys, i), *m.count(r), want)
		}
	}
}

// check walks the whole table.
func (m *tableModel) check() {
	if m.tab.Len() != len(m.want) {
		m.t.Fatalf("%d rows, want %d", m.tab.Len(), len(m.want))
	}
	keys := make([]*col.Vector, len(m.types))
	for i := range keys {
		keys[i] = &col.Vector{}
	}
	ids, n := make([]RowID, 100), 0
	for from := RowID(0); from != Absent; {
		var k int
		k, from = m.tab.Scan(from, ids)
		m.tab.KeyVectors(keys, ids[:k])
		for i, id := range ids[:k] {
			key, r := identity(keys, i), m.tab.Row(id)
			if got := *m.count(r); got != m.want[key] {
				m.t.Fatalf("key %q: %d, want %d", key, got, m.want[key])
			}
			if got := string(m.tab.Heap().Get(*m.note(r))); got != key {
				m.t.Fatalf("note of key %q is %q", key, got)
			}
		}
		n += k
	}
	if n != len(m.want) {
		m.t.Fatalf("%d rows scanned, want %d", n, len(m.want))
	}
}

// restart goes on with a copy made of the checkpoints' pages.
func (m *tableModel) restart() {
	header := m.tab.Header()
	m.im.take(m.p)
	m.p = m.im.load(m.t)
	m.tab = New(m.p, &pool.Owner{Name: "v"}, m.layout())
	if err := m.tab.Restore(header); err != nil {
		m.t.Fatal(err)
	}
	m.p.Sweep()
}

func TestRowTableAgainstMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		types := rapid.SampledFrom(keyShapes).Draw(rt, "keys")
		m := newTableModel(t, types, rapid.Bool().Draw(rt, "nulls"))
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		domain := rapid.SampledFrom([]uint64{3, 300, 5000}).Draw(rt, "domain")
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			for _, op := range rapid.SliceOfN(rapid.SampledFrom([]string{"add", "add", "remove", "find", "few"}), 1, 4).Draw(rt, "ops") {
				switch op {
				case "add":
					m.add(numbers(r, 1+r.IntN(1500), domain))
				case "few":
					m.add(numbers(r, 1+r.IntN(7), domain))
				case "remove":
					m.remove(numbers(r, r.IntN(700), domain))
				case "find":
					m.find(numbers(r, 500, domain*2))
				}
			}
			m.p.EndStep()
			switch rapid.IntRange(0, 4).Draw(rt, "between") {
			case 0:
				m.tab.Header()
				m.im.take(m.p)
			case 1:
				m.restart()
			}
		}
		m.check()
		m.p.Close()
	})
}

func TestRowTableGrowsIntoShards(t *testing.T) {
	for _, types := range [][]col.Type{{col.Int8}, {col.Text}} {
		m := newTableModel(t, types, false)
		r := rand.New(rand.NewPCG(7, 7))
		split := 0
		for step := 0; step < 30 || split == 0 && step < 200; step++ {
			m.add(numbers(r, 4096, 1_000_000))
			m.remove(numbers(r, 500, 1_000_000))
			m.p.EndStep()
			if m.tab.Maintain() {
				split++
				m.check()
			}
			if step%9 == 0 {
				m.restart()
			}
		}
		if split != 1 || len(m.tab.sh) != 16 || len(m.want) <= shardsPast {
			t.Fatalf("%d rows in %d shards, split %d times", len(m.want), len(m.tab.sh), split)
		}
		m.find(numbers(r, 4096, 2_000_000))
		m.check()
		m.tab.Clear()
		m.p.EndStep()
		if m.tab.Len() != 0 || m.p.Used() != 0 {
			t.Fatalf("%d bytes in use after Clear", m.p.Used())
		}
	}
}

func TestDeletedRowStaysReadableInItsStep(t *testing.T) {
	m := newTableModel(t, []col.Type{col.Text}, false)
	m.add([]uint64{1})
	keys, hash := keyBatch(m.types, []uint64{1}, false)
	at, ids := make([]unsafe.Pointer, 1), make([]RowID, 1)
	m.tab.Find(at, ids, keys, hash)
	got := col.NewVector(col.Text)
	m.tab.KeyVectors([]*col.Vector{got}, ids)
	m.remove([]uint64{1})
	for k := range uint64(300) {
		m.add([]uint64{2 + k*31})
	}
	if got.String(0) != text(1) {
		t.Fatal("the key's bytes were used again before the step's end")
	}
	m.p.EndStep()
	m.add([]uint64{1})
	m.check()
}

// Rows that share a whole hash are looked for together in a batch where hashes repeat; each must
// still find its own key.
func TestKeysOfOneHashStayApart(t *testing.T) {
	m := newTableModel(t, []col.Type{col.Int8}, false)
	keys, hash := keyBatch(m.types, numbers(rand.New(rand.NewPCG(3, 4)), 1000, 20), false)
	for i := range hash {
		hash[i] = uint64(keys[0].I64[i]) % 4
	}
	at, ids := make([]unsafe.Pointer, len(hash)), make([]RowID, len(hash))
	if n := m.tab.GetOrInsert(at, ids, keys, hash); n != 20 {
		t.Fatalf("%d rows for 20 keys", n)
	}
	got, again := col.NewVector(col.Int8), make([]unsafe.Pointer, len(hash))
	m.tab.KeyVectorsAt([]*col.Vector{got}, at)
	m.tab.Find(again, ids, keys, hash)
	for i, k := range keys[0].I64 {
		if got.I64[i] != k || again[i] != at[i] {
			t.Fatalf("row %d of key %d is that of %d", i, k, got.I64[i])
		}
	}
}

func TestSmallTableTakesTwoPages(t *testing.T) {
	m := newTableModel(t, []col.Type{col.Int8}, false)
	if m.tab.Bytes() != 0 {
		t.Fatalf("an empty table has %d bytes", m.tab.Bytes())
	}
	m.tab.GetOrInsert(make([]unsafe.Pointer, 1), make([]RowID, 1), []*col.Vector{{Type: col.Int8, Kind: col.KindI64, N: 1, I64: []int64{5}}}, []uint64{42})
	if m.tab.Bytes() != 2*pool.PageSize {
		t.Fatalf("a table of one row has %d bytes", m.tab.Bytes())
	}
}
