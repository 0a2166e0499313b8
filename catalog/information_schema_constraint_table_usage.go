package catalog

var _ = infoView(13305, "constraint_table_usage", `
	table_catalog name, table_schema name, table_name name, constraint_catalog name, constraint_schema name, constraint_name name`, informationSchemaConstraintTableUsage)

var _ = keyed(InformationSchema, "constraint_table_usage", "", "", "table_name")

// informationSchemaConstraintTableUsage leaves CHECK constraints out, as PostgreSQL does.
func informationSchemaConstraintTableUsage(q *Request, w *rows) {
	for r := range q.userOwners() {
		db, schema := str(q.Database), str(q.schema(r))
		for _, k := range q.Catalog.Constraints(r) {
			if k.Kind != 'c' {
				w.add(db, schema, str(r.Name), db, schema, str(k.Name))
			}
		}
	}
}
