package exec

import (
	"math"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/state"
)

// blocksAround finds, for touched rows of one table, the blocks of the same groups whose slices
// lie in common windows. Its memory lasts from batch to batch.
type blocksAround struct {
	most int                // rows at once
	near [][]unsafe.Pointer // by distance, the own in the middle: their rows; nil: none
	keys []*col.Vector
	hash []uint64
	ids  []state.RowID
}

func newBlocksAround(n *WindowGroups) *blocksAround {
	width := int(2*n.reach + 1)
	x := &blocksAround{most: max(1, min(col.BatchRows, 1<<16/width)), near: make([][]unsafe.Pointer, width)}
	for _, t := range n.groups.state.keys {
		x.keys = append(x.keys, col.NewVector(t))
	}
	return x
}

// find looks the blocks of touched rows up.
func (x *blocksAround) find(n *WindowGroups, touched []touch) {
	a, count := &n.groups, len(touched)
	own := growTo(x.near[n.reach], count)
	x.near[n.reach] = own
	x.hash, x.ids = growTo(x.hash, count), growTo(x.ids, count)
	for i, t := range touched {
		own[i], x.hash[i] = t.table.Row(t.id), t.hash
	}
	touched[0].table.KeyVectorsAt(x.keys, own)
	for d := -n.reach; d <= n.reach; d++ {
		if d == 0 {
			continue
		}
		table := a.state.one
		if n.closes {
			if table = a.state.panes.Lookup(touched[0].pane + d); table == nil || touched[0].pane == timeless {
				x.near[n.reach+d] = x.near[n.reach+d][:0]
				continue
			}
		} else {
			at := x.keys[len(x.keys)-1].I64
			for i, t := range touched {
				at[i] = t.pane + d
			}
			a.seed.Keys(x.hash, x.keys)
		}
		x.findIn(table, n.reach+d, count)
	}
}

func (x *blocksAround) findIn(table *state.RowTable, place int64, count int) {
	at := growTo(x.near[place], count)
	x.near[place] = at
	table.Find(at, x.ids, x.keys, x.hash)
	for i, id := range x.ids {
		if id == state.Absent {
			at[i] = nil
		}
	}
}

// slicePart is a slice of a group that has rows, had some before the step, or was touched.
type slicePart struct {
	slice    int64
	was, is  int64 // weights
	old, now unsafe.Pointer
	own      bool // touched, in the block in hand
	lower    bool // touched, in a block before it
}

// partSum is the sum of some entries: none, one of them as it lies there, or one that is merged.
type partSum struct {
	at     unsafe.Pointer
	merged int32 // its place among those merged, from 1; 0: it is at
	owned  bool  // nobody else has it
}

// windowSum adds up a window's slices, and goes on from a shorter window of the same start.
type windowSum struct {
	from, next int // the parts it began with and goes on with
	first      int64
	was, is    int64
	old, now   partSum
	own, lower bool
}

// changedWindows is windows on their way out. Its memory lasts from batch to batch.
type changedWindows struct {
	parts    []slicePart // of the group in hand
	window   []int64
	old, now []partSum
	into     []int32 // what is to be merged: place of the sum,
	from     []partSum
	count    int32 // of the sums
	sums     []uint64
	at, part []unsafe.Pointer
	none     []uint64
}

// emitSome emits −old and +new of the windows that some touched rows of one table concern.
func (n *WindowGroups) emitSome(t *Tick, touched []touch, emit Emit) error {
	n.before.find(n, touched)
	m := &n.groups.moved
	m.begin(0)
	n.out.window, n.out.old, n.out.now = n.out.window[:0], n.out.old[:0], n.out.now[:0]
	n.out.into, n.out.from, n.out.count = n.out.into[:0], n.out.from[:0], 0
	for i, x := range touched {
		n.collect(t, i, x.pane)
		if err := n.changed(i, x.pane); err != nil {
			return err
		}
		if len(n.out.window) < col.BatchRows && i+1 < len(touched) {
			continue
		}
		if err := n.emitChanged(t, x.table, emit); err != nil {
			return err
		}
	}
	return nil
}

// collect lists the slices of a touched row's group that lie in its block and around it.
func (n *WindowGroups) collect(t *Tick, row int, block int64) {
	a, o := &n.groups, &n.out
	o.parts = o.parts[:0]
	for k, rows := range n.before.near {
		if len(rows) == 0 || rows[row] == nil {
			continue
		}
		h := (*sliceHdr)(unsafe.Add(rows[row], a.state.payloadAt))
		nows := unsafe.Add(unsafe.Pointer(h), sliceHdrSize)
		olds, mask := nows, uint64(0)
		if h.step == t.step {
			olds, mask = unsafe.Pointer(&a.saved[h.saved]), h.mask
		}
		d := int64(k) - n.reach
		for i := range n.cut.per {
			old, now := unsafe.Add(olds, int(i)*n.entry), unsafe.Add(nows, int(i)*n.entry)
			p := slicePart{slice: (block+d)*n.cut.per + i, old: old, now: now, was: *(*int64)(old), is: *(*int64)(now)}
			if touched := mask>>i&1 == 1; touched || p.was != 0 || p.is != 0 {
				p.own, p.lower = touched && d == 0, touched && d < 0
				o.parts = append(o.parts, p)
			}
		}
	}
}

// changed lists the windows that hold touched slices of a block and none of one before it.
func (n *WindowGroups) changed(row int, block int64) error {
	o := &n.out
	at := n.before.near[n.reach][row]
	if block == timeless {
		p := o.parts[0]
		return n.put(at, timeless, &windowSum{was: p.was, is: p.is, old: partSum{at: p.old}, now: partSum{at: p.now}})
	}
	touched := (*sliceHdr)(unsafe.Add(at, n.groups.state.payloadAt)).mask
	lo, _ := n.cut.windows(block*n.cut.per + int64(bits.TrailingZeros64(touched)))
	_, hi := n.cut.windows(block*n.cut.per + int64(bits.Len64(touched)) - 1)
	if len(o.parts) == 1 { // most often, where a group's time is short
		x := windowSum{}
		n.take(&x, &o.parts[0])
		for w := max(lo, n.groups.state.closed); w <= hi; w++ {
			if err := n.put(at, w, &x); err != nil {
				return err
			}
		}
		return nil
	}
	x := windowSum{first: math.MinInt64} // no slice's number
	for w := max(lo, n.groups.state.closed); w <= hi; w++ {
		from, to := n.cut.slices(w)
		if x.first != from {
			for x.from < len(o.parts) && o.parts[x.from].slice < from {
				x.from++
			}
			x = windowSum{from: x.from, next: x.from, first: from}
		}
		for ; x.next < len(o.parts) && o.parts[x.next].slice <= to; x.next++ {
			n.take(&x, &o.parts[x.next])
		}
		if !x.own || x.lower {
			continue
		}
		if err := n.put(at, w, &x); err != nil {
			return err
		}
	}
	return nil
}

func (n *WindowGroups) take(x *windowSum, p *slicePart) {
	x.own, x.lower = x.own || p.own, x.lower || p.lower
	if p.was != 0 {
		x.was += p.was
		n.out.plus(&x.old, p.old)
	}
	if p.is != 0 {
		x.is += p.is
		n.out.plus(&x.now, p.now)
	}
}

// plus adds an entry to a sum.
func (o *changedWindows) plus(x *partSum, entry unsafe.Pointer) {
	switch {
	case x.at == nil && x.merged == 0:
		*x = partSum{at: entry}
		return
	case !x.owned:
		o.count++
		o.into, o.from = append(o.into, o.count), append(o.from, *x)
		*x = partSum{merged: o.count, owned: true}
	}
	o.into, o.from = append(o.into, x.merged), append(o.from, partSum{at: entry})
}

// put lists a window, whose sums are nobody's from now on, if it is to be emitted.
func (n *WindowGroups) put(row unsafe.Pointer, w int64, x *windowSum) error {
	if x.is < 0 {
		return defect("a window's weight fell below zero")
	}
	if n.most != nil && !n.most.reaches(w, x.is) {
		return nil
	}
	o, m := &n.out, &n.groups.moved
	x.old.owned, x.now.owned = false, false
	m.row, m.was, m.is = append(m.row, row), append(m.was, x.was), append(m.is, x.is)
	o.window, o.old, o.now = append(o.window, w), append(o.old, x.old), append(o.now, x.now)
	return nil
}

// emitChanged emits the windows listed, all of groups of one table.
func (n *WindowGroups) emitChanged(t *Tick, table *state.RowTable, emit Emit) error {
	a, o := &n.groups, &n.out
	m := &a.moved
	if len(o.window) > 0 {
		n.merge()
		after, e2 := a.results(n.merged, m.now, -sliceHdrSize, m.is)
		before, e1 := after, map[int]*pgerr.Error(nil)
		if slices.Max(m.was) > 0 { // else all are new
			before, e1 = a.results(n.merged, m.old, -sliceHdrSize, m.was)
		}
		m.choose(before, after, e1, e2)
		groups := n.groupRows(table, m.row, o.window)
		if err := a.reportResults(t, groups, e1, e2); err != nil {
			return err
		}
		if out := a.changes(groups, before, after); out.N > 0 {
			if err := emit(out); err != nil {
				return err
			}
		}
		n.merged.Clear()
		a.ctx.Reset()
	}
	m.begin(0)
	o.window, o.old, o.now = o.window[:0], o.old[:0], o.now[:0]
	o.into, o.from, o.count = o.into[:0], o.from[:0], 0
	return nil
}

// merge makes the sums of several slices and leaves in groups.moved where each window's lie.
func (n *WindowGroups) merge() {
	o, m := &n.out, &n.groups.moved
	words := n.entry / 8
	o.sums, o.none = growTo(o.sums, max(1, int(o.count)*words)), growTo(o.none, words)
	clear(o.sums)
	clear(o.none)
	at := func(x partSum) unsafe.Pointer {
		switch {
		case x.merged > 0:
			return unsafe.Pointer(&o.sums[int(x.merged-1)*words])
		case x.at == nil:
			return unsafe.Pointer(&o.none[0])
		}
		return x.at
	}
	o.at, o.part = growTo(o.at, len(o.into)), growTo(o.part, len(o.into))
	for i, k := range o.into {
		o.at[i], o.part[i] = at(partSum{merged: k}), at(o.from[i])
	}
	n.mergeEntries(o.at, o.part)
	m.old, m.now = growTo(m.old, len(o.old)), growTo(m.now, len(o.now))
	for i := range o.old {
		m.old[i], m.now[i] = at(o.old[i]), at(o.now[i])
	}
}

// mergeEntries adds the accumulators of entries to those of others, in order.
func (n *WindowGroups) mergeEntries(into, from []unsafe.Pointer) {
	if len(into) == 0 {
		return
	}
	for _, c := range n.groups.calls {
		c.kernel(n.merged).Merge(into, from, uintptr(c.off-sliceHdrSize))
	}
}

// groupRows is the columns of groups, whose rows lie in a table, in windows.
func (n *WindowGroups) groupRows(table *state.RowTable, rows []unsafe.Pointer, windows []int64) *col.Batch {
	width := len(n.groups.spec.Group)
	out := &col.Batch{N: len(rows), Cols: make([]col.Vector, width+3)}
	keys := make([]*col.Vector, len(table.Layout().Keys))
	for i := range keys {
		if keys[i] = n.before.keys[i]; i < width {
			keys[i] = &out.Cols[i]
		}
	}
	for i := range out.Cols {
		out.Cols[i] = *n.groups.vector(n.groups.types[i])
	}
	table.KeyVectorsAt(keys, rows)
	for i := range width {
		keys[i].FromKey()
	}
	n.windowColumns(out.Cols[width:], windows)
	return out
}

func (n *WindowGroups) windowColumns(out []col.Vector, windows []int64) {
	for i := range out {
		out[i].Resize(len(windows))
	}
	starts, ends, times := out[0].I64, out[1].I64, out[2].I64
	for i, w := range windows {
		var start, end int64
		if n.cut.Cumulate {
			start, end = n.cut.bounds(w)
		} else {
			start = w*n.cut.Slide + n.cut.Offset
			end = start + n.cut.Size
		}
		starts[i], ends[i], times[i] = start, end, end-1
	}
	if !slices.Contains(windows, timeless) {
		return
	}
	valid := make([]uint64, col.Words(len(windows)))
	for i, w := range windows {
		if w != timeless {
			valid[i>>6] |= 1 << (i & 63)
		}
	}
	for i := range out {
		out[i].Valid = valid
	}
}
