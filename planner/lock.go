package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/sql/ast"
)

// LockPlan is the FOR UPDATE, or FOR SHARE, of a query over one table: in a transaction the
// rows that its WHERE finds must be the same still when the transaction commits.
type LockPlan struct {
	Relation *catalog.Relation
	Source   Node // whole rows
	Mode     exec.LockMode
	Clause   string // FOR UPDATE, for errors
}

// refuse is the error for a query that shows other rows than those of its table.
func (p *LockPlan) refuse(what string) error {
	return pgerr.New(pgerr.FeatureNotSupported, "%s is not allowed with %s", p.Clause, what)
}

// lockModes are the strengths in which rows can be asked for.
var lockModes = map[string]exec.LockMode{
	"update": exec.LockUpdate, "no key update": exec.LockUpdate, "share": exec.LockShare, "key share": exec.LockShare,
}

// locking plans the FOR UPDATE of a statement and returns the query without it.
func (e *env) locking(q *ast.Query) (*LockPlan, *ast.Query, error) {
	if len(q.Locking) == 0 {
		return nil, q, nil
	}
	l := q.Locking[0]
	p := &LockPlan{Mode: lockModes[l.Strength], Clause: "FOR " + strings.ToUpper(l.Strength)}
	sel, err := p.lockable(q)
	if err != nil {
		return nil, nil, err
	}
	if l.Wait != "" {
		return nil, nil, e.at(l.Pos, pgerr.Unsupported("%s %s", p.Clause, strings.ToUpper(l.Wait)).
			WithHint("Rows are not waited for: a row that another transaction has changed ends this one with 40001 at COMMIT."))
	}
	plain := *q
	plain.Locking = nil
	if len(sel.From) == 0 {
		return nil, &plain, nil
	}
	var table *ast.Table
	if len(sel.From) == 1 {
		table, _ = sel.From[0].(*ast.Table)
	}
	if table == nil || len(q.Locking) > 1 || q.With != nil {
		return nil, nil, e.at(l.Pos, pgerr.Unsupported("%s of more than one table", p.Clause).
			WithHint("Read the rows of each table that are to stay as they are by a statement of its own."))
	}
	for _, of := range l.Of {
		if of.Name != tableName(table) {
			return nil, nil, e.at(of.Pos, pgerr.New(pgerr.UndefinedTable, "relation %q in %s clause not found in FROM clause", of.Name, p.Clause))
		}
	}
	if p.Relation, err = e.lockTarget(table); err != nil {
		return nil, nil, err
	}
	rows, err := statements[typeOf(&ast.Delete{})](e, &ast.Delete{Pos: sel.Pos, Table: table, Where: sel.Where})
	if err != nil {
		return nil, nil, err
	}
	p.Source = rows.Delete.Source
	if slices.ContainsFunc(postorder(p.Source), func(n Node) bool { return slices.ContainsFunc(n.exprs(), volatile) }) {
		return nil, nil, e.at(l.Pos, pgerr.Unsupported("%s of rows that a volatile function finds", p.Clause).
			WithHint("Find the rows first, and lock them by their key."))
	}
	return p, &plain, nil
}

// lockable finds the SELECT whose rows are those of its tables.
func (p *LockPlan) lockable(q *ast.Query) (*ast.Select, error) {
	sel, ok := q.Body.(*ast.Select)
	switch {
	case !ok:
		return nil, p.refuse("UNION/INTERSECT/EXCEPT")
	case sel.Distinct:
		return nil, p.refuse("DISTINCT clause")
	case len(sel.GroupBy) > 0:
		return nil, p.refuse("GROUP BY clause")
	case sel.Having != nil:
		return nil, p.refuse("HAVING clause")
	}
	return sel, nil
}

func tableName(t *ast.Table) string {
	if t.Alias.Name != "" {
		return t.Alias.Name
	}
	return t.Name.Name
}

// checkLocked refuses what the bound query shows: rows that are none of the table's.
func (p *LockPlan) checkLocked(n Node) error {
	for ; len(n.Inputs()) > 0; n = n.Inputs()[0] {
		if _, ok := n.(*Aggregate); ok {
			return p.refuse("aggregate functions")
		}
		if t, ok := n.(*TopN); ok && t.EmitRank {
			return p.refuse("window functions")
		}
		if _, ok := n.(*Over); ok {
			return p.refuse("window functions")
		}
	}
	return nil
}

// lockTarget finds the table whose rows are locked.
func (e *env) lockTarget(t *ast.Table) (*catalog.Relation, error) {
	r, err := e.relation(t.Name)
	if err != nil {
		return nil, err
	}
	if r.Kind == catalog.Table && refuseSystem(r) == nil {
		return r, nil
	}
	kind := "relation"
	switch r.Kind {
	case catalog.Stream:
		kind = "stream"
	case catalog.View:
		kind = "view"
	case catalog.MaterializedView:
		kind = "materialized view"
	}
	return nil, e.at(t.Name.Pos, pgerr.New(pgerr.WrongObjectType, "cannot lock rows in %s %q", kind, r.Name))
}
