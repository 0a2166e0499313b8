package server

import (
	"context"
	"errors"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/planner"
)

// indexOf is the index that a statement creates on a relation there is; nil: it creates
// something else.
func indexOf(p *planner.ChangePlan) *catalog.Relation {
	if len(p.Created) == 1 && p.Created[0].Kind == catalog.Index {
		return p.Created[0]
	}
	return nil
}

// createIndex carries out a CREATE INDEX outside of a block: the index is filled beside
// running ticks, and a tick attaches it. When others have changed the table's description
// meanwhile, the statement is planned again and keeps what it has filled.
func (s *Session) createIndex(ctx context.Context, p *prepared) error {
	var f *exec.IndexFill
	defer func() {
		if f != nil {
			f.Release()
		}
	}()
	for {
		c := p.plan.Change
		i := indexOf(c)
		if i == nil {
			return s.change(ctx, p)
		}
		next, err := s.srv.cats.newest.Load().Apply(c.Diff)
		if err == nil {
			if f, err = s.fillIndex(ctx, f, next, i, nil); err != nil {
				return err
			}
			_, err = s.srv.engine.Commit(ctx, &exec.Txn{DDL: c.Diff.Encode(nil), Indexes: []*exec.IndexFill{f}})
		}
		switch {
		case err == nil:
			return nil
		case errors.Is(err, exec.ErrFillAgain):
		case pgerr.CodeOf(err) == pgerr.SerializationFailure:
			if err := s.plan(p); err != nil {
				return err
			}
			for _, n := range p.plan.Notices {
				s.notice(n)
			}
		default:
			return err
		}
	}
}

// fillIndex fills an index that a next version of the catalog has, or brings the one that is
// filled up to date if it has the same columns.
func (s *Session) fillIndex(ctx context.Context, f *exec.IndexFill, next *catalog.Catalog, i *catalog.Relation, own func(*col.Batch) bool) (*exec.IndexFill, error) {
	op, err := indexOp(next, i, false)
	if err != nil {
		return f, err
	}
	if f == nil || f.Op.Rel != op.Index.Rel || f.Op.Unique != op.Index.Unique || !slices.Equal(f.Op.Cols, op.Index.Cols) {
		if f != nil {
			f.Release()
		}
		if f, err = s.srv.engine.NewIndexFill(op.Index); err != nil {
			return nil, err
		}
	}
	f.Op, f.Own = op.Index, own
	total := int64(0)
	if st, err := s.srv.engine.Store(op.Index.Rel); err == nil {
		total = st.Count(s.srv.engine.Newest().Tick)
	}
	j := s.srv.jobs.start("index", next.RelationName(s.SearchPath(), i.Index.Table), total)
	err = f.Fill(ctx, func(rows int64) { s.srv.jobs.progress(j, rows) })
	if errors.Is(err, context.Canceled) {
		err = causeOf(ctx)
	}
	s.srv.jobs.finish(j, err)
	return f, inSchema(next, i.Index.Table, err)
}

// indexInside fills the index of a CREATE INDEX in a transaction, which the COMMIT attaches.
// Whether it may be unique is decided at once, against what is committed and what the
// transaction has done itself, and again at COMMIT.
func (t *transaction) indexInside(ctx context.Context, i *catalog.Relation) error {
	if t.creates(i.Index.Table) {
		return nil
	}
	f, err := t.s.fillIndex(ctx, nil, t.cat, i, func(id *col.Batch) bool {
		b := t.buffers[i.Index.Table]
		return b != nil && b.deleted(id)
	})
	if err != nil {
		return err
	}
	f.Yield()
	name := indexName(i.OID)
	t.indexes[name] = f
	t.undo = append(t.undo, func() {
		delete(t.indexes, name)
		f.Release()
	})
	return nil
}

// fills brings the indexes that the transaction has filled up to date for its commit.
func (t *transaction) fills(ctx context.Context) (out []*exec.IndexFill, err error) {
	for _, f := range t.indexes {
		if err := t.refill(ctx, f); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// refill brings an index up to date. That its key stands twice by now is a conflict: the
// client was told that it does not.
func (t *transaction) refill(ctx context.Context, f *exec.IndexFill) error {
	err := f.CatchUp(ctx, nil)
	if pgerr.CodeOf(err) == pgerr.UniqueViolation {
		return pgerr.New(pgerr.SerializationFailure, "could not serialize access due to concurrent update")
	}
	return err
}

// stored finds committed rows by a unique set at the statement's snapshot: whole columns
// appended to dst, and the number of each one's key.
func (b *buffer) stored(q *exec.Unique, keys []*col.Vector, cols []int, dst *col.Batch) ([]uint32, error) {
	f := b.t.indexes[q.Index]
	if f == nil {
		return b.store.Lookup(b.t.snap.Tick, q.Index, keys, cols, dst, nil)
	}
	if err := b.t.refill(context.Background(), f); err != nil {
		return nil, err
	}
	return f.Lookup(b.t.snap.Tick, keys, cols, dst)
}

// deleted reports whether the transaction has deleted a committed row, by its identity.
func (b *buffer) deleted(id *col.Batch) bool {
	if b.cut {
		return true
	}
	_, dead := b.dead[keyText(id, upto(len(b.shape.Key)), 0)]
	return dead
}

// reshape follows a change of the relation's constraints; of a new one the rows that the
// transaction has inserted must be able to stand beside each other and the committed ones.
func (b *buffer) reshape(x *exec.Relation, created *catalog.Relation) error {
	shape, unique := b.shape, b.unique
	b.t.undo = append(b.t.undo, func() { b.shape, b.unique, b.refs = shape, unique, nil })
	b.shape, b.unique, b.refs = x, nil, nil
	for u := range x.Unique {
		q := &x.Unique[u]
		at := map[string]int{}
		b.unique = append(b.unique, at)
		fresh := created != nil && q.Index == indexName(created.OID)
		var taken []bool
		if fresh {
			var err error
			if taken, err = b.taken(q, b.born); err != nil {
				return err
			}
		}
		for i := range b.born.N {
			if _, gone := b.gone[i]; gone || !q.Primary && hasNull(b.born, q.Cols, i) {
				continue
			}
			k := keyText(b.born, q.Cols, i)
			if _, twice := at[k]; fresh && (twice || taken[i]) {
				return inSchema(b.t.catalog(), b.rel.OID, duplicated(b.rel, created.Name, q, b.born, i))
			}
			at[k] = i
		}
	}
	return nil
}

// duplicated is the error for a unique index that a row of the transaction forbids.
func duplicated(r *catalog.Relation, name string, q *exec.Unique, rows *col.Batch, i int) error {
	names, values := keyOf(r, q, rows, i)
	e := pgerr.New(pgerr.UniqueViolation, "could not create unique index %q", name)
	e.Table, e.Constraint = r.Name, name
	return e.WithDetail("Key (%s)=(%s) is duplicated.", names, values)
}
