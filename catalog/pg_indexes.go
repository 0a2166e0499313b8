package catalog

var _ = pgTable(12043, "pg_indexes", `
	schemaname name, tablename name, indexname name, tablespace name, indexdef text`, pgIndexes)

var _ = keyed(PgCatalog, "pg_indexes", "", "", "indexname")

func pgIndexes(q *Request, w *rows) {
	for r := range q.userOwners() {
		if r.Kind == Index {
			t := q.Catalog.made(r.Index.Table)
			w.add(str(q.schema(t)), str(t.Name), str(r.Name), null, str(q.Catalog.IndexDefinition(r.OID, nil, false)))
		}
	}
}
