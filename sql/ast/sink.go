package ast

// CreateSink is CREATE SINK … INTO: a query's changes are written to a table.
type CreateSink struct {
	Pos         int
	IfNotExists bool
	Name        Name
	Into        Name
	Columns     []Ident // of the table; empty: all
	From        Name    // the relation whose rows are written; zero: a query is written out
	Query       *Query
	QueryText   string // the query as it was written, or SELECT * FROM the relation
}

func (*CreateSink) stmt() {}

func (c *CreateSink) Position() int { return c.Pos }

func (c *CreateSink) String() string { return text(c) }

func (c *CreateSink) Children(yield func(Node) bool) { _ = one(yield, c.Query) }

func (c *CreateSink) AppendTo(b []byte) []byte {
	b = c.Name.AppendTo(when(append(b, "CREATE SINK "...), c.IfNotExists, "IF NOT EXISTS "))
	b = c.Into.AppendTo(append(b, " INTO "...))
	b = columnList(when(b, len(c.Columns) > 0, " "), c.Columns)
	if !c.From.IsZero() {
		return c.From.AppendTo(append(b, " FROM "...))
	}
	return clause(b, " AS ", c.Query)
}
