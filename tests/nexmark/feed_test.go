package nexmark

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/connect/nexmark"
)

var kinds = []nexmark.Kind{nexmark.Person, nexmark.Auction, nexmark.Bid}

// events are what a run is fed with.
type events struct {
	config nexmark.Config
	n      int64
}

// times is how many times as long as a small one the run is.
func (ev events) times() int64 { return max(1, ev.n/small.n) }

// field appends the text form of a value of the generator's three types.
func field(dst []byte, v *col.Vector, i int) []byte {
	switch v.Type.OID {
	case col.OIDInt8:
		return strconv.AppendInt(dst, v.I64[i], 10)
	case col.OIDTimestamp:
		return datetime.AppendTimestamp(dst, v.I64[i], &datetime.Settings{})
	}
	return append(dst, v.Bytes(i)...)
}

// copyText writes a batch as the data of COPY in text form. The generator's texts contain
// nothing that would need an escape.
func copyText(dst []byte, b *col.Batch) []byte {
	for i := range b.N {
		for c := range b.Cols {
			if c > 0 {
				dst = append(dst, '\t')
			}
			dst = field(dst, &b.Cols[c], i)
		}
		dst = append(dst, '\n')
	}
	return dst
}

// feed brings events into the relations person, auction and bid. What it calls between gives
// the connection that it goes on with: the server may have been started anew.
type feed func(t *testing.T, c *pgconn.PgConn, ev events, between func(round int64) *pgconn.PgConn)

// byCopy copies batches of so many events, each kind by its own COPY; after each batch it
// calls between with its number.
func byCopy(batch int64) feed {
	return func(t *testing.T, c *pgconn.PgConn, ev events, between func(round int64) *pgconn.PgConn) {
		g, rows := nexmark.New(ev.config), nexmark.NewEvents()
		var text []byte
		for from := int64(0); from < ev.n; from += batch {
			g.Fill(rows, from, min(batch, ev.n-from))
			for _, k := range kinds {
				text = copyText(text[:0], rows.Of(k))
				if _, err := c.CopyFrom(context.Background(), bytes.NewReader(text), "COPY "+k.String()+" FROM STDIN"); err != nil {
					t.Fatal(err)
				}
			}
			c = between(from / batch)
		}
	}
}

// inTransaction is a feed with all of its statements in one transaction.
func inTransaction(f feed) feed {
	return func(t *testing.T, c *pgconn.PgConn, ev events, between func(round int64) *pgconn.PgConn) {
		run(t, c, "BEGIN")
		f(t, c, ev, between)
		run(t, c, "COMMIT")
	}
}

// rowByRow inserts every event with a prepared statement of its own transaction, in order
// of emission, and calls between after each thousand; it stays with its connection.
func rowByRow(t *testing.T, c *pgconn.PgConn, ev events, between func(round int64) *pgconn.PgConn) {
	ctx := context.Background()
	for _, k := range kinds {
		var params []string
		for i := range nexmark.Columns(k) {
			params = append(params, "$"+strconv.Itoa(i+1))
		}
		sql := fmt.Sprintf("INSERT INTO %s VALUES (%s)", k, strings.Join(params, ", "))
		if _, err := c.Prepare(ctx, k.String(), sql, nil); err != nil {
			t.Fatal(err)
		}
	}
	g, rows := nexmark.New(ev.config), nexmark.NewEvents()
	for n := range ev.n {
		g.Fill(rows, n, 1)
		k := g.Kind(n)
		b := rows.Of(k)
		params := make([][]byte, len(b.Cols))
		for i := range params {
			params[i] = field([]byte{}, &b.Cols[i], 0)
		}
		if r := c.ExecPrepared(ctx, k.String(), params, nil, nil).Read(); r.Err != nil {
			t.Fatal(r.Err)
		}
		if n%1000 == 999 {
			between(n / 1000)
		}
	}
}

// runEach sends the statements of a script one after another; none contains a semicolon.
func runEach(t *testing.T, c *pgconn.PgConn, script string) {
	t.Helper()
	for sql := range strings.SplitSeq(strings.TrimSuffix(script, ";"), ";") {
		run(t, c, sql)
	}
}

// run sends statements that answer nothing.
func run(t *testing.T, c *pgconn.PgConn, sql string) {
	t.Helper()
	if _, err := c.Exec(context.Background(), sql).ReadAll(); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
}
