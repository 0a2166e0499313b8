package planner

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/storage/table"
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

// fill gives a relation rows: `fill of=t rows=n a=m` has column a take m values in turn, 0
// leave it NULL, and every other column number the rows.
func (w *world) fill(d *datadriven.TestData) {
	var name string
	var rows int
	d.ScanArgs(w.t, "of", &name)
	d.ScanArgs(w.t, "rows", &rows)
	r, err := w.cat.Lookup([]string{"public"}, "", name)
	if err != nil {
		w.t.Fatal(err)
	}
	b := col.NewBatch(r.Types()...)
	for i, c := range r.Columns {
		values := rows
		d.MaybeScanArgs(w.t, c.Name, &values)
		for k := range rows {
			appendNumber(&b.Cols[i], k, values)
		}
	}
	b.Grow(rows, 1)
	s := table.New(table.Config{Types: r.Types(), Shape: table.Bag})
	if err := s.Apply(1, b); err != nil {
		w.t.Fatal(err)
	}
	if w.stores == nil {
		w.stores = map[catalog.OID]*table.Store{}
	}
	w.stores[r.OID] = s
}

func appendNumber(v *col.Vector, k, values int) {
	switch {
	case values == 0:
		v.AppendNull()
	case v.Kind == col.KindI32:
		v.AppendI32(int32(k % values))
	case v.Kind == col.KindI64:
		v.AppendI64(int64(k % values))
	default:
		v.AppendString(fmt.Sprint("value ", k%values))
	}
}

// `rule name=x` shows a query's plan before and after one rule; the rules that stand before it
// have been applied. `access` shows what becomes of scans after all rules.
func TestRules(t *testing.T) {
	eachWorld(t, "testdata/rules", func(w *world, d *datadriven.TestData) string {
		switch d.Cmd {
		case "statement":
			w.must(d.Input)
			return ""
		case "fill":
			w.fill(d)
			return ""
		case "access":
			return w.accessPath(d.Input)
		case "rule":
			name := d.CmdArgs[0].Vals[0]
			return w.oneRule(name, d.Input)
		}
		w.t.Fatalf("%s: unknown command %s", d.Pos, d.Cmd)
		return ""
	})
}

// accessPath shows a query's plan before and after its scans are given a way to their rows.
func (w *world) accessPath(text string) string {
	e := newEnv(w.env(text), nil)
	n := optimize(w.bound(text), e.estimator())
	return strings.Join(Explain(n), "\n") + "\n=>\n" + strings.Join(Explain(e.accessPaths(n)), "\n") + "\n"
}

func (w *world) oneRule(name, text string) string {
	n, x := w.bound(text), w.estimator(text)
	columns := n.Schema()
	for _, r := range rules {
		if r.name != name {
			n = r.on(n, x)
			continue
		}
		before := strings.Join(Explain(n), "\n")
		if r.apply != nil { // as of a plan that is kept
			x = nil
		}
		after := r.on(n, x)
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
		f.Add(Text(optimize(w.bound(q), nil)))
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

// Every rule has a case that it changes.
func TestRulesAreShown(t *testing.T) {
	shown := map[string]bool{}
	datadriven.Walk(t, "testdata/rules", func(t *testing.T, path string) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for part := range strings.SplitSeq(string(text), "rule name=") {
			name, rest, _ := strings.Cut(part, "\n")
			if strings.Contains(rest, "\n=>\n") {
				shown[name] = true
			}
		}
	})
	for _, r := range rules {
		if !shown[r.name] {
			t.Errorf("no plan before and after rule %s stands in testdata/rules", r.name)
		}
	}
}
