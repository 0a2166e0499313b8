package exec

import (
	"cmp"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// keyMeeting is one change of an input on its way through the others.
type keyMeeting struct {
	k    *keyJoin
	t    *Tick
	in   int
	b    *col.Batch
	keys []*col.Vector
	way  []int // the others, in the order in which they are probed
	emit Emit
}

// sampleRows is how many rows of a change say in which order the other inputs are probed.
const sampleRows = 64

// choose puts the inputs that have the fewest rows for a key first, so that the most are read
// last, and handed on as they are read.
func (m *keyMeeting) choose() {
	n := min(m.b.N, sampleRows)
	keys, w := m.keys, growTo(m.k.w, n)
	if n < m.b.N {
		keys = gatherKeys(m.keys, upTo(n))
	}
	sums := make([]int64, len(m.k.in))
	for i := range m.k.in {
		if i == m.in {
			continue
		}
		m.k.in[i].arr.state.Weight(w, keys, m.b.Hash[:n])
		for _, x := range w {
			sums[i] += x
		}
		m.way = append(m.way, i)
	}
	slices.SortStableFunc(m.way, func(x, y int) int { return cmp.Compare(sums[x], sums[y]) })
	m.k.w = w
}

// matched lists the rows of the change that meet some row of every other input but the first
// probed: no row of that is read in vain.
func (m *keyMeeting) matched() []uint32 {
	at := upTo(m.b.N)
	for _, i := range m.way[1:] {
		m.k.w = growTo(m.k.w, len(at))
		keys, hash := m.keysOf(at)
		m.k.in[i].arr.state.Weight(m.k.w, keys, hash)
		some := at[:0]
		for x, r := range at {
			if m.k.w[x] != 0 {
				some = append(some, r)
			}
		}
		at = some
	}
	return at
}

func upTo(n int) []uint32 {
	out := make([]uint32, n)
	for i := range out {
		out[i] = uint32(i)
	}
	return out
}

// keysOf are the keys of rows of the change, and their hashes.
func (m *keyMeeting) keysOf(at []uint32) ([]*col.Vector, []uint64) {
	if len(at) == m.b.N {
		return m.keys, m.b.Hash
	}
	hash := make([]uint64, len(at))
	for i, r := range at {
		hash[i] = m.b.Hash[r]
	}
	return gatherKeys(m.keys, at), hash
}

// next has the rows that have met level inputs, rows of the change one after the other, meet
// one more: each key is asked for once, whatever number of them has it.
func (m *keyMeeting) next(level int) error {
	met := &m.k.levels[level-1]
	m.t.did(len(met.at))
	if level == len(m.way) {
		return m.hand(met)
	}
	var at, start []uint32 // of each run of rows: the change's row, and where it begins
	for i, r := range met.at {
		if i == 0 || r != met.at[i-1] {
			at, start = append(at, r), append(start, uint32(i))
		}
	}
	start = append(start, uint32(len(met.at)))
	keys, hash := m.keysOf(at)
	in := m.way[level]
	return m.k.in[in].arr.state.Probe(keys, hash, m.k.probes[in].payload, func(left []uint32, rows *col.Batch) error {
		for from := 0; from < len(left); {
			var l, r []uint32 // pairs of a row that has come so far and one of this input
			for ; from < len(left) && len(l) < col.BatchRows; from++ {
				for i := start[left[from]]; i < start[left[from]+1]; i++ {
					l, r = append(l, i), append(r, uint32(from))
				}
			}
			if err := m.pair(level, l, r, rows); err != nil {
				return err
			}
		}
		return nil
	})
}

// pair brings rows at l that have met level inputs together with rows at r of the next one.
func (m *keyMeeting) pair(level int, l, r []uint32, rows *col.Batch) error {
	met, out := &m.k.levels[level-1], &m.k.levels[level]
	out.room(m.k, len(l))
	for i, x := range l {
		out.at[i], out.w[i] = met.at[x], met.w[x]*rows.Weight(int(r[i]))
	}
	for c, place := range m.k.probes[m.way[level]].place {
		switch {
		case place >= 0 && len(r) == rows.N && isUpTo(r):
			out.cols[c] = rows.Cols[place]
		case place >= 0:
			out.gather(c, m.k.types[c], &rows.Cols[place], r)
		case slices.Contains(m.way[:level], m.k.out[c].in) && m.k.probes[m.k.out[c].in].place[c] >= 0:
			out.gather(c, m.k.types[c], &met.cols[c], l)
		}
	}
	return m.next(level + 1)
}

// isUpTo reports whether positions are 0, 1, 2, …
func isUpTo(at []uint32) bool {
	for i, x := range at {
		if x != uint32(i) {
			return false
		}
	}
	return true
}

// hand emits rows that have met every input. What they have of no probe is the change's own
// or a key, which is equal in all.
func (m *keyMeeting) hand(met *keyBuffer) error {
	out := &col.Batch{N: len(met.at), Cols: make([]col.Vector, len(met.cols)), Stable: true}
	for _, w := range met.w {
		if w != 1 {
			out.W = met.w
			break
		}
	}
	for c, o := range m.k.out {
		if o.in != m.in && m.k.probes[o.in].place[c] >= 0 {
			out.Cols[c] = met.cols[c]
			continue
		}
		from := o.col
		if o.in != m.in {
			from = m.k.in[m.in].keys[-1-m.k.in[o.in].arr.place[o.col]]
		}
		met.gather(c, m.k.types[c], &m.b.Cols[from], met.at)
		out.Cols[c] = met.cols[c]
	}
	return m.emit(out)
}
