package planner

import (
	"maps"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/pool"
)

// onGraphs runs a standing plan on the graphs of several workers, as a server does: goroutines
// share every step of at least so many rows. Errors of rows are left out.
func onGraphs(t testing.TB, root Node, relations map[catalog.OID]feed, ticks []tick, workers, share int) (out []map[string]int64) {
	p, err := pool.New(pool.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	g := exec.NewGraphs(p, col.Seed{1, 2}, new(atomic.Uint64), workers, workers)
	defer g.Close()
	g.ShareRows(share)
	sources, sinks := map[catalog.OID]exec.Ref{}, []*sink{}
	for _, oid := range slices.Sorted(maps.Keys(relations)) {
		r := relations[oid]
		sources[oid] = g.NewSource(exec.SourceSpec{Types: r.types, AppendOnly: r.grows, Watermark: r.watermark, Promise: r.watermark >= 0})
	}
	flow := g.Standing(1, "test", &pool.Owner{Name: "test"}, fn.NewCtx(nil, 0), func(b *exec.Builder) {
		read := func(s *Scan) exec.Ref {
			var columns []col.Column
			for _, t := range relations[s.Relation].types {
				columns = append(columns, col.Column{Type: t})
			}
			return b.Project(sources[s.Relation], columnsProject(&Values{Columns: columns}, s.Positions()).Exprs)
		}
		top := Build(&Builder{Builder: b, Source: read}, root)
		s := &sink{rows: map[string]int64{}}
		sinks = append(sinks, s)
		b.Add(s, nil, false, top)
	})
	flow.Forgive()
	for i, k := range ticks {
		g.Begin(uint64(i+1), int64(i+1), true)
		if i == 0 {
			g.TouchAll(flow)
		}
		for _, oid := range slices.Sorted(maps.Keys(sources)) {
			if b := k.rows[oid]; b != nil && b.N > 0 {
				b.Step = true
				g.Feed(sources[oid], b)
			}
			if w, ok := k.marks[oid]; ok {
				g.SetWatermark(sources[oid], relations[oid].watermark, w)
			}
		}
		g.Flush()
		if err := flow.Failed(); err != nil {
			t.Errorf("%d workers: %v", workers, err)
			return nil
		}
		all := map[string]int64{}
		for _, s := range sinks {
			for text, w := range s.rows {
				all[text] += w
			}
			s.rows = map[string]int64{}
		}
		maps.DeleteFunc(all, func(_ string, w int64) bool { return w == 0 })
		out = append(out, all)
	}
	return out
}

// sameOnGraphs compares what the graphs of two and of four workers make of a plan, in big steps
// and in small ones, with what one makes of it.
func sameOnGraphs(t testing.TB, root Node, relations map[catalog.OID]feed, ticks []tick, want []answered) {
	t.Helper()
	for _, how := range []struct{ workers, share int }{{2, 1}, {4, 1}, {4, 1 << 20}} {
		for i, got := range onGraphs(t, root, relations, ticks, how.workers, how.share) {
			if !maps.Equal(got, want[i].rows) {
				t.Errorf("tick %d: one worker\n%v\n%d sharing steps of %d rows\n%v", i, want[i].rows, how.workers, how.share, got)
				break
			}
		}
	}
}
