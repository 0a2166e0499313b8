package crash

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"

	"github.com/jackc/pgx/v5/pgconn"
)

// appender inserts one numbered row at a time into a stream, prepared, each its own commit.
type appender struct {
	id int
	promise
}

func (w *appender) prepare(ctx context.Context, c *pgconn.PgConn) error {
	_, err := c.Prepare(ctx, "append", "INSERT INTO events VALUES ($1, $2, '2026-01-01'::timestamp + $2 * INTERVAL '1 second', repeat('x', $2 % 40))", []uint32{23, 23})
	return err
}

func (w *appender) write(ctx context.Context, c *pgconn.PgConn, _ *rand.Rand) error {
	return w.answered(execute(ctx, c, "append", w.id, w.send()))
}

func (w *appender) check(ctx context.Context, c *pgconn.PgConn) error {
	rows, err := numbers(ctx, c, fmt.Sprintf("SELECT count(*) FROM events WHERE w = %d", w.id))
	if err != nil {
		return err
	}
	n := rows[0][0]
	if err := w.holds(n); err != nil {
		return err
	}
	first := min(n, 1)
	return same(ctx, c, "rows, least, greatest and different numbers of events",
		fmt.Sprintf("SELECT count(*), min(seq), max(seq), count(DISTINCT seq) FROM events WHERE w = %d", w.id), n, first, n, n)
}

// loader copies numbered batches: a batch is one commit, so it is whole or absent.
type loader struct {
	id int
	promise
}

// size is the number of rows of a batch; a few are larger than a step of a tick, and more so large
// that the next tick may begin before they are durable.
func (w *loader) size(batch int) int {
	switch {
	case batch%16 == 0:
		return 20_000
	case batch%3 == 0:
		return 5_000
	}
	return 1 + batch*37%500
}

func (w *loader) prepare(context.Context, *pgconn.PgConn) error { return nil }

func (w *loader) write(ctx context.Context, c *pgconn.PgConn, _ *rand.Rand) error {
	batch := w.send()
	var data bytes.Buffer
	for row := range w.size(batch) {
		fmt.Fprintf(&data, "%d\t%d\t%d\n", w.id, batch, row)
	}
	_, err := c.CopyFrom(ctx, &data, "COPY loads FROM STDIN")
	return w.answered(err)
}

func (w *loader) check(ctx context.Context, c *pgconn.PgConn) error {
	rows, err := numbers(ctx, c, fmt.Sprintf("SELECT batch, count(*), sum(row)::bigint FROM loads WHERE w = %d GROUP BY batch ORDER BY batch", w.id))
	if err != nil {
		return err
	}
	for i, r := range rows {
		n := w.size(i + 1)
		if r[0] != i+1 || r[1] != n || r[2] != n*(n-1)/2 {
			return fmt.Errorf("batch %d has %d rows of sum %d, but batch %d must be here with %d of %d", r[0], r[1], r[2], i+1, n, n*(n-1)/2)
		}
	}
	return w.holds(len(rows))
}

// counter adds one to a number that it has for itself and then to one that all counters
// share, each its own commit. None of these may ever conflict.
type counter struct {
	id          int
	own, shared promise
}

func (w *counter) prepare(ctx context.Context, c *pgconn.PgConn) error {
	_, err := c.Prepare(ctx, "count", "UPDATE counters SET n = n + 1 WHERE id = $1", nil)
	return err
}

func (w *counter) write(ctx context.Context, c *pgconn.PgConn, _ *rand.Rand) error {
	w.own.send()
	if err := w.own.answered(execute(ctx, c, "count", w.id)); err != nil {
		return err
	}
	w.shared.send()
	return w.shared.answered(execute(ctx, c, "count", 0))
}

func (w *counter) check(ctx context.Context, c *pgconn.PgConn) error {
	rows, err := numbers(ctx, c, fmt.Sprintf("SELECT n FROM counters WHERE id = %d", w.id))
	if err != nil {
		return err
	}
	return w.own.holds(rows[0][0])
}

// checkShared compares the number that all counters share with what they were promised.
func checkShared(ctx context.Context, c *pgconn.PgConn, counters []*counter) error {
	rows, err := numbers(ctx, c, "SELECT n FROM counters WHERE id = 0")
	if err != nil {
		return err
	}
	least, open := 0, 0
	for _, w := range counters {
		least += w.shared.acked
		if w.shared.open {
			open++
		}
		w.shared = promise{}
	}
	n := rows[0][0]
	if n < least || n > least+open {
		return fmt.Errorf("the shared counter is %d, but %d additions were acknowledged and %d more sent", n, least, open)
	}
	counters[0].shared.acked = n
	return nil
}

// churner inserts, updates and deletes rows of a table that it also keeps itself.
type churner struct {
	id   int
	rows map[int]int // what is acknowledged: k → v
	sent map[int]int // the same with the write that has no answer; nil: there is none
}

func (w *churner) prepare(ctx context.Context, c *pgconn.PgConn) error {
	for name, sql := range map[string]string{
		"put":  "INSERT INTO items VALUES ($1, $2, $3, repeat('item', $3 % 9)) ON CONFLICT (w, k) DO UPDATE SET v = excluded.v, body = excluded.body",
		"drop": "DELETE FROM items WHERE w = $1 AND k = $2",
		"move": "UPDATE items SET k = k + 1000, v = -v WHERE w = $1 AND k >= $2 AND k < $2 + 8",
	} {
		if _, err := c.Prepare(ctx, name, sql, nil); err != nil {
			return err
		}
	}
	return nil
}

func (w *churner) write(ctx context.Context, c *pgconn.PgConn, rng *rand.Rand) (err error) {
	w.sent = maps.Clone(w.rows)
	k, v := rng.IntN(100), rng.IntN(1000)
	switch rng.IntN(4) {
	case 0, 1:
		w.sent[k] = v
		err = execute(ctx, c, "put", w.id, k, v)
	case 2:
		delete(w.sent, k)
		err = execute(ctx, c, "drop", w.id, k)
	default:
		for from := k; from < k+8; from++ {
			delete(w.sent, from+1000)
		}
		if err := w.move(ctx, c, k); err != nil {
			return err
		}
		return nil
	}
	return w.answered(err)
}

// move shifts eight rows in a transaction that makes room for them first.
func (w *churner) move(ctx context.Context, c *pgconn.PgConn, k int) error {
	for from := k; from < k+8; from++ {
		if v, ok := w.sent[from]; ok {
			delete(w.sent, from)
			w.sent[from+1000] = -v
		}
	}
	err := run(ctx, c, "BEGIN", fmt.Sprintf("DELETE FROM items WHERE w = %d AND k >= %d AND k < %d", w.id, k+1000, k+1008))
	if err == nil {
		err = execute(ctx, c, "move", w.id, k)
	}
	if err == nil {
		err = run(ctx, c, "COMMIT")
	}
	return w.answered(err)
}

func (w *churner) answered(err error) error {
	if err == nil {
		w.rows = w.sent
	}
	if err == nil || !lost(err) {
		w.sent = nil
	}
	return err
}

func (w *churner) check(ctx context.Context, c *pgconn.PgConn) error {
	rows, err := numbers(ctx, c, fmt.Sprintf("SELECT k, v, length(body) FROM items WHERE w = %d", w.id))
	if err != nil {
		return err
	}
	found := map[int]int{}
	for _, r := range rows {
		if _, twice := found[r[0]]; twice {
			return fmt.Errorf("the key %d of items is there twice", r[0])
		}
		found[r[0]] = r[1]
		if v := max(r[1], -r[1]); r[2] != v%9*4 {
			return fmt.Errorf("the row %v of items is torn: its text does not belong to its number", r)
		}
	}
	if !maps.Equal(found, w.rows) && (w.sent == nil || !maps.Equal(found, w.sent)) {
		return fmt.Errorf("items are %v, but %v was acknowledged, then %v sent", found, w.rows, w.sent)
	}
	w.rows, w.sent = found, nil
	return nil
}
