package server

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

// After a failed sync of the log nobody knows whether the commit is there: the server
// says so, shows nothing of it, takes no more commits, still reads, and ends.
func TestLogFailure(t *testing.T) {
	f := start(t)
	f.stop()
	f.open(Options{Sync: true})
	c := f.dial()
	c.must("CREATE TABLE t (a int PRIMARY KEY)", "CREATE STREAM s (at timestamp, WATERMARK FOR at AS at)", "CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM t",
		"INSERT INTO t VALUES (1)", "INSERT INTO s VALUES ('2026-01-01')")
	read := [][2]string{{"TABLE t", "1\nSELECT 1"}, {"SELECT a FROM t WHERE a = 2", "SELECT 0"}, {"TABLE v", "1\nSELECT 1"},
		{"SELECT watermark::timestamp FROM millrace.watermarks", "2026-01-01 00:00:00\nSELECT 1"}}
	c.talk(read...)
	broken := errors.New("the disk is broken")
	f.fs.Hook(func(k disk.Call) error {
		if k.Op == disk.OpSync {
			return broken
		}
		return nil
	})
	got := c.ask("WITH x AS (INSERT INTO s VALUES ('2027-01-01')) INSERT INTO t VALUES (2)")
	if !strings.HasPrefix(got, "ERROR 08007: the outcome of the transaction is unknown") {
		t.Fatal(got)
	}
	if err := <-f.srv.Done(); pgerr.CodeOf(err) != pgerr.TransactionResolutionUnknown {
		t.Error(err)
	}
	c.talk(read...)
	if got := c.ask("INSERT INTO t VALUES (3)"); !strings.HasPrefix(got, "ERROR 08007") {
		t.Error(got)
	}
	_ = f.srv.Close(context.Background())
	f.fs = f.fs.Recover()
	f.open(Options{})
	f.dial().must("INSERT INTO t VALUES (4)")
	if got := f.dial().ask("SELECT a FROM t WHERE a IN (1, 4) ORDER BY a"); got != "1\n4\nSELECT 2" {
		t.Error(got)
	}
}

func TestMetrics(t *testing.T) {
	f := start(t)
	c := f.dial()
	c.must("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (2)")
	c.ask("SELECT * FROM millrace.ticks") // behind the tick that was just made
	m := f.srv.Metrics()
	if m.Ticks != 2 || m.Commits != 2 || m.Rows != 2 || m.Sessions != 1 || m.Connections != 1 || m.LogBytes == 0 || m.Relations != 1 {
		t.Errorf("%+v", m)
	}
}
