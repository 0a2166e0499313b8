package exec

import (
	"math"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/state"
)

// movedGroups is touched groups of one table on their way out: where they lie, and what
// they were and are. Its memory lasts from batch to batch.
type movedGroups struct {
	row, old, now  []unsafe.Pointer // the rows, what was saved of them, and their payloads
	was, is        []int64          // weights
	oldSel, newSel []uint32
	w              []int64

	groups, out col.Batch // their group columns, and what is emitted of them: good for the call
	keys        []*col.Vector
}

func (m *movedGroups) begin(n int) {
	m.row, m.old, m.now = growTo(m.row, n), growTo(m.old, n), growTo(m.now, n)
	m.was, m.is = growTo(m.was, n), growTo(m.is, n)
	m.oldSel, m.newSel = m.oldSel[:0], m.newSel[:0]
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

// warmGroups reads every line of the accumulators of a batch's groups, so that the misses of those
// that are saved overlap. What it returns says nothing; it and go:noinline keep the compiler from
// dropping the reads.
//
//go:noinline
func (a *Aggregate) warmGroups(n int) (sum uint64) {
	const line = 64
	from := uintptr(a.state.payloadAt + a.accs)
	for at := from; at < from+uintptr(a.size); at += line {
		for _, p := range a.at[:n] {
			sum += *(*uint64)(unsafe.Add(p, at))
		}
	}
	return sum
}

func (a *Aggregate) emitSome(t *Tick, from, to int, emit Emit) error {
	m, table := &a.moved, a.touched[from].table
	m.begin(to - from)
	stride := savedHdr + a.size
	for i, x := range a.touched[from:to] {
		row := table.Row(x.id)
		payload := unsafe.Add(row, a.state.payloadAt)
		kept := unsafe.Pointer(&a.saved[(from+i)*stride])
		m.row[i], m.old[i], m.now[i] = row, kept, payload
		m.was[i], m.is[i] = *(*int64)(kept), (*groupHdr)(payload).weight
		if m.is[i] < 0 {
			return defect("a group's weight fell below zero")
		}
	}
	if a.global {
		a.globalWeights(t, m.was, m.is)
	}
	before, e1 := a.results(table, m.old, savedHdr-a.accs, m.was)
	after, e2 := a.results(table, m.now, 0, m.is)
	m.choose(before, after, e1, e2)
	groups := a.groupRows(table, a.touched[from].pane, m.row)
	out := a.changes(groups, before, after)
	if err := a.reportResults(t, groups, e1, e2); err != nil || out.N == 0 {
		return err
	}
	err := emit(out)
	a.ctx.Reset()
	return err
}

// globalWeights lets the row of a grouping without columns exist whatever its weight; it
// did not before the first step that touched it.
func (a *Aggregate) globalWeights(t *Tick, was, is []int64) {
	born := t.Birth()
	for i := range is {
		is[i] = 1
		was[i] = 1
		if born {
			was[i] = 0
		}
	}
}

// results computes the aggregates of groups; lanes of groups without rows mean nothing.
// The accumulators lie behind the addresses as they do in a payload, but for a shift. It
// returns the errors by lane.
func (a *Aggregate) results(table *state.RowTable, at []unsafe.Pointer, shift int, weight []int64) ([]*col.Vector, map[int]*pgerr.Error) {
	out := make([]*col.Vector, len(a.calls))
	var errs map[int]*pgerr.Error
	for i, c := range a.calls {
		v := a.vector(c.Type())
		c.kernel(table).Result(a.ctx, at, uintptr(c.off+shift), v)
		errs = noteMarks(a.ctx, weight, errs)
		out[i] = v
	}
	return out, errs
}

// noteMarks takes a kernel's errors out of its context: those of rows that are there.
func noteMarks(c *fn.Ctx, weight []int64, errs map[int]*pgerr.Error) map[int]*pgerr.Error {
	for _, m := range c.Marks() {
		if weight[m.Lane] > 0 {
			if errs == nil {
				errs = map[int]*pgerr.Error{}
			}
			errs[m.Lane] = m.Err
		}
	}
	c.ClearMarks()
	return errs
}

// vector makes an empty vector for rows on their way out. What holds strings is made anew,
// because they are good for the step.
func (a *Aggregate) vector(t col.Type) *col.Vector {
	if t.Kind().IsView() {
		return col.NewVector(t)
	}
	return a.ctx.Vec(t)
}

// choose lists the groups whose old row is to go, and those whose new one comes: not those
// that are equal or in error.
func (m *movedGroups) choose(before, after []*col.Vector, e1, e2 map[int]*pgerr.Error) {
	for i := range m.row {
		o, w := m.was[i] > 0 && e1[i] == nil, m.is[i] > 0 && e2[i] == nil
		if o && w && sameResults(before, after, i) {
			continue
		}
		if o {
			m.oldSel = append(m.oldSel, uint32(i))
		}
		if w {
			m.newSel = append(m.newSel, uint32(i))
		}
	}
}

// weights are −1 for each old row, then 1 for each new one; nil: there are no old ones.
func (m *movedGroups) weights() []int64 {
	if len(m.oldSel) == 0 {
		return nil
	}
	m.w = growTo(m.w, len(m.oldSel)+len(m.newSel))
	w := m.w
	for i := range w {
		w[i] = 1
	}
	for i := range m.oldSel {
		w[i] = -1
	}
	return w
}

// changes makes the output batch: for each of the moved groups that are chosen its old row at
// -1 and its new row at +1. groups is their group columns.
func (a *Aggregate) changes(groups *col.Batch, before, after []*col.Vector) *col.Batch {
	m := &a.moved
	out := &m.out
	*out = col.Batch{Cols: growTo(out.Cols, len(a.types)), N: len(m.oldSel) + len(m.newSel), W: m.weights(), Consolidated: true, Stable: true}
	for c := range groups.Cols {
		out.Cols[c] = *a.either(&groups.Cols[c], &groups.Cols[c], m.oldSel, m.newSel)
	}
	for c := range before {
		out.Cols[len(groups.Cols)+c] = *a.either(before[c], after[c], m.oldSel, m.newSel)
	}
	return out
}

// either is the old values at one selection, then the new ones at another.
func (a *Aggregate) either(before, after *col.Vector, oldSel, newSel []uint32) *col.Vector {
	if len(oldSel) == 0 && len(newSel) == after.N {
		return after
	}
	v := a.vector(before.Type)
	v.ResetKind(before.Type, before.Kind, before.Scale)
	v.GatherAny(before, oldSel, 0)
	v.GatherAny(after, newSel, 0)
	return v
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

// groupRows reads the group columns of rows of a table, that of a pane: they are good until the
// next.
func (a *Aggregate) groupRows(table *state.RowTable, pane int64, at []unsafe.Pointer) *col.Batch {
	out := &a.moved.groups
	*out = col.Batch{N: len(at), Cols: growTo(out.Cols, len(a.spec.Group))}
	if len(out.Cols) == 0 {
		return out
	}
	keys := a.moved.keys[:0]
	for _, k := range a.keyed {
		keys = append(keys, &out.Cols[k])
	}
	a.moved.keys = keys
	table.KeyVectorsAt(keys, at)
	for _, k := range keys {
		k.FromKey()
	}
	for _, r := range a.reps {
		out.Cols[r.key] = *r.read(&out.Cols[r.key], table, at, a.types[r.key])
	}
	if len(a.keyed) < len(out.Cols) {
		out.Cols[a.pane] = *sameTime(a.types[a.pane], pane, len(at))
	}
	return out
}

// sameTime is n times the instant by which a pane is numbered, or n NULLs.
func sameTime(t col.Type, pane int64, n int) *col.Vector {
	if pane == math.MaxInt64 {
		return col.NullVector(t, n)
	}
	v := col.NewVector(t)
	v.Resize(n)
	for i := range v.I64 {
		v.I64[i] = pane
	}
	return v
}
