package ast

// CreateView is CREATE VIEW.
type CreateView struct {
	Pos         int
	OrReplace   bool
	Temp        bool
	IfNotExists bool
	Name        Name
	Columns     []Ident // empty: those of the query
	With        []*Option
	Query       *Query
	QueryText   string // the query as it was written
}

// CreateMaterializedView is CREATE MATERIALIZED VIEW.
type CreateMaterializedView struct {
	Pos               int
	OrReplace         bool
	IfNotExists       bool
	Name              Name
	Columns           []Ident // empty: those of the query
	With              []*Option
	Query             *Query
	QueryText         string // the query as it was written, without EMIT
	EmitOnWindowClose bool
}

// ObjectKind is a kind of object as DROP and SHOW name it.
type ObjectKind string

// The kinds of objects.
const (
	KindTable            ObjectKind = "TABLE"
	KindStream           ObjectKind = "STREAM"
	KindView             ObjectKind = "VIEW"
	KindMaterializedView ObjectKind = "MATERIALIZED VIEW"
	KindSink             ObjectKind = "SINK"
	KindModel            ObjectKind = "MODEL"
	KindIndex            ObjectKind = "INDEX"
	KindSchema           ObjectKind = "SCHEMA"
	KindSequence         ObjectKind = "SEQUENCE"
)

// Drop is DROP of relations, indexes or schemas.
type Drop struct {
	Pos      int
	Kind     ObjectKind
	IfExists bool
	Names    []Name
	Cascade  bool
}

func (*CreateView) stmt()             {}
func (*CreateMaterializedView) stmt() {}
func (*Drop) stmt()                   {}

func (c *CreateView) Position() int             { return c.Pos }
func (c *CreateMaterializedView) Position() int { return c.Pos }
func (d *Drop) Position() int                   { return d.Pos }

func (c *CreateView) String() string             { return text(c) }
func (c *CreateMaterializedView) String() string { return text(c) }
func (d *Drop) String() string                   { return text(d) }

func (c *CreateView) Children(yield func(Node) bool) {
	_ = each(yield, c.With) && one(yield, c.Query)
}
func (c *CreateMaterializedView) Children(yield func(Node) bool) {
	_ = each(yield, c.With) && one(yield, c.Query)
}
func (d *Drop) Children(func(Node) bool) {}

func createView(b []byte, replace bool, word string, exists bool, name Name, cols []Ident, with []*Option, q *Query) []byte {
	b = when(append(b, "CREATE "...), replace, "OR REPLACE ")
	b = name.AppendTo(when(append(b, word...), exists, "IF NOT EXISTS "))
	b = columnList(when(b, len(cols) > 0, " "), cols)
	return clause(withOptions(b, with), " AS ", q)
}

func (c *CreateView) AppendTo(b []byte) []byte {
	word := "VIEW "
	if c.Temp {
		word = "TEMP VIEW "
	}
	return createView(b, c.OrReplace, word, c.IfNotExists, c.Name, c.Columns, c.With, c.Query)
}

func (c *CreateMaterializedView) AppendTo(b []byte) []byte {
	b = createView(b, c.OrReplace, "MATERIALIZED VIEW ", c.IfNotExists, c.Name, c.Columns, c.With, c.Query)
	return when(b, c.EmitOnWindowClose, " EMIT ON WINDOW CLOSE")
}

func (d *Drop) AppendTo(b []byte) []byte {
	b = append(append(append(b, "DROP "...), d.Kind...), ' ')
	b = appendNames(when(b, d.IfExists, "IF EXISTS "), d.Names)
	return when(b, d.Cascade, " CASCADE")
}
