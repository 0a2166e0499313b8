package exec

import (
	"bytes"
	"encoding/binary"

	"github.com/millracedb/millrace/base/col"
)

// rangeMeet is the meeting of a change of one side of a rangeJoin with the rows of the
// other. Pairs are gathered, some thousands at a time, from one row's range after another.
type rangeMeet struct {
	j       *rangeJoin
	t       *Tick
	side    int // that changes
	d       *col.Batch
	matches []int64 // of each of its rows, so far
	pairs   *pairer
	emit    Emit

	left []uint32    // of each gathered pair: the row of d
	at   []rowCursor // and the other side's
	rows *col.Batch  // which this is
}

func (m *rangeMeet) run() error {
	o := m.j.sides[1-m.side].rows
	m.rows = col.NewBatch(o.spec.Types...)
	if o.tree.Len() == 0 {
		return nil
	}
	var buf []byte
	for i := range m.d.N {
		m.t.did(1)
		s, prefix, ok := m.j.span(1-m.side, m.d, i, buf[:0])
		if !ok {
			continue
		}
		for c := o.seek(prefix, s.from); c.valid() && bytes.Compare(c.Key(), s.to) < 0; c.Next() {
			o.read(m.rows, &c, c.Weight())
			m.left, m.at = append(m.left, uint32(i)), append(m.at, c)
			if m.rows.N == col.BatchRows {
				if err := m.flush(); err != nil {
					return err
				}
			}
		}
	}
	return m.flush()
}

// flush judges the gathered pairs, emits them and counts them on both sides.
func (m *rangeMeet) flush() error {
	if m.rows.N == 0 {
		return nil
	}
	pairs, err := m.j.pred.run(m.t, m.j.ctx, m.pairs.combine(m.left, m.rows))
	if err != nil {
		return err
	}
	for i := range pairs.Len() {
		r := pairs.Row(i)
		m.matches[m.left[r]] += m.rows.Weight(r)
	}
	turned := m.count(pairs)
	if m.j.emitsPairs() && pairs.Len() > 0 {
		pairs.Cols, pairs.Stable = pick(pairs.Cols, m.pairs.out), false
		if err := m.emit(pairs); err != nil {
			return err
		}
	}
	if turned != nil {
		if err := m.emit(turned); err != nil {
			return err
		}
	}
	m.left, m.at = m.left[:0], m.at[:0]
	m.rows.Reset()
	return nil
}

// count moves the counters of the other side's rows and returns those that turn by it.
func (m *rangeMeet) count(pairs *col.Batch) *col.Batch {
	other := &m.j.sides[1-m.side]
	if !other.counted {
		return nil
	}
	var sel []uint32
	w := make([]int64, m.rows.N)
	for i := range pairs.Len() {
		r := pairs.Row(i)
		var count [8]byte
		was := int64(binary.LittleEndian.Uint64(m.at[r].extra()))
		is := was + m.d.Weight(int(m.left[r]))
		binary.LittleEndian.PutUint64(count[:], uint64(is))
		m.at[r].setExtra(count[:])
		if (was == 0) == (is == 0) {
			continue
		}
		w[r] = m.rows.Weight(r) * other.sign
		if is != 0 {
			w[r] = -w[r]
		}
		sel = append(sel, uint32(r))
	}
	if len(sel) == 0 {
		return nil
	}
	out := extend(m.j.spec, &m.j.lay, m.j.types, 1-m.side, m.rows, sel, w)
	out.Stable = false
	return out
}
