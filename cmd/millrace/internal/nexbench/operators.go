package nexbench

import (
	"fmt"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/storage/pool"
)

// What single operators cost, over tables of two whole numbers: a row of a full step by the
// number of keys, and a change of one row that comes alone.

var operators = map[string]string{
	"aggregate": "SELECT k, count(*) AS n, sum(v) AS v FROM a GROUP BY k",
	"join":      "SELECT a.k, a.v, b.v AS other FROM a JOIN b ON b.k = a.k",
	"top-n":     "SELECT k, v FROM (SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY v DESC) AS n FROM a) x WHERE n <= 1",
	// Filter, join, groups, and the first ten of them.
	"four": "SELECT g, n FROM (SELECT b.v % 1000 AS g, count(*) AS n FROM a JOIN b ON b.k = a.k WHERE a.v >= 0 GROUP BY b.v % 1000) x ORDER BY n DESC, g LIMIT 10",
}

// Cost is what a row cost an operator.
type Cost struct {
	Operator  string
	Keys      int64
	StepRows  int64 // that came together
	Rows      int64 // that were measured
	Nanos     float64
	CPUNanos  float64
	StateSize int64
}

// String is the line that is kept.
func (c *Cost) String() string {
	return fmt.Sprintf("operator %s keys=%d step_rows=%d rows=%d ns_per_row=%.1f cpu_ns_per_row=%.1f state_bytes=%d", c.Operator, c.Keys, c.StepRows, c.Rows, c.Nanos, c.CPUNanos, c.StateSize)
}

// Operator measures one of operators with so many keys, each of which is there before: rows that
// come in steps of stepRows. Rows are made outside the clock.
func Operator(name string, keys, stepRows, rows int64) (*Cost, error) {
	p, err := pool.New(pool.Config{})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	cat, err := pairs("a", "b")
	if err != nil {
		return nil, err
	}
	f, err := buildQuery(p, cat, operators[name], Options{Query: name})
	if err != nil {
		return nil, err
	}
	defer f.g.Close()
	c := &Cost{Operator: name, Keys: keys, StepRows: stepRows, Rows: rows}
	tick, each := uint64(0), func(i int64) int64 { return i }
	for _, table := range []string{"b", "a"} {
		for from := int64(0); from < keys; from += tickEvents {
			tick = f.feedAll(table, tick, pairsOf(from, min(tickEvents, keys-from), tickEvents, each))
		}
	}
	random := func(i int64) int64 { return scattered(i) % keys }
	for from := int64(0); from < rows; from += tickEvents {
		steps := pairsOf(keys+from, min(tickEvents, rows-from), stepRows, random)
		began, cpu := time.Now(), cpuSeconds()
		tick = f.feedAll("a", tick, steps)
		c.Nanos += float64(time.Since(began).Nanoseconds())
		c.CPUNanos += (cpuSeconds() - cpu) * 1e9
	}
	c.Nanos, c.CPUNanos, c.StateSize = c.Nanos/float64(rows), c.CPUNanos/float64(rows), f.owner.Used()
	return c, f.flow.Failed()
}

// pairs is a catalog with tables of two whole numbers.
func pairs(tables ...string) (*catalog.Catalog, error) {
	cat := catalog.New("millrace")
	for _, t := range tables {
		p, err := statement(cat, "CREATE TABLE "+t+" (k bigint, v bigint)")
		if err != nil {
			return nil, err
		}
		if cat, err = cat.Apply(p.Change.Diff); err != nil {
			return nil, err
		}
	}
	return cat, nil
}

// pairsOf makes rows from a number on, in batches.
func pairsOf(from, n, size int64, key func(i int64) int64) (steps []*col.Batch) {
	for ; n > 0; from, n = from+size, n-size {
		b, k := col.NewBatch(col.Int8, col.Int8), min(size, n)
		for i := from; i < from+k; i++ {
			b.Cols[0].AppendI64(key(i))
			b.Cols[1].AppendI64(scattered(i))
		}
		b.Grow(int(k), 1)
		b.Step, b.Consolidated = true, true
		steps = append(steps, b)
	}
	return steps
}

// feedAll feeds a table batch by batch, a tick each, where the query reads it, and returns the
// last tick.
func (f *flow) feedAll(table string, tick uint64, steps []*col.Batch) uint64 {
	source, read := f.sources[table]
	if !read {
		return tick
	}
	for _, b := range steps {
		tick++
		f.g.Begin(tick, 0, true)
		if tick == 1 {
			f.g.TouchAll(f.flow)
		}
		f.g.Feed(source, b)
		f.g.Flush()
	}
	return tick
}

// scattered makes numbers that lie far from each other out of ones that follow on each other.
func scattered(i int64) int64 { return int64(uint64(i) * 0x9E3779B97F4A7C15 >> 2) }
