package exec

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

func (n *WindowGroups) closedBy() *int64 {
	if !n.closes {
		return nil
	}
	return &n.groups.state.closed
}

// close drops the blocks that no open window reads; windows that the watermark has passed are
// emitted, if they are to be emitted once.
func (n *WindowGroups) close(t *Tick, emit Emit) error {
	w := t.Watermark(0, n.time)
	if w == NoWatermark {
		return nil
	}
	a := &n.groups
	from, to := a.state.closed, n.cut.open(w)
	if to <= from {
		return nil
	}
	a.state.closed = to
	if a.spec.Final {
		if err := n.emitClosed(t, from, to, emit); err != nil {
			return err
		}
	}
	return a.state.panes.DropThrough(n.cut.kept(to)-1, func(_ int64, table *state.RowTable) error {
		for _, c := range a.calls {
			c.drop(a, table)
		}
		return nil
	})
}

// emitClosed emits the windows from one to before another, in order.
func (n *WindowGroups) emitClosed(t *Tick, from, to int64, emit Emit) error {
	panes := n.groups.state.panes
	for block := range panes.All() {
		if block == timeless {
			break
		}
		lo, _ := n.cut.windows(block * n.cut.per)
		_, hi := n.cut.windows(block*n.cut.per + n.cut.per - 1)
		for w := max(lo, from); w <= hi && w < to; w++ {
			if err := n.emitWindow(t, w, emit); err != nil {
				return err
			}
		}
		from = max(from, hi+1) // which later blocks share
	}
	return nil
}

// emitWindow merges the slices of a window, group by group, and emits the groups.
func (n *WindowGroups) emitWindow(t *Tick, w int64, emit Emit) error {
	first, last := n.cut.slices(w)
	lo, _ := n.cut.block(first)
	hi, _ := n.cut.block(last)
	ids := make([]state.RowID, col.BatchRows/n.cut.per)
	for block, table := range n.groups.state.panes.All() {
		if block < lo || block > hi {
			continue
		}
		from := max(0, first-block*n.cut.per)
		to := min(n.cut.per-1, last-block*n.cut.per)
		for at := state.RowID(0); ; {
			count, next := table.Scan(at, ids)
			if count == 0 {
				break
			}
			n.mergeRows(table, ids[:count], int(from), int(to))
			at = next
		}
	}
	err := n.emitMerged(t, w, emit)
	n.merged.Clear()
	return err
}

// mergeRows adds the slices of rows from one place to another to the groups of a window.
func (n *WindowGroups) mergeRows(table *state.RowTable, ids []state.RowID, from, to int) {
	a := &n.groups
	var rows, entries []unsafe.Pointer
	for _, id := range ids {
		row := table.Row(id)
		for i := from; i <= to; i++ {
			entry := unsafe.Add(row, a.state.payloadAt+sliceHdrSize+i*n.entry)
			if *(*int64)(entry) != 0 {
				rows, entries = append(rows, row), append(entries, entry)
			}
		}
	}
	if len(rows) == 0 {
		return
	}
	count := len(rows)
	table.KeyVectorsAt(n.before.keys, rows)
	a.hash, a.at, a.ids = growTo(a.hash, count), growTo(a.at, count), growTo(a.ids, count)
	a.seed.Keys(a.hash, n.before.keys)
	n.merged.GetOrInsert(a.at, a.ids, n.before.keys, a.hash)
	for i, entry := range entries {
		a.at[i] = unsafe.Add(a.at[i], n.merged.Layout().PayloadAt())
		*(*int64)(a.at[i]) += *(*int64)(entry)
	}
	n.mergeEntries(a.at, entries)
}

// emitMerged emits the groups of a window.
func (n *WindowGroups) emitMerged(t *Tick, w int64, emit Emit) error {
	a, ids := &n.groups, make([]state.RowID, col.BatchRows)
	for from := state.RowID(0); ; {
		count, next := n.merged.Scan(from, ids)
		if count == 0 {
			return nil
		}
		m := &a.moved
		m.begin(count)
		windows := make([]int64, count)
		for i, id := range ids[:count] {
			m.row[i], windows[i] = n.merged.Row(id), w
			m.now[i] = unsafe.Add(m.row[i], n.merged.Layout().PayloadAt())
			m.is[i] = *(*int64)(m.now[i])
		}
		values, errs := a.results(n.merged, m.now, -sliceHdrSize, m.is)
		if err := a.emitOnce(t, n.groupRows(n.merged, m.row, windows), values, errs, emit); err != nil {
			return err
		}
		from = next
	}
}
