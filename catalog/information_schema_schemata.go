package catalog

var _ = infoView(13382, "schemata", `
	catalog_name name, schema_name name, schema_owner name, default_character_set_catalog name, default_character_set_schema name,
	default_character_set_name name, sql_path varchar`, informationSchemaSchemata)

var _ = keyed(InformationSchema, "schemata", "", "", "schema_name")

func informationSchemaSchemata(q *Request, w *rows) {
	for s := range q.Catalog.Schemas() {
		w.add(str(q.Database), str(s.Name), str(q.role(s.Owner)), null, null, null, null)
	}
}
