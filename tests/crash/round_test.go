package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/tests/harness"
	"github.com/millracedb/millrace/tests/process"
)

// schema is what the writers write to, and the views over it.
const schema = `
CREATE STREAM events (w int, seq int, ts timestamp, body text, WATERMARK FOR ts AS ts - INTERVAL '1 hour');
CREATE STREAM loads (w int, batch int, row int);
CREATE TABLE counters (id int PRIMARY KEY, n bigint NOT NULL);
CREATE TABLE items (w int, k int, v int, body text, PRIMARY KEY (w, k));
CREATE TABLE savings (id int PRIMARY KEY, balance int NOT NULL);
CREATE TABLE checking (id int PRIMARY KEY, balance int NOT NULL);
CREATE TABLE transfers (w int, seq int, source int, target int, amount int, PRIMARY KEY (w, seq));
CREATE TABLE tickets (id bigserial PRIMARY KEY, w int);
CREATE INDEX ON items (v);
CREATE MATERIALIZED VIEW per_writer AS SELECT w, count(*) AS n, max(seq) AS last, sum(length(body)) AS bytes FROM events GROUP BY w;
CREATE MATERIALIZED VIEW per_minute AS SELECT window_start, w, count(*) AS n FROM TUMBLE(events, ts, INTERVAL '1 minute') GROUP BY window_start, w;
CREATE MATERIALIZED VIEW batches AS SELECT w, batch, count(*) AS n FROM loads GROUP BY w, batch;
CREATE MATERIALIZED VIEW wealth AS SELECT sum(balance) AS total FROM (SELECT balance FROM savings UNION ALL SELECT balance FROM checking) a;
CREATE MATERIALIZED VIEW customers AS SELECT s.id, s.balance + c.balance AS total FROM savings s JOIN checking c ON c.id = s.id;
CREATE MATERIALIZED VIEW richest AS SELECT id, total FROM customers ORDER BY total DESC, id LIMIT 5;
CREATE MATERIALIZED VIEW tellers AS SELECT w, count(*) AS n, sum(amount) AS net, max(amount) AS most FROM transfers GROUP BY w;
CREATE MATERIALIZED VIEW bodies AS SELECT body, count(*) AS n, min(k) AS first, max(v) AS most FROM items GROUP BY body;
CREATE MATERIALIZED VIEW idle AS SELECT s.id FROM savings s WHERE NOT EXISTS (SELECT 1 FROM transfers t WHERE t.source = s.id);
`

// bench is a database folder, the clients of it and what they remember.
type bench struct {
	t        *testing.T
	options  process.Options
	rng      *rand.Rand
	writers  []writer
	counters []*counter
	server   *process.Server
}

func newBench(t *testing.T, seed uint64, args ...string) *bench {
	b := &bench{t: t, options: process.Options{Data: t.TempDir(), Args: args}, rng: rand.New(rand.NewPCG(seed, 1))}
	for id := range 3 {
		b.counters = append(b.counters, &counter{id: id + 1})
		b.writers = append(b.writers, &appender{id: id}, &teller{id: id}, &churner{id: id, rows: map[int]int{}}, b.counters[id])
	}
	seen := &values{all: map[int]bool{}}
	b.writers = append(b.writers, &loader{id: 0}, &loader{id: 1}, &taker{seen: seen}, &taker{seen: seen})
	b.start()
	b.with(func(ctx context.Context, c *pgconn.PgConn) error {
		if err := run(ctx, c, strings.Split(strings.TrimSpace(schema), "\n")...); err != nil {
			return err
		}
		return run(ctx, c, "INSERT INTO counters SELECT i, 0 FROM generate_series(0, 3) g(i)",
			fmt.Sprintf("INSERT INTO savings SELECT i, %d FROM generate_series(0, %d) g(i)", opening, accounts-1),
			fmt.Sprintf("INSERT INTO checking SELECT i, %d FROM generate_series(0, %d) g(i)", opening, accounts-1))
	})
	return b
}

// start starts the server with some number of workers.
func (b *bench) start() {
	b.t.Helper()
	o := b.options
	o.Args = slices.Concat(o.Args, []string{"--workers", []string{"1", "2", "4"}[b.rng.IntN(3)]})
	s, err := process.Start(o)
	if err != nil {
		b.t.Fatal(err)
	}
	b.server = s
	b.t.Cleanup(func() { _ = s.Kill() })
	b.t.Logf("ready after %v", s.Ready)
}

// with uses one connection; its error ends the test.
func (b *bench) with(f func(ctx context.Context, c *pgconn.PgConn) error) {
	b.t.Helper()
	ctx := context.Background()
	c, err := b.server.Connect(ctx)
	if err == nil {
		err = errors.Join(f(ctx, c), c.Close(ctx))
	}
	if err != nil {
		b.t.Fatalf("%v\n%s", err, b.server.Log())
	}
}

// work lets all writers and a reader go on until end returns; end is called when the
// writers have written so many times. It returns when their connections are lost.
func (b *bench) work(writes int, end func()) {
	b.t.Helper()
	ctx := context.Background()
	done := make(chan struct{}, 64)
	failed := make(chan error, len(b.writers)+1)
	var all sync.WaitGroup
	for _, w := range b.writers {
		rng := rand.New(rand.NewPCG(b.rng.Uint64(), 2))
		all.Go(func() {
			failed <- b.life(ctx, func(c *pgconn.PgConn) error { return w.prepare(ctx, c) }, func(c *pgconn.PgConn) error {
				err := w.write(ctx, c, rng)
				if err == nil {
					done <- struct{}{}
				}
				return err
			})
		})
	}
	all.Go(func() {
		failed <- b.life(ctx, func(*pgconn.PgConn) error { return nil }, func(c *pgconn.PgConn) error { return checkMoney(ctx, c) })
	})
	go func() { all.Wait(); close(done); close(failed) }()
	n := 0
	for range done {
		if n++; n == writes {
			end()
		}
	}
	if n < writes {
		b.t.Errorf("only %d writes before the connections were lost", n)
	}
	for err := range failed {
		if err != nil {
			b.t.Error(err)
		}
	}
	if b.t.Failed() {
		b.t.Fatal(b.server.Log())
	}
}

// life is one client: it goes on until its connection is lost; another error is a fault.
func (b *bench) life(ctx context.Context, prepare, step func(*pgconn.PgConn) error) error {
	c, err := b.server.Connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	for err = prepare(c); err == nil; err = step(c) {
	}
	var wrong *pgconn.PgError
	if errors.As(err, &wrong) && !lost(err) || !errors.As(err, &wrong) && !c.IsClosed() {
		return err
	}
	return nil
}

// check holds the database against every promise and every view against its query.
func (b *bench) check() {
	b.t.Helper()
	b.with(func(ctx context.Context, c *pgconn.PgConn) error {
		var faults []error
		for i, w := range b.writers {
			if err := w.check(ctx, c); err != nil {
				faults = append(faults, fmt.Errorf("writer %d (%T): %w", i, w, err))
			}
		}
		faults = append(faults, checkShared(ctx, c, b.counters), checkBank(ctx, c))
		differences, err := harness.CheckViews(ctx, c)
		for _, d := range differences {
			faults = append(faults, errors.New(d))
		}
		return errors.Join(append(faults, err)...)
	})
}
