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

// A checkpoint of many small relations waits for the disk no more often than one of few: what they
// hold stands in the manifest, and only a large one has a file.
func TestSmallRelationsHaveNoFiles(t *testing.T) {
	fs, clock, w := disk.NewMem(1), int64(1000), newWorld()
	h := &history{t: t, w: w, e: open(t, fs, w, &clock)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, oid := range []uint32{tOID, sOID, v1OID, v2OID, v5OID} {
		must(h.commit(&Txn{DDL: oidBytes(oid)}))
	}
	insert := func(from, to int64) {
		rows := batch3()
		for i := from; i < to; i++ {
			rows.AppendBatch(batch3([3]int64{i, i, i * 1_000_003}))
		}
		must(h.commit(&Txn{Writes: []Write{{Rel: tOID, New: rows}}}))
	}
	var files []string
	check := func(most int) {
		t.Helper()
		want, err := rowsOf(h.e, v2OID)
		must(err)
		must(h.e.CheckpointNow(context.Background()))
		if files, err = fs.List(segmentFolder); err != nil || len(files) > most {
			t.Fatalf("there are files %v, at most %d should be (%v)", files, most, err)
		}
		h.e.Abandon()
		fs = fs.Restart()
		h.e = open(t, fs, w, &clock)
		if got, err := rowsOf(h.e, v2OID); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v\nwant %v (%v)", got, want, err)
		}
	}
	insert(0, 3)
	check(0)
	insert(3, 3000)
	check(8)
	if len(files) == 0 {
		t.Error("3000 rows stand in the manifest")
	}
	h.e.Abandon()
}
