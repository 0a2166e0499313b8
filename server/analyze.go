package server

import (
	"context"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/sql/ast"
)

// ANALYZE looks anew at how the values of relations are spread. Nobody needs to: stores look
// when a segment is encoded, and the planner at the others when it asks.
var _ = statement(func(_ context.Context, s *Session, a *ast.Analyze, _ *output) (string, error) {
	verbose := false
	for _, o := range a.Options {
		on, err := planner.OptionBool(o)
		switch {
		case o.Name != "verbose" && o.Name != "skip_locked":
			return "", pgerr.New(pgerr.SyntaxError, "unrecognized ANALYZE option %q", o.Name).At(s.current, o.Pos)
		case err != nil:
			return "", err
		case o.Name == "verbose":
			verbose = on
		}
	}
	targets, err := s.analyzed(a.Tables)
	for _, t := range targets {
		s.analyze(t, verbose)
	}
	if err != nil {
		return "", err
	}
	return "ANALYZE", nil
})

// analyzeTarget is a relation and the places of the columns to be looked at.
type analyzeTarget struct {
	relation *catalog.Relation
	columns  []int
}

// analyzed resolves what is to be looked at: all that users can store rows in, if nothing is
// named.
func (s *Session) analyzed(tables []ast.AnalyzeTable) (out []analyzeTarget, err error) {
	cat := s.CurrentCatalog()
	if len(tables) == 0 {
		for r := range cat.Relations() {
			if r.Stored() {
				out = append(out, allColumns(r))
			}
		}
		return out, nil
	}
	for _, t := range tables {
		r, err := cat.Lookup(s.SearchPath(), t.Name.Schema, t.Name.Name)
		if err != nil {
			return nil, err
		}
		if !r.Stored() {
			w := pgerr.New(pgerr.Warning, "skipping %q --- cannot analyze non-tables or special system tables", r.Name)
			w.Severity = "WARNING"
			s.notice(w)
			continue
		}
		x, err := analyzedColumns(r, t.Columns)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

func allColumns(r *catalog.Relation) analyzeTarget {
	x := analyzeTarget{relation: r}
	for i := range r.Columns {
		x.columns = append(x.columns, i)
	}
	return x
}

func analyzedColumns(r *catalog.Relation, names []ast.Ident) (x analyzeTarget, err error) {
	if len(names) == 0 {
		return allColumns(r), nil
	}
	x.relation = r
	seen := map[int]bool{}
	for _, n := range names {
		at := -1
		for i, c := range r.Columns {
			if c.Name == n.Name && !c.Hidden {
				at = i
			}
		}
		switch {
		case at < 0:
			return x, pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", n.Name, r.Name)
		case seen[at]:
			return x, pgerr.New(pgerr.DuplicateColumn, "column %q of relation %q appears more than once", n.Name, r.Name)
		}
		seen[at] = true
		x.columns = append(x.columns, at)
	}
	return x, nil
}

// analyze looks at columns of a relation.
func (s *Session) analyze(x analyzeTarget, verbose bool) {
	st := s.srv.engine.Analyze(uint32(x.relation.OID))
	if st == nil {
		return
	}
	for _, c := range x.columns {
		st.Column(c)
	}
	if verbose {
		n := pgerr.New("00000", "analyzed \"%s.%s\": %.0f rows", s.CurrentCatalog().Schema(x.relation.Schema).Name, x.relation.Name, st.Rows)
		n.Severity = "INFO"
		s.notice(n)
	}
}
