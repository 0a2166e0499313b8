package exec

import (
	"math"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// Session gives each row the session that its time lies in: window_start, window_end and
// window_time stand behind the row's columns. It keeps the rows by partition in order of
// time. What a step's change δ does, with S(A, δ) the rows, with their windows, of those
// sessions of A that a row of δ lies in or is no further from than the gap:
//
//	−S(A, δ) + S(A+δ, δ)
//
// and nothing else can change: what is left of a session that rows have gone from was, in
// order of time, next to one of them. A row without a time, or at infinity, has windows of
// NULLs. Where the time carries a watermark that is a promise, sessions that it has passed
// by more than the gap are forgotten. A change costs the sessions it touches; SessionGroups
// is for those who only want aggregates of them.
type Session struct {
	spec   SessionSpec
	types  []col.Type
	rows   *orderedRows
	due    *state.Ordered // a time not after the end of a partition's first session, and the partition; nil: nothing is forgotten
	closed int64
	delta  *col.Batch
	none   *col.Batch // of the step: rows in no session
	cons   consolidator
	out    *col.Batch
}

// Session adds a Session.
func (b *Builder) Session(in Ref, s SessionSpec) Ref {
	types := b.Types(in)
	t := types[s.Time]
	out := append(append(make([]col.Type, 0, len(types)+3), types...), t, t, t)
	n := &Session{spec: s, types: types, closed: math.MinInt64, cons: consolidator{seed: b.g.Seed, stop: b.g.work}}
	n.rows = b.newOrderedRows(orderedSpec{Types: types, Group: s.Partition, Order: []OrderBy{{Col: s.Time}}})
	closes := b.carried(in, s.Time) && b.g.nodes[in].promise
	if closes {
		n.due = b.newOrdered()
	}
	n.delta, n.none, n.out = col.NewBatch(types...), col.NewBatch(types...), col.NewBatch(out...)
	r := b.Add(n, out, b.once && b.AppendOnly(in), in)
	b.g.nodes[r].closes = closes
	for _, p := range s.Partition {
		b.Carry(r, p, 0, p, nil)
	}
	b.Carry(r, len(types)+1, 0, s.Time, func(w int64) int64 { return w })
	b.Carry(r, len(types)+2, 0, s.Time, func(w int64) int64 { return w - 1 })
	return r
}

// Apply keeps the batch until the flush.
func (n *Session) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	v := &b.Cols[n.spec.Time]
	in := make([]uint32, 0, b.Len())
	var out []uint32
	for i := range b.Len() {
		if r := b.Row(i); noTime(v, r) {
			out = append(out, uint32(r))
		} else {
			in = append(in, uint32(r))
		}
	}
	part := *b
	if part.Sel = in; len(in) > 0 {
		n.delta.AppendBatch(&part)
	}
	if part.Sel = out; len(out) > 0 {
		n.none.AppendBatch(&part)
	}
	return nil
}

// Flush emits how the touched sessions changed, and forgets those that are over.
func (n *Session) Flush(t *Tick, emit Emit) error {
	defer func() { n.delta.Reset(); n.none.Reset(); n.out.Reset() }()
	if n.none.N > 0 {
		none := stored(n.none)
		for i := range none.N {
			n.append(none, i, none.Weight(i), nil)
		}
	}
	if err := n.change(); err != nil {
		return err
	}
	if err := n.emit(emit); err != nil {
		return err
	}
	if n.due != nil && t.last {
		return n.forget(t.Watermark(0, n.spec.Time))
	}
	return nil
}

// change merges the step's change and notes the touched sessions as they were and are.
func (n *Session) change() error {
	if n.delta.N == 0 {
		return nil
	}
	d := stored(n.cons.run(n.delta))
	if d.N == 0 {
		return nil
	}
	k := n.rows.keysOf(d)
	n.touched(d, k, -1)
	var fresh [][]byte // partitions that had no rows
	if n.due != nil {
		n.eachPartition(k, func(prefix []byte, _ []uint32) {
			if c := n.rows.first(prefix); !c.valid() {
				fresh = append(fresh, prefix)
			}
		})
	}
	if err := n.rows.merge(d, k); err != nil {
		return err
	}
	n.touched(d, k, 1)
	for _, prefix := range fresh {
		if err := n.schedule(prefix); err != nil {
			return err
		}
	}
	return nil
}

// eachPartition walks the partitions of a change with their rows in order of time.
func (n *Session) eachPartition(k *rowKeys, f func(prefix []byte, rows []uint32)) {
	for from := 0; from < len(k.sorted); {
		prefix, to := k.prefix(int(k.sorted[from])), from+1
		for to < len(k.sorted) && slices.Equal(k.prefix(int(k.sorted[to])), prefix) {
			to++
		}
		f(prefix, k.sorted[from:to])
		from = to
	}
}

// touched notes the rows of the sessions that the change touches, with a sign.
func (n *Session) touched(d *col.Batch, k *rowKeys, sign int64) {
	times := d.Cols[n.spec.Time].I64
	n.eachPartition(k, func(prefix []byte, rows []uint32) {
		done := int64(math.MinInt64) // the last time of the session noted last
		for _, r := range rows {
			t := times[r]
			from := max(t-n.spec.Gap, done+1)
			c := n.rows.seek(prefix, n.place(prefix, from))
			if !c.valid() || n.timeAt(&c) > t+n.spec.Gap {
				continue
			}
			c = n.firstOf(prefix, c)
			for c.valid() && n.timeAt(&c) <= t+n.spec.Gap {
				done = n.note(&c, sign)
			}
		}
	})
}

// place is where the rows of a partition at a time begin.
func (n *Session) place(prefix []byte, t int64) []byte {
	v := col.NewVector(n.types[n.spec.Time])
	v.AppendI64(t)
	return n.rows.appendPlace(slices.Clone(prefix), []*col.Vector{v}, 0)
}

// timeAt is the time of the row at a cursor: behind the prefix and the mark of what is no NULL.
func (n *Session) timeAt(c *rowCursor) int64 { return timeAt(c.Key()[len(c.group)+1:]) }

// firstOf goes back to the first row of the session of the row at c.
func (n *Session) firstOf(prefix []byte, c rowCursor) rowCursor {
	for {
		t := n.timeAt(&c)
		before := c
		if before.Prev(); !before.valid() || t-n.timeAt(&before) > n.spec.Gap {
			return c
		}
		c = before
	}
}

// note appends the rows of the session that begins at c to the output and moves c behind it.
// It returns the session's last time.
func (n *Session) note(c *rowCursor, sign int64) int64 {
	rows := col.NewBatch(n.types...)
	start := n.timeAt(c)
	last := start
	for ; c.valid() && n.timeAt(c)-last <= n.spec.Gap; c.Next() {
		last = n.timeAt(c)
		n.rows.read(rows, c, sign*c.Weight())
	}
	for i := range rows.N {
		n.append(rows, i, rows.Weight(i), &[2]int64{start, last + n.spec.Gap})
	}
	return last
}

// append adds a row with its window to the output; nil: none.
func (n *Session) append(b *col.Batch, i int, w int64, window *[2]int64) {
	for c := range b.Cols {
		n.out.Cols[c].AppendFrom(&b.Cols[c], i)
	}
	for k := range 3 {
		v := &n.out.Cols[len(n.types)+k]
		switch {
		case window == nil:
			v.AppendNull()
		case k == 2:
			v.AppendI64(window[1] - 1)
		default:
			v.AppendI64(window[k])
		}
	}
	n.out.Grow(n.out.N+1, w)
}

// emit hands the output on, without what did not change.
func (n *Session) emit(emit Emit) error {
	if n.out.N == 0 {
		return nil
	}
	n.out.Stable = false
	all := n.cons.run(n.out)
	for from := 0; from < all.N; from += col.BatchRows {
		part := *all
		part.Sel = nil
		if all.N > col.BatchRows {
			for i := from; i < min(from+col.BatchRows, all.N); i++ {
				part.Sel = append(part.Sel, uint32(i))
			}
		}
		if err := emit(part.Compact()); err != nil {
			return err
		}
	}
	return nil
}

// schedule enters a partition among those to be looked at when its first session is over.
func (n *Session) schedule(prefix []byte) error {
	c := n.rows.first(prefix)
	if !c.valid() {
		return nil
	}
	_, err := n.due.Put(append(appendTime(nil, n.lastOf(&c)), prefix...), nil)
	return err
}

// lastOf moves behind the session that begins at c and returns its last time.
func (n *Session) lastOf(c *rowCursor) int64 {
	last := n.timeAt(c)
	for ; c.valid() && n.timeAt(c)-last <= n.spec.Gap; c.Next() {
		last = n.timeAt(c)
	}
	return last
}

// forget removes the sessions that the watermark has passed by more than the gap.
func (n *Session) forget(w int64) error {
	if w == NoWatermark || w <= n.closed {
		return nil
	}
	n.closed = w
	limit := appendTime(nil, w-n.spec.Gap)
	for {
		c := n.due.Seek(nil)
		if !c.Valid() || slices.Compare(c.Key()[:8], limit) >= 0 {
			return nil
		}
		key := slices.Clone(c.Key())
		n.due.Delete(key)
		n.forgetIn(key[8:], w)
		if err := n.schedule(key[8:]); err != nil {
			return err
		}
	}
}

// forgetIn removes the sessions of a partition that are over.
func (n *Session) forgetIn(prefix []byte, w int64) {
	var keys [][]byte
	for c := n.rows.first(prefix); c.valid(); {
		from := c
		if n.lastOf(&c)+n.spec.Gap >= w {
			break
		}
		for ; from.valid() && (!c.valid() || slices.Compare(from.Key(), c.Key()) < 0); from.Next() {
			keys = append(keys, slices.Clone(from.Key()))
		}
	}
	for _, k := range keys {
		n.rows.tree.Delete(k)
	}
}
