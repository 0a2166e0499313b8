package server

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

func TestSettings(t *testing.T) {
	c := start(t).dialWith(map[string]string{"TimeZone": "Europe/Berlin", "options": "-c statement_timeout=5s"})
	if got := c.parameters["TimeZone"]; got != "Europe/Berlin" {
		t.Errorf("TimeZone at the start: %s", got)
	}
	c.talk(
		[2]string{"SHOW statement_timeout", "5s\nSHOW"},
		[2]string{"SELECT timestamptz '2024-07-01 00:00:00+00'", "2024-07-01 02:00:00+02\nSELECT 1"},
		[2]string{"SET TIME ZONE 'UTC'", "SET"},
		[2]string{"SELECT timestamptz '2024-07-01 00:00:00+00'", "2024-07-01 00:00:00+00\nSELECT 1"},
	)
	if got := c.parameters["TimeZone"]; got != "UTC" {
		t.Errorf("TimeZone after SET: %s", got)
	}
	c.must("RESET TimeZone")
	if got := c.parameters["TimeZone"]; got != "Europe/Berlin" {
		t.Errorf("TimeZone after RESET: %s", got)
	}
	c.must("SET statement_timeout = 100", "SET my.own = 'x'")
	c.talk(
		[2]string{"SHOW statement_timeout", "100ms\nSHOW"},
		[2]string{"SHOW my.own", "x\nSHOW"},
		[2]string{"SELECT current_setting('my.own'), set_config('my.own', 'y', false)", "x | y\nSELECT 1"},
		[2]string{"SHOW my.own", "y\nSHOW"},
		[2]string{"RESET ALL", "RESET"},
		[2]string{"SHOW statement_timeout", "5s\nSHOW"},
		[2]string{"SET nonsense = 1", `ERROR 42704: unrecognized configuration parameter "nonsense"`},
		[2]string{"SHOW nonsense", `ERROR 42704: unrecognized configuration parameter "nonsense"`},
		[2]string{"SET server_version = '9'", `ERROR 55P02: parameter "server_version" cannot be changed`},
		[2]string{"SET jit = maybe", `ERROR 22023: parameter "jit" requires a Boolean value`},
		[2]string{"SET on_row_error = 'x'", `ERROR 22023: invalid value for parameter "on_row_error": "x"`},
		[2]string{"SET statement_timeout = 'soon'", `ERROR 22023: invalid value for parameter "statement_timeout": "soon"`},
		[2]string{"SET DateStyle = 'German'", "SET"},
		[2]string{"SHOW DateStyle", "German, DMY\nSHOW"},
		[2]string{"SELECT date '2024-02-01'", "01.02.2024\nSELECT 1"},
		[2]string{"DISCARD ALL", "DISCARD ALL"},
		[2]string{"SHOW DateStyle", "ISO, MDY\nSHOW"},
	)
	if got := c.ask("SHOW ALL"); !strings.Contains(got, "TimeZone | Europe/Berlin | ") {
		t.Error(got)
	}
}

func TestSettingsOfTransactions(t *testing.T) {
	c := start(t).dial()
	now := func(want string) {
		t.Helper()
		says(t, c.ask("SHOW TimeZone"), want+"\nSHOW")
		if got := c.parameters["TimeZone"]; got != want {
			t.Errorf("the client was told %s, it is %s", got, want)
		}
		if shown := c.ask("SELECT timestamptz '2024-01-01 12:00+00'"); (want == "Asia/Tokyo") != strings.HasPrefix(shown, "2024-01-01 21:00:00+09") {
			t.Errorf("in %s: %s", want, shown)
		}
	}
	c.talk([2]string{"SET LOCAL TimeZone = 'Asia/Tokyo'", "WARNING: SET LOCAL can only be used in transaction blocks\nSET"})
	now("UTC")
	c.must("BEGIN", "SET LOCAL TimeZone = 'Asia/Tokyo'")
	now("Asia/Tokyo")
	c.must("COMMIT")
	now("UTC")
	c.must("BEGIN", "SET TimeZone = 'Asia/Tokyo'", "ROLLBACK")
	now("UTC")
	c.must("BEGIN", "SET LOCAL TimeZone = 'Asia/Tokyo'", "SET TimeZone = 'Europe/Paris'", "COMMIT")
	now("Europe/Paris")
	c.must("BEGIN", "SET TimeZone = 'Asia/Tokyo'", "SET LOCAL TimeZone = 'UTC'")
	now("UTC")
	c.must("COMMIT")
	now("Asia/Tokyo")
	c.must("BEGIN", "SAVEPOINT a", "SET TimeZone = 'UTC'", "ROLLBACK TO a")
	now("Asia/Tokyo")
	c.must("COMMIT")
	now("Asia/Tokyo")
	c.must("BEGIN", "RESET TimeZone", "COMMIT")
	now("UTC")
	c.must("BEGIN", "SELECT set_config('TimeZone', 'Asia/Tokyo', true)")
	now("Asia/Tokyo")
	c.must("COMMIT")
	now("UTC")
	c.ask("SET TimeZone = 'Asia/Tokyo'; SELECT 1/0")
	now("UTC")
	c.must("BEGIN", "SET TimeZone = 'Asia/Tokyo'")
	c.ask("SELECT 1/0")
	c.must("COMMIT")
	now("UTC")
}

func TestSearchPath(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE SCHEMA s", "CREATE TABLE s.t (a int)", "SET search_path = s, public", "INSERT INTO t VALUES (1)")
	c.talk(
		[2]string{"SHOW search_path", "s, public\nSHOW"},
		[2]string{"SELECT current_schema()", "s\nSELECT 1"},
		[2]string{"SELECT 't'::regclass", "t\nSELECT 1"},
	)
	c.must("SET search_path TO public")
	c.talk([2]string{"SELECT 's.t'::regclass", "s.t\nSELECT 1"}, [2]string{"SELECT * FROM t", `ERROR 42P01: relation "t" does not exist`})
}

func TestTimeouts(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (a int)", "SET statement_timeout = '20ms'")
	c.talk(
		[2]string{"SUBSCRIBE t", "ERROR 57014: canceling statement due to statement timeout"},
		[2]string{"SELECT count(*) FROM generate_series(1, 100000000000) AS g", "ERROR 57014: canceling statement due to statement timeout"},
	)
	c.must("SET statement_timeout = 0", "SET idle_in_transaction_session_timeout = '20ms'")
	c.send()
	c.must("SELECT 1", "BEGIN")
	says(t, c.upToReady(), "FATAL 25P03: terminating connection due to idle-in-transaction timeout")
}

func TestClockOfATransaction(t *testing.T) {
	c := start(t).dial()
	c.must("BEGIN")
	first := c.ask("SELECT now(), transaction_timestamp()")
	says(t, c.ask("SELECT now(), transaction_timestamp()"), first)
	c.talk([2]string{"SELECT clock_timestamp() > now()", "t\nSELECT 1"}, [2]string{"SELECT 'now'::timestamptz = now()", "t\nSELECT 1"})
	c.must("COMMIT")
	if c.ask("SELECT now(), transaction_timestamp()") == first {
		t.Error("time stands still")
	}
}

// A COPY may take longer than a transaction may be idle.
func TestCopyIsNotIdle(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (a int)", "SET idle_in_transaction_session_timeout = '500ms'", "BEGIN")
	c.send(&pgproto3.Query{String: "COPY t FROM STDIN"})
	c.upTo("copy in")
	until := time.Now().Add(600 * time.Millisecond)
	for time.Now().Before(until) {
		c.send(&pgproto3.CopyData{Data: []byte("1\n")})
	}
	c.send(&pgproto3.CopyDone{}, &pgproto3.Query{String: "ROLLBACK"})
	if got := c.upToReady(); !strings.HasPrefix(got, "COPY ") {
		t.Error(got)
	}
	says(t, c.upToReady(), "ROLLBACK")
}

func TestCancelOfLongStatements(t *testing.T) {
	f := start(t)
	c := f.dial()
	c.must("CREATE TABLE t (a int)", "INSERT INTO t SELECT g FROM generate_series(1, 200000) AS g", "SET statement_timeout = '50ms'")
	const out = "ERROR 57014: canceling statement due to statement timeout"
	c.talk(
		[2]string{"SELECT count(*) FROM t a, t b, t c", out},
		[2]string{"INSERT INTO t SELECT a.a FROM t a, t b, t c", out},
		[2]string{"UPDATE t SET a = a + (SELECT count(*) FROM t b, t c, t d)", out},
	)
	c.must("SET statement_timeout = 1")
	c.talk([2]string{"CREATE MATERIALIZED VIEW v AS SELECT a, count(*) AS n FROM t GROUP BY a", out})
	c.must("SET statement_timeout = 0")
	c.talk([2]string{"SELECT count(*), sum(a) FROM t", "200000 | 20000100000\nSELECT 1"}, [2]string{"SELECT count(*) FROM millrace.dataflows", "0\nSELECT 1"},
		[2]string{"SELECT state, message FROM millrace.jobs", "canceled | canceling statement due to statement timeout\nSELECT 1"})
}

// TestTimeoutOfLongCalls has statements end within one call that takes long.
func TestTimeoutOfLongCalls(t *testing.T) {
	f := start(t)
	c := f.dial()
	c.must("SET statement_timeout = '20ms'")
	for _, x := range []string{
		"length(initcap(repeat('xé ', 20000000)))",
		"sha512(repeat('x', 200000000)::bytea)",
		"('[' || repeat('1,', 20000000) || '1]')::jsonb -> 3",
		"cardinality(string_to_array(repeat('x,', 20000000), ','))",
		"length(replace(repeat('x', 50000000), 'x', 'yy'))",
		"length(format('%900000000s', 'x'))",
		"repeat('x', 50000000) LIKE '%' || repeat('x_', 10000) || 'y%'",
		"ARRAY(SELECT generate_series(1, 200000)) @> ARRAY(SELECT generate_series(200000, 1, -1)) AND pg_sleep(1) IS NOT NULL",
		"(SELECT sum(factorial(30000 + g)) FROM generate_series(1, 1000) AS g)",
		"(SELECT sum(power(1.5, 300000 + g)) FROM generate_series(1, 2000) AS g)",
		"(SELECT count(*) FROM string_to_table(repeat('x,', 20000000), ','))",
	} {
		from := time.Now()
		c.talk([2]string{"SELECT " + x, "ERROR 57014: canceling statement due to statement timeout"})
		if d := time.Since(from); d > 5*time.Second {
			t.Errorf("%s ended after %v", x, d)
		}
	}
	again, until := time.NewTicker(10*time.Millisecond), time.Now().Add(3*time.Minute)
	defer again.Stop()
	for range again.C { // what was left ends by itself
		stacks := make([]byte, 1<<20)
		if !strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "beside.Run.func") {
			break
		}
		if time.Now().After(until) {
			t.Fatal("calls that their statements have left go on")
		}
	}
	c.must("SET statement_timeout = 0", "CREATE TABLE t (a int, x text, n numeric)",
		"INSERT INTO t SELECT g, repeat('1', 2000 + g), repeat('1', 2000 + g)::numeric FROM generate_series(1, 1500) AS g")
	c.talk([2]string{"SELECT count(*), sum(a) FROM json_to_recordset(('[' || repeat('{\"a\":1},', 600000) || '{\"a\":2}]')::json) AS x(a int)", "600001 | 600002\nSELECT 1"},
		[2]string{"SELECT count(*) FROM string_to_table(repeat('x,', 3000000), ',')", "3000001\nSELECT 1"})
	c.talk([2]string{"SELECT count(*) FILTER (WHERE length(x::numeric::text) = 2000 + a), count(*) FILTER (WHERE length((n + 1)::text) = 2000 + a) FROM t", "1500 | 1500\nSELECT 1"})
}
