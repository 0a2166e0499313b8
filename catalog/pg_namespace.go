package catalog

var _ = pgTable(2615, "pg_namespace", `
	oid oid, nspname name, nspowner oid, nspacl _aclitem`, pgNamespace)

var _ = keyed(PgCatalog, "pg_namespace", "oid", "", "nspname")

func pgNamespace(q *Request, w *rows) {
	for s := range q.Catalog.Schemas() {
		w.add(num(s.OID), str(s.Name), num(s.Owner), null)
	}
}
