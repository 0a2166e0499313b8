package planner

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

// Plan is everything a session needs to carry a statement out. Exactly one of the parts from
// Query to Explain is set. A plan is immutable and may be used by several sessions at once.
type Plan struct {
	Tag     string       // of CommandComplete, without counts: SELECT, INSERT, CREATE TABLE
	Columns []col.Column // of the rows that the client gets; nil: it gets none
	Params  []col.Type   // of $1, $2, …
	Notices []*pgerr.Error
	// Uses are the objects that the plan depends on, with their versions: the plan is valid
	// for every catalog that has them so (G2).
	Uses []catalog.Dropped
	// Counted are the relations whose rows decided about the plan, with how many there were.
	Counted []Counted
	// Dated plans hold a value that was read as of this moment: 'now', 'today'.
	Dated bool

	// Before are the statements in WITH that change tables: they are carried out first, over the
	// rows that this one sees, and rows that statement k returns are those of Returned k.
	Before []*Plan

	// ReturningBeside is what the subqueries in RETURNING give for the rows that are returned; nil:
	// it has none.
	ReturningBeside *Beside

	// Fault is the error of constants that PostgreSQL finds when it plans: the plan cannot be
	// carried out. It can be described, and prepared.
	Fault error

	Query     *QueryPlan
	Locks     []*LockPlan // of queries FOR UPDATE or FOR SHARE, which are kept before anything is done
	Insert    *InsertPlan
	Update    *UpdatePlan
	Delete    *DeletePlan
	Truncate  *TruncatePlan
	Advance   *AdvancePlan
	Copy      *CopyPlan
	Change    *ChangePlan
	ModelFile *catalog.ModelVersion // whose file the client gets
	TableAs   *TableAsPlan
	Subscribe *SubscribePlan
	Text      *TextPlan
	Explain   *ExplainPlan
}

// QueryPlan is a query that runs once.
type QueryPlan struct {
	Root Node
	// Chain is set when no dataflow is needed: rows of one relation, filtered and computed
	// (R12). With Chain.Scan.Access.IsPoint it is a look-up by key.
	Chain *Chain
	// Relation is set when the query is a whole relation as it is (SUBSCRIBE reads its
	// changes): nil for every other.
	Relation *catalog.Relation
}

// Counted is a relation with the number of its rows when a plan was made.
type Counted struct {
	OID  catalog.OID
	Rows float64
}

// Fresh reports whether the relations whose rows decided about the plan have about as many
// now: four times as many, or a quarter, ask for another plan, where there are enough of them
// to matter.
func (p *Plan) Fresh(s Statistics) bool {
	const few, much = 1000, 4
	return s == nil || !slices.ContainsFunc(p.Counted, func(c Counted) bool {
		now := s.Of(c.OID)
		if now == nil {
			return true
		}
		a, b := max(few, c.Rows), max(few, now.Rows)
		return a > much*b || b > much*a
	})
}

// TextPlan is rows that are known already: EXPLAIN, SHOW.
type TextPlan struct{ Rows [][]string }

// Valid reports whether the plan still means the same under a catalog.
func (p *Plan) Valid(c *catalog.Catalog) bool {
	return !slices.ContainsFunc(p.Uses, func(u catalog.Dropped) bool {
		r := c.Relation(u.OID)
		return r == nil || r.Version != u.Version
	})
}

// statements are the planners of the kinds of statement.
var statements = map[reflect.Type]func(*env, ast.Stmt) (*Plan, error){}

// statement registers the planner of one kind of statement, on the line above it.
func statement[S ast.Stmt](f func(*env, S) (*Plan, error)) bool {
	t := reflect.TypeFor[S]()
	if statements[t] != nil {
		panic(fmt.Sprintf("planner: %v is planned twice", t))
	}
	statements[t] = func(e *env, s ast.Stmt) (*Plan, error) { return f(e, s.(S)) }
	return true
}

// Plans reports whether statements of the kind are planned here; others (transactions, cursors,
// prepared statements) are the session's.
func Plans(s ast.Stmt) bool { return statements[reflect.TypeOf(s)] != nil }

// Statement plans a statement. params are the types that the client declared for $1, $2, …; the
// zero type where it left the choice to the server. Errors are *pgerr.Error with their position
// in around.Text.
func Statement(around *Env, s ast.Stmt, params []col.Type) (*Plan, error) {
	f := statements[reflect.TypeOf(s)]
	if f == nil {
		return nil, pgerr.Unsupported("this statement")
	}
	e := newEnv(around, params)
	p, err := f(e, s)
	if err != nil {
		return nil, pgerr.From(err)
	}
	if p.Params, err = e.parameterTypes(); err != nil {
		return nil, err
	}
	if p.Before = e.before; len(p.Before) > 0 && p.Query == nil && p.Insert == nil && p.Update == nil && p.Delete == nil && p.Text == nil {
		return nil, pgerr.Unsupported("a data-modifying statement in WITH here").WithHint("Run it as a statement of its own.")
	}
	if p.Text == nil {
		p.Locks = *e.locks
	}
	if len(p.Locks) > 0 && p.Change != nil {
		return nil, pgerr.Unsupported("%s in a view", p.Locks[0].Clause)
	}
	p.Columns = lasting(p.Columns)
	p.Notices, p.Dated, p.Fault = append(p.Notices, e.notices...), e.dated, e.faulty
	for oid, version := range e.uses {
		p.Uses = append(p.Uses, catalog.Dropped{OID: oid, Version: version})
	}
	for oid, rows := range e.counted {
		p.Counted = append(p.Counted, Counted{oid, rows})
	}
	slices.SortFunc(p.Uses, func(a, b catalog.Dropped) int { return cmp.Compare(a.OID, b.OID) })
	return p, nil
}

// Query plans a query that runs once.
func Query(around *Env, q *ast.Query, params []col.Type) (*Plan, error) {
	return Statement(around, q, params)
}

var _ = statement(func(e *env, q *ast.Query) (*Plan, error) {
	if as := selectInto(q); as != nil {
		return statements[typeOf(as)](e, as)
	}
	root, columns, err := e.adHoc(q)
	if err != nil {
		return nil, err
	}
	return &Plan{Tag: "SELECT", Columns: columns, Query: &QueryPlan{Root: root, Chain: chainOf(root), Relation: e.wholeRelation(q)}}, nil
})

// adHoc binds and optimizes a query that runs once.
func (e *env) adHoc(q *ast.Query) (Node, []col.Column, error) {
	r, err := e.query(q, &binding{top: true, changes: true})
	if err != nil {
		return nil, nil, err
	}
	n := r.visible()
	columns := n.Schema()
	if columns == nil {
		columns = []col.Column{}
	}
	n, fault := e.withoutFault(n)
	if pgerr.CodeOf(fault) == pgerr.QueryCanceled { // nothing that the plan should keep
		return nil, nil, fault
	}
	e.faulty = cmp.Or(e.faulty, fault)
	root, err := e.finish(n)
	if err != nil {
		return nil, nil, err
	}
	return e.withRoom(root), columns, nil
}

// finish applies the rules and checks what only their result tells.
func (e *env) finish(n Node) (Node, error) {
	x := e.estimator()
	if e.standing {
		x = nil
		if e.readsTemporary() {
			return nil, pgerr.Unsupported("a query over temporary tables that is kept running")
		}
	}
	if e.forward {
		var err error
		if n, err = scoreForward(n); err != nil {
			return nil, err
		}
	}
	root := optimize(n, x)
	if e.forward {
		root = remembered(root)
	}
	if err := e.checkUnnested(root); err != nil {
		return nil, err
	}
	if err := cmp.Or(checkFullJoins(root), checkJoinsInTime(root)); err != nil {
		return nil, err
	}
	if e.standing {
		var err error
		if root, err = e.temporal(root); err != nil {
			return nil, err
		}
		return root, refuseForgetting(root)
	}
	if root = e.accessPaths(root); chainOf(root) != nil {
		return root, nil
	}
	return computeOnce(root), nil
}

// wholeRelation is the relation that a query reads as it is: SELECT * FROM r.
func (e *env) wholeRelation(q *ast.Query) *catalog.Relation {
	sel, ok := q.Body.(*ast.Select)
	if !ok || q.With != nil || q.Limit != nil || q.Offset != nil || len(q.OrderBy) > 0 || sel.Where != nil || sel.Distinct ||
		len(sel.GroupBy) > 0 || sel.Having != nil || len(sel.From) != 1 || len(sel.Targets) != 1 {
		return nil
	}
	star, ok := sel.Targets[0].Expr.(*ast.Star)
	table, isTable := sel.From[0].(*ast.Table)
	if !ok || !isTable || len(star.Except) > 0 || len(table.Alias.Columns) > 0 {
		return nil
	}
	r, err := e.Catalog.Lookup(e.Path, table.Name.Schema, table.Name.Name)
	if err != nil || !r.Stored() {
		return nil
	}
	return r
}
