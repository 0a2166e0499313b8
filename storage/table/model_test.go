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
	switch m.r.IntN(60) {
	case 0:
		if !m.indexed {
			m.must(m.s.CreateIndex("by_text", []int{1, 2}, false))
			m.indexed = true
		}
	case 1:
		m.s.DropIndex("by_text")
		m.indexed = false
	case 2:
		m.restart()
	}
}

func (m *model) restart() {
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
	m.restored++
}

func compare(t *testing.T, what string, got, want map[string]int64) {
	t.Helper()
	maps.DeleteFunc(got, func(_ string, w int64) bool { return w == 0 })
	if maps.Equal(got, want) {
		return
	}
	for k, w := range want {
		if got[k] != w {
			t.Errorf("%s: %s has weight %d, want %d", what, k, got[k], w)
		}
	}
	for k, w := range got {
		if want[k] == 0 {
			t.Errorf("%s: %s has weight %d and should not be there", what, k, w)
		}
	}
	t.FailNow()
}

func (m *model) check() {
	h := max(m.pins.Horizon(), m.s.floor.Load())
	tick := h + m.r.Uint64N(m.tick-h+1)
	got := map[string]int64{}
	for b, err := range m.s.At(tick, allCols, Access{}) {
		m.must(err)
		for i := range b.Len() {
			got[textOf(b, b.Row(i))] += b.Weight(b.Row(i))
		}
	}
	compare(m.t, fmt.Sprintf("At(%d) in tick %d", tick, m.tick), got, m.at[tick])
	total := int64(0)
	for _, w := range m.at[tick] {
		total += w
	}
	if n := m.s.Count(tick); n != total {
		m.t.Fatalf("Count(%d) in tick %d is %d, want %d", tick, m.tick, n, total)
	}
	m.checkChanges(h)
	m.checkLookups(tick)
}

func (m *model) checkChanges(h uint64) {
	from := h + m.r.Uint64N(m.tick-h+1)
	to := from + m.r.Uint64N(m.tick-from+1)
	sums := map[uint64]map[string]int64{}
	last := from
	m.must(m.s.Changes(from, to, allCols, func(tick uint64, b *col.Batch) error {
		if tick < last || tick <= from || tick > to {
			m.t.Fatalf("change of tick %d after %d in (%d, %d]", tick, last, from, to)
		}
		last = tick
		if sums[tick] == nil {
			sums[tick] = map[string]int64{}
		}
		for i := range b.N {
			sums[tick][textOf(b, i)] += b.Weight(i)
		}
		return nil
	}))
	for t := from + 1; t <= to; t++ {
		want := maps.Clone(m.at[t])
		for k, w := range m.at[t-1] {
			if want[k] -= w; want[k] == 0 {
				delete(want, k)
			}
		}
		if sums[t] == nil {
			sums[t] = map[string]int64{}
		}
		compare(m.t, fmt.Sprintf("Changes of %d", t), sums[t], want)
	}
}

func (m *model) checkLookups(tick uint64) {
	ask := modelBatch()
	for row := range m.rows[tick] {
		row.add(ask, 1)
		if ask.N == 5 {
			break
		}
	}
	randomRow(m.r, m.r.Int64N(4000)).add(ask, 1)
	type index struct {
		name string
		cols []int
	}
	var all []index
	if m.cfg.Shape == Keyed {
		all = append(all, index{"", []int{0}})
	}
	if m.cfg.Shape == Multiset {
		all = append(all, index{"", allCols})
	}
	if m.indexed && (m.restored == 0 || m.s.HasIndex("by_text")) {
		all = append(all, index{"by_text", []int{1, 2}})
	}
	for _, ix := range all {
		var keys []*col.Vector
		for _, c := range ix.cols {
			keys = append(keys, &ask.Cols[c])
		}
		m.checkIndex(tick, ix.name, ix.cols, keys, ask)
	}
}

func (m *model) checkIndex(tick uint64, name string, cols []int, keys []*col.Vector, ask *col.Batch) {
	stored := *ask
	stored.Cols = slices.Clone(ask.Cols)
	stored.Cols[2] = *ask.Cols[2].StoredKind()
	key := func(b *col.Batch, pos int) string {
		k := &col.Batch{}
		for _, c := range cols {
			k.Cols = append(k.Cols, b.Cols[c])
		}
		return textOf(k, pos)
	}
	for i := range ask.N {
		want := map[string]int64{}
		for row, w := range m.rows[tick] {
			if row.k != ask.Cols[0].I64[i] && len(cols) == 1 || row.text != ask.Cols[1].String(i) && len(cols) > 1 {
				continue
			}
			b := modelBatch()
			row.add(b, 1)
			b.Cols[2] = *b.Cols[2].StoredKind()
			if key(b, 0) == key(&stored, i) {
				want[textOf(b, 0)] = w
			}
		}
		dst := col.NewBatch(modelTypes...)
		left, err := m.s.Lookup(tick, name, keys, allCols, dst, nil)
		if m.restored > 0 && err == ErrSnapshotTooOld {
			return
		}
		m.must(err)
		got := map[string]int64{}
		for j := range dst.N {
			if int(left[j]) == i {
				got[textOf(dst, j)] += dst.Weight(j)
			}
		}
		compare(m.t, fmt.Sprintf("Lookup(%d, %q) in tick %d", tick, name, m.tick), got, want)
	}
	if tick == m.tick {
		m.checkNewest(name, keys, ask.N)
	}
}

// checkNewest compares what the tick goroutine finds with what readers find.
func (m *model) checkNewest(name string, keys []*col.Vector, n int) {
	dst := col.NewBatch(modelTypes...)
	left, err := m.s.Lookup(m.tick, name, keys, allCols, dst, nil)
	m.must(err)
	of, refs := m.s.Living(name, keys)
	again := col.NewBatch(modelTypes...)
	m.s.Fetch(refs, allCols, again)
	if !slices.Equal(left, of) || again.N != dst.N {
		m.t.Fatalf("Living finds %v, Lookup %v", of, left)
	}
	for i := range dst.N {
		if textOf(dst, i) != textOf(again, i) {
			m.t.Fatalf("Fetch gives %s, Lookup %s", textOf(again, i), textOf(dst, i))
		}
	}
	newest, births := m.s.Newest(name, keys)
	for i := range n {
		if found := slices.Contains(left, uint32(i)); found != (newest[i] != 0) || found != (births[i] != 0) {
			m.t.Fatalf("Newest of key %d is %d born %d, found %v", i, newest[i], births[i], found)
		}
	}
}

func TestModel(t *testing.T) {
	seeds := map[Shape]int{Bag: 2, Keyed: 5, Multiset: 3}
	for name, shape := range map[string]Shape{"bag": Bag, "keyed": Keyed, "multiset": Multiset} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(seeds[shape]) {
				m := newModel(t, seed, shape)
				for range 250 {
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
