package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// Ref is a node of the graph being built: the output of an operator or of a source.
type Ref int

// Builder adds a dataflow to a graph, bottom up. Each operator's file has the Builder
// method that adds it; the method derives the types and properties of its output. A
// Builder belongs to one goroutine; what it adds takes part in ticks once attached.
type Builder struct {
	g    *Graph
	flow *Dataflow
	plan int // the stored plan's node, for the names of states
	slot int
	once bool
	// divided is how often the rows were divided by bits of their keys' hash (Spill).
	divided int
	ctx     *fn.Ctx
	arr     map[arrangeKey]Ref
	src     *sources // nil: it reads no relations

	parts     int // workers among which the dataflow's states are divided
	exchanges map[exchangeKey]Ref
}

// Once reports whether the dataflow runs once over a snapshot and is dropped: states that
// no later event probes need not be kept, and an error of a row ends the query.
func (b *Builder) Once() bool { return b.once }

// Parts is among how many workers the dataflow's states are divided.
func (b *Builder) Parts() int { return max(1, b.parts) }

// Node tells the number of the stored plan's node that is built next; the states made
// from now on are named by it.
func (b *Builder) Node(id int) { b.plan, b.slot = id, 0 }

// Types are the column types of a node's output.
func (b *Builder) Types(r Ref) []col.Type { return b.g.nodes[r].types }

// AppendOnly reports whether a node never emits a weight below 1.
func (b *Builder) AppendOnly(r Ref) bool { return b.g.nodes[r].appendOnly }

// Add places an operator above its inputs. types are those of its output.
func (b *Builder) Add(op Operator, types []col.Type, appendOnly bool, inputs ...Ref) Ref {
	r := b.g.add(&node{op: op, flow: b.flow, plan: b.plan, types: types, appendOnly: appendOnly, inputs: slices.Clone(inputs)})
	b.flow.nodes = append(b.flow.nodes, r)
	for in, from := range inputs {
		b.g.nodes[from].ports, b.g.nodes[from].fan = append(b.g.nodes[from].ports, Port{To: r, In: in}), nil
	}
	return r
}

// Carry says that column out of node r carries the watermark of column col of its input
// in, changed by f (nil: as it is). A column with entries for several inputs carries the
// least of them.
func (b *Builder) Carry(r Ref, out, in, inCol int, f func(int64) int64) {
	n := b.g.nodes[r]
	n.carry = append(n.carry, carry{out: out, in: in, col: inCol, f: f})
	for len(n.carries) < len(n.types) {
		n.carries = append(n.carries, false)
	}
	if f == nil && b.windowed(n.inputs[in], inCol) {
		b.markWindow(r, out)
	}
	n.carries[out], n.promise = true, true
	for _, c := range n.carry {
		from := b.g.nodes[n.inputs[c.in]]
		if c.out == out && !b.carried(n.inputs[c.in], c.col) {
			n.carries[out] = false
		}
		n.promise = n.promise && from.promise
	}
}

// carrySame lets every column carry its input's watermark.
func (b *Builder) carrySame(r Ref) {
	for in := range b.g.nodes[r].inputs {
		for c := range b.g.nodes[r].types {
			b.Carry(r, c, in, c, nil)
		}
	}
}
