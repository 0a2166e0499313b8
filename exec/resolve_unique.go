package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// bornAt finds a living row of this tick by its identity key.
func (p *pending) bornAt(seed col.Seed, canon []*col.Vector, hash uint64, i int) (int, bool) {
	u := p.identity()
	if u < 0 {
		return 0, false
	}
	return p.find(u, canon, hash, i)
}

// identity is the unique set that is the relation's key, or -1.
func (p *pending) identity() int {
	return slices.IndexFunc(p.rel.Unique, func(u Unique) bool { return u.Index == "" })
}

// find looks for a living row of this tick in a unique set.
func (p *pending) find(u int, canon []*col.Vector, hash uint64, i int) (int, bool) {
	for _, at := range p.unique[u][hash] {
		if _, gone := p.gone[at]; gone {
			continue
		}
		b := p.born[p.where[at].batch]
		row, same := p.where[at].row, true
		for k, c := range p.rel.Unique[u].Cols {
			same = same && col.EqualAt(canon[k], i, col.CanonicalOf(&b.Cols[c]), row)
		}
		if same {
			return at, true
		}
	}
	return 0, false
}

// hashed is keys, at least one column, as they are compared, and their hashes.
func (r *Resolver) hashed(keys []*col.Vector) (canon []*col.Vector, hash []uint64) {
	canon, hash = make([]*col.Vector, len(keys)), make([]uint64, keys[0].N)
	for i, k := range keys {
		canon[i] = col.CanonicalOf(k)
	}
	r.e.seed.Keys(hash, canon)
	return canon, hash
}

// insertUnique lets the rows come that meet no living row in any unique set; what becomes
// of the others the write says.
func (r *Resolver) insertUnique(p *pending, w *Write, rows *col.Batch) error {
	canon, hash := make([][]*col.Vector, len(p.rel.Unique)), make([][]uint64, len(p.rel.Unique))
	taken := make([][]bool, len(p.rel.Unique))
	for u, q := range p.rel.Unique {
		canon[u], hash[u] = r.hashed(columnsAt(rows, q.Cols))
		taken[u] = r.taken(p, q, rows)
	}
	keep := make([]uint32, 0, rows.N)
	mine := make([]map[uint64][]uint32, len(p.rel.Unique)) // rows of this very batch
	for u := range mine {
		mine[u] = map[uint64][]uint32{}
	}
rows:
	for i := range rows.N {
		if err := r.txn.mayEnd(i); err != nil {
			return err
		}
		for u := range p.rel.Unique {
			q := &p.rel.Unique[u]
			if !q.Primary && anyNull(rows, q.Cols, i) || slices.Contains(r.dropped, q.Index) {
				continue
			}
			if !taken[u][i] && !p.meets(u, canon[u], hash[u][i], i, mine[u]) {
				continue
			}
			if w.SkipConflicts && (w.Arbiter == nil || w.Arbiter.Name == q.Name) {
				w.Skipped = append(w.Skipped, i)
				continue rows
			}
			if r.txn != nil && r.txn.Explicit {
				return errConflict()
			}
			w.Refused = i
			return errDuplicate(p.rel, q, rows, i)
		}
		keep = append(keep, uint32(i))
		for u := range mine {
			mine[u][hash[u][i]] = append(mine[u][hash[u][i]], uint32(i))
		}
	}
	if len(keep) == 0 {
		return nil
	}
	if len(keep) < rows.N {
		part := *rows
		part.Sel = keep
		rows = part.Compact()
		for u := range hash {
			h := make([]uint64, len(keep))
			for i, k := range keep {
				h[i] = hash[u][k]
			}
			hash[u] = h
		}
	}
	p.bear(r, rows, canon, hash)
	return nil
}

// taken tells which rows meet a row of before the tick in a unique set.
func (r *Resolver) taken(p *pending, q Unique, rows *col.Batch) []bool {
	out := make([]bool, rows.N)
	if p.cut {
		return out
	}
	refs, births := p.rel.store.Newest(q.Index, columnsAt(rows, q.Cols))
	for i := range out {
		if births[i] == 0 {
			continue
		}
		_, died := p.died[refs[i]]
		out[i] = !died
	}
	return out
}

// meets reports whether a row meets one born in this tick, or an earlier one of its batch.
func (p *pending) meets(u int, canon []*col.Vector, hash uint64, i int, mine map[uint64][]uint32) bool {
	if _, ok := p.find(u, canon, hash, i); ok {
		return true
	}
	for _, j := range mine[hash] {
		if sameRow(canon, i, int(j)) {
			return true
		}
	}
	return false
}
