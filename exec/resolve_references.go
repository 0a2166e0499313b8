package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// touched is what the transaction that is being decided has done to a relation.
type touched struct {
	txn        uint64
	born, dead int   // from here on in pending
	gone       []int // of born: rows that left
	cut        bool
}

// touch notes that the transaction looks at a relation, or changes it.
func (r *Resolver) touch(p *pending) {
	if p.mine.txn == r.no {
		return
	}
	p.mine = touched{txn: r.no, born: len(p.where)}
	if p.dead != nil {
		p.mine.dead = p.dead.N
	}
	r.touched = append(r.touched, p)
}

// references checks the foreign keys of a transaction whose writes are resolved: what is gone
// leaves no row behind that refers to it, what came and stayed finds its row.
func (r *Resolver) references() error {
	for i := 0; i < len(r.touched); i++ { // a look at the other side adds to it
		p := r.touched[i]
		if err := r.leavesNone(p); err != nil {
			return err
		}
		if len(p.rel.References) > 0 {
			if err := r.eachBorn(p, p.mine.born, func(rows *col.Batch) error { return r.needs(p, rows) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachBorn hands on the rows born in this tick from a position on that still stand.
func (r *Resolver) eachBorn(p *pending, from int, f func(rows *col.Batch) error) error {
	for from < len(p.where) {
		at := p.where[from].batch
		part := *p.born[at]
		part.Sel = []uint32{}
		for ; from < len(p.where) && p.where[from].batch == at; from++ {
			if _, gone := p.gone[from]; !gone {
				part.Sel = append(part.Sel, uint32(p.where[from].row))
			}
		}
		if len(part.Sel) > 0 {
			if err := f(part.Compact()); err != nil {
				return err
			}
		}
	}
	return nil
}

// needs is the error when one of the rows of a relation refers to no row.
func (r *Resolver) needs(p *pending, rows *col.Batch) error {
	for k := range p.rel.References {
		f := &p.rel.References[k]
		if slices.Contains(r.dropped, f.Index) {
			continue
		}
		in := WithoutNulls(rows, f.Cols)
		to, err := r.pending(f.Rel)
		if err != nil {
			return err
		}
		stand := r.stand(to, f, Keys(in, f.Cols, typesAt(to.rel.Types, f.Key)))
		if i := slices.Index(stand, false); i >= 0 {
			return f.ErrMissing(&p.rel.Relation, to.rel.Name, in, i)
		}
	}
	return nil
}

// stand tells which keys of a foreign key a row of the referenced relation has; keys with a
// NULL no row has.
func (r *Resolver) stand(to *pending, f *Reference, keys []*col.Vector) []bool {
	out := make([]bool, keys[0].N)
	u := slices.IndexFunc(to.rel.Unique, func(u Unique) bool { return u.Index == f.Unique })
	if u < 0 || len(out) == 0 {
		r.standIn(to, f, keys, out)
		return out
	}
	inner := f.Inner(keys, to.rel.Unique[u].Cols)
	if !to.cut {
		refs, births := to.rel.store.Newest(f.Unique, inner)
		for i := range births { // there are none while the relation is being created
			_, died := to.died[refs[i]]
			out[i] = births[i] != 0 && !died
		}
	}
	if len(to.where) > 0 {
		canon, hash := r.hashed(inner)
		for i := range out {
			if !out[i] {
				_, out[i] = to.find(u, canon, hash[i], i)
			}
		}
	}
	for i := range out {
		out[i] = out[i] && !nullAt(keys, i)
	}
	return out
}

// standIn is stand by a unique index that the transaction itself creates.
func (r *Resolver) standIn(to *pending, f *Reference, keys []*col.Vector, out []bool) {
	x := r.txn.index(f.Unique)
	if x == nil {
		return
	}
	inner := f.Inner(keys, x.Op.Cols)
	left, refs := x.fill.Living(inner)
	for i, l := range left {
		out[l] = out[l] || !to.leaves(refs[i])
	}
	canon, hash := r.hashed(inner)
	by := map[uint64][]int{}
	for i, h := range hash {
		by[h] = append(by[h], i)
	}
	for _, b := range to.coming() {
		mine, h := r.hashed(columnsAt(b, x.Op.Cols))
		for row := range h {
			for _, i := range by[h[row]] {
				out[i] = out[i] || equalKeys(canon, i, mine, row)
			}
		}
	}
	for i := range out {
		out[i] = out[i] && !nullAt(keys, i)
	}
}

func nullAt(keys []*col.Vector, i int) bool {
	return slices.ContainsFunc(keys, func(k *col.Vector) bool { return k.Null(i) })
}

// leavesNone is the error when a row that the transaction let go is still referred to.
func (r *Resolver) leavesNone(p *pending) error {
	if !p.mine.cut && len(p.mine.gone) == 0 && (p.dead == nil || p.dead.N == p.mine.dead) {
		return nil
	}
	from := r.referencing(p.rel.OID)
	if len(from) == 0 {
		return nil
	}
	lost := p.lost()
	for _, c := range from {
		for k := range c.References {
			f := &c.References[k]
			if f.Rel != p.rel.OID || slices.Contains(r.dropped, f.Index) {
				continue
			}
			from, err := r.pending(c.OID)
			if err != nil {
				return err
			}
			if err = r.unreferenced(p, from, k, lost); err == nil && p.mine.cut {
				err = r.allStand(p, from, f)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// lost is the rows of before the transaction that it let go, but for those truncated.
func (p *pending) lost() *col.Batch {
	out := col.NewBatch(p.rel.Types...)
	if p.dead != nil && p.dead.N > p.mine.dead {
		out.AppendBatch(slice(p.dead, p.mine.dead, p.dead.N-p.mine.dead))
	}
	for _, at := range p.mine.gone {
		if w := p.where[at]; at < p.mine.born {
			out.AppendRow(p.born[w.batch], w.row, 1)
		}
	}
	return out
}

// referencing lists the relations with a foreign key on one, but for those that the
// transaction drops.
func (r *Resolver) referencing(oid uint32) []*relation {
	out := r.e.rels.referencing(oid)
	if len(r.fresh)+len(r.leaving) == 0 {
		return out
	}
	out = slices.Clone(out)
	for _, x := range r.fresh {
		if x.refersTo(oid) {
			out = append(out, x)
		}
	}
	return slices.DeleteFunc(out, func(x *relation) bool { return slices.Contains(r.leaving, x.OID) })
}

func (x *relation) refersTo(oid uint32) bool {
	return slices.ContainsFunc(x.References, func(f Reference) bool { return f.Rel == oid })
}

// unreferenced is the error when one of the rows that left has no successor with its key but
// rows of from that refer to it.
func (r *Resolver) unreferenced(p, from *pending, k int, lost *col.Batch) error {
	f := &from.rel.References[k]
	rows := WithoutNulls(lost, f.Key)
	if rows.N == 0 {
		return nil
	}
	stand := r.stand(p, f, Keys(rows, f.Key, typesAt(p.rel.Types, f.Key)))
	keys := Keys(rows, f.Key, typesAt(from.rel.Types, f.Cols))
	referred := make([]bool, rows.N)
	if !from.cut {
		left, refs := from.rel.store.Living(f.Index, keys)
		for i, l := range left {
			_, died := from.died[refs[i]]
			referred[l] = referred[l] || !died
		}
	}
	if len(from.where) > 0 {
		canon, hash := r.hashed(keys)
		born := from.byReference(r.e.seed, k)
		for i := range referred {
			referred[i] = referred[i] || from.refers(f, born[hash[i]], canon, i)
		}
	}
	for i := range referred {
		if referred[i] && !stand[i] && !nullAt(keys, i) {
			return f.ErrReferenced(&p.rel.Relation, from.rel.Name, rows, i)
		}
	}
	return nil
}

// refers reports whether one of the rows born in this tick stands and has the key.
func (p *pending) refers(f *Reference, at []int, canon []*col.Vector, i int) bool {
	for _, a := range at {
		if _, gone := p.gone[a]; gone {
			continue
		}
		w := p.where[a]
		if equalKeys(canon, i, canonicalKeys(p.born[w.batch], f.Cols), w.row) {
			return true
		}
	}
	return false
}

// referrers finds the rows born in a tick by the hash of a foreign key's columns.
type referrers struct {
	batch, row int // as far as it goes
	at         map[uint64][]int
}

// byReference is the rows born in this tick by the columns of a foreign key.
func (p *pending) byReference(seed col.Seed, k int) map[uint64][]int {
	if p.referrers == nil {
		p.referrers = make([]referrers, len(p.rel.References))
	}
	x, cols := &p.referrers[k], p.rel.References[k].Cols
	if x.at == nil {
		x.at = map[uint64][]int{}
	}
	for ; x.batch < len(p.born); x.batch++ {
		b := p.born[x.batch]
		hash := make([]uint64, b.N)
		seed.Keys(hash, canonicalKeys(b, cols))
		for i := range b.N {
			if !anyNull(b, cols, i) {
				x.at[hash[i]] = append(x.at[hash[i]], x.row+i)
			}
		}
		x.row += b.N
	}
	return x.at
}

// allStand is the error when a row refers to none in a relation that was truncated.
func (r *Resolver) allStand(p, from *pending, f *Reference) error {
	check := func(rows *col.Batch) error {
		in := WithoutNulls(rows, f.Cols)
		i := slices.Index(r.stand(p, f, Keys(in, f.Cols, typesAt(p.rel.Types, f.Key))), false)
		if i < 0 {
			return nil
		}
		e := pgerr.From(f.ErrReferenced(&p.rel.Relation, from.rel.Name, in, i))
		return e.WithDetail("Key (%s)=(%s) is still referenced from table %q.", namesOf(&p.rel.Relation, f.Key), textOf(in, f.Cols, i), from.rel.Name)
	}
	if err := r.eachBorn(from, 0, check); err != nil || from.cut || r.fresh[from.rel.OID] != nil {
		return err
	}
	for b, err := range from.rel.store.At(r.e.tickNo, firstN(len(from.rel.Types)), accessAll) {
		if err != nil {
			return err
		}
		rows := b.Compact()
		part := *rows
		part.Sel = []uint32{}
		refs, _ := from.rel.store.Newest("", columnsAt(rows, from.rel.Key))
		for i := range rows.N {
			if _, died := from.died[refs[i]]; !died {
				part.Sel = append(part.Sel, uint32(i))
			}
		}
		if err := check(part.Compact()); err != nil {
			return err
		}
	}
	return nil
}
