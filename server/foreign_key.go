package server

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
)

// lose notes a row that the statement lets go, if others may refer to it.
func (b *buffer) lose(rows *col.Batch, i int) {
	if len(b.t.catalog().Referrers(b.rel.OID)) == 0 {
		return
	}
	if b.lost == nil {
		b.lost = col.NewBatch(b.shape.Types...)
	}
	b.lost.AppendRow(rows, i, 1)
}

// settle ends a statement: the foreign keys on what it did hold against its snapshot and what
// the transaction has done. What refers to deleted rows ON DELETE CASCADE goes too, and what
// refers to that, step by step.
func (t *transaction) settle(deletes bool) error {
	for lost := t.lost(); len(lost) > 0; lost = t.lost() {
		for _, d := range lost {
			if !deletes {
				break
			}
			if err := d.of.cascade(d.rows); err != nil {
				return err
			}
		}
		for _, d := range lost {
			if err := d.of.leavesNone(d.rows, deletes, false); err != nil {
				return err
			}
		}
	}
	for _, b := range t.order {
		if err := b.needs(false); err != nil {
			return err
		}
	}
	return nil
}

// conclude checks at COMMIT the foreign keys that are checked there, on all that the
// transaction has done.
func (t *transaction) conclude() error {
	if !slices.ContainsFunc(t.order, func(b *buffer) bool { return b.waits() }) {
		return nil
	}
	t.statement()
	for _, b := range t.order {
		if t.catalog().Relation(b.rel.OID) == nil {
			continue
		}
		lost := col.NewBatch(b.shape.Types...)
		for _, d := range b.deaths {
			lost.AppendBatch(d.rows)
		}
		if err := b.leavesNone(lost, false, true); err != nil {
			return err
		}
		b.from = 0
		if err := b.needs(true); err != nil {
			return err
		}
	}
	return nil
}

// waits reports whether a foreign key of the relation, or on it, is checked at COMMIT.
func (b *buffer) waits() bool {
	c := b.t.catalog()
	deferred := func(r *catalog.Relation) bool {
		return r != nil && slices.ContainsFunc(r.References, func(f catalog.Reference) bool { return f.Deferred })
	}
	return deferred(c.Relation(b.rel.OID)) || slices.ContainsFunc(c.Referrers(b.rel.OID), deferred)
}

// declared is a foreign key of the relation as the catalog describes it.
func (b *buffer) declared(k int) catalog.Reference {
	for _, f := range b.t.catalog().Relation(b.rel.OID).References {
		if f.Name == b.shape.References[k].Name {
			return f
		}
	}
	return catalog.Reference{}
}

// lost takes the rows that were let go since it was asked last, by their relations.
func (t *transaction) lost() (out []lostRows) {
	for _, b := range t.order {
		if b.lost != nil {
			out = append(out, lostRows{b, b.lost})
			b.lost = nil
		}
	}
	return out
}

type lostRows struct {
	of   *buffer
	rows *col.Batch
}

// needs is the error when a row that the statement let come refers to none, by a foreign key
// that is checked at COMMIT, or by one that is not.
func (b *buffer) needs(deferred bool) error {
	if len(b.shape.References) == 0 || b.from == b.born.N {
		return nil
	}
	rows := *b.born
	rows.Sel = []uint32{}
	for i := b.from; i < b.born.N; i++ {
		if _, gone := b.gone[i]; !gone {
			rows.Sel = append(rows.Sel, uint32(i))
		}
	}
	for k := range b.shape.References {
		f := &b.shape.References[k]
		if b.declared(k).Deferred != deferred {
			continue
		}
		in := exec.WithoutNulls(&rows, f.Cols)
		to, err := b.t.peek(b.t.catalog().Relation(catalog.OID(f.Rel)))
		if err != nil {
			return err
		}
		stand, err := to.stand(f, exec.Keys(in, f.Cols, typesOf(to.shape, f.Key)))
		if err != nil {
			return err
		}
		if i := slices.Index(stand, false); i >= 0 {
			return b.t.named(b.rel.OID, f.ErrMissing(b.shape, to.rel.Name, in, i))
		}
	}
	return nil
}

// named completes an error with the schema of the table that it names.
func (t *transaction) named(rel catalog.OID, err error) error { return inSchema(t.catalog(), rel, err) }

// referrer is the table that an error names for its foreign key on a relation; nil: none.
func referrer(c *catalog.Catalog, rel catalog.OID, e *pgerr.Error) *catalog.Relation {
	for _, x := range c.Referrers(rel) {
		if x.Name == e.Table && slices.ContainsFunc(x.References, func(f catalog.Reference) bool { return f.Name == e.Constraint }) {
			return x
		}
	}
	return nil
}

func typesOf(x *exec.Relation, cols []int) []col.Type {
	out := make([]col.Type, len(cols))
	for i, c := range cols {
		out[i] = x.Types[c]
	}
	return out
}

func nullKey(keys []*col.Vector, i int) bool {
	return slices.ContainsFunc(keys, func(k *col.Vector) bool { return k.Null(i) })
}

// stand tells which keys of a foreign key a row of the relation has that the transaction sees.
func (b *buffer) stand(f *exec.Reference, keys []*col.Vector) ([]bool, error) {
	out := make([]bool, keys[0].N)
	u := slices.IndexFunc(b.shape.Unique, func(u exec.Unique) bool { return u.Index == f.Unique })
	if u < 0 || len(out) == 0 {
		return out, nil
	}
	found := col.NewBatch(b.shape.Types...)
	left, err := b.Lookup(0, &b.shape.Unique[u], f.Inner(keys, b.shape.Unique[u].Cols), found)
	for _, l := range left {
		out[l] = !nullKey(keys, int(l))
	}
	return out, err
}

// leavesNone is the error when a row that was let go is still referred to, by a foreign key
// that is checked at COMMIT, or by one that is not: RESTRICT never waits.
func (b *buffer) leavesNone(lost *col.Batch, deletes, deferred bool) error {
	for _, c := range b.t.catalog().Referrers(b.rel.OID) {
		from, err := b.t.peek(c)
		if err != nil {
			return err
		}
		for k := range from.shape.References {
			d := from.declared(k)
			if waits := d.Deferred && !(deletes && d.Delete == 'r'); d.Table == b.rel.OID && waits == deferred {
				if err := b.unreferenced(from, k, lost); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (b *buffer) unreferenced(from *buffer, k int, lost *col.Batch) error {
	f := &from.shape.References[k]
	rows := exec.WithoutNulls(lost, f.Key)
	if rows.N == 0 {
		return nil
	}
	stand, err := b.stand(f, exec.Keys(rows, f.Key, typesOf(b.shape, f.Key)))
	if err != nil {
		return err
	}
	keys := exec.Keys(rows, f.Key, typesOf(from.shape, f.Cols))
	referred, err := from.refers(k, keys)
	if err != nil {
		return err
	}
	for i := range referred {
		if referred[i] && !stand[i] {
			return b.t.named(b.rel.OID, f.ErrReferenced(b.shape, from.rel.Name, rows, i))
		}
	}
	return nil
}

// refers tells which keys rows refer to by a foreign key that the transaction sees.
func (b *buffer) refers(k int, keys []*col.Vector) ([]bool, error) {
	out := make([]bool, keys[0].N)
	err := b.referring(k, keys, b.shape.Key, func(_ *col.Batch, _ int, key uint32) { out[key] = true })
	return out, err
}

// referring visits the rows that refer to keys by a foreign key and that the transaction
// sees: those of others with the columns cols, among them the identity, its own whole.
func (b *buffer) referring(k int, keys []*col.Vector, cols []int, visit func(rows *col.Batch, row int, key uint32)) error {
	f := &b.shape.References[k]
	if b.store != nil && !b.cut {
		found, id := col.NewBatch(typesOf(b.shape, cols)...), make([]int, len(b.shape.Key))
		for i, c := range b.shape.Key {
			id[i] = slices.Index(cols, c)
		}
		left, err := b.store.Lookup(b.t.snap.Tick, f.Index, keys, cols, found, nil)
		if err != nil {
			return err
		}
		for i, l := range left {
			if _, dead := b.dead[keyText(found, id, i)]; !dead && !nullKey(keys, int(l)) {
				visit(found, i, l)
			}
		}
	}
	at, in := b.byReference(k), &col.Batch{N: keys[0].N}
	for _, v := range keys {
		in.Cols = append(in.Cols, *v)
	}
	for i := range in.N {
		for _, row := range at[keyText(in, upto(len(keys)), i)] {
			if _, gone := b.gone[row]; !gone {
				visit(b.born, row, uint32(i))
			}
		}
	}
	return nil
}

// referrers finds the rows born in a transaction by the columns of a foreign key.
type referrers struct {
	upto int
	at   map[string][]int
}

func (b *buffer) byReference(k int) map[string][]int {
	if b.refs == nil {
		b.refs = make([]referrers, len(b.shape.References))
	}
	r, cols := &b.refs[k], b.shape.References[k].Cols
	if r.at == nil {
		r.at = map[string][]int{}
	}
	for ; r.upto < b.born.N; r.upto++ {
		if !hasNull(b.born, cols, r.upto) {
			key := keyText(b.born, cols, r.upto)
			r.at[key] = append(r.at[key], r.upto)
		}
	}
	return r.at
}
