package catalog

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
)

// OID is the number of a catalog object.
type OID = col.OID

// Kind tells relations apart. The letters are part of the format.
type Kind string

// The kinds of relation.
const (
	Table            Kind = "table"
	Stream           Kind = "stream"
	View             Kind = "view"
	MaterializedView Kind = "materialized view"
	Sink             Kind = "sink"
	Index            Kind = "index"
	Sequence         Kind = "sequence"
	System           Kind = "system table"
)

// Relation describes anything with rows, or an index. It is immutable.
type Relation struct {
	OID     OID // OID+1 is its row type, OID+2 the array of it
	Schema  OID
	Name    string
	Kind    Kind
	Owner   OID
	Version uint32 // grows with every change of the description, from 1

	// Temporary relations are of one session, whose schema they are in: their rows are not in the
	// log, and they go when the session ends. OnCommit is what COMMIT does to a temporary table.
	Temporary bool   `json:",omitempty"`
	OnCommit  string `json:",omitempty"`

	Columns    []Column
	PrimaryKey []int       // positions in Columns; of a materialized view what tells its rows apart, NULLs being equal; nil: none
	Indexes    []OID       // of a table or materialized view, its primary key's among them
	Checks     []Check     // in order of their names
	References []Reference `json:",omitempty"` // foreign keys, in the order in which they were declared
	Watermark  *Watermark
	Options    map[string]string // WITH (…), values as written: retention, late, …

	Query     string            // SQL of a view or materialized view
	Settings  map[string]string // session settings frozen when a view was created (V4)
	Plan      string            // stored plan of a materialized view (V1)
	History   bool              // the contents depend on history, not on the present inputs alone (V1)
	DependsOn []OID             // the relations that Query reads; the table of an index; that of a sink too
	Into      OID               `json:",omitempty"` // the table that a sink writes
	Functions []OID             `json:",omitempty"` // that Query, defaults, checks and generated columns call

	// Of a materialized view that was replaced: how often, and what stood on it the last time.
	Replaced  uint32 `json:",omitempty"`
	Followers []OID  `json:",omitempty"`
	// Changing says that the view was replaced under what reads it: whatever its plan says, its
	// rows may go, and no column of it carries a watermark.
	Changing bool `json:",omitempty"`

	// Models are the versions of models that the query, or expressions of columns, score with.
	Models []ModelUse `json:",omitempty"`

	Index    *IndexInfo    // of an Index; else nil
	Sequence *SequenceInfo `json:",omitempty"` // of a Sequence; else nil
}

// Column is one column of a relation. Positions are places in Relation.Columns, numbers
// (Attnum) never change meaning and are what stored plans and the log hold.
type Column struct {
	Name      string
	Type      col.Type
	Attnum    int16
	NotNull   bool
	Default   string // SQL expression; empty: none
	Generated string // SQL expression of GENERATED ALWAYS AS (…) STORED; empty: none
	Hidden    bool   // left out of * (_row_id)
	// Identity is how the column is GENERATED AS IDENTITY; empty: it is not. Its sequence, or those
	// that Default names, are Sequences.
	Identity  string `json:",omitempty"`
	Sequences []OID  `json:",omitempty"`
	// Fields are those of the rows in it, or in its arrays, where they are known.
	Fields []Field `json:",omitempty"`
}

// Field is a field of the rows in a view's column.
type Field struct {
	Name   string
	Type   col.Type
	Fields []Field `json:",omitempty"` // as of a Column
}

// Equal reports whether two fields have one name and one type.
func (f Field) Equal(o Field) bool {
	return f.Name == o.Name && f.Type == o.Type && slices.EqualFunc(f.Fields, o.Fields, Field.Equal)
}

// Check is a CHECK constraint.
type Check struct {
	Name string
	Expr string // SQL
}

// Reference is a FOREIGN KEY constraint: every row without NULL in Columns needs a row of
// Table that has the same values in Key.
type Reference struct {
	Name    string
	Columns []int // positions
	Index   OID   // of the own table, over Columns: made with the constraint, dropped with it only
	Table   OID   // the referenced one
	Key     []int // positions in it, as many as Columns
	KeyOf   OID   // the unique index of Table over just the columns Key
	Update  byte  `json:",omitempty"` // as pg_constraint.confupdtype: 0 is a, NO ACTION
	Delete  byte  `json:",omitempty"` // as pg_constraint.confdeltype
	// Deferrable says that the check may wait for COMMIT, Deferred that it does.
	Deferrable bool `json:",omitempty"`
	Deferred   bool `json:",omitempty"`
}

// Watermark is a stream's WATERMARK FOR column AS expr.
type Watermark struct {
	Column int    // position
	Expr   string // SQL over the stream's columns
}

// IndexInfo is what only an index has.
type IndexInfo struct {
	Table      OID
	Columns    []int // positions in the table's columns
	Desc       []bool
	Included   []int // by INCLUDE: columns that stand in the index and are none of its key
	Unique     bool
	Primary    bool
	Constraint bool // made by PRIMARY KEY, UNIQUE or FOREIGN KEY, dropped with its table only
}

// All lists the positions of all columns of an index, those of its key first.
func (i *IndexInfo) All() []int { return slices.Concat(i.Columns, i.Included) }

// RowID is the name of the hidden identity of a table without primary key.
const RowID = "_row_id"

// ColumnIndex returns the position of a column by name; -1: there is none. Hidden columns
// are found too.
func (r *Relation) ColumnIndex(name string) int {
	return slices.IndexFunc(r.Columns, func(c Column) bool { return c.Name == name })
}

// AttnumIndex returns the position of the column with a number; -1: there is none.
func (r *Relation) AttnumIndex(attnum int16) int {
	return slices.IndexFunc(r.Columns, func(c Column) bool { return c.Attnum == attnum })
}

// Types lists the types of all columns, hidden ones too.
func (r *Relation) Types() []col.Type {
	t := make([]col.Type, len(r.Columns))
	for i := range r.Columns {
		t[i] = r.Columns[i].Type
	}
	return t
}

// Identity lists the positions of the columns that identify a row: the primary key, else
// the hidden row number; nil: rows have no identity (materialized views, system relations).
func (r *Relation) Identity() []int {
	if r.PrimaryKey != nil {
		return r.PrimaryKey
	}
	if i := r.ColumnIndex(RowID); i >= 0 && r.Columns[i].Hidden {
		return []int{i}
	}
	return nil
}

// Option returns a WITH option, or its default.
func (r *Relation) Option(name, def string) string {
	if v, ok := r.Options[name]; ok {
		return v
	}
	return def
}

// AppendOnly reports whether rows only ever come.
func (r *Relation) AppendOnly() bool { return r.Kind == Stream }

// Stored reports whether the relation has a store of rows.
func (r *Relation) Stored() bool {
	return r.Kind == Table || r.Kind == Stream || r.Kind == MaterializedView
}

// Kept reports whether a dataflow keeps the relation: a materialized view, or a sink, which has
// no rows of its own.
func (r *Relation) Kept() bool { return r.Kind == MaterializedView || r.Kind == Sink }

// defaultText is the column's default as PostgreSQL's catalogs print it: a string literal
// is shown with the type that it became.
func (c Column) defaultText() string {
	t := c.Default
	if len(t) < 2 || t[0] != '\'' || t[len(t)-1] != '\'' || strings.Contains(strings.ReplaceAll(t[1:len(t)-1], "''", ""), "'") {
		return t
	}
	return t + "::" + col.Type{OID: c.Type.OID, Mod: -1}.String()
}
