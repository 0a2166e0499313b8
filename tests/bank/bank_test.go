package bank

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/tests/harness"
	"github.com/millracedb/millrace/tests/process"
)

const (
	tellers  = 8
	auditors = 16
)

func TestMain(m *testing.M) { process.Main(m) }

// TestBank lets tellers and auditors work while the server is killed and comes back.
func TestBank(t *testing.T) {
	seed := process.Setting(t, "MILLRACE_BANK_SEED", rand.Uint64())
	t.Logf("MILLRACE_BANK_SEED=%d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	o := process.Options{Data: t.TempDir()}
	manned := func() *process.Server { // each time by another number of workers
		o.Args = []string{"--workers", []string{"1", "2", "4"}[rng.IntN(3)]}
		return start(t, o)
	}
	s := manned()
	found(t, s)
	crew := make([]*teller, tellers)
	for i := range crew {
		crew[i] = &teller{id: int64(i), rng: rand.New(rand.NewPCG(seed, uint64(i)+2))}
	}
	transfers := int64(process.Setting(t, "MILLRACE_BANK_TRANSFERS", 500))
	for range process.Setting(t, "MILLRACE_BANK_ROUNDS", 2) {
		b := &round{t: t, server: s, crew: crew}
		b.run(transfers/2 + rng.Int64N(transfers))
		s = manned()
		last(t, s)
	}
}

func start(t *testing.T, o process.Options) *process.Server {
	t.Helper()
	s, err := process.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() })
	return s
}

// found makes the tables and the views.
func found(t *testing.T, s *process.Server) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	sql := tables
	for _, v := range views {
		sql = append(sql, "CREATE MATERIALIZED VIEW "+v.name+" AS "+v.query)
	}
	for _, one := range sql {
		if _, err := c.Exec(ctx, one); err != nil {
			t.Fatalf("%v in %s", err, one)
		}
	}
}

// last looks when nobody writes: every view is its query.
func last(t *testing.T, s *process.Server) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if err := audit(ctx, c); err != nil {
		t.Error(err)
	}
	differences, err := harness.CheckViews(ctx, c.PgConn())
	if err != nil || len(differences) > 0 {
		t.Errorf("%v %v", differences, err)
	}
}

// round is a life of the server.
type round struct {
	t      *testing.T
	server *process.Server
	crew   []*teller
	audits atomic.Int64
}

// run lets everybody work until so many transactions are made, then kills the server.
func (r *round) run(transactions int64) {
	done := make(chan struct{}, 64)
	var all sync.WaitGroup
	for _, w := range r.crew {
		all.Go(func() {
			r.life(func(ctx context.Context, c *pgx.Conn) error {
				err := w.work(ctx, c)
				if err == nil {
					done <- struct{}{}
				}
				return err
			})
		})
	}
	for range auditors {
		all.Go(func() {
			r.life(func(ctx context.Context, c *pgx.Conn) error {
				r.audits.Add(1)
				return audit(ctx, c)
			})
		})
	}
	for _, v := range []string{"total", "branch_total", "drift", "regions", "hours"} {
		all.Go(func() { r.inspect(v) })
	}
	go func() { all.Wait(); close(done) }()
	n := int64(0)
	for range done {
		if n++; n == transactions {
			if err := r.server.Kill(); err != nil {
				r.t.Error(err)
			}
		}
	}
	r.t.Logf("%d transactions, %d audits", n, r.audits.Load())
	if n < transactions || r.audits.Load() == 0 {
		r.t.Errorf("%d transactions and %d audits before the end:\n%s", n, r.audits.Load(), r.server.Log())
	}
}

// life repeats a step until the server is gone; whatever else ends it is a fault, which ends
// the server.
func (r *round) life(step func(ctx context.Context, c *pgx.Conn) error) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, r.server.URL())
	if err != nil {
		r.fault(nil, err)
		return
	}
	defer c.Close(ctx)
	for err == nil {
		err = step(ctx, c)
	}
	r.fault(c, err)
}

// fault is told why a client ended.
func (r *round) fault(c *pgx.Conn, err error) {
	select {
	case <-r.server.Ended():
		return
	default:
	}
	var e *pgconn.PgError
	if errors.As(err, &e) || c != nil && !c.IsClosed() {
		r.t.Error(err)
		_ = r.server.Kill()
	}
}
