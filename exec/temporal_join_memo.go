package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// remember enters pairs into the memo: equal right rows as one, by their weights together.
func (j *TemporalJoin) remember(d, pairs *col.Batch, left []uint32, weights []int64, born int64) error {
	if j.memo == nil || pairs.Len() == 0 {
		return nil
	}
	b := *pairs
	b.W = make([]int64, b.N)
	for i := range b.W {
		b.W[i] = 1
		if weights != nil {
			b.W[i] = weights[i]
		}
	}
	b.Consolidated, b.Cols = false, append(slices.Clone(b.Cols), leftRow(left))
	one := j.cons.sum(b.Compact())
	of := make([]uint32, one.N)
	for i := range of {
		of[i] = uint32(one.Cols[len(j.full)].I64[i])
	}
	factors := make([]int64, one.N)
	for i := range factors {
		factors[i] = one.Weight(i)
	}
	one.Cols, one.W = one.Cols[:len(j.full)], nil
	return j.enter(d, of, one, factors, born)
}

// leftRow is the places of the left rows as a column.
func leftRow(left []uint32) col.Vector {
	v := col.Vector{}
	v.Reset(col.Int8)
	for _, l := range left {
		v.AppendI64(int64(l))
	}
	return v
}

// enter remembers rows of left ++ right, of the left rows of d at of, with the weights of
// the matches.
func (j *TemporalJoin) enter(d *col.Batch, of []uint32, rows *col.Batch, factors []int64, born int64) error {
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
	ids := j.rowHashes(d)
	keys, hash := j.memoKeys(ids, of)
	return j.memo.Merge(keys, hash, b)
}

// rowHashes hashes whole rows by what they are.
func (j *TemporalJoin) rowHashes(d *col.Batch) []uint64 {
	idv := make([]*col.Vector, len(d.Cols))
	for i := range d.Cols {
		idv[i] = col.IdentityOf(&d.Cols[i])
	}
	out := make([]uint64, d.N)
	j.seed.Keys(out, idv)
	return out
}

func (j *TemporalJoin) memoKeys(ids []uint64, of []uint32) ([]*col.Vector, []uint64) {
	v := &col.Vector{}
	v.Reset(col.Int8)
	for _, l := range of {
		v.AppendI64(int64(ids[l]))
	}
	keys, hash := []*col.Vector{v}, make([]uint64, len(of))
	j.seed.Keys(hash, keys)
	return keys, hash
}

// withdraw takes back what was emitted for rows, whose weights are how many of them go.
func (j *TemporalJoin) withdraw(d *col.Batch, emit Emit) error {
	keys, hash := j.memoKeys(j.rowHashes(d), identityAt(d.N))
	there := col.NewBatch(j.memo.Layout().Payload...)
	var of []uint32
	err := j.memo.Probe(keys, hash, firstN(len(there.Cols)), func(left []uint32, rows *col.Batch) error {
		rows.Stable = true // its strings lie in the state
		there.AppendBatch(rows)
		of = append(of, left...)
		return nil
	})
	if err != nil {
		return err
	}
	goes, err := j.choose(d, there, of)
	if err != nil {
		return err
	}
	gone := *there
	gone.W, gone.Sel = make([]int64, there.N), []uint32{}
	out := gone
	out.W, out.Sel = make([]int64, there.N), []uint32{}
	for i, n := range goes {
		if n == 0 {
			continue
		}
		gone.Sel, gone.W[i] = append(gone.Sel, uint32(i)), -n
		switch f := there.Cols[len(j.full)].I64[i]; {
		case f > 0:
			out.Sel, out.W[i] = append(out.Sel, uint32(i)), -n*f
		case j.spec.Kind == Left:
			out.Sel, out.W[i] = append(out.Sel, uint32(i)), -n
		}
	}
	keys, hash = j.memoKeys(j.rowHashes(d), placesIn(of, gone.Sel))
	if err := j.memo.Merge(keys, hash, stored(gone.Compact())); err != nil || len(out.Sel) == 0 {
		return err
	}
	out.Cols, out.Stable = pick(out.Cols, j.spec.Out), true
	return emit(&out)
}

// placesIn is what stands in of at places.
func placesIn(of, at []uint32) []uint32 {
	out := make([]uint32, len(at))
	for i, a := range at {
		out[i] = of[a]
	}
	return out
}

// choose says how much of each remembered row goes with the rows of d that go: those that
// came last first. of is the row of d whose hash each remembered row has.
func (j *TemporalJoin) choose(d, there *col.Batch, of []uint32) ([]int64, error) {
	width := len(j.sides[0].types)
	born := there.Cols[len(j.full)+1].I64
	by := make([][]uint32, d.N)
	for i, l := range of {
		if sameIdentity(d, int(l), there, i, width) {
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
			return nil, defect("a row goes for which a temporal join remembers nothing")
		}
	}
	return out, nil
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
