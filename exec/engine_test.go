package exec

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/disk"
)

func oidBytes(oid uint32) []byte { return binary.LittleEndian.AppendUint32(nil, oid) }

// rowsOf reads a relation as text, with weights.
func rowsOf(e *Engine, oid uint32) (map[string]int64, error) {
	snap := e.Snapshot()
	defer snap.Release()
	st, err := e.Store(oid)
	if err != nil {
		return nil, err
	}
	r, _ := e.rels.get(oid)
	out := map[string]int64{}
	for b, err := range st.At(snap.Tick, firstN(len(r.Types)), accessAll) {
		if err != nil {
			return nil, err
		}
		countRows(out, b)
	}
	return out, nil
}

func countRows(out map[string]int64, b *col.Batch) {
	for i := range b.Len() {
		p := b.Row(i)
		out[textOf(b, firstN(len(b.Cols)), p)] += b.Weight(p)
	}
}

// queryOf runs a view's query ad hoc.
func queryOf(e *Engine, w *world, oid uint32) (map[string]int64, error) {
	snap := e.Snapshot()
	defer snap.Release()
	out := map[string]int64{}
	err := e.Run(context.Background(), &Query{Snapshot: snap, WorkMem: w.workMem(), Ctx: fn.NewCtx(nil, 0), Build: w.views[oid], Sink: func(b *col.Batch) error { countRows(out, b); return nil }})
	return out, err
}

func open(t *testing.T, fs disk.FS, w *world, clock *int64) *Engine {
	t.Helper()
	e, err := Open(testOptions(fs, w, clock))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// openEmpty opens an engine on an empty disk, which ends with the test.
func openEmpty(t *testing.T) (*Engine, *disk.Mem) {
	t.Helper()
	clock, fs := int64(1000), disk.NewMem(1)
	e := open(t, fs, newWorld(), &clock)
	t.Cleanup(e.Abandon)
	return e, fs
}

func TestViewsFollowCommitsAndRestarts(t *testing.T) {
	for seed := range uint64(envInt("MILLRACE_HISTORIES", 20)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := &history{t: t, rng: rand.New(rand.NewPCG(seed, 3)), w: newWorld(), rows: map[int64][2]int64{}, clock: 1000}
			var fs disk.FS = disk.NewMem(seed)
			h.e = open(t, fs, h.w, &h.clock)
			if err := h.create(tOID, sOID, v1OID, v3OID); err != nil {
				t.Fatal(err)
			}
			later := []uint32{v4OID, v2OID, v5OID}
			for i := range 40 {
				if i%10 == 5 && len(later) > 0 {
					if err := h.create(later[0]); err != nil {
						t.Fatal(err)
					}
					later = later[1:]
				}
				if err := h.change(); err != nil {
					t.Fatal(err)
				}
				h.check()
				switch h.rng.IntN(10) {
				case 0:
					if err := h.e.Close(); err != nil {
						t.Fatal(err)
					}
					h.e = open(t, fs, h.w, &h.clock)
					h.check()
				case 1:
					h.e.Abandon()
					fs = fs.(*disk.Mem).Restart()
					h.e = open(t, fs, h.w, &h.clock)
					h.check()
				}
			}
			if err := h.e.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestConflictsAndDuplicates(t *testing.T) {
	clock := int64(1000)
	w := newWorld()
	e := open(t, disk.NewMem(1), w, &clock)
	defer e.Abandon()
	ctx := context.Background()
	must := func(x *Txn) {
		t.Helper()
		if _, err := e.Commit(ctx, x); err != nil {
			t.Fatal(err)
		}
	}
	must(&Txn{DDL: oidBytes(tOID)})
	must(&Txn{Writes: []Write{{Rel: tOID, New: batch3([3]int64{1, 1, 1})}}})
	snap := e.Newest().Tick
	_, err := e.Commit(ctx, &Txn{Snapshot: snap, Writes: []Write{{Rel: tOID, New: batch3([3]int64{2, 0, 0}, [3]int64{1, 0, 0})}}})
	if pgerr.CodeOf(err) != pgerr.UniqueViolation {
		t.Fatalf("duplicate key: %v", err)
	}
	must(&Txn{Snapshot: snap, Writes: []Write{{Rel: tOID, Dead: batch3([3]int64{1, 1, 1}), New: batch3([3]int64{1, 1, 2})}}})
	_, err = e.Commit(ctx, &Txn{Snapshot: snap, Writes: []Write{{Rel: tOID, Dead: batch3([3]int64{1, 1, 1})}}})
	if pgerr.CodeOf(err) != pgerr.SerializationFailure {
		t.Fatalf("lost update: %v", err)
	}
	x := &Txn{Writes: []Write{{Rel: tOID, New: batch3([3]int64{1, 0, 0}, [3]int64{3, 0, 0}, [3]int64{3, 1, 1}), SkipConflicts: true}}}
	must(x)
	if fmt.Sprint(x.Writes[0].Skipped) != "[0 2]" {
		t.Fatalf("skipped %v", x.Writes[0].Skipped)
	}
	got, err := rowsOf(e, tOID)
	if err != nil || fmt.Sprint(got) != "map[1, 1, 2:1 3, 0, 0:1]" {
		t.Fatalf("%v %v", got, err)
	}
	must(&Txn{Writes: []Write{{Rel: tOID, Truncate: true}, {Rel: tOID, New: batch3([3]int64{1, 5, 5})}}})
	if got, _ = rowsOf(e, tOID); fmt.Sprint(got) != "map[1, 5, 5:1]" {
		t.Fatalf("after TRUNCATE: %v", got)
	}
}

// A crash at every I/O in turn, with torn sectors: what was acknowledged is there, what
// was not is wholly there or wholly absent, and every view equals its query.
func TestCrashAtEveryIO(t *testing.T) {
	base := disk.NewMem(7)
	run := func(fs *disk.Mem, seed uint64) (h *history, err error) {
		h = &history{t: t, rng: rand.New(rand.NewPCG(seed, 9)), w: newWorld(), rows: map[int64][2]int64{}, clock: 1000}
		if h.e, err = Open(testOptions(fs, h.w, &h.clock)); err != nil {
			return h, err
		}
		if err = h.create(tOID, sOID, v1OID, v3OID, v2OID); err != nil {
			return h, err
		}
		for i := range 6 {
			if err = h.change(); err != nil {
				return h, err
			}
			if i == 3 {
				var cerr error
				if err = h.e.onTick(context.Background(), func() { cerr = h.e.Checkpoint() }); err != nil || cerr != nil {
					return h, errors.Join(err, cerr)
				}
			}
		}
		return h, nil
	}
	h, err := run(base, 1)
	if err != nil {
		t.Fatal(err)
	}
	h.e.Abandon()
	calls := base.Calls()
	step := 1
	if testing.Short() {
		step = 7
	}
	for n := 1; n <= calls; n += step {
		fs := disk.NewMem(uint64(n))
		fs.CrashAfter(n)
		h, err := run(fs, 1)
		if h.e != nil {
			h.e.Abandon()
		}
		if err == nil {
			continue
		}
		before, clock := h.rows, h.clock
		after := fs.Recover()
		h.w.next = nil
		e, err := Open(testOptions(after, h.w, &clock))
		if err != nil {
			t.Fatalf("crash after call %d: the database does not open: %v", n, err)
		}
		h.e = e
		checkAcknowledged(t, h, before, n)
		e.Abandon()
	}
}

// checkAcknowledged accepts the table as acknowledged, or with the one transaction whose
// answer was lost.
func checkAcknowledged(t *testing.T, h *history, acknowledged map[int64][2]int64, n int) {
	t.Helper()
	if _, err := h.e.rels.get(tOID); err != nil {
		if len(acknowledged) > 0 {
			t.Fatalf("crash after call %d: acknowledged rows are gone with their table", n)
		}
		return
	}
	for _, oid := range []uint32{v1OID, v2OID, v3OID} {
		if _, err := h.e.rels.get(oid); err != nil {
			continue
		}
		got, err := rowsOf(h.e, oid)
		if err != nil {
			t.Fatalf("crash after call %d: %v", n, err)
		}
		want, err := queryOf(h.e, h.w, oid)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("crash after call %d: view %d\n got %v\nwant %v (%v)", n, oid, got, want, err)
		}
	}
	got, err := rowsOf(h.e, tOID)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{}
	for id, r := range acknowledged {
		want[fmt.Sprintf("%d, %d, %d", id, r[0], r[1])] = 1
	}
	if fmt.Sprint(got) == fmt.Sprint(want) {
		return
	}
	// The lost answer: the next transaction of the same history.
	twin := &history{t: t, rng: rand.New(rand.NewPCG(1, 9)), w: newWorld(), rows: map[int64][2]int64{}, clock: 1000}
	twin.e = open(t, disk.NewMem(1), twin.w, &twin.clock)
	defer twin.e.Abandon()
	if err := twin.create(tOID, sOID, v1OID, v3OID, v2OID); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		same := fmt.Sprint(twin.rows) == fmt.Sprint(acknowledged)
		if err := twin.change(); err != nil {
			t.Fatal(err)
		}
		if same {
			next, err := rowsOf(twin.e, tOID)
			if err == nil && fmt.Sprint(next) == fmt.Sprint(got) {
				return
			}
		}
	}
	t.Fatalf("crash after call %d: t\n got %v\nacknowledged %v", n, got, want)
}

// A log that fills the disk by itself is made short by a checkpoint, and writing goes on.
func TestAFullLogIsMadeShort(t *testing.T) {
	clock, w := int64(1000), newWorld()
	fs := disk.NewMem(3)
	fs.SetCapacity(3 << 20)
	o := testOptions(fs, w, &clock)
	e, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Abandon()
	h := &history{t: t, w: w, e: e}
	if err := h.commit(&Txn{DDL: oidBytes(tOID)}); err != nil {
		t.Fatal(err)
	}
	before := e.Stats().Checkpoints.Load()
	for i := range int64(400) {
		var rows [][3]int64
		for k := range int64(500) {
			rows = append(rows, [3]int64{k << 40, (i + k) << 40, k << 40}) // nothing that the record narrows
		}
		x := &Txn{Writes: []Write{{Rel: tOID, Truncate: true}, {Rel: tOID, New: batch3(rows...)}}}
		if err := h.commit(x); err != nil {
			t.Fatalf("commit %d: %v", i, err)
		}
	}
	if e.Stats().Checkpoints.Load() == before {
		t.Fatal("4 MB of log went into 3 MB of disk without a checkpoint")
	}
}
