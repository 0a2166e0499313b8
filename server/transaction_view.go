package server

import (
	"context"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
)

// stale lists the materialized views that the transaction reads by their queries: what they
// hold does not know of its writes, or it makes them itself. Views with a history hold what
// has been, and are read as they are.
func (t *transaction) stale() map[catalog.OID]bool {
	if t.behind != nil {
		return t.behind
	}
	t.behind = map[catalog.OID]bool{}
	base := t.catalog()
	add := func(r *catalog.Relation) {
		if r != nil && r.Kind == catalog.MaterializedView && !r.History {
			t.behind[r.OID] = true
		}
	}
	for _, b := range t.order {
		for _, r := range base.AllDependents(b.rel.OID) {
			add(r)
		}
	}
	for oid := range t.views {
		add(base.Relation(oid))
		for _, r := range base.AllDependents(oid) {
			add(r)
		}
	}
	return t.behind
}

// view adds the rows of a stale view: its stored plan over what the transaction sees, as the
// view will answer after COMMIT, so with its own settings, and without rows that cannot be
// computed.
func (s *Session) view(ctx context.Context, b *exec.Builder, n *planner.Scan, cols []int, c *fn.Ctx, snap *exec.Snapshot) exec.Ref {
	cat := s.CurrentCatalog()
	r := cat.Relation(n.Relation)
	root, err := planner.ViewPlan(cat, r, n, cols, c)
	if err != nil {
		panic(err)
	}
	vc, err := viewContext(r, c.Now)
	if err != nil {
		panic(err)
	}
	vc.Host, vc.Done, vc.Models = c.Host, c.Done, c.Models
	if root, err = planner.Instantiate(root, vc); err != nil {
		panic(err)
	}
	in := b.View(uint32(r.OID), r.Name, vc)
	return planner.Build(&planner.Builder{Builder: in, Source: func(n *planner.Scan) exec.Ref { return s.source(ctx, in, n, vc, snap) }}, root)
}

// viewContext is what a view's expressions are evaluated in.
func viewContext(r *catalog.Relation, now int64) (*fn.Ctx, error) {
	times, err := timesOf(r.Settings)
	if err != nil {
		return nil, pgerr.From(err)
	}
	times.Timeless = true
	return fn.NewCtx(times, now), nil
}
