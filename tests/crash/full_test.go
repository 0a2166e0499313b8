package crash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/server"
	"github.com/millracedb/millrace/storage/disk"
)

// TestDiskFull fills the disk: writes are refused with 53100 and have not happened, reads
// go on, and writing goes on by itself when there is room again (L3).
func TestDiskFull(t *testing.T) {
	const room = 1 << 40 // what an empty disk in memory has
	fs := disk.NewMem(1)
	s, c := serve(t, fs)
	ctx := context.Background()
	if err := run(ctx, c, "CREATE STREAM s (a int, b text)", "CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n, sum(a) AS total FROM s",
		"INSERT INTO s VALUES (1, 'x')"); err != nil {
		t.Fatal(err)
	}
	fill(t, fs)
	kept := 1
	for ; kept < 1_000_000; kept += 1000 {
		_, err := c.CopyFrom(ctx, rowsFrom(kept, 1000), "COPY s FROM STDIN")
		if err != nil {
			checkFull(t, err)
			break
		}
	}
	for range 3 {
		checkFull(t, run(ctx, c, "INSERT INTO s VALUES (0, 'refused')"))
		checkFull(t, run(ctx, c, "CREATE TABLE refused (a int)"))
	}
	if err := errors.Join(run(ctx, c, "BEGIN", "INSERT INTO s VALUES (0, 'refused')")); err != nil {
		t.Error(err)
	}
	checkFull(t, run(ctx, c, "COMMIT"))
	total := kept * (kept + 1) / 2
	for _, sql := range []string{"SELECT count(*), sum(a) FROM s", "SELECT n, total FROM v"} {
		if err := same(ctx, c, sql, sql, kept, total); err != nil {
			t.Errorf("while the disk is full: %v", err)
		}
	}
	fs.SetCapacity(room)
	if err := run(ctx, c, fmt.Sprintf("INSERT INTO s VALUES (%d, 'again')", kept+1)); err != nil {
		t.Fatalf("there is room again, but: %v", err)
	}
	kept++
	total += kept
	if err := same(ctx, c, "the view", "SELECT n, total FROM v", kept, total); err != nil {
		t.Error(err)
	}
	fs.Crash()
	_ = s.Close(ctx) // its files are gone
	_, c = serve(t, fs.Recover())
	for _, sql := range []string{"SELECT count(*), sum(a) FROM s", "SELECT n, total FROM v"} {
		if err := same(ctx, c, sql, sql, kept, total); err != nil {
			t.Errorf("after the crash: %v", err)
		}
	}
}

func serve(t *testing.T, fs disk.FS) (*server.Server, *pgconn.PgConn) {
	s, err := server.StartOn(fs, server.Options{Listen: "127.0.0.1:0", Sync: true, Version: "test", Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	c, err := pgconn.Connect(ctx, fmt.Sprintf("postgres://millrace@%s/millrace?sslmode=disable", s.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(ctx); _ = s.Close(ctx) })
	return s, c
}

// fill leaves the disk with nothing that is free.
func fill(t *testing.T, fs *disk.Mem) {
	space, err := fs.Free()
	if err != nil {
		t.Fatal(err)
	}
	fs.SetCapacity(space.Total - space.Free)
}

func rowsFrom(first, n int) *bytes.Reader {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d\t%s\n", first+1+i, strings.Repeat("row ", 50))
	}
	return bytes.NewReader([]byte(b.String()))
}

func checkFull(t *testing.T, err error) {
	t.Helper()
	var e *pgconn.PgError
	if !errors.As(err, &e) || e.Code != "53100" {
		t.Fatalf("a write to a full disk says %v, not 53100", err)
	}
}
