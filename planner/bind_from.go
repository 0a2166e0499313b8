package planner

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// binding is what a query is bound in.
type binding struct {
	outer *scope // the query around it; nil: none
	// lateral is, for an item of FROM, the items before it and behind them outer; nil: there
	// are none before it.
	lateral *scope
	ctes    *cte // the WITH queries in sight
	// untyped leaves string literals of the select list without a type, for a UNION or an
	// INSERT around it to give them one.
	untyped bool
	top     bool            // the rows go to the client or into a table: their order matters
	changes bool            // it is that of the whole statement, whose WITH may change tables
	locks   []*ast.Locking  // the FOR UPDATE clauses that hold for the query
	within  bool            // it stands in FROM: the query around it says how many of its rows are returned
	named   map[string]bool // the names by which the query may mean whole rows of FROM
}

// behind is in for the FROM item that stands behind those of a scope; barred: behind a RIGHT
// or FULL JOIN, where it must not read them.
func (in *binding) behind(s *scope, barred bool) *binding {
	before := *s
	before.outer, before.joined, before.barred, before.frame, before.found = in.outer, in.lateral != nil, barred, 0, nil
	if in.lateral != nil {
		before.outer = in.lateral
	}
	return &binding{outer: in.outer, lateral: &before, ctes: in.ctes, locks: in.locks, named: in.named}
}

// sight is what a LATERAL item sees.
func (in *binding) sight() *scope {
	if in.lateral != nil {
		return in.lateral
	}
	return in.outer
}

// cte is a WITH query; those in sight form a list, innermost first.
type cte struct {
	name     string
	relation *relation
	refused  error  // why it cannot be read here; nil: it can
	reads    []int  // positions at which it is read
	again    bool   // it is the round before of a recursion
	added    int    // columns at its end that * leaves out
	later    bool   // it comes later in its clause: a relation of its name may be meant
	outer    *scope // the query around the one in whose WITH it stands; nil: none
	next     *cte
}

// fromBinders bind the kinds of FROM item.
var fromBinders = map[reflect.Type]func(*env, ast.TableExpr, *binding) (*scope, error){}

func bindsFrom[T ast.TableExpr](f func(*env, T, *binding) (*scope, error)) bool {
	t := reflect.TypeFor[T]()
	if fromBinders[t] != nil {
		panic(fmt.Sprintf("planner: %v is bound twice", t))
	}
	fromBinders[t] = func(e *env, x ast.TableExpr, in *binding) (*scope, error) { return f(e, x.(T), in) }
	return true
}

// from binds a FROM list: the items are joined from left to right. Without FROM there is one
// row of nothing.
func (e *env) from(items []ast.TableExpr, in *binding) (*scope, error) {
	if len(items) == 0 {
		return &scope{node: &Values{Rows: [][]expr.Expr{{}}}, outer: in.outer}, nil
	}
	s, err := e.fromItem(items[0], in)
	if err != nil {
		return nil, err
	}
	for _, item := range items[1:] {
		behind := in.behind(s, false)
		next, err := e.fromItem(item, behind)
		if err != nil {
			return nil, e.siblings(err, s, item)
		}
		if s, err = e.join(s, next, exec.Inner, behind.lateral.frame, item.Position()); err != nil {
			return nil, err
		}
	}
	s.outer = in.outer
	return s, nil
}

// siblings rewords a missing FROM entry that is there but out of sight.
func (e *env) siblings(err error, s *scope, item ast.TableExpr) error {
	p := pgerr.From(err)
	if s == nil || p.Code != pgerr.UndefinedTable {
		return err
	}
	for _, src := range s.sources {
		if p.Message == fmt.Sprintf("missing FROM-clause entry for table %q", src.alias) {
			c := *p
			c.Message = fmt.Sprintf("invalid reference to FROM-clause entry for table %q", src.alias)
			return c.WithHint("There is an entry for table %q, but it cannot be referenced from this part of the query.", src.alias)
		}
	}
	return err
}

func (e *env) fromItem(item ast.TableExpr, in *binding) (*scope, error) {
	f := fromBinders[reflect.TypeOf(item)]
	if f == nil {
		return nil, e.at(item.Position(), pgerr.Unsupported("%s in FROM", item))
	}
	return f(e, item, in)
}

// rename gives a FROM item its alias and the columns theirs.
func (e *env) rename(s *scope, a ast.Alias, what string) error {
	src := s.sources[0]
	if a.Name != "" {
		src.alias, src.schema = a.Name, ""
	}
	visible := 0
	for i := range src.fields {
		if src.fields[i].hidden {
			continue
		}
		if visible < len(a.Columns) {
			src.fields[i].name = a.Columns[visible].Name
			s.fields[i].name = a.Columns[visible].Name
		}
		visible++
	}
	if len(a.Columns) > visible {
		return pgerr.New(pgerr.InvalidColumnReference, "%s %q has %d columns available but %d columns specified", what, src.alias, visible, len(a.Columns))
	}
	return nil
}

var _ = bindsFrom(func(e *env, t *ast.Table, in *binding) (*scope, error) {
	if t.AsOf != nil {
		return nil, e.at(t.AsOf.Position(), pgerr.New(pgerr.FeatureNotSupported, "FOR SYSTEM_TIME AS OF is supported only for the right side of a JOIN").
			WithHint("Write s JOIN t FOR SYSTEM_TIME AS OF PROCTIME() ON s.k = t.k."))
	}
	later := false
	if t.Name.Schema == "" {
		for c := in.ctes; c != nil; c = c.next {
			switch {
			case c.name != t.Name.Name:
			case c.later:
				later = true
			case c.refused != nil:
				return nil, e.at(t.Name.Pos, c.refused)
			default:
				c.reads = append(c.reads, t.Name.Pos)
				s := relationScope(c.relation, c.name)
				s.hideLast(c.added)
				s.sources[0].again, s.sources[0].unlocked = c.again, "a WITH query"
				return s, e.rename(s, t.Alias, "table")
			}
		}
	}
	r, err := e.relation(t.Name)
	if err != nil && later {
		err = notYet(err, t.Name.Name)
	}
	if err != nil {
		return nil, err
	}
	alias := t.Name.Name
	if t.Alias.Name != "" {
		alias = t.Alias.Name
	}
	s, err := e.scan(r, t.Name, in.locksOf(alias)...)
	if err != nil {
		return nil, err
	}
	return s, e.rename(s, t.Alias, "table")
})

// relationScope is the scope of a query that stands in FROM.
func relationScope(r *relation, alias string) *scope {
	n := r.visible()
	if len(r.order) > 0 || len(r.rows) > 0 {
		n = r.node
	}
	s := newSource(n, &source{alias: alias, real: alias, rows: r.rows}, names(n.Schema(), identity(r.width)), nil)
	s.order = r.order
	return s
}

// scan is the scope of a relation of the catalog; a view is put in as its query, for which locks hold.
func (e *env) scan(r *catalog.Relation, name ast.Name, locks ...*ast.Locking) (*scope, error) {
	e.use(r)
	src := &source{schema: e.Catalog.Schema(r.Schema).Name, alias: r.Name, real: r.Name, relation: r, pos: name.Pos}
	switch r.Kind {
	case catalog.Index:
		err := pgerr.New(pgerr.WrongObjectType, "cannot open relation %q", r.Name)
		return nil, e.at(name.Pos, err.WithDetail("This operation is not supported for indexes."))
	case catalog.Sink:
		err := pgerr.New(pgerr.WrongObjectType, "cannot open relation %q", r.Name)
		return nil, e.at(name.Pos, err.WithDetail("A sink has no rows of its own.").WithHint("Read the table that it writes."))
	case catalog.View:
		n, width, rows, err := e.expandView(r, locks)
		if err != nil {
			return nil, e.at(name.Pos, err)
		}
		src.rows = rows
		return newSource(n, src, names(n.Schema(), identity(width)), nil), nil
	case catalog.System, catalog.Sequence:
		if e.standing {
			what := map[catalog.Kind]string{catalog.System: "system relation", catalog.Sequence: "sequence"}[r.Kind]
			err := pgerr.Unsupported("a materialized view over the %s %q", what, r.Name)
			return nil, e.at(name.Pos, err)
		}
	}
	n := e.newScan(r)
	n.Skips = r.Kind == catalog.Table && slices.ContainsFunc(locks, func(l *ast.Locking) bool { return l.Wait == skipLocked })
	src.key = r.PrimaryKey
	if r.Kind != catalog.Table {
		src.key = nil
	}
	cols := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		cols[i] = c.Name
	}
	return newSource(n, src, cols, func(i int) bool { return r.Columns[i].Hidden }), nil
}

// newScan reads all columns of a relation.
func (e *env) newScan(r *catalog.Relation) *Scan {
	s := &Scan{Relation: r.OID, Name: e.Catalog.Display(e.Path, r), Width: len(r.Columns), Append: r.AppendOnly(),
		System: r.Kind == catalog.System || r.Kind == catalog.Sequence, History: r.History, Watermark: -1}
	for i, c := range r.Columns {
		s.Columns = append(s.Columns, ScanColumn{Column: col.Column{Name: c.Name, Type: e.withFields(c.Type, c.Fields)}, Position: i, Attnum: c.Attnum})
	}
	if id := r.Identity(); id != nil {
		s.Keys = append(s.Keys, id)
	} else if r.PrimaryKey != nil {
		s.Keys = append(s.Keys, r.PrimaryKey)
	}
	for _, oid := range r.Indexes {
		ix := e.Catalog.Relation(oid)
		if ix != nil && ix.Index.Unique && !ix.Index.Primary && allNotNull(r, ix.Index.Columns) {
			s.Keys = append(s.Keys, ix.Index.Columns)
		}
	}
	if e.standing && r.Kind == catalog.MaterializedView {
		s.inherit(r)
	}
	if r.Watermark != nil {
		s.Watermark, s.Late = r.Watermark.Column, r.Option("late", "divert") == "keep"
	}
	return s
}

// inherit takes over what a view's plan says of its rows: which columns carry a watermark, and
// whether rows ever go.
func (s *Scan) inherit(r *catalog.Relation) {
	root, _, err := Parse(r.Plan)
	if err != nil || len(root.Schema()) != len(r.Columns) {
		return
	}
	p := Derive(root)
	if !r.Changing {
		s.Marks, s.Late, s.Append = p.Watermarks, p.Late, s.Append || p.AppendOnly
	}
}

func allNotNull(r *catalog.Relation, cols []int) bool {
	return !slices.ContainsFunc(cols, func(c int) bool { return !r.Columns[c].NotNull })
}

// expandView binds a view's query as it was meant when it was created.
func (e *env) expandView(r *catalog.Relation, locks []*ast.Locking) (n Node, width int, rows []lockedRows, err error) {
	if slices.Contains(e.views, r.OID) {
		return nil, 0, nil, pgerr.New(pgerr.InvalidObjectDefinition, "infinite recursion detected in rules for relation %q", r.Name)
	}
	q, err := parseQuery(r.Query)
	if err != nil {
		return nil, 0, nil, err
	}
	around := *e.Env
	around.Text, around.Path = "", settingPath(r.Settings, e.Path)
	inner := *e
	inner.Env, inner.views = &around, append(slices.Clone(e.views), r.OID)
	rel, err := inner.query(q, &binding{locks: locks, within: true})
	if err != nil {
		return nil, 0, nil, err
	}
	if n = rel.visible(); len(rel.rows) > 0 {
		n = rel.node
	}
	p := columnsProject(n, identity(len(n.Schema())))
	for i := range p.Names {
		if i < len(r.Columns) {
			p.Names[i] = r.Columns[i].Name
		}
	}
	e.notices = inner.notices
	return p, rel.width, rel.rows, nil
}

var _ = bindsFrom(func(e *env, d *ast.Derived, in *binding) (*scope, error) {
	inner := &binding{outer: in.outer, ctes: in.ctes, locks: in.locksOf(d.Alias.Name), within: true}
	if values, ok := d.Query.Body.(*ast.Values); ok && values != nil {
		inner.locks = nil
	}
	if d.Lateral {
		inner.outer = in.sight()
	}
	r, err := e.query(d.Query, inner)
	if err != nil {
		return nil, err
	}
	s := relationScope(r, "")
	return s, e.rename(s, d.Alias, "table")
})
