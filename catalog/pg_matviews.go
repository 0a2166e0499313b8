package catalog

var _ = pgTable(12038, "pg_matviews", `
	schemaname name, matviewname name, matviewowner name, tablespace name, hasindexes bool, ispopulated bool, definition text`, pgMatviews)

var _ = keyed(PgCatalog, "pg_matviews", "", "", "matviewname")

func pgMatviews(q *Request, w *rows) {
	for r := range q.userOwners() {
		if r.Kind == MaterializedView {
			w.add(str(q.schema(r)), str(r.Name), str(q.role(r.Owner)), null, flag(len(r.Indexes) > 0), flag(true), str(q.Catalog.ViewDefinition(r.OID)))
		}
	}
}
