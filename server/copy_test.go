package server

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// copyIn sends COPY FROM STDIN with its data in pieces, and returns the answer.
func (c *client) copyIn(sql string, pieces ...string) string {
	c.t.Helper()
	c.send(&pgproto3.Query{String: sql})
	if line, _ := c.receive(); line != "copy in" {
		return line + c.upToReady()
	}
	for _, p := range pieces {
		c.send(&pgproto3.CopyData{Data: []byte(p)})
	}
	c.send(&pgproto3.CopyDone{})
	return c.upToReady()
}

func TestCopyIn(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY, a text DEFAULT 'none', n int CHECK (n < 100))", "CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM t")
	says(t, c.copyIn("COPY t FROM STDIN", "1\tx\t1", "0\n2\t\\N\t\\N\n"), "COPY 2")
	says(t, c.copyIn("COPY t (id) FROM STDIN (FORMAT csv, HEADER)", "id\n3\n"), "COPY 1")
	says(t, c.copyIn("COPY t FROM STDIN WITH (FORMAT csv)", "4,\"a,\nb\",5\n"), "COPY 1")
	c.talk([2]string{"SELECT * FROM t ORDER BY id", "1 | x | 10\n2 | NULL | NULL\n3 | none | NULL\n4 | a,\nb | 5\nSELECT 4"}, [2]string{"SELECT n FROM v", "4\nSELECT 1"})
	for _, x := range []struct{ sql, data, want string }{
		{"COPY t FROM STDIN", "5\tx\t1\nsix\tx\t1\n", `ERROR 22P02: invalid input syntax for type integer: "six"; CONTEXT: COPY t, line 2, column id: "six"`},
		{"COPY t FROM STDIN", "5\tx\n", `ERROR 22P04: missing data for column "n"; CONTEXT: COPY t, line 1: "5	x"`},
		{"COPY t FROM STDIN", "5\tx\t1\t2\n", `ERROR 22P04: extra data after last expected column; CONTEXT: COPY t, line 1: "5	x	1	2"`},
		{"COPY t FROM STDIN", "5\tx\t1\n6\tx\t100\n", `ERROR 23514: new row for relation "t" violates check constraint "t_n_check"; DETAIL: Failing row contains (6, x, 100).; CONTEXT: COPY t, line 2`},
		{"COPY t FROM STDIN", "5\tx\t1\n\\N\tx\t1\n", `ERROR 23502: null value in column "id" of relation "t" violates not-null constraint; DETAIL: Failing row contains (null, x, 1).; CONTEXT: COPY t, line 2`},
		{"COPY t FROM STDIN", "5\tx\t1\n1\tx\t1\n", `ERROR 23505: duplicate key value violates unique constraint "t_pkey"; DETAIL: Key (id)=(1) already exists.; CONTEXT: COPY t, line 2`},
		{"COPY t FROM STDIN (FORMAT csv)", "5,\"x\ny\",1\n6,x,100\n", `ERROR 23514: new row for relation "t" violates check constraint "t_n_check"; DETAIL: Failing row contains (6, x, 100).; CONTEXT: COPY t, line 2`},
		{"COPY nothing FROM STDIN", "", `ERROR 42P01: relation "nothing" does not exist`},
	} {
		says(t, c.copyIn(x.sql, x.data), x.want)
	}
	c.talk([2]string{"SELECT count(*), max(id) FROM t", "4 | 4\nSELECT 1"})
	c.send(&pgproto3.Query{String: "COPY t FROM STDIN"}, &pgproto3.CopyData{Data: []byte("9\tx\t1\n")}, &pgproto3.CopyFail{Message: "no more"})
	c.upTo("copy in")
	says(t, c.upToReady(), "ERROR 57014: COPY from stdin failed: no more")
	c.must("BEGIN")
	says(t, c.copyIn("COPY t FROM STDIN", "9\tx\t1\n"), "COPY 1")
	c.talk([2]string{"SELECT n FROM v", "5\nSELECT 1"})
	c.must("ROLLBACK")
	c.talk([2]string{"SELECT n FROM v", "4\nSELECT 1"})
	c.exchange("ParseComplete, BindComplete, copy in, COPY 1", prepareMsg("", "COPY t FROM STDIN"), bind("", ""), execute("", 0), &pgproto3.CopyData{Data: []byte("9\tx\t1\n")}, &pgproto3.CopyDone{})
	c.talk([2]string{"SELECT n FROM v", "5\nSELECT 1"})
}

func TestCopyCommitEvery(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY)")
	var rows strings.Builder
	for i := range 10 {
		fmt.Fprintf(&rows, "%d\n", i)
	}
	says(t, c.copyIn("COPY t FROM STDIN WITH (commit_every 4)", rows.String()[:10], rows.String()[10:]), "COPY 10")
	c.talk([2]string{"SELECT count(*) FROM t", "10\nSELECT 1"})
	got := c.copyIn("COPY t FROM STDIN WITH (commit_every 2)", "20\n21\n", "22\n23\n", "24\nx\n")
	if !strings.HasPrefix(got, `ERROR 22P02: invalid input syntax for type integer: "x"; CONTEXT: COPY t, line 6`) {
		t.Error(got)
	}
	c.talk([2]string{"SELECT count(*) FROM t WHERE id >= 20", "4\nSELECT 1"})
}

func TestCopyOut(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY, a text)", `INSERT INTO t VALUES (1, 'x'), (2, NULL), (3, E'tab\t"q",')`)
	c.talk(
		[2]string{"COPY (SELECT * FROM t ORDER BY id) TO STDOUT", "CopyOutResponse\n1\tx\n2\t\\N\n3\ttab\\t\"q\",\nCopyDone\nCOPY 3"},
		[2]string{"COPY (SELECT a, id FROM t WHERE id <> 2 ORDER BY id) TO STDOUT (FORMAT csv, HEADER)", "CopyOutResponse\na,id\nx,1\n\"tab\t\"\"q\"\",\",3\nCopyDone\nCOPY 2"},
		[2]string{"COPY (SELECT 1 WHERE false) TO STDOUT", "CopyOutResponse\nCopyDone\nCOPY 0"},
		[2]string{"COPY (SELECT 1/0) TO STDOUT", "ERROR 22012: division by zero"},
	)
}

// The watermark of a stream waits for a COPY that is open; what comes meanwhile on another
// connection, of a later day, does not make its rows late.
func TestCopyIsAPartition(t *testing.T) {
	s := start(t)
	c, other := s.dial(), s.dial()
	c.must("CREATE STREAM s (ts timestamp, WATERMARK FOR ts AS ts) WITH (idle_timeout = '1 hour')")
	marks := "SELECT partition, watermark::timestamp, idle, greatest::timestamp FROM millrace.watermarks ORDER BY 1"
	c.send(&pgproto3.Query{String: "COPY s FROM STDIN"}, &pgproto3.CopyData{Data: []byte("2024-01-01 00:00:00\n")})
	c.upTo("copy in")
	opened := false
	for !opened { // the server has read it when the partition is there
		line := other.ask("SELECT count(*) FROM millrace.watermarks WHERE partition = 'copy 1'")
		opened = strings.HasPrefix(line, "1\n")
	}
	other.talk([2]string{"INSERT INTO s VALUES ('2024-01-02 00:00:00')", "INSERT 0 1"},
		[2]string{marks, "copy 1 | NULL | f | NULL\nsql | NULL | f | 2024-01-02 00:00:00\nSELECT 2"})
	c.send(&pgproto3.CopyData{Data: []byte("2024-01-01 12:00:00\n")}, &pgproto3.CopyDone{})
	says(t, c.upToReady(), "COPY 2")
	other.talk([2]string{marks, "sql | 2024-01-02 00:00:00 | f | 2024-01-02 00:00:00\nSELECT 1"},
		[2]string{"INSERT INTO s VALUES ('2024-01-01 18:00:00')", "NOTICE: 1 row was late: behind the watermark, and not added to the stream\nINSERT 0 1"},
		[2]string{"SELECT count(*) FROM s", "3\nSELECT 1"})
	c.send(&pgproto3.Query{String: "COPY s FROM STDIN"}, &pgproto3.CopyData{Data: []byte("2024-01-03 00:00:00\n")}, &pgproto3.CopyFail{Message: "no more"})
	c.upTo("copy in")
	says(t, c.upToReady(), "ERROR 57014: COPY from stdin failed: no more")
	other.talk([2]string{marks, "sql | 2024-01-02 00:00:00 | f | 2024-01-02 00:00:00\nSELECT 1"})
}
