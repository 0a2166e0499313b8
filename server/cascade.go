package server

import (
	"context"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
)

// cascade deletes the rows that refer ON DELETE CASCADE to rows of the relation that were
// deleted.
func (b *buffer) cascade(lost *col.Batch) error {
	for _, c := range b.t.catalog().Referrers(b.rel.OID) {
		for _, f := range c.References {
			if f.Table != b.rel.OID || f.Delete != 'c' {
				continue
			}
			from, err := b.t.buffer(c)
			if err != nil {
				return err
			}
			k := slices.IndexFunc(from.shape.References, func(x exec.Reference) bool { return x.Name == f.Name })
			if err := from.follow(k, exec.WithoutNulls(lost, f.Key)); err != nil {
				return err
			}
		}
	}
	return nil
}

// follow deletes the rows that refer to one of the rows of the other side of a foreign key.
func (b *buffer) follow(k int, to *col.Batch) error {
	if to.N == 0 {
		return nil
	}
	f, rows := &b.shape.References[k], col.NewBatch(b.shape.Types...)
	keys := exec.Keys(to, f.Key, typesOf(b.shape, f.Cols))
	if err := b.referring(k, keys, upto(len(b.shape.Types)), func(from *col.Batch, row int, _ uint32) { rows.AppendRow(from, row, 1) }); err != nil {
		return err
	}
	return b.Delete(0, rows, b.t.snap.Tick)
}

// cascades reports whether a row of the relation can take others with it.
func cascades(c *catalog.Catalog, rel catalog.OID) bool {
	return slices.ContainsFunc(c.Referrers(rel), func(r *catalog.Relation) bool {
		return slices.ContainsFunc(r.References, func(f catalog.Reference) bool { return f.Table == rel && f.Delete == 'c' })
	})
}

// deleteAlone carries out a DELETE of its own that takes rows of other tables with it: in a
// transaction that is made anew when another session was faster.
func (m *modification) deleteAlone(ctx context.Context) error {
	return m.s.alone(ctx, m.rel.OID, func(t *transaction) error {
		if err := m.run(ctx); err != nil {
			return err
		}
		return t.settle(true)
	})
}
