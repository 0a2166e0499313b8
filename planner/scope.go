package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// scope is what names mean at one place of a query: the columns of the FROM items that can
// be seen there, as columns of one node.
type scope struct {
	node    Node
	fields  []field        // what bare names and * mean, in order; USING merges two into one
	sources []*source      // the FROM items, what qualified names mean
	values  []expr.Expr    // what the columns are, where that is known; nil: columns of the node
	outer   *scope         // the query around this one; nil: none
	joined  bool           // outer is more of the same query's FROM, before a LATERAL item
	barred  bool           // a LATERAL item behind a RIGHT or FULL JOIN, which must not read this
	unseen  []*source      // FROM items that exist but cannot be seen from here
	order   []exec.OrderBy // of a subquery that is all of FROM: what it says of the order of its rows
	frame   int            // what Outer columns call a row of it; 0: nothing has read one
	found   *found         // of the query whose FROM it is; nil: there is none yet
	clause  *clause        // of that query, the one being bound
}

// field is a name for a column of the scope's node.
type field struct {
	name   string
	at     int
	hidden bool // not in *
	of     *source
	merged expr.Expr // what USING has made it of, over columns of the node; nil: it is a column of its own
}

// source is one item of FROM.
type source struct {
	schema string // of a relation without alias; else empty
	alias  string // empty: columns are found by bare names alone
	real   string // name of the relation behind an alias
	fields []field
	key    []int // of a table: the primary key, as positions in fields; nil: none
	row    bool  // a function or scalar: the alias also names its one column

	again    bool // the rows of a recursion's round before
	nullable bool // an outer join may have NULLs in place of its row

	relation *catalog.Relation // of the catalog; nil: none
	unlocked string            // what else it is whose rows FOR UPDATE does not reach; empty: it does
	pos      int               // where a relation is named
	rows     []lockedRows      // of a query: the rows to hold of its tables, in columns behind its fields
}

// newSource makes the scope of one FROM item whose columns are those of a node from first on.
func newSource(n Node, src *source, names []string, hidden func(int) bool) *scope {
	s := &scope{node: n}
	for i, name := range names {
		f := field{name: name, at: i, of: src, hidden: hidden != nil && hidden(i)}
		src.fields = append(src.fields, f)
		s.fields = append(s.fields, f)
	}
	s.sources = []*source{src}
	return s
}

// hideLast has * of the scope's only FROM item leave its last n columns out.
func (s *scope) hideLast(n int) {
	for _, fields := range [][]field{s.fields, s.sources[0].fields} {
		for i := len(fields) - n; i < len(fields); i++ {
			fields[i].hidden = true
		}
	}
}

// shift moves all columns of a scope right by n, for the right side of a join.
func (s *scope) shift(n int) {
	for i := range s.fields {
		s.fields[i].at += n
		if x := s.fields[i].merged; x != nil {
			s.fields[i].merged = shiftBy(x, n)
		}
	}
	for _, src := range s.sources {
		for i := range src.fields {
			src.fields[i].at += n
		}
		for _, r := range src.rows {
			for i := range r.at {
				r.at[i] += n
			}
		}
	}
}

// mergedOf is what USING has made a column of; nil: it has not.
func (s *scope) mergedOf(at int) expr.Expr {
	for _, f := range s.fields {
		if f.at == at && f.merged != nil {
			return f.merged
		}
	}
	return nil
}

// find returns the fields of a bare name in this scope alone.
func (s *scope) find(name string) (found []field) {
	for _, f := range s.fields {
		if f.name == name {
			found = append(found, f)
		}
	}
	return found
}

// source finds a FROM item by its qualifier in this scope alone.
func (s *scope) source(schema, alias string) *source {
	for _, src := range s.sources {
		if src.isNamed(schema, alias) {
			return src
		}
	}
	return nil
}

func (src *source) isNamed(schema, alias string) bool {
	return src.alias == alias && (schema == "" || schema == src.schema) && alias != ""
}

// qualified finds the FROM item of a qualifier in the innermost query that has one, and the scope it is in; nil: no
// query has. Two of one query are an error (42P09).
func (s *scope) qualified(schema, alias string) (src *source, in *scope, err error) {
	for s := s; s != nil; s = s.outer {
		for _, x := range s.sources {
			switch {
			case !x.isNamed(schema, alias):
			case src != nil:
				return nil, nil, pgerr.New(pgerr.AmbiguousAlias, "table reference %q is ambiguous", alias)
			default:
				src, in = x, s
			}
		}
		if src != nil && !s.joined {
			break
		}
	}
	return src, in, nil
}

// resolved is a column found by a name, in this scope or one further out.
type resolved struct {
	at int
	in *scope
}

// resolve finds the column that a name means.
func (s *scope) resolve(e *env, ref *ast.ColumnRef) (resolved, error) {
	switch len(ref.Parts) {
	case 1:
		return s.resolveBare(e, ref.Parts[0], ref.Pos)
	case 2:
		return s.resolveQualified(e, "", ref.Parts[0], ref.Parts[1], ref.Pos)
	case 3:
		return s.resolveQualified(e, ref.Parts[0], ref.Parts[1], ref.Parts[2], ref.Pos)
	}
	if len(ref.Parts) == 4 && ref.Parts[0] == e.Database {
		return s.resolveQualified(e, ref.Parts[1], ref.Parts[2], ref.Parts[3], ref.Pos)
	}
	return resolved{}, e.at(ref.Pos, pgerr.New(pgerr.FeatureNotSupported,
		"cross-database references are not implemented: %s", ref))
}

func (s *scope) resolveBare(e *env, name string, pos int) (resolved, error) {
	for in := s; in != nil; in = in.outer {
		found := in.find(name)
		at := in
		for ; in.joined; in = in.outer { // one query's FROM items are one level
			more := in.outer.find(name)
			if len(found) == 0 {
				at = in.outer
			}
			found = append(found, more...)
		}
		switch len(found) {
		case 0:
		case 1:
			return resolved{found[0].at, at}, at.checkBarred(e, found[0].of, pos)
		default:
			return resolved{}, e.at(pos, pgerr.New(pgerr.AmbiguousColumn, "column reference %q is ambiguous", name))
		}
	}
	for in := s; in != nil; in = in.outer {
		if src := in.source("", name); src != nil && src.row && len(src.fields) == 1 {
			return resolved{src.fields[0].at, in}, nil
		}
	}
	err := pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", name)
	return resolved{}, e.at(pos, systemColumn(name, hint(err, s.nearest("", name))))
}

func (s *scope) resolveQualified(e *env, schema, table, name string, pos int) (resolved, error) {
	src, in, err := s.qualified(schema, table)
	switch {
	case err != nil:
		return resolved{}, e.at(pos, err)
	case src == nil:
		return resolved{}, s.missingSource(e, table, pos)
	}
	found := -1
	for _, f := range src.fields {
		if f.name == name {
			if found >= 0 {
				return resolved{}, e.at(pos, pgerr.New(pgerr.AmbiguousColumn, "column reference %q is ambiguous", name))
			}
			found = f.at
		}
	}
	if found >= 0 {
		return resolved{found, in}, in.checkBarred(e, src, pos)
	}
	missing := pgerr.New(pgerr.UndefinedColumn, "column %s.%s does not exist", table, name)
	return resolved{}, e.at(pos, systemColumn(name, hint(missing, s.nearest(table, name))))
}

// checkBarred refuses what a LATERAL item must not read.
func (s *scope) checkBarred(e *env, src *source, pos int) error {
	if !s.barred || src == nil {
		return nil
	}
	err := pgerr.New(pgerr.InvalidColumnReference, "invalid reference to FROM-clause entry for table %q", src.alias)
	return e.at(pos, err.WithDetail("The combining JOIN type must be INNER or LEFT for a LATERAL reference."))
}

// missingSource is the error for a qualifier that names no FROM item.
func (s *scope) missingSource(e *env, table string, pos int) error {
	for in := s; in != nil; in = in.outer {
		for _, src := range in.sources {
			if src.real == table && src.alias != table && len(in.path(e, table)) > 0 {
				err := pgerr.New(pgerr.UndefinedTable, "invalid reference to FROM-clause entry for table %q", table)
				return e.at(pos, err.WithHint("Perhaps you meant to reference the table alias %q.", src.alias))
			}
		}
		for _, src := range in.unseen {
			if src.alias == table {
				err := pgerr.New(pgerr.UndefinedTable, "invalid reference to FROM-clause entry for table %q", table)
				return e.at(pos, err.WithHint("There is an entry for table %q, but it cannot be referenced from this part of the query.", table))
			}
		}
	}
	return e.at(pos, pgerr.New(pgerr.UndefinedTable, "missing FROM-clause entry for table %q", table))
}

// path finds the relation that a bare name leads to along the search path: PostgreSQL
// suggests an alias only when the name written would have been that relation's.
func (*scope) path(e *env, table string) string {
	r, err := e.Catalog.Lookup(e.Path, "", table)
	if err != nil {
		return ""
	}
	return r.Name
}

// expand lists the columns that * means, or t.* where table says which, and the scope whose
// columns they are: * is of this query, t may be of one around it.
func (s *scope) expand(e *env, star *ast.Star) ([]field, *scope, error) {
	all, of := s.fields, s
	if n := len(star.Table); n > 0 {
		schema := ""
		if n > 1 {
			schema = star.Table[n-2]
		}
		src, in, err := s.qualified(schema, star.Table[n-1])
		switch {
		case err != nil:
			return nil, nil, e.at(star.Pos, err)
		case src == nil:
			return nil, nil, s.missingSource(e, star.Table[n-1], star.Pos)
		}
		of = in
		if err := of.checkBarred(e, src, star.Pos); err != nil {
			return nil, nil, err
		}
		all = src.fields
	} else if len(s.sources) == 0 {
		return nil, nil, e.at(star.Pos, pgerr.New(pgerr.SyntaxError, "SELECT * with no tables specified is not valid"))
	}
	except := map[string]bool{}
	for _, x := range star.Except {
		if len(s.find(x.Name)) == 0 {
			return nil, nil, e.at(x.Pos, pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", x.Name))
		}
		except[x.Name] = true
	}
	var out []field
	for _, f := range all {
		if !f.hidden && !except[f.name] {
			out = append(out, f)
		}
	}
	return out, of, nil
}

// columns lists the scope's node's columns.
func (s *scope) columns() []col.Column { return s.node.Schema() }
