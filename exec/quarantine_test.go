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
