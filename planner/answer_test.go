package planner

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/pool"
)

// store holds the rows of tables for queries that are run through the operators.
type store struct {
	*world
	rows map[catalog.OID]*col.Batch
}

// insert carries out an INSERT of VALUES.
func (s *store) insert(p *InsertPlan) {
	s.t.Helper()
	c := fn.NewCtx(nil, 0)
	v, ok := p.Source.(*Values)
	if !ok {
		s.t.Fatal("only INSERT … VALUES fills a test's table")
	}
	in, err := v.Compute(c)
	if err != nil {
		s.t.Fatal(err)
	}
	to := s.rows[p.Relation.OID]
	if to == nil {
		to = col.NewBatch(p.Relation.Types()...)
		s.rows[p.Relation.OID] = to
	}
	row := &col.Batch{N: in.N}
	for i, x := range p.Program.Exprs {
		row.Cols = append(row.Cols, *x.Eval(c, in, nil).StoredKind())
		if p.Relation.Columns[i].Hidden {
			row.Cols[i] = *col.NewVector(col.Int8)
			for k := range in.N {
				row.Cols[i].AppendI64(int64(to.N + k))
			}
		}
	}
	for _, g := range p.Program.Generated {
		row.Cols[g.Column] = *g.Expr.Eval(c, row, nil)
	}
	for i := range in.N {
		to.AppendRow(row, i, 1)
	}
	if len(c.Marks()) > 0 {
		s.t.Fatal(c.Marks()[0].Err)
	}
}

// sink collects what comes out of a dataflow: the rows in order, and by their text with their
// weights.
type sink struct {
	order []string
	rows  map[string]int64
}

func (s *sink) Apply(_ *exec.Tick, _ int, b *col.Batch, _ exec.Emit) error {
	for i := range b.Len() {
		text := rowText(b, b.Row(i))
		s.order = append(s.order, text)
		s.rows[text] += b.Weight(b.Row(i))
	}
	return nil
}

func (s *sink) Flush(*exec.Tick, exec.Emit) error { return nil }

func rowText(b *col.Batch, row int) string {
	var parts []string
	for c := range b.Cols {
		if b.Cols[c].Null(row) {
			parts = append(parts, "NULL")
			continue
		}
		parts = append(parts, string(typeio.AppendText(nil, &b.Cols[c], row, &datetime.Settings{})))
	}
	return strings.Join(parts, " | ")
}

// bag lists the rows by their text, each as often as it is there.
func (s *sink) bag(t testing.TB) (out []string) {
	for text, w := range s.rows {
		if w < 0 {
			t.Errorf("row %s has weight %d", text, w)
		}
		for range w {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return out
}

// run builds a plan and feeds it the tables: at once, or a row a tick with a withdrawal of
// every third row in between.
func (s *store) run(root Node, standing bool) (*sink, error) {
	s.t.Helper()
	p, err := pool.New(pool.Config{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer p.Close()
	c := fn.NewCtx(nil, 0)
	if root, err = Instantiate(root, c); err != nil {
		return nil, err
	}
	g := exec.NewGraph(p, col.Seed{1, 2}, new(atomic.Uint64))
	var report func(*exec.RowFault) error
	if standing { // a row in error is absent until it is corrected
		report = func(*exec.RowFault) error { return nil }
	}
	flow := exec.NewDataflow(1, "test", standing, &pool.Owner{Name: "test"}, report)
	b := g.NewBuilder(flow, c)
	sources := map[catalog.OID]exec.Ref{}
	ref := Build(&Builder{Builder: b, Source: func(scan *Scan) exec.Ref {
		r := s.cat.Relation(scan.Relation)
		if _, ok := sources[r.OID]; !ok {
			sources[r.OID] = g.NewSource(exec.SourceSpec{Types: r.Types(), AppendOnly: !standing, Watermark: -1})
		}
		return b.Project(sources[r.OID], columnsProject(&Values{Columns: rowColumns(r)}, scan.Positions()).Exprs)
	}}, root)
	out := &sink{rows: map[string]int64{}}
	b.Add(out, nil, false, ref)
	s.feed(g, flow, sources, standing)
	if err := flow.Failed(); err != nil && err.Error() != enough {
		return nil, err
	}
	return out, nil
}

// enough is how a limit ends a dataflow that runs once.
const enough = "enough rows"

func rowColumns(r *catalog.Relation) (out []col.Column) {
	for _, c := range r.Columns {
		out = append(out, col.Column{Name: c.Name, Type: c.Type})
	}
	return out
}

func (s *store) feed(g *exec.Graph, flow *exec.Dataflow, sources map[catalog.OID]exec.Ref, standing bool) {
	g.TouchAll(flow)
	tick := uint64(1)
	g.Begin(tick, 0, true)
	if !standing {
		for oid, src := range sources {
			if b := s.rows[oid]; b != nil {
				g.Feed(src, b)
			}
		}
		g.Flush()
		return
	}
	g.Flush()
	for r := range s.cat.Relations() {
		src, ok := sources[r.OID]
		if all := s.rows[r.OID]; ok && all != nil {
			for i := range all.N {
				weights := []int64{1}
				if i%3 == 0 && r.Kind == catalog.Table {
					weights = []int64{1, -1, 1}
				}
				for _, w := range weights {
					tick++
					g.Begin(tick, 0, true)
					one := col.NewBatch(r.Types()...)
					one.AppendRow(all, i, w)
					g.Feed(src, one)
					g.Flush()
				}
			}
		}
	}
}

// `query` runs a query once over the tables, and as a view that is kept while rows come and
// go; both must have the same rows. The answers in the files were compared with PostgreSQL's.
func TestAnswers(t *testing.T) {
	datadriven.Walk(t, "testdata/answers", func(t *testing.T, path string) {
		s := &store{world: newWorld(t), rows: map[catalog.OID]*col.Batch{}}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.t = t
			switch d.Cmd {
			case "statement":
				for _, p := range s.must(d.Input) {
					if p.Insert != nil {
						s.insert(p.Insert)
					}
				}
				return ""
			case "query":
				return s.answer(t, d.Input, d.HasArg("once"))
			}
			d.Fatalf(t, "unknown command %s", d.Cmd)
			return ""
		})
	})
}

// onWorkers runs a plan on several workers, over the tables as they are, or while rows come and
// go.
func (s *store) onWorkers(root Node, standing bool) {
	s.t.Helper()
	root, err := Instantiate(root, fn.NewCtx(nil, 0))
	if err != nil {
		s.t.Fatal(err)
	}
	relations, whole := map[catalog.OID]feed{}, tick{rows: map[catalog.OID]*col.Batch{}}
	ticks := []tick{{}} // the first brings nothing
	for r := range s.cat.Relations() {
		relations[r.OID] = feed{types: r.Types(), grows: !standing, watermark: -1}
		if all := s.rows[r.OID]; all != nil {
			whole.rows[r.OID] = all
			ticks = append(ticks, comeAndGo(r, all)...)
		}
	}
	if !standing {
		ticks = []tick{whole}
	}
	sameOnWorkers(s.t, root, standing, relations, ticks)
	if s.t.Failed() {
		s.t.Log(strings.Join(Explain(root), "\n"))
	}
}

// comeAndGo brings rows four a tick; of a table some of them go again, and come back.
func comeAndGo(r *catalog.Relation, all *col.Batch) (out []tick) {
	for from := 0; from < all.N; from += 4 {
		for _, w := range []int64{1, -1, 1} {
			b := col.NewBatch(all.Types()...)
			for i := from; i < min(from+4, all.N); i++ {
				if len(out)%3 == 0 || r.Kind == catalog.Table && i%3 == 0 {
					b.AppendRow(all, i, w)
				}
			}
			out = append(out, tick{rows: map[catalog.OID]*col.Batch{r.OID: b}})
		}
	}
	return out
}

func (s *store) answer(t *testing.T, text string, onceOnly bool) string {
	plans, err := s.world.run(text)
	if err != nil {
		return describeError(text, err)
	}
	once, err := s.run(plans[0].Query.Root, false)
	if err != nil {
		return describeError(text, err)
	}
	if !onceOnly {
		var names []string
		for i := range plans[0].Columns {
			names = append(names, fmt.Sprintf("c%d", i))
		}
		view := s.must("CREATE MATERIALIZED VIEW test_view (" + strings.Join(names, ", ") + ") AS " + text)[0].Change.View
		s.must("DROP MATERIALIZED VIEW test_view")
		root, _, err := Parse(Text(view))
		if err != nil {
			t.Fatal(err)
		}
		s.onWorkers(root, true)
		kept, err := s.run(root, true)
		if err != nil {
			t.Errorf("as a view: %s\n%s", describeError("", err), strings.Join(Explain(view), "\n"))
		} else if a, b := once.bag(t), kept.bag(t); !slices.Equal(a, b) {
			t.Errorf("once\n%s\nas a view\n%s\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"), strings.Join(Explain(view), "\n"))
		}
	}
	s.onWorkers(plans[0].Query.Root, false)
	rows := once.order
	if !strings.Contains(strings.ToUpper(text), "ORDER BY") {
		rows = once.bag(t)
	}
	var b bytes.Buffer
	for _, r := range rows {
		fmt.Fprintln(&b, r)
	}
	return b.String()
}
