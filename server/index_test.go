package server

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Indexes of one table may be created side by side, while rows come and go: who comes later
// plans again on what the others have made of the table, and keeps what it has filled.
func TestIndexesOfOneTableTogether(t *testing.T) {
	f := start(t)
	c := f.dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY, a int, b int)", "INSERT INTO t SELECT i, i % 100, i FROM generate_series(1, 20000) i")
	const n = 6
	var all []*client
	for i := range n {
		d := f.dial()
		all = append(all, d)
		d.send(&pgproto3.Query{String: fmt.Sprintf("CREATE %sINDEX t_%d ON t (%s)", map[bool]string{true: "UNIQUE "}[i%2 == 1], i, []string{"a", "b"}[i%2])})
	}
	for i := range 100 {
		c.must(fmt.Sprintf("UPDATE t SET b = b + 100000 WHERE id = %d", i+1), fmt.Sprintf("DELETE FROM t WHERE id = %d", 10000+i), fmt.Sprintf("INSERT INTO t VALUES (%d, 5, %d)", 30000+i, -i))
	}
	for _, d := range all {
		says(t, d.answer(), "CREATE INDEX")
	}
	c.talk(
		[2]string{"SELECT count(*) FROM pg_indexes WHERE tablename = 't'", fmt.Sprint(n+1) + "\nSELECT 1"},
		[2]string{"SELECT count(*) FROM t WHERE a = 5", "299\nSELECT 1"},
		[2]string{"SELECT id FROM t WHERE b = 100001", "1\nSELECT 1"},
		[2]string{"SELECT id FROM t WHERE b = 1", "SELECT 0"},
		[2]string{"SELECT id FROM t WHERE b = -99", "30099\nSELECT 1"},
		[2]string{"INSERT INTO t VALUES (0, 0, -99) ON CONFLICT DO NOTHING", "INSERT 0 0"},
	)
}

// What another session commits between a CREATE UNIQUE INDEX in a transaction and its COMMIT
// may be in its way: then it is a conflict.
func TestUniqueIndexAgainstAnotherSession(t *testing.T) {
	f := start(t)
	c, d := f.dial(), f.dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY, a int)", "INSERT INTO t VALUES (1, 1), (2, 2)", "BEGIN", "CREATE UNIQUE INDEX u ON t (a)")
	d.must("INSERT INTO t VALUES (3, 2)")
	c.talk([2]string{"COMMIT", "ERROR 40001: could not serialize access due to concurrent update"})
	d.must("DELETE FROM t WHERE id = 3")
	c.must("BEGIN", "CREATE UNIQUE INDEX u ON t (a)")
	d.must("TRUNCATE t", "INSERT INTO t VALUES (4, 4)")
	c.talk(
		[2]string{"INSERT INTO t VALUES (5, 4)", `ERROR 23505: duplicate key value violates unique constraint "u"; DETAIL: Key (a)=(4) already exists.`},
		[2]string{"ROLLBACK", "ROLLBACK"},
	)
	c.must("BEGIN", "CREATE UNIQUE INDEX u ON t (a)", "INSERT INTO t VALUES (5, 5)")
	d.must("INSERT INTO t VALUES (6, 6)")
	c.must("COMMIT")
	c.talk([2]string{"SELECT id FROM t WHERE a > 4 ORDER BY 1", "5\n6\nSELECT 2"})
	d.talk([2]string{"INSERT INTO t VALUES (7, 6)", `ERROR 23505: duplicate key value violates unique constraint "u"; DETAIL: Key (a)=(6) already exists.`})
}
