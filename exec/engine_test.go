package exec

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/disk"
	"github.com/millracedb/millrace/storage/log"
)

// world is a catalog and plans for tests: relations by OID, views by functions. A diff is
// the OID of a relation that is created, or its complement for one that is dropped.
type world struct {
	rels  map[uint32]*Relation
	views map[uint32]func(b *Builder) Ref
	live  []uint32
	next  []uint32
}

func (w *world) Next(diff []byte) ([]Op, error) {
	oid := binary.LittleEndian.Uint32(diff)
	w.next = append(w.next, oid)
	if int32(oid) < 0 {
		return []Op{{Drop: ^oid}}, nil
	}
	return []Op{{Create: w.rels[oid]}}, nil
}

func (w *world) Publish(uint64) {
	for _, oid := range w.next {
		if int32(oid) < 0 {
			w.live = slices.DeleteFunc(w.live, func(o uint32) bool { return o == ^oid })
		} else {
			w.live = append(w.live, oid)
		}
	}
	w.next = nil
}

func (w *world) Forget() { w.next = nil }
func (w *world) Back()   { w.next = w.next[:len(w.next)-1] }
func (w *world) Encode() []byte {
	var b []byte
	for _, o := range w.live {
		b = binary.LittleEndian.AppendUint32(b, o)
	}
	return b
}

func (w *world) Restore(b []byte) (ops []Op, err error) {
	w.live = nil
	for ; len(b) >= 4; b = b[4:] {
		w.live = append(w.live, binary.LittleEndian.Uint32(b))
	}
	ops = []Op{{Create: ErrorsRelation()}, {Create: LateRelation()}}
	for _, o := range w.live {
		ops = append(ops, Op{Create: w.rels[o]})
	}
	return ops, nil
}

func (w *world) Build(oid uint32, b *Builder) (Ref, error) { return w.views[oid](b), nil }

const (
	tOID  = 20000 // t(id primary key, k, v)
	sOID  = 20001 // s(k, ts) a stream with a watermark
	v1OID = 20010 // sum and count of t.v by k where v >= 2
	v2OID = 20011 // t left join t on k = id
	v3OID = 20012 // count of s by k and tumbling window
	v4OID = 20013 // the same, once final
	v5OID = 20014 // the two greatest v1 rows
)

func i8s(n int) []col.Type {
	out := make([]col.Type, n)
	for i := range out {
		out[i] = col.Int8
	}
	return out
}

func newWorld() *world {
	w := &world{rels: map[uint32]*Relation{}, views: map[uint32]func(b *Builder) Ref{}}
	w.rels[tOID] = &Relation{OID: tOID, Name: "t", Names: []string{"id", "k", "v"}, Types: i8s(3), Key: []int{0}, RowID: -1, Watermark: -1,
		Unique: []Unique{{Name: "t_pkey", Cols: []int{0}, Primary: true}}}
	w.rels[sOID] = &Relation{OID: sOID, Name: "s", Names: []string{"k", "ts"}, Types: []col.Type{col.Int8, col.Timestamp}, Bag: true, RowID: -1, Watermark: 1, Delay: 3}
	view := func(oid uint32, name string, types []col.Type, bag bool, f func(b *Builder) Ref) {
		w.rels[oid] = &Relation{OID: oid, Name: name, Types: types, Names: make([]string, len(types)), Bag: bag, RowID: -1, Watermark: -1, View: true, History: name == "v4"}
		w.views[oid] = f
	}
	call := func(b *Builder, op string, args ...expr.Expr) expr.Expr {
		e, err := expr.CallOperator(b.ctx, op, args...)
		if err != nil {
			panic(err)
		}
		return e
	}
	view(v1OID, "v1", []col.Type{col.Int8, col.Int8, col.Numeric}, false, func(b *Builder) Ref {
		in := b.Filter(b.Source(tOID, []int{1, 2}), call(b, ">=", expr.NewColumn(1, col.Int8), expr.NewInt8(2)))
		return b.Aggregate(in, AggregateSpec{Group: []int{0}, Aggs: []AggregateCall{{Agg: mustAggregate("count"), Filter: -1}, {Agg: mustAggregate("sum", col.Int8), Args: []int{1}, Filter: -1}}})
	})
	view(v2OID, "v2", i8s(4), false, func(b *Builder) Ref {
		return b.Join(b.Source(tOID, []int{0, 1}), b.Source(tOID, []int{0, 2}), JoinSpec{Kind: Left, LeftKeys: []int{1}, RightKeys: []int{0}})
	})
	windows := func(final bool) func(b *Builder) Ref {
		return func(b *Builder) Ref {
			in := b.Window(b.Source(sOID, []int{0, 1}), WindowSpec{Time: 1, Slide: 10, Size: 10})
			return b.Aggregate(in, AggregateSpec{Group: []int{0, 3}, Aggs: []AggregateCall{{Agg: mustAggregate("count"), Filter: -1}}, Final: final})
		}
	}
	types := []col.Type{col.Int8, col.Timestamp, col.Int8}
	view(v3OID, "v3", types, false, windows(false))
	view(v4OID, "v4", types, true, windows(true))
	view(v5OID, "v5", []col.Type{col.Int8, col.Int8, col.Numeric}, false, func(b *Builder) Ref {
		return b.TopN(b.Source(v1OID, []int{0, 1, 2}), TopNSpec{Order: []OrderBy{{Col: 2, Order: col.Order{Desc: true}}}, Limit: 2})
	})
	return w
}

func testOptions(fs disk.FS, w *world, clock *int64) Options {
	return Options{FS: fs, Catalog: w, Plans: w, Clock: func() int64 { return *clock }, Tuning: Tuning{StepRows: 5},
		Log: log.Options{SegmentSize: 1 << 16, MinFree: -1, MinFreePercent: -1, Inline: true}}
}

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
	err := e.Run(context.Background(), &Query{Snapshot: snap, Ctx: fn.NewCtx(nil, 0), Build: w.views[oid], Sink: func(b *col.Batch) error { countRows(out, b); return nil }})
	return out, err
}

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

func open(t *testing.T, fs disk.FS, w *world, clock *int64) *Engine {
	t.Helper()
	e, err := Open(testOptions(fs, w, clock))
	if err != nil {
		t.Fatal(err)
	}
	return e
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
