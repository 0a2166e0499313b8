package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// empty is what a server without data needs: time until it is ready, memory.
func (b *bench) empty(context.Context) error {
	var ready, memory []float64
	for range b.rounds {
		t, err := b.millrace("empty")
		if err != nil {
			return err
		}
		ready = append(ready, t.process.Ready.Seconds()*1000)
		memory = append(memory, float64(residentMemory(t.process.PID))/(1<<20))
		t.close()
	}
	put("empty.ready_ms", median(ready))
	put("empty.rss_mb", median(memory))
	return nil
}

// point reads random rows by their key over eight connections.
func (b *bench) point(ctx context.Context) error {
	targets, err := b.both()
	if err != nil {
		return err
	}
	defer closeAll(targets)
	for _, t := range targets {
		if err := t.run(ctx, "DROP TABLE IF EXISTS bench_point", "CREATE TABLE bench_point (id bigint PRIMARY KEY, a int, b text)",
			fmt.Sprintf("INSERT INTO bench_point SELECT i, i %% 1000, 'row number ' || i FROM generate_series(1, %d) g(i)", b.rows)); err != nil {
			return err
		}
	}
	err = b.inTurns("point_8", targets, func(t *target) (run, error) {
		return closedLoop(ctx, 8, b.seconds,
			func() (*line, error) { return t.open(ctx, "SELECT id, a, b FROM bench_point WHERE id = $1") },
			func(l *line, _, _ int) error {
				if err := l.execute(0, 1+rand.Int64N(b.rows)); err != nil {
					return err
				}
				if l.rows != 1 {
					return fmt.Errorf("%d rows of one key", l.rows)
				}
				return nil
			})
	})
	return finish(ctx, err, targets, "bench_point")
}

// insert commits one row at a time, durably, over 64 connections, and counts them.
func (b *bench) insert(ctx context.Context) error {
	targets, err := b.both()
	if err != nil {
		return err
	}
	defer closeAll(targets)
	for _, t := range targets {
		if err := t.run(ctx, "DROP TABLE IF EXISTS bench_insert", "CREATE TABLE bench_insert (id bigint PRIMARY KEY, a bigint, b bigint)"); err != nil {
			return err
		}
	}
	next := map[*target]int64{}
	err = b.inTurns("insert_64", targets, func(t *target) (run, error) {
		done := make([]int64, 64)
		first := next[t]
		before := t.cpu()
		r, err := closedLoop(ctx, 64, b.seconds,
			func() (*line, error) { return t.open(ctx, "INSERT INTO bench_insert VALUES ($1, $2, $3)") },
			func(l *line, i, n int) error {
				done[i] = int64(n + 1)
				return l.execute(0, first+int64(n*64+i), int64(n), int64(i))
			})
		var sent, most int64
		for _, n := range done {
			sent, most = sent+n, max(most, n)
		}
		if err != nil {
			return r, err
		}
		r.cpu = (t.cpu() - before) / time.Duration(sent)
		there, err := t.number(ctx, fmt.Sprintf("SELECT count(*) FROM bench_insert WHERE id >= %d", first))
		if err == nil && there != sent {
			err = fmt.Errorf("%d rows were acknowledged by %s, %d are there", sent, t.name, there)
		}
		next[t] = first + most*64
		return r, err
	})
	return finish(ctx, err, targets, "bench_insert")
}

// finish drops what a measure has made on servers that live on.
func finish(ctx context.Context, err error, targets []*target, table string) error {
	for _, t := range targets {
		if t.process == nil && err == nil {
			err = t.run(ctx, "DROP TABLE "+table)
		}
	}
	return err
}

// scans inserts one row at a time, durably, while two connections scan a table again and again.
func (b *bench) scans(ctx context.Context) error {
	t, err := b.millrace("scans")
	if err != nil {
		return err
	}
	defer t.close()
	if err := t.run(ctx, "CREATE TABLE bench_insert (id bigint PRIMARY KEY, a bigint, b bigint)", "CREATE TABLE bench_scan (id bigint, a bigint, b text)",
		fmt.Sprintf("INSERT INTO bench_scan SELECT i, i %% 1000, 'row number ' || i FROM generate_series(1, %d) g(i)", 10*b.rows)); err != nil {
		return err
	}
	for _, scans := range []int{0, 2} {
		scanning, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		counts := make([]int, scans)
		for i := range scans {
			wg.Go(func() { counts[i] = scanAll(scanning, t) })
		}
		id := int64(scans) << 32
		r, err := closedLoop(ctx, 1, b.seconds,
			func() (*line, error) { return t.open(ctx, "INSERT INTO bench_insert VALUES ($1, $2, $3)") },
			func(l *line, _, n int) error { return l.execute(0, id+int64(n), 0, 0) })
		stop()
		wg.Wait()
		if err != nil {
			return err
		}
		name := fmt.Sprintf("insert_beside_%d_scans", scans)
		put(name+".p50_us", r.quantile(0.5))
		put(name+".p99_us", r.quantile(0.99))
		if scans > 0 {
			put(name+".scans_done", counts[0]+counts[1])
		}
	}
	return nil
}

// scanAll scans until ctx ends and says how often it came to the end.
func scanAll(ctx context.Context, t *target) (n int) {
	c, err := pgconn.Connect(ctx, t.url)
	if err != nil {
		return 0
	}
	closing, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer done()
	defer c.Close(closing)
	for ctx.Err() == nil {
		if _, err := c.Exec(ctx, "SELECT a, count(*), max(b), sum(id) FROM bench_scan WHERE b LIKE '%7%' GROUP BY a").ReadAll(); err != nil {
			return n
		}
		n++
	}
	return n
}
