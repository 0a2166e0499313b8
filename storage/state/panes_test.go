package state

import (
	"errors"
	"slices"
	"testing"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

func TestPanes(t *testing.T) {
	p := testPool(t)
	l := Layout{Keys: []col.Type{col.Int8}, Payload: 8}
	s := NewPanes(p, &pool.Owner{Name: "v"}, l)
	keys, hash := keyBatch(l.Keys, []uint64{1, 2, 3}, false)
	at, ids := make([]unsafe.Pointer, 3), make([]RowID, 3)
	for _, id := range []int64{30, 10, 20, 40, 10, -5} {
		s.Pane(id).GetOrInsert(at, ids, keys, hash)
	}
	if s.Count() != 5 || s.Len() != 15 || s.Bytes() != 5*2*pool.PageSize || s.Lookup(15) != nil || s.Lookup(20) != s.Pane(20) {
		t.Fatalf("%d panes of %d rows", s.Count(), s.Len())
	}
	im := image{}
	header := s.Header()
	im.take(p)
	p = im.load(t)
	s = NewPanes(p, &pool.Owner{Name: "v"}, l)
	if err := s.Restore(header); err != nil {
		t.Fatal(err)
	}
	p.Sweep()
	var dropped []int64
	wrong := errors.New("a sink is full")
	drop := func(id int64, tab *RowTable) error {
		if id == 20 && wrong != nil {
			return wrong
		}
		if tab.Len() != 3 {
			t.Fatalf("pane %d has %d rows", id, tab.Len())
		}
		dropped = append(dropped, id)
		return nil
	}
	if err := s.DropThrough(30, drop); err != wrong {
		t.Fatal(err)
	}
	wrong = nil
	if err := s.DropThrough(30, drop); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(dropped, []int64{-5, 10, 20, 30}) {
		t.Fatalf("panes dropped: %v", dropped)
	}
	var left []int64
	for id := range s.All() {
		left = append(left, id)
	}
	p.EndStep()
	if !slices.Equal(left, []int64{40}) || p.Used() != 2*pool.PageSize || s.Maintain() {
		t.Fatalf("panes left: %v, %d bytes", left, p.Used())
	}
	s.Clear()
	p.EndStep()
	if s.Count() != 0 || p.Used() != 0 {
		t.Fatalf("%d bytes after Clear", p.Used())
	}
}

// TestPanesAfterBigOnes: a pane made after a big one has room from the start, and serves
// few rows as well as many.
func TestPanesAfterBigOnes(t *testing.T) {
	for _, rows := range []int{1, 200, 400, 9000, shardsPast + 5000} {
		m := newTableModel(t, []col.Type{col.Int8}, false)
		s := NewPanes(m.p, nil, m.layout())
		for end := range int64(4) {
			m.tab, m.want = s.Pane(end), map[string]int64{}
			n := rows
			if end == 2 {
				n = 3
			}
			for from := 0; from < n; from += 4000 {
				ks := make([]uint64, min(4000, n-from))
				for i := range ks {
					ks[i] = uint64(from + i)
				}
				m.add(ks)
			}
			m.p.EndStep()
			s.Maintain()
			m.check()
			if err := s.DropThrough(end, nil); err != nil {
				t.Fatal(err)
			}
		}
		m.p.EndStep()
		if m.p.Used() != 0 {
			t.Fatalf("%d bytes are left of no panes", m.p.Used())
		}
	}
}

func BenchmarkPanes(b *testing.B) {
	p := testPool(b)
	s := NewPanes(p, nil, Layout{Keys: []col.Type{col.Int8}, Payload: 16})
	at, ids, hash := make([]unsafe.Pointer, benchBatch), make([]RowID, benchBatch), make([]uint64, benchBatch)
	batches := make([][]*col.Vector, 16)
	for i := range batches {
		batches[i] = benchKeys("i64", benchBatch, func(j int) uint64 { return mix(uint64(i*benchBatch+j)) % 30_000 })
	}
	i, cpu := 0, cpuTime()
	for b.Loop() {
		keys := batches[i&15]
		seed.Keys(hash, keys)
		s.Pane(int64(i>>4)).GetOrInsert(at, ids, keys, hash)
		if i++; i&15 == 0 {
			if err := s.DropThrough(int64(i>>4)-1, nil); err != nil {
				b.Fatal(err)
			}
		}
		p.EndStep()
	}
	b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N)/benchBatch, "cpu-ns/row")
}
