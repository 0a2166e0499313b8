package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// memo remembers, by the hash of a row, what came out for it when it came, for an operator that
// would answer otherwise later: when the row goes, just that is withdrawn. Of equal rows that came
// in several ticks the one that came last goes first.
type memo struct {
	rows *state.Arrangement // key: the row's hash; the row and what came out, a factor, when it was made
	own  int                // how many columns the row itself has
	full int                // and with what came out for it
	seed col.Seed
}

// newMemo makes a memo of rows whose first columns, so many, are the row's own.
func (b *Builder) newMemo(full []col.Type, own int) *memo {
	types := slices.Concat(full, []col.Type{col.Int8, col.Int8})
	return &memo{b.newArrangement(state.ArrLayout{Keys: []col.Type{col.Int8}, Payload: types, Unique: true}), own, len(full), b.g.Seed}
}

// enter remembers rows of the memo's columns, of the rows of d at of, with their factors.
func (m *memo) enter(d *col.Batch, of []uint32, rows *col.Batch, factors []int64, born int64) error {
	b := stored(&col.Batch{N: rows.N, Cols: rows.Cols})
	f, at := col.Vector{}, col.Vector{}
	f.Reset(col.Int8)
	at.Reset(col.Int8)
	b.W = make([]int64, b.N)
	for i, l := range of {
		f.AppendI64(factors[i])
		at.AppendI64(born)
		b.W[i] = d.Weight(int(l))
	}
	b.Cols = append(b.Cols, f, at)
	keys, hash := m.keys(m.rowHashes(d), of)
	return m.rows.Merge(keys, hash, b)
}

// take forgets what came out for rows, whose weights are how many of them go. It returns what was
// remembered of them, and of each how many go; the factor is the column behind the memo's.
func (m *memo) take(d *col.Batch) (there *col.Batch, goes []int64, err error) {
	keys, hash := m.keys(m.rowHashes(d), identityAt(d.N))
	there = col.NewBatch(m.rows.Layout().Payload...)
	var of []uint32
	err = m.rows.Probe(keys, hash, firstN(len(there.Cols)), func(left []uint32, rows *col.Batch) error {
		rows.Stable = true // its strings lie in the state
		there.AppendBatch(rows)
		of = append(of, left...)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if goes, err = m.choose(d, there, of); err != nil {
		return nil, nil, err
	}
	gone := *there
	gone.W, gone.Sel = make([]int64, there.N), []uint32{}
	for i, n := range goes {
		if n != 0 {
			gone.Sel, gone.W[i] = append(gone.Sel, uint32(i)), -n
		}
	}
	keys, hash = m.keys(m.rowHashes(d), placesIn(of, gone.Sel))
	return there, goes, m.rows.Merge(keys, hash, stored(gone.Compact()))
}

// rowHashes hashes whole rows by what they are.
func (m *memo) rowHashes(d *col.Batch) []uint64 {
	idv := make([]*col.Vector, len(d.Cols))
	for i := range d.Cols {
		idv[i] = col.IdentityOf(&d.Cols[i])
	}
	out := make([]uint64, d.N)
	m.seed.Keys(out, idv)
	return out
}

func (m *memo) keys(ids []uint64, of []uint32) ([]*col.Vector, []uint64) {
	v := &col.Vector{}
	v.Reset(col.Int8)
	for _, l := range of {
		v.AppendI64(int64(ids[l]))
	}
	keys, hash := []*col.Vector{v}, make([]uint64, len(of))
	m.seed.Keys(hash, keys)
	return keys, hash
}

// choose says how much of each remembered row goes with the rows of d that go: those that
// came last first. of is the row of d whose hash each remembered row has.
func (m *memo) choose(d, there *col.Batch, of []uint32) ([]int64, error) {
	born := there.Cols[m.full+1].I64
	by := make([][]uint32, d.N)
	for i, l := range of {
		if sameIdentity(d, int(l), there, i, m.own) {
			by[l] = append(by[l], uint32(i))
		}
	}
	out := make([]int64, there.N)
	for l, rows := range by {
		slices.SortStableFunc(rows, func(a, b uint32) int { return int(min(max(born[b]-born[a], -1), 1)) })
		rest, n := d.Weight(l), int64(0)
		for i, r := range rows {
			if i == 0 || born[r] != born[rows[i-1]] {
				n = min(rest, there.Weight(int(r)))
				rest -= n
			}
			out[r] = n
		}
		if rest > 0 {
			return nil, defect("a row goes for which nothing is remembered")
		}
	}
	return out, nil
}

// placesIn is what stands in of at places.
func placesIn(of, at []uint32) []uint32 {
	out := make([]uint32, len(at))
	for i, a := range at {
		out[i] = of[a]
	}
	return out
}

// sameIdentity reports whether the first columns of two rows are identical.
func sameIdentity(a *col.Batch, i int, b *col.Batch, k, width int) bool {
	for c := range width {
		if !col.EqualAt(col.IdentityOf(&a.Cols[c]), i, col.IdentityOf(&b.Cols[c]), k) {
			return false
		}
	}
	return true
}
