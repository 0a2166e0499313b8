package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// LockPlan is the FOR UPDATE, or FOR SHARE, of a query for one of its tables: in a transaction the
// rows of it that FROM and WHERE find must be the same still when the transaction commits.
type LockPlan struct {
	Relation *catalog.Relation
	Source   Node // whole rows, one of them maybe several times
	Mode     exec.LockMode
	Clause   string // FOR UPDATE, for errors
	// Nowait refuses rows that other open transactions hold, Skip leaves them out: of just the rows
	// that the query returns, behind its LIMIT.
	Nowait, Skip bool
}

// skipLocked is how a clause says that rows which others hold are left out.
const skipLocked = "skip locked"

// lockedRows is a table whose rows a query is to hold, and at the columns of the query's node that
// are its whole rows.
type lockedRows struct {
	locking  *ast.Locking
	relation *catalog.Relation
	at       []int
}

// lockModes are the strengths in which rows can be asked for.
var lockModes = map[string]exec.LockMode{
	"update": exec.LockUpdate, "no key update": exec.LockUpdate, "share": exec.LockShare, "key share": exec.LockShare,
}

func lockClause(l *ast.Locking) string { return "FOR " + strings.ToUpper(l.Strength) }

// lockedBody refuses a query FOR UPDATE that is no SELECT.
func (e *env) lockedBody(q *ast.Query, locks []*ast.Locking) error {
	switch {
	case len(locks) == 0:
		return nil
	case q.WithTies && slices.ContainsFunc(q.Locking, func(l *ast.Locking) bool { return l.Wait == skipLocked }):
		return pgerr.New(pgerr.SyntaxError, "SKIP LOCKED and WITH TIES options cannot be used together")
	case e.standing:
		return e.at(locks[0].Pos, pgerr.Unsupported("%s in a query that is kept running", lockClause(locks[0])))
	}
	switch q.Body.(type) {
	case *ast.SetOp:
		return refuseLock(locks[0], "is not allowed with UNION/INTERSECT/EXCEPT")
	case *ast.Values:
		return refuseLock(locks[0], "cannot be applied to VALUES")
	}
	return nil
}

func refuseLock(l *ast.Locking, why string) error {
	return pgerr.New(pgerr.FeatureNotSupported, "%s %s", lockClause(l), why)
}

// checkLocks refuses FOR UPDATE where a SELECT shows other rows than those of its tables.
func (s *selection) checkLocks() error {
	if len(s.in.locks) == 0 {
		return nil
	}
	for _, c := range []struct {
		what string
		has  bool
	}{
		{"DISTINCT clause", s.sel.Distinct},
		{"GROUP BY clause", len(s.sel.GroupBy) > 0},
		{"HAVING clause", s.sel.Having != nil},
		{"aggregate functions", len(s.found.aggregates) > 0},
		{"window functions", len(s.found.overs) > 0},
		{"set-returning functions in the target list", len(s.found.sets) > 0},
	} {
		if c.has {
			return refuseLock(s.in.locks[0], "is not allowed with "+c.what)
		}
	}
	return nil
}

// lockRows plans the FOR UPDATE clauses of a SELECT whose FROM and WHERE are bound. Those of the
// queries and views in FROM are planned where these are bound.
func (s *selection) lockRows() error {
	for _, l := range s.in.locks {
		sources := s.scope.sources
		if len(l.Of) > 0 {
			sources = nil
		}
		for _, of := range l.Of {
			src, err := s.lockedSource(l, of)
			if err != nil {
				return err
			}
			sources = append(sources, src)
		}
		for _, src := range sources {
			if err := s.lockSource(l, src); err != nil {
				return err
			}
		}
	}
	for _, src := range s.scope.sources {
		s.waits = append(s.waits, src.rows...)
	}
	return nil
}

// lockedSource finds the item of FROM that OF names.
func (s *selection) lockedSource(l *ast.Locking, of ast.Name) (*source, error) {
	if of.Schema != "" {
		return nil, s.at(of.Pos, pgerr.New(pgerr.SyntaxError, "%s must specify unqualified relation names", lockClause(l)))
	}
	src := s.scope.source("", of.Name)
	switch {
	case src == nil:
		return nil, s.at(of.Pos, pgerr.New(pgerr.UndefinedTable, "relation %q in %s clause not found in FROM clause", of.Name, lockClause(l)))
	case src.unlocked != "":
		return nil, s.at(of.Pos, refuseLock(l, "cannot be applied to "+src.unlocked))
	}
	return src, nil
}

// lockSource adds the plan that finds the rows of an item of FROM, if it is a table.
func (s *selection) lockSource(l *ast.Locking, src *source) error {
	switch r := src.relation; {
	case src.unlocked == joinItem:
		return s.at(l.Pos, pgerr.Unsupported("%s of a join with an alias", lockClause(l)).WithHint("Write the join without parentheses and alias."))
	case src.unlocked != "":
		return nil
	case src.nullable:
		return refuseLock(l, "cannot be applied to the nullable side of an outer join")
	case r == nil || r.Kind == catalog.View:
		return nil // its query has been told
	case r.Kind == catalog.Sequence:
		return pgerr.New(pgerr.WrongObjectType, "cannot lock rows in sequence %q", r.Name)
	case r.Kind != catalog.Table || refuseSystem(r) != nil:
		return s.at(src.pos, pgerr.New(pgerr.WrongObjectType, "cannot lock rows in %s %q", lockedKinds[r.Kind], r.Name))
	}
	rows := lockedRows{l, src.relation, make([]int, len(src.fields))}
	for i, f := range src.fields {
		rows.at[i] = f.at
	}
	if l.Wait != "" { // it tells of just the rows that are returned
		s.waits = append(s.waits, rows)
		return nil
	}
	return s.lock(rows, s.scope.node)
}

// lockReturned adds the plans that find the rows to hold of those that a query returns; n is its node
// with LIMIT and OFFSET, if it has any, and before without.
func (e *env) lockReturned(rows []lockedRows, before, n Node) error {
	for _, r := range rows {
		if len(n.Schema()) != len(before.Schema()) {
			return e.at(r.locking.Pos, pgerr.Unsupported("%s %s with this LIMIT", lockClause(r.locking), strings.ToUpper(r.locking.Wait)))
		}
		if err := e.lock(r, withOffset(n)); err != nil {
			return err
		}
	}
	return nil
}

// withOffset is a node of rows behind an OFFSET, and the rows before them.
func withOffset(n Node) Node {
	s, ok := n.(*Sort)
	if !ok || s.Offset == nil {
		return n
	}
	all := *s
	if all.Offset = nil; s.Limit != nil {
		all.Limit = expr.NewCall(fn.ByID("+(int8,int8)"), col.Int8, s.Limit, s.Offset)
	}
	return &all
}

// lock adds the plan that finds rows to hold among those of a node.
func (e *env) lock(r lockedRows, n Node) error {
	l := r.locking
	rows, err := e.finish(columnsProject(n, r.at))
	if err != nil {
		return err
	}
	if has(rows, dependsOnOuter) {
		return e.at(l.Pos, pgerr.Unsupported("%s in a subquery that reads columns of the query around it", lockClause(l)))
	}
	if has(rows, volatile) {
		return e.at(l.Pos, pgerr.Unsupported("%s of rows that a volatile function finds", lockClause(l)).
			WithHint("Find the rows first, and lock them by their key."))
	}
	*e.locks = append(*e.locks, &LockPlan{Relation: r.relation, Source: rows, Mode: lockModes[l.Strength], Clause: lockClause(l),
		Nowait: l.Wait == "nowait", Skip: l.Wait == skipLocked})
	return nil
}

// has reports whether an expression anywhere in a plan is of some kind.
func has(root Node, kind func(expr.Expr) bool) bool {
	return slices.ContainsFunc(postorder(root), func(n Node) bool { return slices.ContainsFunc(n.exprs(), kind) })
}

// joinItem is what an item of FROM is that is a join with an alias.
const joinItem = "a join"

var lockedKinds = map[catalog.Kind]string{catalog.Table: "relation", catalog.System: "relation", catalog.Stream: "stream", catalog.MaterializedView: "materialized view"}

// locksOf are the clauses that hold for the query behind an item of FROM.
func (in *binding) locksOf(alias string) (out []*ast.Locking) {
	for _, l := range in.locks {
		if len(l.Of) == 0 || slices.ContainsFunc(l.Of, func(of ast.Name) bool { return of.Schema == "" && of.Name == alias }) {
			all := *l
			all.Of = nil
			out = append(out, &all)
		}
	}
	return out
}
