package exec

import (
	"bytes"
	"math"
	"slices"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/state"
)

// groupTables is the groups' state: one table, or a table for each pane.
type groupTables struct {
	one       *state.RowTable
	panes     *state.Panes
	payloadAt int
	closed    int64
	parts     paneParts
	keys      []col.Type
}

func (b *Builder) newGroupTables(l state.Layout, panes bool) groupTables {
	g := groupTables{closed: math.MinInt64, payloadAt: l.PayloadAt(), keys: l.Keys}
	if panes {
		g.panes = b.newPanes(l)
	} else {
		g.one = b.newTable(l)
	}
	return g
}

// paneOf is the pane of a row, by the column that carries the watermark: each window is a
// pane; of other times, which are many, those of about a minute lie in one. Rows without a
// time lie in a pane that never closes.
func (a *Aggregate) paneOf(b *col.Batch, i int) int64 {
	v := &b.Cols[a.spec.Group[a.pane]]
	if v.Null(i) {
		return math.MaxInt64
	}
	if v.Kind == col.KindI32 {
		return int64(v.I32[i]) >> a.paneShift
	}
	return v.I64[i] >> a.paneShift
}

// onePane reports whether it is seen at once that all rows lie in one pane.
func (a *Aggregate) onePane(b *col.Batch) bool {
	v := &b.Cols[a.spec.Group[a.pane]]
	if v.Kind != col.KindI64 || v.AnyNull() {
		return false
	}
	least, most := v.I64[0], v.I64[0]
	for _, x := range v.I64[:b.N] {
		least, most = min(least, x), max(most, x)
	}
	return least>>a.paneShift == most>>a.paneShift
}

// split hands the rows of each pane to its table; rows of closed panes are late and do
// not count.
func (g *groupTables) split(t *Tick, a *Aggregate, b *col.Batch) error {
	if b.N == 0 {
		return nil
	}
	if a.onePane(b) {
		return g.addTo(t, a, a.paneOf(b, 0), b)
	}
	x := &g.parts
	x.begin()
	for i := range b.N {
		x.add(a.paneOf(b, i), uint32(i))
	}
	for k, p := range x.panes {
		part := *b
		part.Sel = x.rows[k]
		if err := g.addTo(t, a, p, part.Compact()); err != nil {
			return err
		}
	}
	return nil
}

// paneParts is the rows of a batch by their panes. Its memory lasts from batch to batch.
type paneParts struct {
	panes []int64
	rows  [][]uint32
	of    map[int64]int // place of a pane
	last  int
}

func (x *paneParts) begin() {
	if x.of == nil {
		x.of = map[int64]int{}
	}
	clear(x.of)
	x.panes, x.last = x.panes[:0], 0
}

func (x *paneParts) add(pane int64, row uint32) {
	if len(x.panes) == 0 || x.panes[x.last] != pane { // neighbours often share theirs
		x.last = x.place(pane)
	}
	x.rows[x.last] = append(x.rows[x.last], row)
}

func (x *paneParts) place(pane int64) int {
	if k, ok := x.of[pane]; ok {
		return k
	}
	k := len(x.panes)
	x.of[pane], x.panes = k, append(x.panes, pane)
	if k == len(x.rows) {
		x.rows = append(x.rows, nil)
	}
	x.rows[k] = x.rows[k][:0]
	return k
}

func (g *groupTables) addTo(t *Tick, a *Aggregate, pane int64, b *col.Batch) error {
	if pane < g.closed {
		return nil
	}
	return a.add(t, g.panes.Pane(pane), pane, b)
}

// tableOf is the table of the group whose keys are given.
func (g *groupTables) tableOf(a *Aggregate, keys []*col.Vector, i int) *state.RowTable {
	if g.panes == nil {
		return g.one
	}
	if k := keys[a.pane]; !k.Null(i) {
		return g.panes.Pane(laneInt(k, i) >> a.paneShift)
	}
	return g.panes.Pane(math.MaxInt64)
}

func laneInt(v *col.Vector, i int) int64 {
	if v.Kind == col.KindI32 {
		return int64(v.I32[i])
	}
	return v.I64[i]
}

func (a *Aggregate) closedBy() *int64 {
	if a.pane < 0 {
		return nil
	}
	return &a.state.closed
}

// close drops the panes that the watermark has passed, emitting their groups if they are
// to be emitted once.
func (g *groupTables) close(t *Tick, a *Aggregate, emit Emit) error {
	w := t.Watermark(0, a.spec.Group[a.pane])
	if w == NoWatermark {
		return nil
	}
	if w >>= a.paneShift; w <= g.closed {
		return nil
	}
	g.closed = w
	err := g.panes.DropThrough(w-1, func(pane int64, table *state.RowTable) error {
		if a.spec.Final {
			if err := a.emitAll(t, table, pane, emit); err != nil {
				return err
			}
		}
		for _, s := range a.collected {
			if err := s.drop(a, table); err != nil {
				return err
			}
		}
		for _, c := range a.calls {
			c.drop(a, table)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, d := range a.distinct {
		if err := d.state.panes.DropThrough(w-1, func(int64, *state.RowTable) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// emitAll emits every group of a table, in order of its keys' hashes.
func (a *Aggregate) emitAll(t *Tick, table *state.RowTable, pane int64, emit Emit) error {
	ids := make([]state.RowID, col.BatchRows)
	for from := state.RowID(0); ; {
		n, next := table.Scan(from, ids)
		if n == 0 {
			return nil
		}
		if err := a.emitFinal(t, table, pane, ids[:n], emit); err != nil {
			return err
		}
		from = next
	}
}

func (a *Aggregate) emitFinal(t *Tick, table *state.RowTable, pane int64, ids []state.RowID, emit Emit) error {
	m := &a.moved
	m.begin(len(ids))
	for i, id := range ids {
		m.row[i] = table.Row(id)
		payload := unsafe.Add(m.row[i], a.state.payloadAt)
		m.is[i], m.now[i] = (*groupHdr)(payload).weight, payload
	}
	values, errs := a.results(table, m.now, 0, m.is)
	return a.emitOnce(t, a.groupRows(table, pane, m.row), values, errs, emit)
}

// emitOnce emits the groups in moved that have rows, with their results.
func (a *Aggregate) emitOnce(t *Tick, groups *col.Batch, values []*col.Vector, errs map[int]*pgerr.Error, emit Emit) error {
	out := &col.Batch{N: groups.N, Cols: slices.Clone(groups.Cols), Consolidated: true, AppendOnly: true, Stable: true}
	for i, w := range a.moved.is[:groups.N] {
		if errs[i] == nil && w > 0 {
			out.Sel = append(out.Sel, uint32(i))
		}
	}
	for _, v := range values {
		out.Cols = append(out.Cols, *v)
	}
	if err := a.reportResults(t, groups, nil, errs); err != nil || len(out.Sel) == 0 {
		return err
	}
	return emit(out.Compact())
}

// rep is a group column as it was given, kept beside its canonical form: of the rows of
// the step that gave the group life, the one of least identity bytes.
type rep struct {
	key  int // position in Group
	off  int // in the payload, 16 bytes
	kind col.Kind
}

// represent keeps the representatives of the groups that were born in this step. The
// representatives in a payload begin with the place of the group in touched.
func (a *Aggregate) represent(table *state.RowTable, n int, b *col.Batch) error {
	off := a.state.payloadAt
	for _, r := range a.reps {
		v := col.IdentityOf(&b.Cols[a.spec.Group[r.key]])
		for i := range n {
			payload := unsafe.Add(a.at[i], off)
			if v.Null(i) || !a.bornNow(payload) {
				continue
			}
			if err := r.offer(table, payload, v, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// bornNow reports whether a touched group had no rows before this step.
func (a *Aggregate) bornNow(payload unsafe.Pointer) bool {
	if a.once {
		return true
	}
	no := *(*uint64)(unsafe.Add(payload, repsAt))
	return *(*int64)(unsafe.Pointer(&a.saved[int(no)*(savedHdr+a.size)])) == 0
}

const repsAt = int(unsafe.Sizeof(groupHdr{}))

func (r rep) fixed() bool { return !r.kind.IsView() }

// offer replaces the representative when there is none yet or the value's bytes are less.
func (r rep) offer(table *state.RowTable, payload unsafe.Pointer, v *col.Vector, i int) (err error) {
	p := unsafe.Add(payload, r.off)
	if r.fixed() {
		r.offerFixed((*[2]uint64)(p), v, i)
		return nil
	}
	held := (*col.Str)(p)
	if held.Len() > 0 && bytes.Compare(table.Heap().Str(held), v.Bytes(i)) <= 0 {
		return nil
	}
	if held.Len() > 0 {
		table.Heap().FreeStr(*held)
	}
	*held, err = table.Heap().PutStr(v, i)
	return err
}

// A fixed representative is one bit flipped, so that zeroed memory means there is none.
func (r rep) offerFixed(p *[2]uint64, v *col.Vector, i int) {
	var x [2]uint64
	switch r.kind {
	case col.KindF32:
		x[0] = uint64(math.Float32bits(v.F32[i]))<<1 | 1
	case col.KindF64:
		x = [2]uint64{math.Float64bits(v.F64[i]), 1}
	default: // interval: bit 63 of the months is never set in a valid lane with bit 62 clear
		x = [2]uint64{v.Wide[i][0] ^ 1<<31, v.Wide[i][1]}
	}
	if *p == [2]uint64{} || slices.Compare(x[:], p[:]) < 0 {
		*p = x
	}
}

// read returns the representatives of rows; where there is none the key is NULL.
func (r rep) read(key *col.Vector, table *state.RowTable, at []unsafe.Pointer, t col.Type) *col.Vector {
	out := col.NewVector(t)
	for i, row := range at {
		if key.Null(i) {
			out.AppendNull()
			continue
		}
		p := unsafe.Add(row, table.Layout().PayloadAt()+r.off)
		x := (*[2]uint64)(p)
		switch r.kind {
		case col.KindF32:
			out.AppendF32(math.Float32frombits(uint32(x[0] >> 1)))
		case col.KindF64:
			out.AppendF64(math.Float64frombits(x[0]))
		case col.KindIv:
			out.AppendWide([2]uint64{x[0] ^ 1<<31, x[1]})
		default:
			out.AppendBytes(table.Heap().Str((*col.Str)(p)))
		}
	}
	return out
}

func (r rep) free(table *state.RowTable, payload unsafe.Pointer) {
	if !r.fixed() {
		table.Heap().FreeStr(*(*col.Str)(unsafe.Add(payload, r.off)))
	}
}
