package server

import "testing"

// ON CONFLICT answers the same in a transaction and outside of one.
func TestOnConflict(t *testing.T) {
	for _, around := range [][2]string{{"SELECT 1", "SELECT 1"}, {"BEGIN", "COMMIT"}} {
		c := start(t).dial()
		c.must("CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, n int)", "CREATE MATERIALIZED VIEW v AS SELECT sum(n) AS n FROM t", "INSERT INTO t VALUES (1, 10, 100), (2, 20, 200)", around[0])
		c.talk(
			[2]string{"INSERT INTO t VALUES (1, 11, 1), (3, 30, 300) ON CONFLICT DO NOTHING RETURNING id", "3\nINSERT 0 1"},
			[2]string{"INSERT INTO t VALUES (4, 10, 1) ON CONFLICT DO NOTHING", "INSERT 0 0"},
			[2]string{"INSERT INTO t VALUES (4, 40, 1), (4, 41, 2) ON CONFLICT (id) DO NOTHING", "INSERT 0 1"},
			[2]string{"INSERT INTO t VALUES (1, 10, 5) ON CONFLICT (id) DO UPDATE SET n = t.n + excluded.n RETURNING id, n", "1 | 105\nINSERT 0 1"},
			[2]string{"INSERT INTO t VALUES (9, 20, 7) ON CONFLICT (u) DO UPDATE SET n = excluded.n WHERE t.n > 1000", "INSERT 0 0"},
			[2]string{"INSERT INTO t VALUES (9, 20, 7), (5, 50, 500) ON CONFLICT (u) DO UPDATE SET n = excluded.n", "INSERT 0 2"},
			[2]string{"SELECT * FROM t ORDER BY id", "1 | 10 | 105\n2 | 20 | 7\n3 | 30 | 300\n4 | 40 | 1\n5 | 50 | 500\nSELECT 5"},
			[2]string{"SELECT n FROM v", "913\nSELECT 1"},
		)
		c.must(around[1], around[0])
		c.talk(
			[2]string{"INSERT INTO t VALUES (6, 60, 1), (6, 61, 2) ON CONFLICT (id) DO UPDATE SET n = 0",
				"ERROR 21000: ON CONFLICT DO UPDATE command cannot affect row a second time"},
		)
		c.ask("ROLLBACK")
		c.must(around[0])
		c.talk(
			[2]string{"INSERT INTO t VALUES (7, 10, 1) ON CONFLICT (id) DO NOTHING", `ERROR 23505: duplicate key value violates unique constraint "t_u_key"; DETAIL: Key (u)=(10) already exists.`},
		)
		c.ask("ROLLBACK")
		c.talk([2]string{"SELECT count(*) FROM t", "5\nSELECT 1"})
	}
}

func TestWritesSeeTheirOwnTransaction(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 1), (2, 2)", "CREATE TABLE bag (a int)", "INSERT INTO bag VALUES (1), (1), (2)", "BEGIN")
	c.talk(
		[2]string{"UPDATE t SET id = id + 1", "UPDATE 2"},
		[2]string{"INSERT INTO t VALUES (1, 10)", "INSERT 0 1"},
		[2]string{"UPDATE t SET id = 2 WHERE id = 1", `ERROR 23505: duplicate key value violates unique constraint "t_pkey"; DETAIL: Key (id)=(2) already exists.`},
		[2]string{"ROLLBACK", "ROLLBACK"},
	)
	c.must("BEGIN", "UPDATE t SET id = id + 1", "DELETE FROM t WHERE id = 3", "INSERT INTO t VALUES (3, 33), (1, 11)", "INSERT INTO bag SELECT a + 1 FROM bag", "DELETE FROM bag WHERE a = 1")
	c.talk(
		[2]string{"SELECT * FROM t ORDER BY id", "1 | 11\n2 | 1\n3 | 33\nSELECT 3"},
		[2]string{"UPDATE t SET n = 0 WHERE id = 3 RETURNING *", "3 | 0\nUPDATE 1"},
		[2]string{"SELECT a, count(*) FROM bag GROUP BY a ORDER BY a", "2 | 3\n3 | 1\nSELECT 2"},
		[2]string{"UPDATE bag SET a = 5 WHERE a = 2", "UPDATE 3"},
		[2]string{"COMMIT", "COMMIT"},
		[2]string{"SELECT * FROM t ORDER BY id", "1 | 11\n2 | 1\n3 | 0\nSELECT 3"},
		[2]string{"SELECT a FROM bag ORDER BY a", "3\n5\n5\n5\nSELECT 4"},
		[2]string{"INSERT INTO t SELECT id + 10, n FROM t WHERE id = 2 RETURNING id", "12\nINSERT 0 1"},
		[2]string{"UPDATE t SET n = b.a FROM bag b WHERE b.a = t.id AND t.id = 3 RETURNING t.id, n", "3 | 3\nUPDATE 1"},
		[2]string{"DELETE FROM t USING bag WHERE bag.a = t.id RETURNING t.id", "3\nDELETE 1"},
	)
}
