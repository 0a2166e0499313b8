package ast

// TableBody is what CREATE TABLE and CREATE STREAM hold in their parentheses.
type TableBody struct {
	Columns     []*ColumnDef
	Constraints []*Constraint
	Watermark   *Watermark // nil: none
}

// CreateTable is CREATE TABLE.
type CreateTable struct {
	Pos         int
	Temp        bool
	IfNotExists bool
	Name        Name
	TableBody
	AppendOnly bool            // (…) APPEND ONLY: a stream
	OnConflict *ConflictPolicy // nil: a second row with a key is an error
	With       []*Option
	OnCommit   string // of a temporary table: PRESERVE ROWS, DELETE ROWS, DROP; empty: not said
}

// CreateTableAs is CREATE TABLE … AS.
type CreateTableAs struct {
	Pos         int
	Temp        bool
	IfNotExists bool
	Name        Name
	Columns     []Ident // empty: those of the query
	With        []*Option
	OnCommit    string // as of CreateTable
	Query       *Query
	NoData      bool
}

// CreateTableExecute is CREATE TABLE … AS EXECUTE: the query of Table is nil, and that of a prepared
// statement takes its place.
type CreateTableExecute struct {
	Table   *CreateTableAs
	Execute *Execute
}

// CreateStream is CREATE STREAM.
type CreateStream struct {
	Pos         int
	IfNotExists bool
	Name        Name
	TableBody
	With []*Option
}

// ColumnDef is one column of a table.
type ColumnDef struct {
	Pos         int
	Name        string
	Type        *TypeName
	Collation   Name // zero: none
	NotNull     bool
	Default     Expr          // nil: NULL
	Identity    *Identity     // nil: none
	Generated   Expr          // GENERATED ALWAYS AS (…) STORED; nil: none
	Constraints []*Constraint // PRIMARY KEY, UNIQUE, CHECK and REFERENCES behind the column; no Columns
}

// ConstraintKind tells constraints apart.
type ConstraintKind uint8

// The kinds of constraint.
const (
	PrimaryKey ConstraintKind = iota
	Unique
	Check
	ForeignKey
)

// Constraint is one constraint of a table or a column.
type Constraint struct {
	Pos     int
	Name    string // empty: the catalog gives one
	Kind    ConstraintKind
	Columns []Ident // of a table's PRIMARY KEY, UNIQUE and FOREIGN KEY
	Include []Ident // of a table's PRIMARY KEY and UNIQUE: columns of the index that are none of the key
	Check   Expr
	References
}

// References is what a FOREIGN KEY refers to.
type References struct {
	Table    Name
	Key      []Ident        // empty: the primary key
	OnUpdate ReferentAction // what becomes of rows whose key changes
	OnDelete ReferentAction // what becomes of rows whose key goes
	// Deferrable says that the check may wait for COMMIT, Deferred that it does.
	Deferrable, Deferred bool
}

// ReferentAction is what a FOREIGN KEY does when a key that is referred to goes: as SQL names
// it, empty for NO ACTION.
type ReferentAction string

// Watermark is WATERMARK FOR column AS expr.
type Watermark struct {
	Pos    int
	Column Ident
	Expr   Expr
}

// ConflictPolicy is CREATE TABLE … ON CONFLICT: what an INSERT of a key that is there
// does.
type ConflictPolicy struct {
	Pos     int
	Action  string // "DO UPDATE", "OVERWRITE", "IGNORE", "DO NOTHING"
	Version *Ident // WITH VERSION COLUMN (v); nil: none
}

// CreateIndex is CREATE INDEX.
type CreateIndex struct {
	Pos         int
	Unique      bool
	IfNotExists bool
	Name        Ident // Name is empty when none was given
	Table       Name
	Method      string // USING btree; empty: the default
	Elems       []*IndexElem
	Include     []*IndexElem
	Where       Expr // nil: every row
}

// CreateSchema is CREATE SCHEMA.
type CreateSchema struct {
	Pos         int
	IfNotExists bool
	Name        Ident
	Owner       string // AUTHORIZATION; empty: the current user
}

func (*CreateTable) stmt()        {}
func (*CreateTableAs) stmt()      {}
func (*CreateTableExecute) stmt() {}
func (*CreateStream) stmt()       {}
func (*CreateIndex) stmt()        {}
func (*CreateSchema) stmt()       {}

func (c *CreateTable) Position() int        { return c.Pos }
func (c *CreateTableAs) Position() int      { return c.Pos }
func (c *CreateTableExecute) Position() int { return c.Table.Pos }
func (c *CreateStream) Position() int       { return c.Pos }
func (c *ColumnDef) Position() int          { return c.Pos }
func (c *Constraint) Position() int         { return c.Pos }
func (w *Watermark) Position() int          { return w.Pos }
func (p *ConflictPolicy) Position() int     { return p.Pos }
func (c *CreateIndex) Position() int        { return c.Pos }
func (c *CreateSchema) Position() int       { return c.Pos }

func (c *CreateTable) String() string        { return text(c) }
func (c *CreateTableAs) String() string      { return text(c) }
func (c *CreateTableExecute) String() string { return text(c) }
func (c *CreateStream) String() string       { return text(c) }
func (c *ColumnDef) String() string          { return text(c) }
func (c *Constraint) String() string         { return text(c) }
func (w *Watermark) String() string          { return text(w) }
func (p *ConflictPolicy) String() string     { return text(p) }
func (c *CreateIndex) String() string        { return text(c) }
func (c *CreateSchema) String() string       { return text(c) }

func (t *TableBody) children(yield func(Node) bool) bool {
	return each(yield, t.Columns) && each(yield, t.Constraints) && one(yield, t.Watermark)
}
func (c *CreateTable) Children(yield func(Node) bool) {
	_ = c.children(yield) && one(yield, c.OnConflict) && each(yield, c.With)
}
func (c *CreateTableAs) Children(yield func(Node) bool) {
	_ = each(yield, c.With) && one(yield, c.Query)
}
func (c *CreateTableExecute) Children(yield func(Node) bool) {
	_ = each(yield, c.Table.With) && one(yield, c.Execute)
}
func (c *CreateStream) Children(yield func(Node) bool) { _ = c.children(yield) && each(yield, c.With) }
func (c *ColumnDef) Children(yield func(Node) bool) {
	_ = one(yield, c.Type) && one(yield, c.Default) && one(yield, c.Identity) && one(yield, c.Generated) && each(yield, c.Constraints)
}
func (c *Constraint) Children(yield func(Node) bool) { one(yield, c.Check) }
func (w *Watermark) Children(yield func(Node) bool)  { one(yield, w.Expr) }
func (p *ConflictPolicy) Children(func(Node) bool)   {}
func (c *CreateIndex) Children(yield func(Node) bool) {
	_ = each(yield, c.Elems) && one(yield, c.Where)
}
func (c *CreateSchema) Children(func(Node) bool) {}

func (t *TableBody) appendTo(b []byte) []byte {
	b = list(append(b, " ("...), t.Columns)
	more := len(t.Columns) > 0
	if len(t.Constraints) > 0 {
		b = list(when(b, more, ", "), t.Constraints)
		more = true
	}
	if t.Watermark != nil {
		b = t.Watermark.AppendTo(when(b, more, ", "))
	}
	return append(b, ')')
}

func (c *CreateTable) AppendTo(b []byte) []byte {
	b = append(when(append(b, "CREATE "...), c.Temp, "TEMP "), "TABLE "...)
	b = c.Name.AppendTo(when(b, c.IfNotExists, "IF NOT EXISTS "))
	b = when(c.TableBody.appendTo(b), c.AppendOnly, " APPEND ONLY")
	return onCommit(withOptions(clause(b, " ", c.OnConflict), c.With), c.OnCommit)
}

func onCommit(b []byte, what string) []byte {
	return append(when(b, what != "", " ON COMMIT "), what...)
}

func (c *CreateTableAs) AppendTo(b []byte) []byte { return c.appendTo(b, c.Query) }

func (c *CreateTableExecute) AppendTo(b []byte) []byte { return c.Table.appendTo(b, c.Execute) }

func (c *CreateTableAs) appendTo(b []byte, rows Node) []byte {
	b = append(when(append(b, "CREATE "...), c.Temp, "TEMP "), "TABLE "...)
	b = c.Name.AppendTo(when(b, c.IfNotExists, "IF NOT EXISTS "))
	b = columnList(when(b, len(c.Columns) > 0, " "), c.Columns)
	b = clause(onCommit(withOptions(b, c.With), c.OnCommit), " AS ", rows)
	return when(b, c.NoData, " WITH NO DATA")
}

func (c *CreateStream) AppendTo(b []byte) []byte {
	b = c.Name.AppendTo(when(append(b, "CREATE STREAM "...), c.IfNotExists, "IF NOT EXISTS "))
	return withOptions(c.TableBody.appendTo(b), c.With)
}

func (c *ColumnDef) AppendTo(b []byte) []byte {
	b = append(appendIdent(b, c.Name), ' ')
	b = clause(b, "", c.Type)
	if !c.Collation.IsZero() {
		b = c.Collation.AppendTo(append(b, " COLLATE "...))
	}
	b = when(b, c.NotNull, " NOT NULL")
	if c.Default != nil {
		b = operand(append(b, " DEFAULT "...), c.Default, bindOther)
	}
	b = clause(b, " ", c.Identity)
	if c.Generated != nil {
		b = append(clause(b, " GENERATED ALWAYS AS (", c.Generated), ") STORED"...)
	}
	for _, x := range c.Constraints {
		b = x.AppendTo(append(b, ' '))
	}
	return b
}

func (c *Constraint) AppendTo(b []byte) []byte {
	if c.Name != "" {
		b = append(appendIdent(append(b, "CONSTRAINT "...), c.Name), ' ')
	}
	switch c.Kind {
	case PrimaryKey:
		b = append(b, "PRIMARY KEY"...)
	case Unique:
		b = append(b, "UNIQUE"...)
	case Check:
		return append(clause(b, "CHECK (", c.Check), ')')
	case ForeignKey:
		if len(c.Columns) > 0 {
			b = append(columnList(append(b, "FOREIGN KEY "...), c.Columns), ' ')
		}
		return c.References.appendTo(b)
	}
	b = columnList(when(b, len(c.Columns) > 0, " "), c.Columns)
	return columnList(when(b, len(c.Include) > 0, " INCLUDE "), c.Include)
}

func (r *References) appendTo(b []byte) []byte {
	b = r.Table.AppendTo(append(b, "REFERENCES "...))
	b = columnList(when(b, len(r.Key) > 0, " "), r.Key)
	for _, a := range []struct {
		clause string
		action ReferentAction
	}{{" ON UPDATE ", r.OnUpdate}, {" ON DELETE ", r.OnDelete}} {
		if a.action != "" {
			b = append(append(b, a.clause...), a.action...)
		}
	}
	return when(when(b, r.Deferrable, " DEFERRABLE"), r.Deferred, " INITIALLY DEFERRED")
}

func (w *Watermark) AppendTo(b []byte) []byte {
	b = w.Column.AppendTo(append(b, "WATERMARK FOR "...))
	return clause(b, " AS ", w.Expr)
}

func (p *ConflictPolicy) AppendTo(b []byte) []byte {
	b = append(append(b, "ON CONFLICT "...), p.Action...)
	if p.Version != nil {
		b = append(p.Version.AppendTo(append(b, " WITH VERSION COLUMN ("...)), ')')
	}
	return b
}

func (c *CreateIndex) AppendTo(b []byte) []byte {
	b = append(when(append(b, "CREATE "...), c.Unique, "UNIQUE "), "INDEX "...)
	b = when(b, c.IfNotExists, "IF NOT EXISTS ")
	if c.Name.Name != "" {
		b = append(c.Name.AppendTo(b), ' ')
	}
	b = c.Table.AppendTo(append(b, "ON "...))
	if c.Method != "" {
		b = appendIdent(append(b, " USING "...), c.Method)
	}
	b = parens(append(b, ' '), c.Elems)
	if len(c.Include) > 0 {
		b = parens(append(b, " INCLUDE "...), c.Include)
	}
	return clause(b, " WHERE ", c.Where)
}

func (c *CreateSchema) AppendTo(b []byte) []byte {
	b = when(append(b, "CREATE SCHEMA "...), c.IfNotExists, "IF NOT EXISTS ")
	b = c.Name.AppendTo(b)
	if c.Owner != "" {
		b = appendIdent(append(b, " AUTHORIZATION "...), c.Owner)
	}
	return b
}
