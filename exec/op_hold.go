package exec

import (
	"encoding/binary"
	"math"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// Hold keeps rows until the watermark has passed the time in one of their columns, and hands
// them on then, in one step: what comes later comes behind them in time. It stands below
// window functions and Top-N whose rows are emitted once (EMIT ON WINDOW CLOSE). Rows only
// come; one that comes when the watermark has passed it already is late and does not count,
// and one without a time is never due.
//
// The rows lie in an ordered state by their time. A row costs one way down the tree when it
// comes and one when it goes.
type Hold struct {
	col    int
	types  []col.Type
	rows   *orderedRows
	passed heldMark
}

// Hold adds a Hold over the column that carries the watermark.
func (b *Builder) Hold(in Ref, column int) Ref {
	types := b.Types(in)
	n := &Hold{col: column, types: types}
	n.rows = b.newOrderedRows(orderedSpec{Types: types, Order: []OrderBy{{Col: column}}})
	n.passed.tree = b.newOrdered()
	r := b.Add(n, types, true, in)
	b.g.nodes[r].closes = true
	b.Carry(r, column, 0, column, nil)
	return r
}

// Apply enters the rows that are not late.
func (n *Hold) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	b = b.Compact()
	passed := n.passed.get()
	var sel []uint32
	for i := range b.N {
		if at, ok := n.time(b, i); ok && at >= passed {
			sel = append(sel, uint32(i))
		}
	}
	if len(sel) == 0 {
		return nil
	}
	if len(sel) < b.N {
		some := *b
		some.Sel = sel
		b = some.Compact()
	}
	return n.rows.merge(b, n.rows.keysOf(b))
}

// time is the time of a row; ok is false when it has none.
func (n *Hold) time(b *col.Batch, i int) (at int64, ok bool) {
	v := &b.Cols[n.col]
	switch {
	case v.Null(i):
		return 0, false
	case v.Kind == col.KindI32:
		return int64(v.I32[i]), true
	}
	return v.I64[i], true
}

// Flush emits the rows that the watermark has passed, in the tick's last step.
func (n *Hold) Flush(t *Tick, emit Emit) error {
	mark := t.Watermark(0, n.col)
	if !t.LastStep() || mark <= n.passed.get() {
		return nil
	}
	for {
		due := col.NewBatch(n.types...)
		for c := n.rows.first(nil); c.valid() && due.N < col.BatchRows; c.Next() {
			n.rows.read(due, &c, c.Weight())
			if at, _ := n.time(due, due.N-1); at >= mark {
				due.Sel = firstRows(due.N - 1)
				break
			}
		}
		if due.Len() == 0 {
			return n.passed.set(mark)
		}
		due = due.Compact()
		due.Consolidated = true
		if err := emit(due); err != nil {
			return err
		}
		gone := *due
		gone.W = make([]int64, due.N)
		for i := range gone.W {
			gone.W[i] = -due.Weight(i)
		}
		if err := n.rows.merge(&gone, n.rows.keysOf(&gone)); err != nil {
			return err
		}
	}
}

func firstRows(n int) []uint32 {
	sel := make([]uint32, n)
	for i := range sel {
		sel[i] = uint32(i)
	}
	return sel
}

// heldMark remembers a time in a state of its own.
type heldMark struct {
	tree *state.Ordered
}

func (m heldMark) get() int64 {
	v, ok := m.tree.Get([]byte{0})
	if !ok {
		return math.MinInt64
	}
	return int64(binary.LittleEndian.Uint64(v))
}

func (m heldMark) set(at int64) error {
	_, err := m.tree.Put([]byte{0}, binary.LittleEndian.AppendUint64(nil, uint64(at)))
	return err
}
