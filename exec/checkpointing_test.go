package exec

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/millracedb/millrace/storage/disk"
)

// partsOf is what a checkpoint of a relation would name now, on the tick's goroutine.
func partsOf(e *Engine, oid uint32) (ids []uint64) {
	r, _ := e.rels.get(oid)
	for _, s := range r.store.Segments(e.pins.Horizon()) {
		ids = append(ids, s.ID)
	}
	return ids
}

// Two checkpoints may be of one tick, with segments rewritten in between: the second names
// the new ones, so its state must, too.
func TestTwoCheckpointsOfOneTick(t *testing.T) {
	fs, clock := disk.NewMem(1), int64(1000)
	ctx := context.Background()
	e := open(t, fs, newWorld(), &clock)
	commit := func(x *Txn) {
		t.Helper()
		if _, err := e.Commit(ctx, x); err != nil {
			t.Fatal(err)
		}
	}
	again := func() {
		t.Helper()
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		fs = fs.Restart()
		e = open(t, fs, newWorld(), &clock)
	}
	commit(&Txn{DDL: oidBytes(tOID)})
	rows := batch3()
	for i := range int64(10) {
		rows.AppendBatch(batch3([3]int64{i, i, i}))
	}
	commit(&Txn{Writes: []Write{{Rel: tOID, New: rows}}})
	again() // what was restored is sealed
	dead := *rows
	dead.Sel = []uint32{0, 1, 2, 3, 4, 5, 6, 7}
	commit(&Txn{Snapshot: e.Newest().Tick, Writes: []Write{{Rel: tOID, Dead: dead.Compact()}}})
	var before, now []uint64
	onTick := func(f func()) {
		t.Helper()
		if err := e.onTick(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	onTick(func() {
		if err := e.Checkpoint(); err != nil {
			t.Error(err)
		}
		before = partsOf(e, tOID)
	})
	for now = before; slices.Equal(before, now); { // until what is mostly dead has been rewritten
		onTick(func() { now = partsOf(e, tOID) })
	}
	again()
	defer e.Abandon()
	got, err := rowsOf(e, tOID)
	if err != nil || fmt.Sprint(got) != "map[8, 8, 8:1 9, 9, 9:1]" {
		t.Fatal(got, err)
	}
}
