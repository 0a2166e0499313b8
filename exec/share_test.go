package exec

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/storage/disk"
)

// sharers makes random views, many of which read the same relations by the same keys.
type sharers struct {
	*history
	width   map[uint32]int // of the relations that views may read, all of bigints
	reads   map[uint32][]uint32
	live    []uint32
	nextOID uint32
	workers int
	met     map[uint32]*int64 // the value at which a view fails; -1: none
	marked  int64             // rows of t whose columns all have one value, which no other has
}

// columns picks different columns, the key among them, and tells at which place that is.
func (h *sharers) columns(rel uint32, key int) (cols []int, at int) {
	for _, c := range h.rng.Perm(h.width[rel]) {
		if c == key || h.rng.IntN(2) == 0 {
			cols = append(cols, c)
		}
	}
	return cols, slices.Index(cols, key)
}

// add describes a view that joins two relations.
func (h *sharers) add() uint32 {
	oid, met := h.nextOID, new(int64)
	h.nextOID, *met = oid+1, -1
	pick := func() uint32 {
		if n := h.rng.IntN(len(h.live) + 3); n < len(h.live) && !h.out(h.live[n]) {
			return h.live[n]
		}
		return tOID
	}
	rels := [2]uint32{pick(), pick()}
	s := JoinSpec{Kind: []JoinKind{Inner, Inner, Left, Right, Full, Semi, Anti}[h.rng.IntN(7)], NullsEqual: h.rng.IntN(3) == 0}
	var cols [2][]int
	var at [2]int
	for i, r := range rels {
		cols[i], at[i] = h.columns(r, h.rng.IntN(min(2, h.width[r])))
	}
	s.LeftKeys, s.RightKeys = []int{at[0]}, []int{at[1]}
	width := len(cols[0])
	if s.Kind != Semi && s.Kind != Anti {
		width += len(cols[1])
	}
	residual := h.rng.IntN(4) == 0 && s.Kind != Full
	last := len(cols[0]) + len(cols[1]) - 1
	h.w.rels[oid] = &Relation{OID: oid, Name: fmt.Sprintf("view %d", oid), Types: i8s(width), Names: make([]string, width), RowID: -1, Watermark: -1, View: true}
	h.w.views[oid] = func(b *Builder) Ref {
		x := s
		if residual {
			less, err := expr.CallOperator(b.ctx, "<", expr.NewColumn(0, col.Int8), expr.NewColumn(last, col.Int8))
			if err != nil {
				panic(err)
			}
			x.Residual = less
		}
		left := b.Exchange(b.Source(rels[0], cols[0]), x.LeftKeys)
		right := b.Exchange(b.Source(rels[1], cols[1]), x.RightKeys)
		top := b.Join(left, right, x)
		return b.Add(&brittle{at: met}, b.Types(top), false, top)
	}
	h.width[oid], h.reads[oid], h.met[oid] = width, rels[:], met
	return oid
}

// brittle passes batches on until one has a value, at which it fails as a defect would.
type brittle struct {
	linear
	at *int64
}

func (o *brittle) Apply(_ *Tick, _ int, b *col.Batch, emit Emit) error {
	for c := range b.Cols {
		for i := range b.Len() {
			if r := b.Row(i); !b.Cols[c].Null(r) && b.Cols[c].I64[r] == *o.at {
				panic("met the value")
			}
		}
	}
	return emit(b)
}

// fail lets a view fail when it meets the next marked row, and marks one: those that share an
// arrangement with it get it, too.
func (h *sharers) fail() error {
	if len(h.live) > 0 {
		*h.met[h.live[h.rng.IntN(len(h.live))]] = 1000 + h.marked
	}
	id := 1000 + h.marked
	h.marked++
	h.rows[id] = [2]int64{id, id}
	return h.commit(&Txn{Writes: []Write{{Rel: tOID, New: batch3([3]int64{id, id, id})}}})
}

// renew replaces a view by one of the same query, and what is out of service by what is not.
func (h *sharers) renew() error {
	if n := len(h.live); n > 0 && h.rng.IntN(2) == 0 {
		if oid := h.live[h.rng.IntN(n)]; !h.out(oid) {
			return h.create(oid)
		}
	}
	for _, oid := range h.live { // what others read is older
		*h.met[oid] = -1
		if !h.out(oid) {
			continue
		}
		if err := h.create(oid); err != nil {
			return err
		}
	}
	return nil
}

// out reports whether a view is out of service.
func (h *sharers) out(oid uint32) bool {
	_, err := h.e.Store(oid)
	return err != nil
}

// check compares the views that serve with their queries; what reads one that does not, does not
// either.
func (h *sharers) check() {
	h.t.Helper()
	for _, oid := range h.live {
		read := slices.ContainsFunc(h.reads[oid], func(r uint32) bool { return r != tOID && h.out(r) })
		if h.out(oid) {
			if *h.met[oid] < 0 && !read {
				h.t.Fatalf("view %d is out of service", oid)
			}
			continue
		}
		got, err := rowsOf(h.e, oid)
		want, werr := queryOf(h.e, h.w, oid)
		if read || err != nil || werr != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			h.t.Fatalf("view %d at tick %d\n got %v\nwant %v\n(%v, %v)", oid, h.e.Newest().Tick, got, want, err, werr)
		}
	}
}

// remove drops a view that no other reads.
func (h *sharers) remove() error {
	for _, i := range h.rng.Perm(len(h.live)) {
		oid := h.live[i]
		if slices.ContainsFunc(h.live, func(v uint32) bool { return slices.Contains(h.reads[v], oid) }) {
			continue
		}
		h.live = slices.Delete(h.live, i, i+1)
		return h.commit(&Txn{DDL: oidBytes(^oid)})
	}
	return nil
}

// used holds every shared arrangement against the views there are.
func (h *sharers) used() {
	h.t.Helper()
	list, err := h.e.Arrangements(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, a := range list {
		if a.Relation != 0 && len(a.Sharers) == 0 {
			h.t.Fatalf("nobody reads the arrangement of %d by %v", a.Relation, a.Key)
		}
	}
}

func (h *sharers) open(fs disk.FS) {
	o := testOptions(fs, h.w, &h.clock)
	o.Workers, o.ShareRows = h.workers, 1
	e, err := Open(o)
	if err != nil {
		h.t.Fatal(err)
	}
	h.e = e
}

// Views that share arrangements come and go, filled beside the ticks or in one, are replaced, fail
// and are built anew, with crashes and restarts in between and other numbers of workers: each that
// serves is what its query says, and nothing is left when the last has gone. MILLRACE_HISTORIES sets how many.
func TestSharedArrangements(t *testing.T) {
	for seed := range uint64(envInt("MILLRACE_HISTORIES", 6)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := &sharers{history: &history{t: t, rng: rand.New(rand.NewPCG(seed, 9)), w: newWorld(), rows: map[int64][2]int64{}, clock: 1000},
				width: map[uint32]int{tOID: 3}, reads: map[uint32][]uint32{}, nextOID: 20100, workers: 1 + int(seed%3), met: map[uint32]*int64{}}
			var fs disk.FS = disk.NewMem(seed)
			h.open(fs)
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			must(h.create(tOID, sOID))
			for range 32 {
				switch n := h.rng.IntN(14); {
				case n < 4 && len(h.live) < 8:
					oid := h.add()
					must(h.create(oid))
					h.live = append(h.live, oid)
				case n == 4:
					must(h.remove())
				case n == 5:
					must(h.e.Close())
					h.workers = 1 + h.rng.IntN(3)
					h.open(fs)
				case n == 6:
					h.e.Abandon()
					fs = fs.(*disk.Mem).Restart()
					h.open(fs)
				case n == 7:
					must(h.e.CheckpointNow(context.Background()))
				case n == 8:
					must(h.fail())
				case n <= 10:
					must(h.renew())
				}
				must(h.change())
				h.check()
				h.used()
			}
			for len(h.live) > 0 {
				must(h.remove())
			}
			must(h.e.onTick(context.Background(), func() {
				if n := len(h.e.shares.list); n > 0 {
					t.Errorf("%d shared arrangements are left", n)
				}
			}))
			must(h.e.Close())
		})
	}
}
