package catalog

import (
	"slices"
	"strconv"
	"strings"
)

// What becomes of a temporary table when a transaction commits, as Relation.OnCommit says it; empty: it
// stays as it is.
const (
	DeleteRows = "DELETE ROWS"
	DropTable  = "DROP"
)

// MyTemporary is what a session calls the schema of its temporary relations, whatever it is named.
const MyTemporary = "pg_temp"

// TemporarySchema names the schema of a session's temporary relations, by the number that cancels
// the session.
func TemporarySchema(session int32) string { return MyTemporary + "_" + strconv.Itoa(int(session)) }

// IsTemporarySchema reports whether a schema of the name holds the temporary relations of a session.
func IsTemporarySchema(name string) bool { return strings.HasPrefix(name, MyTemporary+"_") }

// Temporary is the schema of the temporary relations of the session whose search path is given, or nil.
func (c *Catalog) Temporary(path []string) *Schema {
	if i := slices.IndexFunc(path, IsTemporarySchema); i >= 0 {
		return c.SchemaNamed(path[i])
	}
	return nil
}

// foreign reports whether a relation is a temporary one of another session than that which asks.
func (q *Request) foreign(r *Relation) bool {
	if !r.Temporary {
		return false
	}
	own := q.Catalog.Temporary(q.Path)
	return own == nil || own.OID != r.Schema
}
