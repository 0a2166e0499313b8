package planner

import (
	"strconv"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/connect/nexmark"
	"github.com/millracedb/millrace/connect/nexmark/queries"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

var plannedNumbers = strings.Fields("1 1.0 1.00 2 2.50 2.5")

// ticks are random changes of the tables and the stream.
func (m *planMaker) ticks(n int) (out []tick) {
	there := map[catalog.OID]*col.Batch{}
	mark := int64(0)
	for range n {
		k := tick{rows: map[catalog.OID]*col.Batch{}}
		for oid := catalog.OID(1); oid <= 3; oid++ {
			old, now := there[oid], col.NewBatch(plannedFeeds[oid].types...)
			change := col.NewBatch(plannedFeeds[oid].types...)
			for i := range rowsOf(old) {
				if oid < 3 && m.rng.IntN(4) == 0 {
					change.AppendRow(old, i, -1)
				} else {
					now.AppendRow(old, i, 1)
				}
			}
			for range m.rng.IntN(6) {
				one := m.row(plannedFeeds[oid].types, mark)
				change.AppendRow(one, 0, 1)
				now.AppendRow(one, 0, 1)
			}
			there[oid], k.rows[oid] = now, change
		}
		mark += m.rng.Int64N(3)
		k.marks = map[catalog.OID]int64{3: mark}
		out = append(out, k)
	}
	return out
}

func rowsOf(b *col.Batch) int {
	if b == nil {
		return 0
	}
	return b.N
}

// row is a random row; its times are not below the watermark.
func (m *planMaker) row(types []col.Type, mark int64) *col.Batch {
	b := col.NewBatch(types...)
	for i, t := range types {
		switch v := &b.Cols[i]; {
		case m.rng.IntN(6) == 0:
			v.AppendNull()
		case t == col.Numeric:
			v.AppendFrom(m.number(), 0)
		case t == col.Timestamp:
			v.AppendI64(mark + m.rng.Int64N(4))
		default:
			v.AppendI64(m.rng.Int64N(4))
		}
	}
	b.Grow(1, 1)
	return b
}

func (m *planMaker) number() *col.Vector {
	x, err := expr.Coerce(m.c, expr.NewUnknown(plannedNumbers[m.rng.IntN(len(plannedNumbers))]), col.Numeric, fn.Explicit)
	if err != nil {
		m.t.Fatal(err)
	}
	return x.(*expr.Const).Value().ToDec()
}

// The benchmark's views, with windows that close and rows that are forgotten by their time.
func TestWorkersNexmark(t *testing.T) {
	w := newWorld(t)
	text, err := queries.Text("schema")
	if err != nil {
		t.Fatal(err)
	}
	w.must(text)
	feeds, ticks := w.nexmarkEvents(16, 500)
	for _, q := range queries.Held {
		text, err := queries.Text(q)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(q, func(t *testing.T) {
			view := w.must("CREATE MATERIALIZED VIEW " + q + " AS " + text)[0].Change.View
			if rows := sameOnWorkers(t, view, true, feeds, ticks); rows == 0 {
				t.Error("no row came of the events")
			}
		})
	}
}

// nexmarkEvents are events of the benchmark, two seconds of its time in each tick.
func (w *world) nexmarkEvents(n, each int64) (map[catalog.OID]feed, []tick) {
	feeds, ticks := map[catalog.OID]feed{}, make([]tick, n)
	events := nexmark.New(nexmark.Config{Seed: 1, Rate: each / 2})
	for i := range ticks {
		ticks[i] = tick{rows: map[catalog.OID]*col.Batch{}, marks: map[catalog.OID]int64{}}
		var of [3]*col.Batch
		of[nexmark.Person], of[nexmark.Auction], of[nexmark.Bid] = events.Batches(int64(i)*each, each)
		for kind, b := range of {
			r, err := w.cat.Lookup([]string{"public"}, "", nexmark.Kind(kind).String())
			if err != nil {
				w.t.Fatal(err)
			}
			feeds[r.OID] = feed{types: b.Types(), grows: true, watermark: r.Watermark.Column}
			ticks[i].rows[r.OID], ticks[i].marks[r.OID] = b, events.Watermark(int64(i+1)*each)
		}
	}
	side, err := w.cat.Lookup([]string{"public"}, "", "side_input")
	if err != nil {
		w.t.Fatal(err)
	}
	b := col.NewBatch(col.Int8, col.Varchar)
	for i := range 10_000 {
		b.Cols[0].AppendI64(int64(i))
		b.Cols[1].AppendString(strconv.Itoa(i))
	}
	b.Grow(10_000, 1)
	feeds[side.OID], ticks[0].rows[side.OID] = feed{types: b.Types(), watermark: -1}, b
	return feeds, ticks
}
