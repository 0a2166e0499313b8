package metamorphic

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// create makes a relation.
type create struct{ r *relation }

func (s create) sql() string { return s.r.create() }

func (s create) fits(m *model) bool {
	return !m.open && (s.r.view == nil || m.has(s.r.view.uses))
}

func (s create) apply(m *model) outcome {
	m.relations = append(m.relations, s.r)
	m.lookUp()
	word := "TABLE"
	switch {
	case s.r.sunk: // what it says first
	case s.r.view != nil && s.r.kept:
		word = "MATERIALIZED VIEW"
	case s.r.view != nil:
		word = "VIEW"
	case s.r.stream:
		word = "STREAM"
	}
	return outcome{tag: "CREATE " + word}
}

// replace puts a materialized view in the place of the one of its name.
type replace struct{ r *relation }

func (s replace) sql() string {
	return strings.Replace(s.r.create(), "CREATE ", "CREATE OR REPLACE ", 1)
}

func (s replace) fits(m *model) bool {
	return !m.open && s.r.kept && !s.r.emits && !s.r.final && s.r.follows == nil && m.relation(s.r.name) != nil && m.has(s.r.view.uses)
}

func (s replace) apply(m *model) outcome {
	m.relations = slices.Clone(m.relations)
	m.relations[slices.IndexFunc(m.relations, func(r *relation) bool { return r.name == s.r.name })] = s.r
	return outcome{tag: "CREATE MATERIALIZED VIEW"}
}

// isRead reports whether views read a relation.
func (m *model) isRead(name string) bool {
	return slices.ContainsFunc(m.relations, func(r *relation) bool { return r.view != nil && slices.Contains(r.view.uses, name) })
}

// drop removes a view.
type drop struct{ r *relation }

func (s drop) sql() string {
	return "DROP " + map[bool]string{true: "MATERIALIZED ", false: ""}[s.r.kept] + "VIEW " + s.r.name
}

func (s drop) fits(m *model) bool { return !m.open && m.relation(s.r.name) != nil }

func (s drop) apply(m *model) outcome {
	if m.isRead(s.r.name) {
		return outcome{code: "2BP01"}
	}
	m.relations = slices.DeleteFunc(slices.Clone(m.relations), func(r *relation) bool { return r.name == s.r.name })
	delete(m.lookups, s.r.name)
	delete(m.emissions, s.r.name)
	maps.DeleteFunc(m.now.indexes, func(_ string, i index) bool { return i.r.name == s.r.name })
	return outcome{tag: strings.TrimSuffix(s.sql(), " "+s.r.name)}
}

// otherwise gives one of the views another query, of the same columns and perhaps one more.
func (g *gen) otherwise(views []*relation) *relation {
	at := g.IntN(len(views))
	r := views[at]
	if r.estimates || r.emits || g.one(3) {
		return r
	}
	f := g.item("("+r.view.sql+")", r.view.node, r.cols, r.view.uses...)
	p := g.boolExpr(f.scope, 1)
	other := *r
	var parts []string
	var fs []oracle.Expr
	for i, c := range r.cols {
		parts, fs = append(parts, f.scope[i].sql+" AS "+c.name), append(fs, f.scope[i].f)
	}
	if g.one(4) {
		e, c := g.column(f.scope), column{name: g.name("c")}
		c.kind, other.cols = e.kind, slices.Clip(r.cols)
		parts, fs, other.cols = append(parts, e.sql+" AS "+c.name), append(fs, e.f), append(other.cols, c)
	}
	node := oracle.Project{In: oracle.Filter{In: f.node, Pred: p.f}, Exprs: fs}
	other.view = &query{fmt.Sprintf("SELECT %s FROM %s WHERE %s", strings.Join(parts, ", "), f.sql, p.sql), node, other.cols, f.uses}
	views[at] = &other
	return &other
}
