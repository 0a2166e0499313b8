package exec

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// emitSome emits −old and +new of the touched sessions from one to another.
func (n *SessionGroups) emitSome(t *Tick, from, to int, emit Emit) error {
	m := &n.moved
	m.begin(to - from)
	stride := sessionSaved + n.size
	was, is := make([]int64, to-from), make([]int64, to-from) // last times
	for i, x := range n.touched[from:to] {
		kept := unsafe.Pointer(&n.saved[(from+i)*stride])
		row := n.groups.Row(x.id)
		h := (*sessionHdr)(unsafe.Add(row, n.payAt))
		m.row[i], m.old[i], m.now[i] = row, kept, unsafe.Add(row, n.payAt)
		m.was[i], was[i] = *(*int64)(kept), *(*int64)(unsafe.Add(kept, 8))
		m.is[i], is[i] = h.weight, h.last
	}
	before, e1 := n.results(m.old, sessionSaved-sessionHdrSize, m.was)
	after, e2 := n.results(m.now, 0, m.is)
	for i := range m.row {
		o, w := m.was[i] > 0 && e1[i] == nil, m.is[i] > 0 && e2[i] == nil
		if o && w && was[i] == is[i] && sameResults(before, after, i) {
			continue
		}
		if o {
			m.oldSel = append(m.oldSel, uint32(i))
		}
		if w {
			m.newSel = append(m.newSel, uint32(i))
		}
	}
	old, now := n.windows(m.row, was), n.windows(m.row, is)
	if err := n.report(t, old, e1, -1); err != nil {
		return err
	}
	if err := n.report(t, now, e2, 1); err != nil {
		return err
	}
	if len(m.oldSel)+len(m.newSel) == 0 {
		return nil
	}
	out := &col.Batch{N: len(m.oldSel) + len(m.newSel), W: m.weights(), Consolidated: true, Stable: true}
	for c := range old.Cols {
		out.Cols = append(out.Cols, *either(&old.Cols[c], &now.Cols[c], m.oldSel, m.newSel))
	}
	for c := range before {
		out.Cols = append(out.Cols, *either(before[c], after[c], m.oldSel, m.newSel))
	}
	return emit(out)
}

// either is the old values at one selection, then the new ones at another.
func either(before, after *col.Vector, oldSel, newSel []uint32) *col.Vector {
	if len(oldSel) == 0 && len(newSel) == after.N {
		return after
	}
	v := &col.Vector{}
	v.ResetKind(before.Type, before.Kind, before.Scale)
	v.GatherAny(before, oldSel, 0)
	v.GatherAny(after, newSel, 0)
	return v
}

// windows reads the partition's columns and the windows of sessions with the last times.
func (n *SessionGroups) windows(rows []unsafe.Pointer, last []int64) *col.Batch {
	width := len(n.spec.Partition)
	out := &col.Batch{N: len(rows), Cols: make([]col.Vector, width+3)}
	keys := make([]*col.Vector, width+1)
	for i := range keys {
		keys[i] = &out.Cols[i]
	}
	n.groups.KeyVectorsAt(keys, rows)
	for _, k := range keys {
		k.FromKey()
	}
	for k := range 2 { // window_end, window_time
		v := &out.Cols[width+1+k]
		v.Reset(n.types[width+1])
		v.Resize(len(rows))
		v.Valid = out.Cols[width].Valid
		for i, l := range last {
			v.I64[i] = l + n.spec.Gap - int64(k)
		}
	}
	return out
}

// results computes the aggregates of sessions, as Aggregate.results does of groups.
func (n *SessionGroups) results(at []unsafe.Pointer, shift int, weight []int64) ([]*col.Vector, map[int]*pgerr.Error) {
	out := make([]*col.Vector, len(n.calls))
	var errs map[int]*pgerr.Error
	for i, c := range n.calls {
		out[i] = col.NewVector(c.Agg.Ret)
		c.kernel.Result(n.ctx, at, uintptr(c.off+shift), out[i])
		errs = noteMarks(n.ctx, weight, errs)
	}
	return out, errs
}

// report says which sessions' results are in error, or are no more.
func (n *SessionGroups) report(t *Tick, windows *col.Batch, errs map[int]*pgerr.Error, w int64) error {
	for i := range windows.N {
		if errs[i] == nil {
			continue
		}
		one := *windows
		one.W = make([]int64, windows.N)
		one.W[i] = w
		if err := t.RowError(&one, i, errs[i]); err != nil {
			return err
		}
	}
	return nil
}
