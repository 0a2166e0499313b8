package planner

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// bound is a query's plan before any rule.
func (w *world) bound(text string) Node {
	w.t.Helper()
	q, err := parseQuery(text)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := newEnv(w.env(text), nil).query(q, &binding{top: true})
	if err != nil {
		w.t.Fatalf("%s: %s", text, describeError(text, err))
	}
	return r.visible()
}

// `rule name=x` shows a query's plan before and after one rule; the rules that stand before it
// have been applied.
func TestRules(t *testing.T) {
	eachWorld(t, "testdata/rules", func(w *world, d *datadriven.TestData) string {
		switch d.Cmd {
		case "statement":
			w.must(d.Input)
			return ""
		case "rule":
			name := d.CmdArgs[0].Vals[0]
			return w.oneRule(name, d.Input)
		}
		w.t.Fatalf("%s: unknown command %s", d.Pos, d.Cmd)
		return ""
	})
}

func (w *world) oneRule(name, text string) string {
	n := w.bound(text)
	columns := n.Schema()
	for _, r := range rules {
		if r.name != name {
			n = r.apply(n)
			continue
		}
		before := strings.Join(Explain(n), "\n")
		after := r.apply(n)
		if got := types(after.Schema()); fmt.Sprint(got) != fmt.Sprint(types(columns)) {
			w.t.Errorf("rule %s changes the columns %v to %v", name, types(columns), got)
		}
		printsBack(w.t, after)
		if now := strings.Join(Explain(after), "\n"); now != before {
			return before + "\n=>\n" + now + "\n"
		}
		return before + "\n=> nothing\n"
	}
	w.t.Fatalf("no rule %s", name)
	return ""
}

// Every node that is registered reads back what it prints, and damaged plans are errors.
func FuzzParse(f *testing.F) {
	w := newWorld(f)
	w.must("CREATE TABLE t (id int PRIMARY KEY, a int, b text); CREATE STREAM s (ts timestamp, k int, WATERMARK FOR ts AS ts)")
	for _, q := range []string{
		"SELECT a, count(DISTINCT b) FILTER (WHERE id > 1) FROM t GROUP BY a",
		"SELECT * FROM t x LEFT JOIN t y ON x.id = y.a AND x.b < y.b WHERE x.a IN (1, 2, NULL)",
		"SELECT k, window_end FROM HOP(s, ts, INTERVAL '1 s', INTERVAL '5 s') UNION SELECT id, NULL FROM t",
		"SELECT * FROM (SELECT *, rank() OVER (PARTITION BY a ORDER BY b DESC NULLS LAST) r FROM t) q WHERE r < 4",
		"SELECT (SELECT max(a) FROM t), 'it''s \"x\"', ROUND(1.5) FROM t WHERE id NOT IN (SELECT a FROM t) ORDER BY 1 LIMIT 3",
		"SELECT v FROM generate_series(1, 9, 2) g(v)",
		"VALUES (1, 'a'), (2, NULL)",
		"WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT t.a FROM r JOIN t ON t.id = r.i WHERE i < 9) SELECT * FROM r",
	} {
		f.Add(Text(optimize(w.bound(q))))
	}
	f.Add("millrace plan 1\n1 project")
	f.Fuzz(func(t *testing.T, text string) {
		root, _, err := Parse(text)
		if err != nil {
			return
		}
		again, _, err := Parse(Text(root))
		if err != nil {
			t.Fatalf("a plan that was read does not print back: %v", err)
		}
		if Text(again) != Text(root) {
			t.Fatal("a plan that was read prints as another")
		}
		Explain(root)
		Derive(root)
	})
}
