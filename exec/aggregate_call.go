package exec

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/storage/pool"
	"github.com/millracedb/millrace/storage/state"
)

// call is one aggregate of an Aggregate: its kernel, what feeds it, and the states beside
// the groups that DISTINCT and min/max under retraction need.
type call struct {
	AggregateCall
	agg      *agg.Aggregate
	off      int // of its accumulators in the payload
	size     int
	kernels  map[*state.RowTable]agg.Kernel
	pool     *pool.Pool
	append   bool // the input never retracts
	distinct *distinctValues
	extreme  *extremes
	rows     []unsafe.Pointer
	sel      []uint32
}

func (b *Builder) newCall(a *Aggregate, no int, c AggregateCall, appendOnly bool) *call {
	return &call{AggregateCall: c, agg: c.Agg, size: c.Agg.Size, append: appendOnly}
}

// open makes the call's kernel and its states.
func (c *call) open(b *Builder, a *Aggregate) {
	c.kernels, c.pool = map[*state.RowTable]agg.Kernel{}, b.g.Pool
	var keys, args []col.Type
	for _, g := range a.spec.Group {
		keys = append(keys, a.inType[g])
	}
	for _, x := range c.Args {
		args = append(args, a.inType[x])
	}
	switch {
	case c.agg.Extremum != 0 && !c.append:
		c.extreme = newExtremes(b, keys, args[0])
	case c.Distinct && c.agg.Extremum == 0:
		c.distinct = newDistinctValues(b, keys, args, a.pane >= 0)
	}
}

// update feeds the batch's rows that the call takes to the accumulators of their groups.
func (c *call) update(a *Aggregate, table *state.RowTable, b *col.Batch, keys []*col.Vector) error {
	at, w, args := a.at[:b.N], b.W, c.columns(b)
	if c.Filter >= 0 {
		f := &b.Cols[c.Filter]
		c.sel = col.SelBits(c.sel[:0], b.N, f.Bits, f.Valid)
		at, w, args = c.subset(at, w, args)
		if c.distinct != nil || c.extreme != nil {
			keys = gatherKeys(keys, c.sel)
		}
	}
	if len(at) == 0 {
		return nil
	}
	switch {
	case c.distinct != nil:
		return c.distinct.update(a, c, table, at, keys, args, w)
	case c.extreme != nil:
		return c.extreme.add(keys, args[0], w, len(at))
	}
	c.kernel(table).Update(a.ctx, at, uintptr(c.payloadOff(a)), args, w)
	return nil
}

func (c *call) payloadOff(a *Aggregate) int { return a.state.payloadAt + c.off }

func (c *call) columns(b *col.Batch) []*col.Vector {
	out := make([]*col.Vector, len(c.Args))
	for i, x := range c.Args {
		out[i] = &b.Cols[x]
	}
	return out
}

// subset gathers the rows that the FILTER lets pass.
func (c *call) subset(at []unsafe.Pointer, w []int64, args []*col.Vector) ([]unsafe.Pointer, []int64, []*col.Vector) {
	c.rows = growTo(c.rows, len(c.sel))
	for i, s := range c.sel {
		c.rows[i] = at[s]
	}
	if w != nil {
		part := make([]int64, len(c.sel))
		for i, s := range c.sel {
			part[i] = w[s]
		}
		w = part
	}
	return c.rows, w, gatherKeys(args, c.sel)
}

// settle completes the step's accumulators where they need its whole change.
func (c *call) settle(a *Aggregate, t *Tick) error {
	if c.distinct != nil {
		return c.distinct.forget()
	}
	if c.extreme != nil {
		return c.extreme.settle(a, c)
	}
	return nil
}

// kernel is the call's kernel over the groups of a table.
func (c *call) kernel(table *state.RowTable) agg.Kernel {
	k := c.kernels[table]
	if k == nil {
		k = c.agg.New(&groupHeap{h: table.Heap(), p: c.pool}, c.append || c.extreme != nil)
		c.kernels[table] = k
	}
	return k
}

// distinctValues counts each group's argument values, so that the kernel sees a value
// once: when its count rises above zero and when it falls back.
type distinctValues struct {
	seed  col.Seed
	state groupTables
	at    []unsafe.Pointer
	ids   []state.RowID
	hash  []uint64
	gone  map[valueID]uint64
}

type valueID struct {
	table *state.RowTable
	id    state.RowID
}

func newDistinctValues(b *Builder, group, args []col.Type, panes bool) *distinctValues {
	l := state.Layout{Keys: append(append([]col.Type(nil), group...), args...), Payload: 8}
	return &distinctValues{seed: b.g.Seed, state: b.newGroupTables(l, panes), gone: map[valueID]uint64{}}
}

func (d *distinctValues) update(a *Aggregate, c *call, table *state.RowTable, at []unsafe.Pointer, keys, args []*col.Vector, w []int64) error {
	all := append([]*col.Vector(nil), keys...)
	for _, x := range args {
		all = append(all, col.CanonicalOf(x))
	}
	n := len(at)
	d.at, d.ids, d.hash = growTo(d.at, n), growTo(d.ids, n), growTo(d.hash, n)
	d.seed.Keys(d.hash, all)
	values := d.state.tableOf(a, keys, 0)
	values.GetOrInsert(d.at, d.ids, all, d.hash)
	var sel []uint32
	var sign []int64
	off := d.state.payloadAt
	for i, p := range d.at[:n] {
		count := (*int64)(unsafe.Add(p, off))
		before := *count
		if w == nil {
			*count++
		} else {
			*count += w[i]
		}
		if (before > 0) != (*count > 0) {
			s := int64(1)
			if before > 0 {
				s = -1
			}
			sel, sign = append(sel, uint32(i)), append(sign, s)
		}
		if *count == 0 {
			d.gone[valueID{values, d.ids[i]}] = d.hash[i]
		}
	}
	if len(sel) == 0 {
		return nil
	}
	rows := make([]unsafe.Pointer, len(sel))
	for i, s := range sel {
		rows[i] = at[s]
	}
	c.kernel(table).Update(a.ctx, rows, uintptr(c.payloadOff(a)), gatherKeys(args, sel), sign)
	return nil
}

// forget removes the values that have no rows any more.
func (d *distinctValues) forget() error {
	for v, h := range d.gone {
		if *(*int64)(unsafe.Add(v.table.Row(v.id), d.state.payloadAt)) == 0 {
			v.table.Delete([]state.RowID{v.id}, []uint64{h})
		}
	}
	clear(d.gone)
	return nil
}
