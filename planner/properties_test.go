package planner

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/millracedb/millrace/connect/nexmark/queries"
	"github.com/millracedb/millrace/examples/flights"
)

// `view` and `query` show where the rows of each node of a plan are when there are several
// workers, and which inputs an exchange places anew. `nexmark` shows it for queries of the
// benchmark, `flights` for the views of the example.
func TestPartitioned(t *testing.T) {
	eachWorld(t, "testdata/partitioned", func(w *world, d *datadriven.TestData) string {
		switch d.Cmd {
		case "statement", "query":
			return w.placements(d.Input)
		case "view":
			return w.placements(w.view(d.Input))
		case "nexmark":
			return w.nexmarkPlacements(strings.Fields(d.Input))
		case "flights":
			return w.placements(flightsText(w.t, "schema") + flightsText(w.t, "views"))
		}
		w.t.Fatalf("%s: unknown command %s", d.Pos, d.Cmd)
		return ""
	})
}

func flightsText(t testing.TB, name string) string {
	text, err := flights.Files.ReadFile(name + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (w *world) nexmarkPlacements(names []string) string {
	var b strings.Builder
	for _, q := range names {
		text, err := queries.Text(q)
		if err != nil {
			w.t.Fatal(err)
		}
		if q != "schema" {
			text = "CREATE MATERIALIZED VIEW " + q + " AS " + text
		}
		b.WriteString(w.placements(text))
	}
	return b.String()
}

// placements shows the plans of the queries and views among statements.
func (w *world) placements(text string) string {
	w.t.Helper()
	var b strings.Builder
	for _, p := range w.must(text) {
		root := p.Change.view()
		if p.Query != nil {
			root = p.Query.Root
		} else if root != nil {
			fmt.Fprintf(&b, "%s:\n", p.Change.Diff.Changes[0].Relation.Name)
		}
		if root != nil {
			(&placementPrinter{known: properties(root), number: map[Node]int{}, out: &b}).print(root, 0)
		}
	}
	return b.String()
}

type placementPrinter struct {
	known  map[Node]Properties
	number map[Node]int
	out    *strings.Builder
}

func (x *placementPrinter) print(n Node, depth int) {
	indent := strings.Repeat("  ", depth)
	if k := x.number[n]; k > 0 {
		fmt.Fprintf(x.out, "%s-> #%d\n", indent, k)
		return
	}
	x.number[n] = len(x.number) + 1
	fmt.Fprintf(x.out, "%s-> #%d %s", indent, x.number[n], n.describe())
	for i, by := range x.known[n].Partitioned {
		fmt.Fprintf(x.out, "%s%s", []string{"   at ", " and "}[min(i, 1)], placementText(n, by))
	}
	x.out.WriteString("\n")
	moved := exchanges(n, inputProperties(n, x.known))
	for i, in := range n.Inputs() {
		if moved == nil || moved[i] == nil {
			x.print(in, depth+1)
			continue
		}
		to := "copied to all workers"
		if !isEverywhere(moved[i]) {
			to = "exchange by " + placementText(in, moved[i])
		}
		fmt.Fprintf(x.out, "%s  => %s\n", indent, to)
		x.print(in, depth+2)
	}
}

// placementText names columns, and gives the position of one whose name another has, too.
func placementText(n Node, cols []int) string {
	count := map[string]int{}
	for _, c := range n.Schema() {
		count[c.Name]++
	}
	var parts []string
	for _, c := range cols {
		name := n.Schema()[c].Name
		if count[name] > 1 {
			name = fmt.Sprintf("%s#%d", name, c)
		}
		parts = append(parts, name)
	}
	return "(" + strings.Join(parts, ", ") + ")"
}
