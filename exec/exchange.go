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
	parts int // the workers among which it divides
	seed  col.Seed
	types []col.Type

	step uint64 // in which the buffers were filled
	to   []parcel
	hash []uint64
}

// parcel is what one worker has for another in a step.
type parcel struct {
	whole  []*col.Batch // batches that go as they are
	rows   *col.Batch   // rows out of others
	hashes []uint64     // theirs

	sel  []uint32 // of the batch at hand: the rows that go there
	hash []uint64
}

// Exchange returns the node that has the rows of in where the hash of their columns keys, in
// this order, places them: a worker owns a range of the hash's top six bits (P2), and the hash
// is that of all keys (V5), over canonical bytes, NULL being a value of its own. Of no keys
// all rows are at the first worker. Types, weights, watermarks and append-only are those of
// in. Asked twice for the same, it returns one node, so that the Arranges above it are shared.
// In a dataflow of one worker it is in itself: every row is where it must be.
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

type exchangeKey struct {
	input Ref
	keys  string
}

func newExchange(g *Graph, keys []int, parts int, types []col.Type) *Exchange {
	return &Exchange{keys: keys, parts: parts, seed: g.Seed, types: types, to: make([]parcel, parts)}
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
	if len(x.keys) == 0 {
		x.to[0].send(b, x.types)
		return nil
	}
	x.place(b)
	for d := range x.to {
		p := &x.to[d]
		switch len(p.sel) {
		case 0:
		case b.Len():
			p.sendAll(b, x)
		default:
			p.take(b, x)
		}
	}
	return nil
}

// open empties the buffers at the first batch of a step, and says that there is something.
func (x *Exchange) open(t *Tick) {
	if x.step == t.step {
		return
	}
	x.step = t.step
	for d := range x.to {
		p := &x.to[d]
		p.whole, p.hashes = p.whole[:0], p.hashes[:0]
		if p.rows != nil {
			p.rows.Reset()
		}
	}
	t.g.sent[t.n.level] = append(t.g.sent[t.n.level], t.n.id)
}

// place notes each row's position at its destination, and the rows' hashes.
func (x *Exchange) place(b *col.Batch) {
	n := b.Len()
	hash := b.Hash
	if hash == nil || b.Sel != nil || !slices.Equal(b.HashOf, x.keys) {
		keys := canonicalKeys(b, x.keys)
		if b.Sel != nil {
			keys = gatherKeys(keys, b.Sel)
		}
		x.hash = growTo(x.hash, n)
		hash = x.hash
		x.seed.Keys(hash, keys)
	}
	for d := range x.to {
		x.to[d].sel, x.to[d].hash = x.to[d].sel[:0], x.to[d].hash[:0]
	}
	for i, h := range hash[:n] {
		p := &x.to[workerOf(h, x.parts)]
		p.sel, p.hash = append(p.sel, uint32(i)), append(p.hash, h)
	}
	if b.Sel != nil {
		for d := range x.to {
			for i, k := range x.to[d].sel {
				x.to[d].sel[i] = b.Sel[k]
			}
		}
	}
}

// workerOf is who owns a hash, of so many workers.
func workerOf(hash uint64, of int) int { return col.VNode(hash) * of >> 6 }

// send sends a whole batch, by reference when it lasts for the step.
func (p *parcel) send(b *col.Batch, types []col.Type) {
	if b.Step {
		own := *b.Compact() // a selection is its sender's; and a reader notes hashes in its own
		p.whole = append(p.whole, &own)
		return
	}
	p.ready(types).AppendBatch(b)
}

// sendAll sends a whole batch that has been placed here.
func (p *parcel) sendAll(b *col.Batch, x *Exchange) {
	if !b.Step || b.Sel != nil {
		p.take(b, x)
		return
	}
	own := *b
	own.Hash, own.HashOf = slices.Clone(p.hash), x.keys
	p.whole = append(p.whole, &own)
}

// take copies the rows at sel out of a batch.
func (p *parcel) take(b *col.Batch, x *Exchange) {
	rows := p.ready(x.types)
	part := *b
	part.Sel = p.sel
	rows.AppendBatch(&part)
	p.hashes = append(p.hashes, p.hash...)
	rows.Hash, rows.HashOf = p.hashes, x.keys
}

func (p *parcel) ready(types []col.Type) *col.Batch {
	if p.rows == nil {
		p.rows = col.NewBatch(types...)
	}
	return p.rows
}

func (p *parcel) empty() bool { return len(p.whole) == 0 && (p.rows == nil || p.rows.N == 0) }

// deliver hands a parcel on.
func (p *parcel) deliver(emit Emit, appendOnly bool) error {
	for _, b := range p.whole {
		if err := emit(b); err != nil {
			return err
		}
	}
	if p.rows == nil || p.rows.N == 0 {
		return nil
	}
	p.rows.Step, p.rows.AppendOnly = true, appendOnly
	return emit(p.rows)
}

// Flush hands on what every worker has for this one.
func (x *Exchange) Flush(t *Tick, emit Emit) error {
	for _, p := range t.g.parcels(t.n) {
		if err := p.deliver(emit, t.n.appendOnly); err != nil {
			return err
		}
	}
	return nil
}

// parcels are what the exchanges of a number have for this worker, by sender.
func (g *Graph) parcels(n *node) (out []*parcel) {
	for _, from := range g.workers() {
		if s, ok := from.nodes[n.id].op.(sender); ok {
			if p := s.parcel(g.worker, g.t.step); p != nil && !p.empty() {
				out = append(out, p)
			}
		}
	}
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
