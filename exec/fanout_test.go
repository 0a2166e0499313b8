package exec

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/storage/disk"
)

// firstDevice is the first of the views that keep the rows of t with one k each, every third
// of them below a projection that also computes, and so not by constant.
const firstDevice, devices = 21000, 3 * leastFanOut

// deviceWorld has devices views, and one that may fail on rows of all others.
func deviceWorld(t *testing.T) *world {
	w := newWorld()
	call := func(b *Builder, op string, args ...expr.Expr) expr.Expr {
		e, err := expr.CallOperator(b.ctx, op, args...)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for i := range uint32(devices) {
		oid := firstDevice + i
		w.rels[oid] = &Relation{OID: oid, Name: fmt.Sprint("device", i), Types: i8s(2), Names: []string{"k", "v"}, RowID: -1, Watermark: -1, View: true}
		k := expr.NewColumn(0, col.Int8)
		w.views[oid] = func(b *Builder) Ref {
			in := b.Source(tOID, []int{1, 2})
			switch is := call(b, "=", k, expr.NewInt8(int64(i/3))); {
			case i == 0:
				inverse := call(b, "/", expr.NewInt8(1), k) // of 0: an error of that row
				return b.Filter(in, expr.NewAnd(call(b, ">=", inverse, expr.NewInt8(0)), is))
			case i%3 == 0:
				return b.Filter(b.Project(in, []expr.Expr{call(b, "+", k, expr.NewInt8(0)), expr.NewColumn(1, col.Int8)}), is)
			case i%3 == 1:
				return b.Filter(in, expr.NewAnd(call(b, ">=", expr.NewColumn(1, col.Int8), expr.NewInt8(2)), is))
			default:
				return b.Filter(in, call(b, "=", expr.NewInt8(int64(i/3)), k))
			}
		}
	}
	return w
}

// A view of one constant of many sees the rows of that constant, and these alone reach it.
func TestFanOutByConstant(t *testing.T) {
	fs, clock, rng := disk.NewMem(1), int64(1000), rand.New(rand.NewPCG(1, 2))
	h := &history{t: t, rng: rng, w: deviceWorld(t), rows: map[int64][2]int64{}}
	h.e = open(t, fs, h.w, &clock)
	if err := h.create(tOID, sOID); err != nil {
		t.Fatal(err)
	}
	live := map[uint32]bool{}
	for round := range 60 {
		for range 3 {
			oid := firstDevice + uint32(rng.IntN(devices))
			ddl := oid
			if live[oid] {
				ddl = ^oid
			}
			if live[oid] == (rng.IntN(4) > 0) {
				continue
			}
			live[oid] = !live[oid]
			if err := h.commit(&Txn{DDL: oidBytes(ddl)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.change(); err != nil {
			t.Fatal(err)
		}
		for oid := range live {
			if live[oid] {
				h.checkDevice(oid)
			}
		}
		if round%20 == 10 {
			if err := h.e.Close(); err != nil {
				t.Fatal(err)
			}
			fs = fs.Restart()
			h.e = open(t, fs, h.w, &clock)
		}
	}
	h.checkRouted()
	if err := h.e.Close(); err != nil {
		t.Fatal(err)
	}
}

func (h *history) checkDevice(oid uint32) {
	h.t.Helper()
	got, err := rowsOf(h.e, oid)
	if err != nil {
		h.t.Fatal(err)
	}
	want := map[string]int64{}
	for _, r := range h.rows {
		i := int64(oid - firstDevice)
		if r[0] == i/3 && (i%3 != 1 || r[1] >= 2) && (i != 0 || r[0] != 0) {
			want[fmt.Sprintf("%d, %d", r[0], r[1])]++
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		h.t.Fatalf("%s\n got %v\nwant %v", h.w.rels[oid].Name, got, want)
	}
	if errs := h.e.ErrorCount(oid); oid == firstDevice && errs != int64(h.zeros()) {
		h.t.Fatalf("%d rows in error, %d rows of 0", errs, h.zeros())
	}
}

func (h *history) zeros() (n int) {
	for _, r := range h.rows {
		if r[0] == 0 {
			n++
		}
	}
	return n
}

// checkRouted counts the rows that reach the filters by constant from one commit.
func (h *history) checkRouted() {
	h.t.Helper()
	for i := range uint32(devices) {
		if _, err := h.e.rels.get(firstDevice + i); err != nil {
			if err := h.commit(&Txn{DDL: oidBytes(firstDevice + i)}); err != nil {
				h.t.Fatal(err)
			}
		}
	}
	reached := func() (n uint64) {
		if err := h.e.onTick(context.Background(), func() {
			for _, x := range h.e.graph.nodes {
				if _, ok := x.op.(*Filter); ok && strings.HasPrefix(x.flow.Name, "device") && (x.flow.OID-firstDevice)%3 != 0 {
					n += x.rowsIn
				}
			}
		}); err != nil {
			h.t.Fatal(err)
		}
		return n
	}
	before := reached()
	if err := h.commit(&Txn{Writes: []Write{{Rel: tOID, New: batch3([3]int64{100, 3, 2}, [3]int64{101, 3, 1}, [3]int64{102, 4, 2}, [3]int64{103, 99, 2})}}}); err != nil {
		h.t.Fatal(err)
	}
	if got := reached() - before; got != 6 {
		h.t.Fatalf("%d rows reached the filters by constant, not 6", got)
	}
}
