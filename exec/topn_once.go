package exec

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// topOnce bounds what a TopN keeps until its flush, in a dataflow that runs once over rows that
// only come: now and then it lets go of the rows that are not among the first of their partition.
type topOnce struct {
	n    *TopN
	g    *Graph
	held int64 // bytes of n.delta, as booked
	at   int64 // bytes at which to look for rows to let go
	// known are the partitions that have rows, once no others are to come (Spill).
	known *state.RowTable
	first bool // they have not been entered yet
}

// looksAt is how many bytes are kept at least before rows are let go.
const looksAt = 1 << 20

func (b *Builder) newTopOnce(n *TopN, partition []col.Type) *topOnce {
	o := &topOnce{n: n, g: b.g, at: looksAt, first: true}
	if b.g.spill != nil {
		o.at = min(o.at, b.g.spill.most)
	}
	if len(partition) > 0 {
		o.known = b.newTable(state.Layout{Keys: partition})
	}
	return o
}

// keep books a batch that was added.
func (o *topOnce) keep(b *col.Batch) error {
	n := bytesOf(b)
	o.held += n
	o.g.book(n)
	if o.held > o.at {
		o.reduce()
	}
	return o.g.outOfMemory()
}

// reduce lets go of rows, and looks again when there are twice as many.
func (o *topOnce) reduce() {
	n := o.n
	o.g.work.did(n.delta.N)
	if few := n.few(n.delta); few.Len() < n.delta.N {
		rows := col.NewBatch(n.types...)
		rows.AppendBatch(few)
		n.delta = rows
	}
	held := bytesOf(n.delta)
	o.g.book(held - o.held)
	o.held = held
	o.at = max(2*held, looksAt)
}

// bytes is what is kept, of which a flush makes a copy. Where letting rows go does not help for
// long it is too much.
func (o *topOnce) bytes() int64 {
	if s := o.g.spill; s != nil && 2*o.held > s.most {
		if o.reduce(); 4*o.held > s.most {
			return s.most + 1
		}
	}
	return 2 * o.held
}

// release ends what was booked.
func (o *topOnce) release() {
	o.g.book(-o.held)
	o.held = 0
}

// has tells the rows of a dense batch of whose partitions there are rows from the others.
func (n *TopN) has(b *col.Batch) (in, out []uint32) {
	o := n.once
	if o.first {
		o.first = false
		at, ids, keys := o.look(n.delta)
		o.known.GetOrInsert(at, ids, keys, n.hash)
	}
	at, ids, keys := o.look(b)
	o.known.Find(at, ids, keys, n.hash)
	in = make([]uint32, 0, b.N)
	for i, id := range ids {
		if id == state.Absent {
			out = append(out, uint32(i))
		} else {
			in = append(in, uint32(i))
		}
	}
	return in, out
}

// look hashes the partitions of a dense batch's rows, into n.hash, and makes room for them.
func (o *topOnce) look(b *col.Batch) (at []unsafe.Pointer, ids []state.RowID, keys []*col.Vector) {
	n := o.n
	keys = canonicalKeys(b, n.spec.Partition)
	n.hash = growTo(n.hash, b.N)
	n.seed.Keys(n.hash, keys)
	return make([]unsafe.Pointer, b.N), make([]state.RowID, b.N), keys
}
