// Package nexbench runs a Nexmark query as a standing dataflow over the generator: the SQL
// goes through parser, planner and engine; events are made outside the clock; a step is a
// tick of 16,000 events, and the watermark advances once a tick. A node stands in for each
// relation (the rows of the side input are fed with the first tick): there is no log, no
// relation store, and nobody looks for the greatest time within the clock. The discarding sink
// folds every value of every output row into a checksum, which is equal in every run.
package nexbench

import (
	"fmt"
	"math"
	"runtime"
	"strconv"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/connect/nexmark"
	"github.com/millracedb/millrace/storage/pool"
)

// Options of one run.
type Options struct {
	Query  string
	Events int64
	Rate   int64
	View   bool // into a materialized view, which is what users see; else discarded
	// Workers is how many workers share a step; 0: 1.
	Workers int
	// Warm is the bytes of state that get their memory before the clock starts, so that no tick
	// is the first to touch it: some systems give memory slowly.
	Warm int64
	// Digest asks for the digest of the answer, which other engines can make too. It costs far
	// more than the query: such a run measures nothing.
	Digest bool
}

// Result is what a run measured.
type Result struct {
	Options
	Seconds    float64
	CPU        float64 // seconds of the process's CPU in the same time: on a busy machine the better figure
	StateBytes int64
	RSS        int64
	Checksum   uint64
	Changes    int64 // output rows, both signs
	AnswerRows int64 // with Digest
	Answer     uint64
}

// String is the line that is kept.
func (r *Result) String() string {
	if r.Digest {
		return fmt.Sprintf("nexmark %s events=%d rate=%d rows=%d digest=%016x", r.Query, r.Events, r.Rate, r.AnswerRows, r.Answer)
	}
	sink := "discard"
	if r.View {
		sink = "view"
	}
	return fmt.Sprintf("nexmark %s sink=%s events=%d workers=%d seconds=%.3f cpu_seconds=%.3f events_per_s=%.0f changes=%d state_bytes=%d rss_bytes=%d checksum=%016x",
		r.Query, sink, r.Events, max(1, r.Workers), r.Seconds, r.CPU, float64(r.Events)/r.Seconds, r.Changes, r.StateBytes, r.RSS, r.Checksum)
}

const (
	chunkEvents = 200_000 // made at a time, outside the clock
	tickEvents  = 16_000
	wakingUp    = 300 * time.Microsecond
	sideRows    = 10_000      // of the schema's side_input
	delay       = 4 * 1000000 // of the schema's watermark, µs
)

// Run measures one query.
func Run(o Options) (*Result, error) {
	p, err := pool.New(pool.Config{})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	if err := p.Warm(o.Warm); err != nil {
		return nil, err
	}
	f, err := build(p, o)
	if err != nil {
		return nil, err
	}
	defer f.g.Close()
	r := &Result{Options: o}
	gen := nexmark.New(nexmark.Config{Rate: o.Rate})
	tick := uint64(0)
	greatest := [3]int64{math.MinInt64, math.MinInt64, math.MinInt64}
	var made [(chunkEvents + tickEvents - 1) / tickEvents]*nexmark.Events // again and again, so that they are no work for the collector
	for i := range made {
		made[i] = nexmark.NewEvents()
	}
	for from := int64(0); from < o.Events; from += chunkEvents {
		n := min(chunkEvents, o.Events-from)
		steps := make([]events, 0, len(made))
		for at := int64(0); at < n; at += tickEvents {
			k := min(tickEvents, n-at)
			ev := made[at/tickEvents]
			gen.Fill(ev, from+at, k)
			steps = append(steps, eventsOf(ev, &greatest))
		}
		f.awaken(int(n))
		start, cpu := time.Now(), cpuSeconds()
		for _, s := range steps {
			tick++
			f.step(tick, s)
		}
		r.Seconds += time.Since(start).Seconds()
		r.CPU += cpuSeconds() - cpu
	}
	f.collect(r)
	return r, f.flow.Failed()
}

// awaken lets the other workers wake up, who have slept while events were made: under a load without
// pauses they would be awake.
func (f *flow) awaken(events int) {
	f.g.Awaken(events)
	for called := time.Now(); time.Since(called) < wakingUp; {
		runtime.Gosched()
	}
}

// collect puts together what the workers found.
func (f *flow) collect(r *Result) {
	for _, s := range f.sinks {
		r.Checksum += s.sum
		r.Changes += s.rows
	}
	for _, d := range f.digests {
		r.Answer += d.sum
		r.AnswerRows += d.rows
	}
	r.StateBytes, r.RSS = f.owner.Used(), rss()
}

// events are those of a tick: by kind the rows, and the greatest time that has come so far.
type events struct {
	batches  [3]*col.Batch
	greatest [3]int64
}

func eventsOf(ev *nexmark.Events, greatest *[3]int64) events {
	e := events{batches: [3]*col.Batch{ev.Of(0), ev.Of(1), ev.Of(2)}}
	for k, b := range e.batches {
		for _, t := range b.Cols[timeColumn(nexmark.Kind(k))].I64[:b.N] {
			greatest[k] = max(greatest[k], t)
		}
	}
	e.greatest = *greatest
	return e
}

// step runs one tick of one step.
func (f *flow) step(tick uint64, e events) {
	f.g.Begin(tick, 0, true)
	if tick == 1 {
		f.g.TouchAll(f.flow)
		f.fillSide()
	}
	for k, b := range e.batches {
		if b.N == 0 {
			continue
		}
		name := nexmark.Kind(k).String()
		ref, used := f.sources[name]
		if !used {
			continue
		}
		b.Step, b.AppendOnly = true, true
		f.g.Feed(ref, b)
		f.g.SetWatermark(ref, timeColumn(nexmark.Kind(k)), e.greatest[k]-delay)
	}
	f.g.Flush()
	if f.store != nil {
		f.pins.Publish(tick)
		if f.store.Pending() {
			f.store.Maintain(tick, f.pins.Horizon(), time.Millisecond)
		}
	}
}

// fillSide feeds the rows of the table side_input, where the query reads it.
func (f *flow) fillSide() {
	ref, used := f.sources["side_input"]
	if !used {
		return
	}
	b := col.NewBatch(col.Int8, col.Varchar)
	for i := range sideRows {
		b.Cols[0].AppendI64(int64(i))
		b.Cols[1].AppendString(strconv.Itoa(i))
	}
	b.Grow(sideRows, 1)
	f.g.Feed(ref, b)
}

func timeColumn(k nexmark.Kind) int {
	for i, c := range nexmark.Columns(k) {
		if c.Name == "date_time" {
			return i
		}
	}
	panic("nexbench: no time column")
}
