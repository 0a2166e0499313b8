package planner

import (
	"strings"
	"testing"

	"github.com/millracedb/millrace/sql/parse"
)

// What planning costs beside parsing: the statements that clients send most.
func BenchmarkStatement(b *testing.B) {
	w := newWorld(b)
	w.must("CREATE TABLE t (id int PRIMARY KEY, a int, b text); CREATE TABLE u (id int PRIMARY KEY, k int)")
	for name, text := range map[string]string{
		"point":  "SELECT id, a, b FROM t WHERE id = $1",
		"insert": "INSERT INTO t VALUES ($1, $2, $3)",
		"rows":   "INSERT INTO t VALUES (1, 2, 'x')" + strings.Repeat(", (1, 2, 'x')", 999),
		"join":   "SELECT t.b, count(*) FROM t JOIN u ON t.id = u.k WHERE t.a > 3 GROUP BY t.b ORDER BY 2 DESC LIMIT 10",
	} {
		s, err := parse.One(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Statement(w.env(text), s.Tree, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
