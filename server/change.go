package server

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/wire"
)

// change carries out a statement that changes the catalog.
func (s *Session) change(ctx context.Context, of *prepared) error {
	p := of.plan.Change
	d := p.Diff
	if p.Password != nil {
		d = p.WithVerifier(string(wire.MakeVerifier(*p.Password)))
	}
	if p.Load != nil {
		loaded, release, err := s.load(ctx, p)
		if err != nil {
			return err
		}
		if d = loaded; s.txn == nil {
			defer release()
		} else {
			s.txn.ends = append(s.txn.ends, release)
		}
	}
	if d.Empty() {
		return nil
	}
	s.restated(d)
	if s.txn != nil {
		return s.txn.change(ctx, p, d)
	}
	if indexOf(p) != nil {
		return s.createIndex(ctx, of)
	}
	x := &exec.Txn{DDL: d.Encode(nil)}
	if p.View != nil {
		views, err := s.fill(ctx, p)
		defer func() {
			for _, f := range views { // that were not attached
				f.Release()
			}
		}()
		if err != nil {
			return err
		}
		x.View, x.Renewed = views[0], views[1:]
		if err := s.commits(ctx, x, d); err != nil {
			return err
		}
		views = nil
	} else if err := s.commits(ctx, x, d); err != nil {
		return err
	}
	if p.View != nil && created(p).History {
		return s.srv.engine.CheckpointNow(ctx)
	}
	return nil
}

// change adds a change to the transaction's; a view in it is filled at COMMIT, an index at
// once.
func (t *transaction) change(ctx context.Context, p *planner.ChangePlan, d *catalog.Diff) error {
	for _, r := range p.Dropped {
		if b := t.buffers[r.OID]; b != nil && r.Stored() {
			b.forget()
		}
	}
	if err := t.changeCatalog(d); err != nil {
		return err
	}
	if i := indexOf(p); i != nil {
		if err := t.indexInside(ctx, i); err != nil {
			return err
		}
	}
	if err := t.reshape(d, indexOf(p)); err != nil {
		return err
	}
	if p.View != nil {
		oid := created(p).OID
		t.views[oid], t.behind = p.View, nil
		t.undo = append(t.undo, func() { delete(t.views, oid); t.behind = nil })
	}
	t.s.env = nil
	return nil
}

// reshape tells the buffers of the relations that a diff changes what they are now.
func (t *transaction) reshape(d *catalog.Diff, index *catalog.Relation) error {
	for _, ch := range d.Changes {
		if ch.Relation == nil || t.buffers[ch.Relation.OID] == nil {
			continue
		}
		x, err := engineRelation(t.cat, t.cat.Relation(ch.Relation.OID))
		if err != nil {
			return err
		}
		if err := t.buffers[ch.Relation.OID].reshape(x, index); err != nil {
			return err
		}
	}
	return nil
}

// created is the materialized view, or the sink, that a change creates.
func created(p *planner.ChangePlan) *catalog.Relation {
	for _, r := range p.Created {
		if r.Kept() {
			return r
		}
	}
	return nil
}

// fill builds the view beside running ticks, telling the client how far it is, and behind it the views
// that are built anew with it. What it returns is to be released, also with an error.
func (s *Session) fill(ctx context.Context, p *planner.ChangePlan) (views []*exec.Filled, err error) {
	next, err := s.srv.cats.newest.Load().With(p.Diff.Changes...)
	if err != nil {
		return nil, err
	}
	f, err := s.fillOver(ctx, next, nil, created(p), p.View)
	if err != nil {
		return nil, err
	}
	views = append(views, f)
	for _, r := range p.Renewed {
		root, _, err := planner.Parse(r.Plan)
		if err != nil {
			return views, err
		}
		f, err := s.fillOver(ctx, next, views, r, root)
		if err != nil {
			return views, err
		}
		views = append(views, f)
	}
	for i, r := range append([]*catalog.Relation{created(p)}, p.Renewed...) {
		if err == nil && followed(r, p.Renewed) {
			_, err = views[i].Compare(ctx)
		}
	}
	return views, err
}

// followed reports whether a view may have readers that are not built anew with it.
func followed(r *catalog.Relation, renewed []*catalog.Relation) bool {
	return slices.ContainsFunc(r.Followers, func(f catalog.OID) bool {
		return !slices.ContainsFunc(renewed, func(x *catalog.Relation) bool { return x.OID == f })
	})
}

// fillOver fills one view, over those that were filled before it.
func (s *Session) fillOver(ctx context.Context, next *catalog.Catalog, below []*exec.Filled, r *catalog.Relation, root planner.Node) (*exec.Filled, error) {
	x, err := engineRelation(next, r)
	if err != nil {
		return nil, err
	}
	defer s.srv.cats.plan(x, r, root, next)()
	told, j := time.Now(), s.srv.jobs.start("fill", next.RelationName(s.SearchPath(), r.OID), s.srv.rowsBelow(next, r))
	f, err := s.srv.engine.FillOver(ctx, below, x, func(rows int64) {
		s.srv.jobs.progress(j, rows)
		if time.Since(told) < time.Second {
			return
		}
		told = time.Now()
		n := pgerr.New(pgerr.SuccessfulCompletion, "filling %q: %d rows read", r.Name, rows)
		n.Severity = "NOTICE"
		s.notice(n)
		_ = s.conn.Flush()
	})
	if errors.Is(err, context.Canceled) {
		err = causeOf(ctx)
	}
	s.srv.jobs.finish(j, err)
	return f, err
}
