package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// fill makes views over existing rows while somebody inserts elsewhere: the rows that are read a
// second, and a second of the server's time, and the longest tick meanwhile, that of the CREATE
// among them.
func (b *bench) fill(ctx context.Context) error {
	for _, workers := range []string{"1", "2"} {
		t, err := b.millrace("fill", "--workers", workers)
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
	if err := t.run(ctx, "CREATE TABLE bench_beside (id bigint PRIMARY KEY)", "CREATE STREAM bench_rows (k int, v bigint)",
		fmt.Sprintf("INSERT INTO bench_rows SELECT i %% 1000, i FROM generate_series(1, %d) i", rows), "CHECKPOINT"); err != nil {
		return err
	}
	for _, v := range [][2]string{
		{"grouped", "SELECT k, count(*) AS n, sum(v) AS v FROM bench_rows GROUP BY k"},
		{"joined", "SELECT a.k, count(*) AS n FROM bench_rows a JOIN bench_beside b ON b.id = a.v GROUP BY a.k"},
	} {
		inserting, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- insertUntil(inserting, t) }()
		cpu, began := t.cpu(), time.Now()
		err := t.run(ctx, "CREATE MATERIALIZED VIEW bench_"+v[0]+" AS "+v[1])
		wall, used := time.Since(began), t.cpu()-cpu
		stop()
		if failed := <-ended; err == nil {
			err = failed
		}
		if err != nil {
			return err
		}
		tick, err := t.number(ctx, "SELECT max(extract(epoch FROM duration) * 1000000)::bigint FROM millrace.ticks WHERE changes < 100")
		if err != nil {
			return err
		}
		put(name+"."+v[0]+".rows_per_s", float64(rows)/wall.Seconds())
		put(name+"."+v[0]+".rows_per_cpu_s", float64(rows)/used.Seconds())
		put(name+"."+v[0]+".longest_tick_us", tick)
	}
	return nil
}

// insertUntil inserts ten rows a second, so that the ticks that are remembered are those beside
// what is measured.
func insertUntil(ctx context.Context, t *target) error {
	c, err := pgconn.Connect(ctx, t.url)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	every := time.NewTicker(100 * time.Millisecond)
	defer every.Stop()
	for {
		sql := "INSERT INTO bench_beside SELECT coalesce(max(id), 0) + 1 FROM bench_beside"
		if _, err := c.Exec(context.WithoutCancel(ctx), sql).ReadAll(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
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
	if err := t.run(ctx, create...); err != nil {
		return err
	}
	put("views.created_per_s", views/time.Since(began).Seconds())
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
