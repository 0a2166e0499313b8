package clients

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/millracedb/millrace/tests/process"
)

// TestLogin holds the ways in: passwords by SCRAM, the name of the database, the limit of
// connections, and what is refused at the start.
func TestLogin(t *testing.T) {
	refused := process.Options{Data: t.TempDir(), Listen: "0.0.0.0:0"}
	if s, err := process.Start(refused); err == nil {
		_ = s.Kill()
		t.Error("strangers may come in without a password")
	} else if !strings.Contains(err.Error(), "MILLRACE_PASSWORD") {
		t.Errorf("the way out is not said: %v", err)
	}
	s := start(t, process.Options{Listen: "0.0.0.0:0", Env: []string{"MILLRACE_PASSWORD=sesame"}, Args: []string{"--max-connections", "3"}})
	ctx := context.Background()
	_, port, err := net.SplitHostPort(s.Address)
	must(t, err)
	url := func(user, password, database string) string {
		return fmt.Sprintf("postgres://%s:%s@127.0.0.1:%s/%s?sslmode=prefer", user, password, port, database)
	}
	for _, x := range []struct{ user, password, database, code string }{
		{"millrace", "wrong", "millrace", "28P01"}, {"millrace", "", "millrace", "28P01"},
		{"nobody", "sesame", "millrace", "28P01"}, {"millrace", "sesame", "nothing", "3D000"},
	} {
		_, err := pgconn.Connect(ctx, url(x.user, x.password, x.database))
		if x.password == "" {
			if err == nil {
				t.Error("the password may be left out")
			}
			continue // the client gives up by itself
		}
		if e := fails(t, err, x.code); e.Severity != "FATAL" {
			t.Errorf("the severity of %s is %s", x.code, e.Severity)
		}
	}
	var open []*pgconn.PgConn
	for range 3 {
		c, err := pgconn.Connect(ctx, url("millrace", "sesame", "millrace"))
		must(t, err)
		open = append(open, c)
	}
	_, err = pgconn.Connect(ctx, url("millrace", "sesame", "millrace"))
	fails(t, err, "53300")
	must(t, open[0].Exec(ctx, "CREATE USER guest PASSWORD 'other'; ALTER USER millrace PASSWORD 'changed'").Close())
	must(t, open[1].Close(ctx))
	must(t, open[2].Close(ctx))
	awaitRoom(t, url("guest", "other", "millrace"))
	awaitRoom(t, url("millrace", "changed", "millrace"))
	_, err = pgconn.Connect(ctx, url("millrace", "sesame", "millrace"))
	if err == nil {
		t.Error("the old password is still good")
	}
	must(t, open[0].Exec(ctx, "DROP USER guest").Close())
	_, err = pgconn.Connect(ctx, url("guest", "other", "millrace"))
	fails(t, err, "28P01")
	must(t, open[0].Close(ctx))
}

// awaitRoom connects as soon as connections that were closed have left room.
func awaitRoom(t *testing.T, url string) {
	t.Helper()
	ctx := context.Background()
	for {
		c, err := pgconn.Connect(ctx, url)
		if err == nil {
			must(t, c.Close(ctx))
			return
		}
		if !strings.Contains(err.Error(), "53300") {
			t.Fatal(err)
		}
	}
}

// talk is a connection message by message.
type talk struct {
	*pgproto3.Frontend
	t *testing.T
}

func say(t *testing.T, s *process.Server) *talk {
	t.Helper()
	c, err := s.Connect(context.Background())
	must(t, err)
	h, err := c.Hijack()
	must(t, err)
	t.Cleanup(func() { _ = h.Conn.Close() })
	return &talk{h.Frontend, t}
}

// hears sends messages and names what comes back, up to so many ReadyForQuery.
func (k *talk) hears(ready int, messages ...pgproto3.FrontendMessage) []string {
	k.t.Helper()
	for _, m := range messages {
		k.Send(m)
	}
	must(k.t, k.Flush())
	var heard []string
	for ready > 0 {
		m, err := k.Receive()
		must(k.t, err)
		switch m := m.(type) {
		case *pgproto3.ReadyForQuery:
			heard = append(heard, "ready "+string(m.TxStatus))
			ready--
		case *pgproto3.ErrorResponse:
			heard = append(heard, "error "+m.Code)
		case *pgproto3.DataRow:
			heard = append(heard, "row "+string(m.Values[0]))
		case *pgproto3.CommandComplete:
			heard = append(heard, string(m.CommandTag))
		default:
			heard = append(heard, strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", m), "*pgproto3.")))
		}
	}
	return heard
}

func (k *talk) expect(heard []string, want ...string) {
	k.t.Helper()
	if !slices.Equal(heard, want) {
		k.t.Errorf("the server says\n%q, not\n%q", heard, want)
	}
}

// TestErrorUntilSync sends groups in which something fails: all up to Sync is skipped, and
// of an implicit transaction nothing stays.
func TestErrorUntilSync(t *testing.T) {
	k := say(t, start(t, process.Options{}))
	k.hears(1, &pgproto3.Query{String: "CREATE TABLE t (a int PRIMARY KEY)"})
	parse := func(sql string) pgproto3.FrontendMessage { return &pgproto3.Parse{Query: sql} }
	bind, run, sync := &pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Sync{}
	k.expect(k.hears(1, parse("INSERT INTO t VALUES (1)"), bind, run, parse("SELECT 1/0"), bind, run, parse("INSERT INTO t VALUES (2)"), bind, run, sync),
		"parsecomplete", "bindcomplete", "INSERT 0 1", "parsecomplete", "error 22012", "ready I")
	k.expect(k.hears(1, &pgproto3.Query{String: "SELECT a FROM t"}), "rowdescription", "SELECT 0", "ready I")
	k.expect(k.hears(1, parse("SELECT nope"), bind, run, &pgproto3.Query{String: "SELECT 1"}, sync), "error 42703", "ready I")
	k.expect(k.hears(2, parse("INSERT INTO t VALUES (1)"), bind, run, sync, parse("INSERT INTO t VALUES (1)"), bind, run, sync),
		"parsecomplete", "bindcomplete", "INSERT 0 1", "ready I", "parsecomplete", "bindcomplete", "error 23505", "ready I")
	k.expect(k.hears(1, &pgproto3.Query{String: "INSERT INTO t VALUES (5); INSERT INTO t VALUES (1)"}), "INSERT 0 1", "error 23505", "ready I")
	k.expect(k.hears(1, &pgproto3.Query{String: "SELECT a FROM t"}), "rowdescription", "row 1", "SELECT 1", "ready I")
	k.expect(k.hears(1, &pgproto3.Query{String: "BEGIN; SELECT 1/0"}), "BEGIN", "error 22012", "ready E")
	k.expect(k.hears(1, parse("SELECT 1"), sync), "error 25P02", "ready E")
	k.expect(k.hears(1, &pgproto3.Query{String: "COMMIT"}), "ROLLBACK", "ready I")
	k.expect(k.hears(1, parse("SELECT 1; SELECT 2"), sync), "error 42601", "ready I")
	k.expect(k.hears(1, parse(""), bind, &pgproto3.Describe{ObjectType: 'P'}, run, sync), "parsecomplete", "bindcomplete", "nodata", "emptyqueryresponse", "ready I")
	k.expect(k.hears(1, &pgproto3.Close{ObjectType: 'S', Name: "never"}, &pgproto3.Close{ObjectType: 'P', Name: "never"}, sync), "closecomplete", "closecomplete", "ready I")
	k.expect(k.hears(1, &pgproto3.Parse{Name: "s", Query: "SELECT 1"}, &pgproto3.Parse{Name: "s", Query: "SELECT 2"}, sync), "parsecomplete", "error 42P05", "ready I")
	k.expect(k.hears(1, &pgproto3.Bind{PreparedStatement: "never"}, sync), "error 26000", "ready I")
	k.expect(k.hears(1, &pgproto3.Execute{Portal: "never"}, sync), "error 34000", "ready I")
}

// TestPortals reads results in parts, several at a time, and across Sync in a transaction.
func TestPortals(t *testing.T) {
	k := say(t, start(t, process.Options{}))
	sync := &pgproto3.Sync{}
	part := func(name string, n uint32) pgproto3.FrontendMessage {
		return &pgproto3.Execute{Portal: name, MaxRows: n}
	}
	series := &pgproto3.Parse{Name: "s", Query: "SELECT i FROM generate_series(1, $1::int) g(i)"}
	to := func(portal, n string) pgproto3.FrontendMessage {
		return &pgproto3.Bind{DestinationPortal: portal, PreparedStatement: "s", Parameters: [][]byte{[]byte(n)}}
	}
	k.expect(k.hears(1, series, to("", "3"), part("", 2), part("", 2), sync),
		"parsecomplete", "bindcomplete", "row 1", "row 2", "portalsuspended", "row 3", "SELECT 1", "ready I")
	k.expect(k.hears(1, part("", 1), sync), "error 34000", "ready I")
	k.expect(k.hears(1, &pgproto3.Query{String: "BEGIN"}), "BEGIN", "ready T")
	k.expect(k.hears(1, to("a", "3"), to("b", "2"), part("a", 1), sync), "bindcomplete", "bindcomplete", "row 1", "portalsuspended", "ready T")
	k.expect(k.hears(1, part("b", 1), part("a", 1), sync), "row 1", "portalsuspended", "row 2", "portalsuspended", "ready T")
	k.expect(k.hears(1, part("b", 0), &pgproto3.Close{ObjectType: 'P', Name: "a"}, part("a", 1), sync), "row 2", "SELECT 1", "closecomplete", "error 34000", "ready E")
	k.expect(k.hears(1, &pgproto3.Query{String: "ROLLBACK"}), "ROLLBACK", "ready I")
	k.expect(k.hears(1, part("b", 1), sync), "error 34000", "ready I")
	k.expect(k.hears(1, &pgproto3.Query{String: "SET statement_timeout = 30; SUBSCRIBE pg_class"}), "SET", "error 42809", "ready I")
}

// TestTimeouts ends what takes too long.
func TestTimeouts(t *testing.T) {
	k := say(t, start(t, process.Options{}))
	k.hears(1, &pgproto3.Query{String: "CREATE TABLE t (a int)"})
	k.hears(1, &pgproto3.Query{String: "SET statement_timeout = '30ms'"})
	heard := k.hears(1, &pgproto3.Query{String: "COPY (SUBSCRIBE t) TO STDOUT"})
	k.expect(heard[max(0, len(heard)-2):], "error 57014", "ready I")
	k.expect(k.hears(1, &pgproto3.Query{String: "SHOW statement_timeout"}), "rowdescription", "row 30ms", "SHOW", "ready I")
	k.hears(1, &pgproto3.Query{String: "SET idle_in_transaction_session_timeout = '30ms'; BEGIN"})
	m, err := k.Receive()
	if e, ok := m.(*pgproto3.ErrorResponse); !ok || e.Code != "25P03" || e.Severity != "FATAL" {
		t.Errorf("an idle transaction ends with %v, %v", m, err)
	}
}

// TestCopyProtocol leaves COPY in every way.
func TestCopyProtocol(t *testing.T) {
	k := say(t, start(t, process.Options{}))
	k.hears(1, &pgproto3.Query{String: "CREATE TABLE t (a int)"})
	in := &pgproto3.Query{String: "COPY t FROM STDIN"}
	data := func(s string) pgproto3.FrontendMessage { return &pgproto3.CopyData{Data: []byte(s)} }
	k.expect(k.hears(1, in, data("1\n2"), data("\n3\n"), &pgproto3.CopyDone{}), "copyinresponse", "COPY 3", "ready I")
	k.expect(k.hears(1, in, data("4\n"), &pgproto3.CopyFail{Message: "no"}), "copyinresponse", "error 57014", "ready I")
	k.expect(k.hears(1, in, data("x\n"), data("5\n"), &pgproto3.CopyDone{}), "copyinresponse", "error 22P02", "ready I")
	k.expect(k.hears(1, &pgproto3.Parse{Query: "COPY t FROM STDIN"}, &pgproto3.Bind{}, &pgproto3.Execute{}, data("6\n"), &pgproto3.CopyDone{}, &pgproto3.Sync{}),
		"parsecomplete", "bindcomplete", "copyinresponse", "COPY 1", "ready I")
	k.expect(k.hears(1, &pgproto3.Query{String: "COPY t TO STDOUT"}), "copyoutresponse", "copydata", "copydata", "copydata", "copydata", "copydone", "COPY 4", "ready I")
	k.expect(k.hears(1, &pgproto3.Query{String: "SELECT count(*) FROM t"}), "rowdescription", "row 4", "SELECT 1", "ready I")
}

// TestVersion asks what tools ask to choose their queries.
func TestVersion(t *testing.T) {
	c, _ := open(t, start(t, process.Options{}), modes[0])
	if v := value[string](t, c, "SELECT version()"); !strings.HasPrefix(v, "PostgreSQL 15.") || !strings.Contains(v, "Millrace") {
		t.Errorf("the version is %q", v)
	}
}
