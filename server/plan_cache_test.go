package server

import "testing"

// A statement that is sent again keeps its plan only where it means the same: each of these
// would answer wrongly by the plan that it had before.
func TestPlansAreRememberedWhileTheyMeanTheSame(t *testing.T) {
	f := start(t)
	c, o := f.dial(), f.dial()
	c.must("CREATE SCHEMA far", "CREATE TABLE t (id int PRIMARY KEY, a text)", "CREATE TABLE far.t (id int PRIMARY KEY, a text)",
		"INSERT INTO t VALUES (1, 'near')", "INSERT INTO far.t VALUES (1, 'far')",
		"CREATE MATERIALIZED VIEW n AS SELECT count(*) AS n FROM t")
	const read, count, zoned = "SELECT a FROM t WHERE id = 1", "SELECT n FROM n", "SELECT extract(epoch FROM timestamptz '2024-01-01 00:00:00')::int8"
	twice := func(text, want string) {
		t.Helper()
		c.talk([2]string{text, want}, [2]string{text, want})
	}
	twice(read, "near\nSELECT 1")
	c.must("SET search_path = far, public")
	twice(read, "far\nSELECT 1")
	c.must("RESET search_path")
	twice(read, "near\nSELECT 1")
	twice(zoned, "1704067200\nSELECT 1")
	c.must("SET TimeZone = 'Europe/Berlin'")
	twice(zoned, "1704063600\nSELECT 1")
	c.must("RESET TimeZone")
	twice(zoned, "1704067200\nSELECT 1")
	// A transaction's own writes show in the views above them, and go with it.
	twice(count, "1\nSELECT 1")
	c.must("BEGIN", "INSERT INTO t VALUES (2, 'own')")
	twice(count, "2\nSELECT 1")
	c.must("ROLLBACK")
	twice(count, "1\nSELECT 1")
	// Others change the catalog.
	o.must("DROP MATERIALIZED VIEW n", "DROP TABLE t", "CREATE TABLE t (a int, id text)", "INSERT INTO t VALUES (7, '1')")
	twice("SELECT a FROM t WHERE id = '1'", "7\nSELECT 1")
	c.talk([2]string{read, "ERROR 42883: operator does not exist: text = integer"})
	o.must("DROP TABLE t")
	twice("SELECT a FROM far.t WHERE id = 1", "far\nSELECT 1")
	c.talk([2]string{read, `ERROR 42P01: relation "t" does not exist`})
	// 'now' is when the statement runs, not when it ran first.
	for range 3 {
		twice("SELECT 'now'::timestamptz = now(), 'today'::date = current_date", "t | t\nSELECT 1")
	}
}
