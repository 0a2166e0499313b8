package server

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

func TestStartAndStop(t *testing.T) {
	f := start(t)
	c := f.dial()
	c.talk([2]string{"SELECT 1 AS one", "1\nSELECT 1"})
	if got := c.parameters["server_encoding"] + " " + c.parameters["TimeZone"]; got != "UTF8 UTC" {
		t.Errorf("parameters: %s", got)
	}
	f.stop()
	says(t, c.upToReady(), "FATAL 57P01: terminating connection due to administrator command")
}

func TestRestartKeepsWhatWasAcknowledged(t *testing.T) {
	f := start(t)
	f.dial().must("CREATE TABLE t (id int PRIMARY KEY, a text)", "INSERT INTO t VALUES (1, 'x'), (2, 'y')",
		"CREATE MATERIALIZED VIEW n AS SELECT count(*) AS n FROM t", "CREATE STREAM s (ts timestamp, WATERMARK FOR ts AS ts - INTERVAL '1 second')",
		"INSERT INTO s VALUES ('2024-01-01 10:00:00')")
	for range 2 {
		f.stop()
		f.open(Options{})
		f.dial().talk(
			[2]string{"SELECT * FROM t ORDER BY id", "1 | x\n2 | y\nSELECT 2"},
			[2]string{"SELECT * FROM n", "2\nSELECT 1"},
			[2]string{"SELECT stream, watermark::timestamp FROM millrace.watermarks", "s | 2024-01-01 09:59:59\nSELECT 1"},
		)
	}
}

// CHECKPOINT is done when it is answered.
func TestCheckpoint(t *testing.T) {
	f := start(t)
	c := f.dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)")
	before := f.srv.Metrics().Checkpoints
	c.talk([2]string{"CHECKPOINT", "CHECKPOINT"}, [2]string{"BEGIN; INSERT INTO t VALUES (2); CHECKPOINT; ROLLBACK", "BEGIN\nINSERT 0 1\nCHECKPOINT\nROLLBACK"},
		[2]string{"PREPARE p AS CHECKPOINT", `ERROR 42601: syntax error at or near "CHECKPOINT"`}, [2]string{"SELECT id FROM t", "1\nSELECT 1"})
	if made := f.srv.Metrics().Checkpoints - before; made != 2 {
		t.Errorf("%d checkpoints were made", made)
	}
}

// A view's rows are found by its own key; an append-only view keeps no index.
func TestPointReadOfViews(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY, a text)", "CREATE MATERIALIZED VIEW v AS SELECT DISTINCT id FROM t",
		"CREATE STREAM s (id int)", "CREATE MATERIALIZED VIEW w AS SELECT DISTINCT id FROM s",
		"INSERT INTO t VALUES (1, 'x'), (7, 'y')", "INSERT INTO s VALUES (1), (7)")
	for _, view := range []string{"v", "w"} {
		c.talk([2]string{"SELECT id FROM " + view + " WHERE id IN (7, 0)", "7\nSELECT 1"},
			[2]string{"SELECT id FROM " + view + " WHERE id = 1", "1\nSELECT 1"})
	}
}

// A key of an index that is not unique has many rows.
func TestUpdateByAnIndex(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (a int, b int)", "CREATE INDEX i ON t (a)", "INSERT INTO t VALUES (1, 2), (1, 3), (2, 4)")
	c.talk([2]string{"UPDATE t SET b = 9 WHERE a = 1", "UPDATE 2"}, [2]string{"SELECT b FROM t ORDER BY b", "4\n9\n9\nSELECT 3"},
		[2]string{"DELETE FROM t WHERE a = 1", "DELETE 2"})
}

// A transaction that has deleted all that a scan finds leaves it nothing to compute.
func TestQueryOfWhatTheTransactionDeleted(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (d float8)", "INSERT INTO t VALUES (NULL), (1)", "BEGIN", "DELETE FROM t")
	c.talk([2]string{"SELECT max(d + d) FROM t", "NULL\nSELECT 1"})
	c.must("SAVEPOINT p", "INSERT INTO t VALUES (NULL), (2)", "ROLLBACK TO p")
	c.talk([2]string{"SELECT max(d + d) FROM t", "NULL\nSELECT 1"})
}

// Windows that hold no row of a batch are left out; rows without a time are in one of NULLs.
func TestHoppingWindowsWithoutRows(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (a int, ts timestamp)", "INSERT INTO t VALUES (1, NULL), (2, '2024-01-01')")
	c.talk([2]string{"SELECT a, window_end FROM HOP(t, ts, INTERVAL '5 seconds', INTERVAL '10 seconds') WHERE ts IS NULL", "1 | NULL\nSELECT 1"})
}

// A view over a view of a stream with a watermark keeps its state across a restart.
func TestRestartOfViewsOnViewsWithWatermarks(t *testing.T) {
	f := start(t)
	f.dial().must("CREATE STREAM s (a int, ts timestamp, WATERMARK FOR ts AS ts - INTERVAL '1 second')",
		"CREATE MATERIALIZED VIEW v AS SELECT ts, a FROM s", "INSERT INTO s VALUES (1, '2024-01-01')",
		"CREATE MATERIALIZED VIEW w AS SELECT ts, max(a) AS a FROM v GROUP BY ts",
		"CREATE MATERIALIZED VIEW x AS SELECT window_end AS e, count(*) AS n FROM TUMBLE(v, ts, INTERVAL '1 minute') GROUP BY window_end",
		"CREATE MATERIALIZED VIEW y AS SELECT e, max(n) AS n FROM x GROUP BY e")
	f.stop()
	f.open(Options{})
	c := f.dial()
	c.must("INSERT INTO s VALUES (2, '2024-01-01')")
	c.talk([2]string{"SELECT a FROM w", "2\nSELECT 1"}, [2]string{"SELECT n FROM y", "2\nSELECT 1"})
}

// A client that never says who it is must not hold up the end.
func TestStopWithSilentClient(t *testing.T) {
	f := start(t)
	n, err := net.Dial("tcp", f.srv.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for f.srv.accepted.Load() == 0 {
		f.dial().net.Close()
	}
	f.stop()
	if _, err := n.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still open")
	}
}

func TestCloseTwice(t *testing.T) {
	f := start(t)
	srv := f.srv
	f.stop()
	if err := srv.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestTooManyConnections(t *testing.T) {
	f := start(t)
	f.stop()
	f.open(Options{MaxConnections: 1})
	c := f.dial()
	_, err := pgconn.Connect(t.Context(), f.url("millrace", ""))
	if err == nil || !strings.Contains(err.Error(), "53300") {
		t.Errorf("a second connection: %v", err)
	}
	c.talk([2]string{"SELECT 1", "1\nSELECT 1"})
}

func (f *fixture) url(user, password string) string {
	if password != "" {
		user += ":" + password
	}
	return "postgres://" + user + "@" + f.srv.Addr().String() + "/millrace?sslmode=disable"
}

func TestWhoMayConnect(t *testing.T) {
	f := start(t)
	for _, c := range []struct{ url, code string }{
		{strings.Replace(f.url("millrace", ""), "/millrace?", "/other?", 1), "3D000"},
		{f.url("nobody", ""), "28000"},
	} {
		if _, err := pgconn.Connect(t.Context(), c.url); err == nil || !strings.Contains(err.Error(), c.code) {
			t.Errorf("%s: %v, want %s", c.url, err, c.code)
		}
	}
}

func TestSCRAM(t *testing.T) {
	f := start(t)
	f.stop()
	f.open(Options{Password: "first"})
	connect := func(user, password string) error {
		c, err := pgconn.Connect(t.Context(), f.url(user, password))
		if err == nil {
			_ = c.Close(context.Background())
		}
		return err
	}
	denied := func(user, password string) {
		t.Helper()
		if err := connect(user, password); err == nil || !strings.Contains(err.Error(), "28P01") {
			t.Errorf("%s with %q: %v", user, password, err)
		}
	}
	denied("millrace", "wrong")
	denied("nobody", "first")
	c, err := pgconn.Connect(t.Context(), f.url("millrace", "first"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Exec(t.Context(), "CREATE USER ann PASSWORD 'äpfel'; ALTER USER millrace PASSWORD 'second'").Close(); err != nil {
		t.Error(err)
	}
	_ = c.Close(context.Background())
	denied("millrace", "first")
	f.stop()
	f.open(Options{Password: "ignored"}) // there is one already
	for _, u := range [][2]string{{"millrace", "second"}, {"ann", "%C3%A4pfel"}} {
		if err := connect(u[0], u[1]); err != nil {
			t.Error(err)
		}
	}
}

func TestStrangersNeedPassword(t *testing.T) {
	f := start(t)
	if s, err := StartOn(f.fs, Options{Listen: "0.0.0.0:0"}); err == nil {
		_ = s.Close(context.Background())
		t.Error("a folder was opened twice")
	}
	f.stop()
	s, err := StartOn(f.fs, Options{Listen: "0.0.0.0:0"})
	if err == nil {
		_ = s.Close(context.Background())
		t.Fatal("it listens for everybody without a password")
	}
	if !strings.Contains(err.Error(), "refused while no user has a password") {
		t.Error(err)
	}
}

func TestCancel(t *testing.T) {
	f := start(t)
	c := f.dial()
	c.must("CREATE TABLE t (a int)")
	c.send(&pgproto3.Query{String: "SUBSCRIBE t"})
	c.upTo("(mr_tick, mr_diff, a)")
	f.cancel(c)
	says(t, c.answer(), "ERROR 57014: canceling statement due to user request")
	c.talk([2]string{"SELECT count(*) FROM t", "0\nSELECT 1"})
	f.cancel(c) // of nothing
	c.talk([2]string{"SELECT count(*) FROM t", "0\nSELECT 1"})
}

// cancel asks the server to cancel what a client's session does, once it does something.
func (f *fixture) cancel(c *client) {
	f.t.Helper()
	n, err := net.Dial("tcp", f.srv.Addr().String())
	if err != nil {
		f.t.Fatal(err)
	}
	defer n.Close()
	front := pgproto3.NewFrontend(n, n)
	front.Send(&pgproto3.CancelRequest{ProcessID: c.pid, SecretKey: c.secret})
	if err := front.Flush(); err != nil {
		f.t.Fatal(err)
	}
	_, _ = n.Read(make([]byte, 1)) // the server closes when it is done
}
