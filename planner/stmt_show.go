package planner

import (
	"reflect"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

func typeOf(s ast.Stmt) reflect.Type { return reflect.TypeOf(s) }

// shown are the kinds of relation that SHOW lists, by its word.
var shown = map[string]catalog.Kind{
	"TABLES": catalog.Table, "STREAMS": catalog.Stream, "VIEWS": catalog.View,
	"MATERIALIZED VIEWS": catalog.MaterializedView, "INDEXES": catalog.Index, "SINKS": catalog.Sink,
}

var _ = statement(func(e *env, s *ast.ShowObjects) (*Plan, error) {
	kind, ok := shown[s.What]
	switch {
	case ok && s.What == "INDEXES" && !s.From.IsZero():
		return e.showIndexes(s)
	case ok:
		return e.showRelations(s, kind)
	case s.What == "SCHEMAS":
		var lines []string
		for sc := range e.Catalog.Schemas() {
			lines = append(lines, sc.Name)
		}
		slices.Sort(lines)
		return textPlan("SHOW", "Name", lines), nil
	case s.What == "MODELS":
		return e.showModels(s)
	case s.What == "USERS":
		var lines []string
		for r := range e.Catalog.Roles() {
			lines = append(lines, r.Name)
		}
		slices.Sort(lines)
		return textPlan("SHOW", "Name", lines), nil
	case s.What == "COLUMNS" && !s.From.IsZero():
		return e.describe(s.From, "SHOW")
	}
	return nil, e.at(s.Pos, pgerr.Unsupported("SHOW %s", s.What))
})

func (e *env) showRelations(s *ast.ShowObjects, kind catalog.Kind) (*Plan, error) {
	in := e.Catalog.Path(e.Path)
	if !s.From.IsZero() {
		sc := e.Catalog.SchemaNamed(s.From.Name)
		if sc == nil {
			return nil, e.at(s.From.Pos, pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", s.From.Name))
		}
		in = []catalog.OID{sc.OID}
	}
	var lines []string
	for r := range e.Catalog.Relations() {
		if r.Kind == kind && slices.Contains(in, r.Schema) {
			lines = append(lines, r.Name)
		}
	}
	slices.Sort(lines)
	return textPlan("SHOW", "Name", lines), nil
}

func (e *env) showIndexes(s *ast.ShowObjects) (*Plan, error) {
	r, err := e.relation(s.From)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, oid := range r.Indexes {
		lines = append(lines, e.Catalog.Relation(oid).Name)
	}
	slices.Sort(lines)
	return textPlan("SHOW", "Name", lines), nil
}

var _ = statement(func(e *env, s *ast.Describe) (*Plan, error) { return e.describe(s.Name, "DESCRIBE") })

// describe lists the columns of a relation.
func (e *env) describe(n ast.Name, tag string) (*Plan, error) {
	r, err := e.relation(n)
	if err != nil {
		return nil, err
	}
	p := &Plan{Tag: tag, Text: &TextPlan{}}
	for _, name := range []string{"Name", "Type", "Nullable", "Default"} {
		p.Columns = append(p.Columns, col.Column{Name: name, Type: col.Text})
	}
	for _, c := range r.Columns {
		if c.Hidden {
			continue
		}
		null, def := "", e.Catalog.DefaultSQL(e.Path, c)
		if c.NotNull {
			null = "not null"
		}
		if c.Generated != "" {
			def = "generated always as (" + c.Generated + ") stored"
		}
		if c.Identity != "" {
			def = strings.ToLower(identityClause(c))
		}
		p.Text.Rows = append(p.Text.Rows, []string{c.Name, c.Type.String(), null, def})
	}
	return p, nil
}

var _ = statement(func(e *env, s *ast.ShowCreate) (*Plan, error) {
	if s.Kind == ast.KindModel {
		return e.showCreateModel(s.Name)
	}
	r, err := e.relation(s.Name)
	if err != nil {
		return nil, err
	}
	if r.Kind != dropKinds[s.Kind] {
		return nil, e.at(s.Name.Pos, pgerr.New(pgerr.WrongObjectType, "%q is not a %s", r.Name, dropKinds[s.Kind]))
	}
	p := &Plan{Tag: "SHOW", Columns: []col.Column{{Name: "Name", Type: col.Text}, {Name: "Create Sql", Type: col.Text}}}
	p.Text = &TextPlan{Rows: [][]string{{r.Name, CreateText(e.Catalog, r)}}}
	return p, nil
})

// CreateText is the statement that creates a relation as it stands.
func CreateText(c *catalog.Catalog, r *catalog.Relation) string {
	name := ast.Name{Schema: c.Schema(r.Schema).Name, Name: r.Name}.String()
	switch r.Kind {
	case catalog.View:
		return "CREATE VIEW " + name + columnList(r) + " AS " + r.Query
	case catalog.MaterializedView:
		s := "CREATE MATERIALIZED VIEW " + name + columnList(r) + withText(r) + " AS " + r.Query
		if r.Option("emit", "") != "" {
			s += " EMIT ON WINDOW CLOSE"
		}
		return s
	case catalog.Sink:
		into := c.Relation(r.Into)
		return "CREATE SINK " + name + " INTO " + ast.Name{Schema: c.Schema(into.Schema).Name, Name: into.Name}.String() + r.Option("columns", "") + " AS " + r.Query
	case catalog.Index:
		return indexText(c, r)
	case catalog.Sequence:
		return "CREATE SEQUENCE " + name + sequenceText(c, r)
	}
	return tableText(c, r, name)
}

func columnList(r *catalog.Relation) string {
	var cols []string
	for _, c := range r.Columns {
		cols = append(cols, ast.QuoteIdent(c.Name))
	}
	return " (" + strings.Join(cols, ", ") + ")"
}

// withText is the WITH clause of what was given as options.
func withText(r *catalog.Relation) string {
	var opts []string
	for k, v := range r.Options {
		if k != "emit" {
			opts = append(opts, ast.QuoteIdent(k)+" = "+ast.QuoteString(v))
		}
	}
	if len(opts) == 0 {
		return ""
	}
	slices.Sort(opts)
	return " WITH (" + strings.Join(opts, ", ") + ")"
}

func indexText(c *catalog.Catalog, r *catalog.Relation) string {
	t := c.Relation(r.Index.Table)
	s := "CREATE INDEX "
	if r.Index.Unique {
		s = "CREATE UNIQUE INDEX "
	}
	var cols []string
	for i, k := range r.Index.Columns {
		col := ast.QuoteIdent(t.Columns[k].Name)
		if i < len(r.Index.Desc) && r.Index.Desc[i] {
			col += " DESC"
		}
		cols = append(cols, col)
	}
	return s + ast.QuoteIdent(r.Name) + " ON " + ast.Name{Schema: c.Schema(t.Schema).Name, Name: t.Name}.String() + " (" + strings.Join(cols, ", ") + ")" + includeText(t, r.Index)
}

func includeText(t *catalog.Relation, ix *catalog.IndexInfo) string {
	if len(ix.Included) == 0 {
		return ""
	}
	var cols []string
	for _, i := range ix.Included {
		cols = append(cols, ast.QuoteIdent(t.Columns[i].Name))
	}
	return " INCLUDE (" + strings.Join(cols, ", ") + ")"
}

func tableText(c *catalog.Catalog, r *catalog.Relation, name string) string {
	var parts []string
	for _, k := range r.Columns {
		if k.Hidden {
			continue
		}
		if serial := serialName(c, r, k); serial != "" {
			parts = append(parts, ast.QuoteIdent(k.Name)+" "+serial)
			continue
		}
		p := ast.QuoteIdent(k.Name) + " " + k.Type.String()
		if k.NotNull && !slices.ContainsFunc(r.PrimaryKey, func(i int) bool { return r.Columns[i].Name == k.Name }) {
			p += " NOT NULL"
		}
		if k.Default != "" {
			p += " DEFAULT " + c.DefaultSQL(nil, k)
		}
		if k.Identity != "" {
			s := c.Relation(k.Sequences[0])
			p += " " + identityClause(k) + " (SEQUENCE NAME " + ast.Name{Schema: c.Schema(s.Schema).Name, Name: s.Name}.String() + sequenceOptions(s.Sequence) + ")"
		}
		if k.Generated != "" {
			p += " GENERATED ALWAYS AS (" + k.Generated + ") STORED"
		}
		parts = append(parts, p)
	}
	for _, oid := range r.Indexes {
		ix := c.Relation(oid)
		if ix == nil || !ix.Index.Constraint || !ix.Index.Unique {
			continue
		}
		word := " UNIQUE ("
		if ix.Index.Primary {
			word = " PRIMARY KEY ("
		}
		var cols []string
		for _, i := range ix.Index.Columns {
			cols = append(cols, ast.QuoteIdent(r.Columns[i].Name))
		}
		parts = append(parts, "CONSTRAINT "+ast.QuoteIdent(ix.Name)+word+strings.Join(cols, ", ")+")"+includeText(r, ix.Index))
	}
	for _, k := range c.Constraints(r) {
		if k.Foreign != nil {
			parts = append(parts, "CONSTRAINT "+ast.QuoteIdent(k.Name)+" "+c.ConstraintDefinition(nil, k))
		}
	}
	for _, k := range r.Checks {
		parts = append(parts, "CONSTRAINT "+ast.QuoteIdent(k.Name)+" CHECK ("+k.Expr+")")
	}
	if w := r.Watermark; w != nil {
		parts = append(parts, "WATERMARK FOR "+ast.QuoteIdent(r.Columns[w.Column].Name)+" AS "+w.Expr)
	}
	word := "CREATE TABLE "
	if r.Kind == catalog.Stream {
		word = "CREATE STREAM "
	}
	return word + name + " (" + strings.Join(parts, ", ") + ")" + withText(r)
}
