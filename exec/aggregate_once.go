package exec

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/state"
)

// In a dataflow that runs once, over rows that only come, a group is emitted for the only time
// when all rows have come: nothing is noted of its touches, and what its calls make of its rows
// goes out without being kept.

// resultBytes is about how many bytes of rows that are collected are made results of together.
const resultBytes = 1 << 20

// makeRoom has the table of groups begin as great as they are expected to make it, within half of
// work_mem.
func (a *Aggregate) makeRoom(b *Builder) {
	rows := a.spec.Expected / float64(int64(1)<<(spillBits*b.divided))
	if b.g.spill != nil {
		rows = min(rows, float64(b.g.spill.most/2)/float64(a.state.one.RowBytes()))
	}
	if rows >= leastExpected {
		a.state.one.Expect(int(min(rows, mostExpected)), b.g.mayEnd)
	}
}

// For how many groups room is made before they come.
const (
	leastExpected = 1 << 10
	mostExpected  = 4 << 20
)

// emitGroups emits every group, in the order of their ids, in which the rows that they collect
// lie too.
func (a *Aggregate) emitGroups(t *Tick, emit Emit) error {
	for _, d := range a.distinct {
		if err := d.complete(a); err != nil {
			return err
		}
	}
	if a.global && t.Birth() && a.state.one.Len() == 0 {
		if err := a.touchGlobal(t); err != nil {
			return err
		}
	}
	for _, s := range a.collected {
		if err := s.once.prepare(); err != nil {
			return err
		}
	}
	ids := make([]state.RowID, col.BatchRows)
	for from := state.RowID(0); ; {
		n, next := a.state.one.Scan(from, ids)
		if n == 0 {
			return nil
		}
		for some := ids[:n]; len(some) > 0; {
			k := a.together(some)
			if err := a.emitIDs(t, some[:k], emit); err != nil {
				return err
			}
			some = some[k:]
		}
		from = next
	}
}

// together is how many groups are emitted at a time: of those that collect rows as many as have
// not too many.
func (a *Aggregate) together(ids []state.RowID) int {
	if len(a.collected) == 0 {
		return len(ids)
	}
	width := int64(0)
	for _, s := range a.collected {
		width += s.once.width()
	}
	bytes := int64(0)
	for i, id := range ids {
		if bytes > resultBytes {
			return i
		}
		bytes += width * (*groupHdr)(unsafe.Add(a.state.one.Row(id), a.state.payloadAt)).weight
	}
	return len(ids)
}

func (a *Aggregate) emitIDs(t *Tick, ids []state.RowID, emit Emit) error {
	defer a.ctx.Reset()
	a.g.work.did(len(ids))
	table, m := a.state.one, &a.moved
	m.begin(len(ids))
	for i, id := range ids {
		m.row[i] = table.Row(id)
		m.now[i] = unsafe.Add(m.row[i], a.state.payloadAt)
		if m.is[i] = (*groupHdr)(m.now[i]).weight; a.global {
			m.is[i] = 1
		}
	}
	for _, s := range a.collected {
		s.once.advance(ids)
	}
	groups := a.groupRows(table, 0, m.row)
	values := make([]*col.Vector, len(a.calls))
	var errs map[int]*pgerr.Error
	made := madeResults{g: a.g}
	defer made.release()
	for i, c := range a.calls {
		if c.collected == nil {
			values[i] = a.vector(c.Type())
			c.kernel(table).Result(a.ctx, m.now, uintptr(c.off), values[i])
			errs = noteMarks(a.ctx, m.is, errs)
			continue
		}
		var err error
		if values[i], errs, err = made.of(a, c, groups, errs); err != nil {
			return err
		}
	}
	return a.emitOnce(t, groups, values, errs, emit)
}

// madeResults books the results that are made of groups' rows until they have been emitted.
type madeResults struct {
	g     *Graph
	bytes int64
}

// of makes the results of a call for the groups at hand; errs are the errors by group.
func (m *madeResults) of(a *Aggregate, c *call, groups *col.Batch, errs map[int]*pgerr.Error) (*col.Vector, map[int]*pgerr.Error, error) {
	direct, failed := c.directArgs(a.ctx, groups)
	out := col.NewVector(c.Type())
	for i := range groups.N {
		rows := c.collected.once.group(i, c, m)
		err := failed[i]
		if rows.from == rows.to && err == nil {
			if err = c.emptyErr; err == nil {
				out.GatherAny(c.empty, []uint32{0}, 0)
				continue
			}
		}
		v := col.NewVector(c.Type())
		if err == nil {
			err = c.make(a.ctx, rows, direct, i, v)
		}
		if err != nil {
			if errs == nil {
				errs = map[int]*pgerr.Error{}
			}
			errs[i] = pgerr.From(err)
			out.AppendNull()
			continue
		}
		if v = v.StoredKind(); v.Kind.IsView() && !v.Null(0) {
			m.book(int64(len(v.Bytes(0))))
		}
		out.GatherAny(v, []uint32{0}, 0)
		if err := m.g.outOfMemory(); err != nil {
			return nil, nil, err
		}
	}
	return out, errs, nil
}

func (m *madeResults) book(n int64) {
	m.bytes += n
	m.g.book(n)
}

// take books values of which a result is being made, in memory that grows by doubling. Error: 53200.
func (m *madeResults) take(values []*col.Vector, n int) error {
	b := col.Batch{N: n}
	for _, v := range values {
		b.Cols = append(b.Cols, *v)
	}
	m.book(2 * b.Bytes())
	return m.g.outOfMemory()
}

func (m *madeResults) release() { m.g.book(-m.bytes) }
