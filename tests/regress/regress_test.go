package regress

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/millracedb/millrace/tests/harness"
)

var (
	rewrite = flag.Bool("rewrite", false, "keep what agreed as the least that must agree")
	only    = flag.String("script", "", "run this script alone, or all, and say of each query that does not agree why")
)

const agreedFile = "testdata/agreed.txt"

// held are the scripts whose queries are compared, and modes the ways in which.
var (
	held = []string{"join", "aggregates", "groupingsets", "window", "subselect", "union", "with", "limit", "select", "select_distinct",
		"select_having", "rangefuncs", "case", "arrays"}
	modes = []string{"adhoc", "after", "before"}
)

// score counts verdicts of one script in one mode.
type score map[verdict]int

func (s score) String() string {
	var out []string
	for v, name := range verdicts {
		out = append(out, fmt.Sprintf("%s=%d", name, s[verdict(v)]))
	}
	return strings.Join(out, " ")
}

// share is the part that agrees of what needs no type that is missing, and of that what wants no
// object of a missing kind either.
func (s score) share() (noType, nothing float64) {
	agree := float64(s[agrees] + s[open])
	of := agree + float64(s[differs])
	return 100 * agree / max(of+float64(s[wants]), 1), 100 * agree / max(of, 1)
}

// TestScripts runs the scripts and holds what agrees against what agreed before.
func TestScripts(t *testing.T) {
	home, reference := os.Getenv("MILLRACE_REGRESS"), os.Getenv("MILLRACE_POSTGRES")
	if home == "" || reference == "" {
		t.Log("MILLRACE_REGRESS and MILLRACE_POSTGRES are not both set: no script is run")
		return
	}
	least := agreed(t)
	total := map[string]score{}
	for _, m := range modes {
		total[m] = score{}
	}
	for _, name := range held {
		if *only != "" && *only != "all" && *only != name {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for m, s := range compare(t, home, reference, name) {
				key := name + " " + m
				t.Logf("%s: %s", key, s)
				if n := s[agrees] + s[open]; n < least[key] && !*rewrite {
					t.Errorf("%s: %d queries agree, %d did", key, n, least[key])
				} else {
					least[key] = n
				}
				for v, n := range s {
					total[m][v] += n
				}
			}
		})
	}
	for _, m := range modes {
		noType, nothing := total[m].share()
		t.Logf("all %s: %s: %.1f %% of what needs nothing that is missing, %.1f %% with what wants objects", m, total[m], nothing, noType)
	}
	if *rewrite && !t.Failed() {
		keep(t, least)
	}
}

func agreed(t *testing.T) map[string]int {
	out := map[string]int{}
	b, err := os.ReadFile(agreedFile)
	if err != nil && !*rewrite {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var script, mode string
		var n int
		if _, err := fmt.Sscan(line, &script, &mode, &n); err != nil {
			t.Fatalf("%s: %q: %v", agreedFile, line, err)
		}
		out[script+" "+mode] = n
	}
	return out
}

func keep(t *testing.T, least map[string]int) {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(least)) {
		fmt.Fprintln(&b, k, least[k])
	}
	if err := os.WriteFile(agreedFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// compare runs the set-up and one script on a new database of each server.
func compare(t *testing.T, home, reference, name string) map[string]score {
	p, err := harness.Reference(context.Background(), reference)
	if err != nil {
		t.Fatal(err)
	}
	m, err := harness.Start(1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	settings := []string{"SET datestyle = 'Postgres, MDY'", "SET timezone = 'PST8PDT'", "SET intervalstyle = 'postgres_verbose'"}
	f := &follower{pg: &side{url: p.URL()}, mr: &side{url: m.URL()}, lacking: map[string]lack{}, uncalled: map[string]lack{}, copies: map[string]bool{}, views: map[string]string{}}
	for _, s := range []*side{f.pg, f.mr} {
		if err := s.connect(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.c.Close(context.Background()) }()
		for _, set := range settings {
			s.ask(set)
		}
	}
	found := map[string]score{}
	for _, m := range modes {
		found[m] = score{}
	}
	for i, file := range scripts(home, []string{"test_setup", name}) {
		list, err := script(file, home)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range list {
			if head := strings.ToLower(word.FindString(strings.ToLower(st.text))); head == "explain" || head == "vacuum" || head == "analyze" {
				continue
			}
			pg := f.pg.run(st)
			if pg.columns == 0 && (pg.err == nil || !queryWord(st.text)) || i == 0 {
				f.statement(st, pg)
				continue
			}
			f.query(t, filepath.Base(file), st, pg, found)
		}
	}
	return found
}

// queryWord reports whether a text is that of a query.
func queryWord(text string) bool {
	head := word.FindString(strings.ToLower(strings.TrimLeft(text, "( \n")))
	return head == "select" || head == "with" || head == "values" || head == "table"
}

// query asks a query in every mode and counts.
func (f *follower) query(t *testing.T, file string, st statement, pg answer, found map[string]score) {
	count := func(mode string, v verdict, why string) {
		found[mode][v]++
		if *only != "" && v != agrees && v != open {
			t.Logf("%s:%d: %s: %s: %s\n\t%s", file, st.line, mode, verdicts[v], why, strings.ReplaceAll(st.text, "\n", "\n\t"))
		}
	}
	inside := !f.mr.idle()
	v, why := f.judge(st.text, pg, f.guarded(st))
	count("adhoc", v, why)
	if v != agrees && pg.err == nil {
		if all := st.text + f.sources(st.text); writes.MatchString(all) {
			f.behind = append(f.behind, all)
			f.catchUp()
		}
	}
	if inside || pg.err != nil || !queryWord(st.text) || !strings.HasPrefix(pg.tag, "SELECT") {
		return
	}
	view := "regress_view (" + columnNames(pg.columns) + ") AS " + st.text
	if pg.columns == 0 {
		return
	}
	v, why = f.asView(st.text, "CREATE MATERIALIZED VIEW "+view, "regress_view", pg, nil)
	count("after", v, why)
	if tables, ok := f.twins(st.text); ok && v != lacks && v != wants && v != refused {
		f.mr.ask("SET search_path = before, public")
		v, why = f.asView(st.text, "CREATE MATERIALIZED VIEW before."+view, "before.regress_view", pg, tables)
		count("before", v, why)
		f.mr.ask("SET search_path = public")
		f.fill(tables, false)
	}
}

// pgRefuses reports whether PostgreSQL keeps no view of a query either.
func (f *follower) pgRefuses(sql string) bool {
	f.pg.ask("BEGIN")
	defer f.pg.ask("ROLLBACK")
	a := f.pg.ask("CREATE MATERIALIZED VIEW regress_view AS " + sql)
	return a.err != nil && a.err.Code == "0A000"
}

// asView creates a view, lets tables fill, and judges what it holds.
func (f *follower) asView(sql, create, name string, pg answer, tables []table) (verdict, string) {
	defer f.mr.ask("DROP MATERIALIZED VIEW IF EXISTS " + name)
	if a := f.mr.ask(create); a.err != nil {
		if byDesign.MatchString(a.err.Message) || byDesign.MatchString(a.err.Detail) {
			return refused, a.err.Message
		}
		if f.pgRefuses(sql) {
			return refused, a.err.Message
		}
		return f.judge(sql, pg, a)
	}
	if errs := f.fill(tables, true); len(errs) > 0 {
		return f.judge(sql, pg, errs[0])
	}
	return f.judge(sql, pg, f.mr.ask("SELECT * FROM "+name))
}

// A script is cut where psql would cut it.
func TestScript(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.sql")
	text := "-- c;\nSELECT ';', $q$;$q$ /* ; */ ;\n\\d x\nSELECT 1; SELECT E'\\';' ;\nCOPY t FROM stdin;\na\tb\n\\.\nSELECT 1 \\gset\n" +
		"\\getenv d PG_ABS_SRCDIR\n\\set f :d '/x'\nCOPY u FROM :'f';\n"
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := script(file, "/scripts")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"SELECT ';', $q$;$q$ /* ; */", "SELECT 1", "SELECT E'\\';'", "COPY t FROM stdin", "COPY u FROM '/scripts/x'"}
	if len(got) != len(want) {
		t.Fatalf("%d statements: %v", len(got), got)
	}
	for i := range want {
		if got[i].text != want[i] {
			t.Errorf("statement %d: %q, not %q", i, got[i].text, want[i])
		}
	}
	if got[3].data != "a\tb\n" {
		t.Errorf("data %q", got[3].data)
	}
}
