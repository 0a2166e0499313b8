package exec

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/disk"
	"github.com/millracedb/millrace/storage/pool"
	"github.com/millracedb/millrace/storage/state"
)

// lapse passes rows on until the instant in a column of theirs, without any input then.
type lapse struct {
	seed  col.Seed
	until int
	rows  *state.Arrangement // that have not lapsed
	came  *col.Batch
}

func (b *Builder) lapse(in Ref, until int) Ref {
	l := &lapse{seed: b.g.Seed, until: until, came: col.NewBatch(b.Types(in)...)}
	l.rows = b.newArrangement(state.ArrLayout{Payload: b.Types(in)})
	return b.Add(l, b.Types(in), false, in)
}

func (l *lapse) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	l.came.AppendBatch(b)
	return nil
}

func (l *lapse) Flush(t *Tick, emit Emit) error {
	out := col.NewBatch(l.rows.Layout().Payload...)
	for i := range l.came.N {
		if l.came.Cols[l.until].I64[i] > t.Now() {
			out.AppendRow(l.came, i, l.came.Weight(i))
		}
	}
	l.came.Reset()
	hash := func(n int) []uint64 {
		h := make([]uint64, n)
		l.seed.Keys(h, nil)
		return h
	}
	if out.N > 0 {
		if err := l.rows.Merge(nil, hash(out.N), stored(out)); err != nil {
			return err
		}
	}
	gone := col.NewBatch(l.rows.Layout().Payload...)
	err := l.rows.Probe(nil, hash(1), firstN(len(out.Cols)), func(_ []uint32, rows *col.Batch) error {
		for i := range rows.N {
			if at := rows.Cols[l.until].I64[i]; at > t.Now() {
				t.Wake(at)
			} else {
				gone.AppendRow(rows, i, -rows.Weight(i))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if gone.N > 0 {
		if err := l.rows.Merge(nil, hash(gone.N), stored(gone)); err != nil {
			return err
		}
		out.AppendBatch(gone)
	}
	return emit(out)
}

const lapseOID = 20020 // rows of t until the instant k

func lapseWorld() *world {
	w := newWorld()
	w.rels[lapseOID] = &Relation{OID: lapseOID, Name: "lapsing", Types: i8s(3), Names: make([]string, 3), RowID: -1, Watermark: -1, View: true}
	w.views[lapseOID] = func(b *Builder) Ref { return b.lapse(b.Source(tOID, []int{0, 1, 2}), 1) }
	return w
}

// lapsing is a database with a view whose rows leave on time.
type lapsing struct {
	*testing.T
	fs *disk.Mem
	e  *Engine
}

func (x *lapsing) open() {
	x.Helper()
	w, never := lapseWorld(), int64(0)
	o := testOptions(x.fs, w, &never)
	o.Clock = nil
	var err error
	if x.e, err = Open(o); err != nil {
		x.Fatal(err)
	}
}

func (x *lapsing) commit(t *Txn) {
	x.Helper()
	if _, err := x.e.Commit(context.Background(), t); err != nil {
		x.Fatal(err)
	}
}

// insert adds a row that lapses after a while.
func (x *lapsing) insert(id int64, after time.Duration) {
	x.Helper()
	x.commit(&Txn{Writes: []Write{{Rel: tOID, New: batch3([3]int64{id, x.e.clock() + after.Microseconds(), 0})}}})
}

// check compares the view with the rows of t as of the same tick, at its instant.
func (x *lapsing) check() (rows int) {
	x.Helper()
	snap := x.e.Snapshot()
	defer snap.Release()
	want, got := map[string]int64{}, map[string]int64{}
	for oid, out := range map[uint32]map[string]int64{tOID: want, lapseOID: got} {
		st, err := x.e.Store(oid)
		if err != nil {
			x.Fatal(err)
		}
		for b, err := range st.At(snap.Tick, firstN(3), accessAll) {
			if err != nil {
				x.Fatal(err)
			}
			for i := range b.Len() {
				if p := b.Row(i); oid == lapseOID || b.Cols[1].I64[p] > snap.Now {
					out[textOf(b, firstN(3), p)] += b.Weight(p)
				}
			}
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		x.Fatalf("at tick %d, instant %d:\n got %v\nwant %v", snap.Tick, snap.Now, got, want)
	}
	return len(got)
}

// await checks every tick until the view has so many rows.
func (x *lapsing) await(rows int) {
	x.Helper()
	for x.check() != rows {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		_, err := x.e.Await(ctx, x.e.Newest().Tick)
		cancel()
		if err != nil {
			x.Fatalf("no tick came: %v", err)
		}
	}
}

// nextWake reads when the graph wants to be woken.
func (x *lapsing) nextWake() (at int64) {
	x.Helper()
	if err := x.e.onTick(context.Background(), func() { at = x.e.graph.nextWake() }); err != nil {
		x.Fatal(err)
	}
	return at
}

// Rows leave on time without any input, also after a restart from a checkpoint and after a
// crash, and nothing ticks while nothing is due.
func TestWake(t *testing.T) {
	x := &lapsing{T: t, fs: disk.NewMem(1)}
	x.open()
	x.commit(&Txn{DDL: oidBytes(tOID)})
	if x.nextWake() != noWake {
		t.Fatal("a wake-up without anybody who asked for it")
	}
	x.insert(1, time.Hour)
	f, err := x.e.Fill(context.Background(), lapseWorld().rels[lapseOID], nil)
	if err != nil {
		t.Fatal(err)
	}
	x.commit(&Txn{DDL: oidBytes(lapseOID), View: f})
	far := x.nextWake()
	if wait := far - x.e.clock(); wait < time.Minute.Microseconds() || wait > time.Hour.Microseconds() {
		t.Fatalf("the next wake-up is %d µs ahead", wait)
	}
	x.insert(2, 20*time.Millisecond)
	x.insert(3, 40*time.Millisecond)
	x.await(1)
	for _, end := range []func() error{func() error { return x.e.Close() }, func() error { x.e.Abandon(); return nil }} {
		x.insert(4, 30*time.Millisecond)
		x.insert(5, 150*time.Millisecond)
		if err := end(); err != nil {
			t.Fatal(err)
		}
		x.fs = x.fs.Restart()
		x.open()
		x.await(1)
		if x.nextWake() != far {
			t.Fatalf("the next wake-up is at %d, not at %d", x.nextWake(), far)
		}
		x.commit(&Txn{Snapshot: x.e.Newest().Tick, Writes: []Write{{Rel: tOID, Truncate: true}}})
		x.check()
		x.commit(&Txn{Writes: []Write{{Rel: tOID, New: batch3([3]int64{1, far, 0})}}})
	}
	before := x.e.Newest().Tick
	if x.nextWake(); x.e.Newest().Tick != before {
		t.Fatal("a tick while nothing was due")
	}
	x.commit(&Txn{DDL: oidBytes(^uint32(lapseOID))})
	if x.nextWake() != noWake {
		t.Fatal("a dropped view's wake-up is left")
	}
	if err := x.e.Close(); err != nil {
		t.Fatal(err)
	}
}

// A node that fails after it asked to be woken is not woken.
func TestWakeOfFailedNode(t *testing.T) {
	g := NewGraph(testPool(t), col.Seed{1, 2}, new(atomic.Uint64))
	src := g.NewSource(SourceSpec{Types: i8s(1), Watermark: -1})
	d := NewDataflow(1, "v", true, &pool.Owner{Name: "v"}, nil)
	b := g.NewBuilder(d, fn.NewCtx(nil, 0))
	n := b.lapse(src, 0)
	g.setWake(g.nodes[n], 5)
	d.fail(g.nodes[n], context.Canceled)
	if g.nextWake() != noWake {
		t.Fatal("the failed node is to be woken")
	}
}
