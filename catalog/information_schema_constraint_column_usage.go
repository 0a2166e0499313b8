package catalog

var _ = infoView(13300, "constraint_column_usage", `
	table_catalog name, table_schema name, table_name name, column_name name, constraint_catalog name, constraint_schema name, constraint_name name`, informationSchemaConstraintColumnUsage)

var _ = keyed(InformationSchema, "constraint_column_usage", "", "", "table_name")

func informationSchemaConstraintColumnUsage(q *Request, w *rows) {
	for r := range q.userOwners() {
		db, schema := str(q.Database), str(q.schema(r))
		for _, k := range q.Catalog.Constraints(r) {
			for _, p := range k.Columns {
				w.add(db, schema, str(r.Name), str(r.Columns[p].Name), db, schema, str(k.Name))
			}
		}
	}
}
