package catalog

import (
	"iter"
	"strings"

	"github.com/millracedb/millrace/base/col"
)

// relations yields the relations that the request is about, indexes and system relations
// among them: those of its OID and Name.
func (q *Request) relations() iter.Seq[*Relation] { return q.pick(q.OID, true) }

// userRelations yields those of them that users created.
func (q *Request) userRelations() iter.Seq[*Relation] { return q.pick(q.OID, false) }

// owners yields the relations whose parts the request is about: that of its Of, of its Name.
func (q *Request) owners() iter.Seq[*Relation] { return q.pick(q.Of, true) }

// userOwners yields those of them that users created.
func (q *Request) userOwners() iter.Seq[*Relation] { return q.pick(q.Of, false) }

// pick leaves sinks out, which are no relations to a client: millrace.sinks has them.
func (q *Request) pick(oid OID, system bool) iter.Seq[*Relation] {
	wanted := func(r *Relation) bool { return (q.Name == "" || r.Name == q.Name) && r.Kind != Sink }
	return func(yield func(*Relation) bool) {
		if oid != 0 {
			if r := q.Catalog.Relation(oid); r != nil && wanted(r) && (system || r.OID >= FirstOID) {
				yield(r)
			}
			return
		}
		if system {
			for _, r := range SystemRelations() {
				if wanted(r) && !yield(r) {
					return
				}
			}
		}
		for r := range q.Catalog.Relations() {
			if wanted(r) && !yield(r) {
				return
			}
		}
	}
}

// Narrow says that only rows of r matter in which the column at a position equals the first
// value of v. It changes nothing where generators have no use for that. v is read now only.
func (q *Request) Narrow(r *Relation, column int, v *col.Vector) {
	if v.N == 0 || v.Null(0) {
		return
	}
	keys := Keys(r)
	switch {
	case column < 0:
	case column == keys.OID && v.Kind == col.KindI32:
		q.OID = OID(v.I32[0])
	case column == keys.Of && v.Kind == col.KindI32:
		q.Of = OID(v.I32[0])
	case column == keys.Name && v.Kind == col.KindStr:
		q.Name = strings.Clone(v.String(0))
	}
}

// schema is the name of the schema that a relation is in.
func (q *Request) schema(r *Relation) string { return q.Catalog.schemas[r.Schema].Name }

// role is the name of a role, or its number as PostgreSQL prints one that is gone.
func (q *Request) role(oid OID) string { return q.Catalog.RoleName(oid) }

// shown yields the columns of a relation that are there for users, with their positions; of
// an index, its table's.
func (c *Catalog) shown(r *Relation) iter.Seq2[int, Column] {
	return func(yield func(int, Column) bool) {
		if r.Kind == Index {
			t := c.made(r.Index.Table)
			for i, p := range r.Index.All() {
				k := t.Columns[p]
				if i < len(r.Columns) { // a column that stands there twice has two names
					k.Name = r.Columns[i].Name
				}
				k.Attnum, k.Default, k.Generated, k.NotNull = int16(i+1), "", "", false
				if !yield(i, k) {
					return
				}
			}
			return
		}
		for i, k := range r.Columns {
			if k.Hidden {
				continue
			}
			if !yield(i, k) {
				return
			}
		}
	}
}
