package server

import (
	"context"
	"fmt"
	"testing"

	"github.com/millracedb/millrace/exec"
)

// kinds are queries of every kind of operator that keeps something.
var kinds = []string{
	"SELECT k, sum(v) AS v, min(v) AS lo, string_agg(v::text, ',' ORDER BY v) AS s FROM t GROUP BY k",
	"SELECT count(DISTINCT v) AS n FROM t",
	"SELECT DISTINCT k FROM t",
	"SELECT t.id, n.name FROM t JOIN names n ON n.k = t.k",
	"SELECT t.id, n.name FROM t LEFT JOIN names n ON n.k = t.k AND n.name <> t.k",
	"SELECT t.id, n.name FROM t FULL JOIN names n ON n.k = t.k",
	"SELECT a.id, b.id AS other FROM t a JOIN t b ON a.k = b.k JOIN names n ON n.k = a.k",
	"SELECT t.id, n.name FROM t, names n WHERE n.k > t.k",
	"SELECT id FROM t WHERE k IN (SELECT k FROM names)",
	"SELECT id FROM t WHERE k NOT IN (SELECT k FROM names)",
	"SELECT id, (SELECT name FROM names n WHERE n.k = t.k) AS name FROM t",
	"SELECT k, count(*) AS n FROM t GROUP BY k HAVING count(*) > (SELECT avg(v) FROM t)",
	"SELECT id, v FROM t ORDER BY v LIMIT 3",
	"SELECT id, sum(v) OVER (PARTITION BY k ORDER BY id) AS s FROM t",
	"SELECT id, row_number() OVER (PARTITION BY k ORDER BY v) AS n FROM t",
	"SELECT k FROM t EXCEPT SELECT k FROM names",
	"SELECT k FROM t INTERSECT ALL SELECT k FROM names",
	"SELECT id FROM t UNION ALL SELECT v FROM t",
	"SELECT window_start, count(*) AS n FROM TUMBLE(s, at, INTERVAL '1 minute') GROUP BY window_start",
	"SELECT window_start, count(*) AS n FROM TUMBLE(s, at, INTERVAL '1 minute') GROUP BY window_start EMIT ON WINDOW CLOSE",
	"SELECT k, window_start, count(*) AS n FROM SESSION(s PARTITION BY k, at, INTERVAL '1 minute') GROUP BY k, window_start, window_end",
	"SELECT a.k FROM s a JOIN s b ON a.k = b.k AND b.at BETWEEN a.at AND a.at + INTERVAL '1 minute'",
	"SELECT s.k, n.name FROM s ASOF LEFT JOIN s b ON s.k = b.k AND s.at >= b.at JOIN names n ON n.k = s.k",
	"SELECT s.k, n.name FROM s JOIN names FOR SYSTEM_TIME AS OF PROCTIME() n ON n.k = s.k",
	"SELECT k FROM s WHERE at > now() - INTERVAL '1 hour'",
	"SELECT CASE WHEN v = 3 THEN 1 / (v - 3) ELSE v END AS v FROM t",
}

// Views of every kind come and go, alone and together, replaced, with sinks and with others on
// them: the graph, the pool and the arrangements are in the end what they were before.
func TestWhatIsDroppedLeavesNothing(t *testing.T) {
	for _, workers := range []int{1, 2} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			f := start(t)
			f.stop()
			f.open(Options{Tuning: exec.Tuning{Workers: workers}})
			c := f.dial()
			c.must("CREATE TABLE t (id int PRIMARY KEY, k text, v int)", "CREATE TABLE names (k text PRIMARY KEY, name text)",
				"CREATE STREAM s (at timestamptz, k text, WATERMARK FOR at AS at)", "CREATE TABLE into_it (k text PRIMARY KEY, n bigint)",
				"INSERT INTO names SELECT 'k' || i, 'name' FROM generate_series(1, 5) i",
				"INSERT INTO t SELECT i, 'k' || i % 7, i % 5 FROM generate_series(1, 200) i",
				"INSERT INTO s SELECT timestamptz '2024-01-01' + i * INTERVAL '10 seconds', 'k' || i % 7 FROM generate_series(1, 200) i")
			var before exec.Footprint
			for round := range 3 {
				f.comeAndGo(t, c, round)
				now, err := f.srv.engine.Footprint(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if round == 0 { // what reads of fewer workers go through is made once
					before = now
				} else if now != before || now.Arrangements != 0 {
					t.Fatalf("round %d leaves %+v, where %+v stood", round, now, before)
				}
			}
		})
	}
}

// comeAndGo creates a view of each kind, changes rows, and drops them in some order.
func (f *fixture) comeAndGo(t *testing.T, c *client, round int) {
	t.Helper()
	for i, q := range kinds {
		c.must(fmt.Sprintf("CREATE MATERIALIZED VIEW v%d AS %s", i, q))
	}
	c.must("CREATE MATERIALIZED VIEW above AS SELECT a.k, a.v, n.name FROM v0 a LEFT JOIN names n ON n.k = a.k",
		"CREATE SINK filled INTO into_it AS SELECT k, count(*) AS n FROM t GROUP BY k",
		"CREATE MATERIALIZED VIEW behind AS SELECT sum(n) AS n FROM into_it",
		"CREATE OR REPLACE MATERIALIZED VIEW v0 AS SELECT k, sum(v) AS v, min(v) AS lo, max(k) AS s FROM t WHERE id > 10 GROUP BY k",
		"UPDATE t SET v = v + 1 WHERE id % 3 = 0", "UPDATE t SET v = v - 1 WHERE id % 3 = 0",
		"DROP MATERIALIZED VIEW behind", "DROP SINK filled", "DELETE FROM into_it", "DROP MATERIALIZED VIEW v0 CASCADE")
	for i := range kinds[1:] {
		if round%2 == 1 {
			i = len(kinds) - 2 - i
		}
		c.must(fmt.Sprintf("DROP MATERIALIZED VIEW v%d", i+1))
	}
}
