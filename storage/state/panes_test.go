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
