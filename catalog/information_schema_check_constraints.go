package catalog

import (
	"fmt"
	"slices"
)

var _ = infoView(13260, "check_constraints", `
	constraint_catalog name, constraint_schema name, constraint_name name, check_clause varchar`, informationSchemaCheckConstraints)

// A NOT NULL is a check constraint to the standard.
func informationSchemaCheckConstraints(q *Request, w *rows) {
	for r := range q.Catalog.Relations() {
		schema := str(q.schema(r))
		for _, k := range r.Checks {
			w.add(str(q.Database), schema, str(k.Name), str("(("+k.Expr+"))"))
		}
		for _, k := range notNulls(q.Catalog, r) {
			w.add(str(q.Database), schema, str(k.constraint), str(quoteIdent(k.column)+" IS NOT NULL"))
		}
	}
}

type notNull struct{ constraint, column string }

// notNulls lists the columns of a table that are not NULL, with the names that
// information_schema gives their constraints.
func notNulls(c *Catalog, r *Relation) (out []notNull) {
	if relkind(r) != "r" {
		return nil
	}
	for i, k := range c.shown(r) {
		if k.NotNull || slices.Contains(r.PrimaryKey, i) {
			out = append(out, notNull{fmt.Sprintf("%d_%d_%d_not_null", r.Schema, r.OID, k.Attnum), k.Name})
		}
	}
	return out
}
