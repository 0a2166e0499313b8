package catalog

import "iter"

// relations yields the relations that the request is about, indexes and system relations
// among them, by number: those of its OID and Name.
func (q *Request) relations() iter.Seq[*Relation] {
	return func(yield func(*Relation) bool) {
		if q.OID != 0 {
			if r := q.Catalog.Relation(q.OID); r != nil && (q.Name == "" || r.Name == q.Name) {
				yield(r)
			}
			return
		}
		for _, r := range SystemRelations() {
			if (q.Name == "" || r.Name == q.Name) && !yield(r) {
				return
			}
		}
		for r := range q.userRelations() {
			if !yield(r) {
				return
			}
		}
	}
}

// userRelations yields those of them that users created.
func (q *Request) userRelations() iter.Seq[*Relation] {
	return func(yield func(*Relation) bool) {
		if q.OID != 0 {
			if r := q.Catalog.relations[q.OID]; r != nil && (q.Name == "" || r.Name == q.Name) {
				yield(r)
			}
			return
		}
		for r := range q.Catalog.Relations() {
			if (q.Name == "" || r.Name == q.Name) && !yield(r) {
				return
			}
		}
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
			t := c.relations[r.Index.Table]
			for i, p := range r.Index.Columns {
				k := t.Columns[p]
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
