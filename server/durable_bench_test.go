package server

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/connect/nexmark"
	"github.com/millracedb/millrace/connect/nexmark/queries"
	"github.com/millracedb/millrace/exec"
)

// BenchmarkDurable keeps a Nexmark query over events that four writers commit, 16,000 at a time,
// through the log of a database on disk, which is synced before any of them is answered: the
// figure of `millrace bench nexmark` with all in the way but clients. A million events an
// iteration. The streams keep the events or, as the source of `millrace bench` does, none.
func BenchmarkDurable(b *testing.B) {
	for _, q := range []string{"q4", "q9"} {
		b.Run(q+"/kept", func(b *testing.B) { durableEvents(b, q, "") })
		b.Run(q+"/passing", func(b *testing.B) { durableEvents(b, q, "WITH (retention = '0 seconds')") })
	}
}

func durableEvents(b *testing.B, query, options string) {
	const events, step, writers = 1_000_000, 16_000, 4
	d := openDurable(b, query, options)
	defer d.close(b)
	gen := nexmark.New(nexmark.Config{})
	b.ResetTimer()
	b.StopTimer()
	for i := range b.N {
		var txns []*exec.Txn
		for at := int64(0); at < events; at += step {
			txns = append(txns, d.txn(gen, int64(i)*events+at, min(step, events-at)))
		}
		next := make(chan *exec.Txn)
		var done sync.WaitGroup
		b.StartTimer()
		for range writers {
			done.Go(func() {
				for x := range next {
					if _, err := d.srv.engine.Commit(context.Background(), x); err != nil {
						b.Error(err)
					}
				}
			})
		}
		for _, x := range txns {
			next <- x
		}
		close(next)
		done.Wait()
		b.StopTimer()
	}
	b.ReportMetric(float64(b.N)*events/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(d.srv.engine.LogSize())/float64(b.N)/events, "log-B/event")
}

// durable is a database on disk with the streams of the benchmark and a view of one query.
type durable struct {
	srv     *Server
	streams [3]uint32
}

func openDurable(b *testing.B, query, options string) *durable {
	srv, err := Start(Options{Listen: "127.0.0.1:0", Data: b.TempDir(), Sync: true, Version: "test"})
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	c, err := pgx.Connect(ctx, "postgres://"+Database+"@"+srv.Addr().String()+"/"+Database)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close(ctx)
	for _, name := range []string{"schema", query} {
		text, err := queries.Text(name)
		if err != nil {
			b.Fatal(err)
		}
		if name == "schema" {
			text = strings.ReplaceAll(text, "'4 seconds');", "'4 seconds') "+options+";")
		} else {
			text = "CREATE MATERIALIZED VIEW answer AS " + strings.TrimRight(strings.TrimSpace(text), ";")
		}
		if _, err := c.PgConn().Exec(ctx, text).ReadAll(); err != nil {
			b.Fatal(err)
		}
	}
	d := &durable{srv: srv}
	for k := range d.streams {
		r, err := srv.cats.newest.Load().Lookup([]string{"public"}, "", nexmark.Kind(k).String())
		if err != nil {
			b.Fatal(err)
		}
		d.streams[k] = uint32(r.OID)
	}
	return d
}

func (d *durable) close(b *testing.B) {
	if err := d.srv.Close(context.Background()); err != nil {
		b.Error(err)
	}
}

// txn is a transaction with some events.
func (d *durable) txn(gen *nexmark.Generator, from, n int64) *exec.Txn {
	x := &exec.Txn{}
	person, auction, bid := gen.Batches(from, n)
	for k, rows := range []*col.Batch{person, auction, bid} {
		if rows.N > 0 {
			x.Writes = append(x.Writes, exec.Write{Rel: d.streams[k], New: rows, Refused: -1})
		}
	}
	return x
}
