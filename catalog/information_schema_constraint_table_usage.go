package catalog

var _ = infoView(13305, "constraint_table_usage", `
	table_catalog name, table_schema name, table_name name, constraint_catalog name, constraint_schema name, constraint_name name`, informationSchemaConstraintTableUsage)

// informationSchemaConstraintTableUsage leaves CHECK constraints out, as PostgreSQL does.
func informationSchemaConstraintTableUsage(q *Request, w *rows) {
	for r := range q.userOwners() {
		db, schema := str(q.Database), str(q.schema(r))
		for _, k := range q.Catalog.Constraints(r) {
			if k.Kind != 'c' {
				on, _ := q.Catalog.used(k)
				w.add(db, str(q.schema(on)), str(on.Name), db, schema, str(k.Name))
			}
		}
	}
}
