package exec

import (
	"fmt"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/pool"
)

// benchFlow is a graph over sources of pairs of integers, that is fed step by step.
type benchFlow struct {
	b     testing.TB
	g     *Graph
	build *Builder
	flow  *Dataflow
	src   []Ref
	tick  uint64
	rows  counter
}

func newBenchFlow(b testing.TB, sources int) *benchFlow {
	f := &benchFlow{b: b, g: NewGraph(testPool(b), col.Seed{1, 2}, new(atomic.Uint64))}
	for range sources {
		f.src = append(f.src, f.g.NewSource(SourceSpec{Types: []col.Type{col.Int8, col.Int8}, Watermark: -1}))
	}
	f.flow = NewDataflow(1, "bench", true, &pool.Owner{Name: "bench"}, nil)
	f.build = f.g.NewBuilder(f.flow, fn.NewCtx(nil, 0))
	return f
}

// emit ends the graph with a node that counts what comes.
func (f *benchFlow) emit(r Ref) { f.build.Add(&f.rows, nil, false, r) }

// counter counts the rows that come to it.
type counter struct {
	linear
	n int
}

func (c *counter) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	c.n += b.Len()
	return nil
}

// step feeds a change of a source, as one tick.
func (f *benchFlow) step(source int, rows *col.Batch) {
	f.tick++
	f.g.Begin(f.tick, 0, true)
	if f.tick == 1 {
		f.g.TouchAll(f.flow)
	}
	f.g.Feed(f.src[source], rows)
	f.g.Flush()
	if f.flow.failed != nil {
		f.b.Fatal(f.flow.failed)
	}
}

// fill feeds n rows in steps.
func (f *benchFlow) fill(source, n int, row func(i int) (int64, int64)) {
	for from := 0; from < n; from += col.StepRows {
		d := col.NewBatch(col.Int8, col.Int8)
		for i := from; i < min(n, from+col.StepRows); i++ {
			addPair(d, 1, row, i)
		}
		f.step(source, d)
	}
}

func addPair(d *col.Batch, w int64, row func(i int) (int64, int64), i int) {
	x, y := row(i)
	d.Cols[0].AppendI64(x)
	d.Cols[1].AppendI64(y)
	d.Grow(d.N+1, w)
}

// replace measures steps in which some rows come and as many go, among n.
func (f *benchFlow) replace(b *testing.B, n, change int, row func(i int) (int64, int64)) {
	f.fill(0, n, row)
	d, at := col.NewBatch(col.Int8, col.Int8), 0
	some := func() {
		d.Reset()
		for range change {
			addPair(d, -1, row, at)
			addPair(d, 1, row, n+at)
			at++
		}
		f.step(0, d)
	}
	some() // what has grown big moves in this one
	warm, cpu := at, cpuTime()
	f.rows.n = 0
	for b.Loop() {
		some()
	}
	at -= warm
	b.ReportMetric(float64(cpuTime()-cpu)/float64(2*at), "cpu-ns/change")
	b.ReportMetric(float64(f.rows.n)/float64(2*at), "rows/change")
	b.ReportMetric(float64(f.flow.owner.Used())/float64(n), "B/row")
}

func cpuTime() int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// scattered spreads numbers evenly, each once.
func scattered(i int) int64 { return int64(uint64(i) * 0x9E3779B97F4A7C15 >> 1) }

// sizes of a state, and of a step's change: a row, and as many as a step has.
func sizes(b *testing.B, f func(b *testing.B, n, change int)) {
	for _, n := range []int{1e5, 1e6, 1e7} {
		for _, change := range []int{1, 4096} {
			b.Run(fmt.Sprintf("%.0e/%d", float64(n), change), func(b *testing.B) { f(b, n, change) })
		}
	}
}

// The first thousand of all rows, which come and go anywhere among them.
func BenchmarkTopThousand(b *testing.B) {
	sizes(b, func(b *testing.B, n, change int) {
		f := newBenchFlow(b, 1)
		f.emit(f.build.TopN(f.src[0], TopNSpec{Order: []OrderBy{{Col: 1}}, Limit: 1000}))
		f.replace(b, n, change, func(i int) (int64, int64) { return int64(i), scattered(i) })
	})
}

// The first thousand, all of whose members change.
func BenchmarkTopThousandMoves(b *testing.B) {
	sizes(b, func(b *testing.B, n, change int) {
		f := newBenchFlow(b, 1)
		f.emit(f.build.TopN(f.src[0], TopNSpec{Order: []OrderBy{{Col: 1}}, Limit: 1000}))
		f.replace(b, n, change, func(i int) (int64, int64) { return int64(i), int64(i) })
	})
}

// The least value of one group, which leaves at every change.
func BenchmarkLeastLeaves(b *testing.B) {
	sizes(b, func(b *testing.B, n, change int) {
		f := newBenchFlow(b, 1)
		least := AggregateCall{Agg: mustAggregate("min", col.Int8), Args: []int{1}, Filter: -1}
		f.emit(f.build.Aggregate(f.src[0], AggregateSpec{Group: []int{0}, Aggs: []AggregateCall{least}}))
		f.replace(b, n, change, func(i int) (int64, int64) { return 0, int64(i) })
	})
}

// The rows of half a percent of all lie in the range of each that comes; one side changes.
func BenchmarkRangeJoin(b *testing.B) {
	sizes(b, func(b *testing.B, n, change int) {
		f := newBenchFlow(b, 2)
		ge, err := expr.CallOperator(f.build.ctx, ">=", expr.NewColumn(1, col.Int8), expr.NewColumn(2, col.Int8))
		if err != nil {
			b.Fatal(err)
		}
		le, err := expr.CallOperator(f.build.ctx, "<=", expr.NewColumn(1, col.Int8), expr.NewColumn(3, col.Int8))
		if err != nil {
			b.Fatal(err)
		}
		f.emit(f.build.Join(f.src[0], f.src[1], JoinSpec{Kind: Inner, Residual: expr.NewAnd(ge, le), Ranges: []RangeKey{{Left: 1, Right: 0, Op: ">="}, {Left: 1, Right: 1, Op: "<="}}}))
		const width = 1 << 63 / 1000
		f.fill(1, 10, func(i int) (int64, int64) { return int64(i) * 100 * width, int64(i)*100*width + width/2 })
		f.replace(b, n, change, func(i int) (int64, int64) { return int64(i), scattered(i) })
	})
}

// A bound that moves by a ten-thousandth of the rows that come and go.
func BenchmarkDynamicFilter(b *testing.B) {
	sizes(b, func(b *testing.B, n, change int) {
		f := newBenchFlow(b, 1)
		most := AggregateCall{Agg: mustAggregate("count", col.Int8), Args: []int{1}, Filter: -1}
		bound := f.build.Aggregate(f.src[0], AggregateSpec{Aggs: []AggregateCall{most}})
		f.emit(f.build.DynamicFilter(f.src[0], bound, DynamicFilterSpec{Col: 1, Op: "<"}))
		f.replace(b, n, change, func(i int) (int64, int64) { return int64(i), scattered(i) })
	})
}

// One row's change through a view of four operators: filter, join, groups, the first ten.
func BenchmarkOneRowFourOperators(b *testing.B) {
	for _, n := range []int{1e5, 1e6} {
		b.Run(fmt.Sprintf("%.0e", float64(n)), func(b *testing.B) {
			f := newBenchFlow(b, 2)
			pred, err := expr.CallOperator(f.build.ctx, ">=", expr.NewColumn(1, col.Int8), expr.NewInt8(0))
			if err != nil {
				b.Fatal(err)
			}
			join := f.build.Join(f.build.Filter(f.src[0], pred), f.src[1], JoinSpec{Kind: Inner, LeftKeys: []int{0}, RightKeys: []int{0}})
			sum := AggregateCall{Agg: mustAggregate("count", col.Int8), Args: []int{1}, Filter: -1}
			groups := f.build.Aggregate(join, AggregateSpec{Group: []int{3}, Aggs: []AggregateCall{sum}})
			f.emit(f.build.TopN(groups, TopNSpec{Order: []OrderBy{{Col: 1, Order: col.Order{Desc: true}}}, Limit: 10}))
			f.fill(1, 10_000, func(i int) (int64, int64) { return int64(i), int64(i % 1000) })
			f.replace(b, n, 1, func(i int) (int64, int64) { return scattered(i) % 10_000, scattered(i) })
		})
	}
}
