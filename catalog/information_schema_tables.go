package catalog

var _ = infoView(13425, "tables", `
	table_catalog name, table_schema name, table_name name, table_type varchar, self_referencing_column_name name, reference_generation varchar,
	user_defined_type_catalog name, user_defined_type_schema name, user_defined_type_name name, is_insertable_into varchar(3), is_typed varchar(3),
	commit_action varchar`, informationSchemaTables)

var _ = keyed(InformationSchema, "tables", "", "", "table_name")

// informationSchemaTables has tables, streams and views; materialized views are none of the
// standard's, and PostgreSQL leaves them out too.
func informationSchemaTables(q *Request, w *rows) {
	for r := range q.owners() {
		kind := relkind(r)
		if kind != "r" && kind != "v" || q.foreign(r) {
			continue
		}
		what := "BASE TABLE"
		switch {
		case r.Temporary:
			what = "LOCAL TEMPORARY"
		case kind == "v":
			what = "VIEW"
		}
		w.add(str(q.Database), str(q.schema(r)), str(r.Name), str(what), null, null, null, null, null,
			yesNo(r.writable()), yesNo(false), null)
	}
}

// writable reports whether rows can be inserted by SQL.
func (r *Relation) writable() bool {
	return (r.Kind == Table || r.Kind == Stream) && !IsSystemSchema(r.Schema)
}
