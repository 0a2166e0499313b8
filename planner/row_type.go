package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// rowTypes are the names and types of the fields of the rows that a statement is bound with. The
// modifier of type record is a number in it; it means nothing outside of the statement, and the
// columns of what outlives it have none.
type rowTypes struct{ known [][]col.Column }

// rowType is the type of rows with such fields.
func (e *env) rowType(fields []col.Column) col.Type {
	known := &e.rows.known
	at := slices.IndexFunc(*known, func(k []col.Column) bool { return slices.Equal(k, fields) })
	if at < 0 {
		at = len(*known)
		*known = append(*known, fields)
	}
	return col.Type{OID: col.OIDRecord, Mod: int32(at)}
}

// fieldsOf are the fields of rows of a type; false: they are not known, or it is no type of rows.
func (e *env) fieldsOf(t col.Type) ([]col.Column, bool) {
	if !t.Is(col.Record) || t.Mod < 0 || int(t.Mod) >= len(e.rows.known) {
		return nil, false
	}
	return e.rows.known[t.Mod], true
}

// lasting are columns as they are known outside of the statement.
func lasting(columns []col.Column) []col.Column {
	out := slices.Clone(columns)
	for i, c := range out {
		if c.Type.IsRow() {
			out[i].Type.Mod = -1
		}
	}
	return out
}
