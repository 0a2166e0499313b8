package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// pause is between two inserts that are timed, so that each finds an idle server.
const pause = time.Millisecond

// subscribe measures from sending a one-row INSERT until a SUBSCRIBE to a dependent view on
// another connection has received what it changed.
func (b *bench) subscribe(ctx context.Context) error {
	for _, sync := range []string{"off", "on"} {
		t, err := b.millrace("subscribe-"+sync, "--sync", sync)
		if err != nil {
			return err
		}
		r, acked, err := b.follow(ctx, t)
		t.close()
		if err != nil {
			return err
		}
		put("subscribe_sync_"+sync+".p50_us", r.quantile(0.5))
		put("subscribe_sync_"+sync+".p99_us", r.quantile(0.99))
		put("subscribe_sync_"+sync+".insert_p50_us", acked.quantile(0.5))
	}
	return nil
}

// arrivals hands on when the change with a number has come: one Write is one CopyData, with
// mr_tick, mr_diff, key, last.
type arrivals chan int64

func (a arrivals) Write(data []byte) (int, error) {
	fields := bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\t"))
	if len(fields) == 4 && string(fields[1]) == "1" {
		n, err := strconv.ParseInt(string(fields[3]), 10, 64)
		if err != nil {
			return 0, err
		}
		a <- n
	}
	return len(data), nil
}

func (b *bench) follow(ctx context.Context, t *target) (visible, acked run, err error) {
	if err := t.run(ctx, "CREATE STREAM bench_s (k bigint, n bigint)",
		"CREATE MATERIALIZED VIEW bench_v AS SELECT k, max(n) AS last FROM bench_s GROUP BY k", "INSERT INTO bench_s VALUES (0, 0)"); err != nil {
		return run{}, run{}, err
	}
	following, stop := context.WithCancel(ctx)
	defer stop()
	c, err := pgconn.Connect(ctx, t.url)
	if err != nil {
		return run{}, run{}, err
	}
	came, ended := make(arrivals, 1024), make(chan error, 1)
	go func() {
		_, err := c.CopyTo(following, came, "COPY (SUBSCRIBE bench_v) TO STDOUT")
		ended <- err
	}()
	l, err := t.open(ctx, "INSERT INTO bench_s VALUES ($1, $2)")
	if err != nil {
		return run{}, run{}, err
	}
	defer l.close()
	await := func(n int64) error {
		for {
			select {
			case m := <-came:
				if m == n {
					return nil
				}
			case err := <-ended:
				return fmt.Errorf("the subscription ended: %w", err)
			}
		}
	}
	if err := await(0); err != nil {
		return run{}, run{}, err
	}
	begin := time.Now().Add(b.seconds / 5)
	for n := int64(1); time.Since(begin) < b.seconds; n++ {
		at := time.Now()
		if err := l.execute(0, n%100, n); err != nil {
			return run{}, run{}, err
		}
		answered := time.Since(at)
		if err := await(n); err != nil {
			return run{}, run{}, err
		}
		if seen := time.Since(at); at.After(begin) {
			visible.times, acked.times = append(visible.times, seen), append(acked.times, answered)
		}
		time.Sleep(pause)
	}
	slices.Sort(visible.times)
	slices.Sort(acked.times)
	return visible, acked, nil
}
