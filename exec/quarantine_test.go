package exec

import (
	"context"
	"fmt"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

// broken passes batches on until it meets a value, at which it fails as a defect would: by
// a panic, or by an error.
type broken struct {
	linear
	at     int64
	panics bool
}

func (o *broken) Apply(_ *Tick, _ int, b *col.Batch, emit Emit) error {
	for i := range b.Len() {
		if b.Cols[0].I64[b.Row(i)] == o.at {
			if o.panics {
				panic("met the value")
			}
			return defect("met the value")
		}
	}
	return emit(b)
}

const (
	breakOID = 20020 // t through an operator that breaks at id 99
	aboveOID = 20021 // stands on it
)

// A view whose operator fails goes out of service with what stands on it; the commit, the
// other views and a restart are none the worse, and replay takes the same view out.
func TestAFailingViewIsTakenOutOfService(t *testing.T) {
	for _, panics := range []bool{false, true} {
		t.Run(fmt.Sprint(panics), func(t *testing.T) {
			clock, w := int64(1000), newWorld()
			w.rels[breakOID] = &Relation{OID: breakOID, Name: "breaks", Types: i8s(3), Names: make([]string, 3), RowID: -1, Watermark: -1, View: true}
			w.views[breakOID] = func(b *Builder) Ref {
				in := b.Source(tOID, []int{0, 1, 2})
				return b.Add(&broken{at: 99, panics: panics}, i8s(3), false, in)
			}
			w.rels[aboveOID] = &Relation{OID: aboveOID, Name: "above", Types: i8s(3), Names: make([]string, 3), RowID: -1, Watermark: -1, View: true}
			w.views[aboveOID] = func(b *Builder) Ref { return b.Distinct(b.Source(breakOID, []int{0, 1, 2})) }
			fs := disk.NewMem(5)
			e := open(t, fs, w, &clock)
			h := &history{t: t, w: w, e: e}
			for _, oid := range []uint32{tOID, v2OID, breakOID, aboveOID} {
				if err := h.commit(&Txn{DDL: oidBytes(oid)}); err != nil {
					t.Fatal(err)
				}
			}
			for _, id := range []int64{1, 99, 2} {
				if err := h.commit(&Txn{Writes: []Write{{Rel: tOID, New: batch3([3]int64{id, 1, 1})}}}); err != nil {
					t.Fatalf("a commit failed for a view's sake: %v", err)
				}
			}
			check := func(when string) {
				t.Helper()
				for _, oid := range []uint32{breakOID, aboveOID} {
					if _, err := h.e.Store(oid); pgerr.CodeOf(err) == "" {
						t.Fatalf("%s: view %d serves", when, oid)
					}
				}
				got, err := rowsOf(h.e, v2OID)
				want, werr := queryOf(h.e, w, v2OID)
				if err != nil || werr != nil || fmt.Sprint(got) != fmt.Sprint(want) || len(got) != 3 {
					t.Fatalf("%s: the other view has %v, its query %v (%v, %v)", when, got, want, err, werr)
				}
			}
			check("live")
			e.Abandon()
			h.e = open(t, fs.Restart(), w, &clock)
			check("after replay")
			if err := h.e.CheckpointNow(context.Background()); err != nil {
				t.Fatal(err)
			}
			if err := h.commit(&Txn{Writes: []Write{{Rel: tOID, Dead: batch3([3]int64{2, 1, 1})}}, Snapshot: h.e.Newest().Tick}); err != nil {
				t.Fatal(err)
			}
			h.e.Abandon()
		})
	}
}

// A view that is made in a tick, over one that is out of service, is so too, at every worker: the
// database goes on, makes checkpoints and starts again.
func TestAViewOverOneOutOfService(t *testing.T) {
	clock, w := int64(1000), newWorld()
	w.rels[breakOID] = &Relation{OID: breakOID, Name: "breaks", Types: i8s(3), Names: make([]string, 3), RowID: -1, Watermark: -1, View: true}
	w.views[breakOID] = func(b *Builder) Ref {
		return b.Add(&broken{at: 99}, i8s(3), false, b.Source(tOID, []int{0, 1, 2}))
	}
	w.rels[aboveOID] = &Relation{OID: aboveOID, Name: "above", Types: i8s(3), Names: make([]string, 3), RowID: -1, Watermark: -1, View: true}
	w.views[aboveOID] = func(b *Builder) Ref {
		return b.Distinct(b.Exchange(b.Source(breakOID, []int{0, 1, 2}), []int{0, 1, 2}))
	}
	fs := disk.NewMem(5)
	begin := func() *Engine {
		o := testOptions(fs, w, &clock)
		o.Workers = 3
		e, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	h := &history{t: t, w: w, e: begin()}
	for _, x := range []*Txn{{DDL: oidBytes(tOID)}, {DDL: oidBytes(breakOID)},
		{Writes: []Write{{Rel: tOID, New: batch3([3]int64{99, 1, 1})}}}, {DDL: oidBytes(aboveOID)}} {
		if err := h.commit(x); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.e.Close(); err != nil {
		t.Fatal(err)
	}
	fs = fs.Restart()
	h.e = begin()
	if _, err := h.e.Store(aboveOID); pgerr.CodeOf(err) == "" {
		t.Error("the view serves")
	}
	h.e.Abandon()
}

// Of views that share arrangements one fails, with what stands on it: the others go on, and those
// two are right again once they are built anew, over a restart. In the end nothing is left.
func TestAFailingSharerIsBuiltAnew(t *testing.T) {
	clock, w, at := int64(1000), newWorld(), int64(99)
	pairs := func(oid uint32, name string, build func(b *Builder, in Ref) Ref) {
		w.rels[oid] = &Relation{OID: oid, Name: name, Types: i8s(4), Names: make([]string, 4), RowID: -1, Watermark: -1, View: true}
		w.views[oid] = func(b *Builder) Ref {
			return build(b, b.Join(b.Source(tOID, []int{0, 1}), b.Source(tOID, []int{1, 2}), JoinSpec{LeftKeys: []int{1}, RightKeys: []int{0}}))
		}
	}
	pairs(breakOID, "breaks", func(b *Builder, in Ref) Ref { return b.Add(&broken{at: at}, i8s(4), false, in) })
	pairs(v1OID, "whole", func(_ *Builder, in Ref) Ref { return in })
	w.rels[aboveOID] = &Relation{OID: aboveOID, Name: "above", Types: i8s(2), Names: make([]string, 2), RowID: -1, Watermark: -1, View: true}
	w.views[aboveOID] = func(b *Builder) Ref { return b.Distinct(b.Source(breakOID, []int{0, 1})) }
	fs := disk.NewMem(6)
	h := &history{t: t, w: w, e: open(t, fs, w, &clock)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	insert := func(id, k int64) {
		must(h.commit(&Txn{Writes: []Write{{Rel: tOID, New: batch3([3]int64{id, k, id})}}}))
	}
	check := func(when string, views ...uint32) {
		t.Helper()
		for _, oid := range views {
			got, err := rowsOf(h.e, oid)
			want, werr := queryOf(h.e, w, oid)
			if err != nil || werr != nil || fmt.Sprint(got) != fmt.Sprint(want) || len(got) == 0 {
				t.Fatalf("%s: view %d has %v, its query %v (%v, %v)", when, oid, got, want, err, werr)
			}
		}
	}
	must(h.commit(&Txn{DDL: oidBytes(tOID)}))
	before, err := h.e.Footprint(context.Background())
	must(err)
	for _, oid := range []uint32{v1OID, breakOID, aboveOID} {
		must(h.commit(&Txn{DDL: oidBytes(oid)}))
	}
	insert(1, 1)
	insert(99, 1)
	insert(2, 1)
	check("after the failure", v1OID)
	for _, oid := range []uint32{breakOID, aboveOID} {
		if _, err := h.e.Store(oid); pgerr.CodeOf(err) == "" {
			t.Fatalf("view %d serves", oid)
		}
	}
	at = -1
	must(h.commit(&Txn{DDL: oidBytes(breakOID)}))
	check("one built anew", v1OID, breakOID)
	must(h.commit(&Txn{DDL: oidBytes(aboveOID)}))
	insert(3, 1)
	check("both built anew", v1OID, breakOID, aboveOID)
	h.e.Abandon()
	fs = fs.Restart()
	h.e = open(t, fs, w, &clock)
	insert(4, 1)
	check("after replay", v1OID, breakOID, aboveOID)
	must(h.e.Close())
	h.e = open(t, fs, w, &clock)
	insert(5, 1)
	check("after a restart", v1OID, breakOID, aboveOID)
	if n := len(h.e.shares.list); n != 2 {
		t.Errorf("%d shared arrangements stand", n)
	}
	for _, oid := range []uint32{aboveOID, breakOID, v1OID} {
		must(h.commit(&Txn{DDL: oidBytes(^oid)}))
	}
	if now, err := h.e.Footprint(context.Background()); err != nil || now != before {
		t.Errorf("%+v is left where %+v stood (%v)", now, before, err)
	}
	h.e.Abandon()
}

// A view whose state does not fit what it is built of now goes out of service, with what stands on
// it; the database starts all the same, the other views go on, and the next checkpoint knows.
func TestAViewWhoseStateDoesNotFitIsOutOfService(t *testing.T) {
	clock, w := int64(1000), newWorld()
	view := func(oid uint32, name string, f func(b *Builder) Ref) {
		w.rels[oid] = &Relation{OID: oid, Name: name, Types: i8s(3), Names: make([]string, 3), RowID: -1, Watermark: -1, View: true}
		w.views[oid] = f
	}
	view(breakOID, "changes", func(b *Builder) Ref { return b.Distinct(b.Source(tOID, []int{0, 1, 2})) })
	view(aboveOID, "above", func(b *Builder) Ref { return b.Distinct(b.Source(breakOID, []int{0, 1, 2})) })
	fs := disk.NewMem(5)
	h := &history{t: t, w: w, e: open(t, fs, w, &clock)}
	for _, oid := range []uint32{tOID, v2OID, breakOID, aboveOID} {
		if err := h.commit(&Txn{DDL: oidBytes(oid)}); err != nil {
			t.Fatal(err)
		}
	}
	insert := func(id int64) {
		if err := h.commit(&Txn{Writes: []Write{{Rel: tOID, New: batch3([3]int64{id, 1, 1})}}}); err != nil {
			t.Fatal(err)
		}
	}
	insert(1)
	if err := h.e.CheckpointNow(context.Background()); err != nil {
		t.Fatal(err)
	}
	insert(2)
	h.e.Abandon()
	w.views[breakOID] = func(b *Builder) Ref {
		return b.Distinct(b.Distinct(b.Source(tOID, []int{0, 1, 2})))
	}
	for id := int64(3); id < 6; id++ {
		fs = fs.Restart()
		h.e = open(t, fs, w, &clock)
		for _, oid := range []uint32{breakOID, aboveOID} {
			if _, err := h.e.Store(oid); pgerr.CodeOf(err) == "" {
				t.Fatalf("view %d serves", oid)
			}
		}
		insert(id)
		got, err := rowsOf(h.e, v2OID)
		if err != nil || len(got) != int(id) {
			t.Fatalf("the other view has %v (%v)", got, err)
		}
		if id == 4 {
			if err := h.e.CheckpointNow(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		h.e.Abandon()
	}
}
