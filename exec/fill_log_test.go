package exec

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/disk"
)

// Which of 0 and -0, which are equal, stands for a group depends on the rows that a view was
// filled with, and in which rounds: replay fills it so again, also when a checkpoint lies between
// the view's snapshot and its tick.
func TestReplayFillsInTheSameRounds(t *testing.T) {
	for _, checkpoint := range []bool{false, true} {
		t.Run(fmt.Sprint(checkpoint), func(t *testing.T) {
			const floats, groups = 20030, 20031
			clock, w := int64(1000), newWorld()
			w.rels[floats] = &Relation{OID: floats, Name: "floats", Names: []string{"id", "x"}, Types: []col.Type{col.Int8, col.Float8}, Key: []int{0}, RowID: -1, Watermark: -1,
				Unique: []Unique{{Name: "floats_pkey", Cols: []int{0}, Primary: true}}}
			w.rels[groups] = &Relation{OID: groups, Name: "groups", Names: []string{"x", "n"}, Types: []col.Type{col.Float8, col.Int8}, Key: []int{0}, RowID: -1, Watermark: -1, View: true}
			w.views[groups] = func(b *Builder) Ref {
				return b.Aggregate(b.Source(floats, []int{0, 1}), AggregateSpec{Group: []int{1}, Aggs: []AggregateCall{{Agg: mustAggregate("count"), Filter: -1}}})
			}
			row := func(id int64, x float64) *col.Batch {
				b := col.NewBatch(col.Int8, col.Float8)
				b.Cols[0].AppendI64(id)
				b.Cols[1].AppendF64(x)
				b.Grow(1, 1)
				return b
			}
			fs := disk.NewMem(7)
			h := &history{t: t, w: w, e: open(t, fs, w, &clock)}
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			zero, minus := row(1, 0), row(2, math.Copysign(0, -1))
			must(h.commit(&Txn{DDL: oidBytes(floats)}))
			must(h.commit(&Txn{Writes: []Write{{Rel: floats, New: zero}}}))
			f, err := h.e.Fill(context.Background(), w.rels[groups], nil)
			must(err)
			clock += 10
			must(h.commit(&Txn{Writes: []Write{{Rel: floats, New: minus}}}))
			if checkpoint {
				must(h.e.CheckpointNow(context.Background()))
			}
			must(h.commit(&Txn{Writes: []Write{{Rel: floats, Dead: zero}}, Snapshot: h.e.Newest().Tick}))
			must(h.commit(&Txn{DDL: oidBytes(groups), View: f}))
			was, err := rowsOf(h.e, groups)
			must(err)
			if fmt.Sprint(was) != "map[0, 1:1]" {
				t.Fatalf("filled live the view has %v", was)
			}
			h.e.Abandon()
			h.e = open(t, fs.Restart(), w, &clock)
			is, err := rowsOf(h.e, groups)
			must(err)
			if fmt.Sprint(is) != fmt.Sprint(was) {
				t.Errorf("the view has %v, and had %v", is, was)
			}
			h.e.Abandon()
		})
	}
}
