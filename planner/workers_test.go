package planner

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/pool"
)

// team runs one plan as several workers would: each has the plan's operators in a graph and a
// goroutine of its own, rows of relations come at any of them, and only exchanges bring rows
// from one to another. It checks, at each, what the plan says of where rows are.
type team struct {
	t         testing.TB
	sites     []*site
	relations map[catalog.OID]feed
	standing  bool
	leaveOut  int // the exchange that lets rows stay where they are; -1: none
	points    []point
	rng       *rand.Rand

	stop    chan struct{} // closed when a worker has failed
	stopped sync.Once
	mu      sync.Mutex
	wrong   []string // what was said and did not hold
}

// feed is a relation that scans read, and its column that carries a watermark; -1: none.
type feed struct {
	types     []col.Type
	grows     bool
	watermark int
}

// site is one worker.
type site struct {
	*team
	at      int
	n       int // of workers
	pool    *pool.Pool
	g       *exec.Graph
	flow    *exec.Dataflow
	b       *Builder
	sources map[catalog.OID]exec.Ref
	out     *sink
	faults  map[string]int64
}

// tick is what one tick brings, and the watermarks after it.
type tick struct {
	rows  map[catalog.OID]*col.Batch
	marks map[catalog.OID]int64
}

// answered is what a tick changed in the answer and in the rows that cannot be computed.
type answered struct {
	rows, faults map[string]int64
	order        []string
}

func newTeam(t testing.TB, n int, standing bool, relations map[catalog.OID]feed, leaveOut int) *team {
	tm := &team{t: t, relations: relations, standing: standing, leaveOut: leaveOut, rng: rand.New(rand.NewPCG(uint64(n), 7)), stop: make(chan struct{})}
	for i := range n {
		p, err := pool.New(pool.Config{})
		if err != nil {
			t.Fatal(err)
		}
		tm.sites = append(tm.sites, &site{team: tm, at: i, n: n, pool: p})
	}
	return tm
}

// run builds a plan, runs it through the ticks and says what came of each.
func (tm *team) run(root Node, ticks []tick) (out []answered, err error) {
	for _, s := range tm.sites {
		defer s.pool.Close()
		s.build(root)
	}
	for i, k := range ticks {
		parts := tm.dealt(k)
		var wait sync.WaitGroup
		for _, s := range tm.sites {
			wait.Go(func() { s.tick(uint64(i+1), parts[s.at], k.marks) })
		}
		wait.Wait()
		for _, s := range tm.sites {
			if e := s.flow.Failed(); e != nil && (err == nil || errors.Is(err, errStopped)) {
				err = e
			}
		}
		if err != nil {
			return nil, err
		}
		out = append(out, tm.gathered())
	}
	return out, nil
}

// dealt gives each row of a tick to some worker.
func (tm *team) dealt(k tick) []map[catalog.OID]*col.Batch {
	parts := make([]map[catalog.OID]*col.Batch, len(tm.sites))
	for i := range parts {
		parts[i] = map[catalog.OID]*col.Batch{}
		for oid := range k.rows {
			parts[i][oid] = col.NewBatch(tm.relations[oid].types...)
		}
	}
	for _, oid := range slices.Sorted(maps.Keys(k.rows)) {
		all := k.rows[oid]
		for i := range all.N {
			parts[tm.rng.IntN(len(parts))][oid].AppendRow(all, i, all.Weight(i))
		}
	}
	return parts
}

func (tm *team) gathered() answered {
	a := answered{rows: map[string]int64{}, faults: map[string]int64{}}
	for _, s := range tm.sites {
		for text, w := range s.out.rows {
			a.rows[text] += w
		}
		for text, w := range s.faults {
			a.faults[text] += w
		}
		a.order = append(a.order, s.out.order...)
		s.out.rows, s.out.order = map[string]int64{}, nil
		clear(s.faults)
	}
	none := func(_ string, w int64) bool { return w == 0 }
	maps.DeleteFunc(a.rows, none)
	maps.DeleteFunc(a.faults, none)
	return a
}

// refute notes that something the plan says does not hold.
func (tm *team) refute(format string, args ...any) {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	if len(tm.wrong) < 5 {
		tm.wrong = append(tm.wrong, fmt.Sprintf(format, args...))
	}
}

// build adds the plan's operators: one worker alone has what Build makes.
func (s *site) build(root Node) {
	s.sources, s.faults, s.out = map[catalog.OID]exec.Ref{}, map[string]int64{}, &sink{rows: map[string]int64{}}
	s.g = exec.NewGraph(s.pool, col.Seed{1, 2}, new(atomic.Uint64))
	var report func(*exec.RowFault) error
	if s.standing {
		report = func(f *exec.RowFault) error {
			s.faults[f.Err.Error()] += f.Weight
			return nil
		}
	}
	s.flow = exec.NewDataflow(1, "test", s.standing, &pool.Owner{Name: "test"}, report)
	s.b = &Builder{Builder: s.g.NewBuilder(s.flow, fn.NewCtx(nil, 0)), Source: s.source}
	var top exec.Ref
	if s.n == 1 {
		top = Build(s.b, root)
	} else {
		s.b.several, s.b.exchange = true, s.exchange()
		top = build(s.b, rewrite(root, func(n Node) Node { return &placed{n, s} }))
	}
	s.b.Add(s.out, nil, false, top)
}

func (s *site) source(scan *Scan) exec.Ref {
	r := s.relations[scan.Relation]
	src, ok := s.sources[scan.Relation]
	if !ok {
		src = s.g.NewSource(exec.SourceSpec{Types: r.types, AppendOnly: r.grows, Watermark: r.watermark, Promise: r.watermark >= 0})
		s.sources[scan.Relation] = src
	}
	var columns []col.Column
	for _, t := range r.types {
		columns = append(columns, col.Column{Type: t})
	}
	return s.b.Project(src, columnsProject(&Values{Columns: columns}, scan.Positions()).Exprs)
}

// tick runs one tick. All nodes flush in it, so that all workers meet at all exchanges.
func (s *site) tick(number uint64, rows map[catalog.OID]*col.Batch, marks map[catalog.OID]int64) {
	s.g.TouchAll(s.flow)
	s.g.Begin(number, int64(number), true)
	for _, oid := range slices.Sorted(maps.Keys(s.sources)) {
		if b := rows[oid]; b != nil && b.N > 0 {
			s.g.Feed(s.sources[oid], b)
		}
		if w, ok := marks[oid]; ok {
			s.g.SetWatermark(s.sources[oid], s.relations[oid].watermark, w)
		}
	}
	s.g.Flush()
	if s.flow.Failed() != nil {
		s.stopped.Do(func() { close(s.stop) })
	}
}

// carryAll lets all watermarks through a node that hands rows on.
func (s *site) carryAll(r exec.Ref) exec.Ref {
	for c := range s.b.Types(r) {
		s.b.Carry(r, c, 0, c, nil)
	}
	return r
}

// destinations are the workers that the hash of columns names, a worker for each row of a
// dense batch: its top bits are the vnode, and each worker owns as many.
func (s *site) destinations(b *col.Batch, by []int) []int {
	keys, hash, out := make([]*col.Vector, len(by)), make([]uint64, b.N), make([]int, b.N)
	for i, c := range by {
		keys[i] = col.CanonicalOf(&b.Cols[c])
	}
	seed := col.Seed{1, 2}
	seed.Keys(hash, keys)
	for i, h := range hash {
		out[i] = int(h>>58) * s.n / 64
	}
	return out
}

// isHome reports whether rows that are placed by no columns are here.
func (s *site) isHome() bool { return s.destinations(&col.Batch{N: 1}, nil)[0] == s.at }

// placed is a node whose rows are looked at: each must be where the plan says. A node whose
// rows are at one worker is nowhere else.
type placed struct {
	Node
	site *site
}

func (p *placed) WithInputs(in ...Node) Node { return &placed{p.Node.WithInputs(in...), p.site} }

func (p *placed) Build(b *Builder, in []exec.Ref) exec.Ref {
	said := b.known[p]
	if said.placedBy(nil) && !p.site.isHome() {
		if a, ok := p.Node.(*Aggregate); ok && a.anywhere() && !b.known[a.Input].placedBy(nil) {
			a.Build(b, in) // which brings what it makes of the rows here to the first worker
			in = nil
		}
		return b.Add(&look{node: p}, types(p.Schema()), false, in...)
	}
	r := p.Node.Build(b, in)
	return p.site.carryAll(b.Add(&look{p, said.Partitioned, true}, b.Types(r), b.AppendOnly(r), r))
}

// look is the operator that looks at rows.
type look struct {
	node *placed
	by   [][]int
	here bool // rows may come
}

func (l *look) Apply(_ *exec.Tick, _ int, b *col.Batch, emit exec.Emit) error {
	s := l.node.site
	if !l.here {
		s.refute("rows come to a worker without the node: %s", l.node.describe())
		return nil
	}
	dense := b.Compact()
	for _, by := range l.by {
		for i, to := range s.destinations(dense, by) {
			if to != s.at {
				s.refute("not placed by %v: %s of %s", by, rowText(dense, i), l.node.describe())
			}
		}
	}
	return emit(b)
}

func (*look) Flush(*exec.Tick, exec.Emit) error { return nil }

// sameOnWorkers runs a plan on one worker and on four, compares what each tick makes of it, and
// returns how many different rows came or went in all.
func sameOnWorkers(t testing.TB, root Node, standing bool, relations map[catalog.OID]feed, ticks []tick) (rows int) {
	t.Helper()
	want, err := newTeam(t, 1, standing, relations, -1).run(root, ticks)
	four := newTeam(t, 4, standing, relations, -1)
	got, failed := four.run(root, ticks)
	if (err == nil) != (failed == nil) {
		t.Errorf("one worker: %v, four: %v", err, failed)
		return 0
	}
	if i := differs(want, got); i >= 0 {
		t.Errorf("tick %d: one worker\n%v, faults %v\nfour\n%v, faults %v", i, want[i].rows, want[i].faults, got[i].rows, got[i].faults)
	}
	if _, ordered := root.(*Sort); ordered && err == nil && !slices.Equal(want[0].order, got[0].order) {
		t.Errorf("in order: one worker\n%v\nfour\n%v", want[0].order, got[0].order)
	}
	for _, s := range four.wrong {
		t.Error(s)
	}
	if standing && err == nil {
		sameOnGraphs(t, root, relations, ticks, want)
	}
	for _, a := range want {
		rows += len(a.rows)
	}
	return rows
}

// differs is the first tick of which not the same came; -1: there is none.
func differs(want, got []answered) int {
	for i := range want {
		if !maps.Equal(want[i].rows, got[i].rows) || !maps.Equal(want[i].faults, got[i].faults) {
			return i
		}
	}
	return -1
}
