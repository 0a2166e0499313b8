package exec

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/state"
)

// Aggregate groups rows and keeps aggregates of each group. A group's row in the state
// holds the step it was last touched in, the weight of its rows, the group columns as
// they were given (where SQL equality is wider than identity) and the accumulators. The
// first touch in a step copies weight and accumulators aside; the flush emits −old, +new
// for the groups whose output changed.
//
// Where a group column carries a watermark the groups lie in panes, one table for each
// value of that column, and a pane is dropped whole once the watermark has passed it:
// with Final its rows are emitted then, for the only time.
type Aggregate struct {
	spec   AggregateSpec
	ctx    *fn.Ctx
	seed   col.Seed
	calls  []*call
	reps   []rep
	accs   int // offset of the accumulators in the payload
	size   int // their bytes
	global bool
	pane   int // position in Group; -1: one table for all
	// paneShift takes times that are no windows together: 0, or minuteShift.
	paneShift uint
	state     groupTables
	types     []col.Type
	inType    []col.Type

	touched []touch
	saved   []byte
	at      []unsafe.Pointer
	ids     []state.RowID
	hash    []uint64
}

// groupHdr begins the payload of a group's row.
type groupHdr struct {
	step   uint64
	weight int64
}

// touch is a group of this step; its saved bytes follow in Aggregate.saved.
type touch struct {
	table *state.RowTable
	id    state.RowID
	hash  uint64
}

const (
	savedHdr    = 8  // of groupHdr, the weight is saved
	minuteShift = 26 // 2^26 µs
)

// Aggregate adds an Aggregate.
func (b *Builder) Aggregate(in Ref, s AggregateSpec) Ref {
	a := &Aggregate{spec: s, ctx: b.newCtx(), seed: b.g.Seed, global: len(s.Group) == 0, pane: -1, inType: b.Types(in)}
	layout := state.Layout{}
	off := repsAt
	for i, g := range s.Group {
		t := a.inType[g]
		a.types = append(a.types, t)
		layout.Keys = append(layout.Keys, t)
		if !col.CanonicalSame(t) {
			if len(a.reps) == 0 {
				off += 8
			}
			a.reps = append(a.reps, rep{key: i, off: off, kind: t.Kind()})
			off += 16
		}
		if b.carried(in, g) && (s.Final || b.g.nodes[in].promise) && (a.pane < 0 || a.paneShift > 0 && b.windowed(in, g)) {
			a.pane, a.paneShift = i, minuteShift
			if b.windowed(in, g) || s.Final {
				a.paneShift = 0
			}
		}
	}
	a.accs = off
	for i, c := range s.Aggs {
		k := b.newCall(a, i, c, b.AppendOnly(in))
		k.off = off
		off += c.Agg.Size
		a.calls = append(a.calls, k)
		a.types = append(a.types, c.Agg.Ret)
	}
	a.size = off - a.accs
	layout.Payload = off
	a.state = b.newGroupTables(layout, a.pane >= 0)
	for i := range a.calls {
		a.calls[i].open(b, a)
	}
	b.combineWindows(in)
	appendOnly := s.Final || b.once || len(s.Aggs) == 0 && b.AppendOnly(in)
	r := b.Add(a, a.types, appendOnly, in)
	b.g.nodes[r].closes = a.pane >= 0
	for i, g := range s.Group {
		b.Carry(r, i, 0, g, nil)
	}
	return r
}

// Distinct adds an Aggregate over all columns without aggregates: one row a group.
func (b *Builder) Distinct(in Ref) Ref {
	s := AggregateSpec{}
	for c := range b.Types(in) {
		s.Group = append(s.Group, c)
	}
	return b.Aggregate(in, s)
}

// Apply adds the batch to its groups.
func (a *Aggregate) Apply(t *Tick, _ int, b *col.Batch, _ Emit) error {
	defer a.ctx.Reset()
	b = b.Compact()
	if a.pane < 0 {
		return a.add(t, a.state.one, b)
	}
	return a.state.split(t, a, b)
}

// add adds a dense batch to the groups of one table.
func (a *Aggregate) add(t *Tick, table *state.RowTable, b *col.Batch) error {
	keys := canonicalKeys(b, a.spec.Group)
	a.hash = growTo(a.hash, b.N)
	a.seed.Keys(a.hash, keys)
	a.at, a.ids = growTo(a.at, b.N), growTo(a.ids, b.N)
	table.GetOrInsert(a.at, a.ids, keys, a.hash)
	if err := a.touch(t, table, b); err != nil {
		return err
	}
	for _, c := range a.calls {
		if err := c.update(a, table, b, keys); err != nil {
			return err
		}
	}
	return nil
}

// touch stamps the groups of the batch, saves what they were, and adds the weights.
func (a *Aggregate) touch(t *Tick, table *state.RowTable, b *col.Batch) error {
	off, step := uintptr(a.state.payloadAt), t.step
	for i, at := range a.at[:b.N] {
		h := (*groupHdr)(unsafe.Add(at, off))
		if h.step != step {
			h.step = step
			a.save(table, unsafe.Pointer(h), i)
		}
		if b.W == nil {
			h.weight++
		} else {
			h.weight += b.W[i]
		}
	}
	if len(a.reps) > 0 {
		return a.represent(table, b.N, b)
	}
	return nil
}

// save notes a group's first touch in the step and what it was before.
func (a *Aggregate) save(table *state.RowTable, payload unsafe.Pointer, i int) {
	if len(a.reps) > 0 {
		*(*uint64)(unsafe.Add(payload, repsAt)) = uint64(len(a.touched))
	}
	a.touched = append(a.touched, touch{table, a.ids[i], a.hash[i]})
	h := (*groupHdr)(payload)
	a.saved = append(a.saved, unsafe.Slice((*byte)(unsafe.Pointer(&h.weight)), savedHdr)...)
	a.saved = append(a.saved, unsafe.Slice((*byte)(unsafe.Add(payload, a.accs)), a.size)...)
}

// Flush emits what changed, or in the last step what the watermark closed.
func (a *Aggregate) Flush(t *Tick, emit Emit) error {
	defer a.ctx.Reset()
	for _, c := range a.calls {
		if err := c.settle(a, t); err != nil {
			return err
		}
	}
	if a.global && t.Birth() && len(a.touched) == 0 {
		if err := a.touchGlobal(t); err != nil {
			return err
		}
	}
	var err error
	if !a.spec.Final {
		err = a.emitChanges(t, emit)
	}
	if err == nil {
		err = a.forget()
	}
	a.touched, a.saved = a.touched[:0], a.saved[:0]
	if err == nil && a.pane >= 0 && t.last {
		err = a.state.close(t, a, emit)
	}
	return err
}

// touchGlobal makes the one row of a grouping without columns, at the dataflow's birth.
func (a *Aggregate) touchGlobal(t *Tick) error {
	a.at, a.ids, a.hash = growTo(a.at, 1), growTo(a.ids, 1), growTo(a.hash, 1)
	a.seed.Keys(a.hash, nil)
	a.state.one.GetOrInsert(a.at, a.ids, nil, a.hash)
	zero := col.NewBatch(a.inType...)
	zero.N, zero.W = 1, []int64{0}
	return a.touch(t, a.state.one, zero)
}

// emitChanges emits −old and +new of the touched groups, a batch of one table at a time.
func (a *Aggregate) emitChanges(t *Tick, emit Emit) error {
	for from := 0; from < len(a.touched); {
		to := from + 1
		for to < len(a.touched) && to < from+col.BatchRows && a.touched[to].table == a.touched[from].table {
			to++
		}
		if err := a.emitSome(t, from, to, emit); err != nil {
			return err
		}
		from = to
	}
	return nil
}

func (a *Aggregate) emitSome(t *Tick, from, to int, emit Emit) error {
	n := to - from
	old, now := make([]unsafe.Pointer, n), make([]unsafe.Pointer, n)
	rows := make([]unsafe.Pointer, n)
	stride := savedHdr + a.size
	for i := range n {
		x := a.touched[from+i]
		rows[i] = unsafe.Add(x.table.Row(x.id), a.state.payloadAt)
		now[i] = unsafe.Add(rows[i], a.accs)
		kept := a.saved[(from+i)*stride : (from+i+1)*stride]
		old[i] = unsafe.Pointer(unsafe.SliceData(kept[savedHdr:]))
	}
	was, is := make([]int64, n), make([]int64, n)
	for i := range n {
		was[i] = *(*int64)(unsafe.Pointer(&a.saved[(from+i)*stride]))
		is[i] = (*groupHdr)(rows[i]).weight
		if is[i] < 0 {
			return defect("a group's weight fell below zero")
		}
	}
	if a.global {
		a.globalWeights(t, rows, was, is)
	}
	table := a.touched[from].table
	before, e1 := a.results(table, old, was)
	after, e2 := a.results(table, now, is)
	out, keep := a.diff(t, from, n, was, is, before, after, e1, e2)
	if err := a.reportResults(t, out, keep, e1, e2); err != nil {
		return err
	}
	if out.Len() == 0 {
		return nil
	}
	return emit(out)
}

// globalWeights lets the row of a grouping without columns exist whatever its weight; it
// did not before the first step that touched it.
func (a *Aggregate) globalWeights(t *Tick, rows []unsafe.Pointer, was, is []int64) {
	born := t.Birth()
	for i := range rows {
		is[i] = 1
		was[i] = 1
		if born {
			was[i] = 0
		}
	}
}

// results computes the aggregates of groups; lanes of groups without rows mean nothing.
// It returns the errors by lane.
func (a *Aggregate) results(table *state.RowTable, at []unsafe.Pointer, weight []int64) ([]*col.Vector, map[int]*pgerr.Error) {
	out := make([]*col.Vector, len(a.calls))
	var errs map[int]*pgerr.Error
	for i, c := range a.calls {
		v := col.NewVector(c.agg.Ret)
		c.kernel(table).Result(a.ctx, at, uintptr(c.off-a.accs), v)
		for _, m := range a.ctx.Marks() {
			if weight[m.Lane] > 0 {
				if errs == nil {
					errs = map[int]*pgerr.Error{}
				}
				errs[m.Lane] = m.Err
			}
		}
		a.ctx.ClearMarks()
		out[i] = v
	}
	return out, errs
}

// diff makes the output batch: for each touched group its old row at -1 and its new row
// at +1, without those that are equal or in error. keep is the group of each row.
func (a *Aggregate) diff(t *Tick, from, n int, was, is []int64, before, after []*col.Vector, e1, e2 map[int]*pgerr.Error) (*col.Batch, *col.Batch) {
	groups := a.groupRows(from, n)
	out := &col.Batch{Cols: make([]col.Vector, len(a.types)), Consolidated: true, Stable: true}
	var oldSel, newSel []uint32
	for i := range n {
		o, w := was[i] > 0 && e1[i] == nil, is[i] > 0 && e2[i] == nil
		if o && w && sameResults(before, after, i) {
			continue
		}
		if o {
			oldSel = append(oldSel, uint32(i))
		}
		if w {
			newSel = append(newSel, uint32(i))
		}
	}
	for c := range groups.Cols {
		v := &out.Cols[c]
		g := &groups.Cols[c]
		v.ResetKind(g.Type, g.Kind, g.Scale)
		v.Gather(g, oldSel)
		v.Gather(g, newSel)
	}
	for c := range before {
		v := &out.Cols[len(groups.Cols)+c]
		v.ResetKind(before[c].Type, before[c].Kind, before[c].Scale)
		v.GatherAny(before[c], oldSel, 0)
		v.GatherAny(after[c], newSel, 0)
	}
	out.N = len(oldSel) + len(newSel)
	if len(oldSel) > 0 {
		out.W = make([]int64, out.N)
		for i := range out.W {
			out.W[i] = 1
		}
		for i := range oldSel {
			out.W[i] = -1
		}
	}
	return out, groups
}

func sameResults(a, b []*col.Vector, i int) bool {
	for c := range a {
		x, y := a[c], b[c]
		if x.Kind != y.Kind || x.Scale != y.Scale {
			x, y = x.ToDec(), y.ToDec()
		}
		if !col.EqualAt(x, i, y, i) {
			return false
		}
	}
	return true
}

// groupRows reads the group columns of the touched groups from..from+n.
func (a *Aggregate) groupRows(from, n int) *col.Batch {
	out := &col.Batch{N: n, Cols: make([]col.Vector, len(a.spec.Group))}
	if n == 0 || len(out.Cols) == 0 {
		return out
	}
	a.ids = a.ids[:0]
	for _, x := range a.touched[from : from+n] {
		a.ids = append(a.ids, x.id)
	}
	a.readKeys(out, a.touched[from].table, a.ids)
	return out
}

// readKeys appends the group columns of rows of a table.
func (a *Aggregate) readKeys(out *col.Batch, table *state.RowTable, ids []state.RowID) {
	keys := make([]*col.Vector, len(a.spec.Group))
	for k := range keys {
		keys[k] = col.NewVector(a.types[k])
		keys[k].ResetKind(a.types[k], col.KeyKind(a.types[k]), a.types[k].Scale())
	}
	table.KeyVectors(keys, ids)
	for _, r := range a.reps {
		keys[r.key] = r.read(keys[r.key], table, ids, a.types[r.key])
	}
	for k, v := range keys {
		if out.Cols[k].N == 0 {
			out.Cols[k].ResetKind(a.types[k], v.Kind, v.Scale)
		}
		out.Cols[k].AppendAll(v)
	}
}

// reportResults withdraws the errors of old outputs and reports those of new ones.
func (a *Aggregate) reportResults(t *Tick, out, groups *col.Batch, e1, e2 map[int]*pgerr.Error) error {
	if e1 == nil && e2 == nil {
		return nil
	}
	one := *groups
	for i := range groups.N {
		for _, e := range []struct {
			err *pgerr.Error
			w   int64
		}{{e1[i], -1}, {e2[i], 1}} {
			if e.err == nil {
				continue
			}
			one.W = make([]int64, groups.N)
			one.W[i] = e.w
			if err := t.RowError(&one, i, e.err); err != nil {
				return err
			}
		}
	}
	return nil
}

// forget removes the groups that have no rows any more.
func (a *Aggregate) forget() error {
	if a.global {
		return nil
	}
	for _, x := range a.touched {
		row := unsafe.Add(x.table.Row(x.id), a.state.payloadAt)
		if (*groupHdr)(row).weight != 0 {
			continue
		}
		for _, r := range a.reps {
			r.free(x.table, row)
		}
		for _, c := range a.calls {
			c.kernel(x.table).Release([]unsafe.Pointer{row}, uintptr(c.off))
		}
		x.table.Delete([]state.RowID{x.id}, []uint64{x.hash})
	}
	return nil
}

func defect(format string, args ...any) error {
	return pgerr.New(pgerr.InternalError, format, args...)
}
