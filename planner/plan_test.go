package planner

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/connect/nexmark/queries"
	"github.com/millracedb/millrace/sql/parse"
	"github.com/millracedb/millrace/storage/table"
)

// world is a catalog to plan on; it takes over what statements change.
type world struct {
	t    testing.TB
	cat  *catalog.Catalog
	oids *catalog.OIDs

	views  int // that view has named
	stores map[catalog.OID]*table.Store
}

// Of is what the world's stores know; nothing is known of relations that nobody has filled.
func (w *world) Of(oid catalog.OID) *table.Statistics {
	if s := w.stores[oid]; s != nil {
		return s.Statistics(s.Last())
	}
	return nil
}

// estimator is what plans are estimated by; nil while no relation has been filled.
func (w *world) estimator(text string) *estimator { return newEnv(w.env(text), nil).estimator() }

func newWorld(t testing.TB) *world {
	c := catalog.New("millrace")
	return &world{t: t, cat: c, oids: catalog.NewOIDs(c)}
}

// eachWorld runs the files of a folder, each of which is a world of its own.
func eachWorld(t *testing.T, folder string, run func(w *world, d *datadriven.TestData) string) {
	datadriven.Walk(t, folder, func(t *testing.T, path string) {
		w := newWorld(t)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			w.t = t
			return run(w, d)
		})
	})
}

// view is a statement that makes a materialized view of a query.
func (w *world) view(query string) string {
	w.views++
	return fmt.Sprintf("CREATE MATERIALIZED VIEW mv%d AS %s", w.views, query)
}

func (w *world) env(text string) *Env {
	e := w.bare(text)
	if w.stores != nil {
		e.Statistics = w
	}
	return e
}

func (w *world) bare(text string) *Env {
	return &Env{Catalog: w.cat, OIDs: w.oids, Text: text, Path: []string{"public"}, User: "millrace", Database: "millrace",
		Settings: map[string]string{"TimeZone": "UTC"}}
}

// run plans the statements of a text, one after the other, and applies their changes.
func (w *world) run(text string, params ...col.Type) (plans []*Plan, err error) {
	all, err := parse.Statements(text)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		p, err := Statement(w.env(text), s.Tree, params)
		if err != nil {
			return nil, err
		}
		if p.Change != nil && !p.Change.Diff.Empty() {
			d, err := catalog.DecodeDiff(p.Change.Diff.Encode(nil))
			if err != nil {
				return nil, err
			}
			if w.cat, err = w.cat.Apply(d); err != nil {
				return nil, err
			}
		}
		plans = append(plans, p)
	}
	return plans, nil
}

// must runs statements that have to succeed.
func (w *world) must(text string) []*Plan {
	w.t.Helper()
	p, err := w.run(text)
	if err != nil {
		w.t.Fatalf("%s: %s", text, describeError(text, err))
	}
	return p
}

func describeError(text string, err error) string {
	p := pgerr.From(err)
	var b strings.Builder
	fmt.Fprintf(&b, "ERROR %s: %s\n", p.Code, p.Message)
	if p.Position > 0 {
		runes := []rune(text)
		at := min(p.Position-1, len(runes))
		line := strings.LastIndex(string(runes[:at]), "\n") + 1
		end := strings.IndexByte(string(runes[at:]), '\n')
		rest := string(runes[at:])
		if end >= 0 {
			rest = rest[:end]
		}
		head := string(runes[:at])[line:]
		fmt.Fprintf(&b, "%s%s\n%s^\n", head, rest, strings.Repeat(" ", len([]rune(head))))
	}
	if p.Detail != "" {
		fmt.Fprintf(&b, "DETAIL: %s\n", p.Detail)
	}
	if p.Hint != "" {
		fmt.Fprintf(&b, "HINT: %s\n", p.Hint)
	}
	return b.String()
}

// printsBack checks that a plan's stored form reads back to the same plan.
func printsBack(t testing.TB, root Node) {
	t.Helper()
	text := Text(root)
	back, stale, err := Parse(text)
	if err != nil {
		t.Errorf("plan does not parse back: %v\n%s", err, text)
		return
	}
	if len(stale) > 0 {
		t.Errorf("a plan of this release is stale: %v", stale)
	}
	if again := Text(back); again != text {
		t.Errorf("plan reads back as another:\n%s\nwas\n%s", again, text)
	}
}

func describePlan(t testing.TB, p *Plan) string {
	var b strings.Builder
	for _, n := range p.Notices {
		fmt.Fprintf(&b, "%s %s: %s\n", n.Severity, n.Code, n.Message)
		if n.Detail != "" {
			fmt.Fprintf(&b, "DETAIL: %s\n", n.Detail)
		}
	}
	root := p.Change.view()
	switch {
	case p.Query != nil:
		root = p.Query.Root
	case p.Insert != nil:
		root = p.Insert.Source
		b.WriteString(describeInsert(p.Insert))
	case p.Update != nil:
		root = p.Update.Source
		b.WriteString(describeUpdate(p.Update))
	case p.Delete != nil:
		root = p.Delete.Source
		if p.Delete.Point != nil {
			b.WriteString("by key\n")
		}
	case p.Copy != nil && p.Copy.Query != nil:
		root = p.Copy.Query.Root
	case p.Text != nil:
		for _, row := range p.Text.Rows {
			b.WriteString(strings.Join(row, " | ") + "\n")
		}
	}
	if len(p.Columns) > 0 && p.Text == nil {
		var cols []string
		for _, c := range p.Columns {
			cols = append(cols, c.Name+" "+c.Type.String())
		}
		fmt.Fprintf(&b, "(%s)\n", strings.Join(cols, ", "))
	}
	for i, x := range p.Params {
		fmt.Fprintf(&b, "$%d %s\n", i+1, x)
	}
	if root != nil {
		b.WriteString(strings.Join(Explain(root), "\n") + "\n")
		printsBack(t, root)
	}
	if p.Query != nil && p.Query.Chain != nil {
		b.WriteString("chain\n")
	}
	if b.Len() == 0 {
		return p.Tag + "\n"
	}
	return b.String()
}

func (p *ChangePlan) view() Node {
	if p == nil {
		return nil
	}
	return p.View
}

func describeProgram(p *RowProgram, schema []col.Column) string {
	var b strings.Builder
	fmt.Fprintf(&b, "row (%s)\n", exprList(p.Exprs, schema))
	for _, g := range p.Generated {
		fmt.Fprintf(&b, "generated %d: %s\n", g.Column, displayExpr(g.Expr, nil))
	}
	if len(p.NotNull) > 0 {
		fmt.Fprintf(&b, "not null %v\n", p.NotNull)
	}
	for _, c := range p.Checks {
		fmt.Fprintf(&b, "check %s: %s\n", c.Name, displayExpr(c.Expr, nil))
	}
	return b.String()
}

func describeInsert(p *InsertPlan) string {
	s := describeProgram(p.Program, p.Source.Schema())
	if c := p.Conflict; c != nil {
		s += fmt.Sprintf("on conflict, arbiter %t\n", c.Arbiter != 0)
		if c.Update != nil {
			s += "update " + describeProgram(c.Update, nil)
		}
		if c.Where != nil {
			s += "where " + displayExpr(c.Where, nil) + "\n"
		}
	}
	if p.Returning != nil {
		s += "returning " + exprList(p.Returning, nil) + "\n"
	}
	return s
}

func describeUpdate(p *UpdatePlan) string {
	s := ""
	if p.Point != nil {
		s = "by key\n"
	}
	s += describeProgram(p.Program, nil) + fmt.Sprintf("set %v\n", p.Set)
	if p.Returning != nil {
		s += "returning " + exprList(p.Returning, nil) + "\n"
	}
	return s
}

// Each file of testdata is a world. A command holds statements; its output is what they plan to,
// or the error. `view` makes a materialized view of a query, `text` shows its stored plan.
func TestPlans(t *testing.T) {
	eachWorld(t, "testdata/plans", func(w *world, d *datadriven.TestData) string {
		text := d.Input
		switch d.Cmd {
		case "statement", "error":
		case "view", "text":
			text = w.view(d.Input)
		default:
			w.t.Fatalf("%s: unknown command %s", d.Pos, d.Cmd)
		}
		plans, err := w.run(text)
		if err != nil {
			return describeError(text, err)
		}
		if d.Cmd == "text" {
			return Text(plans[0].Change.View)
		}
		var out []string
		for _, p := range plans {
			out = append(out, describePlan(w.t, p))
		}
		return strings.Join(out, "")
	})
}

// The Nexmark queries that this release runs must plan, as views and ad hoc.
func TestNexmarkPlans(t *testing.T) {
	schema, err := queries.Text("schema")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.must(schema)
	for _, q := range queries.Held {
		sql, err := queries.Text(q)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{sql, "CREATE MATERIALIZED VIEW " + q + " AS " + sql} {
			plans, err := w.run(s)
			if err != nil {
				t.Errorf("%s: %s", q, describeError(s, err))
				continue
			}
			describePlan(t, plans[0])
		}
	}
}
