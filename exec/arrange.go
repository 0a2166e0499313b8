package exec

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// Arrange owns state indexed by a key and hands its complete, consolidated change to the
// joins that probe it: to the early ports before the change is merged, to the late ones
// after it. It is shared by every operator of the graph that needs the same columns of
// the same node by the same key.
type Arrange struct {
	keys    []int
	payload []int // input columns that stand in the payload, in order
	place   []int // of an input column: its place in the payload, or -1-k for key k
	skip    bool  // rows with a NULL key meet nobody and are not kept
	merge   bool  // somebody probes the state
	open    bool  // what it meets is complete: rows are handed on as they come
	state   arranged
	ages    *ages // nil: no row is ever forgotten
	cons    consolidator

	// An arrangement that views share is read through a node in each of them:
	of    *Arrange // the shared one; nil: this one has a state of its own
	cols  []int    // the relation's columns, of which
	from  []int    // these are their places in the shared one
	whole bool     // it has no others

	pending []*col.Batch
	kept    col.Batch // what rows returned last
	own     *col.Batch
	types   []col.Type
	ownUsed bool
	held    int64 // bytes that are booked for the step, in a private graph
}

// arranged is the state of an Arrange: a state.Arrangement or, where rows are forgotten by
// their time, state.Generations or state.Paned. See there for what the methods promise.
type arranged interface {
	Merge(keys []*col.Vector, hash []uint64, rows *col.Batch) error
	Probe(keys []*col.Vector, hash []uint64, cols []int, f func(left []uint32, rows *col.Batch) error) error
	Weight(w []int64, keys []*col.Vector, hash []uint64)
}

type arrangeKey struct {
	input Ref
	keys  string
	skip  bool
	time  int
}

// arrange adds an Arrange of in by the keys, or returns the one that stands. time is the
// column by which its readers let rows go, -1: they never do. Where it is one of the keys,
// rows may be retracted until then; else the input only grows.
func (b *Builder) arrange(in Ref, keys []int, skipNulls bool, time int) Ref {
	k := arrangeKey{in, fmt.Sprint(keys), skipNulls, time}
	if r, ok := b.arr[k]; ok {
		return r
	}
	if time < 0 {
		if r, ok := b.arrangeShared(in, keys, skipNulls); ok {
			b.arr[k] = r
			return r
		}
	}
	return b.gather(in, keys, skipNulls, time)
}

// gather adds an Arrange of in that is this dataflow's own, or returns the one that stands: for
// who is served its changes and may keep the rows elsewhere.
func (b *Builder) gather(in Ref, keys []int, skipNulls bool, time int) Ref {
	k := arrangeKey{in, fmt.Sprint(keys), skipNulls, time}
	if r, ok := b.arr[k]; ok {
		return r
	}
	types := b.Types(in)
	a := &Arrange{keys: keys, skip: skipNulls, types: types, cons: consolidator{seed: b.g.Seed, stop: b.g.work}}
	a.own = col.NewBatch(types...)
	// What is never retracted need not be found again: no row is compared when it comes.
	l := state.ArrLayout{AppendOnly: b.AppendOnly(in), Unique: b.AppendOnly(in)}
	for _, k := range keys {
		l.Keys = append(l.Keys, types[k])
	}
	a.lay(&l)
	if time < 0 {
		arr := b.newArrangement(l)
		if a.state = arr; b.once && l.Unique && len(l.Keys) == 1 && countsKeys(l.Keys[0]) {
			a.state = newDenseRows(b.g, arr, l)
		}
	} else if k := slices.Index(keys, time); k >= 0 {
		shift := uint(minuteShift)
		if b.windowed(in, time) {
			shift = 0
		}
		panes := b.newPaned(l, k, shift)
		a.state, a.ages = panes, &ages{rows: panes}
	} else {
		gens := b.newGenerations(l, a.place[time])
		a.state, a.ages = gens, &ages{rows: gens}
	}
	r := b.Add(a, types, b.AppendOnly(in), in)
	b.carrySame(r)
	b.arr[k] = r
	return r
}

// lay says which columns stand in the payload, and of which types they are.
func (a *Arrange) lay(l *state.ArrLayout) {
	for c, t := range a.types {
		if i := slices.Index(a.keys, c); i >= 0 && col.CanonicalSame(t) {
			a.place = append(a.place, -1-i)
			continue
		}
		a.place = append(a.place, len(a.payload))
		a.payload = append(a.payload, c)
		if l != nil {
			l.Payload = append(l.Payload, t)
		}
	}
}

// Apply keeps the batch until the flush: by reference when it lasts for the step.
func (a *Arrange) Apply(t *Tick, _ int, b *col.Batch, _ Emit) error {
	if a.of != nil {
		return a.hand(t, b)
	}
	if a.open {
		a.pass(t, b)
		return nil
	}
	if b.Step && (b.Sel == nil || len(a.pending) == 0) {
		a.pending = append(a.pending, b.Compact())
		return nil
	}
	if !a.ownUsed {
		a.own.Reset()
		a.ownUsed = true
		a.pending = append(a.pending, a.own)
	}
	n := a.own.N
	a.own.AppendBatch(b)
	if t.g.owner != nil {
		a.book(t.g, bytesOf(b))
	}
	a.own.Consolidated = n == 0 && b.Consolidated
	return nil
}

// pass serves the ports with a batch at once: nothing waits for the step's whole change.
func (a *Arrange) pass(t *Tick, b *col.Batch) {
	d := *a.dropNullKeys(b.Compact())
	if d.N == 0 {
		return
	}
	if !d.Step && !d.Stable && d.HasStrings() { // joins hand them on
		own := col.NewBatch(a.types...)
		own.AppendBatch(&d)
		d = *own
	}
	if a.byHash(t) {
		a.hashed(&d)
	}
	a.serve(t.g, t.n, &d, Late)
}

// byHash reports whether a reader looks the keys up by their hashes.
func (a *Arrange) byHash(t *Tick) bool {
	return slices.ContainsFunc(t.n.ports, func(p Port) bool {
		j, ok := t.g.nodes[p.To].op.(*Join)
		return !ok || j.byHash(p.In)
	})
}

// Flush is not called: an Arrange flushes through flush, which serves its ports.
func (a *Arrange) Flush(*Tick, Emit) error { return nil }

// flush completes the step's change and serves early ports, merge, late ports.
func (a *Arrange) flush(g *Graph, n *node) error {
	if g.owner != nil {
		a.book(g, a.copies())
		defer a.letGo(g)
		if err := g.outOfMemory(); err != nil {
			return err
		}
	}
	delta := a.complete()
	a.pending, a.ownUsed = a.pending[:0], false
	if delta == nil || delta.N == 0 {
		return nil
	}
	keys := a.hashed(delta)
	a.serve(g, n, delta, Early)
	if a.merge {
		if err := a.mergeAll(g, keys, delta); err != nil {
			return err
		}
	}
	a.serve(g, n, delta, Late)
	return nil
}

// book books on a private graph's owner what the Arrange has on the heap for the step.
func (a *Arrange) book(g *Graph, n int64) {
	a.held += n
	g.book(n)
}

// letGo gives that back: the rows lie in the state now.
func (a *Arrange) letGo(g *Graph) {
	if a.held > 1<<16 {
		a.own = col.NewBatch(a.types...)
	}
	a.book(g, -a.held)
}

// copies is the bytes that completing the step's change takes beside the pending rows: one batch of
// several, the hashes of rows and of their keys, and what adds the weights of identical rows up.
func (a *Arrange) copies() (n int64) {
	for _, b := range a.pending {
		n += 8 * int64(b.N)
		if len(a.pending) > 1 {
			n += bytesOf(b)
		}
		if b.W != nil && !b.Consolidated {
			n += int64(b.N) * int64(32+8*len(b.Cols))
		}
	}
	return n
}

// mergeAll merges a change, of a statement that may be ended in parts.
func (a *Arrange) mergeAll(g *Graph, keys []*col.Vector, delta *col.Batch) error {
	defer func() { clear(a.kept.Cols) }() // they hold the step's rows
	if g.stop == nil || delta.N <= col.StepRows {
		return a.state.Merge(keys, delta.Hash, a.rows(delta))
	}
	for from := 0; from < delta.N; from += col.StepRows {
		g.work.did(col.StepRows)
		part := delta.Range(from, min(from+col.StepRows, delta.N))
		if err := a.state.Merge(canonicalKeys(part, a.keys), part.Hash, a.rows(part)); err != nil {
			return err
		}
	}
	return nil
}

func (a *Arrange) serve(g *Graph, n *node, delta *col.Batch, when Timing) {
	for i := range n.ports {
		if p := &n.ports[i]; p.When == when {
			g.deliver(n, p, delta, when == Late)
		}
	}
}

// complete gathers the pending batches into one consolidated batch.
func (a *Arrange) complete() *col.Batch {
	switch len(a.pending) {
	case 0:
		return nil
	case 1:
		return a.dropNullKeys(a.cons.run(a.pending[0]))
	}
	all := col.NewBatch(a.types...)
	for _, b := range a.pending {
		all.AppendBatch(b)
	}
	return a.dropNullKeys(a.cons.run(all))
}

func (a *Arrange) dropNullKeys(b *col.Batch) *col.Batch {
	if !a.skip || b == nil {
		return b
	}
	nulls := false
	for _, k := range a.keys {
		nulls = nulls || b.Cols[k].AnyNull()
	}
	if !nulls {
		return b
	}
	out := *b
	out.Sel = make([]uint32, 0, b.N)
rows:
	for i := range b.N {
		for _, k := range a.keys {
			if b.Cols[k].Null(i) {
				continue rows
			}
		}
		out.Sel = append(out.Sel, uint32(i))
	}
	return out.Compact()
}

// hashed sets the batch's key hashes and returns the canonical keys.
func (a *Arrange) hashed(b *col.Batch) []*col.Vector {
	keys := canonicalKeys(b, a.keys)
	if b.Hash == nil || !slices.Equal(b.HashOf, a.keys) {
		b.Hash, b.HashOf = make([]uint64, b.N), a.keys
		a.cons.seed.Keys(b.Hash, keys)
	}
	return keys
}

func canonicalKeys(b *col.Batch, keys []int) []*col.Vector {
	return appendKeys(make([]*col.Vector, 0, len(keys)), b, keys)
}

// appendKeys is canonicalKeys into memory that lasts from batch to batch.
func appendKeys(out []*col.Vector, b *col.Batch, keys []int) []*col.Vector {
	for _, k := range keys {
		out = append(out, col.CanonicalOf(&b.Cols[k]))
	}
	return out
}

// rows is the batch with just the payload columns, in the form that states keep: good until the
// next.
func (a *Arrange) rows(b *col.Batch) *col.Batch {
	a.kept = col.Batch{N: b.N, W: b.W, Cols: growTo(a.kept.Cols, len(a.payload))}
	for i, c := range a.payload {
		a.kept.Cols[i] = *b.Cols[c].StoredKind()
	}
	return &a.kept
}
