package clients

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/millracedb/millrace/tests/process"
)

// psqlScript is what a person types, and what must stand in psql's answer to it, in order.
// Blanks at the ends of lines are not compared.
var psqlScript = []struct{ typed, seen string }{
	{`CREATE TABLE t (id int PRIMARY KEY, v text, n numeric(10,2));`, "CREATE TABLE"},
	{`INSERT INTO t VALUES (1, 'a', 1.5), (2, NULL, 2);`, "INSERT 0 2"},
	{`CREATE STREAM s (k int, x bigint, at timestamp);`, "CREATE STREAM"},
	{`CREATE MATERIALIZED VIEW m AS SELECT v, count(*) AS c FROM t GROUP BY v;`, "CREATE MATERIALIZED VIEW"},
	{`CREATE VIEW plain AS SELECT * FROM t;`, "CREATE VIEW"},
	{`CREATE INDEX t_v ON t (v);`, "CREATE INDEX"},
	{`\d`, `              List of relations
 Schema | Name  |       Type        |  Owner
--------+-------+-------------------+----------
 public | m     | materialized view | millrace
 public | plain | view              | millrace
 public | s     | table             | millrace
 public | t     | table             | millrace
(4 rows)`},
	{`\dt`, ` Schema | Name | Type  |  Owner
--------+------+-------+----------
 public | s    | table | millrace
 public | t    | table | millrace
(2 rows)`},
	{`\dv`, " public | plain | view | millrace\n(1 row)"},
	{`\dm`, " public | m    | materialized view | millrace\n(1 row)"},
	{`\di`, " public | t_pkey | index | millrace | t\n public | t_v    | index | millrace | t\n(2 rows)"},
	{`\dn`, " public     | millrace"},
	{`\dt+ t`, " public | t    | table | millrace | permanent   | heap          |"},
	{`\dt nothing`, `Did not find any relation named "nothing".`},
	{`\conninfo`, `You are connected to database "millrace" as user "millrace" on host "127.0.0.1"`},
	{"\\x\nSELECT * FROM t ORDER BY id;\n\\x", "-[ RECORD 1 ]\nid | 1\nv  | a\nn  | 1.50\n-[ RECORD 2 ]\nid | 2\nv  |\nn  | 2.00"},
	{"\\timing on\nSELECT 1 AS one;\n\\timing off", "Time: "},
	{`SELECT * FROM nope;`, "ERROR:  relation \"nope\" does not exist\nLINE 1: SELECT * FROM nope;\n                      ^"},
	{`SELECT 1 +;`, "ERROR:  syntax error at or near \";\"\nLINE 1: SELECT 1 +;\n                  ^"},
	{"SELECT id,\n  bad FROM t;", "ERROR:  column \"bad\" does not exist\nLINE 2:   bad FROM t;\n          ^"},
	{`INSERT INTO t VALUES (1);`, "ERROR:  duplicate key value violates unique constraint \"t_pkey\"\nDETAIL:  Key (id)=(1) already exists."},
	{`\echo :LAST_ERROR_SQLSTATE`, "23505"},
	{`\copy t TO 'out.csv' CSV HEADER`, "COPY 2"},
	{"\\copy t FROM STDIN\n5\tx\t1\n6\t\\N\t2\n\\.", "COPY 2"},
	{`\copy (SELECT id FROM t ORDER BY id) TO STDOUT`, "1\n2\n5\n6"},
	{"CREATE TABLE again (id int, v text, n numeric(10,2));\n\\copy again FROM 'out.csv' CSV HEADER\nSELECT * FROM again ORDER BY id;", "COPY 2\n id | v |  n\n----+---+------\n  1 | a | 1.50\n  2 |   | 2.00\n(2 rows)"},
	{"COPY t (id) FROM STDIN;\nx\n\\.", "ERROR:  invalid input syntax for type integer: \"x\"\nCONTEXT:  COPY t, line 1, column id: \"x\""},
	{"COPY MODEL twice FROM STDIN WITH (format = 'linear');\n{\"format\": \"millrace-linear-1\", \"intercept\": 0,\n\"features\": [{\"name\": \"x\", \"weight\": 2}]}\n\\.", "COPY 1"},
	{`SELECT ml_predict('twice', 21);`, "42"},
	{`SELECT v, c FROM m ORDER BY v;`, " v | c\n---+---\n a | 1\n x | 1\n   | 2\n(3 rows)"},
	{"SELECT v, c FROM m \\gdesc", " Column |  Type\n--------+--------\n v      | text\n c      | bigint\n(2 rows)"},
	{"SELECT 1 AS a, 'x' AS b \\gset\n\\echo :a :b", "1 x"},
	{"\\set who a\nSELECT id FROM t WHERE v = :'who';", " id\n----\n  1\n(1 row)"},
	{"BEGIN; INSERT INTO t VALUES (7); ROLLBACK; SELECT count(*) FROM t;", "BEGIN\nINSERT 0 1\nROLLBACK\n count\n-------\n     4\n(1 row)"},
	{"\\set ON_ERROR_ROLLBACK on\nBEGIN;\nSELECT 1/0;\nINSERT INTO t VALUES (8);\nCOMMIT;", "ERROR:  division by zero\nINSERT 0 1\nCOMMIT"},
	{"BEGIN;\n\\set ON_ERROR_ROLLBACK off\nSELECT 1/0;\nSELECT 1;\nCOMMIT;", "ERROR:  current transaction is aborted, commands ignored until end of transaction block\nROLLBACK"},
	{`SELECT 1 AS a\; SELECT 2 AS b;`, " a\n---\n 1\n(1 row)\n\n b\n---\n 2\n(1 row)"},
	{`DROP TABLE IF EXISTS nothing;`, "NOTICE:  table \"nothing\" does not exist, skipping\nDROP TABLE"},
	{`DROP TABLE t;`, "ERROR:  cannot drop table t because other objects depend on it\nDETAIL:  "},
	{`SHOW TABLES;`, " t"},
	{`EXPLAIN SELECT count(*) FROM t;`, "QUERY PLAN"},
}

func TestPsql(t *testing.T) {
	psql := program(t, "", "psql")
	if psql == "" {
		missing(t, "psql")
		return
	}
	s := start(t, process.Options{})
	var typed strings.Builder
	for i, p := range psqlScript {
		fmt.Fprintf(&typed, "\\echo step %d\n%s\n", i, p.typed)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "script.sql"), []byte(typed.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(psql, "-X", "-f", "script.sql")
	c.Dir, c.Env = dir, append(os.Environ(), variables(t, s)...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	answers := steps(string(out))
	for i, p := range psqlScript {
		if !strings.Contains(answers[fmt.Sprint(i)], p.seen) {
			t.Errorf("%s\ngives\n%s\nwithout\n%s", p.typed, answers[fmt.Sprint(i)], p.seen)
		}
	}
}

var (
	place = regexp.MustCompile(`(?m)^psql:script\.sql:\d+: `)
	blank = regexp.MustCompile(`(?m)[ \t]+$`)
)

// steps cuts psql's output at the marks between the steps.
func steps(out string) map[string]string {
	answers := map[string]string{}
	text := blank.ReplaceAllString(place.ReplaceAllString(out, ""), "")
	for part := range strings.SplitSeq(text, "step ") {
		if n, answer, ok := strings.Cut(part, "\n"); ok {
			answers[n] = answer
		}
	}
	return answers
}

// TestPsqlCancel interrupts psql in a statement that has no end, as Ctrl-C does.
func TestPsqlCancel(t *testing.T) {
	psql := program(t, "", "psql")
	if psql == "" {
		missing(t, "psql")
		return
	}
	s := start(t, process.Options{})
	c := exec.Command(psql, "-X", "-v", "VERBOSITY=verbose", "-c", "CREATE TABLE t (a int)", "-c", "INSERT INTO t VALUES (7)", "-c", "COPY (SUBSCRIBE t) TO STDOUT", "-c", "SELECT 'alive'")
	c.Env = append(os.Environ(), variables(t, s)...)
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	awaitQuery(t, s, "SUBSCRIBE")
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // its status is that of the interrupted statement
	if !strings.Contains(said.String(), "57014") || !strings.Contains(said.String(), "canceling statement due to user request") {
		t.Errorf("psql says after Ctrl-C\n%s", said.String())
	}
}

// awaitQuery waits until another session carries out a statement with these words.
func awaitQuery(t *testing.T, s *process.Server, words string) {
	t.Helper()
	ctx := context.Background()
	c, err := s.Connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	for {
		r := c.ExecParams(ctx, "SELECT count(*) FROM millrace.sessions WHERE state = 'active' AND pid <> pg_backend_pid() AND position($1 in query) > 0", [][]byte{[]byte(words)}, nil, nil, nil).Read()
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		if string(r.Rows[0][0]) != "0" {
			return
		}
	}
}
