package exec

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// comers notes the rows that come, in their order.
type comers struct {
	linear
	got []int64
}

func (o *comers) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	for i := range b.Len() {
		o.got = append(o.got, b.Cols[0].I64[b.Row(i)])
	}
	return nil
}

// However the rows of a step are divided, those that are brought together lie as they came.
func TestRowsThatAreDividedKeepTheirOrder(t *testing.T) {
	p, err := pool.New(pool.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, sizes := range [][]int64{{1500}, {700, 800}, {3, 2000, 1, 5}, {64, 64, 64}, {10, 10, 10}} {
		for _, share := range []int{1, 1 << 20} {
			g := NewGraphs(p, col.Seed{1, 2}, new(atomic.Uint64), 3, 3)
			g.ShareRows(share)
			source := g.NewSource(SourceSpec{Types: []col.Type{col.Int8}, AppendOnly: true, Watermark: -1})
			var sinks []*comers
			flow := g.Standing(1, "order", &pool.Owner{Name: "order"}, nil, func(b *Builder) {
				sinks = append(sinks, &comers{})
				b.Add(sinks[len(sinks)-1], nil, true, b.Exchange(source, []int{}))
			})
			var want []int64
			for tick := uint64(1); tick <= 3; tick++ {
				g.Begin(tick, 0, true)
				for _, n := range sizes {
					b := col.NewBatch(col.Int8)
					for range n {
						want = append(want, int64(len(want)))
						b.Cols[0].AppendI64(want[len(want)-1])
					}
					b.Grow(int(n), 1)
					b.Step, b.AppendOnly = true, true
					g.Feed(source, b)
				}
				g.Flush()
			}
			g.Close()
			if err := flow.Failed(); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(sinks[0].got, want) || len(sinks[1].got)+len(sinks[2].got) > 0 {
				t.Errorf("batches of %v, shared from %d on: %v", sizes, share, sinks[0].got)
			}
		}
	}
}
