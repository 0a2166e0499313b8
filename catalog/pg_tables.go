package catalog

var _ = pgTable(12033, "pg_tables", `
	schemaname name, tablename name, tableowner name, tablespace name, hasindexes bool, hasrules bool, hastriggers bool, rowsecurity bool`, pgTables)

var _ = keyed(PgCatalog, "pg_tables", "", "", "tablename")

func pgTables(q *Request, w *rows) {
	for r := range q.owners() {
		if relkind(r) == "r" {
			w.add(str(q.schema(r)), str(r.Name), str(q.role(r.Owner)), null, flag(len(r.Indexes) > 0), flag(false), flag(false), flag(false))
		}
	}
}
