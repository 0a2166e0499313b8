package table

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/col"
)

// The model is the contents after every tick, as maps from the text of a row to its weight.

var modelTypes = []col.Type{col.Int8, col.Text, col.Numeric, col.Float8, col.Bool, col.Int4, col.UUID}

type modelRow struct {
	k    int64
	text string
	dec  int64 // hundredths; NULL when negative
	f    float64
	b    bool
	i    int32
}

func randomRow(r *rand.Rand, k int64) modelRow {
	row := modelRow{k: k, dec: max(-1, int64(r.IntN(40))-5), f: float64(r.IntN(50)) / 10, b: r.IntN(2) == 0, i: int32(r.IntN(4))}
	switch r.IntN(4) {
	case 0:
		row.text = fmt.Sprint("v", r.IntN(5))
	case 1:
		row.text = strings.Repeat("long and ", 2+r.IntN(5)) + fmt.Sprint(r.IntN(100))
	case 2:
		row.f = r.NormFloat64()
	}
	return row
}

func (m modelRow) add(b *col.Batch, w int64) {
	b.Cols[0].AppendI64(m.k)
	b.Cols[1].AppendString(m.text)
	if m.dec < 0 {
		b.Cols[2].AppendNull()
	} else {
		b.Cols[2].AppendI64(m.dec)
	}
	b.Cols[3].AppendF64(m.f)
	b.Cols[4].AppendBool(m.b)
	if m.i == 0 {
		b.Cols[5].AppendNull()
	} else {
		b.Cols[5].AppendI32(m.i)
	}
	b.Cols[6].AppendWide([2]uint64{uint64(m.k), uint64(m.i)})
	b.Grow(b.N+1, w)
}

// modelBatch is an empty batch whose numerics travel as scaled integers.
func modelBatch() *col.Batch {
	b := col.NewBatch(modelTypes...)
	b.Cols[2].ResetKind(col.Numeric, col.KindD64, 2)
	return b
}

var allCols = []int{0, 1, 2, 3, 4, 5, 6}

func textOf(b *col.Batch, pos int) string {
	var s strings.Builder
	for c := range b.Cols {
		v := &b.Cols[c]
		switch {
		case v.Null(pos):
			s.WriteString("NULL")
		case v.Kind == col.KindI64:
			fmt.Fprint(&s, v.I64[pos])
		case v.Kind == col.KindI32:
			fmt.Fprint(&s, v.I32[pos])
		case v.Kind == col.KindF64:
			fmt.Fprint(&s, v.F64[pos])
		case v.Kind == col.KindBit:
			fmt.Fprint(&s, v.Bool(pos))
		case v.Kind == col.KindD64:
			fmt.Fprint(&s, v.I64[pos])
		case v.Kind == col.KindF32:
			fmt.Fprint(&s, v.F32[pos])
		case v.Kind == col.KindU128 || v.Kind == col.KindIv:
			fmt.Fprint(&s, v.Wide[pos])
		default:
			fmt.Fprintf(&s, "%q", v.Bytes(pos))
		}
		s.WriteByte('|')
	}
	return s.String()
}

func (m modelRow) String() string {
	b := modelBatch()
	m.add(b, 1)
	b.Cols[2] = *b.Cols[2].StoredKind()
	return textOf(b, 0)
}

type model struct {
	t        *testing.T
	r        *rand.Rand
	cfg      Config
	s        *Store
	pins     *Pins
	held     []*Pin
	queue    []func()
	now      map[modelRow]int64
	texts    map[modelRow]string
	at       []map[string]int64 // by tick
	rows     []map[modelRow]int64
	tick     uint64
	indexed  bool
	fill     *Fill
	hold     *Pin // of fill
	filled   bool // the index was, so it serves every tick
	restored int
	past     uint64 // contents before it are forgotten
}

func newModel(t *testing.T, seed uint64, shape Shape) *model {
	m := &model{t: t, r: rand.New(rand.NewPCG(seed, 7)), pins: NewPins(0), texts: map[modelRow]string{}, now: map[modelRow]int64{}}
	m.cfg = Config{Types: modelTypes, Shape: shape, Seed: col.Seed{1, 2}, Background: func(f func()) { m.queue = append(m.queue, f) }}
	if shape == Keyed {
		m.cfg.Key = []int{0}
	}
	m.s = New(m.cfg)
	m.at, m.rows = append(m.at, map[string]int64{}), append(m.rows, map[modelRow]int64{})
	return m
}

func (m *model) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatalf("tick %d, %d restarts: %v", m.tick, m.restored, err)
	}
}

// change makes a random consolidated change of the contents.
func (m *model) change() *col.Batch {
	b := modelBatch()
	size := 1 + m.r.IntN(60)
	if m.r.IntN(20) == 0 {
		size = 3000
	}
	delta := map[modelRow]int64{}
	switch m.cfg.Shape {
	case Bag:
		for range size {
			delta[randomRow(m.r, int64(m.r.IntN(1000)))] += 1 + int64(m.r.IntN(20)/19)
		}
	case Keyed:
		m.changeKeyed(size, delta)
	case Multiset:
		for range size {
			row := randomRow(m.r, int64(m.r.IntN(30)))
			delta[row] += int64(m.r.IntN(3))
		}
		for row, w := range m.now {
			if m.r.IntN(4) == 0 {
				delta[row] -= 1 + m.r.Int64N(w)
			}
		}
	}
	for _, sign := range []bool{false, true} {
		for row, w := range delta {
			if w != 0 && (w > 0) == sign {
				row.add(b, w)
			}
		}
	}
	for row, w := range delta {
		if m.now[row] += w; m.now[row] == 0 {
			delete(m.now, row)
		}
	}
	return b
}

func (m *model) changeKeyed(size int, delta map[modelRow]int64) {
	byKey := map[int64]modelRow{}
	for row := range m.now {
		byKey[row.k] = row
	}
	space := int64(1 + m.r.IntN(4000))
	if m.r.IntN(4) == 0 { // back to what was before the tick
		for row := range m.rows[m.tick-1] {
			if old, ok := byKey[row.k]; ok && m.r.IntN(2) == 0 {
				delta[old]--
			} else if ok {
				continue
			}
			delta[row]++
			byKey[row.k] = row
		}
		return
	}
	done := map[int64]bool{}
	for range size {
		k := m.r.Int64N(space)
		if done[k] {
			continue
		}
		done[k] = true
		if old, ok := byKey[k]; ok {
			delta[old]--
			if m.r.IntN(3) == 0 {
				continue
			}
		}
		delta[randomRow(m.r, k)]++
	}
}

func (m *model) step() {
	m.tick++
	if m.r.IntN(40) == 0 || len(m.now) > 2000 {
		m.must(m.s.Truncate(m.tick))
		clear(m.now)
	}
	for range m.r.IntN(4) {
		before := maps.Clone(m.now)
		b := m.change()
		if b.N == 0 {
			continue
		}
		if m.cfg.Shape != Bag && m.r.IntN(5) == 0 {
			m.refuse(before)
		}
		if m.r.IntN(2) == 0 { // behind a selection
			w := modelBatch()
			var sel []uint32
			for i := range b.N {
				for range m.r.IntN(2) {
					w.AppendRow(b, i, -7)
				}
				sel = append(sel, uint32(w.N))
				w.AppendRow(b, i, b.Weight(i))
			}
			w.Sel = sel
			b = w
		}
		m.must(m.s.Apply(m.tick, b))
	}
	m.at, m.rows = append(m.at, map[string]int64{}), append(m.rows, maps.Clone(m.now))
	for row, w := range m.now {
		text, ok := m.texts[row]
		if !ok {
			text = row.String()
			m.texts[row] = text
		}
		m.at[m.tick][text] = w
	}
	m.pins.Publish(m.tick)
	for ; m.past < m.pins.Horizon(); m.past++ {
		m.at[m.past], m.rows[m.past] = nil, nil
	}
}

// refuse applies a change that cannot be, with good rows before it: nothing may remain.
func (m *model) refuse(now map[modelRow]int64) {
	b := modelBatch()
	for row, w := range now {
		row.add(b, -w)
		break
	}
	modelRow{k: -1}.add(b, -1)
	if err := m.s.Apply(m.tick, b); err == nil {
		m.t.Fatal("a row that is not there was retracted")
	}
	if m.cfg.Shape != Keyed {
		return
	}
	for row := range now {
		b := modelBatch()
		modelRow{k: 1 << 40}.add(b, 1)
		row.f++
		row.add(b, 1)
		if err := m.s.Apply(m.tick, b); err == nil {
			m.t.Fatal("a key lives twice")
		}
		break
	}
}

func (m *model) upkeep() {
	for len(m.held) > 0 && m.r.IntN(3) == 0 {
		i := m.r.IntN(len(m.held))
		m.held[i].Release()
		m.held = slices.Delete(m.held, i, i+1)
	}
	if m.r.IntN(4) == 0 {
		m.held = append(m.held, m.pins.Pin())
	}
	for len(m.queue) > 0 && m.r.IntN(2) == 0 {
		f := m.queue[0]
		m.queue = m.queue[1:]
		f()
	}
	for range m.r.IntN(8) {
		budget := time.Hour
		if m.r.IntN(2) == 0 {
			budget = 0
		}
		m.s.Maintain(m.tick, m.pins.Horizon(), budget)
	}
	m.filling()
	switch m.r.IntN(60) {
	case 0:
		if !m.indexed {
			m.must(m.s.CreateIndex("by_text", []int{1, 2}, false))
			m.indexed = true
		}
	case 1:
		m.s.DropIndex("by_text")
		m.indexed, m.filled = false, false
	case 2:
		m.restart()
	}
}

// filling begins, goes on with, attaches or gives up an index that is filled beside ticks.
func (m *model) filling() {
	if m.fill == nil {
		if m.r.IntN(10) == 0 {
			m.hold = m.pins.HoldHorizon()
			m.fill = m.s.NewFill([]int{1, 2}, false, m.hold.Tick())
		}
		return
	}
	var err error
	attach := m.r.IntN(6) == 0 && !m.indexed
	switch {
	case attach:
		if err = m.fill.Finish(nil); err == nil {
			m.s.Attach(m.fill, "by_text")
			m.indexed, m.filled = true, true
		}
	case m.r.IntN(3) == 0:
		_, err = m.fill.Advance(m.tick, nil, nil)
	}
	if err != nil && err != ErrTruncated {
		m.t.Fatal(err)
	}
	if attach || err != nil || m.r.IntN(30) == 0 {
		m.forgetFill()
	}
}

func (m *model) forgetFill() {
	if m.fill != nil {
		m.hold.Release()
		m.fill = nil
	}
}

func (m *model) restart() {
	m.forgetFill()
	blobs := map[uint64][]byte{}
	for _, r := range m.s.Segments(m.pins.Horizon()) {
		blobs[r.ID] = r.Encode(nil)
		if again := r.Encode([]byte("x")); !bytes.Equal(again[1:], blobs[r.ID]) {
			m.t.Fatal("a part encodes differently the second time")
		}
	}
	m.queue = nil
	m.s = New(m.cfg)
	m.must(m.s.Restore(blobs[0], func(id uint64) ([]byte, error) { return blobs[id], nil }))
	m.filled = false
	m.restored++
}

func TestModel(t *testing.T) {
	seeds := map[Shape]int{Bag: 2, Keyed: 5, Multiset: 3}
	for name, shape := range map[string]Shape{"bag": Bag, "keyed": Keyed, "multiset": Multiset} {
		t.Run(name, func(t *testing.T) {
			steps := 250
			if testing.Short() { // the race detector sees as much in fewer
				steps = 80
			}
			for seed := range uint64(seeds[shape]) {
				m := newModel(t, seed, shape)
				for range steps {
					m.step()
					m.upkeep()
					if m.r.IntN(4) == 0 {
						m.check()
					}
				}
			}
		})
	}
}
