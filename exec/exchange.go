package exec

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// Exchange brings rows to the workers that the hash of some columns names. It is a node of
// every worker's graph, under one number: Apply fills a buffer for each destination; those of
// all workers lie ready when the level below has been flushed (the only barrier that workers
// have), and Flush hands on what the others have for this one, in the order of the senders, so
// that no answer depends on who was first. What it hands on lasts for the step, and has the
// hashes that placed it with it. Its delta rule is the identity.
type Exchange struct {
	keys  []int
	all   bool // every worker gets every row
	parts int  // the workers among which it divides
	seed  col.Seed
	types []col.Type

	step   uint64 // in which the parcels were filled
	to     []parcel
	hash   []uint64
	dest   []uint8  // of the rows of the batch at hand
	sel    []uint32 // what the parcels' selections lie in, batch by batch and then by destination
	placed []uint64 // their hashes

	in     *col.Batch // what the parcels for this worker came to
	hashes []uint64
}

// parcel is what one worker has for another in a step. Rows stay where they lie, if that lasts
// for the step: it is who gets them that puts them together.
type parcel struct {
	parts  []part
	copies []*col.Batch // of rows that do not last; their memory serves again in the next step
	copied int
	views  []*col.Batch // of rows that do, likewise
	viewed int
}

// part is a batch, or with a selection some of its rows, and their hashes if they have been placed.
type part struct {
	batch  *col.Batch
	hashes []uint64
}

// Exchange returns the node that has the rows of in where the hash of their columns keys, in
// this order, places them: a worker owns a range of the hash's top six bits (P2), and the hash
// is that of all keys (V5), over canonical bytes, NULL being a value of its own. Of no keys
// all rows are at the first worker. Types, weights, watermarks and append-only are those of
// in. Asked twice for the same, it returns one node, so that the Arranges above it are shared.
// In a dataflow of one worker it is in itself: every row is where it must be. By Everywhere, all
// rows are at every worker.
func (b *Builder) Exchange(in Ref, keys []int) Ref {
	if b.parts <= 1 {
		return in
	}
	name := exchangeKey{in, fmt.Sprint(keys)}
	if r, ok := b.exchanges[name]; ok {
		return r
	}
	x := newExchange(b.g, keys, b.parts, b.Types(in))
	r := b.Add(x, x.types, b.AppendOnly(in), in)
	b.carrySame(r)
	if b.exchanges == nil {
		b.exchanges = map[exchangeKey]Ref{}
	}
	b.exchanges[name] = r
	return r
}

// Everywhere stands for the keys of an exchange that brings every row to every worker.
var Everywhere = []int{-1}

type exchangeKey struct {
	input Ref
	keys  string
}

func newExchange(g *Graph, keys []int, parts int, types []col.Type) *Exchange {
	return &Exchange{keys: keys, all: slices.Equal(keys, Everywhere), parts: parts, seed: g.Seed, types: types, to: make([]parcel, parts)}
}

// sends is 1 for a node that hands on at a higher level than its inputs'.
func (n *node) sends() int {
	switch n.op.(type) {
	case *Exchange, *relay:
		return 1
	}
	return 0
}

// Apply sorts the batch's rows by their destinations.
func (x *Exchange) Apply(t *Tick, _ int, b *col.Batch, _ Emit) error {
	x.open(t)
	switch {
	case x.all:
		for d := range x.to {
			x.to[d].send(b, x.types)
		}
	case len(x.keys) == 0:
		x.to[0].send(b, x.types)
	default:
		x.divide(b)
	}
	return nil
}

// divide sends each destination its rows of a batch. Which row goes where no processor foresees,
// so no branch depends on it.
func (x *Exchange) divide(b *col.Batch) {
	hashes := x.hashed(b)
	n, from := len(hashes), len(x.sel)
	x.dest = growTo(x.dest, n)
	var at [MaxWorkers + 1]int
	for i, h := range hashes {
		d := workerOf(h, x.parts)
		x.dest[i] = uint8(d)
		at[d+1]++
	}
	for d := range x.parts {
		at[d+1] += at[d]
	}
	x.sel, x.placed = slices.Grow(x.sel, n)[:from+n], slices.Grow(x.placed, n)[:from+n]
	sel, placed := x.sel[from:], x.placed[from:]
	for i, d := range x.dest[:n] {
		k := at[d]
		at[d] = k + 1
		sel[k], placed[k] = uint32(i), hashes[i]
	}
	first := 0
	for d := range x.to {
		if last := at[d]; first < last {
			x.to[d].take(b, sel[first:last:last], placed[first:last:last], x)
			first = last
		}
	}
}

// open empties the parcels at the first batch of a step, and says that there is something.
func (x *Exchange) open(t *Tick) {
	if x.step == t.step {
		return
	}
	x.step = t.step
	x.sel, x.placed = x.sel[:0], x.placed[:0]
	for d := range x.to {
		x.to[d].reset()
	}
	t.g.sent[t.n.level] = append(t.g.sent[t.n.level], t.n.id)
}

// hashed are the hashes of the rows that count.
func (x *Exchange) hashed(b *col.Batch) []uint64 {
	n := b.Len()
	if b.Hash != nil && b.Sel == nil && slices.Equal(b.HashOf, x.keys) {
		return b.Hash[:n]
	}
	keys := canonicalKeys(b, x.keys)
	if b.Sel != nil {
		keys = gatherKeys(keys, b.Sel)
	}
	x.hash = growTo(x.hash, n)
	x.seed.Keys(x.hash, keys)
	return x.hash[:n]
}

// workerOf is who owns a hash, of so many workers.
func workerOf(hash uint64, of int) int { return col.VNode(hash) * of >> 6 }

func (p *parcel) reset() {
	p.parts, p.copied, p.viewed = p.parts[:0], 0, 0
}

// send sends a whole batch.
func (p *parcel) send(b *col.Batch, types []col.Type) {
	if b.Step {
		// A selection is its sender's; and a reader notes hashes in its own.
		p.parts = append(p.parts, part{batch: p.view(b.Compact())})
		return
	}
	p.parts = append(p.parts, part{batch: p.copy(b, types)})
}

// take sends the rows of a batch that have been placed here: at sel, of those that count.
func (p *parcel) take(b *col.Batch, sel []uint32, hashes []uint64, x *Exchange) {
	if b.Sel != nil {
		for i, k := range sel {
			sel[i] = b.Sel[k]
		}
	}
	own := p.view(b)
	own.Sel, own.Hash = sel, nil
	switch {
	case !b.Step:
		own = p.copy(own, x.types)
	case b.Sel == nil && len(sel) == b.N:
		own.Sel, own.Hash, own.HashOf = nil, hashes, x.keys
	}
	p.parts = append(p.parts, part{own, hashes})
}

// view is a batch of the same rows for the rest of the step.
func (p *parcel) view(b *col.Batch) *col.Batch {
	if p.viewed == len(p.views) {
		p.views = append(p.views, &col.Batch{})
	}
	own := p.views[p.viewed]
	p.viewed++
	*own = *b
	return own
}

// copy keeps rows for the rest of the step.
func (p *parcel) copy(b *col.Batch, types []col.Type) *col.Batch {
	if p.copied == len(p.copies) {
		p.copies = append(p.copies, col.NewBatch(types...))
	}
	own := p.copies[p.copied]
	p.copied++
	own.Reset()
	own.AppendBatch(b)
	return own
}

// Flush hands on what every worker has for this one: whole batches as they are, else the rows
// put together into one.
func (x *Exchange) Flush(t *Tick, emit Emit) error {
	parts := t.g.parts(t.n)
	if !slices.ContainsFunc(parts, func(p part) bool { return p.batch.Sel != nil }) {
		return deliver(parts, t.n.appendOnly, emit)
	}
	if x.in == nil {
		x.in = col.NewBatch(x.types...)
	}
	x.in.Reset()
	x.hashes = x.hashes[:0]
	for _, p := range parts {
		x.in.AppendBatch(p.batch)
		x.hashes = append(x.hashes, p.hashes...)
	}
	x.in.Step, x.in.AppendOnly = true, t.n.appendOnly
	x.in.Hash, x.in.HashOf = x.hashes, x.keys
	return emit(x.in)
}

// deliver hands whole batches on.
func deliver(parts []part, appendOnly bool, emit Emit) error {
	for _, p := range parts {
		if !p.batch.Step {
			p.batch.Step, p.batch.AppendOnly = true, appendOnly
		}
		if err := emit(p.batch); err != nil {
			return err
		}
	}
	return nil
}

// parts are what the nodes of a number have for this worker, by sender. The list is good until
// the next one.
func (g *Graph) parts(n *node) []part {
	out := g.inbox[:0]
	for _, from := range g.workers() {
		if s, ok := from.nodes[n.id].op.(sender); ok {
			if p := s.parcel(g.worker, g.t.step); p != nil {
				out = append(out, p.parts...)
			}
		}
	}
	g.inbox = out
	return out
}

// sender is a node that has parcels for workers.
type sender interface {
	parcel(worker int, step uint64) *parcel
}

func (x *Exchange) parcel(worker int, step uint64) *parcel {
	if x.step != step || worker >= len(x.to) {
		return nil
	}
	return &x.to[worker]
}
