package exec

import (
	"math"
	"slices"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// WindowGroups aggregates rows by columns and by the hopping or cumulating windows that their
// time lies in: a row for each group, of the columns, window_start, window_end, window_time and
// the aggregates. It cuts time into slices, of which a window is a run, and keeps accumulators
// for each slice of a group: with acc(s) those of slice s, a change δ of slice s is
//
//	acc(s) += acc(δ)    and of each window w that holds s    −(Σ old acc), +(Σ new acc)  over w's slices
//
// once a step, so that a row costs one addition however many windows hold it. Some slices that
// follow each other, a block, lie in one row of the state; the windows of a group's changed
// slices read the blocks around it. Where the time carries a watermark a block is a pane, which
// goes when the watermark has passed all windows that read it; with Final a window is merged
// then, for the only time.
type WindowGroups struct {
	slicer
	groups Aggregate // the calls, and the state: a row of it is a block of a group's slices
	reach  int64
	entry  int             // bytes of a slice: the weight of its rows, and the accumulators
	closes bool            // blocks are panes
	merged *state.RowTable // the groups of a window while it is emitted; empty between steps

	part   []int64
	before *blocksAround
	out    changedWindows
	most   *mostRows // nil: all groups are emitted
}

// sliceHdr begins the payload of a row; the entries of its slices follow.
type sliceHdr struct {
	step  uint64 // it was last touched in
	mask  uint64 // the slices touched then
	saved int64  // the place of what they were among what is saved
}

const (
	sliceHdrSize = int(unsafe.Sizeof(sliceHdr{}))
	entryAccs    = 8 // of the accumulators in an entry, behind the weight
)

// WindowGroupsSpec describes a grouping by columns and windows. The aggregates have a Merge,
// which takes rows in any order, and take rows back if the input does.
type WindowGroupsSpec struct {
	WindowSpec
	Group []int // columns that are equal when their bytes are
	Aggs  []AggregateCall
	Final bool // see AggregateSpec
	// Most: rows only come, and of each window only the groups with the most rows are read.
	Most bool
}

// WindowGroups adds a WindowGroups. A query that runs once has an Aggregate over a Window in
// its place, which may spill.
func (b *Builder) WindowGroups(in Ref, s WindowGroupsSpec) Ref {
	if b.once {
		width := len(b.Types(in))
		return b.Aggregate(b.Window(in, s.WindowSpec), AggregateSpec{Group: append(slices.Clone(s.Group), width, width+1, width+2), Aggs: s.Aggs})
	}
	n := &WindowGroups{closes: b.carried(in, s.Time) && (s.Final || b.g.nodes[in].promise)}
	n.groups = Aggregate{spec: AggregateSpec{Group: s.Group, Aggs: s.Aggs, Final: s.Final}, ctx: b.newCtx(), seed: b.g.Seed, pane: -1, inType: b.Types(in)}
	n.open(b, s, b.AppendOnly(in))
	if s.Most {
		n.most = new(mostRows)
	}
	r := b.Add(n, n.groups.types, s.Final, in)
	b.g.nodes[r].closes = n.closes
	for i, g := range s.Group {
		if !s.Final { // else the end passes later
			b.Carry(r, i, 0, g, nil)
		}
	}
	b.carryWindows(r, len(s.Group), s.WindowSpec)
	return r
}

// open lays out the state and makes it.
func (n *WindowGroups) open(b *Builder, s WindowGroupsSpec, appendOnly bool) {
	a := &n.groups
	var keys []col.Type
	for _, g := range s.Group {
		keys = append(keys, a.inType[g])
	}
	t := a.inType[s.Time]
	a.types = append(slices.Clone(keys), t, t, t)
	n.entry = entryAccs
	for _, c := range s.Aggs {
		a.filterOf(c.Filter)
		k := newCall(c, appendOnly, false, a.inType)
		k.off = sliceHdrSize + n.entry
		n.entry += k.size
		a.calls, a.types = append(a.calls, k), append(a.types, c.Type())
	}
	n.slicer = b.newSlicer(s, n.entry)
	n.reach = n.cut.reach()
	n.merged = state.New(b.g.Pool, b.flow.owner, state.Layout{Keys: keys, Payload: n.entry})
	l := state.Layout{Keys: keys, Payload: sliceHdrSize + int(n.cut.per)*n.entry}
	if !n.closes {
		l.Keys = append(slices.Clone(keys), col.Int8) // the block's number
	}
	a.state = b.newGroupTables(l, n.closes)
	for _, c := range a.calls {
		c.open(b, a)
	}
	n.before = newBlocksAround(n)
}

// Apply adds the rows to their slices.
func (n *WindowGroups) Apply(t *Tick, _ int, b *col.Batch, _ Emit) error {
	a := &n.groups
	defer a.ctx.Reset()
	b = b.Compact()
	n.locate(&b.Cols[n.time], b.N)
	if b, _ = n.combined(b); b.N == 0 {
		return nil
	}
	if !n.closes {
		return n.add(t, a.state.one, b, n.slice)
	}
	x := &a.state.parts
	x.begin()
	last, block := int64(math.MinInt64), int64(0)
	for i, s := range n.slice {
		if s != last {
			last = s
			block, _ = n.cut.block(s)
		}
		x.add(block, uint32(i))
	}
	for k, block := range x.panes {
		if block < n.cut.kept(a.state.closed) {
			continue // late rows, which no window reads any more
		}
		part, slice := b, n.slice
		if len(x.panes) > 1 {
			part, slice = n.partOf(b, x.rows[k])
		}
		if err := n.add(t, a.state.panes.Pane(block), part, slice); err != nil {
			return err
		}
	}
	return nil
}

// partOf is rows of a batch, in the columns that are read, and their slices.
func (n *WindowGroups) partOf(b *col.Batch, rows []uint32) (*col.Batch, []int64) {
	part := col.Batch{N: b.N, Sel: rows, W: b.W, Stable: b.Stable || b.Step}
	for _, c := range n.combine.keep {
		part.Cols = append(part.Cols, b.Cols[c])
	}
	n.part = growTo(n.part, len(rows))
	for i, r := range rows {
		n.part[i] = n.slice[r]
	}
	few := part.Compact()
	out := &col.Batch{N: few.N, W: few.W, Cols: make([]col.Vector, len(b.Cols)), Stable: few.Stable}
	for i, c := range n.combine.keep {
		out.Cols[c] = few.Cols[i]
	}
	return out, n.part
}

// add adds a dense batch, whose rows lie in slices of one pane, to their groups.
func (n *WindowGroups) add(t *Tick, table *state.RowTable, b *col.Batch, slice []int64) error {
	a := &n.groups
	keys := canonicalKeys(b, a.spec.Group)
	if !n.closes {
		keys = append(keys, n.blocks(slice))
	}
	a.hash, a.at, a.ids = growTo(a.hash, b.N), growTo(a.at, b.N), growTo(a.ids, b.N)
	a.seed.Keys(a.hash, keys)
	table.GetOrInsert(a.at, a.ids, keys, a.hash)
	n.enter(t, table, b, slice)
	a.refilter()
	for _, c := range a.calls {
		if err := c.update(a, table, b, keys); err != nil {
			return err
		}
	}
	return nil
}

func (n *WindowGroups) blocks(slice []int64) *col.Vector {
	v := n.groups.ctx.Vec(col.Int8)
	v.Resize(len(slice))
	for i, s := range slice {
		v.I64[i], _ = n.cut.block(s)
	}
	return v
}

// enter stamps the rows of a batch, saves what they were, and adds the weights to the entries of the
// slices. It leaves in groups.at what would be a row's address if the slice's entry were its
// first: there the calls find their accumulators.
func (n *WindowGroups) enter(t *Tick, table *state.RowTable, b *col.Batch, slice []int64) {
	a := &n.groups
	off := uintptr(a.state.payloadAt)
	last, block, place := int64(math.MinInt64), int64(0), int64(0)
	for i, at := range a.at[:b.N] {
		if slice[i] != last {
			last = slice[i]
			block, place = n.cut.block(last)
		}
		h := (*sliceHdr)(unsafe.Add(at, off))
		if h.step != t.step {
			h.step, h.mask = t.step, 0
			if !a.spec.Final {
				n.save(touch{table, block, a.ids[i], a.hash[i]}, h)
			}
		}
		h.mask |= 1 << place
		at = unsafe.Add(at, int(place)*n.entry)
		a.at[i] = at
		w := b.Weight(i)
		*(*int64)(unsafe.Add(at, off+uintptr(sliceHdrSize))) += w
		a.fell = a.fell || w <= 0
	}
}

// save notes a row's first touch in the step and what its slices were before.
func (n *WindowGroups) save(x touch, h *sliceHdr) {
	a := &n.groups
	h.saved = int64(len(a.saved))
	a.touched = append(a.touched, x)
	a.saved = append(a.saved, unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(h), sliceHdrSize)), int(n.cut.per)*n.entry)...)
}

// Flush emits what changed, or in the last step what the watermark closed.
func (n *WindowGroups) Flush(t *Tick, emit Emit) error {
	a := &n.groups
	defer a.ctx.Reset()
	var err error
	for from := 0; from < len(a.touched) && err == nil; {
		to := from + 1
		for to < len(a.touched) && to < from+n.before.most && a.touched[to].table == a.touched[from].table {
			to++
		}
		err = n.emitSome(t, a.touched[from:to], emit)
		from = to
	}
	if err == nil && a.fell {
		n.forget()
	}
	a.touched, a.saved, a.fell = a.touched[:0], a.saved[:0], false
	if err == nil && n.closes && t.last {
		err = n.close(t, emit)
	}
	return err
}

// forget removes the blocks that have no rows any more.
func (n *WindowGroups) forget() {
	a := &n.groups
	for _, x := range a.touched {
		row := x.table.Row(x.id)
		if !n.empty(row) {
			continue
		}
		entries := make([]unsafe.Pointer, n.cut.per)
		for i := range entries {
			entries[i] = unsafe.Add(row, i*n.entry)
		}
		for _, c := range a.calls {
			c.kernel(x.table).Release(entries, uintptr(c.payloadOff(a)))
		}
		x.table.Delete([]state.RowID{x.id}, []uint64{x.hash})
	}
}

func (n *WindowGroups) empty(row unsafe.Pointer) bool {
	at := unsafe.Add(row, n.groups.state.payloadAt+sliceHdrSize)
	for i := range int(n.cut.per) {
		if *(*int64)(unsafe.Add(at, i*n.entry)) != 0 {
			return false
		}
	}
	return true
}
