package exec

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/millracedb/millrace/base/col"
)

// history drives an engine with random transactions and remembers what was acknowledged.
type history struct {
	t     *testing.T
	rng   *rand.Rand
	w     *world
	e     *Engine
	clock int64
	rows  map[int64][2]int64 // t as acknowledged
	sent  int64              // rows of s acknowledged
	late  int64
	ts    int64
}

func (h *history) commit(x *Txn) error {
	_, err := h.e.Commit(context.Background(), x)
	return err
}

func (h *history) create(oids ...uint32) error {
	for _, o := range oids {
		x := &Txn{DDL: oidBytes(o)}
		if h.w.rels[o].View && h.rng.IntN(2) == 0 {
			f, err := h.e.Fill(context.Background(), h.w.rels[o], nil)
			if err != nil {
				return err
			}
			if h.rng.IntN(2) == 0 {
				if _, err := f.Compare(context.Background()); err != nil {
					return err
				}
			}
			x.View = f
		}
		if err := h.commit(x); err != nil {
			return err
		}
	}
	return nil
}

func batch3(rows ...[3]int64) *col.Batch {
	b := col.NewBatch(i8s(3)...)
	for _, r := range rows {
		for c, x := range r {
			b.Cols[c].AppendI64(x)
		}
		b.Grow(b.N+1, 1)
	}
	return b
}

// change commits one random transaction and updates what is known.
func (h *history) change() error {
	snap := h.e.Snapshot()
	defer snap.Release()
	x := &Txn{Snapshot: snap.Tick}
	after := map[int64][2]int64{}
	for k, v := range h.rows {
		after[k] = v
	}
	var dead, born [][3]int64
	touched := map[int64]bool{}
	for range h.rng.IntN(8) {
		id := h.rng.Int64N(30)
		row := [2]int64{h.rng.Int64N(10), h.rng.Int64N(6)}
		if touched[id] {
			continue
		}
		touched[id] = true
		old, there := after[id]
		if there {
			dead = append(dead, [3]int64{id, old[0], old[1]})
			delete(after, id)
		}
		if !there || h.rng.IntN(2) == 0 {
			born = append(born, [3]int64{id, row[0], row[1]})
			after[id] = row
		}
	}
	x.Writes = append(x.Writes, Write{Rel: tOID, Dead: batch3(dead...), New: batch3(born...)})
	s := col.NewBatch(col.Int8, col.Timestamp)
	n := h.rng.Int64N(12)
	for range n {
		h.ts += h.rng.Int64N(3)
		s.Cols[0].AppendI64(h.rng.Int64N(3))
		s.Cols[1].AppendI64(h.ts - h.rng.Int64N(6))
		s.Grow(s.N+1, 1)
	}
	x.Writes = append(x.Writes, Write{Rel: sOID, New: s})
	if err := h.commit(x); err != nil {
		return err
	}
	h.rows, h.sent, h.late = after, h.sent+n-x.LateRows, h.late+x.LateRows
	return nil
}

// check compares every view with its query, and the relations with what was acknowledged.
func (h *history) check() {
	h.t.Helper()
	got, err := rowsOf(h.e, tOID)
	if err != nil {
		h.t.Fatal(err)
	}
	want := map[string]int64{}
	for id, r := range h.rows {
		want[fmt.Sprintf("%d, %d, %d", id, r[0], r[1])] = 1
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		h.t.Fatalf("t\n got %v\nwant %v", got, want)
	}
	for oid := range h.w.views {
		if oid == v4OID {
			continue
		}
		if _, err := h.e.rels.get(oid); err != nil {
			continue
		}
		got, err := rowsOf(h.e, oid)
		if err != nil {
			h.t.Fatal(err)
		}
		want, err := queryOf(h.e, h.w, oid)
		if err != nil {
			h.t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			h.t.Fatalf("view %d at tick %d\n got %v\nwant %v", oid, h.e.Newest().Tick, got, want)
		}
	}
	h.checkFinal()
}

// checkFinal compares the windows that were emitted once with those of the updating view
// that the watermark has passed.
func (h *history) checkFinal() {
	final, err := rowsOf(h.e, v4OID)
	if err != nil {
		return // not created yet
	}
	all, err := rowsOf(h.e, v3OID)
	if err != nil {
		return
	}
	s, _ := h.e.rels.get(sOID)
	w := s.published.Load()
	for k := range all {
		closed := windowEnd(h.t, k) <= w
		if (final[k] == 1) != closed {
			h.t.Fatalf("watermark %d: window %s emitted %d times", w, k, final[k])
		}
	}
	for k := range final {
		if all[k] != 1 {
			h.t.Fatalf("window %s was emitted and is not in the updating view %v", k, all)
		}
	}
}

func windowEnd(t *testing.T, row string) int64 {
	var k, n int64
	var date, clock string
	if _, err := fmt.Sscanf(row, "%d, %s %s %d", &k, &date, &clock, &n); err != nil {
		t.Fatalf("%q: %v", row, err)
	}
	var us float64
	var hh, mm int
	if _, err := fmt.Sscanf(clock, "%d:%d:%f,", &hh, &mm, &us); err != nil {
		t.Fatalf("%q: %v", clock, err)
	}
	return int64(us*1e6 + 0.5)
}
