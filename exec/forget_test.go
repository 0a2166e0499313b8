package exec

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
	"github.com/millracedb/millrace/storage/pool"
)

// Of a stream in the order of its time, window functions and first rows of partitions that close
// forget what is final, and are equal to recomputation over all that ever came.
func TestForgettingChangesNoAnswer(t *testing.T) {
	const graphs, ticks = 30, 25
	for seed := range uint64(graphs) {
		f := &fuzzer{t: t, rng: rand.New(rand.NewPCG(seed, 7)), unit: 1 << minuteShift, streams: true}
		f.g = NewGraph(testPool(t), col.Seed{seed, 2}, new(atomic.Uint64))
		f.g.bigGroup, f.g.manyRows = f.rng.IntN(3), f.rng.Int64N(3)
		types := []col.Type{col.Int8, col.Int8, col.Int8}
		rel, src := newRel(3), f.g.NewSource(SourceSpec{Types: types, AppendOnly: true, Promise: true})
		f.sources, f.grow, f.timed, f.marks, f.feeds = []*modelRel{rel}, []bool{true}, []bool{true}, []int64{0}, []Ref{src}
		f.flow = NewDataflow(1, "v", true, &pool.Owner{Name: "v"}, f.reported)
		f.b = f.g.NewBuilder(f.flow, fn.NewCtx(nil, 0))
		in := &fuzzNode{ref: src, width: 3, desc: "stream", model: func() *modelRel { return rel }}
		f.addOverOf(in, f.windowInTime())
		f.addTopOf(in, []int{1 + f.rng.IntN(2), 0})
		for _, n := range f.nodes {
			c := &capture{into: newRel(n.width), only: f.b.AppendOnly(n.ref), of: f.g.nodes[n.ref]}
			f.seen = append(f.seen, c)
			f.b.Add(c, nil, false, n.ref)
		}
		for f.tick = 1; f.tick <= ticks; f.tick++ {
			f.marks[0] += f.rng.Int64N(3) * f.unit // which the last step makes known
			f.step(f.rng.IntN(4) > 0)
			f.check(seed)
		}
		f.closeAll(t)
	}
}

// Of each partition as many rows are left as those to come look at.
func TestWindowFunctionsForgetRows(t *testing.T) {
	sum := mustAggregate("sum", col.Int8)
	near := over.Call{Agg: sum, Args: []int{2}, Filter: -1, Frame: rowsPreceding(3), Ret: sum.Ret}
	number := over.Call{Func: windowFunction("row_number"), Filter: -1, Ret: col.Int8}
	first := over.Call{Func: windowFunction("first_value", col.Int8), Args: []int{2}, Filter: -1, Frame: over.Frame{End: over.Bound{Kind: over.CurrentRow}}, Ret: col.Int8}
	last := over.Call{Func: windowFunction("last_value", col.Int8), Args: []int{2}, Filter: -1, Frame: over.Frame{End: over.Bound{Kind: over.UnboundedFollowing}}, Ret: col.Int8}
	for _, c := range []struct {
		calls []over.Call
		most  int64
	}{{[]over.Call{near}, 10}, {[]over.Call{near, number, first}, 10}, {[]over.Call{near, last}, 1000}} {
		g := NewGraph(testPool(t), col.Seed{1, 2}, new(atomic.Uint64))
		src := g.NewSource(SourceSpec{Types: []col.Type{col.Int8, col.Int8, col.Int8}, AppendOnly: true, Promise: true})
		b := g.NewBuilder(NewDataflow(1, "v", true, &pool.Owner{Name: "v"}, nil), fn.NewCtx(nil, 0))
		op := g.nodes[b.Over(src, OverSpec{Partition: []int{1}, Order: []OrderBy{{}}, Calls: c.calls})].op.(*Over)
		for tick := range int64(10) {
			rows := col.NewBatch(col.Int8, col.Int8, col.Int8)
			for i := range int64(100) {
				rows.Cols[0].AppendI64(100*tick + i)
				rows.Cols[1].AppendI64(0)
				rows.Cols[2].AppendI64(i)
				rows.Grow(int(i)+1, 1)
			}
			g.Begin(uint64(tick)+1, 0, true)
			g.Feed(src, rows)
			g.SetWatermark(src, 0, 100*(tick+1))
			g.Flush()
		}
		if n := op.rows.tree.Weight(); n > c.most || n == 0 {
			t.Errorf("%d rows are left, %d would do", n, c.most)
		}
		if op.forget.due != nil && op.forget.due.Len() > 0 {
			t.Errorf("%d partitions wait for a watermark that has come", op.forget.due.Len())
		}
	}
}

// windowInTime is an order by the time in column 0, within a partition or none, or within one
// that it closes.
func (f *fuzzer) windowInTime() OverSpec {
	switch f.rng.IntN(6) {
	case 0:
		return OverSpec{Partition: []int{0}}
	case 1:
		return OverSpec{Partition: []int{1}, Order: []OrderBy{{}}}
	}
	return OverSpec{Order: []OrderBy{{}}}
}

// closeAll lets the watermark pass all that has come, and checks that partitions went with it.
func (f *fuzzer) closeAll(t *testing.T) {
	f.tick++
	f.g.Begin(f.tick, 0, true)
	f.g.SetWatermark(f.feeds[0], 0, f.marks[0]+100*f.unit)
	f.g.Flush()
	f.check(0)
	for _, s := range f.flow.states {
		if _, windows := f.g.nodes[f.flow.nodes[s.of]].op.(*Over); !windows && s.rows() > f.timeless() {
			t.Errorf("%d rows of partitions that have closed are left", s.rows())
		}
	}
}

// timeless is the weight of the rows without a time.
func (f *fuzzer) timeless() (n int64) {
	for _, r := range f.sources[0].sorted() {
		if r[0] == null {
			n += f.sources[0].weight(r)
		}
	}
	return n
}
