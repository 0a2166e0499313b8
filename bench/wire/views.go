package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// fill makes views over existing rows while somebody inserts others: the rows that are read a
// second, and a second of the server's time; and how long an insert takes meanwhile, the tick of
// the CREATE among those that it may wait for.
func (b *bench) fill(ctx context.Context) error {
	for _, workers := range []string{"1", "2"} {
		t, err := b.millrace("fill", "--workers", workers, "--sync", "off")
		if err != nil {
			return err
		}
		err = b.fillOn(ctx, t, "fill_workers_"+workers)
		t.close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) fillOn(ctx context.Context, t *target, name string) error {
	rows := 10 * b.rows
	if err := t.run(ctx, "CREATE TABLE bench_few (id bigint PRIMARY KEY)", "CREATE STREAM bench_rows (k int, v bigint)",
		fmt.Sprintf("INSERT INTO bench_rows SELECT i %% 1000, i FROM generate_series(1, %d) i", rows),
		"INSERT INTO bench_few SELECT i FROM generate_series(1, 1000) i", "CHECKPOINT"); err != nil {
		return err
	}
	for _, v := range [][2]string{
		{"nothing", ""},
		{"grouped", "SELECT k, count(*) AS n, sum(v) AS v FROM bench_rows GROUP BY k"},
		{"joined", "SELECT a.k, count(*) AS n FROM bench_rows a JOIN bench_few b ON b.id = a.v GROUP BY a.k"},
	} {
		if err := b.fillView(ctx, t, name+"."+v[0], v[1], float64(rows)); err != nil {
			return err
		}
	}
	return nil
}

// fillView makes a view, again and again for as long as inserts are measured.
func (b *bench) fillView(ctx context.Context, t *target, name, query string, rows float64) error {
	inserting, stop := context.WithTimeout(ctx, b.seconds)
	defer stop()
	type inserts struct {
		times []time.Duration
		err   error
	}
	ended := make(chan inserts, 1)
	go func() {
		times, err := insertUntil(inserting, t)
		ended <- inserts{times, err}
	}()
	cpu, began, fills, longest := t.cpu(), time.Now(), 0.0, int64(0)
	for ; query != "" && inserting.Err() == nil; fills++ {
		tick, err := t.fillOnce(ctx, query)
		if err != nil {
			return err
		}
		longest = max(longest, tick)
	}
	wall, used := time.Since(began), t.cpu()-cpu
	done := <-ended
	if done.err != nil {
		return done.err
	}
	r := run{times: slices.Sorted(slices.Values(done.times))}
	if fills > 0 {
		put(name+".rows_per_s", fills*rows/wall.Seconds())
		put(name+".rows_per_cpu_s", fills*rows/used.Seconds())
		put(name+".longest_tick_us", longest)
	}
	put(name+".insert.p50_us", r.quantile(0.5))
	put(name+".insert.p99.9_us", r.quantile(0.999))
	put(name+".insert.longest_us", r.quantile(1))
	return nil
}

// fillOnce makes a view and drops it, and tells how long the longest of the small ticks took, in µs.
func (t *target) fillOnce(ctx context.Context, query string) (longest int64, err error) {
	if err = t.run(ctx, "CREATE MATERIALIZED VIEW bench_filled AS "+query); err != nil {
		return 0, err
	}
	longest, err = t.number(ctx, "SELECT max(extract(epoch FROM duration) * 1000000)::bigint FROM millrace.ticks WHERE changes < 100")
	if err == nil {
		err = t.run(ctx, "DROP MATERIALIZED VIEW bench_filled")
	}
	return longest, err
}

// insertUntil inserts a row every millisecond and tells how long each took.
func insertUntil(ctx context.Context, t *target) (times []time.Duration, err error) {
	l, err := t.open(ctx, "INSERT INTO bench_rows VALUES (0, $1)")
	if err != nil {
		return nil, err
	}
	defer l.close()
	every := time.NewTicker(time.Millisecond)
	defer every.Stop()
	for ctx.Err() == nil {
		at := time.Now()
		if err := l.execute(0, -1); err != nil {
			return nil, err
		}
		times = append(times, time.Since(at))
		<-every.C
	}
	return times, nil
}

// views makes many views of one value each over one stream: how many a second, the memory they
// take, and what a row costs that concerns one of them.
func (b *bench) views(ctx context.Context) error {
	const views = 10_000
	t, err := b.millrace("views")
	if err != nil {
		return err
	}
	defer t.close()
	if err := t.run(ctx, "CREATE STREAM bench_devices (device bigint, v bigint)"); err != nil {
		return err
	}
	began := time.Now()
	var create []string
	for k := range views {
		create = append(create, fmt.Sprintf("CREATE MATERIALIZED VIEW bench_device_%d AS SELECT count(*) AS n, sum(v) AS v FROM bench_devices WHERE device = %d", k, k))
	}
	const last = views / 10
	if err := t.run(ctx, create[:views-last]...); err != nil {
		return err
	}
	before := time.Now()
	if err := t.run(ctx, create[views-last:]...); err != nil {
		return err
	}
	put("views.created_per_s", views/time.Since(began).Seconds())
	put("views.last_created_per_s", last/time.Since(before).Seconds())
	put("views.rss_mb", float64(residentMemory(t.process.PID))/(1<<20))
	r, err := closedLoop(ctx, 1, b.seconds,
		func() (*line, error) { return t.open(ctx, "INSERT INTO bench_devices VALUES ($1, $2)") },
		func(l *line, _, n int) error { return l.execute(0, int64(n%views), int64(n)) })
	if err != nil {
		return err
	}
	put("views.insert.p50_us", r.quantile(0.5))
	put("views.insert.p99_us", r.quantile(0.99))
	return nil
}
