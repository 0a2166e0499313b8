package server

import (
	"strings"
	"testing"
)

// Every system relation can be read whole.
func TestSystemRelations(t *testing.T) {
	f := start(t)
	c := f.dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY, k int)", "CREATE MATERIALIZED VIEW v AS SELECT k, count(*) AS n FROM t GROUP BY k", "INSERT INTO t VALUES (1, 1)")
	names := c.ask("SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('millrace', 'pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v')")
	read := 0
	for name := range strings.SplitSeq(names, "\n") {
		if strings.HasPrefix(name, "SELECT") {
			continue
		}
		got := c.ask("SELECT * FROM " + name)
		if strings.Contains(got, "ERROR") || got == "closed" {
			t.Errorf("%s: %s", name, got)
		}
		read++
	}
	if read < 100 {
		t.Errorf("only %d relations:\n%s", read, names)
	}
}

func TestSessionsTellOfThemselves(t *testing.T) {
	f := start(t)
	a, b := f.dialWith(map[string]string{"application_name": "first"}), f.dial()
	a.must("SET application_name = 'renamed'", "BEGIN")
	says(t, b.ask("SELECT pid, username, application_name, state, query, transaction_start IS NULL, backend_start <= query_start FROM millrace.sessions ORDER BY pid"),
		"1 | millrace | renamed | idle in transaction | BEGIN | f | t\n"+
			"2 | millrace |  | active | SELECT pid, username, application_name, state, query, transaction_start IS NULL, backend_start <= query_start FROM millrace.sessions ORDER BY pid | f | t\nSELECT 2")
	a.ask("SELECT nothing")
	says(t, b.ask("SELECT state FROM pg_stat_activity WHERE application_name = 'renamed'"), "idle in transaction (aborted)\nSELECT 1")
	a.must("ROLLBACK")
	says(t, b.ask("SELECT usename, datname, client_addr, state, xact_start, backend_type FROM pg_stat_activity WHERE pid = 1"),
		"millrace | millrace | 127.0.0.1 | idle | NULL | client backend\nSELECT 1")
	says(t, b.ask("SELECT pg_terminate_backend(1)"), "t\nSELECT 1")
	says(t, a.upToReady(), "FATAL 57P01: terminating connection due to administrator command")
}

func TestSettingsAreListed(t *testing.T) {
	c := start(t).dialWith(map[string]string{"application_name": "x"})
	c.must("SET statement_timeout = '2s'")
	c.talk(
		[2]string{"SELECT name, setting, unit, vartype, source, boot_val FROM pg_settings WHERE name IN ('statement_timeout', 'application_name', 'jit') ORDER BY name",
			"application_name | x | NULL | string | client | \njit | off | NULL | bool | default | off\nstatement_timeout | 2000 | ms | integer | session | 0\nSELECT 3"},
		[2]string{"SELECT vartype, enumvals FROM pg_settings WHERE name = 'on_row_error'", "enum | {raise,skip}\nSELECT 1"},
		[2]string{"SELECT setting, source FROM millrace.settings WHERE name = 'statement_timeout'", "2s | session\nSELECT 1"},
		[2]string{"SELECT count(*) = (SELECT count(*) FROM pg_settings) FROM millrace.settings", "t\nSELECT 1"},
	)
}

func TestDataflowsAreListed(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE a (id int PRIMARY KEY, k int)", "CREATE TABLE b (k int, v text)",
		"CREATE MATERIALIZED VIEW v AS SELECT a.k, count(*) AS n FROM a JOIN b ON a.k = b.k GROUP BY a.k",
		"INSERT INTO a SELECT g, g % 10 FROM generate_series(1, 100) AS g", "INSERT INTO b SELECT g, 'x' FROM generate_series(0, 9) AS g")
	c.talk(
		[2]string{"SELECT view, state, operators > 3, state_rows, state_bytes > 0, errors, message FROM millrace.dataflows", "v | running | t | 10 | t | 0 | NULL\nSELECT 1"},
		[2]string{"SELECT operator, rows_in, state_rows, state_bytes > 0 FROM millrace.operators WHERE operator = 'Aggregate'", "Aggregate | 10 | 10 | t\nSELECT 1"},
		[2]string{"SELECT view, relation, key, sharers, readers, state_rows FROM millrace.arrangements ORDER BY relation", "NULL | a | k | {v} | 1 | 10\nNULL | b | k | {v} | 1 | 10\nSELECT 2"},
		[2]string{"SELECT bytes > 0, limit_bytes FROM millrace.memory WHERE owner = 'state of v'", "t | NULL\nSELECT 1"},
		[2]string{"SELECT bytes > 0 FROM millrace.memory WHERE owner = 'rows of a'", "t\nSELECT 1"},
	)
}

func TestTicksAreListed(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (2), (3)", "DELETE FROM t WHERE a < 3")
	c.talk(
		[2]string{"SELECT tick, commits, changes, duration > interval '0', at > timestamptz '2020-01-01' FROM millrace.ticks ORDER BY tick", "1 | 1 | 0 | t | t\n2 | 1 | 3 | t | t\n3 | 1 | 2 | t | t\nSELECT 3"},
	)
	for range 300 {
		c.must("INSERT INTO t VALUES (1)")
	}
	c.talk([2]string{"SELECT count(*), max(tick) FROM millrace.ticks", "256 | 303\nSELECT 1"})
}

func TestWatermarksAndLateRows(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE STREAM s (ts timestamp, a int, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')", "CREATE STREAM quiet (ts timestamp, WATERMARK FOR ts AS ts)")
	c.talk(
		[2]string{"INSERT INTO s VALUES ('2024-01-01 10:00:00', 1)", "INSERT 0 1"},
		[2]string{"INSERT INTO s VALUES ('2024-01-01 09:00:00', 2), ('2024-01-01 09:59:56', 3)", "NOTICE: 1 row was late: behind the watermark, and not added to the stream\nINSERT 0 2"},
		[2]string{"SELECT a FROM s ORDER BY a", "1\n3\nSELECT 2"},
		[2]string{"SELECT stream, watermark::timestamp, late_rows FROM millrace.watermarks ORDER BY stream", "quiet | NULL | 0\ns | 2024-01-01 09:59:55 | 1\nSELECT 2"},
		[2]string{"SELECT stream, row ->> 'a' FROM millrace.late_rows", "public.s | 2\nSELECT 1"},
	)
}

func TestJobsAreListed(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (a int)", "INSERT INTO t SELECT g FROM generate_series(1, 1000) AS g", "CREATE MATERIALIZED VIEW v AS SELECT a FROM t WHERE a > 10")
	c.talk([2]string{"SELECT id, kind, relation, state, done, total, finished >= started, message FROM millrace.jobs", "1 | fill | v | done | 1000 | 1000 | t | NULL\nSELECT 1"})
}

func TestFunctionsCastsAndZonesAreListed(t *testing.T) {
	c := start(t).dial()
	c.talk(
		[2]string{"SELECT proname, prokind FROM pg_proc WHERE proname IN ('lower', 'sum') AND prokind IN ('f', 'a') GROUP BY 1, 2 ORDER BY 1, 2", "lower | f\nsum | a\nSELECT 2"},
		[2]string{"SELECT castcontext FROM pg_cast WHERE castsource = 'int4'::regtype AND casttarget = 'int8'::regtype", "i\nSELECT 1"},
		[2]string{"SELECT abbrev, utc_offset, is_dst FROM pg_timezone_names WHERE name = 'UTC'", "UTC | 00:00:00 | f\nSELECT 1"},
	)
}
