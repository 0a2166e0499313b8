package server

import (
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

func (c *client) lines(want ...string) {
	c.t.Helper()
	for _, w := range want {
		if line, _ := c.receive(); line != w {
			c.t.Errorf("got %q, want %q", line, w)
		}
	}
}

func TestSubscribe(t *testing.T) {
	f := start(t)
	o := f.dial()
	o.must("CREATE TABLE t (id int PRIMARY KEY, k text)", "INSERT INTO t VALUES (1, 'a'), (2, 'a')", "CREATE MATERIALIZED VIEW v AS SELECT k, count(*) AS n FROM t GROUP BY k")
	for _, x := range []struct {
		sql   string
		first []string
		row   func(tick, diff, rest string) string
		end   []string
	}{
		{"SUBSCRIBE TO v", []string{"(mr_tick, mr_diff, k, n)"}, func(a, b, c string) string { return a + " | " + b + " | " + c }, nil},
		{"COPY (SUBSCRIBE v) TO STDOUT", []string{"CopyOutResponse"}, func(a, b, c string) string {
			return a + "\t" + b + "\t" + c[:1] + "\t" + c[4:]
		}, nil},
	} {
		c := f.dial()
		o.must("TRUNCATE t", "INSERT INTO t VALUES (1, 'a'), (2, 'a')")
		before := o.ask("SELECT max(tick) FROM millrace.ticks")
		c.send(&pgproto3.Query{String: x.sql})
		c.lines(x.first...)
		tick := decimalOf(before)
		c.lines(x.row(decimal(tick), "1", "a | 2"))
		o.must("BEGIN", "INSERT INTO t VALUES (3, 'b')", "DELETE FROM t WHERE id = 1", "COMMIT")
		c.lines(x.row(decimal(tick+1), "-1", "a | 2"), x.row(decimal(tick+1), "1", "a | 1"), x.row(decimal(tick+1), "1", "b | 1"))
		o.must("CREATE TABLE other (a int)", "INSERT INTO other VALUES (1)", "DROP TABLE other", "DELETE FROM t WHERE k = 'b'")
		c.lines(x.row(decimal(tick+5), "-1", "b | 1"))
		f.cancel(c)
		says(t, c.upToReady(), "ERROR 57014: canceling statement due to user request")
		c.talk([2]string{"SELECT k FROM v", "a\nSELECT 1"})
	}
}

func decimalOf(answer string) int {
	n := 0
	for _, d := range answer {
		if d < '0' || d > '9' {
			break
		}
		n = n*10 + int(d-'0')
	}
	return n
}

func TestSubscribeWithoutSnapshot(t *testing.T) {
	f := start(t)
	c, o := f.dial(), f.dial()
	o.must("CREATE STREAM s (a int)", "INSERT INTO s VALUES (1)")
	c.send(&pgproto3.Query{String: "SUBSCRIBE (SELECT * FROM s) WITH (SNAPSHOT = false)"})
	c.lines("(mr_tick, mr_diff, a)")
	o.must("INSERT INTO s VALUES (2)")
	c.lines("3 | 1 | 2")
	o.must("DROP TABLE IF EXISTS nothing", "DROP STREAM s")
	says(t, c.upToReady(), `ERROR 42P01: relation "s" does not exist; DETAIL: It was dropped.`)
}

func TestSubscribeIsRefused(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (a int)", "CREATE INDEX i ON t (a)")
	c.talk(
		[2]string{"SUBSCRIBE i", `ERROR 42809: cannot subscribe to index "i"`},
		[2]string{"SUBSCRIBE nothing", `ERROR 42P01: relation "nothing" does not exist`},
		[2]string{"SUBSCRIBE t WITH (nonsense = 1)", `ERROR 22023: unrecognized parameter "nonsense"`},
	)
	c.must("BEGIN", "INSERT INTO t VALUES (1)")
	c.talk([2]string{"SUBSCRIBE t", "ERROR 25001: SUBSCRIBE cannot run in a transaction that has written"})
}

func TestServerEndsWhileSubscribed(t *testing.T) {
	f := start(t)
	c := f.dial()
	c.must("CREATE TABLE t (a int)")
	c.send(&pgproto3.Query{String: "SUBSCRIBE t"})
	c.lines("(mr_tick, mr_diff, a)")
	f.stop()
	says(t, c.upToReady(), "FATAL 57P01: terminating connection due to administrator command")
}
