package exec

import (
	"slices"
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
	spec  AggregateSpec
	ctx   *fn.Ctx
	g     *Graph
	seed  col.Seed
	calls []*call
	// What the calls share: the FILTERs, and the values of DISTINCT arguments.
	filters   []*passing
	distinct  []*distinctValues
	collected []*collected
	numbers   *state.RowTable // the greatest number of a group; nil: they have none
	numberAt  int             // of a group's number in the payload
	reps      []rep
	accs      int // offset of the accumulators in the payload
	size      int // their bytes
	global    bool
	pane      int   // position in Group; -1: one table for all
	keyed     []int // positions in Group that stand in the tables' keys: a window is its pane's
	// paneShift takes times that are no windows together: 0, or minuteShift.
	paneShift uint
	state     groupTables
	types     []col.Type
	inType    []col.Type

	touched  []touch
	saved    []byte
	fell     bool // some group's weight did not rise: it may have no rows any more
	moved    movedGroups
	combines bool     // the input is what Partials have made
	once     bool     // it runs once, over rows that only come
	part     []uint64 // one of them
	at       []unsafe.Pointer
	ids      []state.RowID
	hash     []uint64
	given    []*col.Vector // the group columns of a batch,
	found    []*col.Vector // and those of them in the tables' keys
	near     closeKeys
}

// groupHdr begins the payload of a group's row.
type groupHdr struct {
	step   uint64
	weight int64
}

// touch is a group of this step; its saved bytes follow in Aggregate.saved.
type touch struct {
	table *state.RowTable
	pane  int64 // of the table
	id    state.RowID
	hash  uint64
}

const (
	savedHdr    = 8  // of groupHdr, the weight is saved
	minuteShift = 26 // 2^26 µs
	addedRows   = 2048
)

// Aggregate adds an Aggregate.
func (b *Builder) Aggregate(in Ref, s AggregateSpec) Ref {
	if b.once && !b.AppendOnly(in) && slices.ContainsFunc(s.Aggs, func(c AggregateCall) bool { return c.Agg.Grows }) {
		in = b.Sort(in, nil, -1, 0) // which adds up what comes and goes
	}
	if len(s.Group) == 0 {
		r, _ := b.aggregate(in, s, nil, false)
		return r
	}
	return b.spill([]Ref{in}, SpillSpec{[][]int{s.Group}, func(b *Builder, in []Ref) (Ref, *takesRows) {
		r, a := b.aggregate(in[0], s, nil, false)
		return r, &takesRows{has: a.has}
	}})
}

// aggregate is Aggregate; with parts, the types of the rows of which Partials made the input,
// it combines these, and appendOnly says that the rows only came.
func (b *Builder) aggregate(in Ref, s AggregateSpec, parts []col.Type, appendOnly bool) (Ref, *Aggregate) {
	a := &Aggregate{spec: s, ctx: b.newCtx(), g: b.g, seed: b.g.Seed, global: len(s.Group) == 0, pane: -1, inType: parts, combines: parts != nil}
	if parts == nil {
		a.inType, appendOnly = b.Types(in), b.AppendOnly(in)
	}
	layout := state.Layout{}
	off := repsAt
	for i, g := range s.Group {
		t := a.inType[g]
		a.types = append(a.types, t)
		if !col.CanonicalSame(t) {
			if len(a.reps) == 0 {
				off += 8
			}
			a.reps = append(a.reps, rep{key: i, off: off, kind: t.Kind()})
			off += 16
		}
		if s.Final && (len(s.Closing) == 0 || s.Closing[0] != i) {
			continue
		}
		if b.carried(in, g) && (s.Final || b.g.nodes[in].promise) && (a.pane < 0 || a.paneShift > 0 && b.windowed(in, g)) {
			a.pane, a.paneShift = i, minuteShift
			if b.windowed(in, g) || s.Final {
				a.paneShift = 0
			}
		}
	}
	a.once = b.once && appendOnly && a.pane < 0 && !a.combines && !s.Final
	for i := range s.Group {
		if i != a.pane || a.paneShift > 0 || !b.windowed(in, s.Group[i]) || a.looksUp(appendOnly) {
			a.keyed, layout.Keys = append(a.keyed, i), append(layout.Keys, a.types[i])
		}
	}
	if slices.ContainsFunc(s.Aggs, func(c AggregateCall) bool {
		return c.numbered(a.inType) && !(a.once && c.collecting(a.inType))
	}) {
		a.numberAt, a.numbers = off, b.newTable(state.Layout{Payload: 8})
		off += 8
	}
	a.accs = off
	for _, c := range s.Aggs {
		a.filterOf(c.Filter)
		k := newCall(c, appendOnly, a.once, a.inType)
		k.off = off
		off += k.size
		a.calls = append(a.calls, k)
		a.types = append(a.types, c.Type())
	}
	a.size = off - a.accs
	layout.Payload = off
	a.state = b.newGroupTables(layout, a.pane >= 0)
	if a.once && !a.global {
		a.makeRoom(b)
	}
	for i := range a.calls {
		a.calls[i].open(b, a)
	}
	for _, d := range a.distinct {
		d.open(b, a, appendOnly)
	}
	b.combineWindows(in)
	r := b.Add(a, a.types, s.Final || b.once || len(s.Aggs) == 0 && appendOnly, in)
	b.g.nodes[r].closes, b.g.nodes[r].apart = a.pane >= 0, true
	for i, g := range s.Group {
		if !s.Final || slices.Contains(s.Closing, i) {
			b.Carry(r, i, 0, g, nil)
		}
	}
	return r, a
}

// looksUp reports whether groups are found again by their columns: that of an extremum which
// may be lost.
func (a *Aggregate) looksUp(appendOnly bool) bool {
	return !appendOnly && slices.ContainsFunc(a.spec.Aggs, func(c AggregateCall) bool { return c.Agg.Extremum != 0 })
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
	if a.combines {
		return a.combine(t, b)
	}
	b = b.Compact()
	if a.once && a.state.one.Len() == 0 {
		t.did(stopEvery) // the table may be great from its first row on, and new memory slow
	}
	if a.pane < 0 {
		return a.add(t, a.state.one, 0, b)
	}
	return a.state.split(t, a, b)
}

// add adds a dense batch to the groups of one table, that of a pane. Where each row looks up
// values too, so many at once that what is found of them stays near the core until it is used.
func (a *Aggregate) add(t *Tick, table *state.RowTable, pane int64, b *col.Batch) error {
	if len(a.distinct) == 0 {
		return a.addSome(t, table, pane, b)
	}
	for from := 0; from < b.N; from += addedRows {
		if err := a.addSome(t, table, pane, b.Range(from, min(from+addedRows, b.N))); err != nil {
			return err
		}
	}
	return nil
}

func (a *Aggregate) addSome(t *Tick, table *state.RowTable, pane int64, b *col.Batch) error {
	keys, stored := appendKeys(a.given[:0], b, a.spec.Group), a.found[:0]
	for _, k := range a.keyed {
		stored = append(stored, keys[k])
	}
	a.given, a.found = keys, stored
	a.find(table, stored, b.N)
	if err := a.touch(t, table, pane, b); err != nil {
		return err
	}
	a.numberGroups(b.N)
	a.refilter()
	for _, d := range a.distinct {
		if err := d.update(a, table, pane, b); err != nil {
			return err
		}
	}
	for _, s := range a.collected {
		if err := s.add(a, b); err != nil {
			return err
		}
	}
	for _, c := range a.calls {
		if err := c.update(a, table, b, keys); err != nil {
			return err
		}
	}
	return nil
}

// touch stamps the groups of the batch, saves what they were, and adds the weights.
func (a *Aggregate) touch(t *Tick, table *state.RowTable, pane int64, b *col.Batch) error {
	off, step := uintptr(a.state.payloadAt), t.step
	if a.once {
		a.weigh(b, off)
	} else {
		a.note(table, pane, b, off, step)
	}
	if len(a.reps) > 0 {
		return a.represent(table, b.N, b)
	}
	return nil
}

// weigh adds the weights of a batch to those of its groups.
func (a *Aggregate) weigh(b *col.Batch, off uintptr) {
	if b.W == nil {
		for _, at := range a.at[:b.N] {
			(*groupHdr)(unsafe.Add(at, off)).weight++
		}
		return
	}
	for i, at := range a.at[:b.N] {
		(*groupHdr)(unsafe.Add(at, off)).weight += b.W[i]
	}
}

// note is weigh for groups that are emitted as they change.
func (a *Aggregate) note(table *state.RowTable, pane int64, b *col.Batch, off uintptr, step uint64) {
	if a.size > 64 {
		a.warmGroups(b.N)
	}
	for i, at := range a.at[:b.N] {
		h := (*groupHdr)(unsafe.Add(at, off))
		if h.step != step {
			h.step = step
			a.save(table, pane, unsafe.Pointer(h), i)
		}
		if b.W == nil {
			h.weight++
			continue
		}
		w := b.W[i]
		h.weight += w
		a.fell = a.fell || w <= 0
	}
}

// save notes a group's first touch in the step and what it was before.
func (a *Aggregate) save(table *state.RowTable, pane int64, payload unsafe.Pointer, i int) {
	if len(a.reps) > 0 {
		*(*uint64)(unsafe.Add(payload, repsAt)) = uint64(len(a.touched))
	}
	a.touched = append(a.touched, touch{table, pane, a.ids[i], a.hash[i]})
	n := len(a.saved)
	a.saved = slices.Grow(a.saved, savedHdr+a.size)[:n+savedHdr+a.size]
	to := unsafe.Pointer(&a.saved[n])
	*(*int64)(to) = (*groupHdr)(payload).weight
	for at := 0; at < a.size; at += 8 {
		*(*uint64)(unsafe.Add(to, savedHdr+at)) = *(*uint64)(unsafe.Add(payload, a.accs+at))
	}
}

// Flush emits what changed, or in the last step what the watermark closed.
func (a *Aggregate) Flush(t *Tick, emit Emit) error {
	if a.once {
		return a.emitGroups(t, emit)
	}
	defer a.ctx.Reset()
	for _, d := range a.distinct {
		d.forget()
	}
	for _, s := range a.collected {
		if err := s.settle(a); err != nil {
			return err
		}
	}
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
	if err == nil && a.fell {
		err = a.forget()
	}
	a.touched, a.saved, a.fell = a.touched[:0], a.saved[:0], false
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
	return a.touch(t, a.state.one, 0, zero)
}

// reportResults withdraws the errors of old outputs and reports those of new ones.
func (a *Aggregate) reportResults(t *Tick, groups *col.Batch, e1, e2 map[int]*pgerr.Error) error {
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
