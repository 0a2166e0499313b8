package table

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/millracedb/millrace/base/col"
)

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
		if m.restored > 0 && (name == "" || !m.filled) && err == ErrSnapshotTooOld {
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
		n := 0
		for b, err := range m.s.At(tick, []int{0}, Access{Index: name, Keys: keys}) {
			m.must(err)
			n += b.N
		}
		if n != dst.N {
			m.t.Fatalf("At(%d) by %q has %d rows, Lookup %d", tick, name, n, dst.N)
		}
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
