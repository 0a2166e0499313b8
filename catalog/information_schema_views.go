package catalog

var _ = infoView(13483, "views", `
	table_catalog name, table_schema name, table_name name, view_definition varchar, check_option varchar, is_updatable varchar(3),
	is_insertable_into varchar(3), is_trigger_updatable varchar(3), is_trigger_deletable varchar(3), is_trigger_insertable_into varchar(3)`, informationSchemaViews)

var _ = keyed(InformationSchema, "views", "", "", "table_name")

// informationSchemaViews has no definition of the system's views: no query makes them.
func informationSchemaViews(q *Request, w *rows) {
	no := yesNo(false)
	for r := range q.owners() {
		if relkind(r) == "v" {
			w.add(str(q.Database), str(q.schema(r)), str(r.Name), strOrNull(q.Catalog.ViewDefinition(r.OID)), str("NONE"), no, no, no, no, no)
		}
	}
}
