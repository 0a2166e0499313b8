package server

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Once a statement is committed its rows reach the client, whoever cancels it: an error would say that
// nothing has happened. What the session is asked next can be cancelled again.
func TestCommittedRowsAreSent(t *testing.T) {
	f := start(t)
	c, watcher := f.dial(), f.dial()
	c.must("CREATE TABLE t (a int PRIMARY KEY, b text)")
	for _, x := range [][2]string{
		{"INSERT INTO t SELECT g, repeat('x', 500) FROM generate_series(1, 100000) AS g RETURNING a, b", "INSERT 0 100000"},
		{"UPDATE t SET a = -a RETURNING a, b", "UPDATE 100000"},
		{"DELETE FROM t RETURNING 100 / a, b", "DELETE 100000"}, // which might fail
	} {
		c.send(&pgproto3.Query{String: x[0]})
		for line := ""; !strings.HasSuffix(line, "xxx"); {
			if line, _ = c.receive(); strings.HasPrefix(line, "ERROR") {
				t.Fatal(line)
			}
		}
		f.cancel(c)
		if said := c.upToReady(); !strings.HasSuffix(said, "\n"+x[1]) || strings.Count(said, "\n") != 99999 {
			t.Errorf("%s: the answer ends with %.100s after %d lines", x[0], said[max(0, len(said)-100):], strings.Count(said, "\n"))
		}
	}
	const long = "SELECT count(*) FROM generate_series(1, 1000000) AS x, generate_series(1, 1000000)"
	c.send(&pgproto3.Query{String: long})
	for !strings.Contains(watcher.ask("SELECT query FROM millrace.sessions WHERE state = 'active'"), long) {
	}
	f.cancel(c)
	says(t, c.upToReady(), "(count)\nERROR 57014: canceling statement due to user request")
}
