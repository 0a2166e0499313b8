package catalog

var _ = pgTable(1260, "pg_authid", `
	oid oid, rolname name, rolsuper bool, rolinherit bool, rolcreaterole bool, rolcreatedb bool, rolcanlogin bool, rolreplication bool, rolbypassrls bool,
	rolconnlimit int4, rolpassword text, rolvaliduntil timestamptz`, pgAuthid)

// pgAuthid keeps the verifiers of passwords to itself.
func pgAuthid(q *Request, w *rows) {
	for r := range q.Catalog.Roles() {
		s := flag(r.Superuser)
		w.add(num(r.OID), str(r.Name), s, flag(true), s, s, flag(r.Login), s, s, num(-1), null, null)
	}
}
