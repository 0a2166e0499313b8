package server

import (
	"context"
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
)

// Temporary relations are in a schema of their session's, which the catalog has like any other. Their
// rows are in the engine's stores, but not in its log; they go with the session, or when the database is opened.

// temporarySchema names the schema of the session's temporary relations.
func (s *Session) temporarySchema() string { return catalog.TemporarySchema(s.BackendPID()) }

// withTemporary is a search path that leads to the session's temporary relations: first, or where it
// says so itself.
func (s *Session) withTemporary(path []string) []string {
	own, said := s.temporarySchema(), false
	for i, p := range path {
		if p == catalog.MyTemporary {
			path[i], said = own, true
		}
	}
	if said || s.CurrentCatalog().SchemaNamed(own) == nil {
		return path
	}
	return append([]string{own}, path...)
}

// dropTemporary drops the temporary relations of the session.
func (s *Session) dropTemporary(ctx context.Context) error {
	p, err := planner.DropTemporary(s.settled(), s.temporarySchema())
	if err != nil || p == nil {
		return err
	}
	if s.txn != nil {
		return s.txn.change(ctx, p, p.Diff)
	}
	_, err = s.srv.engine.Commit(ctx, &exec.Txn{DDL: p.Diff.Encode(nil)})
	return err
}

// forgetTemporary drops the temporary relations of the sessions that a crash ended.
func (s *Server) forgetTemporary() error {
	p, err := planner.DropTemporary(&planner.Env{Catalog: s.cats.newest.Load(), OIDs: s.cats.oids, User: s.opt.User, Database: Database, Times: &datetime.Settings{}}, "")
	if err != nil || p == nil {
		return err
	}
	_, err = s.engine.Commit(context.Background(), &exec.Txn{DDL: p.Diff.Encode(nil)})
	return err
}

// whole reports whether a statement outside of a transaction needs one of its own: it does several
// things, or writes to a table that COMMIT empties.
func whole(p *planner.Plan) bool {
	emptied := func(r *catalog.Relation) bool { return r != nil && r.OnCommit == catalog.DeleteRows }
	switch {
	case p.TableAs != nil || slices.ContainsFunc(p.Locks, func(l *planner.LockPlan) bool { return l.Nowait || l.Skip }):
		return true
	case p.Insert != nil:
		return emptied(p.Insert.Relation)
	case p.Update != nil:
		return emptied(p.Update.Relation)
	case p.Delete != nil:
		return emptied(p.Delete.Relation)
	case p.Copy != nil:
		return emptied(p.Copy.Relation)
	case p.Change != nil:
		for _, r := range p.Change.Created {
			if r.OnCommit == catalog.DropTable {
				return true
			}
		}
	}
	return false
}

// ownRowsOnly reports whether all that a statement writes are rows of temporary tables, which a
// read-only transaction may do.
func ownRowsOnly(p *planner.Plan) bool {
	switch {
	case p.Insert != nil:
		return p.Insert.Relation.Temporary
	case p.Update != nil:
		return p.Update.Relation.Temporary
	case p.Delete != nil:
		return p.Delete.Relation.Temporary
	case p.Copy != nil:
		return p.Copy.Relation != nil && p.Copy.Relation.Temporary
	}
	return false
}

// tableAs carries out a CREATE TABLE … AS, in the transaction that there is.
func (s *Session) tableAs(ctx context.Context, c *fn.Ctx, plan *planner.Plan) (string, error) {
	p := plan.TableAs
	if err := s.txn.change(ctx, p.Change, p.Change.Diff); err != nil || p.Insert == nil {
		return plan.Tag, err
	}
	n, _, err := s.insertAll(ctx, c, p.Insert)
	return fmt.Sprintf("%s %d", plan.Tag, n), err
}

// atCommit lets go what temporary tables do not keep over the transaction's end: the rows of those
// ON COMMIT DELETE ROWS, which never reach the engine, and those ON COMMIT DROP.
func (t *transaction) atCommit(ctx context.Context) error {
	for _, b := range t.order {
		if b.rel.OnCommit == catalog.DeleteRows {
			b.forget()
		}
	}
	if t.diff == nil {
		return nil
	}
	var gone []*catalog.Relation
	for _, ch := range t.diff.Changes {
		if r := ch.Relation; r != nil && r.Version == 1 && r.OnCommit == catalog.DropTable && t.catalog().Relation(r.OID) != nil {
			gone = append(gone, t.catalog().Relation(r.OID))
		}
	}
	if gone == nil {
		return nil
	}
	p, err := planner.DropRelations(&planner.Env{Catalog: t.catalog(), OIDs: t.s.srv.cats.oids, User: t.s.user, Database: Database, Times: &t.times}, gone)
	if err != nil {
		return err
	}
	return t.change(ctx, p, p.Diff)
}
