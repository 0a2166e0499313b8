package planner

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/parse"
	"github.com/millracedb/millrace/storage/pool"
)

// listing collects the rows of an answer as text, in their order.
type listing struct{ lines []string }

func (l *listing) Apply(_ *exec.Tick, _ int, b *col.Batch, _ exec.Emit) error {
	for i := range b.Len() {
		fields := make([]string, len(b.Cols))
		for c := range b.Cols {
			fields[c] = "NULL"
			if v, row := &b.Cols[c], b.Row(i); !v.Null(row) {
				fields[c] = string(typeio.AppendText(nil, v, row, nil))
			}
		}
		l.lines = append(l.lines, strings.TrimRight(strings.Join(fields, " | "), " "))
	}
	return nil
}

func (*listing) Flush(*exec.Tick, exec.Emit) error { return nil }

// browse runs a query over the system relations as a session does.
func browse(t *testing.T, h *session, text string, params ...string) (*listing, error) {
	t.Helper()
	s, err := parse.One(text)
	if err != nil {
		return nil, err
	}
	plan, err := Statement(&Env{Catalog: h.c, Text: text, Path: h.SearchPath(), User: "millrace", Database: "shop", Settings: h.settings}, s.Tree, nil)
	if err != nil {
		return nil, err
	}
	memory, err := pool.New(pool.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	c := fn.NewCtx(nil, 0)
	c.Host = h
	for i, typ := range plan.Params {
		v := col.NewVector(typ)
		if err := typeio.ParseText(v, []byte(params[i]), c.Settings); err != nil {
			t.Fatal(err)
		}
		c.Params = append(c.Params, v)
	}
	root, err := Instantiate(plan.Query.Root, c)
	if err != nil {
		return nil, err
	}
	g := exec.NewGraph(memory, col.Seed{1, 2}, new(atomic.Uint64))
	flow := exec.NewDataflow(1, "test", false, &pool.Owner{Name: "test"}, nil)
	b := g.NewBuilder(flow, c)
	ref := Build(&Builder{Builder: b, Source: func(scan *Scan) exec.Ref { return generated(t, h, b, scan) }}, root)
	out := &listing{}
	b.Add(out, nil, false, ref)
	g.TouchAll(flow)
	g.Begin(1, 0, true)
	g.Flush()
	return out, flow.Failed()
}

func generated(t *testing.T, h *session, b *exec.Builder, scan *Scan) exec.Ref {
	types := make([]col.Type, len(scan.Columns))
	for i, c := range scan.Columns {
		types[i] = c.Type
	}
	q := &catalog.Request{Catalog: h.c, User: "millrace", Database: "shop", Path: h.SearchPath(), Live: catalog.Generators{"pg_catalog.pg_proc": Procs}}
	return b.Generate(types, func(emit exec.Emit) error {
		return catalog.Generate(t.Context(), h.c.Relation(scan.Relation), q, func(all *col.Batch) error {
			some := *all
			some.Cols = nil
			for _, p := range scan.Positions() {
				some.Cols = append(some.Cols, all.Cols[p])
			}
			return emit(&some)
		})
	})
}

// testdata/clients holds what clients ask of the catalog when they connect, describe and list,
// as they were recorded against a PostgreSQL 15, with the answers for the database of
// shopCatalog.
func TestWhatClientsAsk(t *testing.T) {
	datadriven.Walk(t, "testdata/clients", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var params []string
			if d.HasArg("param") {
				params = make([]string, 1)
				d.ScanArgs(t, "param", &params[0])
			}
			rows, err := browse(t, &session{shopCatalog(t), map[string]string{}}, d.Input, params...)
			if err != nil {
				p := pgerr.From(err)
				return "ERROR " + p.Code + ": " + p.Message + "\n"
			}
			if len(rows.lines) == 0 {
				return "no rows\n"
			}
			return strings.Join(rows.lines, "\n") + "\n"
		})
	})
}
