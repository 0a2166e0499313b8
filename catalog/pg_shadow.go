package catalog

var _ = pgTable(12005, "pg_shadow", `
	usename name, usesysid oid, usecreatedb bool, usesuper bool, userepl bool, usebypassrls bool, passwd text, valuntil timestamptz, useconfig _text`, pgShadow)

// pgShadow keeps the verifiers of passwords to itself.
func pgShadow(q *Request, w *rows) { users(q, w, null) }

func users(q *Request, w *rows, password value) {
	for r := range q.Catalog.Roles() {
		if s := flag(r.Superuser); r.Login {
			w.add(str(r.Name), num(r.OID), s, s, s, s, password, null, null)
		}
	}
}
