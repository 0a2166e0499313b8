package exec

import (
	"sync/atomic"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/pool"
	"github.com/millracedb/millrace/storage/state"
)

// A row is met for as long as one of its time may come on the other side, and is gone as
// soon as none may.
func TestJoinForgetsByWatermarks(t *testing.T) {
	g := NewGraph(testPool(t), col.Seed{1, 2}, new(atomic.Uint64))
	flow := NewDataflow(1, "v", true, &pool.Owner{Name: "v"}, nil)
	b := g.NewBuilder(flow, fn.NewCtx(nil, 0))
	types := []col.Type{col.Int8, col.Int8} // a time, a key
	spec := SourceSpec{Types: types, AppendOnly: true, Promise: true}
	left, right := g.NewSource(spec), g.NewSource(spec)
	shifted, err := expr.CallOperator(b.ctx, "+", expr.NewColumn(2, col.Int8), expr.NewInt8(5))
	if err != nil {
		t.Fatal(err)
	}
	residual, err := expr.CallOperator(b.ctx, ">=", expr.NewColumn(0, col.Int8), shifted)
	if err != nil {
		t.Fatal(err)
	}
	join := b.Join(left, right, JoinSpec{LeftKeys: []int{1}, RightKeys: []int{1}, Residual: residual, Bounds: []TimeBound{{Add: 5}}})
	got := newRel(4)
	b.Add(&capture{into: got}, nil, false, join)
	gens := g.nodes[join].op.(*Join).sides[0].arr.ages.rows.(*state.Generations)
	tick := uint64(0)
	step := func(to Ref, row modelRow, mark int64) {
		tick++
		g.Begin(tick, 0, true)
		d := col.NewBatch(types...)
		for c, x := range row {
			d.Cols[c].AppendI64(x)
		}
		d.N = 1
		g.Feed(to, d)
		g.SetWatermark(right, 0, mark)
		g.Flush()
	}
	step(left, modelRow{10, 7}, 1)
	step(right, modelRow{5, 7}, 5) // to come: 5 and later
	if got.weight(modelRow{10, 7, 5, 7}) != 1 || gens.Len() != 1 {
		t.Fatal(got, gens.Len())
	}
	step(right, modelRow{5, 7}, 5)
	if got.weight(modelRow{10, 7, 5, 7}) != 2 || gens.Len() != 1 {
		t.Fatal(got, gens.Len())
	}
	step(right, modelRow{6, 7}, 6)
	if gens.Len() != 0 {
		t.Fatal(gens.Len(), "rows that nothing can meet are kept")
	}
}
