package server

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// A driver's own way of asking: binary formats, batches, COPY, cached statements.
func TestDriver(t *testing.T) {
	f := start(t)
	c, err := pgx.Connect(t.Context(), f.url("millrace", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := c.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	exec("CREATE TABLE t (id bigint PRIMARY KEY, a text, n numeric(10,2), at timestamptz, ok bool)")
	exec("INSERT INTO t VALUES ($1, $2, $3, '2024-01-01 12:00+00', $4)", 1, "x", "1.50", true)
	rows := [][]any{{int64(2), "y", nil, nil, false}, {int64(3), nil, nil, nil, nil}}
	if n, err := c.CopyFrom(t.Context(), pgx.Identifier{"t"}, []string{"id", "a", "n", "at", "ok"}, pgx.CopyFromRows(rows)); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	var ids []int64
	for range 3 { // the second and third time from the driver's cache
		got, err := c.Query(t.Context(), "SELECT id FROM t WHERE id IN ($1, $2, $3) ORDER BY id", 1, 3, 9)
		if err != nil {
			t.Fatal(err)
		}
		if ids, err = pgx.CollectRows(got, pgx.RowTo[int64]); err != nil || !slices.Equal(ids, []int64{1, 3}) {
			t.Fatal(ids, err)
		}
		exec("CREATE INDEX ON t (a)")
	}
	b := &pgx.Batch{}
	b.Queue("UPDATE t SET n = n + 1 WHERE id = $1", 1)
	b.Queue("INSERT INTO t (id) VALUES ($1)", 4)
	b.Queue("SELECT 1/0")
	if err := c.SendBatch(t.Context(), b).Close(); err == nil || !strings.Contains(err.Error(), "22012") {
		t.Error(err)
	}
	var n, at string
	if err := c.QueryRow(t.Context(), "SELECT n::text, at::text FROM t WHERE id = $1", 1).Scan(&n, &at); err != nil || n != "1.50" || at != "2024-01-01 12:00:00+00" {
		t.Error(n, at, err)
	}
	tx, err := c.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	nested, err := tx.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nested.Exec(t.Context(), "DELETE FROM t"); err != nil {
		t.Fatal(err)
	}
	if err := nested.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	var count int
	if err := c.QueryRow(t.Context(), "SELECT count(*) FROM t").Scan(&count); err != nil || count != 3 {
		t.Error(count, err)
	}
}
