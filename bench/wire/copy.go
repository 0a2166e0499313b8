package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/connect/nexmark"
	"github.com/millracedb/millrace/wire"
)

// The bids of Nexmark; on Millrace a view counts them by minute while they come.
const (
	bidColumns = "(auction bigint, bidder bigint, price bigint, channel varchar, url varchar, date_time timestamp, extra varchar"
	bidView    = "CREATE MATERIALIZED VIEW bench_minutes AS SELECT window_start, count(*) AS n, max(price) AS price FROM TUMBLE(bench_bid, date_time, INTERVAL '1 minute') GROUP BY window_start"
)

// copies measures COPY of bids in text and in binary, encoded beforehand, durably.
func (b *bench) copies(ctx context.Context) error {
	for _, format := range []wire.CopyFormat{wire.CopyText, wire.CopyBinary} {
		data, rows, err := b.bids(format)
		if err != nil {
			return err
		}
		targets, err := b.both()
		if err != nil {
			return err
		}
		name, sql := "copy_text", "COPY bench_bid FROM STDIN"
		if format == wire.CopyBinary {
			name, sql = "copy_binary", "COPY bench_bid FROM STDIN (FORMAT binary)"
		}
		err = b.inTurns(name, targets, func(t *target) (run, error) {
			if err := t.bidTable(ctx); err != nil {
				return run{}, err
			}
			before := t.cpu()
			took, err := t.copyIn(ctx, sql, data)
			if err != nil {
				return run{}, err
			}
			cpu := (t.cpu() - before) / time.Duration(rows)
			return run{perSecond: float64(rows) / took.Seconds(), cpu: cpu}, t.checkBids(ctx, rows)
		})
		err = finish(ctx, err, targets, "bench_bid")
		closeAll(targets)
		if err != nil {
			return err
		}
	}
	return nil
}

// bids encodes the bids among the events.
func (b *bench) bids(format wire.CopyFormat) (data []byte, rows int64, err error) {
	e, err := wire.NewCopyEncoder(wire.DefaultCopyOptions(format, "bench_bid", nexmark.Columns(nexmark.Bid)))
	if err != nil {
		return nil, 0, err
	}
	if format == wire.CopyBinary {
		data = append(data, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	}
	g, ev := nexmark.New(nexmark.Config{}), nexmark.NewEvents()
	const step = 16384
	for from := int64(0); from < b.events; from += step {
		g.Fill(ev, from, min(step, b.events-from))
		batch := ev.Of(nexmark.Bid)
		data = e.AppendRows(data, batch)
		rows += int64(batch.N)
	}
	if format == wire.CopyBinary {
		data = append(data, 0xff, 0xff)
	}
	return data, rows, nil
}

// bidTable makes the relation anew.
func (t *target) bidTable(ctx context.Context) error {
	if t.process == nil {
		return t.run(ctx, "DROP TABLE IF EXISTS bench_bid", "CREATE TABLE bench_bid "+bidColumns+")")
	}
	return t.run(ctx, "DROP STREAM IF EXISTS bench_bid CASCADE",
		"CREATE STREAM bench_bid "+bidColumns+", WATERMARK FOR date_time AS date_time - INTERVAL '4 seconds')", bidView)
}

func (t *target) copyIn(ctx context.Context, sql string, data []byte) (time.Duration, error) {
	c, err := pgconn.Connect(ctx, t.url)
	if err != nil {
		return 0, err
	}
	defer c.Close(ctx)
	began := time.Now()
	_, err = c.CopyFrom(ctx, bytes.NewReader(data), sql)
	return time.Since(began), err
}

// checkBids counts what has come, in the view too.
func (t *target) checkBids(ctx context.Context, rows int64) error {
	counts := []string{"SELECT count(*) FROM bench_bid"}
	if t.process != nil {
		counts = append(counts, "SELECT sum(n)::bigint FROM bench_minutes")
	}
	for _, sql := range counts {
		n, err := t.number(ctx, sql)
		if err != nil {
			return err
		}
		if n != rows {
			return fmt.Errorf("%s on %s: %d of %d", sql, t.name, n, rows)
		}
	}
	return nil
}
