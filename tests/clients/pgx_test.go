package clients

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/millracedb/millrace/tests/process"
)

// open connects pgx, and collects its notices.
func open(t *testing.T, s *process.Server, mode pgx.QueryExecMode) (*pgx.Conn, *[]string) {
	t.Helper()
	config, err := pgx.ParseConfig(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	notices := &[]string{}
	config.DefaultQueryExecMode = mode
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { *notices = append(*notices, n.Message) }
	c, err := pgx.ConnectConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c, notices
}

// modes are the ways in which pgx can speak.
var modes = []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol}

// must fails the test for an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fails expects an error of a SQLSTATE.
func fails(t *testing.T, err error, code string) *pgconn.PgError {
	t.Helper()
	var e *pgconn.PgError
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("the error is %v, not %s", err, code)
	}
	return e
}

// value reads one value.
func value[T any](t *testing.T, c *pgx.Conn, sql string, args ...any) (v T) {
	t.Helper()
	if err := c.QueryRow(context.Background(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func there[T any](t *testing.T, c *pgx.Conn, typ string, format int16, v T) {
	t.Helper()
	var back T
	var null *T
	sql := fmt.Sprintf("SELECT $1::%s, NULL::%s", typ, typ)
	if err := c.QueryRow(context.Background(), sql, pgx.QueryResultFormats{format}, v).Scan(&back, &null); err != nil {
		t.Errorf("%s in format %d: %v", typ, format, err)
		return
	}
	if !reflect.DeepEqual(back, v) || null != nil {
		t.Errorf("%s in format %d: %v came back as %v", typ, format, v, back)
	}
}

// TestPgxTypes sends a value of every type there and back, in text and in binary.
func TestPgxTypes(t *testing.T) {
	s := start(t, process.Options{})
	for _, mode := range modes[:3] {
		c, _ := open(t, s, mode)
		for _, format := range []int16{pgx.TextFormatCode, pgx.BinaryFormatCode} {
			there(t, c, "bool", format, true)
			there(t, c, "int2", format, int16(-7))
			there(t, c, "int4", format, int32(-70000))
			there(t, c, "int8", format, int64(1)<<60)
			there(t, c, "oid", format, uint32(4000000000))
			there(t, c, "float4", format, float32(0.1))
			there(t, c, "float8", format, 0.1)
			there(t, c, "text", format, "héllo\n\x01")
			there(t, c, "varchar(5)", format, "abcde")
			there(t, c, "char(5)", format, "abcde")
			there(t, c, "name", format, "a name")
			there(t, c, "bytea", format, []byte{0, 1, 0xff, '\\'})
			there(t, c, "date", format, time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC))
			there(t, c, "time", format, pgtype.Time{Microseconds: 86399999999, Valid: true})
			there(t, c, "timestamp", format, time.Date(1999, 12, 31, 23, 59, 59, 1000, time.UTC))
			there(t, c, "interval", format, pgtype.Interval{Months: 14, Days: -3, Microseconds: 5, Valid: true})
			there(t, c, "uuid", format, pgtype.UUID{Bytes: [16]byte{1, 2, 15: 255}, Valid: true})
			there(t, c, "json", format, map[string]any{"a": []any{1.0, nil}})
			there(t, c, "jsonb", format, map[string]any{"a": []any{1.0, nil}})
			for _, n := range []string{"0", "-12345.6700", "123456789012345678901234567890.5", "0.00000000000000000001", "NaN"} {
				var v, back pgtype.Numeric
				must(t, v.Scan(n))
				must(t, c.QueryRow(context.Background(), "SELECT $1::numeric", pgx.QueryResultFormats{format}, v).Scan(&back))
				if a, b := text(t, v), text(t, back); a != b {
					t.Errorf("numeric %s came back as %s in format %d", a, b, format)
				}
			}
			at := time.Date(2026, 7, 1, 12, 0, 0, 123456000, time.FixedZone("", 7200))
			var back time.Time
			must(t, c.QueryRow(context.Background(), "SELECT $1::timestamptz", pgx.QueryResultFormats{format}, at).Scan(&back))
			if !back.Equal(at) {
				t.Errorf("timestamptz %v came back as %v in format %d", at, back, format)
			}
		}
	}
}

func text(t *testing.T, n pgtype.Numeric) string {
	t.Helper()
	v, err := n.Value()
	must(t, err)
	return fmt.Sprint(v)
}

// TestPgxModes does the everyday things in each way that pgx can speak.
func TestPgxModes(t *testing.T) {
	s := start(t, process.Options{})
	ctx := context.Background()
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			c, notices := open(t, s, mode)
			for _, sql := range []string{"DROP TABLE IF EXISTS t CASCADE", "CREATE TABLE t (id int PRIMARY KEY, v text, n numeric(10,2))",
				"CREATE MATERIALIZED VIEW m AS SELECT v, count(*) AS n FROM t GROUP BY v"} {
				_, err := c.Exec(ctx, sql)
				must(t, err)
			}
			if mode == modes[0] && !slices.Equal(*notices, []string{`table "t" does not exist, skipping`}) {
				t.Errorf("the notices are %q", *notices)
			}
			for i := range 20 {
				tag, err := c.Exec(ctx, "INSERT INTO t VALUES ($1, $2, $3)", i, fmt.Sprint("v", i%2), "1.5")
				must(t, err)
				if tag.String() != "INSERT 0 1" {
					t.Errorf("the tag is %s", tag)
				}
			}
			rows, err := c.Query(ctx, "SELECT v, n FROM m WHERE n >= $1 ORDER BY v", 1)
			must(t, err)
			type group struct {
				V string
				N int64
			}
			got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[group])
			must(t, err)
			if !slices.Equal(got, []group{{"v0", 10}, {"v1", 10}}) {
				t.Errorf("the view says %v", got)
			}
			_, err = c.Exec(ctx, "INSERT INTO t VALUES ($1, 'twice')", 1)
			e := fails(t, err, "23505")
			if e.ConstraintName != "t_pkey" || e.TableName != "t" || e.SchemaName != "public" {
				t.Errorf("the error names %s of %s.%s", e.ConstraintName, e.SchemaName, e.TableName)
			}
			_, err = c.Exec(ctx, "SELECT nope FROM t")
			fails(t, err, "42703")
			pgxTransaction(ctx, t, c)
			pgxBatch(ctx, t, c)
		})
	}
}

func pgxTransaction(ctx context.Context, t *testing.T, c *pgx.Conn) {
	tx, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	must(t, err)
	_, err = tx.Exec(ctx, "UPDATE t SET v = 'moved' WHERE id < $1", 5)
	must(t, err)
	inner, err := tx.Begin(ctx)
	must(t, err)
	_, err = inner.Exec(ctx, "SELECT 1 / (id - id) FROM t")
	fails(t, err, "22012")
	must(t, inner.Rollback(ctx))
	if n := value[int](t, c, "SELECT count(*) FROM t WHERE v = 'moved'"); n != 5 {
		t.Errorf("inside the transaction %d rows are moved", n)
	}
	must(t, tx.Rollback(ctx))
	if n := value[int](t, c, "SELECT count(*) FROM t WHERE v = 'moved'"); n != 0 {
		t.Errorf("after its end %d rows are moved", n)
	}
}

// pgxBatch sends many statements with one Sync; one that fails takes all back.
func pgxBatch(ctx context.Context, t *testing.T, c *pgx.Conn) {
	good := &pgx.Batch{}
	for i := range 10 {
		good.Queue("INSERT INTO t VALUES ($1, 'batch')", 100+i)
	}
	good.Queue("SELECT count(*) FROM t WHERE v = $1", "batch").QueryRow(func(row pgx.Row) error {
		var n int
		if err := row.Scan(&n); err != nil || n != 10 {
			return fmt.Errorf("the batch sees %d of its rows: %w", n, err)
		}
		return nil
	})
	must(t, c.SendBatch(ctx, good).Close())
	if c.Config().DefaultQueryExecMode == pgx.QueryExecModeSimpleProtocol {
		return // what follows one Sync is one string there
	}
	bad := &pgx.Batch{}
	bad.Queue("INSERT INTO t VALUES (200, 'bad')")
	bad.Queue("INSERT INTO t VALUES ($1, 'bad')", 100)
	bad.Queue("INSERT INTO t VALUES (201, 'bad')")
	fails(t, c.SendBatch(ctx, bad).Close(), "23505")
	if n := value[int](t, c, "SELECT count(*) FROM t WHERE v = 'bad'"); n != 0 {
		t.Errorf("%d rows of a batch that failed are there", n)
	}
}

// TestPgxCopy copies in binary, and pipelines by hand.
func TestPgxCopy(t *testing.T) {
	s := start(t, process.Options{})
	ctx := context.Background()
	c, _ := open(t, s, pgx.QueryExecModeCacheStatement)
	_, err := c.Exec(ctx, "CREATE STREAM s (k int, n numeric, at timestamptz, j jsonb, b bytea, x float8)")
	must(t, err)
	_, err = c.Exec(ctx, "CREATE MATERIALIZED VIEW m AS SELECT window_start, count(*) AS n, sum(x) AS x FROM TUMBLE(s, at, INTERVAL '1 minute') GROUP BY window_start")
	must(t, err)
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	n, err := c.CopyFrom(ctx, pgx.Identifier{"s"}, []string{"k", "n", "at", "j", "b", "x"}, pgx.CopyFromSlice(10_000, func(i int) ([]any, error) {
		if i%10 == 0 {
			return []any{i, nil, begin, nil, nil, nil}, nil
		}
		return []any{i, fmt.Sprintf("%d.50", i), begin.Add(time.Duration(i) * time.Second), map[string]int{"i": i}, []byte{byte(i)}, 0.5}, nil
	}))
	must(t, err)
	if n != 10_000 {
		t.Errorf("%d rows were copied", n)
	}
	if n, x := value[int](t, c, "SELECT sum(n)::int FROM m"), value[float64](t, c, "SELECT sum(x) FROM m"); n != 10_000 || x != 4500 {
		t.Errorf("the view has %d rows of sum %v", n, x)
	}
	_, err = c.CopyFrom(ctx, pgx.Identifier{"s"}, []string{"k", "nope"}, pgx.CopyFromRows([][]any{{1, 2}}))
	fails(t, err, "42703")

	p := c.PgConn().StartPipeline(ctx)
	p.SendPrepare("by_k", "SELECT n, j FROM s WHERE k = $1", nil)
	p.SendQueryPrepared("by_k", [][]byte{[]byte("7")}, nil, nil)
	p.SendQueryParams("SELECT 1 / $1::int", [][]byte{[]byte("0")}, nil, nil, nil)
	p.SendQueryParams("SELECT 'skipped'", nil, nil, nil, nil)
	must(t, p.Sync())
	p.SendQueryParams("SELECT 'next'", nil, nil, nil, nil)
	must(t, p.Sync())
	var said []string
	for {
		r, err := p.GetResults()
		if err != nil {
			said = append(said, fails(t, err, "22012").Code)
			continue
		}
		if r == nil {
			break
		}
		switch r := r.(type) {
		case *pgconn.ResultReader:
			res := r.Read()
			if res.Err != nil {
				said = append(said, fails(t, res.Err, "22012").Code)
				continue
			}
			said = append(said, string(res.Rows[0][0]))
		case *pgconn.PipelineSync:
			said = append(said, "sync")
		case *pgconn.StatementDescription:
			said = append(said, fmt.Sprint(len(r.ParamOIDs), len(r.Fields)))
		}
	}
	must(t, p.Close())
	if want := []string{"1 2", "7.50", "22012", "sync", "next", "sync"}; !slices.Equal(said, want) {
		t.Errorf("the pipeline says %q, not %q", said, want)
	}
}

// TestPgxCancel ends a statement by its context and by a cancel request.
func TestPgxCancel(t *testing.T) {
	s := start(t, process.Options{})
	ctx := context.Background()
	c, _ := open(t, s, pgx.QueryExecModeCacheStatement)
	_, err := c.Exec(ctx, "CREATE TABLE t (a int)")
	must(t, err)
	result := make(chan error, 1)
	go func() {
		_, err := c.Exec(ctx, "SUBSCRIBE t", pgx.QueryExecModeSimpleProtocol)
		result <- err
	}()
	awaitQuery(t, s, "SUBSCRIBE")
	must(t, c.PgConn().CancelRequest(ctx))
	fails(t, <-result, "57014")
	if n := value[int](t, c, "SELECT 1"); n != 1 {
		t.Error("the connection does not live on")
	}
	limited, stop := context.WithCancel(ctx)
	go func() {
		_, err := c.Exec(limited, "SUBSCRIBE t", pgx.QueryExecModeSimpleProtocol)
		result <- err
	}()
	awaitQuery(t, s, "SUBSCRIBE")
	stop()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("the statement ends with %v", err)
	}
}
