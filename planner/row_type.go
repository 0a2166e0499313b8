package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
)

// rowTypes are the names and types of the fields of the rows that a statement is bound with. The
// modifier of type record is a number in it; it means nothing outside of the statement: the columns
// of a view keep the fields instead.
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

// lastingFields are the fields of the rows in a column as a view keeps them; nil: they are not known,
// or there are none.
func (e *env) lastingFields(t col.Type) (out []catalog.Field) {
	if !t.IsRow() || t.Mod < 0 || int(t.Mod) >= len(e.rows.known) {
		return nil
	}
	for _, f := range e.rows.known[t.Mod] {
		k := catalog.Field{Name: f.Name, Type: f.Type, Fields: e.lastingFields(f.Type)}
		if f.Type.IsRow() {
			k.Type.Mod = -1
		}
		out = append(out, k)
	}
	return out
}

// withFields is a type under the number that rows with such fields have in the statement.
func (e *env) withFields(t col.Type, fields []catalog.Field) col.Type {
	if fields == nil {
		return t
	}
	known := make([]col.Column, len(fields))
	for i, f := range fields {
		known[i] = col.Column{Name: f.Name, Type: e.withFields(f.Type, f.Fields)}
	}
	t.Mod = e.rowType(known).Mod
	return t
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
