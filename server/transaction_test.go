package server

import (
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

func TestTransactionBlocks(t *testing.T) {
	f := start(t)
	c, o := f.dial(), f.dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 10), (2, 20)")
	c.talk(
		[2]string{"BEGIN", "BEGIN"},
		[2]string{"BEGIN", "WARNING: there is already a transaction in progress\nBEGIN"},
		[2]string{"INSERT INTO t VALUES (3, 30)", "INSERT 0 1"},
		[2]string{"UPDATE t SET n = n + 1 WHERE id <> 2", "UPDATE 2"},
		[2]string{"DELETE FROM t WHERE id = 2", "DELETE 1"},
		[2]string{"SELECT * FROM t ORDER BY id", "1 | 11\n3 | 31\nSELECT 2"},
	)
	says(t, o.ask("SELECT * FROM t ORDER BY id"), "1 | 10\n2 | 20\nSELECT 2")
	c.talk([2]string{"COMMIT", "COMMIT"}, [2]string{"COMMIT", "WARNING: there is no transaction in progress\nCOMMIT"},
		[2]string{"ROLLBACK", "WARNING: there is no transaction in progress\nROLLBACK"})
	says(t, o.ask("SELECT * FROM t ORDER BY id"), "1 | 11\n3 | 31\nSELECT 2")
	c.must("START TRANSACTION", "DELETE FROM t", "ROLLBACK")
	c.talk([2]string{"SELECT count(*) FROM t", "2\nSELECT 1"})
	c.must("BEGIN", "INSERT INTO t VALUES (4, 40)", "COMMIT AND CHAIN", "INSERT INTO t VALUES (5, 50)", "ROLLBACK AND CHAIN")
	c.talk([2]string{"SELECT max(id) FROM t", "4\nSELECT 1"}, [2]string{"COMMIT", "COMMIT"})
}

func TestFailedTransaction(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY)", "BEGIN", "INSERT INTO t VALUES (1)")
	const aborted = "ERROR 25P02: current transaction is aborted, commands ignored until end of transaction block"
	c.talk(
		[2]string{"INSERT INTO t VALUES (1)", `ERROR 23505: duplicate key value violates unique constraint "t_pkey"; DETAIL: Key (id)=(1) already exists.`},
		[2]string{"SELECT 1", aborted},
		[2]string{"SET jit = off", aborted},
		[2]string{"SAVEPOINT a", aborted},
		[2]string{"BEGIN", aborted},
		[2]string{"SHOW jit", aborted},
	)
	if c.status != 'E' {
		t.Errorf("status %c", c.status)
	}
	c.talk([2]string{"COMMIT", "ROLLBACK"}, [2]string{"SELECT count(*) FROM t", "0\nSELECT 1"})
	c.must("BEGIN")
	if got := c.ask("SELEC"); !strings.HasPrefix(got, "ERROR 42601") {
		t.Error(got)
	}
	c.talk([2]string{"SELECT 1", aborted}, [2]string{"ROLLBACK", "ROLLBACK"})
}

func TestImplicitTransactions(t *testing.T) {
	f := start(t)
	c := f.dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY)")
	dup := `ERROR 23505: duplicate key value violates unique constraint "t_pkey"; DETAIL: Key (id)=(1) already exists.`
	c.talk(
		[2]string{"INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); SELECT count(*) FROM t", "INSERT 0 1\nINSERT 0 1\n2\nSELECT 1"},
		[2]string{"INSERT INTO t VALUES (3); INSERT INTO t VALUES (1)", "INSERT 0 1\n" + dup},
		[2]string{"SELECT count(*) FROM t", "2\nSELECT 1"},
		[2]string{"INSERT INTO t VALUES (3); SELEC", `ERROR 42601: syntax error at or near "SELEC"`},
		[2]string{"INSERT INTO t VALUES (4); COMMIT; INSERT INTO t VALUES (1)", "INSERT 0 1\nWARNING: there is no transaction in progress\nCOMMIT\n" + dup},
		[2]string{"SELECT max(id) FROM t", "4\nSELECT 1"},
		[2]string{"INSERT INTO t VALUES (5); ROLLBACK; INSERT INTO t VALUES (6)", "INSERT 0 1\nWARNING: there is no transaction in progress\nROLLBACK\nINSERT 0 1"},
		[2]string{"SELECT max(id) FROM t", "6\nSELECT 1"},
		[2]string{"INSERT INTO t VALUES (7); BEGIN; INSERT INTO t VALUES (8)", "INSERT 0 1\nBEGIN\nINSERT 0 1"},
		[2]string{"ROLLBACK", "ROLLBACK"},
		[2]string{"SELECT max(id) FROM t", "6\nSELECT 1"},
		[2]string{"BEGIN; INSERT INTO t VALUES (9); COMMIT; SELECT max(id) FROM t", "BEGIN\nINSERT 0 1\nCOMMIT\n9\nSELECT 1"},
		[2]string{"SAVEPOINT a", "ERROR 25P01: SAVEPOINT can only be used in transaction blocks"},
		[2]string{"", "EmptyQueryResponse"},
		[2]string{";;", "EmptyQueryResponse"},
	)
}

func TestSavepoints(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 0), (2, 0)", "BEGIN")
	c.must("UPDATE t SET n = 1 WHERE id = 1", "SAVEPOINT a", "UPDATE t SET n = 2 WHERE id = 1", "INSERT INTO t VALUES (3, 3)", "DELETE FROM t WHERE id = 2",
		"SAVEPOINT b", "TRUNCATE t", "INSERT INTO t VALUES (9, 9)")
	c.talk(
		[2]string{"SELECT * FROM t", "9 | 9\nSELECT 1"},
		[2]string{"ROLLBACK TO b", "ROLLBACK"},
		[2]string{"SELECT * FROM t ORDER BY id", "1 | 2\n3 | 3\nSELECT 2"},
		[2]string{"SELECT 1/0", "ERROR 22012: division by zero"},
		[2]string{"ROLLBACK TO SAVEPOINT a", "ROLLBACK"},
		[2]string{"SELECT * FROM t ORDER BY id", "1 | 1\n2 | 0\nSELECT 2"},
		[2]string{"ROLLBACK TO b", `ERROR 3B001: savepoint "b" does not exist`},
		[2]string{"ROLLBACK TO a", "ROLLBACK"},
		[2]string{"INSERT INTO t VALUES (3, 4)", "INSERT 0 1"},
		[2]string{"RELEASE a", "RELEASE"},
		[2]string{"COMMIT", "COMMIT"},
		[2]string{"SELECT * FROM t ORDER BY id", "1 | 1\n2 | 0\n3 | 4\nSELECT 3"},
	)
	c.must("BEGIN", "SAVEPOINT a", "CREATE TABLE u (a int)", "INSERT INTO u VALUES (1)", "ROLLBACK TO a", "CREATE TABLE u (b text)", "INSERT INTO u VALUES ('x')", "COMMIT")
	c.talk([2]string{"SELECT b FROM u", "x\nSELECT 1"})
}

func TestReadCommittedAndRepeatableRead(t *testing.T) {
	f := start(t)
	c, o := f.dial(), f.dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 0)")
	c.must("BEGIN")
	says(t, c.ask("SELECT n FROM t"), "0\nSELECT 1")
	o.must("UPDATE t SET n = 1")
	says(t, c.ask("SELECT n FROM t"), "1\nSELECT 1")
	c.must("COMMIT", "BEGIN ISOLATION LEVEL REPEATABLE READ")
	says(t, c.ask("SHOW transaction_isolation"), "repeatable read\nSHOW")
	says(t, c.ask("SELECT n FROM t"), "1\nSELECT 1")
	o.must("UPDATE t SET n = 2")
	says(t, c.ask("SELECT n FROM t"), "1\nSELECT 1")
	says(t, c.ask("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"), "ERROR 25001: SET TRANSACTION ISOLATION LEVEL must be called before any query")
	c.must("ROLLBACK")
	says(t, c.ask("SHOW transaction_isolation"), "read committed\nSHOW")
	says(t, c.ask("BEGIN ISOLATION LEVEL SERIALIZABLE"), "ERROR 0A000: the isolation level SERIALIZABLE is not supported yet")
	c.must("SET default_transaction_isolation = 'repeatable read'", "BEGIN")
	says(t, c.ask("SHOW transaction_isolation"), "repeatable read\nSHOW")
	c.must("COMMIT")
}

func TestLostUpdateIsRefused(t *testing.T) {
	for _, level := range []string{"READ COMMITTED", "REPEATABLE READ"} {
		f := start(t)
		a, b := f.dial(), f.dial()
		a.must("CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 0), (2, 0)")
		for _, c := range []*client{a, b} {
			c.must("BEGIN ISOLATION LEVEL "+level, "SELECT n FROM t WHERE id = 1", "UPDATE t SET n = n + 1 WHERE id = 1")
		}
		says(t, a.ask("COMMIT"), "COMMIT")
		says(t, b.ask("COMMIT"), "ERROR 40001: could not serialize access due to concurrent update")
		if b.status != 'I' {
			t.Errorf("status %c after a refused COMMIT", b.status)
		}
		for _, c := range []*client{a, b} { // other rows do not meet
			c.must("BEGIN ISOLATION LEVEL " + level)
		}
		a.must("UPDATE t SET n = 5 WHERE id = 1")
		b.must("UPDATE t SET n = 6 WHERE id = 2")
		says(t, a.ask("COMMIT")+b.ask("COMMIT"), "COMMITCOMMIT")
		says(t, a.ask("SELECT * FROM t ORDER BY id"), "1 | 5\n2 | 6\nSELECT 2")
	}
}

func TestUniquenessIsValidatedAtCommit(t *testing.T) {
	f := start(t)
	a, b := f.dial(), f.dial()
	a.must("CREATE TABLE t (id int PRIMARY KEY)")
	for _, c := range []*client{a, b} {
		c.must("BEGIN", "INSERT INTO t VALUES (1)")
	}
	says(t, a.ask("COMMIT"), "COMMIT")
	says(t, b.ask("COMMIT"), "ERROR 40001: could not serialize access due to concurrent update")
}

// counters lets clients raise a counter at once, and tells what it has become.
func counters(t *testing.T, update string) string {
	f := start(t)
	first := f.dial()
	first.must("CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 0), (2, 0)", "CREATE MATERIALIZED VIEW total AS SELECT sum(n) AS n FROM t")
	var wg sync.WaitGroup
	for range 8 {
		c := f.dial()
		wg.Go(func() {
			for range 25 {
				if got := c.ask(update); got != "UPDATE 1" && got != "UPDATE 2" && got != "INSERT 0 1" {
					t.Errorf("%s: %s", update, got)
				}
			}
		})
	}
	wg.Wait()
	return first.ask("SELECT n FROM t WHERE id = 1") + " " + first.ask("SELECT n FROM total")
}

func TestAutocommitLosesNothing(t *testing.T) {
	says(t, counters(t, "UPDATE t SET n = n + 1 WHERE id = 1"), "200\nSELECT 1 200\nSELECT 1")
	says(t, counters(t, "UPDATE t SET n = n + 1"), "200\nSELECT 1 400\nSELECT 1")
	says(t, counters(t, "UPDATE t SET n = n + 1 WHERE id IN (SELECT min(id) FROM t)"), "200\nSELECT 1 200\nSELECT 1")
	says(t, counters(t, "INSERT INTO t VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = t.n + excluded.n"), "200\nSELECT 1 200\nSELECT 1")
}

func TestReadOnlyTransactions(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (a int)")
	refused := func(what string) string {
		return "ERROR 25006: cannot execute " + what + " in a read-only transaction"
	}
	for statement, what := range map[string]string{"INSERT INTO t VALUES (1)": "INSERT", "UPDATE t SET a = 1": "UPDATE", "DELETE FROM t": "DELETE",
		"TRUNCATE t": "TRUNCATE TABLE", "CREATE TABLE u (a int)": "CREATE TABLE", "COPY t FROM STDIN": "COPY FROM", "DROP TABLE t": "DROP TABLE"} {
		c.must("BEGIN READ ONLY")
		says(t, c.ask(statement), refused(what))
		c.must("ROLLBACK")
	}
	c.must("BEGIN", "SET TRANSACTION READ ONLY", "SELECT * FROM t")
	says(t, c.ask("SHOW transaction_read_only"), "on\nSHOW")
	says(t, c.ask("INSERT INTO t VALUES (1)"), refused("INSERT"))
	c.must("ROLLBACK", "BEGIN", "SET transaction_read_only = on")
	says(t, c.ask("INSERT INTO t VALUES (1)"), refused("INSERT"))
	c.must("ROLLBACK")
	says(t, c.ask("SHOW transaction_read_only"), "off\nSHOW")
	c.must("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
	says(t, c.ask("INSERT INTO t VALUES (1)"), refused("INSERT"))
	c.must("BEGIN READ WRITE", "INSERT INTO t VALUES (1)", "COMMIT")
}

func TestOwnWritesThroughViews(t *testing.T) {
	f := start(t)
	c, o := f.dial(), f.dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY, k text, n int)", "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)",
		"CREATE MATERIALIZED VIEW sums AS SELECT k, sum(n) AS n FROM t GROUP BY k",
		"CREATE MATERIALIZED VIEW top AS SELECT max(n) AS n FROM sums", "CREATE VIEW plain AS SELECT n + 1 AS m FROM top")
	c.must("BEGIN", "INSERT INTO t VALUES (3, 'a', 10)", "UPDATE t SET n = 5 WHERE id = 2")
	c.talk(
		[2]string{"SELECT * FROM sums ORDER BY k", "a | 11\nb | 5\nSELECT 2"},
		[2]string{"SELECT n FROM top", "11\nSELECT 1"},
		[2]string{"SELECT m FROM plain", "12\nSELECT 1"},
		[2]string{"SELECT t.id FROM t JOIN sums USING (k) WHERE sums.n = 11 ORDER BY 1", "1\n3\nSELECT 2"},
	)
	says(t, o.ask("SELECT n FROM top"), "2\nSELECT 1")
	c.must("ROLLBACK")
	says(t, c.ask("SELECT n FROM top"), "2\nSELECT 1")
}

func TestDDLInTransactions(t *testing.T) {
	f := start(t)
	c, o := f.dial(), f.dial()
	setUp := []string{"BEGIN", "CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 1), (2, 2)",
		"CREATE MATERIALIZED VIEW v AS SELECT sum(n) AS n FROM t", "CREATE INDEX i ON t (n)", "INSERT INTO t VALUES (3, 3)", "UPDATE t SET n = 10 WHERE id = 1"}
	c.must(setUp...)
	c.talk([2]string{"SELECT * FROM t ORDER BY id", "1 | 10\n2 | 2\n3 | 3\nSELECT 3"}, [2]string{"SELECT n FROM v", "15\nSELECT 1"})
	says(t, o.ask("SELECT * FROM t"), `ERROR 42P01: relation "t" does not exist`)
	c.must("ROLLBACK")
	says(t, c.ask("SELECT * FROM t"), `ERROR 42P01: relation "t" does not exist`)
	c.must(setUp...)
	c.must("COMMIT")
	for range 2 {
		o.talk([2]string{"SELECT n FROM v", "15\nSELECT 1"}, [2]string{"SELECT id FROM t WHERE n = 3", "3\nSELECT 1"})
		f.stop()
		f.open(Options{})
		o = f.dial()
	}
	o.talk([2]string{"CREATE TABLE a (a int); INSERT INTO a VALUES (1); SELECT * FROM a", "CREATE TABLE\nINSERT 0 1\n1\nSELECT 1"},
		[2]string{"SELECT * FROM a", "1\nSELECT 1"})
	o.must("BEGIN", "DROP TABLE a", "CREATE TABLE a (b text)", "INSERT INTO a VALUES ('new')", "COMMIT")
	o.talk([2]string{"SELECT * FROM a", "new\nSELECT 1"})
	o.must("BEGIN", "INSERT INTO a VALUES ('lost')", "DROP TABLE a", "COMMIT")
	o.talk([2]string{"SELECT * FROM a", `ERROR 42P01: relation "a" does not exist`})
}

func TestTransactionsThatChangeTheSameName(t *testing.T) {
	f := start(t)
	a, b := f.dial(), f.dial()
	a.must("BEGIN", "CREATE TABLE t (a int)")
	b.must("BEGIN", "CREATE TABLE t (b int)")
	a.must("COMMIT")
	if got := b.ask("COMMIT"); !strings.HasPrefix(got, "ERROR 4") {
		t.Errorf("a second table of the same name: %s", got)
	}
	b.talk([2]string{"SELECT a FROM t", "SELECT 0"})
	a.must("BEGIN", "INSERT INTO t VALUES (1)")
	b.must("DROP TABLE t")
	if got := a.ask("COMMIT"); !strings.HasPrefix(got, "ERROR 4") {
		t.Errorf("a commit into a dropped table: %s", got)
	}
}

func TestDropCascade(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (a int)", "CREATE MATERIALIZED VIEW v AS SELECT a FROM t", "CREATE VIEW w AS SELECT a FROM v")
	got := c.ask("DROP TABLE t")
	if !strings.HasPrefix(got, "ERROR 2BP01: cannot drop table t because other objects depend on it; DETAIL: ") {
		t.Error(got)
	}
	if got := c.ask("DROP TABLE t CASCADE"); !strings.HasSuffix(got, "\nDROP TABLE") || !strings.HasPrefix(got, "NOTICE: drop cascades to 2 other objects") {
		t.Error(got)
	}
	c.talk([2]string{"SELECT * FROM w", `ERROR 42P01: relation "w" does not exist`}, [2]string{"SELECT count(*) FROM millrace.dataflows", "0\nSELECT 1"})
}

func TestDisconnectRollsBack(t *testing.T) {
	f := start(t)
	a, b := f.dial(), f.dial()
	a.must("CREATE TABLE t (id int PRIMARY KEY)", "BEGIN", "INSERT INTO t VALUES (1)")
	a.send(&pgproto3.Terminate{})
	says(t, a.upToReady(), "closed")
	b.must("INSERT INTO t VALUES (1)")
}
