package exec

import (
	"sync/atomic"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/pool"
)

// valueViews builds many dataflows over a stream with a watermark, each over the rows with one value.
func valueViews(tb testing.TB, views int, top func(b *Builder, in Ref)) (*Graph, Ref) {
	g := NewGraph(testPool(tb), col.Seed{1, 2}, new(atomic.Uint64))
	src := g.NewSource(SourceSpec{Types: i8s(2), AppendOnly: true, Promise: true, Watermark: 0})
	for i := range views {
		b := g.NewBuilder(NewDataflow(uint32(i+1), "v", true, &pool.Owner{Name: "v"}, nil), fn.NewCtx(nil, 0))
		is, err := expr.CallOperator(b.ctx, "=", expr.NewColumn(1, col.Int8), expr.NewInt8(int64(i)))
		if err != nil {
			tb.Fatal(err)
		}
		top(b, b.Filter(src, is))
		b.route()
	}
	return g, src
}

// What a row and a movement of the watermark cost beside ten thousand views that they do not concern.
func BenchmarkWatermarkOfManyViews(b *testing.B) {
	count := AggregateCall{Agg: mustAggregate("count", col.Int8), Args: []int{1}, Filter: -1}
	for name, top := range map[string]func(b *Builder, in Ref){
		"rows": func(b *Builder, in Ref) { b.Project(in, []expr.Expr{expr.NewColumn(0, col.Int8)}) },
		"windows": func(b *Builder, in Ref) {
			b.Aggregate(in, AggregateSpec{Group: []int{0}, Aggs: []AggregateCall{count}})
		},
	} {
		b.Run(name, func(b *testing.B) {
			g, src := valueViews(b, 10_000, top)
			row := col.NewBatch(i8s(2)...)
			row.Cols[0].AppendI64(0)
			row.Cols[1].AppendI64(3)
			row.Grow(1, 1)
			tick := 0
			b.ReportAllocs()
			for b.Loop() {
				tick++
				row.Cols[0].I64[0] = int64(tick)
				g.Begin(uint64(tick), 0, true)
				g.Feed(src, row)
				g.SetWatermark(src, 0, int64(tick))
				g.Flush()
			}
		})
	}
}

// TestWatermarksAreCarriedWhereTheyClose has a view that closes nothing know no watermark until one stands on it
// that does, which has it at once.
func TestWatermarksAreCarriedWhereTheyClose(t *testing.T) {
	var below Ref
	g, src := valueViews(t, 1, func(b *Builder, in Ref) { below = in })
	tick := uint64(0)
	pass := func(w int64) {
		tick++
		g.Begin(tick, 0, true)
		g.SetWatermark(src, 0, w)
		g.Flush()
	}
	pass(10)
	if w := g.nodes[below].watermark(0); w != NoWatermark {
		t.Errorf("%d is carried to a view that closes nothing", w)
	}
	flow := NewDataflow(2, "w", true, &pool.Owner{Name: "w"}, nil)
	b := g.NewBuilder(flow, fn.NewCtx(nil, 0))
	count := AggregateCall{Agg: mustAggregate("count", col.Int8), Args: []int{1}, Filter: -1}
	groups := b.Aggregate(below, AggregateSpec{Group: []int{0}, Aggs: []AggregateCall{count}})
	g.Begin(tick+1, 0, true)
	if w := g.nodes[below].watermark(0); w != 10 {
		t.Errorf("%d before the first row comes", w)
	}
	g.Flush()
	pass(20)
	if w := g.nodes[groups].watermark(0); w != 20 {
		t.Errorf("the groups have come to %d", w)
	}
	g.remove(flow)
	pass(30)
	for _, n := range g.carry.nodes {
		if n.flow == flow {
			t.Error("a view that is gone is carried to")
		}
	}
}
