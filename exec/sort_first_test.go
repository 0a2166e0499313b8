package exec

import (
	"context"
	"slices"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/disk"
)

// TestFirstRowsAreThoseOfAll holds a limit against the beginning of all rows in order.
func TestFirstRowsAreThoseOfAll(t *testing.T) {
	clock := int64(1000)
	e := open(t, disk.NewMem(1), newWorld(), &clock)
	defer e.Abandon()
	sorted := func(by []OrderBy, limit, offset int64) (got []string) {
		snap := e.Snapshot()
		defer snap.Release()
		err := e.Run(context.Background(), &Query{Snapshot: snap, Ctx: fn.NewCtx(nil, 0), Build: func(b *Builder) Ref {
			return b.Sort(numbers(b, 1<<15, 7), by, limit, offset)
		}, Sink: func(b *col.Batch) error {
			for i := range b.Len() {
				got = append(got, textOf(b, []int{0, 1}, b.Row(i)))
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, desc := range []bool{false, true} {
		for _, first := range []int{0, 1} {
			by := []OrderBy{{Col: first, Order: col.Order{Desc: desc}}, {Col: 1 - first}}
			all := sorted(by, -1, 0)
			for _, limit := range []int{0, 1, 10, 5000} {
				if got := sorted(by, int64(limit), 3); !slices.Equal(got, all[3:3+limit]) {
					t.Error("limit ", limit, " by column ", first, " descending ", desc, ": ", got[:min(len(got), 5)], ", not ", all[3:8])
				}
			}
			if got := sorted(by, 1<<63-1, 1); !slices.Equal(got, all[1:]) {
				t.Errorf("%d rows of %d behind the first", len(got), len(all))
			}
		}
	}
}
