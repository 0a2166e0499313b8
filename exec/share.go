package exec

import (
	"encoding/json"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/storage/pool"
	"github.com/millracedb/millrace/storage/table"
)

// An arrangement of a relation's columns by a key is shared by all who need it, across views
// (D1, R7): it is a dataflow of its own, below the views that read it, and goes when the last
// of them goes. A view reads it through a node that stands for an Arrange of its own
// (Arrange.of). What joins forget by time is not shared, for each needs the rows for as long as
// its own condition says; nor are rows of a stream with a retention, of which a view keeps those
// that there were when it was made and all that came since.

// shareSpec says what a shared arrangement holds. Columns are places in the relation.
type shareSpec struct {
	Rel    uint32
	Keys   []int
	Placed bool  // its rows are placed among the workers by the hash of
	Place  []int // these columns
	Skip   bool  // rows with a NULL key are left out
	Parts  int   // workers among which it is divided
	Cols   []int // what it holds, in their order
}

// name is what checkpoints know it by.
func (s shareSpec) name() string {
	b, err := json.Marshal(s)
	if err != nil { // a struct of numbers always encodes
		panic(err)
	}
	return string(b)
}

// alike reports whether two differ in nothing but the rows and columns they have.
func (s shareSpec) alike(o shareSpec) bool {
	return s.Rel == o.Rel && slices.Equal(s.Keys, o.Keys) && s.Placed == o.Placed && slices.Equal(s.Place, o.Place) && s.Parts == o.Parts
}

// covers reports whether who needs o can read s. One who wants no NULL keys never asks for
// them.
func (s shareSpec) covers(o shareSpec) bool {
	return s.alike(o) && (s.Skip == o.Skip || !s.Skip) &&
		!slices.ContainsFunc(o.Cols, func(c int) bool { return !slices.Contains(s.Cols, c) })
}

// share is a shared arrangement. It belongs to the goroutine that owns the tick, or to the one
// that fills a view while it is that view's alone.
type share struct {
	spec  shareSpec
	rel   *relation
	owner *pool.Owner
	flow  *Dataflow   // of the first worker
	parts []*Dataflow // of all
	made  Ref         // its Arrange, in the graph in which it was made
	node  Ref         // the same in the engine's graph
	users int         // dataflows that read it
	views int         // of them, those that last
}

// shares are the arrangements that stand in the engine's graph.
type shares struct{ list []*share }

func (s *shares) covering(want shareSpec) *share {
	for _, x := range s.list {
		if x.spec.covers(want) {
			return x
		}
	}
	return nil
}

func (s *shares) named(name string) *share {
	for _, x := range s.list {
		if x.spec.name() == name {
			return x
		}
	}
	return nil
}

// arrangeShared finds or makes a shared arrangement for columns of a relation and adds the node
// by which this dataflow reads it; false: in is something else.
func (b *Builder) arrangeShared(in Ref, keys []int, skip bool) (Ref, bool) {
	if b.src == nil || b.once {
		return 0, false
	}
	x, ok := b.plainColumns(in)
	if !ok {
		return 0, false
	}
	want := shareSpec{Rel: x.rel.OID, Keys: pickInts(x.cols, keys), Skip: skip, Parts: b.parts, Cols: slices.Sorted(slices.Values(x.cols))}
	if x.place != nil {
		want.Placed, want.Place = true, pickInts(x.cols, x.place)
	}
	s := b.shareFor(want, x)
	if s == nil {
		return 0, false
	}
	b.src.reads = append(b.src.reads, s)
	return b.readShared(s, x.cols, keys, skip, b.Types(in)), true
}

// relationColumns are columns of a relation as a node of it passes them on.
type relationColumns struct {
	rel   *relation
	base  Ref   // the relation's node
	cols  []int // of the relation
	place []int // places in cols by whose hash an exchange brings them to the workers; nil: none
}

// plainColumns finds out whether a node passes on columns of a relation and does nothing else
// but bring them to other workers.
func (b *Builder) plainColumns(in Ref) (x relationColumns, ok bool) {
	n := b.g.nodes[in]
	if ex, is := n.op.(*Exchange); is {
		x.place = append([]int{}, ex.keys...)
		in = n.inputs[0]
		n = b.g.nodes[in]
	}
	x.cols = firstN(len(n.types))
	for {
		p, is := n.op.(*Project)
		if !is || p.computed {
			break
		}
		for i, c := range x.cols {
			column, plain := p.exprs[c].(*expr.Column)
			if !plain {
				return x, false
			}
			x.cols[i] = column.Index
		}
		in = n.inputs[0]
		n = b.g.nodes[in]
	}
	x.base, x.rel = in, b.src.bases[in]
	sorted := slices.Sorted(slices.Values(x.cols))
	return x, x.rel != nil && len(slices.Compact(sorted)) == len(x.cols)
}

// shareFor finds or makes the arrangement; nil: there is to be none, as it was when the view
// was made.
func (b *Builder) shareFor(want shareSpec, x relationColumns) *share {
	forgets := x.rel.Retention != (table.Retention{})
	if !b.src.own {
		if forgets && !b.src.readNext(x.rel) {
			return nil
		}
		return b.shareRestored(x)
	}
	if forgets {
		return nil
	}
	for _, s := range b.src.made() {
		if s.spec.covers(want) {
			return s
		}
	}
	if b.src.wide(want) {
		want.Cols = firstN(len(x.rel.Types))
	}
	return b.makeShare(want, x)
}

// wide reports whether one with more columns than are asked for is to be made: when some stand
// that do not have them all. Else each view might bring another set of columns.
func (s *sources) wide(want shareSpec) bool {
	s.e.shareMu.Lock()
	defer s.e.shareMu.Unlock()
	return s.e.shares.covering(want) == nil && slices.ContainsFunc(s.e.shares.list, func(x *share) bool { return x.spec.alike(want) })
}

// shareRestored finds the arrangement that a checkpoint says is read here, or makes it again.
func (b *Builder) shareRestored(x relationColumns) *share {
	k := len(b.src.reads)
	if k >= len(b.src.listed) {
		return nil
	}
	name := b.src.listed[k]
	if s := b.src.e.shares.named(name); s != nil {
		return s
	}
	for _, s := range b.src.made() {
		if s.spec.name() == name {
			return s
		}
	}
	var spec shareSpec
	if json.Unmarshal([]byte(name), &spec) != nil || spec.Rel != x.rel.OID {
		return nil
	}
	return b.makeShare(spec, x)
}

// readNext reports whether the next arrangement that a checkpoint says is read is of a relation.
func (s *sources) readNext(r *relation) bool {
	var spec shareSpec
	k := len(s.reads)
	return k < len(s.listed) && json.Unmarshal([]byte(s.listed[k]), &spec) == nil && spec.Rel == r.OID
}

// made lists the arrangements of this build that this worker has its part of.
func (s *sources) made() []*share { return s.first().shares[:s.making] }

// first is the sources of the build's first worker.
func (s *sources) first() *sources {
	if s.leader != nil {
		return s.leader
	}
	return s
}

// makeShare adds this worker's part of an arrangement to the graph.
func (b *Builder) makeShare(spec shareSpec, x relationColumns) *share {
	first, k := b.src.first(), b.src.making
	if k == len(first.shares) {
		owner := &pool.Owner{Name: "arrangement of " + x.rel.Name, Volatile: b.flow.owner.Volatile}
		first.shares = append(first.shares, &share{spec: spec, rel: x.rel, owner: owner})
	}
	b.src.making++
	s := first.shares[k]
	d := NewDataflow(x.rel.OID, x.rel.Name, true, s.owner, nil)
	d.key, d.g = spec.name(), b.g
	s.parts = append(s.parts, d)
	if b.g.owner != nil {
		b.g.owners = append(b.g.owners, s.owner)
	}
	sub := &Builder{g: b.g, flow: d, ctx: b.ctx, parts: b.parts, arr: map[arrangeKey]Ref{}, plan: -1}
	at := func(cols []int) []int {
		out := make([]int, len(cols))
		for i, c := range cols {
			out[i] = slices.Index(spec.Cols, c)
		}
		return out
	}
	in := sub.narrow(x.base, spec.Cols)
	if spec.Placed {
		in = sub.Exchange(in, at(spec.Place))
	}
	s.made = sub.arrange(in, at(spec.Keys), spec.Skip, -1)
	s.node = s.made
	b.g.nodes[s.made].arr.merge = true
	return s
}

// readShared adds the node that stands for an Arrange of this dataflow's own.
func (b *Builder) readShared(s *share, cols, keys []int, skip bool, types []col.Type) Ref {
	a := &Arrange{keys: keys, skip: skip, types: types, cols: cols, cons: consolidator{seed: b.g.Seed}}
	a.lay(nil)
	a.read(s, b.g.nodes[s.node].arr)
	r := b.g.add(&node{op: a, flow: b.flow, plan: b.plan, types: types, appendOnly: b.AppendOnly(s.node), inputs: []Ref{s.node}})
	b.flow.nodes = append(b.flow.nodes, r)
	b.g.nodes[s.node].readBy(r)
	for i, from := range a.from {
		b.Carry(r, i, 0, from, nil)
	}
	return r
}

// readBy lets a reader be served before and after the merge.
func (n *node) readBy(r Ref) {
	n.ports, n.fan = append(n.ports, Port{To: r, When: Early}, Port{To: r, When: Late}), nil
}

// read lets a node read a shared arrangement, which has its columns.
func (a *Arrange) read(s *share, of *Arrange) {
	a.of, a.from = of, make([]int, len(a.cols))
	for i, c := range a.cols {
		a.from[i] = slices.Index(s.spec.Cols, c)
	}
	m := &sharedState{of: of.state}
	for _, c := range a.payload {
		m.at = append(m.at, of.place[a.from[c]])
	}
	a.state = m
	a.whole = len(s.spec.Cols) == len(a.cols)
}

// readInstead lets a node read another arrangement than it was made with.
func (n *node) readInstead(s *share, of *Arrange) {
	n.arr.read(s, of)
	for i := range n.carry {
		n.carry[i].col = n.arr.from[n.carry[i].out]
	}
}

// flushes is the node whose flush serves the readers of an Arrange: the shared one's, if it
// stands for that.
func (g *Graph) flushes(r Ref) Ref {
	if g.nodes[r].arr.of != nil {
		return g.nodes[r].inputs[0]
	}
	return r
}

// hand serves a part of the shared arrangement's change to the readers of this node.
func (a *Arrange) hand(t *Tick, b *col.Batch) error {
	when := Early
	if t.merged {
		when = Late
	}
	if !slices.ContainsFunc(t.n.ports, func(p Port) bool { return p.When == when }) {
		return nil
	}
	d := *b
	d.Cols = make([]col.Vector, len(a.from))
	for i, c := range a.from {
		d.Cols[i] = b.Cols[c]
	}
	d.HashOf = a.keys
	part := &d
	if !a.whole && d.W != nil && !d.AppendOnly { // columns that nobody reads here may have changed
		d.Consolidated = false
		part = a.cons.run(part)
	}
	if a.skip {
		part = a.dropNullKeys(part)
	}
	if part.N == 0 {
		return nil
	}
	a.hashed(part)
	a.serve(t.g, t.n, part, when)
	return nil
}

// sharedState is a shared arrangement's state, its payload in the order of a reader's.
type sharedState struct {
	of arranged
	at []int
}

// Merge is never called: the shared arrangement merges its own change.
func (s *sharedState) Merge([]*col.Vector, []uint64, *col.Batch) error {
	return defect("a shared arrangement is merged by a reader")
}

func (s *sharedState) Probe(keys []*col.Vector, hash []uint64, cols []int, f func(left []uint32, rows *col.Batch) error) error {
	return s.of.Probe(keys, hash, pickInts(s.at, cols), f)
}

func (s *sharedState) Weight(w []int64, keys []*col.Vector, hash []uint64) {
	s.of.Weight(w, keys, hash)
}

func pickInts(from, at []int) []int {
	out := make([]int, len(at))
	for i, x := range at {
		out[i] = from[x]
	}
	return out
}

// sweep takes away what a dataflow has of a relation's columns and nobody reads any more.
func (b *Builder) sweep() {
	place, kept := map[int]int{}, b.flow.nodes[:0:0]
	gone := map[Ref]bool{}
	for _, r := range slices.Backward(b.flow.nodes) {
		n := b.g.nodes[r]
		_, exchange := n.op.(*Exchange)
		p, project := n.op.(*Project)
		if len(n.ports) == 0 && (exchange || project && !p.computed) {
			b.g.unport(r)
			b.g.nodes[r], gone[r] = tombstone, true
		}
	}
	for i, r := range b.flow.nodes {
		if place[i] = len(kept); !gone[r] {
			kept = append(kept, r)
		}
	}
	for i := range b.flow.states {
		b.flow.states[i].of = place[b.flow.states[i].of]
	}
	b.flow.nodes = kept
}
