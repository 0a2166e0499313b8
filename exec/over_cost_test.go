package exec

import (
	"sync/atomic"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
	"github.com/millracedb/millrace/storage/pool"
)

// overBench is a graph with window functions over rows (partition, order, value).
type overBench struct {
	g   *Graph
	src Ref
	op  *Over
	t   uint64
}

func newOverBench(tb testing.TB, calls ...over.Call) *overBench {
	g := NewGraph(testPool(tb), col.Seed{1, 2}, new(atomic.Uint64))
	src := g.NewSource(SourceSpec{Types: []col.Type{col.Int8, col.Int8, col.Int8}, Watermark: -1})
	flow := NewDataflow(1, "v", true, &pool.Owner{Name: "v"}, nil)
	b := g.NewBuilder(flow, fn.NewCtx(nil, 0))
	r := b.Over(src, OverSpec{Partition: []int{0}, Order: []OrderBy{{Col: 1}}, Calls: calls})
	return &overBench{g: g, src: src, op: g.nodes[r].op.(*Over)}
}

// step feeds one row of partition 0 for each place, with a weight, and returns how many rows were evaluated.
func (x *overBench) step(w int64, places ...int64) int {
	b := col.NewBatch(col.Int8, col.Int8, col.Int8)
	for i, p := range places {
		b.Cols[0].AppendI64(0)
		b.Cols[1].AppendI64(p)
		b.Cols[2].AppendI64(p % 7)
		b.Grow(i+1, w)
	}
	x.t++
	x.g.Begin(x.t, 0, true)
	x.g.Feed(x.src, b)
	x.g.Flush()
	return x.op.evaluated
}

func rowsPreceding(n int64) over.Frame {
	return over.Frame{Mode: over.ByRow, Start: over.Bound{Kind: over.Preceding, N: n}, End: over.Bound{Kind: over.CurrentRow}}
}

// A change evaluates the rows that it can matter to, not the partition.
func TestOverEvaluatesWhatAChangeCanTouch(t *testing.T) {
	sum := mustAggregate("sum", col.Int8)
	number := over.Call{Func: windowFunction("row_number"), Filter: -1, Ret: col.Int8}
	near := over.Call{Agg: sum, Args: []int{2}, Filter: -1, Frame: rowsPreceding(3), Ret: sum.Ret}
	running := over.Call{Agg: sum, Args: []int{2}, Filter: -1, Frame: over.Frame{End: over.Bound{Kind: over.CurrentRow}}, Ret: sum.Ret}
	lag := over.Call{Func: windowFunction("lag", col.Int8), Args: []int{2}, Filter: -1, Ret: col.Int8}
	const rows = 5000
	all := make([]int64, rows)
	for i := range all {
		all[i] = int64(10 * i)
	}
	for _, c := range []struct {
		name           string
		calls          []over.Call
		atEnd, between int // rows at most
	}{
		{"rows preceding and lag", []over.Call{near, lag}, 1, 5},
		{"running", []over.Call{running, number}, 1, rows},
		{"all", []over.Call{near, lag, running, number}, 1, rows},
	} {
		x := newOverBench(t, c.calls...)
		if n := x.step(1, all...); n != rows {
			t.Fatalf("%s: %d of %d rows evaluated at first", c.name, n, rows)
		}
		if n := x.step(1, 10*rows); n > c.atEnd {
			t.Errorf("%s: a row at the end evaluates %d rows, %d would do", c.name, n, c.atEnd)
		}
		if n := x.step(1, 25001); n > c.between {
			t.Errorf("%s: a row in the middle evaluates %d rows, %d would do", c.name, n, c.between)
		}
	}
	// A row that goes where one like it comes leaves the sums behind them as they were.
	x := newOverBench(t, running)
	x.step(1, all...)
	b := col.NewBatch(col.Int8, col.Int8, col.Int8)
	for i, p := range []int64{70, 71} {
		b.Cols[0].AppendI64(0)
		b.Cols[1].AppendI64(p)
		b.Cols[2].AppendI64(70 % 7)
		b.Grow(i+1, int64(2*i-1))
	}
	x.t++
	x.g.Begin(x.t, 0, true)
	x.g.Feed(x.src, b)
	x.g.Flush()
	if n := x.op.evaluated; n > 40 {
		t.Errorf("a change that evens out evaluates %d rows", n)
	}
}

// BenchmarkOver appends rows to partitions of a million, and to the middle of theirs.
func BenchmarkOver(b *testing.B) {
	sum := mustAggregate("sum", col.Int8)
	x := newOverBench(b, over.Call{Agg: sum, Args: []int{2}, Filter: -1, Frame: rowsPreceding(10), Ret: sum.Ret},
		over.Call{Func: windowFunction("row_number"), Filter: -1, Ret: col.Int8})
	at := int64(0)
	for range 60 {
		rows := make([]int64, col.StepRows)
		for i := range rows {
			at += 10
			rows[i] = at
		}
		x.step(1, rows...)
	}
	b.ResetTimer()
	for range b.N {
		at += 10
		x.step(1, at)
	}
}
