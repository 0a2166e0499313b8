package exec

import (
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
	// Of a call that collects rows: their state, its arguments among their columns, and its
	// result over none, or its error there.
	collected *collected
	at        []int
	empty     *col.Vector
	emptyErr  error
}

// numbered reports whether the call keeps a state beside the groups, by their numbers.
func (c AggregateCall) numbered(in []col.Type) bool {
	return c.Distinct && c.Agg.Extremum == 0 || c.collecting(in)
}

func newCall(c AggregateCall, appendOnly, once bool, in []col.Type) *call {
	k := &call{AggregateCall: c, agg: c.Agg, size: c.Agg.Size, append: appendOnly}
	if c.collecting(in) {
		k.size = collectedSize
		if once { // its results are not kept
			k.size = 0
		}
	}
	return k
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
	case c.collecting(a.inType):
		a.collectedOf(b, c)
		c.empty, c.emptyErr = c.Agg.OverNothing(c.Type())
	case c.agg.Extremum != 0 && !c.append:
		c.extreme = newExtremes(b, keys, args[0])
	case c.numbered(a.inType):
		a.distinctOf(b, c, args)
	}
}

// update feeds the batch's rows that the call takes to the accumulators of their groups.
// Those that see each value once are fed by their distinctValues.
func (c *call) update(a *Aggregate, table *state.RowTable, b *col.Batch, keys []*col.Vector) error {
	if c.distinct != nil || c.collected != nil {
		return nil
	}
	at, w, args := a.at[:b.N], b.W, c.columns(b)
	if p := a.passing(c.Filter, b); p != nil {
		at, w, args = p.rows, p.w, gatherKeys(args, p.sel)
		if c.extreme != nil {
			keys = gatherKeys(keys, p.sel)
		}
	}
	if len(at) == 0 {
		return nil
	}
	if c.extreme != nil {
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

// settle completes the step's accumulators where they need its whole change.
func (c *call) settle(a *Aggregate, t *Tick) error {
	if c.extreme != nil {
		return c.extreme.settle(a, c)
	}
	return nil
}

// kernel is the call's kernel over the groups of a table.
func (c *call) kernel(table *state.RowTable) agg.Kernel {
	k := c.kernels[table]
	if k == nil {
		heap := &groupHeap{h: table.Heap(), p: c.pool}
		if c.collected != nil {
			k = &collectedKernel{heap: heap, empty: c.empty, emptyErr: c.emptyErr}
		} else {
			k = c.agg.New(heap, c.append || c.extreme != nil)
		}
		c.kernels[table] = k
	}
	return k
}
