package nexbench

import (
	"strings"
	"sync/atomic"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/connect/nexmark/queries"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/parse"
	"github.com/millracedb/millrace/storage/pool"
	"github.com/millracedb/millrace/storage/table"
)

// flow is the dataflow under test.
type flow struct {
	g       *exec.Graph
	owner   *pool.Owner
	flow    *exec.Dataflow
	sources map[string]exec.Ref
	sinks   []*sink // by worker
	digests []*digest
	store   *table.Store
	pins    *table.Pins
}

// build plans the query and builds its dataflow.
func build(p *pool.Pool, o Options) (*flow, error) {
	cat, err := schema()
	if err != nil {
		return nil, err
	}
	text, err := queries.Text(o.Query)
	if err != nil {
		return nil, err
	}
	return buildQuery(p, cat, strings.TrimRight(strings.TrimSpace(text), ";"), o)
}

// buildQuery is build for a text over the relations of a catalog.
func buildQuery(p *pool.Pool, cat *catalog.Catalog, text string, o Options) (*flow, error) {
	view := "CREATE MATERIALIZED VIEW bench AS " + text
	plan, err := statement(cat, view)
	if err != nil {
		return nil, err
	}
	f := &flow{owner: &pool.Owner{Name: o.Query}, sources: map[string]exec.Ref{}}
	f.g = exec.NewGraphs(p, col.Seed{0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93}, new(atomic.Uint64), o.Workers, o.Workers)
	ctx := fn.NewCtx(&datetime.Settings{}, 0)
	root, err := planner.Instantiate(plan.Change.View, ctx)
	if err != nil {
		return nil, err
	}
	f.addSources(cat, root)
	f.flow = f.g.Standing(1, o.Query, f.owner, ctx, func(b *exec.Builder) {
		top := planner.Build(&planner.Builder{Builder: b, Source: func(s *planner.Scan) exec.Ref { return f.source(b, cat, s) }}, root)
		if o.View {
			f.addStore(b, plan.Change.Created[0].PrimaryKey, top)
			top = b.Materialize(top, f.store)
		}
		f.addSink(b, o, top)
	})
	return f, nil
}

// addSink adds a worker's end of the dataflow.
func (f *flow) addSink(b *exec.Builder, o Options, top exec.Ref) {
	if o.Digest {
		d := &digest{}
		f.digests = append(f.digests, d)
		b.Add(d, nil, true, top)
		return
	}
	s := &sink{}
	f.sinks = append(f.sinks, s)
	b.Add(s, nil, true, top)
}

// addStore makes the view's store when the first worker's part of it is built.
func (f *flow) addStore(b *exec.Builder, key []int, top exec.Ref) {
	if f.store != nil {
		return
	}
	f.pins = table.NewPins(0)
	shape := table.Multiset
	switch {
	case b.AppendOnly(top):
		shape, key = table.Bag, nil
	case key != nil:
		shape = table.Keyed
	}
	f.store = table.New(table.Config{Types: b.Types(top), Key: key, Shape: shape, Seed: f.g.Seed})
}

// addSources adds the nodes that stand in for the streams that a plan reads.
func (f *flow) addSources(cat *catalog.Catalog, n planner.Node) {
	for _, in := range n.Inputs() {
		f.addSources(cat, in)
	}
	s, ok := n.(*planner.Scan)
	if !ok {
		return
	}
	r := cat.Relation(s.Relation)
	if _, known := f.sources[r.Name]; known {
		return
	}
	w := -1
	if r.Watermark != nil {
		w = r.Watermark.Column
	}
	var types []col.Type
	for _, c := range r.Columns {
		if !c.Hidden {
			types = append(types, c.Type)
		}
	}
	f.sources[r.Name] = f.g.NewSource(exec.SourceSpec{Types: types, AppendOnly: r.Kind == catalog.Stream, Watermark: w, Promise: true})
}

// source projects a stream's node to the columns of a scan.
func (f *flow) source(b *exec.Builder, cat *catalog.Catalog, s *planner.Scan) exec.Ref {
	exprs := make([]expr.Expr, len(s.Columns))
	for i, c := range s.Columns {
		exprs[i] = expr.NewColumn(c.Position, c.Type)
	}
	return b.Project(f.sources[cat.Relation(s.Relation).Name], exprs)
}

// schema is the catalog with the streams of the benchmark.
func schema() (*catalog.Catalog, error) {
	cat := catalog.New("millrace")
	text, err := queries.Text("schema")
	if err != nil {
		return nil, err
	}
	all, err := parse.Statements(text)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if _, fill := s.Tree.(*ast.Insert); fill {
			continue
		}
		p, err := planner.Statement(environment(cat, s.Text), s.Tree, nil)
		if err != nil {
			return nil, err
		}
		if cat, err = cat.Apply(p.Change.Diff); err != nil {
			return nil, err
		}
	}
	return cat, nil
}

func environment(cat *catalog.Catalog, text string) *planner.Env {
	return &planner.Env{Catalog: cat, OIDs: catalog.NewOIDs(cat), Text: text, Path: []string{"public"}, User: "millrace", Database: "millrace", Times: &datetime.Settings{}}
}

func statement(cat *catalog.Catalog, text string) (*planner.Plan, error) {
	s, err := parse.One(text)
	if err != nil {
		return nil, err
	}
	return planner.Statement(environment(cat, s.Text), s.Tree, nil)
}

// sink folds what comes to one worker into a checksum that does not depend on the order of
// rows, nor on how they are divided.
type sink struct {
	sum  uint64
	rows int64
	hash []uint64
	cols []*col.Vector
}

// Apply folds a batch.
func (s *sink) Apply(_ *exec.Tick, _ int, b *col.Batch, _ exec.Emit) error {
	b = b.Compact()
	if cap(s.hash) < b.N {
		s.hash = make([]uint64, b.N, 2*b.N)
	}
	s.hash, s.cols = s.hash[:b.N], s.cols[:0]
	for i := range b.Cols {
		s.cols = append(s.cols, col.IdentityOf(&b.Cols[i]))
	}
	seed := col.Seed{1, 2}
	seed.Keys(s.hash, s.cols)
	sum := s.sum
	if b.W == nil {
		for _, h := range s.hash {
			sum += h
		}
	} else {
		for i, h := range s.hash {
			sum += h * uint64(b.W[i])
		}
	}
	s.sum = sum
	s.rows += int64(b.N)
	return nil
}

// Flush has nothing to say.
func (s *sink) Flush(*exec.Tick, exec.Emit) error { return nil }
