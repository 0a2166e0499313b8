package server

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// phase is a statement that takes long in one of its phases.
type phase struct{ name, sql string }

// listed writes n things one after the other.
func listed(n int, sep string, f func(i int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = f(i)
	}
	return strings.Join(all, sep)
}

var phases = []phase{
	{"parsing a list", "SELECT count(*) FROM big WHERE a IN (" + listed(300_000, ",", func(i int) string { return fmt.Sprint(7 * i) }) + ")"},
	{"parsing VALUES", "INSERT INTO big VALUES " + listed(200_000, ",", func(i int) string { return fmt.Sprintf("(%d, 'x')", i) })},
	{"planning UNION", listed(3000, " UNION ", func(i int) string { return fmt.Sprintf("SELECT a + %d FROM big", i) })},
	{"planning CASE", "SELECT sum(CASE " + listed(9000, " ", func(i int) string { return fmt.Sprintf("WHEN a = %d THEN %d", i, i) }) + " END) FROM big"},
	{"a constant", "SELECT repeat('x', 900000000) || repeat('y', 100000000) IS NULL"},
	{"sorting", "SELECT a FROM big ORDER BY b, a DESC"},
	{"sorting long values", "SELECT count(*) FROM (SELECT repeat('x', 1000000) || g AS x FROM generate_series(1, 240) AS g ORDER BY x LIMIT 200) AS t"},
	{"rows of long values", "SELECT sum(length(x)) FROM (SELECT repeat('x', 1000000) || g AS x FROM generate_series(1, 240) AS g ORDER BY -g OFFSET 1) AS t"},
	{"rows of JSON", "SELECT count(*) FROM json_to_recordset(('[' || repeat('{\"a\":1,\"b\":\"xyzxyz\"},', 400000) || '{\"a\":2}]')::json) AS r(a int, b text)"},
	{"grouping", "SELECT a, b, count(*) FROM big GROUP BY CUBE (a, b, a + 1, b || 'x')"},
	{"grouping by many sets", "SELECT count(*) FROM (SELECT count(*) FROM big GROUP BY CUBE (a, b, a + 1, a + 2, a % 7, a % 11, a % 13, a % 17, a % 19, a % 100)) AS t"},
	{"numbers of many digits", "SELECT count(x) FROM (SELECT avg((repeat('9', 100000) || '.' || g)::numeric) OVER (ORDER BY g ROWS 3 PRECEDING) AS x FROM generate_series(1, 100) AS g) AS w"},
	{"regressions of a window", "SELECT count(x) FROM (SELECT regr_slope(a, a) OVER (ORDER BY a) AS x FROM big) AS w"},
	{"a digest of a long value", "SELECT md5(repeat('x', 400000000 + a)) FROM big WHERE a < 3"},
	{"jsonb_agg", "SELECT jsonb_agg(a) FROM big, generate_series(1, 5)"},
	{"array_agg of a window", "SELECT count(x) FROM (SELECT array_agg(a) OVER (ORDER BY a) AS x FROM big) AS w"},
	{"max of a window", "SELECT sum(x) FROM (SELECT max(a) OVER (ORDER BY a RANGE BETWEEN 100000 PRECEDING AND 100000 FOLLOWING) AS x FROM big) AS w"},
	{"recursion", "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"},
	{"recursion in recursion", "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL (WITH RECURSIVE s(n) AS (SELECT n FROM r UNION ALL SELECT n + 1 FROM s WHERE n < 300) SELECT n FROM s)) SELECT count(*) FROM r"},
	{"a round of a recursion", "WITH RECURSIVE r(n) AS (SELECT a FROM big UNION ALL (SELECT DISTINCT r.n + big.a FROM r, big)) SELECT count(*) FROM r"},
	{"a nested loop", "SELECT count(*) FROM big AS x, big AS y WHERE x.a + y.a = -1"},
	{"a hash join", "SELECT count(*) FROM big AS x JOIN big AS y USING (b)"},
	{"NOT IN", "SELECT count(*) FROM big WHERE a NOT IN (SELECT a + 1 FROM big)"},
	{"a full join", "SELECT count(*) FROM big AS x FULL JOIN big AS y ON x.a = y.a + 200000 AND x.b = y.b || 'x'"},
	{"keys of many rows", "SELECT count(*) FROM big AS x WHERE NOT EXISTS (SELECT FROM big AS y WHERE y.a = x.a AND y.b > x.b || 'x')"},
	{"the first rows of many groups", "SELECT count(*) FROM big AS x, LATERAL (SELECT b FROM big AS y WHERE y.a = x.a ORDER BY b LIMIT 1) AS t"},
	{"rows of a transaction", "BEGIN; UPDATE keyed SET v = v + 1; DELETE FROM keyed; INSERT INTO keyed SELECT a, 1 FROM big"},
	{"upserting", "INSERT INTO keyed SELECT a, 1 FROM big ON CONFLICT (k) DO UPDATE SET v = keyed.v + 1"},
	{"updating in a transaction", "BEGIN; UPDATE keyed SET v = v + 1; UPDATE keyed SET k = -k"},
	{"filling an index", "CREATE INDEX ON big (b, a)"},
	{"filling a view", "CREATE MATERIALIZED VIEW loop AS SELECT count(*) AS n FROM big AS x JOIN big AS y ON x.a < y.a"},
	{"filling a view of a window", "CREATE MATERIALIZED VIEW ranks AS SELECT a, row_number() OVER (PARTITION BY b ORDER BY -a) AS n FROM big"},
	{"filling a view of lists", "CREATE MATERIALIZED VIEW lists AS SELECT a / 150000 AS h, array_agg(b ORDER BY a), percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM big GROUP BY 1"},
	{"locking rows", "BEGIN; SELECT count(*) FROM keyed AS x, keyed AS y WHERE x.k + y.k < 0; SELECT k FROM keyed FOR UPDATE"},
	{"sending rows", "SELECT " + listed(300, ", ", func(i int) string { return fmt.Sprintf("a + %d", i) }) + " FROM big"},
	{"sending COPY", "COPY (SELECT x.a, y.b FROM big AS x, big AS y) TO STDOUT"},
}

// TestTimeoutOfLongPhases cancels statements in whatever phase they are then. By itself the test
// has patience with a busy machine; with MILLRACE_CANCEL_WITHIN=100ms it is a measurement, told of
// by -v.
func TestTimeoutOfLongPhases(t *testing.T) {
	within := 5 * time.Second
	if d, err := time.ParseDuration(os.Getenv("MILLRACE_CANCEL_WITHIN")); err == nil {
		within = d
	}
	f := start(t)
	f.dial().must("CREATE TABLE big (a int, b text)", "CREATE TABLE keyed (k int PRIMARY KEY, v int)",
		"INSERT INTO big SELECT g, 'b' || g % 1000 FROM generate_series(1, 300000) AS g", "INSERT INTO keyed SELECT a, 0 FROM big")
	for _, p := range phases {
		worst := time.Duration(0)
		for _, after := range []time.Duration{20 * time.Millisecond, 150 * time.Millisecond} {
			late, ended := f.cancelAfter(p.sql, after)
			if worst = max(worst, late); ended && late > within {
				t.Errorf("%s ended %v after it was cancelled, %v after its begin", p.name, late, after)
			}
		}
		t.Logf("%-25s %8v", p.name, worst.Round(100*time.Microsecond))
	}
}

// cancelAfter is how long a statement goes on that is cancelled some time after it was sent; ended is
// false when it was over before.
func (f *fixture) cancelAfter(sql string, after time.Duration) (late time.Duration, ended bool) {
	f.t.Helper()
	c := f.dial()
	defer c.net.Close()
	c.send(&pgproto3.Query{String: sql})
	answer := make(chan string, 1)
	go func() { answer <- c.upToReady() }()
	select {
	case <-answer:
		return 0, false
	case <-time.After(after):
	}
	from := time.Now()
	f.cancel(c)
	said := <-answer
	return time.Since(from), strings.Contains(said, "ERROR 57014")
}

// TestCancelOfAClientThatDoesNotRead has a statement end that waits for its client to take rows: it
// lets go of what it holds at once, and the client finds whole rows and the error.
func TestCancelOfAClientThatDoesNotRead(t *testing.T) {
	f := start(t)
	c, watcher := f.dial(), f.dial()
	const query = "SELECT repeat('x', 1000) FROM generate_series(1, 10000000)"
	active := func() bool {
		return strings.Contains(watcher.ask("SELECT query FROM millrace.sessions WHERE state = 'active'"), query)
	}
	c.send(&pgproto3.Query{String: query})
	for stacks := make([]byte, 1<<20); !strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "(*Conn).caughtUp"); {
	}
	f.cancel(c)
	for until := time.Now().Add(5 * time.Second); active(); {
		if time.Now().After(until) {
			t.Fatal("the query runs on")
		}
	}
	if said := c.upToReady(); !strings.HasSuffix(said, "ERROR 57014: canceling statement due to user request") {
		t.Errorf("the answer ends with %.200s", said[max(0, len(said)-200):])
	}
	c.talk([2]string{"SELECT 1", "1\nSELECT 1"})
}

// TestResultsThatAreTooLong asks for results that no memory would hold: they are refused before room
// is made for them.
func TestResultsThatAreTooLong(t *testing.T) {
	c := start(t).dial()
	for _, x := range []string{"repeat(repeat('x', 3000000), 30000)", "replace(repeat('x', 100000), 'x', repeat('y', 100000))", "lpad('x', 2000000000, repeat('y', 2000000))"} {
		says(t, c.ask("SELECT length("+x+")"), "ERROR 54000: requested length too large")
	}
}
