package crash

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/tests/process"
)

func TestMain(m *testing.M) { process.Main(m) }

func rounds(t *testing.T) int {
	otherwise := uint64(3)
	if os.Getenv("CI") == "true" {
		otherwise = 5
	}
	return int(process.Setting(t, "MILLRACE_CRASH_ROUNDS", otherwise))
}

func seed(t *testing.T) uint64 {
	n := process.Setting(t, "MILLRACE_CRASH_SEED", rand.Uint64())
	t.Logf("MILLRACE_CRASH_SEED=%d", n)
	return n
}

// TestKill kills the server round after round, sometimes again while it recovers.
func TestKill(t *testing.T) {
	for _, sync := range []string{"on", "off"} {
		t.Run("sync="+sync, func(t *testing.T) {
			b := newBench(t, seed(t), "--sync", sync)
			for range rounds(t) {
				b.work(200+b.rng.IntN(3000), func() {
					if err := b.server.Kill(); err != nil {
						t.Error(err)
					}
				})
				for b.rng.IntN(3) == 0 {
					if err := process.Interrupted(b.options); err != nil {
						t.Fatal(err)
					}
				}
				b.start()
				b.check()
			}
		})
	}
}

// TestStop ends the server with SIGTERM while all write: it takes no longer than its
// supervisor waits, loses nothing, and the next start finds nothing to do.
func TestStop(t *testing.T) {
	b := newBench(t, seed(t))
	for range 2 {
		b.work(1000, func() {
			took, err := b.server.Stop()
			if err != nil {
				t.Error(err)
			}
			t.Logf("stopped after %v", took)
		})
		if !strings.Contains(b.server.Log(), "msg=stopped") {
			t.Errorf("the server does not say that it stopped in order:\n%s", b.server.Log())
		}
		b.start()
		b.check()
	}
	if strings.Contains(b.server.Log(), "level=WARN") {
		t.Errorf("a start after a stop in order warns:\n%s", b.server.Log())
	}
}

// TestTwoServers starts a second server on the folder of the first.
func TestTwoServers(t *testing.T) {
	o := process.Options{Data: t.TempDir()}
	first, err := process.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Kill()
	second, err := process.Start(o)
	if err == nil {
		_ = second.Kill()
		t.Fatal("two servers have one folder")
	}
	if !strings.Contains(err.Error(), "in use") || !strings.Contains(err.Error(), o.Data) {
		t.Errorf("the second server does not say that the folder %s is in use: %v", o.Data, err)
	}
	ctx := context.Background()
	c, err := first.Connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := run(ctx, c, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)"); err != nil {
		t.Errorf("the first server does not work any more: %v", err)
	}
	if _, err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	again, err := process.Start(o)
	if err != nil {
		t.Fatalf("the folder is free again, but: %v", err)
	}
	defer again.Kill()
	after, err := again.Connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close(ctx)
	if err := same(ctx, after, "rows", "SELECT count(*) FROM t", 1); err != nil {
		t.Error(err)
	}
}

// TestStopWithIdleClients stops a server whose clients sit in transactions and subscribe.
func TestStopWithIdleClients(t *testing.T) {
	s, err := process.Start(process.Options{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Kill()
	ctx := context.Background()
	var clients []*pgconn.PgConn
	for range 4 {
		c, err := s.Connect(ctx)
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	if err := run(ctx, clients[0], "CREATE TABLE t (a int)", "BEGIN", "INSERT INTO t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	listening := clients[1].Exec(ctx, "SUBSCRIBE t")
	busy := clients[2].Exec(ctx, "SELECT count(*) FROM generate_series(1, 1000000000) a(i), generate_series(1, 1000) b(j)")
	took, err := s.Stop()
	if err != nil {
		t.Error(err)
	}
	t.Logf("stopped after %v", took)
	for what, err := range map[string]error{"SUBSCRIBE": listening.Close(), "a long query": busy.Close()} {
		if err == nil || !lost(err) {
			t.Errorf("%s ends with %v when the server stops", what, err)
		}
	}
}
