package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = statement(func(e *env, s *ast.CreateSink) (*Plan, error) {
	r, exists, err := e.newRelation(s.Name, catalog.Sink, s.IfNotExists)
	if err != nil || exists {
		return e.change().done("CREATE SINK"), err
	}
	into, err := e.sinkTarget(s.Into)
	if err != nil {
		return nil, err
	}
	e.standing = true
	root, err := e.sinkPlan(into, s)
	if err != nil {
		return nil, err
	}
	for i, k := range into.Columns {
		r.Columns = append(r.Columns, catalog.Column{Name: k.Name, Type: k.Type, Attnum: int16(i + 1), NotNull: k.NotNull})
	}
	r.Query, r.Settings, r.Into = s.QueryText, e.frozenSettings(), into.OID
	r.Functions = e.allFunctions()
	reads := e.standingUses()
	if err := e.noCycle(r, reads); err != nil {
		return nil, err
	}
	if len(s.Columns) > 0 {
		r.Options = withOption(nil, "columns", sinkColumns(s.Columns))
	}
	r.DependsOn = append(reads, into.OID)
	slices.Sort(r.DependsOn)
	r.Plan, r.History, r.Models = Text(root), e.history(root), *e.scored
	if err := e.fixedModels("a sink"); err != nil {
		return nil, err
	}
	e.noticeNested(root)
	c := e.change()
	c.create(r)
	c.plan.View = root
	return c.done("CREATE SINK"), nil
})

// sinkColumns is the list of columns behind the table's name.
func sinkColumns(ids []ast.Ident) string {
	var names []string
	for _, id := range ids {
		names = append(names, ast.QuoteIdent(id.Name))
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// sinkTarget finds the table that a sink writes: one whose rows are found by a primary key,
// and may be refused by nothing but a NULL.
func (e *env) sinkTarget(n ast.Name) (*catalog.Relation, error) {
	r, err := e.relation(n)
	if err != nil {
		return nil, err
	}
	e.uses[r.OID] = r.Version // not what the query reads
	if err := refuseSystem(r); err != nil {
		return nil, err
	}
	unsupported := func(hint, what string) error { return e.at(n.Pos, pgerr.Unsupported("%s", what).WithHint("%s", hint)) }
	switch {
	case r.Temporary:
		return nil, unsupported("Write to a table that outlasts the session.", "a sink into a temporary table")
	case r.Kind != catalog.Table:
		return nil, e.at(n.Pos, pgerr.New(pgerr.WrongObjectType, "%q is not a table", r.Name))
	case r.PrimaryKey == nil:
		return nil, unsupported("Give the table a primary key: a sink finds the rows that it writes by it.", "a sink into a table without primary key")
	case len(r.References) > 0 || len(e.Catalog.Referrers(r.OID)) > 0:
		return nil, unsupported("Write to a table without foreign keys.", "a sink into a table with foreign keys")
	case len(r.Checks) > 0:
		return nil, unsupported("Put the condition into the query.", "a sink into a table with CHECK constraints")
	case slices.ContainsFunc(r.Columns, func(c catalog.Column) bool { return c.Generated != "" || c.Identity != "" }):
		return nil, unsupported("Compute the column in the query.", "a sink into a table with generated columns")
	}
	for _, oid := range r.Indexes {
		if ix := e.Catalog.Relation(oid); ix != nil && ix.Index.Unique && !ix.Index.Primary {
			return nil, unsupported("Write to a table whose only key is the primary key.", "a sink into a table with more unique keys than the primary key")
		}
	}
	return r, nil
}

// sinkPlan is the plan of a sink's query, ending in rows as the table has them.
func (e *env) sinkPlan(into *catalog.Relation, s *ast.CreateSink) (Node, error) {
	columns, err := e.insertColumns(into, ast.Places(s.Columns))
	if err != nil {
		return nil, err
	}
	q, err := e.query(s.Query, &binding{untyped: true})
	if err != nil {
		return nil, err
	}
	asInsert := &ast.Insert{Pos: s.Pos, Table: s.Into, Columns: ast.Places(s.Columns), Source: s.Query}
	if err := e.checkWidth(asInsert, columns, q.width, s.Query.Body); err != nil {
		return nil, err
	}
	n := q.visible()
	want := types(n.Schema())
	for i := range want {
		if want[i].Is(col.Unknown) {
			want[i] = columns[i].typ
		}
	}
	if n, err = e.retype(n, want, fn.Assignment, func(i int) int { return targetPos(s.Query, i) }); err != nil {
		return nil, err
	}
	exprs := make([]expr.Expr, len(into.Columns))
	for i, c := range n.Schema() {
		at := columns[i].at
		if exprs[at], err = e.assign(expr.NewColumn(i, c.Type), into.Columns[at], targetPos(s.Query, i)); err != nil {
			return nil, err
		}
	}
	row := &Project{Input: n}
	for i, k := range into.Columns {
		if exprs[i] == nil {
			if exprs[i], err = e.sinkDefault(k); err != nil {
				return nil, err
			}
		}
		row.Exprs, row.Names = append(row.Exprs, exprs[i]), append(row.Names, k.Name)
	}
	return e.finish(row)
}

// sinkDefault is what a column gets that the query does not give: a value that is the same
// for ever.
func (e *env) sinkDefault(k catalog.Column) (expr.Expr, error) {
	x, err := e.defaultOf(k)
	if err != nil {
		return nil, err
	}
	if folded := fold(fn.NewCtx(nil, 0), x); isConst(folded) {
		return folded, nil
	}
	return nil, pgerr.Unsupported("a sink that leaves the default of column %q to be computed", k.Name).
		WithHint("Name the column in the query.")
}

// noCycle refuses a sink whose query reads what the sink writes.
func (e *env) noCycle(r *catalog.Relation, reads []catalog.OID) error {
	if slices.ContainsFunc(reads, func(read catalog.OID) bool { return e.Catalog.Reaches(r.Into, read) }) {
		return catalog.SinkCycle(r)
	}
	return nil
}

// refuseSinkTarget refuses what a table into which sinks write cannot have: they ask nobody
// before they write.
func (e *env) refuseSinkTarget(r *catalog.Relation, pos int, what string) error {
	for _, d := range e.Catalog.Dependents(r.OID) {
		if d.Into == r.OID {
			return e.at(pos, pgerr.Unsupported("%s a table that a sink writes", what).WithHint("Sink %q writes %q.", d.Name, r.Name))
		}
	}
	return nil
}
