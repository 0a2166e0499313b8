package exec

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// extremes keeps every argument value of each group, for min and max under retraction:
// when the extremum itself leaves, the group's values are read again, or, where there are
// many, found in order (bigExtremes).
type extremes struct {
	seed   col.Seed
	groups []col.Type
	arg    col.Type
	values *state.Arrangement
	big    bigExtremes
	most   int        // values of a group that are read again
	delta  *col.Batch // of the step: group keys, then the value
	cons   consolidator
}

func newExtremes(b *Builder, group []col.Type, arg col.Type) *extremes {
	l := state.ArrLayout{Keys: group, Payload: []col.Type{arg}}
	x := &extremes{seed: b.g.Seed, values: b.newArrangement(l), cons: consolidator{seed: b.g.Seed, stop: b.g.work}, groups: group, arg: arg, most: b.g.bigGroup}
	x.big = bigExtremes{tree: b.newOrdered(), arg: arg}
	x.reset()
	return x
}

func (x *extremes) reset() {
	x.delta = &col.Batch{Cols: make([]col.Vector, len(x.groups)+1)}
	for i, t := range x.groups {
		x.delta.Cols[i].ResetKind(t, col.KeyKind(t), t.Scale())
	}
	x.delta.Cols[len(x.groups)].Reset(x.arg)
}

// add notes n values of the step; NULLs do not count.
func (x *extremes) add(keys []*col.Vector, arg *col.Vector, w []int64, n int) error {
	b := &col.Batch{N: n, W: w, Cols: make([]col.Vector, 0, len(keys)+1)}
	for _, k := range keys {
		b.Cols = append(b.Cols, *k)
	}
	b.Cols = append(b.Cols, *arg.StoredKind())
	if arg.Valid != nil {
		b.Sel = col.SelBits(make([]uint32, 0, n), n, arg.Valid, nil)
	}
	x.delta.AppendBatch(b)
	return nil
}

// moved is the step's values of the groups of one table.
type moved struct {
	table *state.RowTable
	at    []unsafe.Pointer
	keys  []*col.Vector
	hash  []uint64
	value *col.Vector
	w     []int64
}

// settle merges the step's values and brings the accumulators up to date.
func (x *extremes) settle(a *Aggregate, c *call) error {
	if x.delta.N == 0 {
		return nil
	}
	d, err := x.settleBig(a, c, x.cons.run(x.delta))
	x.reset()
	if err != nil || d.N == 0 {
		return err
	}
	by := map[*state.RowTable][]uint32{}
	var order []*state.RowTable
	keys := x.keysOf(d)
	for i := range d.N {
		t := a.state.tableOf(a, keys, i)
		if by[t] == nil {
			order = append(order, t)
		}
		by[t] = append(by[t], uint32(i))
	}
	hash := make([]uint64, d.N)
	x.seed.Keys(hash, keys)
	lost := make([]map[unsafe.Pointer]bool, len(order))
	parts := make([]*moved, len(order))
	for i, t := range order {
		parts[i] = x.part(t, d, keys, hash, by[t])
		lost[i] = x.lost(a, c, parts[i])
	}
	if err := x.values.Merge(keys, hash, &col.Batch{N: d.N, W: d.W, Cols: d.Cols[len(keys):]}); err != nil {
		return err
	}
	for i, m := range parts {
		x.offer(a, c, m, lost[i])
		if err := x.again(a, c, m, lost[i]); err != nil {
			return err
		}
	}
	return nil
}

// keysOf is the group columns of values.
func (x *extremes) keysOf(d *col.Batch) []*col.Vector {
	keys := make([]*col.Vector, len(x.groups))
	for i := range keys {
		keys[i] = &d.Cols[i]
	}
	return keys
}

func (x *extremes) part(t *state.RowTable, d *col.Batch, keys []*col.Vector, hash []uint64, sel []uint32) *moved {
	m := &moved{table: t, at: make([]unsafe.Pointer, len(sel)), keys: gatherKeys(keys, sel), value: gatherKeys([]*col.Vector{&d.Cols[len(keys)]}, sel)[0]}
	for _, s := range sel {
		m.hash, m.w = append(m.hash, hash[s]), append(m.w, d.Weight(int(s)))
	}
	t.FindForWrite(m.at, make([]state.RowID, len(sel)), m.keys, m.hash)
	return m
}

// lost finds the groups whose extremum is among the values that leave.
func (x *extremes) lost(a *Aggregate, c *call, m *moved) map[unsafe.Pointer]bool {
	var sel []uint32
	var rows []unsafe.Pointer
	for i, w := range m.w {
		if w < 0 {
			sel, rows = append(sel, uint32(i)), append(rows, m.at[i])
		}
	}
	lost := map[unsafe.Pointer]bool{}
	if len(sel) == 0 {
		return lost
	}
	held := col.NewVector(c.agg.Ret)
	c.kernel(m.table).Result(a.ctx, rows, uintptr(c.payloadOff(a)), held)
	h, v := col.CanonicalOf(held), col.CanonicalOf(m.value)
	for i, s := range sel {
		if !h.Null(i) && col.EqualAt(h, i, v, int(s)) {
			lost[rows[i]] = true
		}
	}
	return lost
}

// offer gives the values that came to the groups that keep their extremum.
func (x *extremes) offer(a *Aggregate, c *call, m *moved, lost map[unsafe.Pointer]bool) {
	var sel []uint32
	var rows []unsafe.Pointer
	for i, w := range m.w {
		if w > 0 && !lost[m.at[i]] {
			sel, rows = append(sel, uint32(i)), append(rows, m.at[i])
		}
	}
	if len(sel) > 0 {
		c.kernel(m.table).Update(a.ctx, rows, uintptr(c.payloadOff(a)), gatherKeys([]*col.Vector{m.value}, sel), nil)
	}
}

// again reads the values of the groups that lost their extremum.
func (x *extremes) again(a *Aggregate, c *call, m *moved, lost map[unsafe.Pointer]bool) error {
	if len(lost) == 0 {
		return nil
	}
	off, k := uintptr(c.payloadOff(a)), c.kernel(m.table)
	var sel []uint32
	for i, at := range m.at {
		if !lost[at] {
			continue
		}
		delete(lost, at)
		k.Release([]unsafe.Pointer{at}, off)
		clear(unsafe.Slice((*byte)(unsafe.Add(at, off)), c.size))
		sel = append(sel, uint32(i))
	}
	hash := make([]uint64, len(sel))
	for i, s := range sel {
		hash[i] = m.hash[s]
	}
	groups, read := gatherKeys(m.keys, sel), make([]int, len(sel))
	err := x.values.Probe(groups, hash, []int{0}, func(left []uint32, got *col.Batch) error {
		to := make([]unsafe.Pointer, len(left))
		for i, l := range left {
			to[i] = m.at[sel[l]]
			read[l]++
		}
		k.Update(a.ctx, to, off, []*col.Vector{&got.Cols[0]}, nil)
		return nil
	})
	if err != nil {
		return err
	}
	var many []uint32
	for i, n := range read {
		if n > x.most {
			many = append(many, uint32(i))
		}
	}
	return x.moveBig(groups, hash, many)
}

// drop forgets what the call keeps of the groups of a pane that closes.
func (c *call) drop(a *Aggregate, table *state.RowTable) {
	delete(c.kernels, table)
	if c.extreme == nil {
		return
	}
	ids := make([]state.RowID, col.BatchRows)
	for from := state.RowID(0); ; {
		n, next := table.Scan(from, ids)
		if n == 0 {
			return
		}
		keys := make([]*col.Vector, len(c.extreme.groups))
		for i, t := range c.extreme.groups {
			keys[i] = &col.Vector{}
			keys[i].ResetKind(t, col.KeyKind(t), t.Scale())
		}
		table.KeyVectors(keys, ids[:n])
		hash := make([]uint64, n)
		c.extreme.seed.Keys(hash, keys)
		c.extreme.values.DeleteKeys(keys, hash)
		c.extreme.dropBig(keys, n)
		from = next
	}
}
