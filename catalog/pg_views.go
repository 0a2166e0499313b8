package catalog

var _ = pgTable(12028, "pg_views", `
	schemaname name, viewname name, viewowner name, definition text`, pgViews)

var _ = keyed(PgCatalog, "pg_views", "", "", "viewname")

// pgViews has no definition of the system's views: no query makes them.
func pgViews(q *Request, w *rows) {
	for r := range q.owners() {
		if relkind(r) == "v" {
			w.add(str(q.schema(r)), str(r.Name), str(q.role(r.Owner)), strOrNull(q.Catalog.ViewDefinition(r.OID)))
		}
	}
}
