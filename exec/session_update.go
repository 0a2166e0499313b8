package exec

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// enter finds or makes the rows of the runs' sessions, saves what they were, and merges what
// is swallowed into them. It returns the sessions' rows by run.
func (n *SessionGroups) enter(t *Tick, keys []*col.Vector) []unsafe.Pointer {
	r := &n.runs
	of := n.sessionKeys(keys, r.row, r.start, r.null)
	count := len(r.row)
	at, ids, hash := make([]unsafe.Pointer, count), make([]state.RowID, count), make([]uint64, count)
	n.seed.Keys(hash, of)
	n.groups.GetOrInsert(at, ids, of, hash)
	for i := range at {
		n.save(t, at[i], ids[i], hash[i])
		if h := (*sessionHdr)(unsafe.Add(at[i], n.payAt)); !r.null[i] {
			h.last = r.hi[i]
		}
	}
	if len(r.eaten) > 0 {
		n.swallow(t, keys, at)
	}
	return at
}

func (n *SessionGroups) sessionKeys(keys []*col.Vector, rows []uint32, start []int64, null []bool) []*col.Vector {
	out := append(gatherKeys(keys, rows), col.NewVector(n.types[len(keys)]))
	v := out[len(keys)]
	for i, s := range start {
		if null != nil && null[i] {
			v.AppendNull()
		} else {
			v.AppendI64(s)
		}
	}
	return out
}

// swallow merges sessions into those of the runs that reach them.
func (n *SessionGroups) swallow(t *Tick, keys []*col.Vector, at []unsafe.Pointer) {
	r := &n.runs
	count := len(r.eaten)
	rows := make([]uint32, count)
	for i, run := range r.eaten {
		rows[i] = r.row[run]
	}
	of := n.sessionKeys(keys, rows, r.eatenStart, nil)
	from, ids, hash := make([]unsafe.Pointer, count), make([]state.RowID, count), make([]uint64, count)
	n.seed.Keys(hash, of)
	n.groups.FindForWrite(from, ids, of, hash)
	into := make([]unsafe.Pointer, count)
	for i, p := range from {
		n.save(t, p, ids[i], hash[i])
		into[i] = at[r.eaten[i]]
		a, b := (*sessionHdr)(unsafe.Add(into[i], n.payAt)), (*sessionHdr)(unsafe.Add(p, n.payAt))
		a.weight += b.weight
		b.weight, n.dead = 0, true
	}
	for _, c := range n.calls {
		c.kernel.Merge(into, from, uintptr(n.payAt+c.off))
		n.empty(c, from)
	}
}

// empty frees a call's accumulators.
func (n *SessionGroups) empty(c *mergedCall, rows []unsafe.Pointer) {
	off := uintptr(n.payAt + c.off)
	c.kernel.Release(rows, off)
	for _, p := range rows {
		clear(unsafe.Slice((*byte)(unsafe.Add(p, off)), c.Agg.Size))
	}
}

// save notes a session's first touch in the step and what it was before.
func (n *SessionGroups) save(t *Tick, row unsafe.Pointer, id state.RowID, hash uint64) {
	payload := unsafe.Add(row, n.payAt)
	h := (*sessionHdr)(payload)
	if h.step == t.step {
		return
	}
	h.step = t.step
	n.touched = append(n.touched, touch{table: n.groups, id: id, hash: hash})
	n.saved = append(n.saved, unsafe.Slice((*byte)(unsafe.Pointer(&h.weight)), sessionSaved)...)
	n.saved = append(n.saved, unsafe.Slice((*byte)(unsafe.Add(payload, sessionHdrSize)), n.size)...)
}

// update feeds the rows that a call takes to its accumulators.
func (n *SessionGroups) update(c *mergedCall, at []unsafe.Pointer, b *col.Batch) {
	w, args := b.W, make([]*col.Vector, len(c.Args))
	for i, x := range c.Args {
		args[i] = &b.Cols[x]
	}
	if c.Filter >= 0 {
		f := &b.Cols[c.Filter]
		sel := col.SelBits(make([]uint32, 0, b.N), b.N, f.Bits, f.Valid)
		args = gatherKeys(args, sel)
		at, w = elements(at, sel), elements(w, sel)
	}
	if len(at) > 0 {
		c.kernel.Update(n.ctx, at, uintptr(n.payAt+c.off), args, w)
	}
}

// elements is the elements of s at a selection; nil of nil.
func elements[T any](s []T, sel []uint32) []T {
	if s == nil {
		return nil
	}
	out := make([]T, len(sel))
	for i, r := range sel {
		out[i] = s[r]
	}
	return out
}
