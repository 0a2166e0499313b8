package catalog

var _ = infoView(13478, "view_table_usage", `
	view_catalog name, view_schema name, view_name name, table_catalog name, table_schema name, table_name name`, informationSchemaViewTableUsage)

var _ = keyed(InformationSchema, "view_table_usage", "", "", "view_name")

func informationSchemaViewTableUsage(q *Request, w *rows) {
	for r := range q.userOwners() {
		if r.Kind != View {
			continue
		}
		for _, oid := range r.DependsOn {
			on := q.Catalog.Relation(oid)
			w.add(str(q.Database), str(q.schema(r)), str(r.Name), str(q.Database), str(q.schema(on)), str(on.Name))
		}
	}
}
