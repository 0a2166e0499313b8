package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
	"github.com/millracedb/millrace/storage/pool"
	"github.com/millracedb/millrace/storage/state"
)

func newPool(t testing.TB) *pool.Pool {
	t.Helper()
	p, err := pool.New(pool.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// notes is a heap of values that the test knows, the smallest state there is.
type notes struct {
	p    *pool.Pool
	h    *state.Heap
	refs []state.Ref
	want []string
}

func newNotes(p *pool.Pool) *notes {
	return &notes{p: p, h: state.NewHeap(p, &pool.Owner{Name: "notes"})}
}

func (n *notes) put(t testing.TB, s string) {
	ref, err := n.h.Put([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	n.refs, n.want = append(n.refs, ref), append(n.want, s)
}

// change replaces some values by others.
func (n *notes) change(t testing.TB, r *rand.Rand, times int) {
	for range times {
		s := fmt.Sprintf("%d%s", r.Uint64(), bytes.Repeat([]byte{byte(r.Uint32())}, r.IntN(3000)))
		if i := r.IntN(len(n.refs) + 1); i < len(n.refs) {
			n.h.Free(n.refs[i])
			ref, err := n.h.Put([]byte(s))
			if err != nil {
				t.Fatal(err)
			}
			n.refs[i], n.want[i] = ref, s
			continue
		}
		n.put(t, s)
	}
	n.p.EndStep()
}

func (n *notes) manifest(tick uint64) Manifest {
	refs := []byte{}
	for _, r := range n.refs {
		refs = fmt.Appendf(refs, "%d ", uint64(r))
	}
	return Manifest{Tick: tick, Sections: map[string][]byte{"notes": n.h.Header(), "refs": refs, "": nil}}
}

// reload reads a checkpoint into a pool of its own; nil when there is none.
func reload(t testing.TB, fsys disk.FS) (*notes, *Store, *Manifest, error) {
	s, p := New(fsys), newPool(t)
	m, err := s.Load(p)
	if m == nil || err != nil {
		return newNotes(p), s, m, err
	}
	n := newNotes(p)
	if err := n.h.Restore(m.Sections["notes"]); err != nil {
		return nil, s, m, err
	}
	p.Sweep()
	for f := range bytes.FieldsSeq(m.Sections["refs"]) {
		var r uint64
		fmt.Sscan(string(f), &r)
		n.refs = append(n.refs, state.Ref(r))
		n.want = append(n.want, string(n.h.Get(state.Ref(r))))
	}
	return n, s, m, nil
}

func same(t testing.TB, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("value %d is %.60q, want %.60q", i, got[i], want[i])
		}
	}
}

func TestCheckpointsOverRestarts(t *testing.T) {
	real, err := disk.OS(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, fsys := range map[string]disk.FS{"memory": disk.NewMem(1), "files": real} {
		t.Run(name, func(t *testing.T) { overRestarts(t, fsys) })
	}
}

func overRestarts(t *testing.T, fsys disk.FS) {
	n, s, m, err := reload(t, fsys)
	if m != nil || err != nil {
		t.Fatalf("an empty folder gives %v, %v", m, err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for tick := range uint64(40) {
		n.change(t, r, 1+r.IntN(200))
		st, err := s.Write(n.p, n.manifest(tick))
		if err != nil {
			t.Fatal(err)
		}
		if names, _ := fsys.List(Folder); len(names) != st.Files+1 {
			t.Fatalf("%d files lie there, %d are needed", len(names)-1, st.Files)
		}
		if r.IntN(4) == 0 {
			want := n.want
			if n, s, m, err = reload(t, fsys); err != nil {
				t.Fatal(err)
			}
			if m.Tick != tick || m.Sections["notes"] == nil || m.Sections[""] == nil {
				t.Fatalf("tick %d, want %d", m.Tick, tick)
			}
			same(t, n.want, want)
		}
	}
}

// TestCrashAtEveryCall takes the power away at each call of three checkpoints: what is
// there afterwards is one of the two last, whole, and work goes on from it.
func TestCrashAtEveryCall(t *testing.T) {
	run := func(fsys *disk.Mem) (n *notes, states [][]string, acked int, err error) {
		n = newNotes(newPool(t))
		s, r := New(fsys), rand.New(rand.NewPCG(5, 5))
		states, acked = append(states, nil), 0
		for tick := range uint64(4) {
			n.change(t, r, 60)
			states = append(states, append([]string(nil), n.want...))
			if _, err = s.Write(n.p, n.manifest(tick+1)); err != nil {
				return n, states, acked, err
			}
			acked = int(tick) + 1
		}
		return n, states, acked, nil
	}
	whole := disk.NewMem(9)
	if _, _, _, err := run(whole); err != nil {
		t.Fatal(err)
	}
	for at := range whole.Calls() {
		fsys := disk.NewMem(uint64(at))
		fsys.CrashAfter(at)
		n, states, acked, err := run(fsys)
		if !errors.Is(err, disk.ErrCrashed) {
			t.Fatalf("crash at call %d: %v", at, err)
		}
		n.p.Close()
		after := fsys.Recover()
		got, s, m, err := reload(t, after)
		if err != nil {
			t.Fatalf("crash at call %d: %v", at, err)
		}
		tick := 0
		if m != nil {
			tick = int(m.Tick)
		}
		if tick != acked && tick != acked+1 {
			t.Fatalf("crash at call %d: tick %d after %d was acknowledged", at, tick, acked)
		}
		same(t, got.want, states[tick])
		got.change(t, rand.New(rand.NewPCG(7, 7)), 30)
		if _, err := s.Write(got.p, got.manifest(99)); err != nil {
			t.Fatalf("after a crash at call %d: %v", at, err)
		}
		again, _, _, err := reload(t, after)
		if err != nil {
			t.Fatal(err)
		}
		same(t, again.want, got.want)
		again.p.Close()
		got.p.Close()
	}
}

func TestFullDiskLeavesTheLastCheckpoint(t *testing.T) {
	fsys := disk.NewMem(3)
	n, r := newNotes(newPool(t)), rand.New(rand.NewPCG(2, 2))
	s := New(fsys)
	n.change(t, r, 300)
	if _, err := s.Write(n.p, n.manifest(1)); err != nil {
		t.Fatal(err)
	}
	want := append([]string(nil), n.want...)
	n.change(t, r, 300)
	fsys.SetCapacity(1000)
	if _, err := s.Write(n.p, n.manifest(2)); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("a full disk gives %v", err)
	}
	old, _, m, err := reload(t, fsys)
	if err != nil || m.Tick != 1 {
		t.Fatalf("after it: %v", err)
	}
	same(t, old.want, want)
	fsys.SetCapacity(1 << 40)
	if _, err := s.Write(n.p, n.manifest(3)); err != nil {
		t.Fatal(err)
	}
	now, _, _, err := reload(t, fsys)
	if err != nil {
		t.Fatal(err)
	}
	same(t, now.want, n.want)
}

func TestFlippedBitsAreFound(t *testing.T) {
	for i := range 300 {
		fsys := disk.NewMem(uint64(i))
		n, r := newNotes(newPool(t)), rand.New(rand.NewPCG(uint64(i), 2))
		n.put(t, "a value of some length, long enough to be compressed: aaaaaaaaaaaaaaaaaaaaaaaaaaaa")
		n.change(t, r, 3)
		if _, err := New(fsys).Write(n.p, n.manifest(1)); err != nil {
			t.Fatal(err)
		}
		name := manifestPath
		if i%3 > 0 {
			name = pagePath(1)
		}
		bit := r.Int64N(int64(len(fsys.Bytes(name))) * 8)
		fsys.FlipBit(name, bit)
		got, _, _, err := reload(t, fsys)
		code := pgerr.CodeOf(err)
		switch {
		case code == pgerr.DataCorrupted || code == pgerr.FeatureNotSupported:
		case err == nil && name != manifestPath && bit >= 12*8 && bit < fileHead*8: // four bytes that say nothing
			same(t, got.want, n.want)
		default:
			t.Fatalf("bit %d of %s flipped: %v", bit, name, err)
		}
		n.p.Close()
	}
}

func TestMissingPageFile(t *testing.T) {
	fsys := disk.NewMem(1)
	n := newNotes(newPool(t))
	n.put(t, "value")
	if _, err := New(fsys).Write(n.p, n.manifest(1)); err != nil {
		t.Fatal(err)
	}
	if err := fsys.Remove(pagePath(1)); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := reload(t, fsys); pgerr.CodeOf(err) != pgerr.DataCorrupted {
		t.Fatalf("a page file is missing: %v", err)
	}
}

// TestVolatilePagesStayOut: a query's state is in no checkpoint.
func TestVolatilePagesStayOut(t *testing.T) {
	fsys, p := disk.NewMem(1), newPool(t)
	q := &pool.Owner{Name: "query", Volatile: true}
	h := state.NewHeap(p, q)
	for range 100 {
		if _, err := h.Put(make([]byte, 3000)); err != nil {
			t.Fatal(err)
		}
	}
	st, err := New(fsys).Write(p, Manifest{Tick: 1})
	if err != nil || st.Held != 0 {
		t.Fatalf("%d pages of a query in the checkpoint, %v", st.Held, err)
	}
}

// TestStatesOfAllKinds: a table, its text keys and an arrangement come back from files.
func TestStatesOfAllKinds(t *testing.T) {
	fsys, p := disk.NewMem(4), newPool(t)
	l := state.Layout{Keys: []col.Type{col.Text, col.Int8}, Payload: 8}
	al := state.ArrLayout{Keys: l.Keys, Payload: []col.Type{col.Text}}
	tab, arr := state.New(p, nil, l), state.NewArrangement(p, nil, al)
	s, seed := New(fsys), col.Seed{1, 2}
	const n = 3000
	at, ids, hash := make([]unsafe.Pointer, n), make([]state.RowID, n), make([]uint64, n)
	keys := []*col.Vector{col.NewVector(col.Text), col.NewVector(col.Int8)}
	rows := col.NewBatch(col.Text)
	for i := range n {
		keys[0].AppendString(fmt.Sprintf("key number %d", i))
		keys[1].AppendI64(int64(i))
		rows.Cols[0].AppendString(fmt.Sprintf("row number %d", i))
	}
	rows.N = n
	seed.Keys(hash, keys)
	for tick := range uint64(3) {
		tab.GetOrInsert(at, ids, keys, hash)
		for i, r := range at {
			*(*int64)(unsafe.Add(r, l.PayloadAt())) += int64(i)
		}
		if err := arr.Merge(keys, hash, rows); err != nil {
			t.Fatal(err)
		}
		p.EndStep()
		m := Manifest{Tick: tick, Sections: map[string][]byte{"table": tab.Header(), "arr": arr.Header()}}
		if _, err := s.Write(p, m); err != nil {
			t.Fatal(err)
		}
	}
	q := newPool(t)
	m, err := New(fsys).Load(q)
	if err != nil || m.Tick != 2 {
		t.Fatal(err)
	}
	tab, arr = state.New(q, nil, l), state.NewArrangement(q, nil, al)
	if err := errors.Join(tab.Restore(m.Sections["table"]), arr.Restore(m.Sections["arr"])); err != nil {
		t.Fatal(err)
	}
	q.Sweep()
	tab.Find(at, ids, keys, hash)
	for i, r := range at {
		if r == nil || *(*int64)(unsafe.Add(r, l.PayloadAt())) != 3*int64(i) {
			t.Fatalf("row %d is not as it was", i)
		}
	}
	met := 0
	err = arr.Probe(keys, hash, []int{0}, func(left []uint32, b *col.Batch) error {
		for i, l := range left {
			if b.Cols[0].String(i) != rows.Cols[0].String(int(l)) || b.Weight(i) != 3 {
				t.Fatalf("row %d is %q of weight %d", l, b.Cols[0].String(i), b.Weight(i))
			}
			met++
		}
		return nil
	})
	if err != nil || met != n {
		t.Fatalf("%d rows, %v", met, err)
	}
}

// BenchmarkWrite is a checkpoint of 64 MB of pages of integers, to files, and of the same
// pages read back.
func BenchmarkWrite(b *testing.B) {
	fsys, err := disk.OS(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	p, s := newPool(b), New(fsys)
	const size = 64 << 20
	for range size / pool.FrameSize {
		c := p.Alloc(nil, pool.Class2M)
		words := unsafe.Slice((*uint64)(p.Addr(c)), pool.FrameSize/8)
		for i := range words {
			words[i] = uint64(i) * 0x9e3779b97f4a7c15 >> (i % 3 * 20)
		}
		p.Mark(p.Addr(c), pool.FrameSize)
	}
	dirty := slices.Collect(p.Dirty())
	b.SetBytes(size)
	b.Run("write", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			for _, pg := range dirty {
				p.MarkPage(pg)
			}
			if _, err := s.Write(p, Manifest{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("load", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			q := newPool(b)
			if _, err := New(fsys).Load(q); err != nil {
				b.Fatal(err)
			}
			q.Close()
		}
	})
}
